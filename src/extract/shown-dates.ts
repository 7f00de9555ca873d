import type { Element } from "domhandler";
import type { DateInterval } from "../model/date.ts";
import { resolveWebUrl, urlIdentity } from "../model/url.ts";
import {
  areApart,
  DATE_CHARACTERS_MAX,
  type DateReader,
  machineDate,
  type WordsReader,
  wordsDate,
} from "./date-reading.ts";
import { isSaidByReaders, type DateMark as Mark, type Marks, shortText } from "./marks.ts";
import type { Segment } from "./segments.ts";

/** The lines that may tell a date, by their places: around the headline, before the first and after the last paragraph. */
export interface DatedLines {
  readonly segments: readonly Segment[];
  readonly headline: number;
  readonly start: number;
  readonly end: number;
}

/** A date that readers see, and whether the page says that it is the day of publication. */
export interface ShownDate {
  readonly date: DateInterval;
  readonly labelled: boolean;
}

export interface ShownDates {
  /** At the headline, with its year. */
  readonly near: ShownDate | undefined;
  /** Elsewhere on the page, or without a year. */
  readonly far: DateInterval | undefined;
  readonly updated: DateInterval | undefined;
}

const LONE_MARKS_MAX = 4;
/** How many elements from the headline a date stands in its line of facts, and how many it still belongs to it. */
const CLOSE_ELEMENTS = 60;
const NEAR_ELEMENTS = 200;
/** A date before the headline is the more likely another's. */
const BEFORE_ELEMENTS = 40;
/** A date in a heading is all of it. */
const HEADING_CHARACTERS_MAX = 40;
const MARKS_READ_MAX = 30;
/** What an element may hold that tells a date, white space and all. */
const ELEMENT_CHARACTERS_MAX = 2000;
/** How many cards that lead to the page itself are read. */
const OWN_CARDS_MAX = 20;
/** How far under the text the page may say when it was changed, and in how many characters. */
const FOOT_LINES = 80;
const FOOT_CHARACTERS_MAX = 80;

function lineOf(element: Element): string {
  return shortText([element], ELEMENT_CHARACTERS_MAX)?.slice(0, DATE_CHARACTERS_MAX) ?? "";
}

/** Words before a date that say it is a later one. */
const UPDATED_WORDS =
  /(?<!\p{L})(?:updated?|modified|last\s+(?:changed|edited|reviewed)|revised|actuali[sz]ad[oa]|aktualisiert|(?:letzte )?änderung|geändert|mis à jour|modifi[ée]|aggiornat[oa]|bijgewerkt|uppdaterad|opdateret|oppdatert|atualizad[oa]|güncelle|обновлен)\p{L}*|更新/iu;
const PUBLISHED_WORDS =
  /(?<!\p{L})(?:(?:first |originally )?published|posted|created|written|veröffentlicht|publiziert|erstellt|publiée?|publicad[oa]|pubblicat[oa]|gepubliceerd|publicerad|опубликован\p{L}*)(?!\p{L})|公開日|发布/iu;
/** What a page says of the moment it is shown, of its rights, its pictures and its members. */
const NOT_OF_STORY =
  /^(?:abbildung|abb|bild|foto|photo|image|picture|figure|fig|quelle|source)(?!\p{L})|©|\(c\)|copyright|(?<!\p{L})(?:currently|current time|today is|aktuelle zeit|heute ist|heure actuelle|hora actual|ora corrente|registered|registriert|joined|member since|mitglied seit|dabei seit|inscrit|registrado|iscritto)(?!\p{L})/iu;
const YEAR = /(?<!\d)(?:19|20)\d\d(?!\d)/;

