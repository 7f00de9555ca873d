import type { Lexicon } from "./calendar-words.ts";
import type { DateInterval } from "./date.ts";
import type { Token } from "./date-tokens.ts";
import { instantOf } from "./zone.ts";
import { findRegion, findZone, type ZoneOffset } from "./zone-names.ts";

/** How a date text is to be read. */
export interface DateContext {
  /** IANA name: for days, and for times without a zone. */
  readonly timeZone: string;
  /** BCP 47, the document's own first; decide the order of day and month and which words are known first. */
  readonly languages: readonly string[];
  /** The moment the text was captured, in milliseconds since 1970 UTC: relative dates count from it. */
  readonly capturedAt: number;
  /** Kept in the interval. */
  readonly origin: string;
}

export interface DayFields {
  /** Absent where the text names no year. */
  readonly year?: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

export interface TimeFields {
  /** 0 to 24; 24 only as 24:00. */
  readonly hour: number;
  readonly minute: number;
  /** 60 is a leap second. */
  readonly second: number;
  readonly millisecond: number;
  readonly zone?: ZoneOffset;
}

/** What was read, and the index of the token after it. */
export interface Reading<T> {
  readonly value: T;
  readonly end: number;
}

const YEAR_MIN = 1000;
const YEAR_MAX = 9998;
const DAY_MS = 86_400_000;

/** Thai years count from 543 BC; nobody dates a story five centuries ahead. */
const BUDDHIST = { from: 2443, to: 2643, ahead: 543 };

/** RFC 2822 §4.3: two digits below 50 are of this century, three digits and the rest count from 1900. */
export function fullYear(value: number, digits: number): number {
  if (value >= BUDDHIST.from && value <= BUDDHIST.to) return value - BUDDHIST.ahead;
  if (digits === 2) return value < 50 ? 2000 + value : 1900 + value;
  return digits === 3 ? 1900 + value : value;
}

/** Thais leave out the 25 of their century. */
const BUDDHIST_CENTURY = 2500;

function yearIn(number: { readonly value: number; readonly digits: number }, lexicon: Lexicon): number {
  const short = lexicon.buddhist && number.digits === 2 && number.value >= 50;
  return short ? fullYear(BUDDHIST_CENTURY + number.value, 4) : fullYear(number.value, number.digits);
}

function isDay(year: number, month: number, day: number): boolean {
  if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

function isTime(time: TimeFields): boolean {
  if (time.hour === 24) return time.minute === 0 && time.second === 0 && time.millisecond === 0;
  return time.hour < 24 && time.minute < 60 && time.second <= 60;
}

function instantIn(zone: ZoneOffset, day: Required<DayFields>, time: TimeFields): number {
  const { year, month } = day;
  // Hour 24 and second 60 are the first of the next day and minute (ISO 8601 §4.2.3; RFC 3339 §5.7).
  if (typeof zone === "number") {
    const utc = Date.UTC(year, month - 1, day.day, time.hour, time.minute, time.second, time.millisecond);
    return utc - zone * 60_000;
  }
  const wall = { year, month, day: day.day, hour: time.hour, minute: time.minute, second: time.second };
  return instantOf(wall, zone.timeZone) + time.millisecond;
}

const MIDNIGHT: TimeFields = { hour: 0, minute: 0, second: 0, millisecond: 0 };

/** First and last millisecond of a day in a zone. */
export function dayBounds(day: Required<DayFields>, timeZone: string): { readonly from: number; readonly to: number } {
  const zone = timeZone === "UTC" ? 0 : { timeZone };
  const from = instantIn(zone, day, MIDNIGHT);
  const next = instantIn(zone, day, { ...MIDNIGHT, hour: 24 });
  return { from, to: next - 1 };
}

/** The interval of a day, or of a moment when a time is given; null when there is no such day or time. */
export function intervalOf(
  day: Required<DayFields>,
  time: TimeFields | null,
  text: string,
  context: DateContext,
): DateInterval | null {
  if (!isDay(day.year, day.month, day.day)) return null;
  const { origin, timeZone } = context;
  if (time === null) return { ...dayBounds(day, timeZone), precision: "day", origin, text };
  if (!isTime(time)) return null;
  const instant = instantIn(time.zone ?? (timeZone === "UTC" ? 0 : { timeZone }), day, time);
  return { from: instant, to: instant, precision: "exact", origin, text };
}

/**
 * The year of a day written without one: the last such day that is not after the moment of capture, give or take the
 * day by which zones differ.
 */
export function pastYear(day: DayFields, context: DateContext): Required<DayFields> | null {
  const latest = new Date(context.capturedAt + 2 * DAY_MS).getUTCFullYear();
  // Eight years back there is a 29 February for certain.
  for (let year = latest; year > latest - 9; year--) {
    if (!isDay(year, day.month, day.day)) continue;
    const dated = { ...day, year };
    if (dayBounds(dated, context.timeZone).from <= context.capturedAt + DAY_MS) return dated;
  }
  return null;
}

function isMark(token: Token | undefined, marks: string): boolean {
  return token !== undefined && token.kind === "mark" && marks.includes(token.text);
}

type NumberedPart = "year" | "month" | "day";

/** Units written after their number in Chinese, Japanese and Korean. */
const UNITS: Readonly<Record<string, NumberedPart>> = {
  ...{ 年: "year", 月: "month", 日: "day", 号: "day", 號: "day" },
  ...{ 년: "year", 월: "month", 일: "day" },
};

interface Part {
  readonly role: NumberedPart | "number" | "name";
  readonly value: number;
  readonly digits: number;
  /** Of a number: a mark that joins it stands before it (`-25`, `'25`, `.Mar.25`). */
  readonly joined: boolean;
  /** Of a month's name: it is also the name of a weekday (`mar`). */
  readonly weekday: boolean;
}

/** The name of a month at a token; `ส.ค.` and `تشرين الأول` take two words. */
function readMonthName(tokens: readonly Token[], at: number, lexicon: Lexicon): Reading<number> | null {
  const token = tokens[at];
  if (token?.kind !== "word") return null;
  const second = tokens[at + 2];
  if (isMark(tokens[at + 1], ".") && second?.kind === "word" && !second.spaced) {
    const joined = lexicon.monthOf(token.key + second.key);
    if (joined !== undefined) return { value: joined, end: at + 3 };
  }
  const next = tokens[at + 1];
  const pair = next?.kind === "word" ? lexicon.monthOf(token.key + next.key) : undefined;
  if (pair !== undefined) return { value: pair, end: at + 2 };
  const month = lexicon.monthOf(token.key) ?? lexicon.monthOf(withoutEnding(token.key));
  return month === undefined ? null : { value: month, end: at + 1 };
}

/** Hungarian writes endings on to the month's name: `májusi`. */
function withoutEnding(key: string): string {
  return key.length > 4 && key.endsWith("i") ? key.slice(0, -1) : "";
}

/** Written on to a day's number: `26th`, `1er`, `2º`, `26-án`, `26(a)`. */
const ORDINALS = new Set(["st", "nd", "rd", "th", "er", "ere", "e", "º", "ª", "o", "a", "an", "en", "ta", "ko", "eme"]);

const GLUE_MARKS = ".,-/'’()\"׳॰";
const GLUE_MAX = 5;

function isDateGlue(token: Token | undefined, lexicon: Lexicon): boolean {
  if (token === undefined) return false;
  if (token.kind === "mark") return GLUE_MARKS.includes(token.text);
  return token.kind === "word" && (lexicon.isGlue(token.key) || (ORDINALS.has(token.key) && !token.spaced));
}

/** A number that belongs to a time (`14:03`, `3 PM`, `14h`) is none of the date. */
function startsTime(tokens: readonly Token[], at: number, lexicon: Lexicon): boolean {
  return readTime(tokens, at, lexicon) !== null;
}

function readNumber(tokens: readonly Token[], at: number, lexicon: Lexicon): Reading<Part> | null {
  const token = tokens[at];
  if (token?.kind !== "number" || token.text.length > 4 || startsTime(tokens, at, lexicon)) return null;
  const joined = !token.spaced && (isMark(tokens[at - 1], "-/'’") || isDotted(tokens, at));
  const part = { value: token.value, digits: token.text.length, joined, weekday: false };
  const unit = tokens[at + 1];
  const role = unit?.kind === "word" ? UNITS[unit.text] : undefined;
  if (role !== undefined) return { value: { ...part, role }, end: at + 2 };
  const before = tokens[at - 1];
  const marked = before?.kind === "word" && lexicon.isMonthMarker(before.key);
  return { value: { ...part, role: marked ? "month" : "number" }, end: at + 1 };
}

/** `3.Mar.19`: full stops without spaces on both sides of a month's name. */
function isDotted(tokens: readonly Token[], at: number): boolean {
  const [first, month, second] = tokens.slice(Math.max(0, at - 3), at);
  return (
    isMark(first, ".") && month?.kind === "word" && !month.spaced && isMark(second, ".") && second?.spaced === false
  );
}

function readPart(tokens: readonly Token[], at: number, lexicon: Lexicon): Reading<Part> | null {
  const number = readNumber(tokens, at, lexicon);
  if (number !== null) return number;
  const token = tokens[at];
  if (token?.kind === "word" && lexicon.isMonthMarker(token.key)) return readNumber(tokens, at + 1, lexicon);
  const name = readMonthName(tokens, at, lexicon);
  if (name === null) return null;
  const weekday = token !== undefined && lexicon.weekdayOf(token.key) !== undefined;
  return { value: { role: "name", value: name.value, digits: 0, joined: false, weekday }, end: name.end };
}

/** Parts of a date from a token on, with what stands between them, while they can belong to one date. */
function readParts(tokens: readonly Token[], start: number, lexicon: Lexicon): readonly Reading<Part>[] {
  const parts: Reading<Part>[] = [];
  let at = start;
  let glued = 0;
  while (parts.length < 4 && glued <= GLUE_MAX) {
    const part = readPart(tokens, at, lexicon);
    if (part !== null) {
      parts.push(part);
      at = part.end;
      glued = 0;
      continue;
    }
    const token = tokens[at];
    const skip = isDateGlue(token, lexicon) || (token?.kind === "word" && lexicon.weekdayOf(token.key) !== undefined);
    if (parts.length === 0 || !skip) break;
    glued++;
    at++;
  }
  return parts;
}

function pickNamed(parts: readonly Part[], role: Part["role"]): Part | undefined {
  return parts.find((part) => part.role === role);
}

/** Day and year out of the two numbers beside a month. The one that cannot be a day is the year. */
function yearAndDay(numbers: readonly Part[], month: number, lexicon: Lexicon): DayFields | null {
  const [first, second] = numbers;
  if (first === undefined) return null;
  if (second === undefined) return first.digits <= 2 ? { month, day: first.value } : null;
  const yearFirst = first.digits > 2 || first.value > 31;
  const year = yearFirst ? first : second;
  const day = yearFirst ? second : first;
  if (day.digits > 2 || year.digits === 1) return null;
  if (year.digits < 4 && !lexicon.shortYears && !lexicon.buddhist && !year.joined) return null;
  return { year: yearIn(year, lexicon), month, day: day.value };
}

/** A date with the month named or marked by its unit; the index says how many of the parts it took. */
function fromNamed(parts: readonly Part[], lexicon: Lexicon): DayFields | null {
  const named = pickNamed(parts, "name") ?? pickNamed(parts, "month");
  if (named === undefined) return null;
  const year = pickNamed(parts, "year");
  const day = pickNamed(parts, "day");
  const numbers = parts.filter((part) => part.role === "number");
  if (year === undefined && day === undefined) return yearAndDay(numbers, named.value, lexicon);
  const dayValue = day?.value ?? numbers[0]?.value;
  if (dayValue === undefined || dayValue > 31) return null;
  const yearPart = year ?? (day === undefined ? undefined : numbers.find((part) => part.digits === 4));
  const fields = { month: named.value, day: dayValue };
  return yearPart === undefined ? fields : { ...fields, year: fullYear(yearPart.value, yearPart.digits) };
}

/** Three numbers with one kind of mark between them: `2025/08/26`, `26.08.25`, `8/26/2025`, `2025. 8. 26.` */
function readNumericDay(tokens: readonly Token[], at: number, lexicon: Lexicon): Reading<DayFields> | null {
  const [a, mark1, b, mark2, c] = tokens.slice(at, at + 5);
  if (a?.kind !== "number" || b?.kind !== "number" || c?.kind !== "number") return null;
  if (!isMark(mark1, "./-") || mark2?.kind !== "mark" || mark1?.text !== mark2.text) return null;
  if (mark1.spaced !== mark2.spaced && mark1.text !== ".") return null;
  // `192.168.1.10` is none.
  const [joint, more] = tokens.slice(at + 5, at + 7);
  if (isMark(joint, mark1.text) && more?.kind === "number" && joint?.spaced === false && !more.spaced) return null;
  const value = numericDay([a, b, c], mark1.text, lexicon);
  return value === null ? null : { value, end: at + 5 };
}

function figures(token: Token): { readonly value: number; readonly digits: number } {
  return { value: token.value, digits: token.text.length };
}

function numericDay(numbers: readonly [Token, Token, Token], mark: string, lexicon: Lexicon): DayFields | null {
  const [a, b, c] = numbers;
  const [al, bl, cl] = [a.text.length, b.text.length, c.text.length];
  if (al === 4 && bl <= 3 && cl <= 2) return { year: fullYear(a.value, al), month: b.value, day: c.value };
  if (al > 2 || bl > 2 || (cl !== 4 && cl !== 2)) return null;
  if (lexicon.yearFirst && al === 2 && cl === 2)
    return { year: yearIn(figures(a), lexicon), month: b.value, day: c.value };
  const year = yearIn(figures(c), lexicon);
  const monthFirst = b.value > 12 || (mark !== "." && lexicon.monthFirst && a.value <= 12);
  return monthFirst ? { year, month: a.value, day: b.value } : { year, month: b.value, day: a.value };
}

/** `3 Oct 10, 2025`: the first number is none of the date. */
function isCountBefore(parts: readonly Part[]): boolean {
  const [count, month, , year] = parts;
  return count?.role === "number" && month?.role === "name" && year?.role === "number" && year.digits === 4;
}

/** A day in figures or words from a token on, in any of the orders languages use. */
export function readDay(tokens: readonly Token[], at: number, lexicon: Lexicon): Reading<DayFields> | null {
  const numeric = readNumericDay(tokens, at, lexicon);
  if (numeric !== null) return isDay(numeric.value.year ?? 0, numeric.value.month, numeric.value.day) ? numeric : null;
  const all = readParts(tokens, at, lexicon);
  const first = all[0];
  // `mar 26 ago 2025`: the first name was the weekday.
  const isWeekday = first?.value.weekday === true && all.slice(1).some((part) => part.value.role === "name");
  const parts = isWeekday ? all.slice(1) : all;
  if (isCountBefore(parts.map((part) => part.value))) return null;
  for (const size of [3, 2]) {
    const last = parts[size - 1];
    if (last === undefined) continue;
    const taken = parts.slice(0, size).map((part) => part.value);
    const names = taken.filter((part) => part.role === "name" || part.role === "month").length;
    const value = names === 1 ? fromNamed(taken, lexicon) : null;
    if (value !== null && isDay(value.year ?? 2000, value.month, value.day)) return { value, end: last.end };
  }
  return null;
}

const HOUR_UNITS = new Set(["h", "时", "時", "點", "点", "시"]);
const MINUTE_UNITS = new Set(["分", "분", "m", "min"]);
const SECOND_UNITS = new Set(["秒", "초", "s"]);
/** Words that say "o'clock" after `14.03`. */
const CLOCK_AFTER = new Set(["uhr", "h"]);
/** Words that say "at" before `14.03`. */
const CLOCK_BEFORE = new Set(["kl", "klo", "klokken", "klockan", "kello", "um", "pukul", "ore", "alle"]);

/** Halves of the day; spellings with dots are folded together. */
function readHalf(tokens: readonly Token[], at: number, lexicon: Lexicon): Reading<"am" | "pm"> | null {
  const token = tokens[at];
  if (token?.kind !== "word") return null;
  const next = tokens[at + 1];
  // Two Han characters or two dotted letters make one word: 下午, `p. m.`
  const second = isMark(next, ".") ? tokens[at + 2] : next;
  if (second?.kind === "word") {
    const joined = lexicon.halfOf(token.key + second.key);
    const end = at + (isMark(next, ".") ? 3 : 2);
    if (joined !== undefined) return { value: joined, end: isMark(tokens[end], ".") ? end + 1 : end };
  }
  const half = lexicon.halfOf(token.key) ?? (token.spaced ? undefined : SHORT_HALVES[token.key]);
  return half === undefined ? null : { value: half, end: isMark(next, ".") && half !== undefined ? at + 2 : at + 1 };
}

/** `3:05p`, written on to the figures; apart from them the letters are zones. */
const SHORT_HALVES: Readonly<Record<string, "am" | "pm">> = { a: "am", p: "pm" };

function hourOf(hour: number, half: "am" | "pm" | null): number {
  if (half === null) return hour;
  if (hour > 12) return hour;
  return (hour % 12) + (half === "pm" ? 12 : 0);
}

function twoDigits(token: Token | undefined): token is Token {
  return token?.kind === "number" && token.text.length <= 2;
}

function fraction(text: string): number {
  return Math.floor(Number(`0.${text.slice(0, 6)}`) * 1000);
}

interface Clock {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** `14:03`, `14:03:20`, `14:03:20.5` */
function readColonClock(tokens: readonly Token[], at: number): Reading<Clock> | null {
  const [hour, colon, minute] = tokens.slice(at, at + 3);
  if (!twoDigits(hour) || !isMark(colon, ":") || !twoDigits(minute)) return null;
  const second = tokens[at + 4];
  if (!isMark(tokens[at + 3], ":")) return clockReading(hour, minute, at + 3);
  if (!twoDigits(second)) return null;
  const parts = tokens[at + 6];
  if (!isMark(tokens[at + 5], ".,") || parts?.kind !== "number" || parts.spaced) {
    return clockReading(hour, minute, at + 5, second.value);
  }
  return clockReading(hour, minute, at + 7, second.value, fraction(parts.text));
}

function clockReading(hour: Token, minute: Token | null, end: number, second = 0, millisecond = 0): Reading<Clock> {
  return { value: { hour: hour.value, minute: minute?.value ?? 0, second, millisecond }, end };
}

/** `14h30`, `14h`, `14時03分`, `2시 5분 9초` */
function readUnitClock(tokens: readonly Token[], at: number): Reading<Clock> | null {
  const [hour, unit, minute, minuteUnit] = tokens.slice(at, at + 4);
  if (!twoDigits(hour) || unit?.kind !== "word" || !HOUR_UNITS.has(unit.text.toLowerCase())) return null;
  if (!twoDigits(minute) || minute.value > 59) return clockReading(hour, null, at + 2);
  const marked = minuteUnit?.kind === "word" && MINUTE_UNITS.has(minuteUnit.text);
  if (!marked) return unit.key === "h" && minute.text.length === 2 ? clockReading(hour, minute, at + 3) : null;
  const [second, secondUnit] = tokens.slice(at + 4, at + 6);
  const timed = twoDigits(second) && secondUnit?.kind === "word" && SECOND_UNITS.has(secondUnit.text);
  return timed ? clockReading(hour, minute, at + 6, second.value) : clockReading(hour, minute, at + 4);
}

/** `14.03 Uhr`, `kl. 14.03`, `14.03 BST`; anywhere in languages that write their times so. */
function readDotClock(tokens: readonly Token[], at: number, lexicon: Lexicon): Reading<Clock> | null {
  const [hour, dot, minute, after] = tokens.slice(at, at + 4);
  if (!twoDigits(hour) || !isMark(dot, ".") || !twoDigits(minute) || minute.text.length !== 2) return null;
  if (isMark(after, ".") && tokens[at + 4]?.kind === "number") return null;
  if (lexicon.dotClock && !minute.spaced && hour.value < 24 && minute.value < 60) {
    return clockReading(hour, minute, at + 3);
  }
  const before = isMark(tokens[at - 1], ".") ? tokens[at - 2] : tokens[at - 1];
  const zoned = after?.kind === "word" && /^[A-Z]{3,4}$/.test(after.text) && findZone(after.text) !== null;
  const said =
    zoned ||
    (after?.kind === "word" && CLOCK_AFTER.has(after.key)) ||
    (before?.kind === "word" && CLOCK_BEFORE.has(before.key));
  return said ? clockReading(hour, minute, at + 3) : null;
}

/** The figure of a name: `user1 am 20.9.2020`. */
function isWrittenOn(tokens: readonly Token[], at: number): boolean {
  return tokens[at]?.spaced === false && /[A-Za-z]$/.test(tokens[at - 1]?.text ?? "");
}

/** `14 Uhr`, `3 PM` */
function readBareHour(tokens: readonly Token[], at: number, lexicon: Lexicon): Reading<Clock> | null {
  const [hour, after] = tokens.slice(at, at + 2);
  if (!twoDigits(hour) || after?.kind !== "word" || isWrittenOn(tokens, at)) return null;
  const half = readHalf(tokens, at + 1, lexicon);
  // Halves of other languages are words of this one: Hungarian `de`.
  const dotted = half !== null && half.end > at + 2;
  const known = dotted || (after.key.length > 1 && lexicon.own.some((one) => one.halves.has(after.key)));
  const said = after.key === "uhr" || (known && hour.value >= 1 && hour.value <= 12);
  return said ? clockReading(hour, null, at + 1) : null;
}

/** A time of day from a token on: 24 or 12 hours, with the half of the day before or after it. No zone. */
export function readTime(tokens: readonly Token[], at: number, lexicon: Lexicon): Reading<TimeFields> | null {
  const before = readHalf(tokens, at, lexicon);
  const start = before?.end ?? at;
  const clock =
    readColonClock(tokens, start) ??
    readUnitClock(tokens, start) ??
    readDotClock(tokens, start, lexicon) ??
    (before === null ? readBareHour(tokens, start, lexicon) : null);
  if (clock === null) return null;
  const after = readHalf(tokens, clock.end, lexicon);
  const half = after?.value ?? before?.value ?? null;
  const end = after?.end ?? clock.end;
  return { value: { ...clock.value, hour: hourOf(clock.value.hour, half) }, end };
}

const OFFSET_HOURS_MAX = 15;

/** `+0200`, `+02:00`, `-5` */
function readOffset(tokens: readonly Token[], at: number): Reading<ZoneOffset> | null {
  const [sign, hours, colon, minutes] = tokens.slice(at, at + 4);
  if (!isMark(sign, "+-") || hours?.kind !== "number" || hours.spaced || hours.text.length > 4) return null;
  const west = sign?.text === "-" ? -1 : 1;
  if (hours.text.length > 2) return offsetReading(west, Math.floor(hours.value / 100), hours.value % 100, at + 2);
  if (!isMark(colon, ":")) return offsetReading(west, hours.value, 0, at + 2);
  if (!twoDigits(minutes)) return null;
  return offsetReading(west, hours.value, minutes.value, at + 4);
}

function offsetReading(sign: number, hours: number, minutes: number, end: number): Reading<ZoneOffset> | null {
  if (hours > OFFSET_HOURS_MAX || minutes > 59) return null;
  return { value: sign * (hours * 60 + minutes), end };
}

/** `Europe/Berlin`, `Etc/GMT`, `America/Argentina/Buenos_Aires` */
function readRegion(tokens: readonly Token[], at: number): Reading<ZoneOffset> | null {
  if (!isMark(tokens[at + 1], "/")) return null;
  let end = at + 1;
  while (tokens[end] !== undefined && !tokens[end]?.spaced && end < at + 8) end++;
  const zone = findRegion(
    tokens
      .slice(at, end)
      .map((token) => token.text)
      .join(""),
  );
  return zone === null ? null : { value: zone, end };
}

/**
 * A zone after a time: an offset, a name, or both (`GMT+02:00`, `UTC+2`). Where `shouted`, names count only in capitals,
 * since `est`, `met` and `art` are words.
 */
export function readZone(tokens: readonly Token[], at: number, shouted: boolean): Reading<ZoneOffset> | null {
  const token = tokens[at];
  if (token?.kind === "mark") return readOffset(tokens, at);
  if (token?.kind !== "word" || !/^[A-Za-z]+$/.test(token.text)) return null;
  const region = readRegion(tokens, at);
  if (region !== null) return region;
  if (shouted && (token.text !== token.text.toUpperCase() || (token.text.length === 1 && token.text !== "Z"))) {
    return null;
  }
  const zone = findZone(token.text);
  if (zone === null) return null;
  const offset = zone === 0 ? readOffset(tokens, at + 1) : null;
  return offset ?? { value: zone, end: at + 1 };
}
