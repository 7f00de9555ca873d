const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** IMF-fixdate and the two obsolete forms, all of bounded length: `Sun, 06 Nov 1994 08:49:37 GMT`. */
const FORMS = [
  /^[A-Za-z]{3}, (?<day>\d{2}) (?<month>[A-Za-z]{3}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) (?:GMT|UTC)$/,
  /^[A-Za-z]{6,9}, (?<day>\d{2})-(?<month>[A-Za-z]{3})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) (?:GMT|UTC)$/,
  /^[A-Za-z]{3} (?<month>[A-Za-z]{3}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/,
];

const LONGEST_DATE = 64;

/**
 * Instant (milliseconds since 1970 UTC) of an HTTP date, null where the text is none (RFC 9110 §5.6.7). A year of two
 * digits that would lie more than 50 years after `now` is meant a century earlier.
 */
export function parseHttpDate(text: string, now: number): number | null {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST_DATE) return null;
  for (const form of FORMS) {
    const parts = form.exec(trimmed)?.groups;
    if (parts !== undefined) return toInstant(parts, now);
  }
  return null;
}

function toInstant(parts: Readonly<Record<string, string>>, now: number): number | null {
  const month = MONTHS.indexOf(parts.month ?? "");
  const day = Number(parts.day);
  const [hour = 0, minute = 0, second = 0] = (parts.time ?? "").split(":").map(Number);
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return null;
  const midnight = Date.UTC(fullYear(parts.year ?? "", now), month, day);
  // 31 February would roll over into March.
  if (new Date(midnight).getUTCDate() !== day) return null;
  return midnight + ((hour * 60 + minute) * 60 + second) * 1000;
}

function fullYear(digits: string, now: number): number {
  if (digits.length === 4) return Number(digits);
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(digits);
  return year > thisYear + 50 ? year - 100 : year;
}
