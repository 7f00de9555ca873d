import { type Lexicon, lexiconOf } from "./calendar-words.ts";
import type { DateInterval } from "./date.ts";
import {
  type DateContext,
  type DayFields,
  fullYear,
  intervalOf,
  pastYear,
  type Reading,
  readDay,
  readTime,
  readZone,
  type TimeFields,
} from "./date-fields.ts";
import { listTokens, plainDigits, type Token } from "./date-tokens.ts";
import { findZone, type ZoneOffset } from "./zone-names.ts";

export type { DateContext } from "./date-fields.ts";

/** Longer texts hold no date that a machine or a publisher's program wrote. */
const TEXT_LENGTH_MAX = 120;

const MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";

/** RFC 822 §5 with the four-digit years of RFC 2822; English names, one zone. */
const RFC_822 =
  /^(?:[A-Za-z]{3},? +)?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? (?:([+-])(\d\d)(\d\d)|([A-Z]{1,4}))$/;

/** RFC 3339 §5.6 with a zone: what nearly all feeds of today write. */
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d\d):?(\d\d))$/;

function offsetOf(sign: string | undefined, hours: string | undefined, minutes: string | undefined): number | null {
  const value = Number(hours) * 60 + Number(minutes);
  if (value > 15 * 60 || Number(minutes) > 59) return null;
  return sign === "-" ? -value : value;
}

/** A fraction of a second in whole milliseconds, cut and never rounded up. */
function milliseconds(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.slice(0, 3).padEnd(3, "0"));
}

interface Fields {
  readonly day: Required<DayFields>;
  readonly time: TimeFields | null;
}

function parseRfc822(text: string): Fields | null {
  const match = RFC_822.exec(text);
  if (match === null) return null;
  const [, day, name, year, hour, minute, second, sign, hours, minutes, zoneName] = match;
  const at = MONTHS.indexOf((name ?? "").toLowerCase());
  const zone = zoneName === undefined ? offsetOf(sign, hours, minutes) : findZone(zoneName);
  if (at < 0 || at % 3 !== 0 || zone === null) return null;
  return {
    day: { year: Number(year), month: at / 3 + 1, day: Number(day) },
    time: { hour: Number(hour), minute: Number(minute), second: Number(second ?? 0), millisecond: 0, zone },
  };
}

function parseRfc3339(text: string): Fields | null {
  const match = RFC_3339.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, utc, sign, hours, minutes] = match;
  const zone = utc === undefined ? offsetOf(sign, hours, minutes) : 0;
  if (zone === null) return null;
  return {
    day: { year: Number(year), month: Number(month), day: Number(day) },
    time: {
      hour: Number(hour),
      minute: Number(minute),
      second: Number(second ?? 0),
      millisecond: milliseconds(fraction),
      zone,
    },
  };
}

type DayForm = readonly [RegExp, (groups: readonly number[], match: readonly string[]) => DayFields | null];

const YEAR_DAY = (year: number, ordinal: number): DayFields | null => {
  if (ordinal < 1 || ordinal > 366) return null;
  const date = new Date(Date.UTC(year, 0, ordinal));
  if (date.getUTCFullYear() !== year) return null;
  return { year, month: date.getUTCMonth() + 1, day: date.getUTCDate() };
};

