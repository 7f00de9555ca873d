import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FetchError } from "../errors.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import type { FetchOutcome, FetchRequest } from "./fetch.ts";
import { createRobots, isAllowed, parseRobots, ROBOTS_BYTES_MAX } from "./robots.ts";

function allows(text: string, path: string, token = "Storywire"): boolean {
  return isAllowed(parseRobots(text, token), new URL(path, "http://news.example"));
}

describe("parseRobots and isAllowed", () => {
  test.each<[text: string, path: string, allowed: boolean]>([
    ["", "/", true],
    ["User-agent: *\nDisallow: /", "/x", false],
    ["User-agent: *\nDisallow:", "/x", true],
    ["user-agent:*\ndisallow:/private", "/private/x", false],
    ["User-agent: *\nDisallow: /private", "/privateer", false],
    ["User-agent: *\nDisallow: /private", "/Private", true],
    ["User-agent: *\nDisallow: /private/ # hush", "/private", true],
    ["User-agent: *\r\nDisallow: /a\r\n\r\nDisallow: /b", "/b", false],
    ["User-agent: *\rDisallow: /a", "/a", false],
    ["\ufeffUser-agent: *\nDisallow: /", "/", false],
    ["Disallow: /", "/", true],
    ["nonsense\nUser-agent: *\nSitemap: http://x.example/\nDisallow: /a", "/a", false],
    ["<html><title>Not found</title></html>", "/", true],
    ["User-agent: *\nDisallow: /", "/robots.txt", true],
  ])("%j decides %s: %s", (text, path, allowed) => {
    expect(allows(text, path)).toBe(allowed);
  });

  test.each<[text: string, path: string, allowed: boolean]>([
    ["Disallow: /\nAllow: /news", "/news/1", true],
    ["Allow: /news\nDisallow: /news/secret", "/news/secret/1", false],
    ["Disallow: /page\nAllow: /page", "/page", true],
    ["Allow: /page\nDisallow: /*.html", "/page.html", false],
    ["Disallow: *", "/x", false],
    ["Disallow: /*.gif$", "/a/b.gif", false],
    ["Disallow: /*.gif$", "/a/b.gif?x", true],
    ["Disallow: /a$", "/a", false],
    ["Disallow: /a$", "/ab", true],
    ["Disallow: /*/*/c", "/a/b/c", false],
    ["Disallow: /a*z", "/abc", true],
    ["Disallow: /a*z*", "/a/z/q", false],
    ["Disallow: /ab*ba$", "/aba", true],
    ["Disallow: /?", "/?q=1", false],
    ["Disallow: /search?q=", "/search?q=x", false],
    ["Disallow: /caf%C3%A9", "/café", false],
    ["Disallow: /café", "/caf%C3%A9", false],
    ["Disallow: /a%2Fb", "/a/b", true],
    ["Disallow: /a%2fb", "/a%2Fb", false],
    ["Disallow: /%7Euser", "/~user", false],
  ])("the longest rule decides, wildcards and escapes understood: %j, %s: %s", (rules, path, allowed) => {
    expect(allows(`User-agent: *\n${rules}`, path)).toBe(allowed);
  });

  test("all groups that name us are ours, in any case and with any version; others are not", () => {
    const text = [
      "User-agent: other\nDisallow: /other",
      "User-agent: STORYWIRE/2.0\nUser-agent: second\nDisallow: /one",
      "User-agent: *\nDisallow: /",
      "User-agent: storywire\nDisallow: /two",
    ].join("\n\n");
    expect(["/one", "/two", "/other", "/free"].map((path) => allows(text, path))).toEqual([false, false, true, true]);
    expect(allows(text, "/one", "second")).toBe(false);
    expect(allows(text, "/free", "stranger")).toBe(false);
    expect(allows("User-agent: storywirebot\nDisallow: /", "/")).toBe(true);
  });

  test("a crawl delay is read and bounded", () => {
    const delay = (value: string) => parseRobots(`User-agent: *\nCrawl-delay: ${value}`, "Storywire").crawlDelayMs;
    expect([delay("10"), delay("0.5"), delay("99999"), delay("-1"), delay("soon"), delay("")]).toEqual([
      10_000,
      500,
      300_000,
      undefined,
      undefined,
      undefined,
    ]);
    expect(parseRobots("User-agent: other\nCrawl-delay: 5", "Storywire").crawlDelayMs).toBeUndefined();
  });

  test("what stands behind 500 KiB is not read", () => {
    const text = `User-agent: *\n${"#".repeat(ROBOTS_BYTES_MAX)}\nDisallow: /`;
    expect(allows(text, "/")).toBe(true);
  });

  test("matches as a plain pattern does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 12 });
    const path = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 20 });
    fc.assert(
      fc.property(text, fc.boolean(), path, (pattern, anchored, rest) => {
        const source = pattern.replaceAll("*", ".*").replace(/(?:\.\*)+/g, ".*");
        const expected = new RegExp(`^/${source}${anchored ? "$" : ""}`).test(`/${rest}`);
        const rules = parseRobots(`User-agent: *\nDisallow: /${pattern}${anchored ? "$" : ""}`, "Storywire");
        // Not through URL: it would fold "//" away.
        expect(isAllowed(rules, { pathname: `/${rest}`, search: "" } as URL)).toBe(!expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["rules of one star after another", `Disallow: ${"/*a".repeat(170_000)}`],
    ["twenty-five thousand rules", "Disallow: /*a*a*a*b\n".repeat(25_000)],
    ["long parts that almost match", `Disallow: /*${"a".repeat(1_500)}b\n`.repeat(330)],
    ["nothing but colons", ":".repeat(500_000)],
    ["half a million agents", "User-agent: x\n".repeat(35_000)],
    ["half a million groups", "User-agent: *\nDisallow: /x\n".repeat(18_000)],
  ])("%s are read and matched without a stall", (_name, rules) => {
    const path = `/${"a".repeat(8_000)}`;
    const before = performance.now();
    allows(`User-agent: *\n${rules}`, path);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

describe("createRobots", () => {
  const NOW = Date.UTC(2026, 10, 22);
  const HOUR = 3_600_000;

  interface Play {
    readonly asked: FetchRequest[];
    now: number;
    answer: () => Promise<FetchOutcome>;
  }

  function play(): Play {
    return { asked: [], now: NOW, answer: () => found("User-agent: *\nDisallow: /no") };
  }

  async function found(text: string, freshUntilMs?: number): Promise<FetchOutcome> {
    const facts = { status: 200, headers: {}, redirects: [], wireBytes: 0, validators: {} };
    const body = new TextEncoder().encode(text);
    const finalUrl = "http://news.example/robots.txt" as AbsoluteUrl;
    return { ...facts, kind: "fetched", finalUrl, body, ...(freshUntilMs === undefined ? {} : { freshUntilMs }) };
  }

  function failing(httpStatus?: number): () => Promise<FetchOutcome> {
    const code = httpStatus === undefined ? "connect_failed" : "http_status";
    return () => Promise.reject(new FetchError("no robots.txt", { code, httpStatus }));
  }

  function start(scene: Play) {
    const robots = createRobots({
      now: () => scene.now,
      fetch: (request) => {
        scene.asked.push(request);
        return scene.answer();
      },
    });
    return (path: string, way?: FetchRequest) => robots.ask(`http://news.example${path}` as AbsoluteUrl, way);
  }

  test("asks an origin once, also when several wait, and remembers for a day", async () => {
    const scene = play();
    const ask = start(scene);
    expect(await Promise.all(["/no", "/yes", "/no/x"].map((path) => ask(path)))).toEqual([
      { allowed: false },
      { allowed: true },
      { allowed: false },
    ]);
    scene.now += 24 * HOUR - 1;
    await ask("/yes");
    expect(scene.asked).toHaveLength(1);
    expect(scene.asked[0]).toMatchObject({ url: "http://news.example/robots.txt", keepBytes: ROBOTS_BYTES_MAX });
    scene.now += 2;
    await ask("/yes");
    expect(scene.asked).toHaveLength(2);
  });

  test("asks again when the answer said so, but not within the hour", async () => {
    const scene = play();
    const ask = start(scene);
    scene.answer = () => found("", NOW + 1_000);
    await ask("/");
    scene.now += HOUR - 1;
    await ask("/");
    expect(scene.asked).toHaveLength(1);
    scene.now += 1;
    await ask("/");
    expect(scene.asked).toHaveLength(2);
  });

  test("passes on the crawl delay", async () => {
    const scene = play();
    scene.answer = () => found("User-agent: *\nCrawl-delay: 7");
    expect(await start(scene)("/")).toEqual({ allowed: true, crawlDelayMs: 7_000 });
  });

  test("no robots.txt allows everything: 4xx and 410", async () => {
    for (const status of [400, 401, 403, 404, 451]) {
      const scene = play();
      scene.answer = failing(status);
      expect(await start(scene)("/no")).toEqual({ allowed: true });
    }
    const scene = play();
    const finalUrl = "http://news.example/robots.txt" as AbsoluteUrl;
    scene.answer = async () => ({ kind: "gone", status: 410, finalUrl, headers: {}, redirects: [] });
    expect(await start(scene)("/no")).toEqual({ allowed: true });
  });

  test("one that cannot be had forbids everything, and is not asked for again at once", async () => {
    for (const status of [undefined, 429, 500, 503]) {
      const scene = play();
      const ask = start(scene);
      scene.answer = failing(status);
      await expect(ask("/yes")).rejects.toMatchObject({ name: "FetchError" });
      await expect(ask("/yes")).rejects.toMatchObject({ name: "FetchError" });
      expect(scene.asked).toHaveLength(1);
      scene.now += 300_001;
      scene.answer = () => found("");
      expect(await ask("/yes")).toEqual({ allowed: true });
    }
  });

  test("an older copy stands in while none can be had", async () => {
    const scene = play();
    const ask = start(scene);
    await ask("/no");
    scene.now += 25 * HOUR;
    scene.answer = failing(503);
    expect([await ask("/no"), await ask("/yes")]).toEqual([{ allowed: false }, { allowed: true }]);
  });

  test("goes the way of the page, without its secrets", async () => {
    const scene = play();
    const way = {
      url: "http://news.example/" as AbsoluteUrl,
      proxy: "http://proxy.example:3128",
      userAgent: "Special/1",
      cookies: { session: "hush" },
      auth: { bearer: "hush" },
    };
    await start(scene)("/yes", way);
    expect(scene.asked[0]).toMatchObject({ proxy: way.proxy, userAgent: way.userAgent });
    expect(JSON.stringify(scene.asked)).not.toContain("hush");
  });
});
