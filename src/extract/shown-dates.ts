import type { DateInterval } from "../model/date.ts";
import { NOT_OF_STORY, PUBLISHED_WORDS, UPDATED_WORDS, YEAR } from "./date-labels.ts";
import { ownAddresses, readMarkedDates, type ShownDate, whereLeads } from "./date-marks.ts";
import { DATE_CHARACTERS_MAX, type DateReader, type WordsReader, wordsDate } from "./date-reading.ts";
import type { Marks } from "./marks.ts";
import type { Segment } from "./segments.ts";

/** The lines that may tell a date, by their places: around the headline, before the first and after the last paragraph. */
export interface DatedLines {
  readonly segments: readonly Segment[];
  readonly headline: number;
  readonly start: number;
  readonly end: number;
}

export interface ShownDates {
  /** At the headline, with its year. */
  readonly near: ShownDate | undefined;
  /** Elsewhere on the page, or without a year. */
  readonly far: DateInterval | undefined;
  readonly updated: DateInterval | undefined;
}

/** A date in a heading is all of it. */
const HEADING_CHARACTERS_MAX = 40;
/** How many cards that lead to the page itself are read. */
const OWN_CARDS_MAX = 20;
/** How far under the text the page may say when it was changed, and in how many characters. */
const FOOT_LINES = 80;
const FOOT_CHARACTERS_MAX = 80;

/** What readers see of the dates of the article, which stands at `headline` and between `start` and `end` of the lines. */
export function readShownDates(
  reader: DateReader,
  marks: Marks,
  lines: DatedLines,
  canonical: string | undefined,
): ShownDates {
  const own = ownAddresses(reader, canonical);
  const marked = readMarkedDates(reader, marks, own);
  const told = listLines(lines);
  const above = once(() => firstDated(reader, told.above, true));
  const below = once(() => firstDated(reader, told.below, true));
  const loose = once(() => firstDated(reader, told.above, false));
  return {
    get near() {
      return (
        marked.said ??
        marked.close ??
        above().published ??
        marked.near ??
        marked.carded ??
        marked.labelled ??
        ownCardDate(reader, lines.segments, own) ??
        (below().published?.labelled ? below().published : undefined)
      );
    },
    get far() {
      return (
        // A headline with the day of its last change has no other: dates under the text are of what it cites.
        (above().updated === undefined ? below().published?.date : undefined) ??
        marked.lone ??
        marked.yearless ??
        loose().published?.date ??
        marked.any ??
        openingDate(reader, told.opening)
      );
    },
    get updated() {
      return marked.updated ?? above().updated ?? below().updated ?? loose().updated ?? footDate(reader, told.foot);
    },
  };
}

/** Made when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function listLines({
  segments,
  headline,
  start,
  end,
}: DatedLines): Readonly<Record<"above" | "below" | "opening" | "foot", readonly Segment[]>> {
  const range = (from: number, to: number) => segments.slice(Math.max(0, from), Math.max(0, to));
  return {
    above: [
      ...range(headline, Math.min(headline + 12, end)),
      ...range(headline - 6, headline),
      ...range(start - 25, Math.min(start + 6, end)),
    ],
    below: range(end - 3, end + 8),
    opening: range(headline, start + 6),
    foot: range(end, end + FOOT_LINES),
  };
}

/** The date of the card by which a page lists itself among others. */
function ownCardDate(
  reader: DateReader,
  segments: readonly Segment[],
  own: ReadonlySet<string>,
): ShownDate | undefined {
  let cards = 0;
  for (const { block, place, text } of segments) {
    if (!place.linked || text.length > HEADING_CHARACTERS_MAX || !YEAR.test(text)) continue;
    if (whereLeads(block.element, reader, own) !== "here") continue;
    if (cards++ >= OWN_CARDS_MAX) break;
    const date = wordsDate(reader, text, "byline");
    if (date !== undefined) return { date, labelled: false };
  }
  return undefined;
}

/** A line under the text that says when the page was last changed. */
function footDate(reader: DateReader, segments: readonly Segment[]): DateInterval | undefined {
  for (const [index, segment] of segments.entries()) {
    if (!isDateLine(segment, true)) continue;
    const line = `${labelBefore(segments[index - 1])}${segment.text}`;
    if (line.length > FOOT_CHARACTERS_MAX || !UPDATED_WORDS.test(line)) continue;
    const found = readDateLine(reader, line).updated;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `01.02.2022 – The`, `BERLIN, 1. Februar 2022: The`: a date before the first words of the text, and a mark behind it. */
const OPENING = /^(?:[\p{L} .'-]{2,40}[,(/] ?)?([^–—:„“”"|)]{6,40}?)(?:[–—:„“”"|)]| - )/u;

function openingDate(reader: DateReader, segments: readonly Segment[]): DateInterval | undefined {
  for (const { text, level } of segments) {
    const opening = level > 0 || text.length <= DATE_CHARACTERS_MAX ? null : OPENING.exec(text.slice(0, 100));
    const date = opening?.[1] ?? "";
    const found = YEAR.test(date) ? wordsDate(reader, date, "text") : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

interface LineDates {
  readonly published: ShownDate | undefined;
  readonly updated: DateInterval | undefined;
}

function firstDated(reader: DateReader, around: readonly Segment[], withYear: boolean): LineDates {
  let published: ShownDate | undefined;
  let updated: DateInterval | undefined;
  for (const [index, segment] of around.entries()) {
    if (!isDateLine(segment, withYear)) continue;
    const found = readDateLine(reader, `${labelBefore(around[index - 1])}${plainStrokes(segment.text)}`);
    if (found.published !== undefined)
      published = { date: found.published, labelled: PUBLISHED_WORDS.test(segment.text) };
    updated ??= found.updated;
    if (published !== undefined) break;
  }
  return { published, updated };
}

/** `Last changed:` in a line of its own. */
function labelBefore(before: Segment | undefined): string {
  const text = before?.text ?? "";
  return text.length < 40 && text.endsWith(":") && UPDATED_WORDS.test(text) ? `${text} ` : "";
}

/** `26 | 01 | 2022` */
function plainStrokes(text: string): string {
  return text.replace(/(?<!\d)(\d{1,2}) \| (\d{1,2}) \| ((?:19|20)\d\d)(?!\d)/, "$1.$2.$3");
}

/** A short line with figures that is neither a link, a caption, a quotation nor a heading that says more. */
function isDateLine({ text, linkLength, level, place }: Segment, withYear: boolean): boolean {
  return (
    /\d/.test(text) &&
    (!withYear || YEAR.test(text)) &&
    text.length <= (level > 0 ? HEADING_CHARACTERS_MAX : DATE_CHARACTERS_MAX) &&
    linkLength <= text.length * 0.8 &&
    place.caption === undefined &&
    place.figure === undefined &&
    !place.quote &&
    !NOT_OF_STORY.test(text)
  );
}

/** `UPDATED AUG 26, 2025`, `Published 3 May · Updated 4 May`. */
export function readDateLine(
  reader: WordsReader,
  text: string,
): { readonly published: DateInterval | undefined; readonly updated: DateInterval | undefined } {
  const at = text.search(UPDATED_WORDS);
  if (at === -1) return { published: wordsDate(reader, text, "byline"), updated: undefined };
  return {
    published: at > 5 ? wordsDate(reader, text.slice(0, at), "byline") : undefined,
    updated: wordsDate(
      reader,
      text
        .slice(at)
        .replace(UPDATED_WORDS, "")
        .replace(/^[\s:.-]{1,9}/, ""),
      "byline",
    ),
  };
}
