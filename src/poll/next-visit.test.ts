import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextTry, nextVisit } from "./next-visit.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse("2026-03-01T12:20:00Z");
const every = (everyMs: number) => ({ kind: "every", everyMs }) as const;
const base = { now: NOW, bounds: { minimumMs: 5 * MINUTE }, random: 0, nextCronAt: () => null };

describe("nextVisit", () => {
  it("keeps the operator's interval, at most a tenth sooner", () => {
    expect(nextVisit({ ...base, rhythm: every(HOUR) })).toBe(NOW + HOUR);
    expect(nextVisit({ ...base, rhythm: every(HOUR), random: 1 })).toBe(NOW + 0.9 * HOUR);
  });

  it("is never sooner than the document and the headers ask, nor more often than the minimum", () => {
    expect(nextVisit({ ...base, rhythm: every(HOUR), hints: { intervalMs: 3 * HOUR } })).toBe(NOW + 3 * HOUR);
    expect(nextVisit({ ...base, rhythm: every(HOUR), freshUntilMs: NOW + 2 * HOUR })).toBe(NOW + 2 * HOUR);
    expect(nextVisit({ ...base, rhythm: every(1) })).toBe(NOW + 5 * MINUTE);
  });

  it("takes no order for longer than a day", () => {
    expect(nextVisit({ ...base, rhythm: every(HOUR), hints: { intervalMs: 300 * DAY } })).toBe(NOW + DAY);
  });

  it("waits for an hour and a day that the document does not skip", () => {
    const hints = { skipHours: [13, 14] };
    expect(nextVisit({ ...base, rhythm: every(HOUR), hints })).toBe(Date.parse("2026-03-01T15:00:00Z"));
    expect(nextVisit({ ...base, rhythm: every(HOUR), hints: { skipDays: [0] } })).toBe(
      Date.parse("2026-03-02T00:00:00Z"),
    );
    const all = { skipHours: Array.from({ length: 24 }, (_, hour) => hour) };
    expect(nextVisit({ ...base, rhythm: every(HOUR), hints: all })).toBe(NOW + HOUR);
  });

  it("follows the source's own rhythm within the operator's bounds", () => {
    const rhythm = { kind: "adaptive", minMs: 10 * MINUTE, maxMs: DAY } as const;
    const publishedAt = [0, 2, 4, 6].map((hours) => NOW - hours * HOUR);
    expect(nextVisit({ ...base, rhythm, publishedAt })).toBe(NOW + HOUR);
    expect(nextVisit({ ...base, rhythm, publishedAt: [] })).toBe(NOW + DAY);
  });

  it("obeys cron to the minute", () => {
    const rhythm = { kind: "cron", expression: "* * * * *" } as const;
    expect(nextVisit({ ...base, rhythm, nextCronAt: () => NOW + MINUTE })).toBe(NOW + MINUTE);
  });
});

describe("nextTry", () => {
  it("backs off with each failure, obeys Retry-After, and always tries again within a day", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: MINUTE, max: 7 * DAY }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.option(fc.integer({ min: 0, max: 1e12 }), { nil: undefined }),
        (failures, intervalMs, random, retryAfterMs) => {
          const at = nextTry({
            now: NOW,
            intervalMs,
            failures,
            random,
            minimumMs: 5 * MINUTE,
            ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
          });
          expect(at).toBeGreaterThanOrEqual(NOW + Math.min(Math.max(retryAfterMs ?? 0, 5 * MINUTE), DAY));
          expect(at).toBeLessThanOrEqual(NOW + DAY);
        },
      ),
    );
    const at = (failures: number) => nextTry({ now: NOW, intervalMs: HOUR, failures, random: 1, minimumMs: 0 }) - NOW;
    expect([at(1), at(2), at(3), at(20)]).toEqual([2 * HOUR, 4 * HOUR, 8 * HOUR, DAY]);
  });
});
