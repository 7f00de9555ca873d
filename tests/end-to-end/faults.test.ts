import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Origin, startOrigin } from "../support/origin.ts";
import { createWorkplace, type Service, type Workplace } from "../support/service.ts";

const item = (number: number) =>
  `<item><title>Story ${number}</title><link>https://town.example/${number}</link><guid>https://town.example/${number}</guid><pubDate>Sun, 0${number} Mar 2026 10:00:00 GMT</pubDate><description>What happened on day ${number}.</description></item>`;
const rss = (numbers: readonly number[]) =>
  `<?xml version="1.0"?><rss version="2.0"><channel><title>Town</title><link>https://town.example/</link><description>News</description>${numbers.map(item).join("")}</channel></rss>`;

/** What the upstream server does now. */
type Mood = "well" | "missing" | "empty" | "no-stories" | "huge" | "to-private" | "broken" | "error-page";

describe("a source that goes wrong", () => {
  let upstream: Origin;
  let workplace: Workplace;
  let service: Service;
  let mood: Mood = "well";

  beforeAll(async () => {
    upstream = await startOrigin((_request, response) => {
      const answers: Readonly<Record<Mood, () => void>> = {
        well: () => response.writeHead(200, { "content-type": "application/rss+xml", etag: '"1"' }).end(rss([1, 2, 3])),
        missing: () => response.writeHead(404).end("<h1>not here</h1>"),
        empty: () => response.writeHead(200, { "content-type": "text/html" }).end(""),
        "no-stories": () => response.writeHead(200, { "content-type": "application/rss+xml" }).end(rss([])),
        huge: () =>
          response.writeHead(200, { "content-type": "application/rss+xml" }).end(Buffer.alloc(3_000_000, "<item>")),
        "to-private": () => response.writeHead(302, { location: "http://10.0.0.1/feed" }).end(),
        broken: () =>
          response
            .writeHead(200, { "content-type": "application/rss+xml", "content-length": "5000" })
            .end("<rss>", () => response.destroy()),
        "error-page": () =>
          response
            .writeHead(200, { "content-type": "text/html" })
            .end("<html><title>Oops</title><body><h1>Something went wrong</h1></body></html>"),
      };
      answers[mood]();
    });
    workplace = createWorkplace({
      "config/storywire.yaml": "polling: { minimum: 1s, perHost: { perSecond: 1000 } }\nlimits: { bodyBytes: 1MiB }",
      "config/sources/town.yaml": `- { id: town, url: "${upstream.url("/feed")}", every: 1h }`,
      "feeds/top.yaml": "title: Top",
    });
    service = await workplace.serve();
    await service.ready();
    await service.until(async () => (await titles()).length === 3);
  }, 60_000);
  afterAll(async () => {
    await service.end("SIGTERM");
    workplace[Symbol.dispose]();
    await upstream[Symbol.asyncDispose]();
  });

  async function titles(): Promise<readonly string[]> {
    const feed = (await (await service.get("/feeds/top.json")).json()) as { items: { title: string }[] };
    return feed.items.map((one) => one.title);
  }

  const faults: readonly (readonly [Mood, "failed" | "suspect", string])[] = [
    ["missing", "failed", "not_found"],
    ["empty", "failed", "empty"],
    ["no-stories", "suspect", "empty_document"],
    ["huge", "failed", "too_large"],
    ["to-private", "failed", "refused_address"],
    ["broken", "failed", "truncated"],
  ];

  it.each(faults)(
    "%s: the poll is %s (%s), the command says so, and nothing stored is lost",
    async (now, outcome, code) => {
      mood = now;
      const before = await (await service.get("/feeds/top.rss")).text();
      const answer = await workplace.run(["poll", "town", "--json"]);
      expect(answer.code).toBe(1);
      expect(JSON.parse(answer.stdout).polls).toMatchObject([{ source: "town", outcome, code }]);
      expect(await (await service.get("/feeds/top.rss")).text()).toBe(before);
    },
  );

  it("takes an error page with status 200 for a fault", async () => {
    mood = "error-page";
    const answer = await workplace.run(["poll", "town", "--json"]);
    expect(answer.code).toBe(1);
    expect(JSON.parse(answer.stdout).polls[0].outcome).toMatch(/failed|suspect/);
    expect(await titles()).toEqual(["Story 3", "Story 2", "Story 1"]);
  });

  it("publishes what another process polled, within a second", async () => {
    mood = "well";
    const answer = await workplace.run(["poll", "town"]);
    expect(answer.stdout).toContain("town");
    expect(answer.code).toBe(0);
  });

  it("lets no second service on to the same data", async () => {
    const second = await workplace.run(["serve"]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("already_running");
  });

  it("answers 304 to a reader that knows the document", async () => {
    const first = await service.get("/feeds/top.atom");
    const etag = first.headers.get("etag") ?? "";
    expect((await service.get("/feeds/top.atom", { "if-none-match": etag })).status).toBe(304);
    expect((await service.get("/feeds/top.atom", { "if-none-match": `"other", W/${etag}` })).status).toBe(304);
    expect((await service.get("/feeds/top.atom", { "if-none-match": '"other"' })).status).toBe(200);
  });
});

describe("a configuration that is wrong", () => {
  it.each([
    [
      "an unknown key",
      { "config/storywire.yaml": "servise: { title: x }" },
      /config\/storywire\.yaml:1:1.*servise.*service/s,
    ],
    [
      "a bad interval",
      { "config/sources/a.yaml": "- id: a\n  url: https://a.example/\n  every: soon" },
      /config\/sources\/a\.yaml:3:10.*every.*soon/s,
    ],
    [
      "a feed of an unknown source",
      { "feeds/x.yaml": "title: X\nselect: { sources: [nobody] }" },
      /feeds\/x\.yaml:2:21.*nobody/s,
    ],
    ["broken YAML", { "config/storywire.yaml": "service: [" }, /config\/storywire\.yaml:1/],
  ])("%s is refused with file, line, column and what was wanted: exit code 2", async (_name, files, message) => {
    using workplace = createWorkplace(files);
    for (const command of ["check", "serve", "poll"]) {
      const answer = await workplace.run([command]);
      expect(answer.stderr).toMatch(message);
      expect(answer.code).toBe(2);
    }
  });

  it("answers wrong usage with exit code 2", async () => {
    using workplace = createWorkplace({});
    expect((await workplace.run(["polll"])).code).toBe(2);
    expect((await workplace.run(["poll", "nobody"])).code).toBe(2);
    expect((await workplace.run(["extract"])).code).toBe(2);
    expect((await workplace.run(["extract", "missing.html"])).code).toBe(1);
  });
});