/** ISO 8601 §4.1.4: week 1 holds 4 January; days count from Monday. */
function weekDay(year: number, week: number, weekday: number): DayFields | null {
  if (week < 1 || week > 53 || weekday < 1 || weekday > 7) return null;
  const fourth = new Date(Date.UTC(year, 0, 4));
  const monday = fourth.getUTCDate() - ((fourth.getUTCDay() + 6) % 7);
  const date = new Date(Date.UTC(year, 0, monday + (week - 1) * 7 + weekday - 1));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** ISO 8601 §4.1 (and §5.2.1 of the 1988 edition: two-digit years), W3CDTF: longest forms first. */
const ISO_DAYS: readonly DayForm[] = [
  [/^(\d{4})-?(\d\d)-?(\d\d)$/, ([year = 0, month = 0, day = 0]) => ({ year, month, day })],
  [/^(\d{4})-0(\d\d)-?(\d\d)$/, ([year = 0, month = 0, day = 0]) => ({ year, month, day })],
  [/^(\d{4})-(\d\d?)-(\d\d?)$/, ([year = 0, month = 0, day = 0]) => ({ year, month, day })],
  [/^(\d{4})-(\d\d)$/, ([year = 0, month = 0]) => ({ year, month, day: 1 })],
  [/^(\d{4})-?(\d{3})$/, ([year = 0, ordinal = 0]) => YEAR_DAY(year, ordinal)],
  [/^(\d{4})-?W(\d\d)(?:-?(\d))?$/i, ([year = 0, week = 0, day = 1]) => weekDay(year, week, day || 1)],
  [/^(\d{4})$/, ([year = 0]) => ({ year, month: 1, day: 1 })],
  [/^-(\d\d)-?(\d\d)$/, ([year = 0, month = 0]) => ({ year: fullYear(year, 2), month, day: 1 })],
  [/^(\d\d)-?(\d\d)-?(\d\d)$/, ([year = 0, month = 0, day = 0]) => ({ year: fullYear(year, 2), month, day })],
  [/^(\d\d)-?(\d{3})$/, ([year = 0, ordinal = 0]) => YEAR_DAY(fullYear(year, 2), ordinal)],
  [/^--(\d\d)-?(\d\d)$/, ([month = 0, day = 0]) => ({ month, day })],
  [/^--(\d\d)$/, ([month = 0]) => ({ month, day: 1 })],
];

const ISO_TIME = /^(\d\d)(?::?(\d\d)(?::?(\d\d))?)?(?:[.,](\d{1,9}))? ?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?)?$/i;

/** A fraction belongs to the last part that is written (ISO 8601 §4.2.2.4). */
function parseIsoTime(text: string): TimeFields | null {
  const match = ISO_TIME.exec(text);
  if (match === null) return null;
  const [, hour, minute, second, fraction, utc, sign, hours, minutes] = match;
  const zone = utc === undefined ? (sign === undefined ? undefined : offsetOf(sign, hours, minutes ?? "00")) : 0;
  if (zone === null) return null;
  const unitMs = second !== undefined ? 1000 : minute !== undefined ? 60_000 : 3_600_000;
  const partMs = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * unitMs + 1e-6);
  const time = {
    hour: Number(hour),
    minute: Number(minute ?? 0) + Math.floor(partMs / 60_000),
    second: Number(second ?? 0) + Math.floor((partMs % 60_000) / 1000),
    millisecond: partMs % 1000,
  };
  return zone === undefined ? time : { ...time, zone };
}

function parseIsoDay(text: string): DayFields | null {
  for (const [form, read] of ISO_DAYS) {
    const match = form.exec(text);
    if (match !== null) return read(match.slice(1).map(Number), match);
  }
  return null;
}

/** A day before a `T`, a space or an underscore, and a time after it. Two-digit years never lie in the future. */
function parseIso(text: string, context: DateContext): Fields | null {
  const cut = /[Tt _](?=\d\d(?:\d\d|:))/.exec(text)?.index ?? text.length;
  const day = parseIsoDay(text.slice(0, cut));
  const time = cut === text.length ? null : parseIsoTime(text.slice(cut + 1));
  if (day === null || (time === null && cut < text.length)) return null;
  const dated = day.year === undefined ? pastYear(day, context) : { ...day, year: day.year };
  if (dated === null) return null;
  const future = dated.year > new Date(context.capturedAt).getUTCFullYear() + 1;
  return future && /^\d\d\D/.test(text) ? null : { day: dated, time };
}

