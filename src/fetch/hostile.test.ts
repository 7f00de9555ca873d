import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HostileOrigin, hostileWays, startHostileOrigin } from "../../tests/support/hostile-origin.ts";
import { FetchError } from "../errors.ts";
import { createFetcher, DEFAULT_FETCH_LIMITS, type Fetcher, type FetchLimits } from "./fetch.ts";

/** Far longer than any test takes; a test that waits for one limit makes that one short. */
const limits: FetchLimits = {
  ...DEFAULT_FETCH_LIMITS,
  headersMs: 15_000,
  idleMs: 15_000,
  totalMs: 15_000,
  wireBytesMax: 1024 * 1024,
  bodyBytesMax: 1024 * 1024,
};

const BEHAVED = new Set(["/fine", "/late-answer", "/close-after", "/stall-redirect-body"]);

/** Each way of the hostile origin with the code it ends in; these only end by a limit of time. */
const slow: readonly [path: string, code: string, limit: Partial<FetchLimits>][] = [
  ["/never", "headers_timeout", { headersMs: 40 }],
  ["/drip-headers", "headers_timeout", { headersMs: 40 }],
  ["/drip-interim", "headers_timeout", { headersMs: 40 }],
  ["/endless-interim", "headers_timeout", { headersMs: 40, wireBytesMax: 1024 ** 3 }],
  ["/endless-interim", "too_large", {}],
  ["/drip-body", "timeout", { totalMs: 100 }],
  ["/stall-body", "idle_timeout", { idleMs: 40 }],
];

const broken: readonly [path: string, code: string][] = [
  ["/endless-body", "too_large"],
  ["/endless-gzip", "too_large"],
  ["/endless-header", "headers_too_large"],
  ["/endless-headers", "headers_too_large"],
  ["/endless-status-line", "too_large"],
  ["/endless-chunk-extension", "too_large"],
  ["/endless-trailer", "headers_too_large"],
  ["/tiny-chunks", "too_large"],
  ["/claims-much", "too_large"],
  ["/bomb-gzip", "too_large"],
  ["/bomb-deflate", "too_large"],
  ["/bomb-raw-deflate", "too_large"],
  ["/bomb-br", "too_large"],
  ["/bomb-zstd", "too_large"],
  ["/bomb-two-layers", "too_large"],
  ["/bomb-four-layers", "too_large"],
  ["/twenty-layers", "bad_encoding"],
  ["/nothing", "connection_lost"],
  ["/reset", "connection_lost"],
  ["/cut-headers", "connection_lost"],
  ["/reset-body", "truncated"],
  ["/reset-body-without-length", "truncated"],
  ["/length-too-long", "truncated"],
  ["/length-too-long-close", "truncated"],
  ["/length-too-short", "bad_response"],
  ["/length-too-short-close", "bad_response"],
  ["/length-not-a-number", "bad_response"],
  ["/length-negative", "bad_response"],
  ["/two-lengths", "bad_response"],
  ["/length-and-chunked", "bad_response"],
  ["/cut-chunks", "truncated"],
  ["/no-last-chunk", "truncated"],
  ["/bad-chunk-size", "bad_response"],
  ["/huge-chunk-size", "bad_response"],
  ["/not-http", "bad_response"],
  ["/http-0.9", "bad_response"],
  ["/bad-header-name", "bad_response"],
  ["/header-without-colon", "bad_response"],
  ["/control-in-header", "bad_response"],
  ["/status-not-a-number", "bad_response"],
  ["/upgrade", "bad_response"],
  ["/continue", "bad_response"],
  ["/status?is=099", "bad_response"],
  ["/status?is=000", "bad_response"],
  ["/status?is=202", "http_status"],
  ["/status?is=204", "http_status"],
  ["/status?is=300", "http_status"],
  ["/status?is=305", "http_status"],
  ["/status?is=418", "http_status"],
  ["/status?is=599", "http_status"],
  ["/status?is=999", "http_status"],
  ["/status?is=1000", "bad_response"],
  ["/partial", "http_status"],
  ["/transfer-gzip", "bad_encoding"],
  ["/unknown-coding", "bad_encoding"],
  ["/false-gzip", "bad_encoding"],
  ["/false-br", "bad_encoding"],
  ["/false-zstd", "bad_encoding"],
  ["/cut-gzip", "truncated"],
  ["/cut-br", "truncated"],
  ["/cut-zstd", "truncated"],
  ["/two-answers", "bad_response"],
  ["/body-on-304", "bad_response"],
  ["/not-modified", "bad_response"],
  ["/delta", "http_status"],
  ["/redirect?to=file:///etc/passwd", "bad_redirect"],
  ["/redirect?to=javascript:alert(1)", "bad_redirect"],
  ["/redirect?to=data:text/xml,<rss/>", "bad_redirect"],
  ["/redirect?to=ftp://127.0.0.1/feed", "bad_redirect"],
  ["/redirect?to=http://", "bad_redirect"],
  ["/endless-404", "not_found"],
  ["/large-404", "not_found"],
  ["/redirect-nowhere", "bad_redirect"],
  ["/two-locations", "bad_redirect"],
  ["/circle-a", "redirect_loop"],
  ["/circle-b", "redirect_loop"],
  ["/onward?n=0", "too_many_redirects"],
];

