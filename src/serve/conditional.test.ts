import type { IncomingHttpHeaders } from "node:http";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RequestError } from "../errors.ts";
import { statusFor, type Validators } from "./conditional.ts";

const AT = Date.UTC(1994, 10, 6, 8, 49, 37);
const DAY = 86_400_000;
const httpDate = (at: number) => new Date(at).toUTCString();

const IDENTITY: Validators = {
  etag: '"r7.rss"',
  revisionEtags: ['"r7.rss"', '"r7.rss.gz"', '"r7.rss.zst"'],
  lastModifiedAt: AT,
  lastModified: httpDate(AT),
};
const GZIP: Validators = { ...IDENTITY, etag: '"r7.rss.gz"' };

function status(headers: IncomingHttpHeaders, validators = IDENTITY): number {
  try {
    return statusFor(headers, validators);
  } catch (error) {
    if (error instanceof RequestError) return error.status;
    throw error;
  }
}

describe("If-None-Match", () => {
  test.each([
    ["the tag", '"r7.rss"', 304],
    ["any tag", "*", 304],
    ["any tag, with spaces", " * ", 304],
    ["the tag as a weak one", 'W/"r7.rss"', 304],
    ["a list that holds the tag", '"old", W/"older" ,"r7.rss"', 304],
    ["a list with empty members", ', ,"r7.rss",,', 304],
    ["a list without spaces", '"a,b","r7.rss"', 304],
    ["the tag marked by Apache", '"r7.rss-gzip"', 304],
    ["the tag marked by Jetty", '"r7.rss--gzip"', 304],
    ["the tag marked with a semicolon", 'W/"r7.rss;br"', 304],
    ["another tag", '"r6.rss"', 200],
    ["another tag that begins alike", '"r7.rss2"', 200],
    ["the tag of another coding", '"r7.rss.gz"', 200],
    ["another coding's tag after a proxy weakened it", 'W/"r7.rss.gz"', 304],
    ["the tag without quotes", "r7.rss", 200],
    ["the tag within another", '"x r7.rss x"', 200],
    ["a small w", 'w/"r7.rss"', 200],
    ["a quote that never ends", '"r7.rss', 200],
    ["nothing", "", 200],
  ])("with %s", (_what, header, wanted) => {
    expect(status({ "if-none-match": header })).toBe(wanted);
  });

  test("tells the codings apart, but not what a proxy made of them", () => {
    expect(status({ "if-none-match": '"r7.rss"' }, GZIP)).toBe(200);
    expect(status({ "if-none-match": '"r7.rss.gz"' }, GZIP)).toBe(304);
    expect(status({ "if-none-match": 'W/"r7.rss"' }, GZIP)).toBe(304);
    expect(status({ "if-none-match": '"r7.rss-gzip"' }, GZIP)).toBe(304);
  });

  test("wins over If-Modified-Since both ways", () => {
    expect(status({ "if-none-match": '"r6.rss"', "if-modified-since": httpDate(AT + DAY) })).toBe(200);
    expect(status({ "if-none-match": '"r7.rss"', "if-modified-since": httpDate(AT - DAY) })).toBe(304);
    expect(status({ "if-none-match": "garbage", "if-modified-since": httpDate(AT) })).toBe(200);
  });

  test("finds the tag wherever it stands in a list of any others", () => {
    const tag = fc.stringMatching(/^[!#-~]{0,12}$/).filter((opaque) => !opaque.startsWith("r7.rss"));
    const member = fc.tuple(fc.constantFrom("", "W/"), tag).map(([weak, opaque]) => `${weak}"${opaque}"`);
    fc.assert(
      fc.property(fc.array(member), fc.array(member), fc.constantFrom(",", ", ", " ,\t"), (before, after, comma) => {
        expect(status({ "if-none-match": [...before, '"r7.rss"', ...after].join(comma) })).toBe(304);
        expect(status({ "if-none-match": [...before, ...after].join(comma) })).toBe(200);
      }),
    );
  });
});

describe("If-Modified-Since", () => {
  test.each([
    ["our own Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT", 304],
    ["the same in RFC 850's form", "Sunday, 06-Nov-94 08:49:37 GMT", 304],
    ["the same in asctime's form", "Sun Nov  6 08:49:37 1994", 304],
    ["the same in small letters", "sun, 06 nov 1994 08:49:37 gmt", 304],
    ["a second later", "Sun, 06 Nov 1994 08:49:38 GMT", 304],
    ["a second earlier", "Sun, 06 Nov 1994 08:49:36 GMT", 200],
    ["another zone", "Sun, 06 Nov 1994 08:49:37 +0000", 200],
    ["an impossible day", "Sun, 31 Nov 1994 08:49:37 GMT", 200],
    ["an impossible hour", "Sun, 06 Nov 1994 25:49:37 GMT", 200],
    ["an RFC 3339 date", "1994-11-06T08:49:37Z", 200],
    ["a number", "784111777", 200],
    ["nothing", "", 200],
  ])("with %s", (_what, header, wanted) => {
    expect(status({ "if-modified-since": header })).toBe(wanted);
  });

  test("decides nothing where no Last-Modified is sent", () => {
    const undated = { etag: '"a"', revisionEtags: ['"a"'] };
    expect(status({ "if-modified-since": httpDate(AT + 100 * DAY) }, undated)).toBe(200);
    expect(status({ "if-unmodified-since": httpDate(0) }, undated)).toBe(200);
  });
});

describe("If-Match and If-Unmodified-Since", () => {
  test.each<[string, IncomingHttpHeaders, number]>([
    ["the tag", { "if-match": '"x", "r7.rss"' }, 200],
    ["any tag", { "if-match": "*" }, 200],
    ["another tag", { "if-match": '"r6.rss"' }, 412],
    ["the tag weakened: strong comparison", { "if-match": 'W/"r7.rss"' }, 412],
    ["the tag, then what we have", { "if-match": '"r7.rss"', "if-none-match": '"r7.rss"' }, 304],
    ["another tag before what we have", { "if-match": '"r6.rss"', "if-none-match": '"r7.rss"' }, 412],
    ["unmodified since then", { "if-unmodified-since": httpDate(AT) }, 200],
    ["unmodified since before then", { "if-unmodified-since": httpDate(AT - 1000) }, 412],
    ["a tag that wins over the date", { "if-match": '"r7.rss"', "if-unmodified-since": httpDate(AT - DAY) }, 200],
    ["a date that is none", { "if-unmodified-since": "yesterday" }, 200],
  ])("with %s", (_what, headers, wanted) => {
    expect(status(headers)).toBe(wanted);
  });
});

test("a long list of tags takes time in proportion to its length", () => {
  for (const header of [
    '"'.repeat(200_001),
    ",".repeat(200_000),
    'W/"'.repeat(70_000),
    "x-".repeat(100_000),
    `"${"-".repeat(200_000)}"`,
  ]) {
    const started = performance.now();
    status({ "if-none-match": header });
    expect(performance.now() - started).toBeLessThan(500);
  }
});
