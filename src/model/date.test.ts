import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contradicts, type DateInterval, meetIntervals, settleDate } from "./date.ts";

const HOUR = 3_600_000;
const NOW = Date.parse("2025-10-17T12:00:00Z");

const daysAgo = (days: number, at = NOW): DateInterval => ({
  from: at - (days + 1) * 24 * HOUR,
  to: at - (days - 1) * 24 * HOUR,
  precision: "relative",
  origin: "listing",
});

const day = (text: string): DateInterval => ({
  from: Date.parse(`${text}T00:00:00Z`),
  to: Date.parse(`${text}T23:59:59.999Z`),
  precision: "day",
  origin: "time",
});

const intervals = fc
  .tuple(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 1e6 }))
  .map(([from, width]): DateInterval => ({ from, to: from + width, precision: "relative", origin: "listing" }));

describe("settleDate", () => {
  it("takes an exact time as given", () => {
    const at = Date.parse("2025-08-26T09:15:00Z");
    expect(settleDate({ from: at, to: at, precision: "exact", origin: "feed" }, NOW, "UTC")?.at).toBe(at);
  });

  it("puts a day at noon of the source's zone", () => {
    const midnightInNewYork = Date.parse("2025-08-26T04:00:00Z");
    const seen: DateInterval = {
      from: midnightInNewYork,
      to: midnightInNewYork + 24 * HOUR - 1,
      precision: "day",
      origin: "time",
    };
    expect(settleDate(seen, NOW, "America/New_York")).toMatchObject({
      at: Date.parse("2025-08-26T16:00:00Z"),
      day: "2025-08-26",
    });
  });

  it("puts '2 days ago' at the middle of its interval, to the day", () => {
    expect(settleDate(daysAgo(2), NOW, "UTC")).toMatchObject({
      at: Date.parse("2025-10-15T12:00:00Z"),
      day: "2025-10-15",
    });
  });

  it("keeps the hour of '3 hours ago'", () => {
    const seen: DateInterval = { from: NOW - 4 * HOUR, to: NOW - 2 * HOUR, precision: "relative", origin: "listing" };
    expect(settleDate(seen, NOW, "UTC")).toEqual({ at: NOW - 3 * HOUR, interval: seen });
  });

  it("does not let today's noon lie in the future", () => {
    const morning = Date.parse("2025-10-17T08:00:00Z");
    expect(settleDate(day("2025-10-17"), morning, "UTC")).toMatchObject({ at: morning, day: "2025-10-17" });
  });

  it("refuses a date in the future", () => {
    expect(settleDate(day("2025-10-18"), NOW, "UTC")).toBeNull();
  });
});

describe("meetIntervals", () => {
  it("narrows '2 days ago' by '3 days ago' seen a day later", () => {
    const later = meetIntervals(daysAgo(2), daysAgo(3, NOW + 20 * HOUR));
    expect(later.from).toBe(NOW - 72 * HOUR + 0);
    expect(later.to).toBe(NOW - 28 * HOUR);
  });

  it("lets a contradicting sighting change nothing", () => {
    const known = day("2025-10-15");
    expect(contradicts(known, day("2025-10-12"))).toBe(true);
    expect(meetIntervals(known, day("2025-10-12"))).toBe(known);
  });

  it("never widens, whatever is seen in whatever order", () => {
    fc.assert(
      fc.property(intervals, fc.array(intervals, { maxLength: 8 }), (first, rest) => {
        let known = first;
        for (const seen of rest) {
          const next = meetIntervals(known, seen);
          expect(next.from).toBeGreaterThanOrEqual(known.from ?? 0);
          expect(next.to).toBeLessThanOrEqual(known.to);
          expect(next.from).toBeLessThanOrEqual(next.to);
          known = next;
        }
      }),
    );
  });
});
