import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { freshUntil, retryAfterMs } from "./freshness.ts";
import { parseHttpDate } from "./http-date.ts";

const ASKED_WAIT_MAX_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const httpDate = (offsetMs: number) => new Date(NOW + offsetMs).toUTCString();

describe("parseHttpDate", () => {
  test.each([
    ["Sun, 06 Nov 1994 08:49:37 GMT"],
    ["Sunday, 06-Nov-94 08:49:37 GMT"],
    ["Sun Nov  6 08:49:37 1994"],
    ["  Sun, 06 Nov 1994 08:49:37 GMT  "],
  ])("reads %s", (text) => {
    expect(parseHttpDate(text, NOW)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  });

  test("takes a two-digit year more than fifty years ahead for the past century", () => {
    expect(parseHttpDate("Sunday, 06-Nov-30 08:49:37 GMT", NOW)).toBe(Date.UTC(2030, 10, 6, 8, 49, 37));
    expect(parseHttpDate("Sunday, 06-Nov-90 08:49:37 GMT", NOW)).toBe(Date.UTC(1990, 10, 6, 8, 49, 37));
  });

  test("reads a leap second", () => {
    expect(parseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT", NOW)).toBe(Date.UTC(2017, 0, 1));
  });

  test.each([
    ["0"],
    [""],
    ["soon"],
    ["Tue, 31 Feb 2026 08:00:00 GMT"],
    ["Sun, 06 Foo 1994 08:49:37 GMT"],
    ["Sun, 06 Nov 1994 25:49:37 GMT"],
    ["Sun, 06 Nov 1994 08:49:37 PST"],
    [`Sun, 06 Nov 1994 ${"0".repeat(100_000)}`],
  ])("finds none in %.40s", (text) => {
    expect(parseHttpDate(text, NOW)).toBeNull();
  });
});

describe("retryAfterMs", () => {
  test.each([
    ["120", 120_000],
    ["0", 0],
    [" 5 ", 5_000],
    [httpDate(90_000), 90_000],
    [httpDate(-90_000), 0],
    ["86400", ASKED_WAIT_MAX_MS],
    ["99999999999999999999999", ASKED_WAIT_MAX_MS],
    [httpDate(400 * 86_400_000), ASKED_WAIT_MAX_MS],
  ])("reads %s", (text, wait) => {
    expect(retryAfterMs({ "retry-after": text }, NOW)).toBe(wait);
  });

  test.each([["-5"], ["1.5"], ["soon"], [""], ["1e9"], ["Infinity"]])("takes nothing from %j", (text) => {
    expect(retryAfterMs({ "retry-after": text }, NOW)).toBeUndefined();
  });

  test("says nothing without the header", () => {
    expect(retryAfterMs({}, NOW)).toBeUndefined();
  });
});

describe("freshUntil", () => {
  test.each<[string, Record<string, string>, number | undefined]>([
    ["max-age", { "cache-control": "max-age=60" }, 60_000],
    ["max-age among others, in any case", { "cache-control": "Public, MAX-AGE=60, must-revalidate" }, 60_000],
    ["quoted max-age", { "cache-control": 'max-age="60"' }, 60_000],
    ["max-age less Age", { "cache-control": "max-age=60", age: "20" }, 40_000],
    ["nothing left after Age", { "cache-control": "max-age=60", age: "80" }, undefined],
    ["the shortest of two", { "cache-control": "max-age=600, max-age=60" }, 60_000],
    ["max-age over Expires", { "cache-control": "max-age=60", expires: httpDate(900_000) }, 60_000],
    ["no-cache", { "cache-control": "max-age=60, no-cache" }, undefined],
    ["no-store", { "cache-control": "no-store", expires: httpDate(900_000) }, undefined],
    ["s-maxage is for shared caches", { "cache-control": "s-maxage=600" }, undefined],
    ["max-age that is no number", { "cache-control": "max-age=soon" }, undefined],
    ["negative max-age", { "cache-control": "max-age=-1" }, undefined],
    ["Expires", { expires: httpDate(900_000) }, 900_000],
    ["Expires against their own clock", { expires: httpDate(900_000), date: httpDate(600_000) }, 300_000],
    ["Expires: 0", { expires: "0" }, undefined],
    ["Expires in the past", { expires: httpDate(-1_000) }, undefined],
    ["a year is cut to a day", { "cache-control": "max-age=31536000" }, ASKED_WAIT_MAX_MS],
    ["an endless number is cut to a day", { "cache-control": `max-age=${"9".repeat(400)}` }, ASKED_WAIT_MAX_MS],
    ["nothing said", {}, undefined],
  ])("%s", (_name, headers, lasts) => {
    expect(freshUntil(headers, NOW)).toBe(lasts === undefined ? undefined : NOW + lasts);
  });

  test("never asks to wait longer than a day nor into the past, whatever is sent", () => {
    const header = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'max-age=,0129" no-cache') }));
    fc.assert(
      fc.property(header, header, header, (control, expires, age) => {
        const until = freshUntil({ "cache-control": control, expires, age }, NOW);
        if (until === undefined) return;
        expect(until).toBeGreaterThan(NOW);
        expect(until).toBeLessThanOrEqual(NOW + ASKED_WAIT_MAX_MS);
      }),
    );
  });
});
