import { foldText } from "../html/text.ts";
import type { DateInterval } from "../model/date.ts";
import { findDate } from "../model/date-words.ts";
import type { DocumentContext, ParsedItem } from "../model/parsed.ts";
import { wordCount } from "./listing-links.ts";

/** A list of stories in plain text, and the lines it takes. */
export interface TextListing {
  readonly items: readonly ParsedItem[];
  /** The heading's line, or the first item's where it has none; counted from 0. */
  readonly startLine: number;
  /** The line after the last item. */
  readonly endLine: number;
}

/** A line that tells a date and nothing else is no longer than this. */
const DATE_LINE = { characters: 48, words: 8 };
/** Lines that are looked at, from the end of the text. */
const LINES_MAX = 5_000;
/** Lines of one item beside its date: title and a summary. */
const ITEM_LINES_MAX = 3;
/** So many dated titles on end are a list, also without a heading. */
const ITEMS_MIN = 3;

interface Line {
  readonly text: string;
  /** Place among all lines. */
  readonly at: number;
  readonly date: DateInterval | null;
}

function readLine(text: string, at: number, context: DocumentContext, languages: readonly string[]): Line {
  const folded = foldText(text);
  const short = folded.length <= DATE_LINE.characters && wordCount(folded) <= DATE_LINE.words;
  const { timeZone, capturedAt } = context;
  const date = short && folded !== "" ? findDate(folded, { timeZone, capturedAt, languages, origin: "listing" }) : null;
  return { text: folded, at, date };
}

function lineKey(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** Indices of the dates that follow one another with a few lines between: the longest such run. */
function longestRun(lines: readonly Line[]): readonly number[] {
  const runs: number[][] = [];
  for (const [index, line] of lines.entries()) {
    if (line.date === null) continue;
    const run = runs.at(-1);
    const between = index - (run?.at(-1) ?? index) - 1;
    if (run !== undefined && between >= 1 && between <= ITEM_LINES_MAX) run.push(index);
    else runs.push([index]);
  }
  return runs.reduce((longest, run) => (run.length > longest.length ? run : longest), []);
}

/** The run of dates right below a heading. */
function runBelow(lines: readonly Line[], heading: number): readonly number[] {
  const run: number[] = [];
  for (let index = heading + 1; index < lines.length; index++) {
    if (index - (run.at(-1) ?? heading) > ITEM_LINES_MAX + 1) break;
    if (lines[index]?.date === null) continue;
    // Two dates on end: the second belongs to nothing.
    if (run.at(-1) === index - 1) break;
    run.push(index);
  }
  return run;
}

/** Whether dates stand before their titles: told by the line after the heading, else by which side has no empty line. */
function isDateFirst(lines: readonly Line[], run: readonly number[], heading: number | null): boolean {
  if (heading !== null) return run[0] === heading + 1;
  let before = 0;
  let after = 0;
  for (const index of run) {
    const at = lines[index]?.at ?? 0;
    if (lines[index - 1]?.at === at - 1) before++;
    if (lines[index + 1]?.at === at + 1) after++;
  }
  return after > before;
}

function itemOf(texts: readonly string[], date: DateInterval): ParsedItem | null {
  const [title, ...rest] = texts;
  if (title === undefined) return null;
  const summary = rest.filter((text) => text.length > DATE_LINE.characters).join(" ");
  return {
    kind: "listed",
    title,
    ...(summary !== "" && { summary }),
    authors: [],
    tags: [],
    images: [],
    enclosures: [],
    published: date,
    origins: { title: "text", published: "listing" },
  };
}

interface Span {
  readonly date: number;
  /** Indices of the first line of the item's words and of the line after them. */
  readonly from: number;
  readonly to: number;
}

function spansOf(
  lines: readonly Line[],
  run: readonly number[],
  dateFirst: boolean,
  heading: number | null,
): readonly Span[] {
  return run.map((date, order) => {
    if (dateFirst) {
      const next = run[order + 1] ?? Math.min(lines.length, date + 2);
      return { date, from: date + 1, to: next };
    }
    const previous = run[order - 1] ?? heading ?? date - 2;
    return { date, from: previous + 1, to: date };
  });
}

/** The line over a list that has no given heading: short, and no sentence. */
function headingOver(lines: readonly Line[], first: number): number | null {
  const line = lines[first - 1];
  if (
    line === undefined ||
    line.date !== null ||
    line.text.length > DATE_LINE.characters ||
    /[.!?…,;]$/.test(line.text)
  )
    return null;
  return first - 1;
}

/**
 * The dated list of stories in plain text: lines with a title and, before or after it, a line with its date, below the
 * given heading (case and marks aside) or anywhere in the last 5,000 lines where at least three follow one another.
 * Null where there is none.
 * Items have neither address nor picture. `language` (BCP 47) is what dates are read in first.
 */
export function findTextListing(
  lines: readonly string[],
  context: DocumentContext,
  heading?: string,
  language?: string,
): TextListing | null {
  const languages = language === undefined ? [] : [language];
  // What is listed stands at the end of a text.
  const skipped = Math.max(0, lines.length - LINES_MAX);
  const filled = lines
    .slice(skipped)
    .map((text, at) => readLine(text, at + skipped, context, languages))
    .filter((line) => line.text !== "");
  const named = heading === undefined ? null : filled.findLastIndex((line) => lineKey(line.text) === lineKey(heading));
  if (named === -1) return null;
  const run = named === null ? longestRun(filled) : runBelow(filled, named);
  if (run.length < (named === null ? ITEMS_MIN : 1)) return null;
  const spans = spansOf(filled, run, isDateFirst(filled, run, named), named);
  const items = spans.map((span) => readSpan(span, filled)).filter((item) => item !== null);
  const [first] = spans;
  const last = spans.at(-1);
  if (items.length === 0 || first === undefined || last === undefined) return null;
  const top = named ?? headingOver(filled, Math.min(first.date, first.from)) ?? Math.min(first.date, first.from);
  const bottom = filled[Math.max(last.date, last.to - 1)];
  return { items, startLine: filled[top]?.at ?? 0, endLine: (bottom?.at ?? 0) + 1 };
}

function readSpan(span: Span, lines: readonly Line[]): ParsedItem | null {
  const date = lines[span.date]?.date ?? null;
  const texts = lines.slice(Math.max(0, span.from), span.to).map((line) => line.text);
  return date === null ? null : itemOf(texts, date);
}
