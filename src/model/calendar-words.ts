/**
 * The words of dates in every language Intl knows: names of months and days of the week, halves of the day, the words
 * that join them, and the order of day and month. Built from Intl itself, once for each language, when first asked.
 */
export interface CalendarWords {
  /** Language, script and region as Intl knows them. */
  readonly tag: string;
  readonly language: string;
  readonly months: ReadonlyMap<string, number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlyMap<string, number>;
  /** The days' names written out. */
  readonly longWeekdays: ReadonlySet<string>;
  readonly halves: ReadonlyMap<string, "am" | "pm">;
  /** Words that stand between the parts of a date: `de`, `den`, `um`, `г`. */
  readonly glue: ReadonlySet<string>;
  /** Words that make the number beside them a month: `tháng`. */
  readonly monthMarkers: ReadonlySet<string>;
  /** Order of numbers in `5/8/2025`. */
  readonly monthFirst: boolean;
  /** Order of numbers in `25. 8. 26.` */
  readonly yearFirst: boolean;
  /** Hours and minutes are written `14.03`. */
  readonly dotClock: boolean;
  /** Years are counted as in Thailand, 543 ahead. */
  readonly buddhist: boolean;
  /** The language's own short way to write a day and month in numbers (`26. 8.`), where it has one. */
  readonly shortDay: { readonly pattern: RegExp; readonly monthFirst: boolean } | null;
}

const LANGUAGES_MAX = 200;
const words = new Map<string, CalendarWords>();

const PLAIN = /^[\x00-\x7f]*$/;

/**
 * Lower case, without the accents and vowel signs that writers leave out; final sigma and dotless i are plain, and the
 * Arabic yeh and kaf that Persian is often typed with are the Persian ones.
 */
export function foldLetters(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  return text
    .toLowerCase()
    .normalize("NFD")
    .replace(/[\u0300-\u036f\u064b-\u0655]/g, "")
    .normalize("NFC")
    .replaceAll("ς", "σ")
    .replaceAll("ı", "i")
    .replaceAll("ي", "ی")
    .replaceAll("ك", "ک");
}

/** A word as dates are looked up by: folded, and nothing but letters. */
export function foldWord(word: string): string {
  return foldLetters(word).replace(/[^\p{L}\p{M}]/gu, "");
}

/** Names that writers use beside those of CLDR. */
const EXTRA_MONTHS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  en: { sept: 9 },
  de: { jän: 1, jänner: 1, feber: 2, mrz: 3, märz: 3, mär: 3, sept: 9 },
  fr: { fev: 2, sept: 9 },
  es: { setiembre: 9, set: 9, sept: 9 },
  pt: { março: 3 },
  it: { sett: 9 },
  nl: { mrt: 3, maa: 3 },
  pl: { wrzes: 9, paźdz: 10 },
  id: { pebruari: 2, agust: 8, agt: 8, nopember: 11 },
  el: { ιουν: 6, ιουλ: 7, μαϊ: 5, μαι: 5 },
  tr: { agust: 8 },
  // The names of the Levant and Iraq.
  ar: {
    "كانون الثاني": 1,
    شباط: 2,
    آذار: 3,
    نيسان: 4,
    أيار: 5,
    حزيران: 6,
    تموز: 7,
    آب: 8,
    أيلول: 9,
    "تشرين الأول": 10,
    "تشرين الثاني": 11,
    "كانون الأول": 12,
  },
};

/** Words between the parts of a date that CLDR's own patterns do not have. */
const EXTRA_GLUE: Readonly<Record<string, readonly string[]>> = {
  en: ["of", "the", "at", "on"],
  de: ["den", "um", "gegen", "ab"],
  fr: ["le", "à"],
  es: ["del", "a", "las"],
  pt: ["do", "às", "as"],
  it: ["ore", "alle", "del"],
  nl: ["om"],
  sv: ["den", "klockan"],
  nb: ["kl", "klokken"],
  da: ["d", "den", "kl", "klokken"],
  fi: ["klo", "kello"],
  pl: ["godz", "o", "r"],
  cs: ["v", "ve"],
  ru: ["в", "года"],
  uk: ["о", "року"],
  tr: ["saat"],
  ro: ["ora"],
  id: ["pukul"],
  th: ["พ", "ศ", "ค", "น"],
};

interface Sample {
  readonly month: number;
  readonly parts: readonly Intl.DateTimeFormatPart[];
}

