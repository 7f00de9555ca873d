const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      era: "short",
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** Whether Intl knows this IANA name (or a fixed offset such as `+02:00`). */
export function isTimeZone(name: string): boolean {
  try {
    formatFor(name);
    return true;
  } catch {
    return false;
  }
}

/** A wall clock as it reads somewhere: months from 1, hours 0 to 23. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** What the clocks of a zone show at an instant (milliseconds since 1970 UTC). */
export function wallTimeAt(instant: number, timeZone: string): WallTime {
  if (timeZone === "UTC") {
    const date = new Date(instant);
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
    };
  }
  const parts: Record<string, string> = {};
  for (const part of formatFor(timeZone).formatToParts(instant)) parts[part.type] = part.value;
  const year = Number(parts.year);
  return {
    year: parts.era === "BC" ? 1 - year : year,
    month: Number(parts.month),
    day: Number(parts.day),
    hour: Number(parts.hour),
    minute: Number(parts.minute),
    second: Number(parts.second),
  };
}

/** Instant of a wall time taken as UTC; years below 100 are meant as they stand. */
function asUtc(wall: WallTime): number {
  const date = new Date(0);
  date.setUTCFullYear(wall.year, wall.month - 1, wall.day);
  date.setUTCHours(wall.hour, wall.minute, wall.second, 0);
  return date.getTime();
}

/**
 * The instant (milliseconds since 1970 UTC) at which the clocks of a zone show this wall time. In the hour that a
 * change to summer time skips, the instant that much later; in the hour repeated in autumn, the first one.
 */
export function instantOf(wall: WallTime, timeZone: string): number {
  const utc = asUtc(wall);
  if (timeZone === "UTC") return utc;
  const offsetAt = (instant: number) => asUtc(wallTimeAt(instant, timeZone)) - Math.floor(instant / 1000) * 1000;
  const before = utc - offsetAt(utc - 86_400_000);
  if (before + offsetAt(before) === utc) return before;
  const after = utc - offsetAt(utc + 86_400_000);
  if (after + offsetAt(after) === utc) return after;
  return before;
}