let origin: HostileOrigin;

beforeAll(async () => {
  origin = await startHostileOrigin();
});
afterAll(() => origin[Symbol.asyncDispose]());

function startFetcher(chosen = limits): Fetcher {
  return createFetcher({
    limits: chosen,
    userAgent: "Storywire/test",
    allowAddresses: ["127.0.0.0/8"],
    filesRoot: ".",
    now: () => 0,
  });
}

async function failureOf(fetcher: Fetcher, path: string): Promise<FetchError> {
  const outcome = await fetcher.fetch({ url: origin.url(path) }).catch((error: unknown) => error);
  if (outcome instanceof FetchError) return outcome;
  throw new Error(`${path} was not refused`, { cause: outcome });
}

/** Waits until the server sees that its connections were closed. */
async function untilClosed(): Promise<void> {
  for (let turn = 0; origin.open > 0 && turn < 500; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe("a hostile origin", () => {
  test("has an expectation for every one of its ways", () => {
    const expected = new Set([...slow, ...broken].map(([path]) => path.split("?")[0]));
    expect(
      Object.keys(hostileWays).filter((way) => !expected.has(way) && !BEHAVED.has(way) && way !== "/redirect"),
    ).toEqual([]);
  });

  test.each(slow)("%s is given up with %s, and its connection is closed (%o)", async (path, code, limit) => {
    await using fetcher = startFetcher({ ...limits, ...limit });
    expect((await failureOf(fetcher, path)).code).toBe(code);
    await untilClosed();
    expect(origin.open).toBe(0);
  });

  test.each(broken)("%s is refused with %s", async (path, code) => {
    await using fetcher = startFetcher();
    expect((await failureOf(fetcher, path)).code).toBe(code);
  });

  test("an endless answer is cut at the limit and its connection closed, while the fetcher lives on", async () => {
    await using fetcher = startFetcher();
    await failureOf(fetcher, "/endless-body");
    await untilClosed();
    expect(origin.open).toBe(0);
  });

  test("the body of an error page is not read to its end", async () => {
    await using fetcher = startFetcher();
    const before = origin.sentBytes;
    await failureOf(fetcher, "/endless-404");
    await untilClosed();
    expect(origin.open).toBe(0);
    expect(origin.sentBytes - before).toBeLessThan(16 * 1024 * 1024);
  });

  test("a redirect's body is not waited for", async () => {
    await using fetcher = startFetcher();
    expect((await fetcher.fetch({ url: origin.url("/stall-redirect-body") })).kind).toBe("fetched");
  });

  test("a right answer beside a hundred that never come is not delayed by them", async () => {
    const fetcher = startFetcher();
    const lost = Array.from({ length: 100 }, () => failureOf(fetcher, "/never"));
    const winner = await Promise.race([...lost, fetcher.fetch({ url: origin.url("/fine") })]);
    expect(winner).toMatchObject({ kind: "fetched" });
    await fetcher[Symbol.asyncDispose]();
    expect(new Set((await Promise.all(lost)).map(({ code }) => code))).toEqual(new Set(["aborted"]));
  });

  test("bytes that come unasked on a kept connection are never taken for the next answer", async () => {
    await using fetcher = startFetcher();
    for (const path of ["/late-answer", "/late-answer", "/fine", "/late-answer", "/fine"]) {
      const outcome = await fetcher.fetch({ url: origin.url(path) });
      const body = outcome.kind === "fetched" ? Buffer.from(outcome.body).toString() : "";
      expect(body).toContain(path === "/fine" ? "<rss" : "good");
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  });

  test("a connection the server closed meanwhile is replaced without a failure", async () => {
    await using fetcher = startFetcher();
    for (let time = 0; time < 5; time += 1) {
      const outcome = await fetcher.fetch({ url: origin.url("/close-after") });
      expect(outcome.kind).toBe("fetched");
      // About when the server closes: sometimes before, sometimes after the next request is written.
      await new Promise((resolve) => setTimeout(resolve, 3 + time));
    }
  });
});