/** The Gregorian calendar with Latin digits, in this language. */
function gregorian(language: string): string {
  return new Intl.Locale(language, { calendar: "gregory", numberingSystem: "latn" }).toString();
}

const MONTH_STYLES: readonly Intl.DateTimeFormatOptions[] = [
  { year: "numeric", month: "long", day: "numeric" },
  { year: "numeric", month: "short", day: "numeric" },
  { month: "long" },
  { month: "short" },
];

function monthSamples(locale: string): readonly Sample[] {
  return MONTH_STYLES.flatMap((style) => {
    const format = new Intl.DateTimeFormat(locale, { ...style, timeZone: "UTC" });
    return Array.from({ length: 12 }, (_, index) => ({
      month: index + 1,
      parts: format.formatToParts(Date.UTC(2025, index, 26)),
    }));
  });
}

const LETTERS_AT_END = /[\p{L}\p{M}]{1,6}$/u;
const LETTERS_AT_START = /^[\p{L}\p{M}]{1,6}/u;

function lettersOf(part: Intl.DateTimeFormatPart | undefined, where: RegExp): string {
  return part?.type === "literal" ? (where.exec(part.value)?.[0] ?? "") : "";
}

/** The month's name, and the name with what is written on to it (Hebrew `באוגוסט`, Basque `abuztuaren`). */
function namesOf(parts: readonly Intl.DateTimeFormatPart[]): readonly string[] {
  const at = parts.findIndex((part) => part.type === "month");
  const name = parts[at]?.value ?? "";
  const joined = lettersOf(parts[at - 1], LETTERS_AT_END) + name + lettersOf(parts[at + 1], LETTERS_AT_START);
  return joined === name ? [name] : [name, joined];
}

function literalWords(parts: readonly Intl.DateTimeFormatPart[]): readonly string[] {
  return parts
    .filter((part) => part.type === "literal")
    .flatMap((part) => part.value.split(/[^\p{L}\p{M}]+/u))
    .map(foldWord)
    .filter((word) => word !== "");
}

function collectMonths(samples: readonly Sample[], language: string) {
  const months = new Map<string, number>();
  const monthMarkers = new Set<string>();
  for (const { month, parts } of samples) {
    for (const name of namesOf(parts)) {
      const key = foldWord(name);
      if (/\d/.test(name)) {
        if (key !== "" && /^\p{L}/u.test(name)) monthMarkers.add(key);
      } else if (key !== "" && !months.has(key)) months.set(key, month);
    }
  }
  for (const [name, month] of Object.entries(EXTRA_MONTHS[language] ?? {})) months.set(foldWord(name), month);
  return { months, monthMarkers };
}

/** The names of the seven days from Sunday. */
function weekdayNames(locale: string, weekday: "long" | "short"): readonly string[] {
  const format = new Intl.DateTimeFormat(locale, { weekday, timeZone: "UTC" });
  // 1 June 2025 was a Sunday.
  return Array.from({ length: 7 }, (_, day) => format.format(Date.UTC(2025, 5, 1 + day)));
}

function collectWeekdays(...names: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  const weekdays = new Map<string, number>();
  for (const [index, name] of names.flat().entries()) {
    const key = foldWord(name);
    if (key !== "" && !weekdays.has(key)) weekdays.set(key, index % 7);
  }
  return weekdays;
}

function collectHalves(locale: string): ReadonlyMap<string, "am" | "pm"> {
  const format = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "numeric", hour12: true, timeZone: "UTC" });
  const halves = new Map<string, "am" | "pm">();
  for (const [hour, half] of [
    [9, "am"],
    [15, "pm"],
  ] as const) {
    const part = format.formatToParts(Date.UTC(2025, 0, 1, hour)).find((one) => one.type === "dayPeriod");
    const key = foldWord(part?.value ?? "");
    if (key !== "" && !halves.has(key)) halves.set(key, half);
  }
  return halves;
}

/** Words between the parts of dates with time and weekday, and the words of weekdays that have several (`Thứ Ba`). */
function collectGlue(locale: string, language: string, samples: readonly Sample[], weekdays: readonly string[]) {
  const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short", timeZone: "UTC" });
  const split = weekdays.filter((name) => name.includes(" ")).flatMap((name) => name.split(" "));
  return new Set([
    ...[...(EXTRA_GLUE[language] ?? []), ...split].map(foldWord),
    ...literalWords(full.formatToParts(Date.UTC(2025, 7, 26))),
    ...samples.filter(({ month }) => month === 8).flatMap(({ parts }) => literalWords(parts)),
  ]);
}

