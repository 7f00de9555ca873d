import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Origin, startOrigin } from "../support/origin.ts";
import { createWorkplace, type Service, type Workplace } from "../support/service.ts";

const FEED = `<rss version="2.0"><channel><title>Town</title>${[1, 2, 3].map((number) => `<item><title>Story ${number}</title><link>https://town.example/${number}</link><pubDate>Sun, 0${number} Mar 2026 10:00:00 GMT</pubDate></item>`).join("")}</channel></rss>`;

describe("the operator's API", () => {
  let upstream: Origin;
  let workplace: Workplace;
  let service: Service;

  beforeAll(async () => {
    upstream = await startOrigin((request, response) => {
      if (request.url === "/feed") response.writeHead(200, { "content-type": "application/rss+xml" }).end(FEED);
      else response.writeHead(404).end();
    });
    workplace = createWorkplace(
      {
        "config/storywire.yaml": "polling: { minimum: 1s, perHost: { perSecond: 1000 } }",
        "config/sources/town.yaml": `- { id: town, url: "${upstream.url("/feed")}", every: 1h }\n- { id: gone-missing, url: "${upstream.url("/nothing")}", every: 1h }\n- { id: resting, url: "${upstream.url("/feed")}", paused: true }`,
        "feeds/top.yaml": "title: Top",
      },
      { STORYWIRE_TOKEN: "correct-horse" },
    );
    service = await workplace.serve();
    await service.ready();
    await service.until(async () => (await sources()).town?.state === "ok");
  }, 60_000);
  afterAll(async () => {
    await service.end("SIGTERM");
    workplace[Symbol.dispose]();
    await upstream[Symbol.asyncDispose]();
  });

  const call = (path: string, method = "GET", token = "correct-horse") =>
    fetch(`${service.origin}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}` } });

  interface Status {
    readonly id: string;
    readonly state: string;
    readonly failures: number;
    readonly lastPoll?: { readonly outcome: string; readonly code?: string; readonly stories: object };
  }
  async function sources(): Promise<Readonly<Record<string, Status>>> {
    const { sources: list } = (await (await call("/sources")).json()) as { sources: Status[] };
    return Object.fromEntries(list.map((source) => [source.id, source]));
  }

  it("tells how every source is doing", async () => {
    await service.until(async () => (await sources())["gone-missing"]?.state === "failing");
    const { town, resting, "gone-missing": missing } = await sources();
    expect(town).toMatchObject({
      state: "ok",
      failures: 0,
      lastPoll: { outcome: "new", stories: { seen: 3, new: 3, updated: 0 } },
    });
    expect(missing).toMatchObject({
      state: "failing",
      failures: 1,
      lastPoll: { outcome: "failed", code: "not_found", httpStatus: 404 },
    });
    expect(resting).toMatchObject({ state: "paused" });
  });

  it("visits a source at once and answers the record", async () => {
    const response = await call("/sources/town/poll", "POST");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ outcome: "unchanged", httpStatus: 200 });
    expect((await call("/sources/nobody/poll", "POST")).status).toBe(404);
  });

  it("finds stories, explains them, and deletes them for good", async () => {
    const found = (await (await call("/stories?q=story&limit=1")).json()) as { stories: { id: string }[] };
    const id = found.stories[0]?.id ?? "";
    expect(await (await call(`/stories/${id}`)).json()).toMatchObject({
      id,
      sourceId: "town",
      feeds: ["top"],
      sightings: [{ field: "published", rule: "first" }],
    });
    expect((await call(`/stories/${id}`, "DELETE")).status).toBe(200);
    await call("/sources/town/poll", "POST");
    await service.until(async () => (await service.get(`/stories/${id}`)).status === 404);
    await service.until(
      async () => ((await (await service.get("/feeds/top.json")).json()) as { items: object[] }).items.length === 2,
    );
  });

  it.each(["", "correct-hors", "correct-horse2", "CORRECT-HORSE"])(
    "refuses the token %j, telling nothing",
    async (token) => {
      const response = await call("/sources", "GET", token);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toContain("Bearer");
      expect(await response.text()).not.toContain("town");
    },
  );

  it("answers wrong queries and addresses with problem documents", async () => {
    expect((await call("/stories?limit=many")).status).toBe(400);
    expect((await call("/stories?colour=red")).status).toBe(400);
    expect((await call("/nothing")).status).toBe(404);
    expect((await call("/sources/nobody")).headers.get("content-type")).toContain("application/problem+json");
  });

  it("describes each route that answers", async () => {
    const description = (await (await fetch(`${service.origin}/api/v1/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<string, Record<string, object>>;
    };
    expect(description.openapi).toBe("3.1.0");
    for (const [path, methods] of Object.entries(description.paths)) {
      if ("get" in methods)
        expect([200, 404]).toContain((await call(path.replace("/api/v1", "").replace("{id}", "town"))).status);
    }
  });
});
