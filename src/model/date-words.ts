import { type Lexicon, lexiconOf } from "./calendar-words.ts";
import type { DateInterval } from "./date.ts";
import {
  type DateContext,
  type DayFields,
  intervalOf,
  pastYear,
  type Reading,
  readDay,
  readTime,
  readZone,
  type TimeFields,
} from "./date-fields.ts";
import { parseDate } from "./date-parse.ts";
import { listTokens, plainDigits, type Token } from "./date-tokens.ts";
import { readOtherDay } from "./other-calendars.ts";
import { agoInterval, dayBefore, findAgo, nowInterval, wholeDayBefore } from "./relative-date.ts";
import { foldText, isBoundary, type RelativeWords, relativeWords } from "./relative-words.ts";

/** Dates stand at the beginning of what is longer. */
const TEXT_LENGTH_MAX = 300;
/** Without a figure only "an hour ago", "yesterday" and the like tell a date. */
const SPOKEN_LENGTH_MAX = 80;
/** A year and words: the month may be one of another language. */
const NAMED_YEAR = /^(?=.*\p{L}{3}).*(?<!\d)(?:19|20|25)\d\d(?!\d)/su;
/** In languages that the page is not in, these are shorter still. */
const GUESSED_LENGTH_MAX = 40;

/** A moment of capture says that a date of figures only is none: no news is that old or that new. */
const OLDEST_FIGURES = Date.UTC(1990, 0, 1);
const AHEAD_MS = 400 * 86_400_000;

/** Figures and the marks of ISO 8601 only: an attribute's value rather than words. */
const MACHINE = /^\d[\dTtZz:.,+\-/ ]{7,40}$/;

/** Values of attributes. A month, a year, an ordinal or a number that happens to fit says nothing here. */
function findMachineDate(text: string, context: DateContext): DateInterval | null {
  if (!MACHINE.test(text) || /^(\d{1,7}|\d{9}|\d{11,12}|\d{15,})$/.test(text)) return null;
  if (!/^\d{8}|^\d{4}[-/. ]\d/.test(text)) return null;
  const found = parseDate(text, context);
  if (found === null || !/^\d+$/.test(text)) return found;
  return found.to >= OLDEST_FIGURES && found.to <= context.capturedAt + AHEAD_MS ? found : null;
}

/** Between a day and its time: `Oct 10, 2025 | 4:05 PM`, `26. August, um 14.03 Uhr`. */
const BETWEEN_MARKS = ",|·•@-–—()[]/;";
const BETWEEN_MAX = 8;
/** What weekdays are written with in Chinese and Japanese. */
const HAN_WEEKDAY = /^[月火水木金土日曜星期週周一二三四五六天礼禮拜]$/;

function isBetween(token: Token | undefined, lexicon: Lexicon): boolean {
  if (token === undefined || token.kind === "number") return false;
  if (token.kind === "mark") return BETWEEN_MARKS.includes(token.text) || token.text === ".";
  if (lexicon.isGlue(token.key) || lexicon.weekdayOf(token.key) !== undefined) return true;
  return token.key === "t" || HAN_WEEKDAY.test(token.text);
}

/** A time at a token or after marks and words that join; with the zone behind it. */
function readTimeNear(tokens: readonly Token[], start: number, lexicon: Lexicon): Reading<TimeFields> | null {
  for (let at = start; at <= start + BETWEEN_MAX; at++) {
    const time = readTime(tokens, at, lexicon);
    if (time !== null) return withZone(tokens, time);
    if (!isBetween(tokens[at], lexicon)) return null;
  }
  return null;
}

function withZone(tokens: readonly Token[], time: Reading<TimeFields>): Reading<TimeFields> {
  const open = tokens[time.end]?.text === "(" ? 1 : 0;
  // `14:03 - 5 comments` has no zone: an offset is written on to its figures.
  const token = tokens[time.end];
  if (token?.kind === "mark" && token.spaced && token.text === "-" && tokens[time.end + 1]?.text.length !== 4) {
    return time;
  }
  const zone = readZone(tokens, time.end + open, true);
  return zone === null ? time : { value: { ...time.value, zone: zone.value }, end: zone.end + open };
}

