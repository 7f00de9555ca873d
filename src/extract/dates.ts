import type { DateInterval } from "../model/date.ts";
import type { DocumentContext } from "../model/parsed.ts";
import type { ShownDate } from "./date-marks.ts";
import { areApart, type DateReader } from "./date-reading.ts";
import type { Marks } from "./marks.ts";
import type { PageMetadata } from "./metadata.ts";
import { type DatedLines, readShownDates } from "./shown-dates.ts";
import { addressDate, findTornClocks, readToldDates } from "./told-dates.ts";

export interface FoundDates {
  readonly published: DateInterval | undefined;
  readonly updated: DateInterval | undefined;
}

/**
 * When the article was published and last changed. What the page tells machines of its publication goes before what
 * readers see at the headline, that before dates of no said meaning, and those before dates elsewhere on the page;
 * a day in the page's address stands against all that contradict it.
 */
export function findDates(
  page: PageMetadata,
  marks: Marks,
  lines: DatedLines,
  context: DocumentContext,
  languages: readonly string[],
): FoundDates {
  const reader: DateReader = { context, languages, torn: findTornClocks(page) };
  const told = readToldDates(page, reader);
  const shown = readShownDates(reader, marks, lines, page.canonical);
  const { near } = shown;
  const address = addressDate(reader, page);
  const found =
    toldDate(told.linked, told.meta, near) ?? near?.date ?? told.other ?? address ?? shown.far ?? told.vague;
  const published = settleByAddress(found, address);
  const updated = told.updated ?? shown.updated ?? laterThan(published, told.linked ?? told.meta);
  if (isAnotherStorys(published, updated)) return { published: undefined, updated };
  return { published, updated: isLater(updated, published) ? updated : undefined };
}

/**
 * Of two statements to machines that contradict each other, the one that readers see; and what readers see as the day of
 * publication, where machines are told a later one: that is a change.
 */
function toldDate(
  linked: DateInterval | undefined,
  meta: DateInterval | undefined,
  shown: ShownDate | undefined,
): DateInterval | undefined {
  const told = linked ?? meta;
  if (told === undefined || shown === undefined || !areApart(told, shown.date)) return told;
  if (meta !== undefined && !areApart(meta, shown.date)) return meta;
  return shown.labelled && shown.date.to < told.to ? shown.date : told;
}

/** A publication told to machines that readers see an earlier one of: the change after it. */
function laterThan(published: DateInterval | undefined, told: DateInterval | undefined): DateInterval | undefined {
  return published !== undefined && told !== undefined && areApart(published, told) && told.to > published.to
    ? told
    : undefined;
}

function settleByAddress(found: DateInterval | undefined, address: DateInterval | undefined): DateInterval | undefined {
  if (found === undefined || address === undefined) return found ?? address;
  return areApart(found, address) ? address : found;
}

/** A day read off the page that lies after the last change belongs to a story listed there. */
function isAnotherStorys(published: DateInterval | undefined, updated: DateInterval | undefined): boolean {
  if (published?.from === undefined || updated === undefined || published.from <= updated.to) return false;
  return published.origin === "time" || published.origin === "byline";
}

function isLater(updated: DateInterval | undefined, published: DateInterval | undefined): boolean {
  return updated !== undefined && (published === undefined || updated.to > published.to);
}
