import { decodeHTML } from "entities";
import { type Place, type Report, shown } from "./findings.ts";
import { judgeHtml } from "./html-rules.ts";
import { ISO_639 } from "./languages.ts";

/** The rules for single values, which the formats share. */

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:/i;
const ACTIVE = /^\s*(?:javascript|vbscript|data)\s*:/i;
/** RFC 3986 §2, what may stand in a URI: one `#` at most, `%` with two hexadecimal digits. */
const URL_CHARACTERS =
  /^(?:[\w;/?:@&=+$.\-!~*'(),[\]]|%[0-9A-Fa-f]{2})*(?:#(?:[\w;/?:@&=+$.\-!~*'(),]|%[0-9A-Fa-f]{2})*)?$/;
const URN = /^urn:[a-z0-9][a-z0-9-]{1,31}:(?:[a-z0-9()+,.:=@;$_!*'-]|%[0-9a-f]{2})+$/i;
const TAG = /^tag:(?:[a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(?:-\d{2}(?:-\d{2})?)?:[\w;/?:@&=+$.\-!~*'(),%#]*$/;

/** A URI reference: RFC 3986 characters, no scheme that runs code; `absolute` also wants a scheme and host. */
export function checkUrl(report: Report, name: string, value: string, place: Place, kind: "absolute" | "any"): boolean {
  const complain = (rule: string, what: string) => report.error(rule, `${name} ${what}: ${shown(value)}`, place);
  if (ACTIVE.test(value)) complain("url-active", "has a scheme that runs or embeds content");
  else if (!ABSOLUTE.test(value)) {
    if (kind === "absolute") complain("url-relative", "is not an absolute URL");
    else if (!URL_CHARACTERS.test(value)) complain("url-invalid", "has characters that a URL may not have");
    else return true;
  } else if (/^urn:/i.test(value) && !URN.test(value)) complain("url-invalid", "is not a well-formed URN");
  else if (/^tag:/.test(value) && !TAG.test(value)) complain("url-invalid", "is not a well-formed tag URI");
  else if (!URL_CHARACTERS.test(value)) complain("url-invalid", "has characters that a URL may not have");
  else if (/^https?:/i.test(value) && !/^https?:\/\/[^/?#]/i.test(value)) complain("url-invalid", "has no host");
  else return true;
  return false;
}

/** RFC 2396 as RSS validators read it: no brackets anywhere. */
export function checkRssUrl(report: Report, name: string, value: string, place: Place): boolean {
  if (!checkUrl(report, name, value, place, "absolute")) return false;
  if (!/[[\]]/.test(value)) return true;
  report.error("url-invalid", `${name} has characters that an RSS link may not have: ${shown(value)}`, place);
  return false;
}

/** Whether an identifier is written as RFC 3986 §6 normalizes it, so that equal ids are equal texts. */
export function isCanonicalId(value: string): boolean {
  if (/%(?:[0-9A-F]?[a-f]|[a-f])/.test(value)) return false;
  if (!/^https?:/i.test(value)) return /^[a-z][a-z0-9+.-]*:/.test(value);
  const url = URL.parse(value);
  return url !== null && url.href === value && url.href.startsWith(value.slice(0, 5));
}

const EARLIEST = Date.UTC(1990, 0, 1);
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** How far ahead of the clock a date may lie before validators doubt it. */
export const AHEAD_MS = { rss: 10 * MINUTE_MS, atom: DAY_MS, json: 10 * MINUTE_MS } as const;

function checkPlausible(report: Report, name: string, instant: number, aheadMs: number, place: Place): void {
  if (instant < EARLIEST) {
    report.warning("date-implausible", `${name} lies before 1990: ${new Date(instant).toISOString()}`, place);
  } else if (report.now !== undefined && instant > report.now + aheadMs) {
    report.warning("date-future", `${name} lies in the future: ${new Date(instant).toISOString()}`, place);
  }
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const RFC_2822 =
  /^(?:(\w{3}), )?(\d\d?) (\w{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? (?:([+-])(\d\d)(\d\d)|UT|GMT|[ECMP][SD]T|Z)$/;

/** RFC 822 §5 with what came to be written: legal once, read differently by many. */
const RFC_822 = /^(?:\w{3}\s*,\s*)?\d\d?\s+\w{3}\s+\d\d(?:\d\d)?\s+\d\d:\d\d(?::\d\d)?\s+(?:[+-]\d{4}|[A-Z]{1,3})$/i;

/** RFC 2822 §3.3 as RSS has it: four-digit year, right weekday, a day that exists. */
export function checkRssDate(report: Report, name: string, value: string, place: Place): void {
  const match = RFC_2822.exec(value);
  if (match === null && RFC_822.test(value)) {
    report.warning("date-obsolete", `${name} is not written as RFC 2822 has it: ${shown(value)}`, place);
    return;
  }
  const [, weekday, day, monthName = "", year, hour, minute, second = "0", sign, zoneHours, zoneMinutes] = match ?? [];
  const month = MONTHS.indexOf(monthName);
  const date = new Date(Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second)));
  if (
    month < 0 ||
    date.getUTCDate() !== Number(day) ||
    Number(hour) > 23 ||
    Number(minute) > 59 ||
    Number(second) > 60
  ) {
    report.error("date-invalid", `${name} is not a date as RFC 822 has it: ${shown(value)}`, place);
  } else if (weekday !== undefined && DAYS[date.getUTCDay()] !== weekday) {
    report.error(
      "date-weekday",
      `${name} has the wrong weekday, wanted ${DAYS[date.getUTCDay()]}: ${shown(value)}`,
      place,
    );
  } else {
    const offset = (sign === "-" ? -1 : 1) * (Number(zoneHours ?? 0) * 60 + Number(zoneMinutes ?? 0)) * MINUTE_MS;
    checkPlausible(report, name, date.getTime() - offset, AHEAD_MS.rss, place);
  }
}

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-](\d\d):(\d\d))$/;

/** RFC 3339 with a zone, upper-case T and Z. Answers the instant, undefined where it is no such date. */
export function checkDateTime(
  report: Report,
  name: string,
  value: string,
  aheadMs: number,
  place: Place,
): number | undefined {
  const match = RFC_3339.exec(value);
  const [, year, month, day, hour, minute, second, zoneHours, zoneMinutes] = match?.map(Number) ?? [];
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day));
  const exists = date.getUTCDate() === day && date.getUTCMonth() + 1 === month;
  const instant = Date.parse(value.replace(/:60(?=[.Z+-])/, ":59"));
  const inDay = (hour ?? 0) <= 23 && (minute ?? 0) <= 59 && (second ?? 0) <= 60;
  const inZone = match?.[7] === undefined || ((zoneHours ?? 0) <= 23 && (zoneMinutes ?? 0) <= 59);
  if (match === null || !exists || !inDay || !inZone || Number.isNaN(instant)) {
    report.error("date-invalid", `${name} is not an RFC 3339 date and time with a zone: ${shown(value)}`, place);
    return undefined;
  }
  checkPlausible(report, name, instant, aheadMs, place);
  return instant;
}

/** BCP 47: hyphens, and a first subtag that ISO 639 knows. */
export function checkLanguage(report: Report, name: string, value: string, place: Place): void {
  if (!/^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/.test(value)) {
    report.error("language-invalid", `${name} is not a language tag: ${shown(value)}`, place);
  } else if (!ISO_639.has((value.split("-")[0] ?? "").toLowerCase())) {
    report.error("language-unknown", `${name} begins with no ISO 639 code: ${shown(value)}`, place);
  }
}

const MEDIA_TYPE =
  /^[^\s()<>,;:\\"/[\]?=]+\/[^\s()<>,;:\\"/[\]?=]+(?:\s*;\s*[^\s()<>,;:\\"/[\]?=]+=(?:"[^"]*"|[^\s()<>,;:\\"/[\]?=]+))*$/;

/** RFC 2045 §5.1: type/subtype. */
export function checkMediaType(report: Report, name: string, value: string, place: Place): void {
  if (!MEDIA_TYPE.test(value)) report.error("media-type", `${name} is not a media type: ${shown(value)}`, place);
}

/** A whole number in decimal digits, at least `minimum`. */
export function checkWholeNumber(report: Report, name: string, value: string, minimum: number, place: Place): void {
  if (!/^\d+$/.test(value) || Number(value) < minimum) {
    report.error("number", `${name} is not a whole number from ${minimum} on: ${shown(value)}`, place);
  }
}

/** Every problem of a piece of HTML that readers are to show. */
export function checkHtml(report: Report, name: string, value: string, place: Place): void {
  for (const { level, rule, message } of judgeHtml(value).problems) report[level](rule, `${name} ${message}`, place);
}

/** Whether plain text holds what a reader may take for an HTML element. */
export function holdsTag(text: string): boolean {
  return /<\/?[a-zA-Z][^<>]*>|<!--/.test(text);
}

/** Whether plain text holds an HTML closing tag, which no writing of it in RSS or Atom `text` makes plain. */
export function holdsClosingTag(text: string): boolean {
  return /<\/\w+>/.test(text);
}

/** Whether plain text holds what a reader may take for a character reference. */
export function holdsReference(text: string): boolean {
  for (const [reference] of text.matchAll(/&[#A-Za-z][#A-Za-z0-9]{0,32};?/g)) {
    if (decodeHTML(reference) !== reference) return true;
  }
  return false;
}
