import { calendarWords, foldLetters } from "./calendar-words.ts";
import { plainDigits } from "./date-tokens.ts";
import { EXTRAS, type LanguageExtras } from "./relative-lexicon.ts";

export type RelativeUnit = "second" | "minute" | "hour" | "day" | "week" | "month" | "year";

export interface Amount {
  readonly unit: RelativeUnit;
  /** How many units back; `few` where the words name no number. */
  readonly count: number | "few";
}

/** How one language says how long ago something was, built from Intl.RelativeTimeFormat once, when first asked. */
export interface RelativeWords {
  readonly language: string;
  /** Names of units as they stand after a number, longest first. */
  readonly units: readonly (readonly [string, RelativeUnit])[];
  /** What stands before and after the figure where a language names the unit first: Swahili `dakika 5 zilizopita`. */
  readonly frames: readonly { readonly head: string; readonly tail: string; readonly unit: RelativeUnit }[];
  /** Units that say "ago" themselves (Hungarian `napja`). */
  readonly complete: ReadonlySet<string>;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly about: readonly string[];
  /** Whole phrases without a figure, `час назад`, `قبل ساعتين`, longest first. */
  readonly phrases: readonly (readonly [string, Amount])[];
  /** `today`, `yesterday`, `last week`: only where nothing else is said. */
  readonly fixed: ReadonlyMap<string, Amount>;
  readonly now: ReadonlySet<string>;
  readonly numbers: ReadonlyMap<string, number | "few">;
  /** Units written short after a figure that stands alone: `3h`, `2 Std`. */
  readonly bare: ReadonlyMap<string, RelativeUnit>;
  readonly last: ReadonlySet<string>;
  readonly labels: ReadonlySet<string>;
}

const UNITS: readonly RelativeUnit[] = ["second", "minute", "hour", "day", "week", "month", "year"];
const STYLES = ["long", "short", "narrow"] as const;
/** One of each plural category of any language. */
const COUNTS = [1, 2, 3, 5, 11, 21];

