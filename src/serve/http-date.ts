const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const IMF_FIXDATE = /^(?:mon|tue|wed|thu|fri|sat|sun), (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) gmt$/;
const RFC_850 = /^(?:mon|tues|wednes|thurs|fri|satur|sun)day, (\d{2})-([a-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) gmt$/;
const ASCTIME = /^(?:mon|tue|wed|thu|fri|sat|sun) ([a-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;

/** The parts of an HTTP-date in the order day, month, year, hour, minute, second. */
function httpDateParts(text: string): readonly string[] | null {
  const imf = IMF_FIXDATE.exec(text) ?? RFC_850.exec(text);
  if (imf !== null) return imf.slice(1);
  const asctime = ASCTIME.exec(text);
  if (asctime === null) return null;
  const [month = "", day = "", hour = "", minute = "", second = "", year = ""] = asctime.slice(1);
  return [day.trim(), month, year, hour, minute, second];
}

/**
 * An HTTP-date in any of its three forms (RFC 9110 §5.6.7) as milliseconds since 1970 UTC; null for anything else,
 * impossible days and times among it. Two-digit years are 1970 to 2069: nothing that we sent is older.
 */
export function parseHttpDate(text: string): number | null {
  const parts = httpDateParts(text.trim().toLowerCase());
  if (parts === null) return null;
  const [day = 0, , yearAsWritten = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const month = MONTHS.indexOf(parts[1] ?? "");
  const year = parts[2]?.length === 2 ? yearAsWritten + (yearAsWritten < 70 ? 2000 : 1900) : yearAsWritten;
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return null;
  const date = new Date(Date.UTC(year, month, day, hour, minute, second));
  date.setUTCFullYear(year);
  // A day that the month does not have would spill over into the next.
  return new Date(Date.UTC(year, month, day)).getUTCDate() === day ? date.getTime() : null;
}