function isDotClock(locale: string): boolean {
  const parts = new Intl.DateTimeFormat(locale, { timeStyle: "short", timeZone: "UTC" }).formatToParts(0);
  return parts[parts.findIndex((part) => part.type === "minute") - 1]?.value === ".";
}

function isYearFirst(locale: string): boolean {
  const parts = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeZone: "UTC" }).formatToParts(0);
  return parts.find((part) => part.type !== "literal")?.type === "year";
}

function isMonthFirst(parts: readonly Intl.DateTimeFormatPart[]): boolean {
  const types = parts.map((part) => part.type);
  return types.indexOf("month") < types.indexOf("day");
}

const NUMERIC_DATE: Intl.DateTimeFormatOptions = { year: "numeric", month: "numeric", day: "numeric", timeZone: "UTC" };

function findShortDay(locale: string): CalendarWords["shortDay"] {
  const format = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", timeZone: "UTC" });
  const parts = format.formatToParts(Date.UTC(2025, 7, 26));
  const literals = parts.filter((part) => part.type === "literal").map((part) => part.value);
  const month = parts.find((part) => part.type === "month")?.value ?? "";
  if (!/^0?8$/.test(month) || /\p{L}/u.test(literals.join(""))) return null;
  const source = parts.map((part) =>
    part.type === "literal"
      ? part.value
          .trim()
          .replace(/[.\-/]/g, "\\$&")
          .concat("\\s?")
      : "(\\d{1,2})",
  );
  return { pattern: new RegExp(`^${source.join("")}\\.?$`), monthFirst: isMonthFirst(parts) };
}

/** Built when first read: Intl's formats are large, and most languages are only looked up for their months. */
function lazily<T>(build: () => T): () => T {
  let held: { readonly value: T } | undefined;
  return () => {
    held ??= { value: build() };
    return held.value;
  };
}

function buildWords(tag: string): CalendarWords {
  const locale = gregorian(tag);
  const language = new Intl.Locale(tag).language;
  const samples = monthSamples(locale);
  const { months, monthMarkers } = collectMonths(samples, language);
  const longNames = weekdayNames(locale, "long");
  const numeric = () => new Intl.DateTimeFormat(locale, NUMERIC_DATE).formatToParts(Date.UTC(2025, 7, 26));
  const halves = lazily(() => collectHalves(locale));
  const monthFirst = lazily(() => isMonthFirst(numeric()));
  const yearFirst = lazily(() => isYearFirst(locale));
  const dotClock = lazily(() => isDotClock(locale));
  const buddhist = lazily(() => new Intl.DateTimeFormat(tag).resolvedOptions().calendar === "buddhist");
  const shortDay = lazily(() => findShortDay(locale));
  return {
    tag,
    language,
    months,
    monthMarkers,
    weekdays: collectWeekdays(longNames, weekdayNames(locale, "short")),
    longWeekdays: new Set(longNames.map(foldWord)),
    glue: collectGlue(locale, language, samples, longNames),
    get halves() {
      return halves();
    },
    get monthFirst() {
      return monthFirst();
    },
    get yearFirst() {
      return yearFirst();
    },
    get dotClock() {
      return dotClock();
    },
    get buddhist() {
      return buddhist();
    },
    get shortDay() {
      return shortDay();
    },
  };
}

/** Language, script and region of a BCP 47 tag, or null where Intl does not know the language. */
export function knownLanguage(tag: string): string | null {
  try {
    const locale = new Intl.Locale(tag.trim().replaceAll("_", "-"));
    const [base] = Intl.DateTimeFormat.supportedLocalesOf(locale.baseName);
    return base ?? null;
  } catch {
    return null;
  }
}

/** The words of one language (BCP 47); English where Intl does not know it. */
export function calendarWords(tag: string): CalendarWords {
  const held = words.get(tag);
  if (held !== undefined) return held;
  const known = knownLanguage(tag) ?? "en";
  const built = words.get(known) ?? buildWords(known);
  if (words.size >= LANGUAGES_MAX) words.clear();
  words.set(tag, built).set(known, built);
  return built;
}

/** Languages tried for names that are in none of a document's own languages, most read first. */
const WIDELY_READ = (
  "en de fr es it pt nl sv nb da fi pl cs sk ru uk bg el tr hu ro id vi ar he hi th fa " +
  "lt lv et sl sr hr ca eu bn ur ko ja zh"
).split(" ");