/** How texts and patterns are compared: figures plain, letters folded, no dots after abbreviations, single spaces. */
export function foldText(text: string): string {
  return foldLetters(plainDigits(text))
    .replace(/[’‘ʼ′׳`]/g, "'")
    .replace(/(?<=[\p{L}\p{M}])[.॰]/gu, "")
    .replace(/\s+/g, " ")
    .trim();
}

interface Sample {
  readonly style: (typeof STYLES)[number];
  readonly unit: RelativeUnit;
  readonly count: number;
  /** Before and after the figure; `figure` false where the words alone say how many. */
  readonly head: string;
  readonly tail: string;
  readonly figure: boolean;
}

/** The words around the figure of "n units ago". Hebrew repeats some numbers in brackets: those are dropped. */
function sample(
  format: Intl.RelativeTimeFormat,
  style: Sample["style"],
  unit: RelativeUnit,
  count: number,
): Sample | null {
  const text = foldText(format.format(-count, unit)).replace(/ \(\d+\)/, "");
  if (/^-/.test(text)) return null;
  const figure = /\d+/.exec(text);
  if (figure === null) return { style, unit, count, head: text, tail: "", figure: false };
  const head = text.slice(0, figure.index).trim();
  const tail = text.slice(figure.index + figure[0].length).trim();
  return { style, unit, count, head, tail, figure: true };
}

function latin(tag: string): string {
  return new Intl.Locale(tag, { numberingSystem: "latn" }).toString();
}

function listSamples(locale: string): readonly Sample[] {
  const samples: Sample[] = [];
  for (const style of STYLES) {
    const format = new Intl.RelativeTimeFormat(locale, { style, numeric: "always" });
    for (const unit of UNITS) {
      for (const count of COUNTS) {
        const one = sample(format, style, unit, count);
        if (one !== null) samples.push(one);
      }
    }
  }
  return samples;
}

function commonTail(texts: readonly string[]): string {
  let common = texts[0] ?? "";
  for (const text of texts) {
    let length = 0;
    while (length < common.length && common.at(-1 - length) === text.at(-1 - length)) length++;
    common = length === 0 ? "" : common.slice(-length);
  }
  return common;
}

const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** The word for "ago" that all units of a language share at their end, if they share one. */
function sharedAfter(samples: readonly Sample[]): string {
  const tail = commonTail(samples.filter((one) => one.figure).map((one) => one.tail));
  if (UNSPACED.test(tail)) return tail.trim();
  const space = tail.indexOf(" ");
  return space < 0 ? "" : tail.slice(space + 1).trim();
}

function splitList(list: string | undefined, by: RegExp): readonly string[] {
  return (list ?? "")
    .split(by)
    .map(foldText)
    .filter((word) => word !== "");
}

function unique(words: readonly string[]): readonly string[] {
  return [...new Set(words)].filter((word) => word !== "").sort((a, b) => b.length - a.length);
}

/** Words for "ago", before and after the amount: what all units share in CLDR's long and short forms, and the extras. */
function agoWords(samples: readonly Sample[], extras: LanguageExtras) {
  const byStyle = STYLES.map((style) => samples.filter((one) => one.style === style && one.count === 5));
  const heads = samples.filter((one) => one.figure).map((one) => one.head);
  return {
    before: unique([...heads, ...splitList(extras.before, /\//)]),
    after: unique([...byStyle.map(sharedAfter), ...splitList(extras.after, /\//)]),
  };
}

function stripEnd(text: string, endings: readonly string[]): string | null {
  const ending = endings.find((one) => text.endsWith(one) && isBoundary(text, text.length - one.length));
  return ending === undefined ? null : text.slice(0, -ending.length).trim();
}

function stripStart(text: string, starts: readonly string[]): string | null {
  const start = starts.find((one) => text.startsWith(one) && isBoundary(text, one.length));
  return start === undefined ? null : text.slice(start.length).trim();
}

/** Whether a word may end or begin at this index: no letter on one side, or a script that writes no spaces. */
export function isBoundary(text: string, index: number): boolean {
  const pair = text.slice(Math.max(0, index - 1), index + 1);
  if (index <= 0 || index >= text.length || UNSPACED.test(pair)) return true;
  return !/^[\p{L}\p{M}']{2}$/u.test(pair);
}

interface UnitName extends Amount {
  readonly style: (typeof STYLES)[number];
  readonly name: string;
  readonly count: number;
  /** A figure stands beside it; Arabic has words for one and two hours. */
  readonly figure: boolean;
}

/** Names of units as they stand beside a figure: `3 hrs`, `3 Std`. */
function unitNames(locale: string): readonly UnitName[] {
  return STYLES.flatMap((unitDisplay) =>
    UNITS.flatMap((unit) => {
      const format = new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay });
      return COUNTS.map((count) => {
        const text = foldText(format.format(count));
        return { style: unitDisplay, unit, count, name: text.replace(/\d+/, "").trim(), figure: /\d/.test(text) };
      });
    }),
  );
}

/** A bare `5 min` is how long a text takes to read; a bare `5 days` how long something lasts. */
function isBareName({ unit, name }: UnitName): boolean {
  return unit === "hour" || ((unit === "day" || unit === "week") && name.length <= 3);
}

/** Short names that a figure alone may carry. */
function bareUnits(all: readonly UnitName[], extras: LanguageExtras): ReadonlyMap<string, RelativeUnit> {
  const names = (["narrow", "short"] as const).flatMap((style) =>
    all.filter((one) => one.style === style && isBareName(one)),
  );
  const bare = new Map<string, RelativeUnit>();
  for (const { name, unit } of names) if (!bare.has(name)) bare.set(name, unit);
  for (const name of splitList(extras.units?.hour, / /)) if (name.length <= 4) bare.set(name, "hour");
  return bare;
}

/** Amounts that languages have words for. */
const FIXED: readonly (readonly [RelativeUnit, number])[] = [
  ["second", 0],
  ["day", 0],
  ["day", 1],
  ["day", 2],
  ["day", 3],
  ["week", 1],
  ["month", 1],
  ["year", 1],
];

function fixedPhrases(locale: string, extras: LanguageExtras) {
  const fixed = new Map<string, Amount>();
  for (const style of STYLES) {
    const format = new Intl.RelativeTimeFormat(locale, { style, numeric: "auto" });
    for (const [unit, count] of FIXED) {
      const text = foldText(format.format(-count, unit));
      if (!/\d/.test(text) && !fixed.has(text)) fixed.set(text, { unit, count });
    }
  }
  for (const word of splitList(extras.today, /\//)) fixed.set(word, { unit: "day", count: 0 });
  for (const word of splitList(extras.yesterday, /\//)) fixed.set(word, { unit: "day", count: 1 });
  return fixed;
}

function numberWords(extras: LanguageExtras): ReadonlyMap<string, number | "few"> {
  const numbers = new Map<string, number | "few">();
  const list = (extras.numbers ?? "").split(" ");
  for (const [index, alternatives] of list.entries()) {
    for (const word of splitList(alternatives, /\//)) numbers.set(word, index + 1);
  }
  for (const word of splitList(extras.few, / /)) numbers.set(word, "few");
  return numbers;
}

/** Amounts that need no figure: duals, and the singular without its "one". */
function countedPhrases(
  samples: readonly Sample[],
  names: readonly UnitName[],
  before: readonly string[],
  after: readonly string[],
): ReadonlyMap<string, Amount> {
  const phrases = new Map<string, Amount>();
  const add = (phrase: string, amount: Amount) => {
    if (!phrases.has(phrase) && phrase.includes(" ")) phrases.set(phrase, amount);
  };
  const addNoun = (noun: string, amount: Amount) => {
    for (const word of before) if (noun.length > 1) add(`${word} ${noun}`, amount);
  };
  for (const { unit, count, head, tail, figure } of samples) {
    if (figure && count !== 1) continue;
    add(figure ? `${head} ${tail}`.trim() : head, { unit, count });
    if (figure && head !== "") addNoun(stripEnd(tail, after) ?? tail, { unit, count });
    if (!figure) addNoun(stripStart(head, before) ?? "", { unit, count });
  }
  for (const { unit, count, name, figure } of names) if (!figure && count <= 2) addNoun(name, { unit, count });
  return phrases;
}

function byLength<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].filter(([key]) => key !== "").sort(([a], [b]) => b.length - a.length);
}

/** The words before the figure belong to this unit only, those after it to several. */
function namesUnitFirst(one: Sample, samples: readonly Sample[]): boolean {
  if (one.head === "") return false;
  const figured = samples.filter((other) => other.figure && other.unit !== one.unit);
  const headShared = figured.some((other) => other.head === one.head);
  const tailShared = one.tail === "" || figured.some((other) => other.tail === one.tail);
  return !headShared && tailShared;
}

function buildWords(tag: string): RelativeWords {
  const locale = latin(tag);
  const language = new Intl.Locale(tag).language;
  const extras = EXTRAS[language === "no" ? "nb" : language] ?? {};
  const all = listSamples(locale);
  const framed = all.filter((one) => one.figure && namesUnitFirst(one, all));
  const samples = all.filter((one) => !framed.includes(one));
  const { before, after } = agoWords(samples, extras);
  const units = new Map<string, RelativeUnit>();
  const complete = new Set<string>();
  for (const { unit, head, tail, figure } of samples) {
    if (!figure) continue;
    const noun = stripEnd(tail, after) ?? tail;
    if (noun === tail && head === "") complete.add(noun);
    if (!units.has(noun)) units.set(noun, unit);
  }
  const names = unitNames(locale);
  for (const { name, unit } of names) if (!units.has(name)) units.set(name, unit);
  for (const unit of UNITS) for (const name of splitList(extras.units?.[unit], / /)) units.set(name, unit);
  return {
    language,
    units: byLength(units),
    complete,
    frames: framed.map(({ head, tail, unit }) => ({ head, tail, unit })),
    before,
    after,
    about: unique(splitList(extras.about, / /)),
    phrases: byLength(countedPhrases(samples, names, before, after)),
    fixed: fixedPhrases(locale, extras),
    now: new Set(splitList(extras.now, /\//)),
    numbers: numberWords(extras),
    bare: bareUnits(names, extras),
    last: new Set(splitList(extras.last, / /)),
    labels: new Set(splitList(extras.labels, / /)),
  };
}

const LANGUAGES_MAX = 200;
const built = new Map<string, RelativeWords>();

/** How this language (BCP 47) says how long ago; English where Intl does not know it. */
export function relativeWords(tag: string): RelativeWords {
  const known = calendarWords(tag).tag;
  const held = built.get(known);
  if (held !== undefined) return held;
  if (built.size >= LANGUAGES_MAX) built.clear();
  const words = buildWords(known);
  built.set(known, words);
  return words;
}