/** Seconds, milliseconds or microseconds since 1970, or the figures of a date and time without marks. */
function parseFigures(text: string, context: DateContext): DateInterval | null {
  const epoch = /^(1\d{9})(?:\.(\d{1,9})|(\d{3}|\d{6}))?$/.exec(text);
  if (epoch !== null) {
    const instant = Number(epoch[1]) * 1000 + milliseconds(epoch[2] ?? epoch[3]);
    return { from: instant, to: instant, precision: "exact", origin: context.origin, text };
  }
  const figures = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?$/.exec(text);
  if (figures === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = figures
    .slice(1)
    .map((one) => Number(one ?? 0));
  return intervalOf({ year, month, day }, { hour, minute, second, millisecond: 0 }, text, context);
}

/** Korean blog hosts write their own wall clock and no zone. */
const KOREAN = /[년월일오전오후]/;
const SEOUL: ZoneOffset = { timeZone: "Asia/Seoul" };

interface Sought {
  readonly day: DayFields | null;
  readonly time: TimeFields | null;
  readonly zone: ZoneOffset | null;
}

const LOOSE_MARKS = ",.";

/** What the tokens from `at` on add to what was found before; null where they belong to no date. */
function readStep(tokens: readonly Token[], at: number, found: Sought, lexicon: Lexicon): Reading<Sought> | null {
  const time = found.time === null ? readTime(tokens, at, lexicon) : null;
  if (time !== null) return { value: { ...found, time: time.value }, end: time.end };
  const day = found.day === null ? readDay(tokens, at, lexicon) : null;
  if (day !== null) return { value: { ...found, day: day.value }, end: day.end };
  const zone = found.time !== null && found.zone === null ? readZone(tokens, at, false) : null;
  if (zone !== null) return { value: { ...found, zone: zone.value }, end: zone.end };
  const token = tokens[at];
  if (token === undefined) return null;
  // asctime: the year stands last.
  if (found.day !== null && found.day.year === undefined && found.time !== null && isYear(token)) {
    return { value: { ...found, day: { ...found.day, year: token.value } }, end: at + 1 };
  }
  if (token.text === "(" && found.day !== null && tokens.at(-1)?.text === ")") {
    return { value: found, end: tokens.length };
  }
  const skip = token.kind === "mark" ? LOOSE_MARKS.includes(token.text) : isJoiner(token, lexicon);
  return skip ? { value: found, end: at + 1 } : null;
}

function isYear(token: Token): boolean {
  return token.kind === "number" && token.text.length === 4;
}

/** Reads all tokens as one date: a day, at most one time, one zone, weekdays; a remark in brackets may end it. */
function parseTokens(tokens: readonly Token[], context: DateContext): Sought | null {
  const lexicon = lexiconOf(context.languages);
  let found: Sought = { day: null, time: null, zone: null };
  for (let at = 0; at < tokens.length; ) {
    const step = readStep(tokens, at, found, lexicon);
    if (step === null) return null;
    found = step.value;
    at = step.end;
  }
  return found;
}

function isJoiner(token: Token, lexicon: Lexicon): boolean {
  if (token.kind !== "word") return false;
  return (
    lexicon.weekdayOf(token.key) !== undefined || lexicon.isGlue(token.key) || token.key === "t" || token.key === "uhr"
  );
}

function parseWritten(text: string, context: DateContext): DateInterval | null {
  const found = parseTokens(listTokens(plainDigits(text)), context);
  if (found === null || found.day === null) return null;
  const day = found.day.year === undefined ? pastYear(found.day, context) : { ...found.day, year: found.day.year };
  if (day === null) return null;
  const zone = found.zone ?? (KOREAN.test(text) && context.timeZone === "UTC" ? SEOUL : null);
  const time = found.time !== null && zone !== null ? { ...found.time, zone } : found.time;
  return intervalOf(day, time, text, context);
}

/**
 * A date as publishers write it into feeds and attributes. Read are RFC 822 and RFC 2822 (also with names of zones and
 * months of other languages), RFC 3339, ISO 8601 with basic, week, ordinal and truncated forms, W3CDTF, asctime,
 * seconds and milliseconds since 1970, and days in figures in the order the first language uses.
 *
 * A time gives an exact instant, in `context.timeZone` where it names no zone; a day the whole day in that zone; a month
 * or year its first day. Null for anything else: impossible days and times, years outside 1000 to 9998, other text.
 */
export function parseDate(text: string, context: DateContext): DateInterval | null {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > TEXT_LENGTH_MAX) return null;
  const fields = parseRfc3339(trimmed) ?? parseRfc822(trimmed);
  if (fields !== null) return intervalOf(fields.day, fields.time, trimmed, context);
  const figures = parseFigures(trimmed, context);
  if (figures !== null) return figures;
  const iso = parseIso(trimmed, context);
  if (iso !== null) return intervalOf(iso.day, iso.time, trimmed, context);
  return parseWritten(trimmed, context);
}
