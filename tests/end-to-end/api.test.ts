import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Origin, startOrigin } from "../support/origin.ts";
import { createWorkplace, type Service, type Workplace } from "../support/service.ts";

const feedOf = (titles: readonly string[]) =>
  `<rss version="2.0"><channel><title>Town</title>${titles.map((title, index) => `<item><title>${title}</title><link>https://town.example/${index + 1}</link><pubDate>Sun, 0${index + 1} Mar 2026 10:00:00 GMT</pubDate></item>`).join("")}</channel></rss>`;

const TITLES = ["Story 1", "Story 2", "Story 3"];
const TOKEN = "correct-horse";
const SECRETS = {
  password: "s3cret-password",
  bearer: "s3cret-bearer",
  header: "s3cret-header",
  cookie: "s3cret-cookie",
  query: "s3cret-query",
  url: "s3cret-in-address",
  proxy: "s3cret-proxy",
};

interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}
interface DescribedOperation {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

describe("the operator's API", () => {
  let upstream: Origin;
  let workplace: Workplace;
  let service: Service;
  let description: Description;
  let titles: readonly string[] = TITLES;

  beforeAll(async () => {
    upstream = await startOrigin((request, response) => {
      if (request.url?.startsWith("/feed"))
        response.writeHead(200, { "content-type": "application/rss+xml" }).end(feedOf(titles));
      else if (request.url === "/moved") response.writeHead(302, { location: `/nothing?key=${SECRETS.query}` }).end();
      else response.writeHead(404).end();
    });
    const { host } = new URL(upstream.url("/"));
    workplace = createWorkplace(
      {
        "config/storywire.yaml": "polling: { minimum: 1s, perHost: { perSecond: 1000 } }",
        "config/sources/town.yaml": `
- { id: town, url: "${upstream.url("/feed")}", every: 1h }
- { id: gone-missing, url: "${upstream.url("/nothing")}", every: 1h }
- { id: resting, url: "${upstream.url("/feed")}", paused: true }
- { id: basic, url: "${upstream.url("/feed/basic")}", every: 1h, auth: { username: me, password: ${SECRETS.password} } }
- { id: bearer, url: "${upstream.url("/nothing")}", every: 1h, auth: { bearer: ${SECRETS.bearer} } }
- { id: fields, url: "${upstream.url("/nothing")}", every: 1h, headers: { X-Key: ${SECRETS.header} }, cookies: { session: ${SECRETS.cookie} } }
- { id: query, url: "${upstream.url("/feed/query")}?key=${SECRETS.query}", every: 1h }
- { id: moved, url: "${upstream.url("/moved")}", every: 1h }
- { id: in-address, url: "http://me:${SECRETS.url}@${host}/nothing", every: 1h }
- { id: proxied, url: "http://nowhere.example/feed", every: 1h, proxy: "http://me:${SECRETS.proxy}@127.0.0.1:9" }
`,
        "feeds/top.yaml": "title: Top\nselect: { sources: [town] }",
        "feeds/bridges.yaml": 'title: Bridges\nselect: { sources: [town], include: { title: "bridge" } }',
      },
      { STORYWIRE_TOKEN: TOKEN },
    );
    service = await workplace.serve();
    await service.ready();
    await service.until(async () => {
      const all = Object.values(await sources());
      return all.length === 10 && all.every(({ state }) => state !== "pending");
    });
    description = (await (await fetch(`${service.origin}/api/v1/openapi.json`)).json()) as Description;
  }, 60_000);
  afterAll(async () => {
    await service.end("SIGTERM");
    workplace[Symbol.dispose]();
    await upstream[Symbol.asyncDispose]();
  });

  interface Asked {
    readonly method?: string;
    readonly token?: string;
    readonly body?: unknown;
    readonly raw?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }

  function call(
    path: string,
    { method = "GET", token = TOKEN, body, raw, headers = {} }: Asked = {},
  ): Promise<Response> {
    const sent = raw ?? (body === undefined ? null : JSON.stringify(body));
    return fetch(`${service.origin}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(sent === null ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: sent,
    });
  }

  async function json<T = Record<string, unknown>>(path: string, asked: Asked = {}): Promise<T> {
    const response = await call(path, asked);
    const text = await response.text();
    expect(response.status, text).toBe(200);
    return JSON.parse(text) as T;
  }

  async function problemOf(response: Response): Promise<unknown> {
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    const { status, code } = (await response.json()) as { status: number; code: string };
    expect(status).toBe(response.status);
    return [status, code];
  }

  interface Status {
    readonly id: string;
    readonly state: string;
    readonly failures: number;
    readonly nextPollAt?: string;
    readonly lastPoll?: { readonly outcome: string; readonly code?: string; readonly stories: object };
  }
  async function sources(): Promise<Readonly<Record<string, Status>>> {
    const { sources: list } = await json<{ sources: Status[] }>("/sources");
    return Object.fromEntries(list.map((source) => [source.id, source]));
  }

  interface StoryRecord {
    readonly id: string;
    readonly title: string;
    readonly revision: number;
    readonly updated?: string;
    readonly feeds: readonly string[];
  }
  const storyNamed = async (title: string) =>
    (await json<{ stories: StoryRecord[] }>(`/stories?source=town&q=${encodeURIComponent(title)}`)).stories[0]!;

  interface Item {
    readonly id: string;
    readonly title: string;
    readonly date_published: string;
    readonly date_modified: string;
  }
  const itemsOf = async (slug: string) =>
    ((await (await service.get(`/feeds/${slug}.json`)).json()) as { items: Item[] }).items;
  const titlesOf = async (slug: string) => (await itemsOf(slug)).map(({ title }) => title).sort();

  it("tells how every source is doing", async () => {
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
    const record = await json("/sources/town/poll", { method: "POST" });
    expect(record).toMatchObject({ outcome: "unchanged", httpStatus: 200 });
    expect(await problemOf(await call("/sources/nobody/poll", { method: "POST" }))).toEqual([404, "unknown_source"]);
  });

  it("pauses a source until it is resumed, over a restart; what the file pauses stays the file's", async () => {
    expect(await json("/sources/town/pause", { method: "POST" })).toMatchObject({ id: "town", state: "paused" });
    await service.end("SIGTERM");
    service = await workplace.serve();
    await service.ready();
    const { town } = await sources();
    expect(town).toMatchObject({ state: "paused" });
    expect(town?.nextPollAt).toBeUndefined();
    expect((await workplace.run(["status", "--json"])).stdout).toContain('"paused"');
    expect(await json("/sources/town/resume", { method: "POST" })).toMatchObject({ state: "ok" });
    expect((await sources()).town?.nextPollAt).toBeDefined();
    expect(await problemOf(await call("/sources/resting/resume", { method: "POST" }))).toEqual([409, "paused_by_file"]);
  }, 30_000);

  it("corrects fields of a story: documents follow, later visits change nothing of it, and it can be taken back", async () => {
    const { id } = await storyNamed("Story 1");
    const [before] = (await itemsOf("top")).filter((item) => item.title === "Story 1");
    const corrected = await json<StoryRecord>(`/stories/${id}`, {
      method: "PATCH",
      body: { title: "A bridge opens", published: "2026-02-01T08:00:00Z", tags: ["mended"] },
    });
    expect(corrected).toMatchObject({
      title: "A bridge opens",
      published: "2026-02-01T08:00:00Z",
      revision: 2,
      feeds: ["bridges", "top"],
      corrections: { title: { was: { title: "Story 1" } }, published: { was: { published: "2026-03-01T10:00:00Z" } } },
    });
    await service.until(async () => (await titlesOf("bridges")).includes("A bridge opens"));
    const items = await itemsOf("top");
    expect(items.map(({ title }) => title)).toEqual(["Story 3", "Story 2", "A bridge opens"]);
    expect(items[2]?.id).toBe(before?.id);
    expect(before?.date_modified).toBeUndefined();
    expect(Date.parse(items[2]!.date_modified)).toBeGreaterThan(Date.parse(before!.date_published));

    titles = ["Another headline of theirs", "Story 2", "Story 3"];
    await json("/sources/town/poll", { method: "POST" });
    expect(await json(`/stories/${id}`)).toMatchObject({
      title: "A bridge opens",
      revision: 2,
      updated: corrected.updated,
    });
    expect(JSON.stringify(await json(`/explain?of=${id}`))).toContain("Another headline of theirs");
    // Anybody may read that it was corrected, not what stood there.
    const record = await (await service.get(`/stories/${id}.json`)).text();
    expect(JSON.parse(record)).toMatchObject({ title: "A bridge opens", corrections: { title: {}, published: {} } });
    expect(record).not.toMatch(/Story 1|Another headline/);

    expect(
      await json(`/stories/${id}`, { method: "PATCH", body: { title: null, published: null, tags: null } }),
    ).toMatchObject({ title: "Story 1", published: "2026-03-01T10:00:00Z", corrections: {} });
    await json("/sources/town/poll", { method: "POST" });
    expect(await json(`/stories/${id}`)).toMatchObject({ title: "Another headline of theirs" });
    await service.until(async () => (await titlesOf("bridges")).length === 0);
  }, 30_000);

  it("withdraws a story until it is restored, whatever its source shows", async () => {
    const { id } = await storyNamed("Story 2");
    expect(await json(`/stories/${id}/withdraw`, { method: "POST" })).toMatchObject({ id, feeds: [] });
    await service.until(async () => !(await titlesOf("top")).includes("Story 2"));
    await json("/sources/town/poll", { method: "POST" });
    expect(await titlesOf("top")).not.toContain("Story 2");
    const record = (await (await service.get(`/stories/${id}.json`)).json()) as Record<string, unknown>;
    expect(record).toMatchObject({ id, title: "Story 2", images: [] });
    expect(record.contentHtml).toBeUndefined();
    expect(await (await service.get(`/stories/${id}`, { accept: "text/html" })).text()).toContain("was withdrawn");
    expect(await json(`/explain?of=${id}`)).toMatchObject({
      stories: [{ id, feeds: [{ slug: "bridges" }, { slug: "top", shown: false, rule: "withdrawn by the operator" }] }],
    });
    expect(await json(`/stories/${id}/restore`, { method: "POST" })).toMatchObject({ id, feeds: ["top"] });
    await service.until(async () => (await titlesOf("top")).includes("Story 2"));
  });

  it("finds stories by words, source and feed", async () => {
    expect((await json<{ stories: unknown[] }>("/stories?q=story&source=town")).stories).toHaveLength(2);
    expect((await json<{ stories: unknown[] }>("/stories?feed=top&limit=2")).stories).toHaveLength(2);
    expect((await json<{ stories: unknown[] }>("/stories?source=gone-missing")).stories).toEqual([]);
    expect(await problemOf(await call("/stories?source=nobody"))).toEqual([404, "unknown_source"]);
    expect(await problemOf(await call("/stories?feed=nothing"))).toEqual([404, "unknown_feed"]);
  });

  it("says where an address went that yielded no story", async () => {
    const told = await json<{ sources: readonly { id: string }[] }>(
      `/explain?of=${encodeURIComponent(upstream.url("/never-seen"))}`,
    );
    expect(told.sources.map(({ id }) => id)).toContain("town");
    expect(await problemOf(await call("/explain?of=https%3A%2F%2Felsewhere.example%2F"))).toEqual([
      404,
      "unknown_story",
    ]);
  });

  it("deletes a story for good", async () => {
    const { id } = await storyNamed("Story 3");
    expect(await json(`/stories/${id}`, { method: "DELETE" })).toEqual({ deleted: true });
    await json("/sources/town/poll", { method: "POST" });
    await service.until(async () => (await service.get(`/stories/${id}`)).status === 404);
    await service.until(async () => !(await titlesOf("top")).includes("Story 3"));
    for (const [method, path] of [
      ["DELETE", `/stories/${id}`],
      ["PATCH", `/stories/${id}`],
      ["POST", `/stories/${id}/restore`],
      ["GET", `/stories/${id}`],
    ] as const)
      expect(
        await problemOf(await call(path, { method, ...(method === "PATCH" ? { body: { title: "x" } } : {}) })),
      ).toEqual([404, "unknown_story"]);
  });

  it.each(["", "correct-hors", "correct-horse2", "CORRECT-HORSE", "correct-horse ,"])(
    "refuses the token %j, telling nothing",
    async (token) => {
      const response = await call("/sources", { token });
      expect(response.headers.get("www-authenticate")).toContain("Bearer");
      const text = await response.text();
      expect(response.status).toBe(401);
      expect(text).not.toContain("town");
    },
  );

  it("lets whoever guesses wait, and the right token pass meanwhile", async () => {
    const startedAt = performance.now();
    const wrong = Promise.all([1, 2, 3].map((number) => call("/sources", { token: `guess-${number}` })));
    expect((await call("/sources")).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(450);
    expect((await wrong).map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(performance.now() - startedAt).toBeGreaterThan(1_400);
  });

  it.each<readonly [string, Asked & { readonly path: string }, readonly [number, string]]>([
    ["a number that is none", { path: "/stories?limit=many" }, [400, "bad_query"]],
    ["a parameter that is not known", { path: "/stories?colour=red" }, [400, "bad_query"]],
    ["a limit beyond the limit", { path: "/stories?limit=100000" }, [400, "bad_query"]],
    ["an address that is not there", { path: "/nothing" }, [404, "not_found"]],
    ["a source that is not there", { path: "/sources/nobody" }, [404, "unknown_source"]],
    ["an id with an escape that is none", { path: "/stories/%E0%A4%A" }, [400, "malformed_request"]],
    ["a feed that is not there", { path: "/feeds/nothing" }, [404, "unknown_feed"]],
    ["a method that is not known there", { path: "/sources", method: "DELETE" }, [405, "method_not_allowed"]],
    ["JSON that breaks off", { path: "/stories/x", method: "PATCH", raw: '{"title":' }, [400, "bad_body"]],
    ["JSON that is no object", { path: "/stories/x", method: "PATCH", raw: '"title"' }, [400, "bad_body"]],
    ["a list for an object", { path: "/stories/x", method: "PATCH", body: [] }, [400, "bad_body"]],
    ["a correction of nothing", { path: "/stories/x", method: "PATCH", body: {} }, [400, "bad_body"]],
    ["a field that is not known", { path: "/stories/x", method: "PATCH", body: { titel: "x" } }, [400, "bad_body"]],
    ["a field of another type", { path: "/stories/x", method: "PATCH", body: { title: 7 } }, [400, "bad_body"]],
    [
      "a script for an address",
      { path: "/stories/x", method: "PATCH", body: { url: "javascript:alert(1)" } },
      [400, "bad_body"],
    ],
    [
      "a picture without an address",
      { path: "/stories/x", method: "PATCH", body: { images: [{ url: "" }] } },
      [400, "bad_body"],
    ],
    [
      "names that mean something to the language",
      { path: "/stories/x", method: "PATCH", raw: '{"__proto__":{"title":"x"}}' },
      [400, "bad_body"],
    ],
    [
      "a body of two megabytes",
      { path: "/stories/x", method: "PATCH", body: { title: "x".repeat(2_000_000) } },
      [413, "body_too_large"],
    ],
    [
      "a body that is a form",
      {
        path: "/stories/x",
        method: "PATCH",
        raw: "title=x",
        headers: { "content-type": "application/x-www-form-urlencoded" },
      },
      [415, "unsupported_media_type"],
    ],
    [
      "a body in an unknown coding",
      { path: "/stories/x", method: "PATCH", raw: "x", headers: { "content-encoding": "snappy" } },
      [415, "unsupported_media_type"],
    ],
    ["a correction of no story", { path: "/stories/x", method: "PATCH", body: { title: "x" } }, [404, "unknown_story"]],
  ])("answers %s with a problem document", async (_what, { path, ...asked }, wanted) => {
    expect(await problemOf(await call(path, asked))).toEqual(wanted);
  });

  it("names the methods of an address", async () => {
    const { id } = await storyNamed("Story 2");
    expect((await call(`/stories/${id}`, { method: "PUT" })).headers.get("allow")).toBe(
      "GET, HEAD, PATCH, DELETE, OPTIONS",
    );
    expect((await call("/sources/town/poll")).headers.get("allow")).toBe("POST, OPTIONS");
    expect((await call("/sources/town/poll", { method: "OPTIONS" })).status).toBe(204);
    expect((await call("/sources", { method: "HEAD" })).status).toBe(200);
  });

  it("refuses a date in the future with its own code", async () => {
    const { id } = await storyNamed("Story 2");
    const response = await call(`/stories/${id}`, { method: "PATCH", body: { published: "2999-01-01" } });
    expect(await problemOf(response)).toEqual([400, "bad_correction"]);
  });

  it("answers every operation as its description says", async () => {
    expect(description.openapi).toBe("3.1.0");
    const { id } = await storyNamed("Story 2");
    const ids: Readonly<Record<string, string>> = { sources: "town", feeds: "top", stories: id };
    const bodies: Readonly<Record<string, unknown>> = { correctStory: { section: "Town" } };
    const queries: Readonly<Record<string, string>> = { explain: `?of=${id}`, listStories: "?q=story&limit=5" };
    const schemas = Object.fromEntries(
      Object.entries(description.components.schemas).map(([name, schema]) => [name, schema]),
    );
    const operations = Object.entries(description.paths)
      .flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => ({ path, method, ...one })))
      // What cannot be taken back goes last.
      .sort((a, b) => Number(a.method === "delete") - Number(b.method === "delete"));
    expect(operations.length).toBeGreaterThan(20);
    for (const { path, method, operationId, responses } of operations) {
      const group = path.split("/")[3] ?? "";
      const address = path.replace("/api/v1", "").replace("{id}", ids[group] ?? "");
      const body = bodies[operationId];
      const response = await call(`${address}${queries[operationId] ?? ""}`, {
        method: method.toUpperCase(),
        ...(body === undefined ? {} : { body }),
      });
      const told = responses[String(response.status)];
      expect(told, `${operationId} answered ${response.status}, which is not described`).toBeDefined();
      const [mediaType = "", content] = Object.entries(told!.content)[0] ?? [];
      expect(response.headers.get("content-type")).toContain(mediaType);
      const $defs = JSON.parse(JSON.stringify(schemas).replaceAll("#/components/schemas/", "#/$defs/")) as object;
      const schema = JSON.parse(
        JSON.stringify(content?.schema).replaceAll("#/components/schemas/", "#/$defs/"),
      ) as object;
      const parsed = z
        .fromJSONSchema({ ...schema, $defs } as Parameters<typeof z.fromJSONSchema>[0])
        .safeParse(await response.json());
      expect(parsed.error?.issues ?? [], operationId).toEqual([]);
      if (!/onfiguration|forget/.test(operationId)) expect(response.status, operationId).toBe(200);
    }
  }, 60_000);

  it("shows its reference to people without a token", async () => {
    const page = await fetch(`${service.origin}/api/v1/`, { headers: { accept: "text/html" } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("/api/v1/stories/{id}");
  });

  it("tells no secret of a source: not in answers, pages, metrics, documents or the log", async () => {
    const known = ["town", "basic", "bearer", "fields", "query", "moved", "in-address", "proxied"];
    const paths = [
      "/sources",
      "/overview",
      "/stories?limit=200",
      "/feeds",
      `/explain?of=${encodeURIComponent(upstream.url("/x"))}`,
      ...known.flatMap((id) => [`/sources/${id}`, `/sources/${id}/polls`, `/explain?of=${id}`]),
    ];
    const answers = await Promise.all(paths.map(async (path) => (await call(path)).text()));
    const polled = await Promise.all(
      known.map(async (id) => (await call(`/sources/${id}/poll`, { method: "POST" })).text()),
    );
    const pages = await Promise.all(
      [
        "/",
        "/feeds/top.html",
        "/metrics",
        "/readyz",
        "/opml.xml",
        ...known.flatMap((id) => [
          `/sources/${id}.rss`,
          `/sources/${id}.atom`,
          `/sources/${id}.json`,
          `/sources/${id}.html`,
        ]),
      ].map(async (path) => (await service.get(path)).text()),
    );
    const commands = await Promise.all(
      [["status"], ["status", "--json"], ["check"], ["poll", "query", "moved", "--json"], ["explain", "query"]].map(
        async (args) => {
          const { stdout, stderr } = await workplace.run(args);
          return `${stdout}${stderr}`;
        },
      ),
    );
    const told = [...answers, ...polled, ...pages, ...commands, ...service.log];
    expect(told.join()).toContain("in-address");
    const secrets = [...Object.values(SECRETS), TOKEN, Buffer.from(`me:${SECRETS.password}`).toString("base64")];
    expect(told.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
  }, 60_000);
});
