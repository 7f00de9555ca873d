import type { DateInterval } from "../model/date.ts";
import { type DateReader, machineDate, tornClocks, vagueDate, wordsDate } from "./date-reading.ts";
import { type LdNode, textIn, typesOf } from "./json-ld.ts";
import type { PageMetadata } from "./metadata.ts";

/** Names that say when the article was published. */
const PUBLISHED_METAS = [
  "article:published_time",
  "og:article:published_time",
  "og:published_time",
  "og:publish_date",
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
  "dcterms.issued",
  "citation_publication_date",
  "citation_online_date",
  "prism.publicationdate",
  "article.published",
  "article_date_original",
  "originalpublicationdate",
  "published",
  "publication-date",
  "bi3dpubdate",
  "cxenseparse:publishtime",
  "cxenseparse:recs:publishtime",
  "vr:published_time",
  "bt:pubdate",
  "rnews:datepublished",
];
/** Names that say only that it is a date: of the story, of its file, of the last change. */
const OTHER_METAS = [
  "dcterms.created",
  "dcterms.date",
  "dc.date",
  "dc.date.created",
  "citation_date",
  "article:create",
  "date",
  "displaydate",
  "ptime",
  "article-date",
  "post_date",
  "pdate",
  "created",
  "datecreated",
  "article:post_date",
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

const PAGE_TYPE = /^(WebPage|ItemPage|CreativeWork)$/;
/** What readers say of the article, and who or what it is by. */
const ASIDE_TYPE = /Comment|Review|Answer|Image|Person|Organization/;

/** What the page tells machines of its dates, by what is said; each from its most trusted statement. */
export interface ToldDates {
  /** Publication, as the article's JSON-LD has it. */
  readonly linked: DateInterval | undefined;
  /** Publication, as a meta has it. */
  readonly meta: DateInterval | undefined;
  /** A date of no said meaning. */
  readonly other: DateInterval | undefined;
  /** A year or a month, at its first day. */
  readonly vague: DateInterval | undefined;
  readonly updated: DateInterval | undefined;
}

export function readToldDates(page: PageMetadata, reader: DateReader): ToldDates {
  const pages = page.graph.nodes.filter((node) => typesOf(node).some((type) => PAGE_TYPE.test(type)));
  const own = page.article === undefined ? pages : [page.article, ...pages];
  const others = page.graph.nodes.filter((node) => !typesOf(node).some((type) => ASIDE_TYPE.test(type)));
  return {
    linked: linkedDate(reader, page, own, ["datePublished"]) ?? linkedDate(reader, page, others, ["datePublished"]),
    meta: metaDate(reader, page, PUBLISHED_METAS),
    other: metaDate(reader, page, OTHER_METAS) ?? linkedDate(reader, page, others, ["dateCreated", "uploadDate"]),
    vague: vagueMeta(reader, page),
    updated: linkedDate(reader, page, own, ["dateModified"]) ?? metaDate(reader, page, UPDATED_METAS),
  };
}

/** The wall clocks to which the page's statements of publication give more than one zone. */
export function findTornClocks(page: PageMetadata): ReadonlySet<string> {
  const linked = page.article === undefined ? undefined : textIn(page.graph, page.article.datePublished);
  const metas = PUBLISHED_METAS.flatMap((name) => page.metas.get(name)?.slice(0, 1) ?? []);
  return tornClocks(linked === undefined ? metas : [linked, ...metas]);
}

function linkedDate(
  reader: DateReader,
  page: PageMetadata,
  nodes: readonly LdNode[],
  keys: readonly string[],
): DateInterval | undefined {
  for (const node of nodes) {
    for (const key of keys) {
      const text = textIn(page.graph, node[key]);
      const found = text === undefined ? undefined : machineDate(reader, text, "json-ld");
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function metaDate(reader: DateReader, page: PageMetadata, names: readonly string[]): DateInterval | undefined {
  for (const name of names) {
    const origin = name.startsWith("article:") || name.startsWith("og:") ? "og" : "meta";
    for (const value of page.metas.get(name) ?? []) {
      const found = machineDate(reader, value, origin) ?? wordsDate(reader, value, "meta");
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function vagueMeta(reader: DateReader, page: PageMetadata): DateInterval | undefined {
  for (const name of [...PUBLISHED_METAS, ...OTHER_METAS]) {
    for (const value of page.metas.get(name) ?? []) {
      const found = vagueDate(reader, value, "meta");
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** `/2024/03/09/`, `/20240309-`, `/2024/9/3/` */
const ADDRESS_FIGURES = [
  /[/_-]((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2])[/_-]?(0[1-9]|[12]\d|3[01])(?=[/_.-]|$|[a-z])/,
  /\/((?:19|20)\d\d)\/(\d\d?)\/(\d\d?)\//,
];
/** `/2024/mar/09/`, `/2024/march/9/` */
const ADDRESS_NAME = /\/((?:19|20)\d\d)\/(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\/(\d\d?)(?=\/|$)/i;
const MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";

/** The day in the page's own address, given to it when it was first published. */
export function addressDate(reader: DateReader, page: PageMetadata): DateInterval | undefined {
  for (const address of [page.canonical, reader.context.url]) {
    const day = dayInAddress(address ?? "");
    const found = day === undefined ? undefined : machineDate(reader, day, "address");
    if (found !== undefined) return found;
  }
  return undefined;
}

function dayInAddress(address: string): string | undefined {
  const named = ADDRESS_NAME.exec(address);
  const match = named ?? ADDRESS_FIGURES.map((form) => form.exec(address)).find((one) => one !== null);
  if (match === undefined || match === null) return undefined;
  const month = named === null ? match[2] : String(MONTHS.indexOf((named[2] ?? "").toLowerCase()) / 3 + 1);
  return `${match[1]}-${month?.padStart(2, "0")}-${match[3]?.padStart(2, "0")}`;
}