/** A look-up over several languages: the first that knows the word decides. */
export interface Lexicon {
  readonly monthOf: (key: string) => number | undefined;
  readonly weekdayOf: (key: string) => number | undefined;
  readonly halfOf: (key: string) => "am" | "pm" | undefined;
  readonly isGlue: (key: string) => boolean;
  readonly isMonthMarker: (key: string) => boolean;
  /** Orders and habits of the document's first language. */
  readonly monthFirst: boolean;
  readonly yearFirst: boolean;
  readonly dotClock: boolean;
  readonly buddhist: boolean;
  /** The document's languages and English. */
  readonly own: readonly CalendarWords[];
  /** Whether `26 Aug 25` is a date, as it is where nothing else can stand. */
  readonly shortYears: boolean;
}

/** `own`: words of the document's languages and English only; `wide`: also of the widely read languages. */
export type Reach = "own" | "wide";

function firstKnown<T>(list: readonly CalendarWords[], pick: (one: CalendarWords) => ReadonlyMap<string, T>) {
  return (key: string): T | undefined => {
    for (const one of list) {
      const value = pick(one).get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

/** Languages whose halves of the day are no Latin letters: they are known in any text. */
const HALVES_APART = ["ko", "ja", "zh", "el", "ar"];

/** The words of the widely read languages in one; where they disagree, the more widely read decides. */
function mergeWidelyRead() {
  const list = WIDELY_READ.map(calendarWords).toReversed();
  const merge = <T>(pick: (one: CalendarWords) => ReadonlyMap<string, T>) =>
    new Map(list.flatMap((one) => [...pick(one)]));
  return {
    months: merge((one) => one.months),
    weekdays: merge((one) => one.weekdays),
    halves: new Map(HALVES_APART.map(calendarWords).flatMap((one) => [...one.halves])),
    glue: new Set(list.flatMap((one) => [...one.glue])),
  };
}

let widely: ReturnType<typeof mergeWidelyRead> | undefined;

function widelyRead(): ReturnType<typeof mergeWidelyRead> {
  widely ??= mergeWidelyRead();
  return widely;
}

function buildLexicon(languages: readonly string[], reach: Reach, shortYears: boolean): Lexicon {
  const own = [...languages, "en"].map(calendarWords);
  const ownMonth = firstKnown(own, (one) => one.months);
  const ownWeekday = firstKnown(own, (one) => one.weekdays);
  const ownHalf = firstKnown(own, (one) => one.halves);
  // Names of one or two letters mean a month only in their own language.
  const anyMonth = (key: string) => (reach === "own" || key.length < 3 ? undefined : widelyRead().months.get(key));
  const anyWeekday = (key: string) => (reach === "own" || key.length < 2 ? undefined : widelyRead().weekdays.get(key));
  const anyHalf = (key: string) => (reach === "own" ? undefined : widelyRead().halves.get(key));
  const isAnyGlue = (key: string) => reach === "wide" && widelyRead().glue.has(key);
  return {
    own,
    shortYears,
    monthOf: (key) => ownMonth(key) ?? anyMonth(key),
    weekdayOf: (key) => ownWeekday(key) ?? anyWeekday(key),
    halfOf: (key) => ownHalf(key) ?? anyHalf(key),
    isGlue: (key) => own.some((one) => one.glue.has(key)) || isAnyGlue(key),
    isMonthMarker: (key) => own.some((one) => one.monthMarkers.has(key)),
    monthFirst: own[0]?.monthFirst ?? true,
    yearFirst: own[0]?.yearFirst ?? false,
    dotClock: own[0]?.dotClock ?? false,
    buddhist: own[0]?.buddhist ?? false,
  };
}

const lexicons = new Map<string, Lexicon>();

/** The words of these languages, then English, then, where the reach is wide, those of the widely read languages. */
export function lexiconOf(languages: readonly string[], reach: Reach = "wide", shortYears = true): Lexicon {
  const id = `${reach} ${shortYears} ${languages.join(" ")}`;
  const held = lexicons.get(id);
  if (held !== undefined) return held;
  const lexicon = buildLexicon(languages, reach, shortYears);
  if (lexicons.size >= LANGUAGES_MAX) lexicons.clear();
  lexicons.set(id, lexicon);
  return lexicon;
}
