import type { Element } from "domhandler";
import { textOf } from "../html/sanitize.ts";
import type { DateInterval } from "../model/date.ts";
import { parseDate } from "../model/date-parse.ts";
import { findDate } from "../model/date-words.ts";
import type { DocumentContext } from "../model/parsed.ts";
import type { Mark, Marks } from "./facts.ts";
import { textIn, typesOf } from "./json-ld.ts";
import type { PageMetadata } from "./metadata.ts";
import type { Segment } from "./segments.ts";

export interface FoundDates {
  readonly published: DateInterval | undefined;
  readonly updated: DateInterval | undefined;
  /** Segments that only tell a date: no part of the running text. */
}

/** The lines that may tell a date, by their places: around the headline, before the first and after the last paragraph. */
export interface DatedLines {
  readonly segments: readonly Segment[];
  readonly headline: number;
  readonly start: number;
  readonly end: number;
}

interface Reader {
  readonly context: DocumentContext;
  readonly languages: readonly string[];
}

const PUBLISHED_METAS = [
  "article:published_time",
  "og:article:published_time",
  "og:published_time",
  "datepublished",
  "article:published",
  "published_time",
  "parsely-pub-date",
  "sailthru.date",
  "publish-date",
  "publish_date",
  "publishdate",
  "pubdate",
  "published-date",
  "publication_date",
  "publicationdate",
  "dc.date.issued",
  "dcterms.created",
  "dcterms.date",
  "dcterms.issued",
  "dc.date",
  "dc.date.created",
  "citation_publication_date",
  "citation_date",
  "citation_online_date",
  "article.published",
  "article:create",
  "article_date_original",
  "originalpublicationdate",
  "date",
  "displaydate",
  "ptime",
  "published",
  "publication-date",
  "article-date",
  "post_date",
  "pdate",
  "created",
  "datecreated",
  "article:post_date",
  "cxenseparse:recs:publishtime",
  "vr:published_time",
  "bt:pubdate",
  "rnews:datepublished",
  "gentime",
  "og:release_date",
  "release_date",
  "video:release_date",
];
const UPDATED_METAS = [
  "article:modified_time",
  "og:updated_time",
  "og:article:modified_time",
  "datemodified",
  "lastmod",
  "last-modified",
  "article:modified",
  "dcterms.modified",
  "dc.date.modified",
  "article.updated",
  "modified_time",
  "revised",
  "article:updated_time",
  "updated_time",
  "dateupdated",
];

const LONE_MARKS_MAX = 4;
/** How many elements from the headline a date still belongs to it. */
const NEAR_ELEMENTS = 200;
const TEXT_CHARACTERS_MAX = 160;
/** Words before a date that say it is a later one. */
const UPDATED_WORDS =
  /\b(?:updated?|modified|last\s+(?:changed|edited|reviewed)|revised|actuali[sz]ad[oa]|aktualisiert|mis à jour|modifi[ée]|aggiornat[oa]|bijgewerkt|uppdaterad|opdateret|oppdatert|atualizad[oa]|güncelle\w*|обновлено|更新)/i;
const PUBLISHED_WORDS =
  /\b(?:published|posted|first published|created|veröffentlicht|publié|publicado|pubblicato|gepubliceerd|publicerad|written)/i;

/** When the article was published and last changed, from the most to the least trusted places. */
export function findDates(
  page: PageMetadata,
  marks: Marks,
  lines: DatedLines,
  context: DocumentContext,
  languages: readonly string[],
): FoundDates {
  const reader = { context, languages };
  const spoken = datedLines(reader, lines);
  const updated =
    ldDate(reader, page, ["dateModified"]) ??
    metaDate(reader, page, UPDATED_METAS) ??
    markedDate(reader, marks, "updated") ??
    spoken.updated;
  const published =
    ldDate(reader, page, ["datePublished", "dateCreated", "uploadDate"]) ??
    metaDate(reader, page, PUBLISHED_METAS) ??
    otherLdDate(reader, page) ??
    markedDate(reader, marks, "published") ??
    addressDate(reader, page) ??
    spoken.published;
  if (isAnotherStorys(published, updated)) return { published: undefined, updated };
  return { published, updated: isLater(updated, published) ? updated : undefined };
}

/** A day read off the page that lies after the last change belongs to a story listed there. */
function isAnotherStorys(published: DateInterval | undefined, updated: DateInterval | undefined): boolean {
  if (published?.from === undefined || updated === undefined || published.from <= updated.to) return false;
  return published.origin === "time" || published.origin === "byline";
}