/** What readers see of the dates of the article, which stands at `headline` and between `start` and `end` of the lines. */
export function readShownDates(
  reader: DateReader,
  marks: Marks,
  lines: DatedLines,
  canonical: string | undefined,
): ShownDates {
  const own = ownAddresses(reader, canonical);
  const placed = marks.dates.map((mark) => ({
    mark,
    leads: whereLeads(mark.element, reader, own),
    role: roleOf(mark),
  }));
  const ofStory = placed.filter(({ mark, leads }) => leads !== "away" && !isSaidByReaders(mark.element));
  const listOf = (wanted: Role) => ofStory.flatMap(({ mark, role }) => (role === wanted ? [mark] : []));
  const carded = placed.flatMap(({ mark, leads, role }) => (leads === "here" && role === "published" ? [mark] : []));
  const told = listLines(lines);
  const above = firstDated(reader, told.above, true);
  const below = firstDated(reader, told.below, true);
  const loose = firstDated(reader, told.above, false);
  const published = listOf("published");
  const close = within(published, marks, CLOSE_ELEMENTS);
  const near = within(published, marks, NEAR_ELEMENTS);
  const lone = published.length <= LONE_MARKS_MAX ? published : [];
  const labelled = published.filter((mark) => isLabelled(mark, lineOf(mark.element)));
  const read = (list: readonly Mark[], withYear: boolean) => firstMarked(reader, list, marks, "published", withYear);
  const itemprops = published.filter((mark) => mark.kind === "itemprop");
  return {
    near:
      read(itemprops, true) ??
      read(close, true) ??
      above.published ??
      read(near, true) ??
      read(carded, true) ??
      (labelled.length <= LONE_MARKS_MAX ? read(labelled, true) : undefined) ??
      ownCardDate(reader, lines.segments, own) ??
      (below.published?.labelled ? below.published : undefined),
    far:
      // A headline with the day of its last change has no other: dates under the text are of what it cites.
      (above.updated === undefined ? below.published?.date : undefined) ??
      read(lone, true)?.date ??
      read(near, false)?.date ??
      read(lone, false)?.date ??
      loose.published?.date ??
      (marks.headline === -1 ? read(published, true)?.date : undefined) ??
      openingDate(reader, told.opening),
    updated:
      changeDate(reader, listOf("updated"), marks) ??
      above.updated ??
      below.updated ??
      loose.updated ??
      footDate(reader, told.foot),
  };
}