interface Moment {
  readonly day: DayFields;
  readonly time: TimeFields | null;
}

/** A day in the calendar of the document's language, where that is not the Gregorian, with the time after it. */
function findOtherCalendar(
  tokens: readonly Token[],
  lexicon: Lexicon,
  context: DateContext,
  text: string,
): DateInterval | null {
  for (const language of context.languages) {
    for (let at = 0; at < tokens.length; at++) {
      const day = tokens[at]?.kind === "number" ? readOtherDay(tokens, at, language, context.capturedAt) : null;
      if (day === null) continue;
      return intervalOf(day.value, readTimeNear(tokens, day.end, lexicon)?.value ?? null, text, context);
    }
  }
  return null;
}

/** asctime: the year stands behind the time. */
function withYearAfter(day: DayFields, after: Token | undefined): DayFields {
  const isYear = day.year === undefined && after?.kind === "number" && /^(?:19|20)\d\d$/.test(after.text);
  return isYear ? { ...day, year: after.value } : day;
}

/** A day from this token on with the time after it, or a time with the day after it. */
function readMoment(tokens: readonly Token[], at: number, lexicon: Lexicon): Moment | null {
  const day = readDay(tokens, at, lexicon);
  if (day !== null) {
    const time = readTimeNear(tokens, day.end, lexicon);
    return { day: withYearAfter(day.value, tokens[time?.end ?? day.end]), time: time?.value ?? null };
  }
  const time = readTime(tokens, at, lexicon);
  if (time === null) return null;
  const zoned = withZone(tokens, time);
  for (let next = zoned.end; next <= zoned.end + BETWEEN_MAX; next++) {
    const later = readDay(tokens, next, lexicon);
    if (later !== null) return { day: later.value, time: zoned.value };
    if (!isBetween(tokens[next], lexicon)) return null;
  }
  return null;
}

/** English names that are words as well: in lower case they name no month unless a year stands with them. */
const WORDS_TOO = new Set(["may", "march", "mar"]);

function isWord(tokens: readonly Token[], at: number): boolean {
  return tokens.slice(at, at + 3).some((token) => token.kind === "word" && WORDS_TOO.has(token.text));
}

/** Whether a number in front makes this no beginning of a date: `1.26.8.2025`, `$5`. */
function isInside(tokens: readonly Token[], at: number): boolean {
  const [before, joint] = [tokens[at - 2], tokens[at - 1]];
  if (tokens[at]?.kind !== "number" || tokens[at]?.spaced || joint?.kind !== "mark") return false;
  if ("$€£¥#".includes(joint.text)) return true;
  return ".-/:".includes(joint.text) && before?.kind === "number" && !joint.spaced;
}

function findAbsolute(
  tokens: readonly Token[],
  lexicon: Lexicon,
  context: DateContext,
  text: string,
  dated: boolean,
): DateInterval | null {
  for (let at = 0; at < tokens.length; at++) {
    if (isInside(tokens, at)) continue;
    const moment = readMoment(tokens, at, lexicon);
    if (moment === null || (moment.day.year !== undefined) !== dated) continue;
    if (!dated && isWord(tokens, at)) continue;
    const { day, time } = moment;
    const full = day.year === undefined ? pastYear(day, context) : { ...day, year: day.year };
    const found = full === null ? null : intervalOf(full, time, text, context);
    if (found !== null) return found;
  }
  return null;
}

