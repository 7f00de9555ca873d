import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PollRecord } from "../../src/model/poll.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { createWorkplace, type Workplace } from "../support/service.ts";

const item = (number: number) =>
  `<item><title>Story ${number}</title><link>https://town.example/${number}</link><guid>tag:town:${number}</guid></item>`;
const rss = (...numbers: number[]) =>
  `<rss version="2.0"><channel><title>Town</title>${numbers.map(item).join("")}</channel></rss>`;
const listing = (origin: string) =>
  `<!doctype html><html lang="en"><head><title>Town</title></head><body><main><h2>Latest</h2>${[1, 2, 3, 4].map((number) => `<div class="card"><a href="${origin}/story/${number}">The council talks of matter number ${number} again</a> <span>${number} hours ago</span></div>`).join("")}</main></body></html>`;
const article = (number: string) =>
  `<!doctype html><html lang="en"><head><title>Matter ${number}</title></head><body><article><h1>The council talks of matter number ${number} again</h1><p class="byline">By Ann Writer</p>${Array.from({ length: 5 }, (_, index) => `<p>Paragraph ${index} of matter ${number}: the members of the council met in the old hall by the river, and they talked for a long while about it.</p>`).join("")}</article></body></html>`;

describe("a visit", () => {
  let upstream: Origin;
  let workplace: Workplace;
  let respond: (
    path: string,
    headers: NodeJS.Dict<string | string[]>,
  ) => readonly [number, Readonly<Record<string, string>>, string];

  beforeEach(async () => {
    upstream = await startOrigin((request, response) => {
      const [status, headers, body] = respond(request.url ?? "/", request.headers);
      response.writeHead(status, headers).end(body);
    });
    workplace = createWorkplace({
      "config/storywire.yaml": "polling: { minimum: 1s, perHost: { perSecond: 1000, inFlight: 8 } }",
      "feeds/top.yaml": "title: Top",
    });
  });
  afterEach(async () => {
    workplace[Symbol.dispose]();
    await upstream[Symbol.asyncDispose]();
  });

  const paths = () => upstream.requests.map((request) => request.url);
  const source = (settings: string) =>
    workplace.write({
      "config/sources/town.yaml": `- { id: town, url: "${upstream.url("/start")}", every: 1h${settings} }`,
    });
  async function poll(): Promise<PollRecord> {
    const { stdout } = await workplace.run(["poll", "town", "--json"]);
    return JSON.parse(stdout).polls[0];
  }

  it("sends validators back byte for byte, only after the stories they cover are stored", async () => {
    source("");
    const seen: unknown[] = [];
    respond = (path, headers) => {
      if (path === "/robots.txt") return [404, {}, ""];
      seen.push([headers["if-none-match"], headers["if-modified-since"]]);
      if (headers["if-none-match"] === 'W/"a b\'"') return [304, { etag: 'W/"a b\'"' }, ""];
      return [
        200,
        { "content-type": "application/rss+xml", etag: 'W/"a b\'"', "last-modified": "Mon, 02 Mar 2026 10:00:00 GMT" },
        rss(1, 2),
      ];
    };
    expect((await poll()).outcome).toBe("new");
    expect((await poll()).outcome).toBe("not_modified");
    expect(seen).toEqual([
      [undefined, undefined],
      ['W/"a b\'"', "Mon, 02 Mar 2026 10:00:00 GMT"],
    ]);
  });

  it("goes to the feed that a page names, and remembers it", async () => {
    source("");
    respond = (path) => {
      if (path === "/start")
        return [
          200,
          { "content-type": "text/html" },
          `<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head><body><p>Welcome</p></body></html>`,
        ];
      return path === "/feed.xml" ? [200, { "content-type": "application/rss+xml" }, rss(1, 2, 3)] : [404, {}, ""];
    };
    expect((await poll()).stories).toEqual({ seen: 3, new: 3, updated: 0 });
    await poll();
    expect(paths()).toEqual(["/robots.txt", "/start", "/feed.xml", "/feed.xml"]);
    const [told] = JSON.parse((await workplace.run(["explain", "town", "--json"])).stdout).sources;
    expect(told).toMatchObject({ id: "town", kind: "feed", feedUrl: upstream.url("/feed.xml"), rule: "visited" });
    expect((await workplace.run(["explain", upstream.url("/start")])).stdout).toContain("the feed that its page names");
  });

  it("adopts a permanent redirect after it was seen three times, a temporary one never", async () => {
    source(", kind: feed");
    let status = 302;
    respond = (path) =>
      path === "/start"
        ? [status, { location: "/moved" }, ""]
        : [200, { "content-type": "application/rss+xml" }, rss(1)];
    for (let visit = 0; visit < 4; visit += 1) await poll();
    status = 301;
    for (let visit = 0; visit < 5; visit += 1) await poll();
    expect(paths().filter((path) => path === "/start")).toHaveLength(7);
    expect(paths().at(-1)).toBe("/moved");
  }, 60_000);

  it("completes new listed stories by their own pages, once each", async () => {
    source(", kind: listing, listing: { follow: true }");
    respond = (path) => {
      const story = /^\/story\/(\d)$/.exec(path)?.[1];
      if (story !== undefined) return [200, { "content-type": "text/html" }, article(story)];
      return path === "/start" ? [200, { "content-type": "text/html" }, listing(upstream.origin)] : [404, {}, ""];
    };
    expect((await poll()).stories).toEqual({ seen: 4, new: 4, updated: 0 });
    expect((await poll()).stories).toMatchObject({ new: 0, updated: 0 });
    expect(paths().filter((path) => path?.startsWith("/story/"))).toHaveLength(4);
  });

  it("obeys robots.txt for pages, not for feeds", async () => {
    respond = (path) =>
      path === "/robots.txt"
        ? [200, { "content-type": "text/plain" }, "User-agent: *\nDisallow: /start"]
        : [200, { "content-type": "application/rss+xml" }, rss(1)];
    source(", kind: listing");
    expect(await poll()).toMatchObject({ outcome: "failed", code: "robots_disallowed" });
    source(", kind: feed");
    expect(await poll()).toMatchObject({ outcome: "new" });
    source(", kind: listing, robots: false");
    expect(paths().filter((path) => path === "/start")).toHaveLength(1);
  });

  it("pauses a source that is gone for good, and obeys Retry-After", async () => {
    source(", kind: feed");
    respond = () => [429, { "retry-after": "7200" }, ""];
    expect(await poll()).toMatchObject({ outcome: "failed", code: "rate_limited", httpStatus: 429 });
    expect((await workplace.run(["poll"])).stdout).not.toContain("town");
    respond = () => [410, {}, ""];
    expect(await poll()).toMatchObject({ outcome: "failed", code: "gone", httpStatus: 410 });
  });

  it("takes an answer of changes only (226) for what it is", async () => {
    source(", kind: feed");
    respond = (_path, headers) => {
      if (headers["if-none-match"] === '"1"')
        return [226, { "content-type": "application/rss+xml", etag: '"2"', im: "feed" }, rss(4)];
      return [200, { "content-type": "application/rss+xml", etag: '"1"' }, rss(1, 2, 3)];
    };
    await poll();
    expect(await poll()).toMatchObject({ outcome: "new", httpStatus: 226, stories: { seen: 1, new: 1, updated: 0 } });
  });

  it("tells no story again that comes back from our own documents", async () => {
    source(", kind: feed");
    respond = () => [200, { "content-type": "application/rss+xml" }, rss(1, 2)];
    await poll();
    const service = await workplace.serve();
    await service.ready();
    const ours = await (await service.get("/feeds/top.rss")).text();
    await service.end("SIGTERM");
    workplace.write({ "config/sources/mirror.yaml": `- { id: mirror, url: "${upstream.url("/mirror")}", every: 1h }` });
    respond = () => [
      200,
      { "content-type": "application/rss+xml" },
      ours.replace("</channel>", `${item(3)}</channel>`),
    ];
    const { stdout } = await workplace.run(["poll", "mirror", "--json"]);
    expect(JSON.parse(stdout).polls[0]).toMatchObject({ outcome: "new", stories: { new: 1 } });
    expect(JSON.parse(stdout).polls[0].faults).toMatchObject([{ code: "own_output" }, { code: "own_output" }]);
  });
});