function changeDate(reader: DateReader, updated: readonly Mark[], marks: Marks): DateInterval | undefined {
  const near = within(updated, marks, NEAR_ELEMENTS);
  const lone = updated.length <= LONE_MARKS_MAX ? updated : [];
  const found =
    firstMarked(reader, near, marks, "updated", true) ??
    firstMarked(reader, near, marks, "updated", false) ??
    firstMarked(reader, lone, marks, "updated", false);
  return found?.date;
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

function within(list: readonly Mark[], marks: Marks, distance: number): readonly Mark[] {
  return marks.headline === -1 ? [] : list.filter((mark) => distanceOf(mark, marks) < distance);
}

function ownAddresses({ context }: DateReader, canonical: string | undefined): ReadonlySet<string> {
  const addresses = [resolveWebUrl(context.url), resolveWebUrl(canonical, context.url)];
  return new Set(addresses.flatMap((url) => (url === null ? [] : [urlIdentity(url)])));
}

const ANCESTORS_MAX = 12;
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

/** How much more than its date a link must say to be a card of another story. */
const CARD_CHARACTERS_MIN = 15;

/** Where the card around a date leads: to this page, away to another story, or nowhere. */
function whereLeads(element: Element, { context }: DateReader, own: ReadonlySet<string>): "here" | "away" | undefined {
  let at = element.parent;
  for (let level = 0; at !== null && level < ANCESTORS_MAX; at = at.parent, level++) {
    if (at.type !== "tag" || at.name === "body") return undefined;
    if (at.name !== "a") continue;
    const target = resolveWebUrl(at.attribs.href, context.url);
    if (target === null) return undefined;
    if (own.has(urlIdentity(target))) return "here";
    const date = shortText([element], ELEMENT_CHARACTERS_MAX)?.length ?? 0;
    const card = shortText([at], ELEMENT_CHARACTERS_MAX)?.length ?? Number.POSITIVE_INFINITY;
    return card > date + CARD_CHARACTERS_MIN ? "away" : undefined;
  }
  return undefined;
}

function distanceOf(mark: Mark, { headline }: Marks): number {
  if (headline === -1) return mark.order;
  return Math.abs(mark.order - headline) + (mark.order < headline ? BEFORE_ELEMENTS : 0);
}

const RANK = { itemprop: 0, time: 1, class: 2 } as const;

/** The date of the mark nearest to the headline; what machines wrote goes before what people read. */
function firstMarked(
  reader: DateReader,
  list: readonly Mark[],
  marks: Marks,
  wanted: Role,
  withYear: boolean,
): ShownDate | undefined {
  const sorted = list
    .toSorted((a, b) => RANK[a.kind] - RANK[b.kind] || distanceOf(a, marks) - distanceOf(b, marks))
    .slice(0, MARKS_READ_MAX);
  for (const mark of sorted) {
    const text = shortText([mark.element], ELEMENT_CHARACTERS_MAX) ?? "";
    const worded =
      text.length > DATE_CHARACTERS_MAX || (withYear && !YEAR.test(text)) || NOT_OF_STORY.test(text)
        ? undefined
        : wordsDate(reader, wanted === "published" ? beforeUpdate(text) : afterUpdate(text), "byline");
    const valued = valueDate(reader, mark);
    const labelled = isLabelled(mark, text);
    // What readers are told is what was meant, where the value behind the words is of another day.
    const isOther =
      labelled && valued !== undefined && worded !== undefined && YEAR.test(text) && areApart(valued, worded);
    const date = isOther ? worded : (valued ?? worded);
    if (date !== undefined) return { date, labelled };
  }
  return undefined;
}

function valueDate(reader: DateReader, mark: Mark): DateInterval | undefined {
  const { attribs } = mark.element;
  for (const value of [
    attribs.datetime,
    attribs.content,
    attribs["data-datetime"],
    attribs["data-timestamp"],
    attribs["data-time"],
    attribs["data-date"],
    attribs.title,
  ]) {
    if (value === undefined) continue;
    const found =
      machineDate(reader, value, mark.kind === "itemprop" ? "microdata" : "time") ?? wordsDate(reader, value, "time");
    if (found !== undefined) return found;
  }
  return undefined;
}

function isLabelled({ element, kind }: Mark, text: string): boolean {
  return (
    /datePublished/i.test(element.attribs.itemprop ?? "") ||
    element.attribs.pubdate !== undefined ||
    PUBLISHED_WORDS.test(kind === "time" ? `${textBefore(element)} ${text}` : text)
  );
}

function beforeUpdate(text: string): string {
  const at = text.search(UPDATED_WORDS);
  return at > 6 ? text.slice(0, at) : text;
}

function afterUpdate(text: string): string {
  const at = text.search(UPDATED_WORDS);
  return at > 0 ? text.slice(at) : text;
}

type Role = "published" | "updated";

function roleOf(mark: Mark): Role {
  const property = mark.element.attribs.itemprop ?? "";
  if (/dateModified/i.test(property)) return "updated";
  if (/datePublished|dateCreated/i.test(property)) return "published";
  const names = `${mark.element.attribs.class ?? ""} ${mark.element.attribs.id ?? ""}`;
  if (/updat|modif|revis/i.test(names) && !/publish|posted/i.test(names)) return "updated";
  const text = lineOf(mark.element);
  const before = mark.kind === "time" ? textBefore(mark.element) : "";
  const said = `${before} ${text}`;
  const updated = said.search(UPDATED_WORDS);
  const published = said.search(PUBLISHED_WORDS);
  if (updated === -1) return "published";
  if (published !== -1)
    return published > updated && mark.kind === "time" && before.search(PUBLISHED_WORDS) > before.search(UPDATED_WORDS)
      ? "published"
      : published < updated
        ? "published"
        : "updated";
  return updated > 12 && /\d/.test(said.slice(0, updated)) ? "published" : "updated";
}

const LINE_ELEMENTS = new Set(["a", "abbr", "b", "em", "i", "label", "small", "span", "strong"]);

/** The words just before an element: `Updated <time>`. */
function textBefore(element: Element): string {
  let text = "";
  for (let node = element.prev; node !== null && text.length < 60; node = node.prev) {
    if (node.type === "text") text = node.data + text;
    else if (node.type === "tag" && LINE_ELEMENTS.has(node.name))
      text = `${shortText([node], ELEMENT_CHARACTERS_MAX) ?? ""} ${text}`;
    else if (node.type === "tag") break;
  }
  return text.slice(-60);
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