const SCRIPTS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\p{Script=Hangul}/u, ["ko"]],
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, ["ja"]],
  [/\p{Script=Han}/u, ["zh", "ja"]],
  [/\p{Script=Cyrillic}/u, ["ru", "uk", "bg", "sr"]],
  [/\p{Script=Arabic}/u, ["ar", "fa", "ur"]],
  [/\p{Script=Hebrew}/u, ["he"]],
  [/\p{Script=Greek}/u, ["el"]],
  [/\p{Script=Thai}/u, ["th"]],
  [/\p{Script=Devanagari}/u, ["hi", "mr"]],
  [/\p{Script=Bengali}/u, ["bn"]],
];

const LATIN = "en es fr de pt it nl sv nb da fi pl cs ro hu tr id vi hr ca".split(" ");

/** Languages that a text may be in when it is not in the document's own. */
function listGuesses(text: string): readonly string[] {
  return SCRIPTS.find(([script]) => script.test(text))?.[1] ?? LATIN;
}

/** Between parts of a line: each may be the date. */
const SEPARATORS = /[|·•●∙⋅‧]|\s[-–—]\s|\n/;

/** A line without what says what the date is of: `Updated:`, `Publié le`. */
function withoutLabels(segment: string, words: RelativeWords): string {
  let text = segment.replace(/^[^:]{1,30}:(?!\d)/, "").trim();
  for (let removed = 0; removed < 6; removed++) {
    const word = /^[\p{L}\p{M}']+/u.exec(text)?.[0] ?? "";
    if (word === "" || !words.labels.has(word) || words.fixed.has(text) || words.now.has(text)) break;
    const rest = text.slice(word.length).replace(/^[ ,:(]+/, "");
    // `last Monday` keeps what `last updated` loses.
    if (words.last.has(word) && !words.labels.has(/^[\p{L}\p{M}']+/u.exec(rest)?.[0] ?? "")) break;
    text = rest;
  }
  return text.replace(/^[ ,:(]+|[ ,;.)!]+$/g, "");
}

/** A time that is all of a text, words that join aside. */
function onlyTime(text: string, lexicon: Lexicon): TimeFields | null {
  const tokens = listTokens(text);
  const near = readTimeNear(tokens, 0, lexicon);
  if (near === null) return null;
  const rest = tokens.slice(near.end);
  return rest.every((token) => isBetween(token, lexicon) || token.key === "uhr") ? near.value : null;
}

interface Spoken {
  readonly words: RelativeWords;
  readonly lexicon: Lexicon;
  readonly context: DateContext;
  readonly text: string;
  /** The page is in another language: this one is tried for want of a better. */
  readonly guessed: boolean;
}

/** `today`, `gestern, 14:30 Uhr`, `14:30 вчера`: nothing else may stand there. */
function readFixed(segment: string, spoken: Spoken): DateInterval | null {
  const { words, lexicon, context, text } = spoken;
  if (words.now.has(segment)) return nowInterval(text, context);
  for (const [phrase, amount] of words.fixed) {
    const starts = segment.startsWith(phrase) && isBoundary(segment, phrase.length);
    const ends = segment.endsWith(phrase) && isBoundary(segment, segment.length - phrase.length);
    if (!starts && !ends) continue;
    const rest = starts ? segment.slice(phrase.length) : segment.slice(0, -phrase.length);
    const days = amount.unit === "day" && amount.count !== "few" ? amount.count : null;
    if (rest.trim() === "") {
      if (days !== null) return wholeDayBefore(days, text, context);
      return amount.unit === "second" ? nowInterval(text, context) : agoInterval(amount, text, context);
    }
    const time = days === null ? null : onlyTime(rest, lexicon);
    if (time !== null && days !== null) return intervalOf(dayBefore(days, context), time, text, context);
  }
  return null;
}

const DAY_MS = 86_400_000;

/** `last Monday`, `lundi dernier`, `Montag, 14:30 Uhr`: the latest such day. */
function readWeekday(segment: string, spoken: Spoken): DateInterval | null {
  const { words, lexicon, context, text } = spoken;
  const tokens = listTokens(segment);
  const at = tokens.findIndex((token) => lexicon.own.some((one) => one.weekdays.has(token.key)));
  const weekday = tokens[at] === undefined ? undefined : lexicon.weekdayOf(tokens[at].key);
  if (weekday === undefined || at > 2) return null;
  const others = tokens.filter((token, index) => index !== at && token.kind === "word");
  const last = others.some((token) => words.last.has(token.key));
  const time = readTimeNear(tokens, at + 1, lexicon)?.value ?? null;
  const rest = others.filter((token) => !words.last.has(token.key) && !lexicon.isGlue(token.key));
  const long = lexicon.own.some((one) => one.longWeekdays.has(tokens[at]?.key ?? ""));
  if (time === null && (rest.length > 0 || !long || tokens.some((token) => token.kind === "number"))) return null;
  if (time !== null && tokens.length > 9) return null;
  const today = new Date(wholeDayBefore(0, text, context).to - DAY_MS / 2).getUTCDay();
  const back = (today - weekday + 7) % 7;
  const days = back === 0 && last ? 7 : back;
  if (time === null) return wholeDayBefore(days, text, context);
  return intervalOf(dayBefore(days, context), time, text, context);
}

/** Seconds, minutes and hours as applications write them after a figure, in any language. */
const BARE: Readonly<Record<string, "minute" | "hour" | "day" | "week">> = {
  m: "minute",
  h: "hour",
  d: "day",
  w: "week",
};

/** `3h`, `45m`, `2 Std.`: nothing else may stand there. */
function readBare(segment: string, spoken: Spoken): DateInterval | null {
  const match = /^[~≈]? ?(\d{1,3}) ?([\p{L}\p{M}']{1,8})$/u.exec(segment);
  if (match === null) return null;
  const name = match[2] ?? "";
  // A letter is a unit of many things: in a language that the page is not in, only where every application writes it so.
  const known = spoken.guessed && name.length === 1 ? undefined : spoken.words.bare.get(name);
  const unit = known ?? (segment.includes(" ") ? undefined : BARE[name]);
  return unit === undefined ? null : agoInterval({ unit, count: Number(match[1]) }, spoken.text, spoken.context);
}

const ANCHORED = [readFixed, readBare, readWeekday];

function isWeekdayName(token: Token | undefined, lexicon: Lexicon): boolean {
  return token?.kind === "word" && lexicon.own.some((one) => one.weekdays.has(token.key));
}

const NUMBERED_DAY = /^(\d{1,2}) ?([./-]) ?(\d{1,2})(\.)?(?=$|[ (,])/;

/** `26.8.`, `8/26 14:03`: two numbers are a day only with a full stop behind each, or a time. */
function readNumberedDay(segment: string, spoken: Spoken): DateInterval | null {
  const { lexicon, context, text } = spoken;
  const match = NUMBERED_DAY.exec(segment);
  if (match === null) return null;
  const [whole, first, mark, second, stop] = match;
  const rest = segment.slice(whole.length);
  const time = rest.trim() === "" ? null : onlyTime(rest, lexicon);
  if (time === null && (rest.trim() !== "" || mark !== "." || stop === undefined)) return null;
  const numbers = { first: Number(first), second: Number(second) };
  const monthFirst = numbers.second > 12 || (mark !== "." && (lexicon.monthFirst || lexicon.yearFirst));
  const day = monthFirst
    ? { month: numbers.first, day: numbers.second }
    : { month: numbers.second, day: numbers.first };
  const dated = pastYear(day, context);
  return dated === null ? null : intervalOf(dated, time, text, context);
}

/** `26. 8.` where the language writes days so: nothing but a weekday may stand beside it. */
function readShortDay(segment: string, spoken: Spoken): DateInterval | null {
  const { lexicon, context, text } = spoken;
  const timed = readNumberedDay(segment, spoken);
  if (timed !== null) return timed;
  const own = lexicon.own[0]?.shortDay ?? null;
  if (own === null) return null;
  const tokens = listTokens(segment);
  const start = isWeekdayName(tokens[0], lexicon) ? segment.replace(/^[\p{L}\p{M}]+[., ]*/u, "") : segment;
  const bare = isWeekdayName(tokens.at(-1), lexicon) ? start.replace(/[., ]+[\p{L}\p{M}]+$/u, "") : start;
  const match = own.pattern.exec(bare);
  if (match === null) return null;
  const [first = 0, second = 0] = match.slice(1).map(Number);
  const day = own.monthFirst ? { month: first, day: second } : { month: second, day: first };
  const dated = pastYear(day, context);
  return dated === null ? null : intervalOf(dated, null, text, context);
}

function findRelative(folded: string, spoken: Spoken): DateInterval | null {
  const amount = findAgo(folded, spoken.words);
  return amount === null ? null : agoInterval(amount, spoken.text, spoken.context);
}

function findAnchored(plain: string, spoken: Spoken): DateInterval | null {
  for (const part of plain.split(SEPARATORS)) {
    const segment = withoutLabels(foldText(part), spoken.words);
    if (segment === "") continue;
    for (const read of ANCHORED) {
      const found = read(segment, spoken);
      if (found !== null) return found;
    }
  }
  return readShortDay(plain, spoken);
}

function firstFound<T>(list: readonly T[], find: (one: T) => DateInterval | null): DateInterval | null {
  for (const one of list) {
    const found = find(one);
    if (found !== null) return found;
  }
  return null;
}

/**
 * The date that a line of a page tells in words, in the document's languages, in English, and where those know nothing
 * in the languages of the text's script. Tried in this order: values of machines (`parseDate`), days with a year,
 * "n units ago", `yesterday` and `now`, short forms (`3h`), days without a year (the latest such day).
 *
 * "n units ago" is `relative`, from n + 1 to n - 1 units before `context.capturedAt`; today and yesterday are days;
 * what has a time of day is exact. Null where nothing tells a date: a year or a number alone never does.
 */
export function findDate(text: string, context: DateContext): DateInterval | null {
  const trimmed = text.slice(0, TEXT_LENGTH_MAX).trim();
  if (trimmed.length < 2) return null;
  const machine = findMachineDate(trimmed, context);
  if (machine !== null) return machine;
  const plain = plainDigits(trimmed);
  const figures = /\d/.test(plain);
  if (!figures && trimmed.length > SPOKEN_LENGTH_MAX) return null;
  const tokens = listTokens(plain);
  const languages = context.languages;
  const own = lexiconOf(languages, "own", false);
  const dated =
    (figures ? findOtherCalendar(tokens, own, context, trimmed) : null) ??
    (figures ? findAbsolute(tokens, own, context, trimmed, true) : null) ??
    (NAMED_YEAR.test(plain) ? findAbsolute(tokens, lexiconOf(languages, "wide", false), context, trimmed, true) : null);
  if (dated !== null) return dated;
  const spokenIn = (tag: string, guessed: boolean): Spoken => ({
    words: relativeWords(tag),
    lexicon: own,
    context,
    text: trimmed,
    guessed,
  });
  const spoken = [...new Set([...languages, "en"])].map((tag) => spokenIn(tag, false));
  const folded = foldText(plain);
  return (
    firstFound(spoken, (one) => findRelative(folded, one)) ??
    firstFound(spoken, (one) => findAnchored(plain, one)) ??
    (figures ? findAbsolute(tokens, own, context, trimmed, false) : null) ??
    firstFound(
      figures || plain.length <= GUESSED_LENGTH_MAX ? listGuesses(plain).map((tag) => spokenIn(tag, true)) : [],
      (one) => findRelative(folded, one) ?? findAnchored(plain, one),
    )
  );
}
