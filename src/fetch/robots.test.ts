import { describe, expect, test } from "vitest";
import { FetchError } from "../errors.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import type { FetchOutcome, FetchRequest } from "./fetch.ts";
import { createRobots } from "./robots.ts";
import { ROBOTS_BYTES_MAX } from "./robots-rules.ts";

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
