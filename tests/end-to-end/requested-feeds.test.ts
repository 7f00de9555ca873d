import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTokens } from "../../src/app/feed-tokens.ts";
import { runWeb, type Web } from "../../src/app/web.ts";
import { checkDocument } from "../../src/render/check.ts";
import { slugOf } from "../support/fake-wire.ts";
import { type StoredFeeds, storeFeeds } from "../support/stored-feeds.ts";
import { aFeed, aSource, NOW, numberedItem } from "../support/stories.ts";

const HOUR = 3_600_000;

/** Seven stories, an hour apart: three of ferries, the others of the council. */
const items = (name: string) =>
  [0, 1, 2, 3, 4, 5, 6].map((number) =>
    numberedItem(number, {
      guid: `tag:${name}:${number}`,
      title: number % 3 === 0 ? `Ferry ${number} leaves ${name}` : `Council ${number} meets in ${name}`,
      tags: number === 1 ? ["Budget"] : [],
      authors: [{ name: number === 2 ? "Ada Byron" : "Desk" }],
    }),
  );

describe("feeds that readers put together", () => {
  let stored: StoredFeeds;
  let web: Web;
  let now = NOW;

  beforeAll(async () => {
    const town = aSource({ id: "town", title: "Town news", tags: ["local", "v1.0"] });
    const harbour = aSource({ id: "harbour", tags: ["local"] });
    const secret = aSource({ id: "secret", tags: ["local"] });
    stored = await storeFeeds(
      [town, harbour, secret],
      [
        aFeed({ select: { ...aFeed().select, sources: [town.id, harbour.id] } }),
        aFeed({
          slug: "members",
          formerly: [slugOf("former-members")],
          access: "token",
          select: { ...aFeed().select, sources: [secret.id] },
        }),
      ],
      ({ id }) => items(id),
    );
    web = await runWeb(stored.configuration, pino({ level: "silent" }), { now: () => now });
  });
  afterAll(async () => {
    await web[Symbol.asyncDispose]();
    await stored[Symbol.asyncDispose]();
  });

  const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = "GET") =>
    fetch(`${web.address.url}${path}`, { method, headers, redirect: "manual" });
  const titles = async (path: string): Promise<readonly string[]> => {
    const answer = await get(path);
    expect(`${answer.status} ${path}`).toBe(`200 ${path}`);
    const feed = (await answer.json()) as { items: { title: string }[] };
    return feed.items.map(({ title }) => title);
  };

  it.each([
    ["filter=Ferry", 6],
    ["filter=ferry", 0],
    ["filter=ferry&filter_case_sensitive=false", 6],
    ["filter=Ferry|Council", 14],
    ["filter=Byron", 2],
    ["filter_title=^Ferry%206", 2],
    ["filter_author=Ada", 2],
    ["filter_category=Budget", 2],
    ["filter_description=bridge", 14],
    ["filter=Ferry&filter_title=Council", 6],
    ["filter_title=Council&filter_author=Ada", 2],
    ["filterout=Ferry", 8],
    ["filterout_author=Desk", 2],
    ["filterout_category=Budget", 12],
    ["filter_time=9000", 6],
    ["limit=4", 4],
    ["filter_title=Council&limit=3", 3],
    ["brief=", 14],
    ["utm_source=x", 14],
  ])("take %s as RSSHub's users know it", async (query, count) => {
    expect(await titles(`/feeds/top.json?${query}`)).toHaveLength(count);
  });

  it("shorten texts to what brief asks for", async () => {
    const answer = await get("/feeds/top.json?brief=100");
    const { items: shown } = (await answer.json()) as {
      items: { summary?: string; content_text?: string; content_html?: string }[];
    };
    for (const item of shown) {
      const text = item.summary ?? item.content_text ?? "";
      expect(text.length).toBeLessThanOrEqual(101);
      expect(text).toMatch(/^The council met .*…$/);
    }
  });

  it("keep the order in which stories came where sorted is false", async () => {
    await stored.visit(
      "town",
      [numberedItem(200, { guid: "tag:town:late", title: "An old one, told late" }), ...items("town")],
      NOW + 1000,
    );
    await web.refresh();
    expect((await titles("/feeds/top.json")).at(-1)).toBe("An old one, told late");
    expect((await titles("/feeds/top.json?sorted=false"))[0]).toBe("An old one, told late");
  });

  it("answer in the format asked for, whatever the suffix", async () => {
    for (const [path, type] of [
      ["/feeds/top?format=atom", "application/atom+xml"],
      ["/feeds/top.rss?format=json", "application/feed+json"],
      ["/feeds/top?format=rss&limit=2", "application/rss+xml"],
      ["/sources/town", "application/rss+xml"],
      ["/feeds/top.html?limit=2", "text/html"],
    ] as const) {
      expect((await get(path)).headers.get("content-type")).toContain(type);
    }
  });

  it("share one document, whatever the order of parameters and whatever else the query says", async () => {
    const one = await get("/feeds/top.rss?filter=Ferry&limit=2");
    const other = await get("/feeds/top.rss?utm_medium=x&limit=2&filter=Ferry&filter_title=&sorted=true");
    expect(other.headers.get("etag")).toBe(one.headers.get("etag"));
    expect(other.headers.get("link")).toBe(one.headers.get("link"));
    expect(one.headers.get("link")).toBe(
      '<https://wire.example/feeds/top.rss?filter=Ferry&limit=2>; rel="self"; type="application/rss+xml"',
    );
    const plain = await get("/feeds/top.rss");
    const odd = await get("/feeds/top.rss?utm_medium=x");
    expect(odd.headers.get("etag")).toBe(plain.headers.get("etag"));
  });

  it.each([
    "/feeds/top.rss?filter=Ferry",
    "/feeds/top.atom?filter_time=7200",
    "/sources/town.rss",
    "/sources/town.atom?limit=1",
    "/tags/local.json",
    "/tags/v1.0",
    "/tags/v1.0.rss",
    "/tags/budget.atom",
    "/search.rss?q=ferry",
    "/search.rss?q=nothing%20of%20the%20kind",
    "/search.json?q=Council&filterout=2",
  ])("have validators and headers of any feed, and pass the gate: %s", async (path) => {
    const first = await get(path, { "accept-encoding": "gzip" });
    expect(first.status).toBe(200);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]{22}\.(rss|atom|json)\.gz"$/);
    expect(first.headers.get("cache-control")).toMatch(/^public, max-age=\d+/);
    expect((await get(path, { "if-none-match": etag, "accept-encoding": "gzip" })).status).toBe(304);
    const head = await get(path, {}, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const format = /\.(rss|atom|json)\.gz"/.exec(etag)?.[1] as "rss";
    const self = /<([^>]*)>/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    const faults = checkDocument(await first.text(), format, { selfUrl: self });
    expect(faults.filter(({ level }) => level !== "info")).toEqual([]);
  });

  it("show sources, tags of sources and of stories, and what a search finds", async () => {
    expect(await titles("/sources/harbour.json")).toHaveLength(7);
    expect((await titles("/tags/local.json")).every((title) => !title.includes("secret"))).toBe(true);
    expect((await titles("/tags/local.json")).length).toBe(15);
    expect((await titles("/tags/budget.json")).toSorted()).toEqual([
      "Council 1 meets in harbour",
      "Council 1 meets in town",
    ]);
    expect(await titles("/search.json?q=FERRY%20harbour")).toHaveLength(3);
  });

  it("tell nothing of sources that only feeds behind a token show", async () => {
    expect((await get("/sources/secret.json")).status).toBe(404);
    expect(await titles("/search.json?q=secret")).toEqual([]);
    expect((await get("/feeds/members.json?limit=1")).status).toBe(404);
  });

  it.each([
    ["/feeds/top.rss?filter=(unclosed", 400],
    ["/feeds/top.rss?filter=a(?=b)", 400],
    [`/feeds/top.rss?filter=${"a".repeat(501)}`, 400],
    ["/feeds/top.rss?limit=many", 400],
    ["/feeds/top.rss?limit=-1", 400],
    ["/feeds/top.rss?brief=99", 400],
    ["/feeds/top.rss?filter_time=1e9", 400],
    ["/feeds/top.rss?format=pdf", 400],
    ["/feeds/top.rss?filter=x&filter_case_sensitive=perhaps", 400],
    ["/search.rss", 400],
    ["/search.rss?q=%20", 400],
    ["/sources/nobody.rss", 404],
    ["/sources/..%2f..%2fetc.rss", 404],
    ["/tags/never-used.rss", 404],
    ["/searching.rss?q=x", 404],
  ])("refuse what cannot be meant: %s", async (path, status) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
  });

  it.each([9_000, 100_000])("refuse a query of %i characters", async (characters) => {
    expect([414, 431]).toContain((await get(`/feeds/top.rss?x=${"y".repeat(characters)}`)).status);
  });

  it("age by the clock alone, step by step, and stay the same bytes within a step", async () => {
    const path = "/feeds/top.json?filter_time=10800";
    const first = await get(path);
    const before = await titles(path);
    now += 30_000;
    expect((await get(path)).headers.get("etag")).toBe(first.headers.get("etag"));
    now += 2 * HOUR;
    const after = await get(path, { "if-modified-since": first.headers.get("last-modified") ?? "" });
    expect(after.status).toBe(200);
    expect(((await after.json()) as { items: unknown[] }).items.length).toBeLessThan(before.length);
    now = NOW;
  });

  it.each(["/sources/harbour.rss", "/tags/local.atom", "/sources/harbour.json?limit=2"])(
    "say when anything of their sources changed last, a story that left among it: %s",
    async (path) => {
      now += 2_000;
      const first = await get(path);
      const dated = { "if-modified-since": first.headers.get("last-modified") ?? "" };
      expect((await get(path, dated)).status).toBe(304);
      const document = await (await get("/sources/harbour.json")).json();
      const id = (document as { items: { id: string }[] }).items.at(-1)?.id.replace("urn:storywire:", "") ?? "";
      await stored.deleteStory(id, Date.parse(dated["if-modified-since"]) + 5_000);
      await web.refresh();
      now += 1_000;
      const after = await get(path, dated);
      expect(after.status).toBe(200);
      expect(Date.parse(after.headers.get("last-modified") ?? "")).toBeGreaterThan(
        Date.parse(dated["if-modified-since"]),
      );
    },
  );

  it.each(["/search.rss?q=ferry", "/tags/budget.rss"])(
    "say no date where a story of any source may come in, and no date decides: %s",
    async (path) => {
      const answer = await get(path, { "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT" });
      expect([answer.status, answer.headers.get("last-modified")]).toEqual([200, null]);
      now = NOW;
    },
  );

  it("show a commit within two seconds", async () => {
    const before = await titles("/search.json?q=lighthouse");
    expect(before).toEqual([]);
    await stored.visit(
      "town",
      [numberedItem(0, { guid: "tag:town:new", title: "Lighthouse lit again" }), ...items("town")],
      NOW + 2000,
    );
    await web.refresh();
    now += 1000;
    expect(await titles("/search.json?q=lighthouse")).toEqual(["Lighthouse lit again"]);
    now = NOW;
  });

  describe("behind a token", () => {
    const slug = slugOf("members");
    const tokenNow = () => readTokens(stored.configuration.settings.dataDir, slug)[0] ?? "";

    it("are there for whoever brings it, in the query or as Bearer, and kept by their own cache only", async () => {
      for (const [path, headers] of [
        [`/feeds/members.json?token=${tokenNow()}`, {}],
        ["/feeds/members.json", { authorization: `Bearer ${tokenNow()}` }],
        [`/feeds/members?format=json&token=${tokenNow()}&limit=50`, {}],
      ] as const) {
        const answer = await get(path, headers);
        expect(answer.status).toBe(200);
        expect(answer.headers.get("cache-control")).toMatch(/^private, max-age=\d+/);
        expect(answer.headers.get("vary")).toContain("Authorization");
        const text = await answer.text();
        expect((JSON.parse(text) as { items: unknown[] }).items).toHaveLength(7);
        expect(text + JSON.stringify([...answer.headers])).not.toContain(tokenNow());
        const etag = answer.headers.get("etag") ?? "";
        expect((await get(path, { ...headers, "if-none-match": etag })).status).toBe(304);
      }
    });

    it("are as if they were not there for anybody else", async () => {
      const nobody = await get("/feeds/no-such-feed.rss");
      const told = await nobody.text();
      for (const path of [
        "/feeds/members.rss",
        "/feeds/members.html",
        "/feeds/members",
        "/feeds/former-members.rss",
        "/feeds/members.rss?token=",
        `/feeds/members.rss?token=${tokenNow().slice(0, -1)}`,
        `/feeds/members.rss?filter=x&token=${"A".repeat(32)}`,
      ]) {
        const answer = await get(path, { authorization: "Bearer nonsense" });
        expect([answer.status, await answer.text()]).toEqual([404, told]);
        expect(answer.headers.get("cache-control")).toBe("no-store");
      }
      expect(await (await get("/")).text()).not.toContain("members");
    });

    it("show on their page the addresses with the token that was brought", async () => {
      const page = await get(`/feeds/members.html?token=${tokenNow()}`);
      expect(page.headers.get("cache-control")).toBe("private, no-cache");
      expect(await page.text()).toContain(`https://wire.example/feeds/members.rss?token=${tokenNow()}`);
    });

    it("lead from a former name to the present one, with the token", async () => {
      const moved = await get(`/feeds/former-members.rss?token=${tokenNow()}&limit=3`);
      expect([moved.status, moved.headers.get("location"), moved.headers.get("cache-control")]).toEqual([
        301,
        `/feeds/members.rss?limit=3&token=${tokenNow()}`,
        "no-store",
      ]);
    });
  });

  it("are a page for people, with the addresses to subscribe to", async () => {
    const page = await (await get("/search?q=ferry", { accept: "text/html" })).text();
    expect(page).toContain("https://wire.example/search.rss?q=ferry");
    expect(page).toContain("Ferry 3 leaves harbour");
    expect(page).not.toContain("secret");
  });

  it("cost those who ask for ever new ones a wait, but nobody what is at hand", async () => {
    const statuses: number[] = [];
    let last = await get("/feeds/top.rss?filter=Ferry");
    for (let number = 0; number < 150 && last.status !== 429; number += 1) {
      last = await get(`/feeds/top.rss?filter=flood${number}`);
      statuses.push(last.status);
    }
    expect(last.status).toBe(429);
    expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
    const known = await get("/feeds/top.rss?filter=Ferry");
    expect(known.status).toBe(200);
    expect(
      (await get("/feeds/top.rss?filter=Ferry", { "if-none-match": known.headers.get("etag") ?? "" })).status,
    ).toBe(304);
    expect((await get("/feeds/top.rss")).status).toBe(200);
  });

  it("are not in the catalogue's OPML", async () => {
    const opml = await (await get("/opml.xml")).text();
    expect(opml).toContain("/feeds/top.rss");
    expect(opml).not.toContain("/sources/");
    expect(opml).not.toContain("members");
  });
});
