import type { DateInterval } from "./date.ts";
import { type DateContext, dayBounds } from "./date-fields.ts";
import { type Amount, isBoundary, type RelativeUnit, type RelativeWords } from "./relative-words.ts";
import { wallTimeAt } from "./zone.ts";

const UNIT_MS: Readonly<Record<RelativeUnit, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: 2_629_746_000,
  year: 31_556_952_000,
};

/** Nobody writes of a story that it is older than this. */
const AGE_MAX_MS = 60 * UNIT_MS.year;
/** What "a few" may be at most. */
const FEW = 10;

/** The moment this many units before; months and years keep the day of the month where there is one. */
function before(instant: number, unit: RelativeUnit, count: number): number {
  if (unit !== "month" && unit !== "year") return instant - count * UNIT_MS[unit];
  const months = Math.round(count * (unit === "year" ? 12 : 1));
  const date = new Date(instant);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() - months, 1);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return date.getTime();
}

/**
 * "n units ago" as what it may mean at the moment of capture: from n + 1 to n - 1 units before it (DESIGN.md, Dates),
 * "a few" up to ten. Null where that is further back than sixty years.
 */
export function agoInterval(amount: Amount, text: string, context: DateContext): DateInterval | null {
  const { capturedAt, origin } = context;
  const unitMs = UNIT_MS[amount.unit];
  if (amount.count === "few") {
    return { from: capturedAt - FEW * unitMs, to: capturedAt, precision: "relative", origin, text };
  }
  if (amount.count * unitMs > AGE_MAX_MS) return null;
  const middle = before(capturedAt, amount.unit, amount.count);
  const reach = amount.count === 0 ? unitMs : Math.min(unitMs, capturedAt - middle);
  return { from: middle - reach, to: Math.min(middle + reach, capturedAt), precision: "relative", origin, text };
}

/** Within the last hour. */
export function nowInterval(text: string, context: DateContext): DateInterval {
  const { capturedAt, origin } = context;
  return { from: capturedAt - UNIT_MS.hour, to: capturedAt, precision: "relative", origin, text };
}

/** The calendar day this many days before the day of capture, in the zone of the context. */
export function dayBefore(days: number, context: DateContext): { year: number; month: number; day: number } {
  const today = wallTimeAt(context.capturedAt, context.timeZone);
  const date = new Date(Date.UTC(today.year, today.month - 1, today.day - days));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** That day as an interval. */
export function wholeDayBefore(days: number, text: string, context: DateContext): DateInterval {
  const bounds = dayBounds(dayBefore(days, context), context.timeZone);
  return { ...bounds, precision: "day", origin: context.origin, text };
}

interface Found {
  readonly amount: Amount;
  readonly end: number;
}

/** A unit's name at an index, the longest that fits. */
function unitAt(text: string, index: number, words: RelativeWords): { unit: RelativeUnit; noun: string } | null {
  for (const [noun, unit] of words.units) {
    if (text.startsWith(noun, index) && isBoundary(text, index + noun.length)) return { unit, noun };
  }
  return null;
}

function skipSpace(text: string, index: number): number {
  return text[index] === " " ? index + 1 : index;
}

const NEXT_AMOUNT = /^(?:,| and| und| et| y| e| en| och| og| и)? ?(\d{1,2}) ?/;

/** `1h 20m`, `2 days, 3 hours`: the amounts added up in the smaller unit. */
function amountAt(text: string, index: number, count: number | "few", words: RelativeWords) {
  const first = unitAt(text, index, words);
  if (first === null) return null;
  const end = index + first.noun.length;
  const found = { amount: { unit: first.unit, count }, end, complete: words.complete.has(first.noun) };
  const next = typeof count === "number" ? NEXT_AMOUNT.exec(text.slice(end, end + 20)) : null;
  if (next === null || typeof count !== "number") return found;
  const second = unitAt(text, end + next[0].length, words);
  if (second === null || UNIT_MS[second.unit] >= UNIT_MS[first.unit]) return found;
  const sum = (count * UNIT_MS[first.unit]) / UNIT_MS[second.unit] + Number(next[1]);
  const reached = end + next[0].length + second.noun.length;
  return { amount: { unit: second.unit, count: sum }, end: reached, complete: words.complete.has(second.noun) };
}

function endsWithWord(head: string, words: readonly string[]): boolean {
  return words.some((word) => head.endsWith(word) && isBoundary(head, head.length - word.length));
}

/** Whether "ago" stands before the number, words such as "about" aside. */
function agoBefore(text: string, index: number, words: RelativeWords): boolean {
  let head = text.slice(0, index).replace(/[ ~≈]+$/, "");
  for (let skipped = 0; skipped < 3; skipped++) {
    if (endsWithWord(head, words.before)) return true;
    const about = words.about.find((word) => head.endsWith(word) && isBoundary(head, head.length - word.length));
    if (about === undefined) return false;
    head = head.slice(0, -about.length).trimEnd();
  }
  return false;
}

function agoAfter(text: string, index: number, words: RelativeWords): boolean {
  const at = skipSpace(text, index);
  return words.after.some((word) => text.startsWith(word, at) && isBoundary(text, at + word.length));
}

const COUNTABLE = /(?<![\d.,:/-])\d{1,4}(?:[.,]\d)?(?![\d:/])|[\p{L}\p{M}]+'?/gu;

function countOf(token: string, words: RelativeWords): number | "few" | undefined {
  return /^\d/.test(token) ? Number(token.replace(",", ".")) : words.numbers.get(token);
}

function frameAround(text: string, start: number, end: number, words: RelativeWords): RelativeUnit | null {
  const head = text.slice(0, start).trimEnd();
  const rest = text.slice(end).trimStart();
  const frame = words.frames.find(
    (one) => endsWithWord(head, [one.head]) && rest.startsWith(one.tail) && (one.tail !== "" || isBoundary(text, end)),
  );
  return frame?.unit ?? null;
}

/** "n units ago" anywhere in a folded text. */
export function findAgo(text: string, words: RelativeWords): Amount | null {
  for (const match of text.matchAll(COUNTABLE)) {
    const count = countOf(match[0], words);
    if (count === undefined) continue;
    const framed =
      typeof count === "number" ? frameAround(text, match.index, match.index + match[0].length, words) : null;
    if (framed !== null) return { unit: framed, count };
    // `a couple of hours ago`, `30 de secunde`
    const start = skipSpace(text, match.index + match[0].length);
    const of = /^(?:of|de|d')\b ?/.exec(text.slice(start, start + 4))?.[0].length ?? 0;
    const found = amountAt(text, start, count, words) ?? (of > 0 ? amountAt(text, start + of, count, words) : null);
    if (found === null) continue;
    if (found.complete || agoAfter(text, found.end, words) || agoBefore(text, match.index, words)) return found.amount;
  }
  return findPhrase(text, words)?.amount ?? null;
}

/** `час назад`, `قبل ساعتين` as words of their own. */
function findPhrase(text: string, words: RelativeWords): Found | null {
  for (const [phrase, amount] of words.phrases) {
    const at = text.indexOf(phrase);
    if (at < 0) continue;
    const end = at + phrase.length;
    const counted = /\d ?$/.test(text.slice(0, at));
    if (!counted && isBoundary(text, at) && isBoundary(text, end)) return { amount, end };
  }
  return null;
}
