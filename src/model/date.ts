import { instantOf, type WallTime, wallTimeAt } from "./zone.ts";

/** How sharply a date is known (DESIGN.md, Dates). */
type DatePrecision = "exact" | "day" | "relative" | "first-seen";

/**
 * One sighting of a date, as an interval of instants (milliseconds since 1970 UTC, both ends included). `from` is
 * absent where nothing bounds the past ("first seen" is at or before `to`). `from === to` for an exact instant.
 */
export interface DateInterval {
  readonly from?: number;
  readonly to: number;
  readonly precision: DatePrecision;
  /** Who said so: `json-ld`, `meta`, `time`, `byline`, `listing`, `feed`, `updated`, `first-seen`, … */
  readonly origin: string;
  /** The words it was read from. */
  readonly text?: string;
}

const DAY_MS = 86_400_000;

/**
 * What two sightings of one date leave standing: their intersection. A sighting never widens what is known, and one
 * that contradicts it changes nothing (the caller keeps it for `explain`).
 */
export function meetIntervals(known: DateInterval, seen: DateInterval): DateInterval {
  const from = Math.max(known.from ?? Number.NEGATIVE_INFINITY, seen.from ?? Number.NEGATIVE_INFINITY);
  const to = Math.min(known.to, seen.to);
  if (from > to || seen.precision === "first-seen") return known;
  if (from === (known.from ?? Number.NEGATIVE_INFINITY) && to === known.to) return known;
  const sharper = widthOf(seen) < widthOf(known) ? seen : known;
  const { from: _from, ...rest } = sharper;
  return Number.isFinite(from) ? { ...rest, from, to } : { ...rest, to };
}

/** Whether a sighting cannot be true together with what is known. */
export function contradicts(known: DateInterval, seen: DateInterval): boolean {
  return (seen.from ?? Number.NEGATIVE_INFINITY) > known.to || (known.from ?? Number.NEGATIVE_INFINITY) > seen.to;
}

function widthOf(interval: DateInterval): number {
  return interval.from === undefined ? Number.POSITIVE_INFINITY : interval.to - interval.from;
}

/** A date as it was settled once: the instant published documents show, and the day where no more is known. */
export interface SettledDate {
  readonly at: number;
  /** `YYYY-MM-DD` in the source's zone where only the day is known. */
  readonly day?: string;
  readonly interval: DateInterval;
}

/**
 * Settles one sighting (DESIGN.md, Dates): an exact time as given; a day at 12:00 in the source's zone; a relative date
 * at the middle of its interval, to the day where the interval is a day or wider. A day that is not over yet stands at
 * `now` at the latest. Null for a date that lies in the future.
 */
export function settleDate(seen: DateInterval, now: number, timeZone: string): SettledDate | null {
  const from = seen.from ?? seen.to;
  if (from > now) return null;
  if (seen.precision === "exact") return { at: from, interval: seen };
  if (seen.precision === "first-seen") return { at: seen.to, interval: seen };
  const middle = seen.precision === "day" ? from : from + (seen.to - from) / 2;
  if (seen.precision === "relative" && seen.to - from < DAY_MS) {
    return { at: Math.min(Math.round(middle / 60_000) * 60_000, now), interval: seen };
  }
  const wall = wallTimeAt(middle, timeZone);
  const noon = instantOf({ ...wall, hour: 12, minute: 0, second: 0 }, timeZone);
  return { at: Math.min(noon, now), day: dayText(wall), interval: seen };
}

/** "First seen": at or before now. */
export function firstSeen(now: number): SettledDate {
  return { at: now, interval: { to: now, precision: "first-seen", origin: "first-seen" } };
}

function dayText(wall: WallTime): string {
  const year = String(wall.year).padStart(4, "0");
  return `${year}-${String(wall.month).padStart(2, "0")}-${String(wall.day).padStart(2, "0")}`;
}