function isLater(updated: DateInterval | undefined, published: DateInterval | undefined): boolean {
  return updated !== undefined && (published === undefined || updated.to > published.to);
}

function ldDate(reader: Reader, page: PageMetadata, keys: readonly string[]): DateInterval | undefined {
  const others = page.graph.nodes.filter((node) =>
    typesOf(node).some((type) => /^(WebPage|ItemPage|VideoObject|CreativeWork)$/.test(type)),
  );
  for (const node of page.article === undefined ? others : [page.article, ...others]) {
    for (const key of keys) {
      const text = textIn(page.graph, node[key]);
      const found = text === undefined ? undefined : machineDate(reader, text, "json-ld");
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The date of whatever else the page describes: instructions, events, products; not what readers say of it. */
function otherLdDate(reader: Reader, page: PageMetadata): DateInterval | undefined {
  for (const node of page.graph.nodes) {
    if (typesOf(node).some((type) => /Comment|Review|Answer|Image|Person|Organization/.test(type))) continue;
    const text = textIn(page.graph, node.datePublished);
    const found = text === undefined ? undefined : machineDate(reader, text, "json-ld");
    if (found !== undefined) return found;
  }
  return undefined;
}

function metaDate(reader: Reader, page: PageMetadata, names: readonly string[]): DateInterval | undefined {
  for (const name of names) {
    for (const value of page.metas.get(name) ?? []) {
      const found =
        machineDate(reader, value, name.startsWith("article:") || name.startsWith("og:") ? "og" : "meta") ??
        wordsDate(reader, value, "meta");
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function machineDate({ context, languages }: Reader, text: string, origin: string): DateInterval | undefined {
  const read = { timeZone: context.timeZone, languages, capturedAt: context.capturedAt, origin };
  const value = text.trim().slice(0, TEXT_CHARACTERS_MAX);
  // A day is still a day where the time behind it is broken.
  const found = parseDate(value, read) ?? parseDate(/^\d{4}-\d\d-\d\d(?=[T ])/.exec(value)?.[0] ?? "", read);
  return found !== null && isPlausible(found, context) ? found : undefined;
}

function wordsDate({ context, languages }: Reader, text: string, origin: string): DateInterval | undefined {
  const found = findDate(text.slice(0, TEXT_CHARACTERS_MAX), {
    timeZone: context.timeZone,
    languages,
    capturedAt: context.capturedAt,
    origin,
  });
  return found !== null && isPlausible(found, context) ? found : undefined;
}

const YEAR = /(?<!\d)(?:19|20)\d\d(?!\d)/;
const EARLIEST = Date.UTC(1990, 0, 1);
const DAY_MS = 86_400_000;

function isPlausible(found: DateInterval, context: DocumentContext): boolean {
  return found.to > EARLIEST && (found.from ?? found.to) <= context.capturedAt + DAY_MS;
}

/** Elements that carry a date by their name, the nearest to the headline first; those of other stories stay out. */
function markedDate(reader: Reader, marks: Marks, wanted: "published" | "updated"): DateInterval | undefined {
  const all = marks.dates.filter((mark) => roleOf(mark) === wanted);
  const near = all.filter((mark) => mark.kind === "itemprop" || distanceOf(mark, marks) < NEAR_ELEMENTS);
  const found = dateOfMarks(reader, marks.headline === -1 ? all : near, marks, wanted);
  // A lone date far from the headline is still the page's; of several, one may be another story's.
  return found ?? (all.length <= LONE_MARKS_MAX ? dateOfMarks(reader, all, marks, wanted) : undefined);
}

/** The date of the mark nearest to the headline; what machines wrote goes before what people read. */
function dateOfMarks(
  reader: Reader,
  near: readonly Mark[],
  marks: Marks,
  wanted: "published" | "updated",
): DateInterval | undefined {
  const rank = { itemprop: 0, time: 1, rel: 1, link: 2, class: 2 };
  const first = near
    .toSorted((a, b) => rank[a.kind] - rank[b.kind] || distanceOf(a, marks) - distanceOf(b, marks))
    .slice(0, 30);
  // A date that names its year goes before one that leaves it to be guessed.
  return firstMarked(reader, first, wanted, true) ?? firstMarked(reader, first, wanted, false);
}

function distanceOf(mark: Mark, { headline }: Marks): number {
  if (headline === -1) return mark.order;
  return Math.abs(mark.order - headline) + (mark.order < headline ? 40 : 0);
}

function firstMarked(
  reader: Reader,
  marks: readonly Mark[],
  wanted: "published" | "updated",
  withYear: boolean,
): DateInterval | undefined {
  for (const mark of marks) {
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
      const found =
        value === undefined
          ? undefined
          : (machineDate(reader, value, mark.kind === "itemprop" ? "microdata" : "time") ??
            wordsDate(reader, value, "time"));
      if (found !== undefined) return found;
    }
    const text = textOf([mark.element]);
    if (withYear && !YEAR.test(text)) continue;
    const found =
      text.length > TEXT_CHARACTERS_MAX
        ? undefined
        : wordsDate(reader, wanted === "published" ? beforeUpdate(text) : afterUpdate(text), "byline");
    if (found !== undefined) return found;
  }
  return undefined;
}

function beforeUpdate(text: string): string {
  const at = text.search(UPDATED_WORDS);
  return at > 6 ? text.slice(0, at) : text;
}

function afterUpdate(text: string): string {
  const at = text.search(UPDATED_WORDS);
  return at > 0 ? text.slice(at) : text;
}

function roleOf(mark: Mark): "published" | "updated" {
  const property = mark.element.attribs.itemprop ?? "";
  if (/dateModified/i.test(property)) return "updated";
  if (/datePublished|dateCreated/i.test(property)) return "published";
  const names = `${mark.element.attribs.class ?? ""} ${mark.element.attribs.id ?? ""}`;
  if (/updat|modif|revis/i.test(names) && !/publish|posted/i.test(names)) return "updated";
  const text = textOf([mark.element]).slice(0, TEXT_CHARACTERS_MAX);
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
    else if (node.type === "tag" && LINE_ELEMENTS.has(node.name)) text = `${textOf([node])} ${text}`;
    else if (node.type === "tag") break;
  }
  return text.slice(-60);
}

/** `/2024/03/09/` in the page's own address. */
function addressDate(reader: Reader, page: PageMetadata): DateInterval | undefined {
  for (const address of [page.canonical, reader.context.url]) {
    const match =
      /[/_-]((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?=[/_.-]|$|[a-z])/.exec(address ?? "") ??
      /\/((?:19|20)\d\d)\/(\d\d?)\/(\d\d?)\//.exec(address ?? "");
    if (match === null) continue;
    const found = machineDate(
      reader,
      `${match[1]}-${match[2]?.padStart(2, "0")}-${match[3]?.padStart(2, "0")}`,
      "address",
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Short lines around the headline and before the first paragraph that tell a date; later ones only where none is there. */
function datedLines(reader: Reader, { segments, headline, start, end }: DatedLines): FoundDates {
  const range = (from: number, to: number) => segments.slice(Math.max(0, from), Math.max(0, to));
  const above = [...range(headline, headline + 12), ...range(headline - 6, headline), ...range(start - 25, start + 6)];
  for (const [lines, withYear] of [
    [above, true],
    [range(end - 3, end + 8), true],
    [above, false],
  ] as const) {
    const found = firstDated(reader, lines, withYear);
    if (found.published !== undefined || found.updated !== undefined) return found;
  }
  return { published: undefined, updated: undefined };
}

function firstDated(reader: Reader, around: readonly Segment[], withYear: boolean): FoundDates {
  let published: DateInterval | undefined;
  let updated: DateInterval | undefined;
  for (const segment of around) {
    if (withYear && !YEAR.test(segment.text)) continue;
    if (
      segment.text.length > TEXT_CHARACTERS_MAX ||
      segment.linkLength > segment.text.length * 0.8 ||
      !/\d/.test(segment.text)
    )
      continue;
    const { published: first, updated: second } = readDateLine(reader, segment.text);
    published ??= first;
    updated ??= second;
    if (published !== undefined) break;
  }
  return { published, updated };
}

/** `UPDATED AUG 26, 2025`, `Published 3 May · Updated 4 May`. */
export function readDateLine(reader: Reader, text: string): FoundDates {
  const at = text.search(UPDATED_WORDS);
  if (at === -1) return { published: wordsDate(reader, text, "byline"), updated: undefined };
  return {
    published: at > 5 ? wordsDate(reader, text.slice(0, at), "byline") : undefined,
    updated: wordsDate(reader, text.slice(at).replace(UPDATED_WORDS, ""), "byline"),
  };
}
