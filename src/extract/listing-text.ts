import { foldText } from "../html/text.ts";
import type { DateInterval } from "../model/date.ts";
import { findDate } from "../model/date-words.ts";
import type { DocumentContext, ParsedItem } from "../model/parsed.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { wordCount } from "./listing-links.ts";
import { listTextLines, type TextLine } from "./text-lines.ts";

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
  /** The line holds a title and its date: `A bridge for toads (3 May)`. */
  readonly dated?: { readonly title: string; readonly date: DateInterval };
  /** The address that the line, or one beside it, names. */
  readonly url?: AbsoluteUrl;
}

/** What is looked at of one line: nobody's title is so long. */
const LINE_CHARACTERS_MAX = 3000;

/** A line that is an address and nothing else. */
const ADDRESS = /^<?(https?:\/\/[^\s<>]{4,2000})>?$/i;
/** `[Title](https://…)` of Markdown. */
const LINKED = /\[([^\]]{1,500})\]\((https?:\/\/[^\s()]{4,2000})\)/;

function readLine(line: TextLine, context: DocumentContext, languages: readonly string[]): Line {
  const { at } = line;
  const text = line.text.slice(0, LINE_CHARACTERS_MAX);
  const linked = LINKED.exec(text);
  const words = foldText(linked === null ? text : text.replace(linked[0], linked[1] ?? ""));
  const address = resolveWebUrl(linked?.[2] ?? ADDRESS.exec(text)?.[1]);
  const date = dateOf(words, context, languages);
  const dated = date === null ? splitDated(words, context, languages) : null;
  return { text: words, at, date, ...(dated !== null && { dated }), ...(address !== null && { url: address }) };
}

function dateOf(text: string, context: DocumentContext, languages: readonly string[]): DateInterval | null {
  if (text === "" || text.length > DATE_LINE.characters || wordCount(text) > DATE_LINE.words) return null;
  const { timeZone, capturedAt } = context;
  return findDate(text, { timeZone, capturedAt, languages, origin: "listing" });
}

/** Title and date in one line: the date behind it in brackets or behind a dash, or before it. */
const DATED_LINES: readonly { readonly form: RegExp; readonly title: number; readonly date: number }[] = [
  { form: /^(.{8,400}?)\s*[([]([^()[\]]{3,48})[)\]]$/, title: 1, date: 2 },
  { form: /^(.{8,400})\s+[—–|·•-]\s+(.{3,48})$/, title: 1, date: 2 },
  { form: /^[([]?([^()[\]]{3,48}?)[)\]]?\s*(?:\s[—–|·•-]|:)\s+(.{8,400})$/, title: 2, date: 1 },
];

function splitDated(
  text: string,
  context: DocumentContext,
  languages: readonly string[],
): { readonly title: string; readonly date: DateInterval } | null {
  if (text.length > 460) return null;
  for (const { form, title, date } of DATED_LINES) {
    const parts = form.exec(text);
    const found = parts === null ? null : dateOf(parts[date] ?? "", context, languages);
    if (found !== null) return { title: parts?.[title] ?? "", date: found };
  }
  return null;
}

/** Lines that are addresses only are left out; the title before them, or after, has the address. */
function withAddresses(lines: readonly Line[]): readonly Line[] {
  const told: Line[] = [];
  let waiting: AbsoluteUrl | undefined;
  for (const line of lines) {
    const last = told.at(-1);
    const alone = line.url !== undefined && ADDRESS.test(line.text);
    if (!alone) {
      told.push(waiting !== undefined && line.date === null ? { ...line, url: line.url ?? waiting } : line);
      if (line.date === null) waiting = undefined;
    } else if (last?.at === line.at - 1 && last.url === undefined && line.url !== undefined && last.date === null) {
      told[told.length - 1] = { ...last, url: line.url };
    } else waiting = line.url;
  }
  return told;
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

function itemOf(texts: readonly string[], date: DateInterval, url: AbsoluteUrl | undefined): ParsedItem | null {
  const [title, ...rest] = texts;
  if (title === undefined) return null;
  const summary = rest.filter((text) => text.length > DATE_LINE.characters).join(" ");
  return {
    kind: "listed",
    title,
    ...(summary !== "" && { summary }),
    ...(url !== undefined && { url }),
    authors: [],
    tags: [],
    images: [],
    enclosures: [],
    published: date,
    origins: { title: "text", published: "listing", ...(url !== undefined && { url: "text" }) },
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
 * The dated list of stories in plain text: lines with a title and, before or after it, a line with its date, or both in
 * one line; below the given heading (case and marks aside) or anywhere in the last 5,000 lines where at least three
 * follow one another. Null where there is none.
 * Items have the address that stands beside their title, and no picture. `language` (BCP 47) is what dates are read in
 * first.
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
  const said = listTextLines(lines.slice(skipped)).map((line) => ({ ...line, at: line.at + skipped }));
  const filled = withAddresses(said.map((line) => readLine(line, context, languages)));
  const named = heading === undefined ? null : filled.findLastIndex((line) => lineKey(line.text) === lineKey(heading));
  if (named === -1) return null;
  const run = named === null ? longestRun(filled) : runBelow(filled, named);
  const inLine = longestInLine(filled, named);
  const least = named === null ? ITEMS_MIN : 1;
  if (inLine.length >= least && inLine.length > run.length) return listingInLine(inLine, filled, named);
  return run.length < least ? null : listingOf(run, filled, named);
}

/** Lines on end that tell title and date each: right below the heading, or the longest such run. */
function longestInLine(lines: readonly Line[], heading: number | null): readonly number[] {
  let best: number[] = [];
  let run: number[] = [];
  for (let index = heading === null ? 0 : heading + 1; index < lines.length; index++) {
    if (lines[index]?.dated === undefined) {
      if (heading !== null) break;
      run = [];
    } else run.push(index);
    if (run.length > best.length) best = run;
  }
  return best;
}

function listingInLine(run: readonly number[], lines: readonly Line[], named: number | null): TextListing | null {
  const items = run.flatMap((index) => {
    const line = lines[index];
    return line?.dated === undefined ? [] : (itemOf([line.dated.title], line.dated.date, line.url) ?? []);
  });
  const first = run[0] ?? 0;
  const top = named ?? headingOver(lines, first) ?? first;
  return { items, startLine: lines[top]?.at ?? 0, endLine: (lines[run.at(-1) ?? first]?.at ?? 0) + 1 };
}

function listingOf(run: readonly number[], lines: readonly Line[], named: number | null): TextListing | null {
  const spans = spansOf(lines, run, isDateFirst(lines, run, named), named);
  const items = spans.map((span) => readSpan(span, lines)).filter((item) => item !== null);
  const [first] = spans;
  const last = spans.at(-1);
  if (items.length === 0 || first === undefined || last === undefined) return null;
  const top = named ?? headingOver(lines, Math.min(first.date, first.from)) ?? Math.min(first.date, first.from);
  const bottom = lines[Math.max(last.date, last.to - 1)];
  return { items, startLine: lines[top]?.at ?? 0, endLine: (bottom?.at ?? 0) + 1 };
}

function readSpan(span: Span, lines: readonly Line[]): ParsedItem | null {
  const date = lines[span.date]?.date ?? null;
  const told = lines.slice(Math.max(0, span.from), span.to);
  const url = told.find((line) => line.url !== undefined)?.url ?? lines[span.date]?.url;
  return date === null
    ? null
    : itemOf(
        told.map((line) => line.text),
        date,
        url,
      );
}
