import type { DateInterval } from "../model/date.ts";
import { parseDate } from "../model/date-parse.ts";
import { findDate } from "../model/date-words.ts";
import type { DocumentContext } from "../model/parsed.ts";

/** How the words of one page are read. */
export interface WordsReader {
  readonly context: DocumentContext;
  readonly languages: readonly string[];
}

/** How the dates of one page are read. */
export interface DateReader extends WordsReader {
  /** Wall clocks to which the page gives more than one zone. */
  readonly torn: ReadonlySet<string>;
}

/** Longer values and lines tell no date. */
export const DATE_CHARACTERS_MAX = 160;
const DAY_MS = 86_400_000;
/** No page is older. */
const EARLIEST = Date.UTC(1990, 0, 1);

/** `2017`, `2017/01`: no day. */
const VAGUE = /^\d{4}(?:[-/.]\d{1,2})?$/;
/** Midnight to the second, in the forms of ISO 8601, RFC 2822, JavaScript and .NET: a day that a program wrote as a time. */
const MIDNIGHT =
  /[Tt,]? ?(?:(?<![\d:])00:00(?::00(?:[.,]0{1,9})?)?(?! ?PM)|(?<![\d:])12:00(?::00)? ?AM)(?![\d:.])(?: ?(?:Z|UTC|GMT|[A-Z]{3,4}))?(?: ?[+-]\d\d:?\d\d)?(?: \([^()]{0,60}\))?$/;
/** A moment of ISO 8601 with its zone: wall clock to the minute, zone. */
const ZONED = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::\d\d(?:[.,]\d{1,9})?)? ?(Z|z|[+-]\d\d:?\d\d)$/;

/**
 * The date of a value written for machines. Midnight to the second is a day: programs write days so, in whatever zone
 * they happen to run, and the day they wrote is meant. A wall clock to which the page gives several zones is read as if
 * it named none. Undefined for values that name no day, and for days that cannot be.
 */
export function machineDate(reader: DateReader, text: string, origin: string): DateInterval | undefined {
  const value = text.trim().slice(0, DATE_CHARACTERS_MAX);
  return VAGUE.test(value) ? undefined : readMachine(reader, value, origin);
}

/** The same of a value that names a year or a month only: its first day. */
export function vagueDate(reader: DateReader, text: string, origin: string): DateInterval | undefined {
  const value = text.trim();
  return VAGUE.test(value) ? readMachine(reader, value, origin) : undefined;
}

function readMachine(reader: DateReader, value: string, origin: string): DateInterval | undefined {
  const { context, languages } = reader;
  const read = { timeZone: context.timeZone, languages, capturedAt: context.capturedAt, origin };
  const day = value.replace(MIDNIGHT, "");
  const zoned = ZONED.exec(value);
  const isTorn = zoned !== null && reader.torn.has(wallOf(zoned));
  const found =
    (day === value ? null : parseDate(day, read)) ??
    parseDate(isTorn ? value.slice(0, value.length - (zoned[3]?.length ?? 0)) : value, read) ??
    // A day is still a day where the time behind it is broken.
    parseDate(/^\d{4}-\d\d-\d\d(?=[T ])/.exec(value)?.[0] ?? "", read);
  return found !== null && isPlausible(found, context) ? { ...found, text: value } : undefined;
}

/** The date that words tell: a line, a label's value. */
export function wordsDate({ context, languages }: WordsReader, text: string, origin: string): DateInterval | undefined {
  const found = findDate(text.slice(0, DATE_CHARACTERS_MAX), {
    timeZone: context.timeZone,
    languages,
    capturedAt: context.capturedAt,
    origin,
  });
  return found !== null && isPlausible(found, context) ? found : undefined;
}

function isPlausible(found: DateInterval, context: DocumentContext): boolean {
  return found.to > EARLIEST && (found.from ?? found.to) <= context.capturedAt + DAY_MS;
}

function wallOf(zoned: RegExpExecArray): string {
  return `${zoned[1]} ${zoned[2]}`;
}

/** Wall clocks that stand in these values with more than one zone: at most one of them is right, and nothing says which. */
export function tornClocks(values: readonly string[]): ReadonlySet<string> {
  const zones = new Map<string, string>();
  const torn = new Set<string>();
  for (const value of values) {
    const zoned = ZONED.exec(value.trim().slice(0, DATE_CHARACTERS_MAX));
    if (zoned === null) continue;
    const wall = wallOf(zoned);
    const zone = (zoned[3] ?? "").replace(":", "").replace(/^[Zz]$|^[+-]0000$/, "Z");
    if ((zones.get(wall) ?? zone) !== zone) torn.add(wall);
    zones.set(wall, zone);
  }
  return torn;
}

/** Whether two dates lie more than a day apart: no zone makes them one. */
export function areApart(a: DateInterval, b: DateInterval): boolean {
  return (a.from ?? a.to) > b.to + DAY_MS || (b.from ?? b.to) > a.to + DAY_MS;
}
