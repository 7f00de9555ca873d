import { foldWord, knownLanguage } from "./calendar-words.ts";
import type { DayFields, Reading } from "./date-fields.ts";
import type { Token } from "./date-tokens.ts";

/** A calendar beside the Gregorian that a language's writers date by: the Persian, the Islamic ones. */
interface OtherCalendar {
  /** Day, month and year of an instant in this calendar, as Intl counts them. */
  readonly partsAt: (instant: number) => readonly [year: number, month: number, day: number];
  readonly months: ReadonlyMap<string, number>;
}

const DAY_MS = 86_400_000;
/** The Thai calendar differs in its years only: `fullYear` reads them. */
const COUNTED_ALIKE = new Set(["gregory", "buddhist", "iso8601", "japanese", "roc"]);

function partsReader(calendar: string): OtherCalendar["partsAt"] {
  const locale = new Intl.Locale("en", { calendar, numberingSystem: "latn" });
  const format = new Intl.DateTimeFormat(locale, {
    year: "numeric",
    month: "numeric",
    day: "numeric",
    timeZone: "UTC",
  });
  return (instant) => {
    const parts = format.formatToParts(instant);
    const numberOf = (type: string) => Number.parseInt(parts.find((part) => part.type === type)?.value ?? "", 10);
    return [numberOf("year"), numberOf("month"), numberOf("day")];
  };
}

function buildCalendar(tag: string): OtherCalendar | null {
  const { calendar } = new Intl.DateTimeFormat(tag).resolvedOptions();
  if (COUNTED_ALIKE.has(calendar)) return null;
  const partsAt = partsReader(calendar);
  const months = new Map<string, number>();
  for (const month of ["long", "short"] as const) {
    const format = new Intl.DateTimeFormat(tag, { month, day: "numeric", timeZone: "UTC" });
    for (let day = 0; day < 380; day += 14) {
      const instant = Date.UTC(2025, 0, 1 + day);
      const name = format.formatToParts(instant).find((part) => part.type === "month")?.value ?? "";
      months.set(foldWord(name), partsAt(instant)[1]);
    }
  }
  months.delete("");
  return { partsAt, months };
}

const calendars = new Map<string, OtherCalendar | null>();

function calendarOf(language: string): OtherCalendar | null {
  const tag = knownLanguage(language);
  if (tag === null) return null;
  const held = calendars.get(tag);
  if (held !== undefined) return held;
  const built = buildCalendar(tag);
  calendars.set(tag, built);
  return built;
}

/** The Gregorian day of a day in another calendar, found by coming nearer; null where there is no such day. */
function toGregorian(calendar: OtherCalendar, year: number, month: number, day: number): Required<DayFields> | null {
  let instant = Date.UTC(2025, 0, 1);
  for (let step = 0; step < 12; step++) {
    const [atYear, atMonth, atDay] = calendar.partsAt(instant);
    if (atYear === year && atMonth === month && atDay === day) {
      const date = new Date(instant);
      return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    }
    const days = (year - atYear) * 360 + (month - atMonth) * 30 + (day - atDay);
    instant += (days === 0 ? 1 : days) * DAY_MS;
  }
  return null;
}

const YEARS = { from: 1300, to: 1500 };

function isYear(token: Token | undefined): token is Token {
  return token?.kind === "number" && token.value >= YEARS.from && token.value <= YEARS.to;
}

function isDayNumber(token: Token | undefined): token is Token {
  return token?.kind === "number" && token.text.length <= 2 && token.value >= 1 && token.value <= 31;
}

interface Numbers {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly end: number;
}

/** `18 مهر 1404`, `1404 مهر 18`, `1404/7/18`; without a year the present one. */
function readNumbers(tokens: readonly Token[], at: number, calendar: OtherCalendar, yearNow: number): Numbers | null {
  const [first, second, third, fourth, fifth] = tokens.slice(at, at + 5);
  const named = second?.kind === "word" ? calendar.months.get(second.key) : undefined;
  if (named !== undefined && isDayNumber(first)) {
    const dated = isYear(third) ? third : null;
    return { year: dated?.value ?? yearNow, month: named, day: first.value, end: at + (dated === null ? 2 : 3) };
  }
  if (named !== undefined && isYear(first) && isDayNumber(third)) {
    return { year: first.value, month: named, day: third.value, end: at + 3 };
  }
  const marked = second?.kind === "mark" && "/-.".includes(second.text) && fourth?.text === second.text;
  if (!marked || !isYear(first) || !isDayNumber(third) || !isDayNumber(fifth)) return null;
  return { year: first.value, month: third.value, day: fifth.value, end: at + 5 };
}

/**
 * A day in the calendar that a language's writers use where that is not the Gregorian, from a token on. A day without a
 * year is the last such day before the moment of capture.
 */
export function readOtherDay(
  tokens: readonly Token[],
  at: number,
  language: string,
  capturedAt: number,
): Reading<Required<DayFields>> | null {
  const calendar = calendarOf(language);
  if (calendar === null) return null;
  const [yearNow] = calendar.partsAt(capturedAt);
  const found = readNumbers(tokens, at, calendar, yearNow);
  if (found === null) return null;
  const value = toGregorian(calendar, found.year, found.month, found.day);
  if (value === null) return null;
  const ahead = found.year === yearNow && Date.UTC(value.year, value.month - 1, value.day) > capturedAt + DAY_MS;
  const past = ahead ? toGregorian(calendar, yearNow - 1, found.month, found.day) : value;
  return past === null ? null : { value: past, end: found.end };
}
