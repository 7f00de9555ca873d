import { htmlToText } from "../html/text.ts";
import type { DateInterval } from "../model/date.ts";
import { parseDate } from "../model/date-parse.ts";
import type { UntrustedHtml } from "../model/html.ts";
import type { DocumentContext, Fault, ParsedItem } from "../model/parsed.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { readExtensions } from "./extensions.ts";
import { firstText, languageOf } from "./facts.ts";
import type { FieldList } from "./fields.ts";
import { FEED_LIMITS } from "./limits.ts";
import { findPage, linksOf } from "./links.ts";
import { type FeedFormat, type FeedText, lineOf, nameOf, readText } from "./markup.ts";
import { readEnclosures, readImages } from "./media.ts";
import { readAuthors } from "./people.ts";
import { present } from "./present.ts";

export interface ItemContext extends Omit<DocumentContext, "language"> {
  /** The feed's language, in which the dates of its items are written. */
  readonly language: string | undefined;
}

/** The items in document order. One that cannot be read is left out with the fault `bad_item`. */
export function readItems(
  items: readonly FieldList[],
  format: FeedFormat,
  context: ItemContext,
): { readonly items: readonly ParsedItem[]; readonly faults: readonly Fault[] } {
  const read: ParsedItem[] = [];
  const faults: Fault[] = [];
  for (const [index, item] of items.slice(0, FEED_LIMITS.itemsMax).entries()) {
    try {
      read.push(readItem(item, format, context));
    } catch (error) {
      faults.push({ code: "bad_item", message: `The item could not be read: ${String(error)}`, item: index });
    }
  }
  if (items.length > FEED_LIMITS.itemsMax) {
    const message = `The document has ${items.length} items; those after the first ${FEED_LIMITS.itemsMax} were left out`;
    faults.push({ code: "too_many_items", message });
  }
  return { items: read, faults };
}

const TITLES = ["title", "dc:title", "atom:title", "media:title", "itunes:title"];
const CONTENTS = ["content:encoded", "content", "atom:content", "xhtml:body", "body", "fullitem"];
const SUMMARIES = [
  "description",
  "summary",
  "atom:summary",
  "dc:description",
  "dcterms:abstract",
  "abstract",
  "itunes:summary",
  "itunes:subtitle",
  "media:description",
  "dcterms:description",
  "googleplay:description",
];
const RIGHTS = ["rights", "copyright", "dc:rights", "atom:rights", "media:copyright"];

function readItem(item: FieldList, format: FeedFormat, context: ItemContext): ParsedItem {
  const [summary, content] = readTexts(item, format);
  const language = languageOf(item.text("language", "dc:language") ?? item.element.language);
  return present({
    kind: "entry" as const,
    ...readIdentity(item),
    title: lineOf(firstText(item, TITLES, format)),
    ...(summary === null ? {} : summaryOf(summary)),
    contentHtml: content === null ? undefined : htmlOf(content),
    authors: readAuthors(item, "item"),
    tags: readTags(item),
    language,
    images: readImages(item),
    enclosures: readEnclosures(item),
    rights: lineOf(firstText(item, RIGHTS, format)) || undefined,
    ...readDates(item, language ?? context.language, context),
    extensions: readExtensions(item.element),
  });
}

/** RSS 2.0 `<description>` is the summary. An item that has a `summary` too has its content in the second of them. */
function readTexts(item: FieldList, format: FeedFormat): readonly [summary: FeedText | null, content: FeedText | null] {
  const content = firstText(item, CONTENTS, format);
  const summary = firstText(item, SUMMARIES, format) ?? firstInside(item, "media:description", format);
  if (content !== null || format === "atom" || item.all("description").length === 0) return [summary, content];
  const texts = item.element.elements
    .filter(({ name }) => name === "description" || name === "summary")
    .map((element) => readText(element, format))
    .filter((text) => text !== null);
  return [texts[0] ?? summary, texts[1] ?? null];
}

/** A text that stands in the item's media:group or media:content. */
function firstInside(item: FieldList, name: string, format: FeedFormat): FeedText | null {
  const inner = item.all("media:group", "media:content").flatMap(({ elements }) => elements);
  return readText(
    inner.find((element) => element.name === name),
    format,
  );
}

function summaryOf(text: FeedText): Pick<ParsedItem, "summary" | "summaryHtml"> {
  if (text.kind === "text") return { summary: text.text };
  return present({ summary: htmlToText(text.html) || undefined, summaryHtml: untrusted(text.html, text.base) });
}

function htmlOf(text: FeedText): UntrustedHtml {
  if (text.kind === "html") return untrusted(text.html, text.base);
  return { untrusted: text.text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;") };
}

function untrusted(html: string, baseUrl: string | undefined): UntrustedHtml {
  return baseUrl === undefined ? { untrusted: html } : { untrusted: html, baseUrl };
}

// ------------------------------------------------------------------------------------------------------- guid and links

function readIdentity(item: FieldList): Pick<ParsedItem, "guid" | "url" | "canonicalUrl"> {
  const [guid] = item.all("guid", "id", "atom:id", "dc:identifier").filter((element) => element.text.trim() !== "");
  const about = (item.element.attributes["rdf:about"] ?? item.element.attributes.about)?.trim();
  const permalink = guid?.name === "guid" && guid.attributes.ispermalink?.trim().toLowerCase() !== "false";
  const url =
    findPage(linksOf(item)) ??
    (permalink ? findPermalink(guid.text) : null) ??
    resolveWebUrl(item.element.attributes.href, item.element.base) ??
    findPermalink(about);
  const original = item.all("feedburner:origlink")[0];
  return present({
    guid: guid?.text.trim() ?? (about || undefined),
    url,
    canonicalUrl: resolveWebUrl(original?.text, original?.base),
  });
}

/** RSS 2.0 `<guid>`: a permalink is a full address; a bare word resolved against the feed would be invented. */
function findPermalink(text: string | undefined): AbsoluteUrl | null {
  return /^\s*https?:/i.test(text ?? "") ? resolveWebUrl(text) : null;
}

// --------------------------------------------------------------------------------------------------------------- tags

function readTags(item: FieldList): readonly string[] {
  const tags = new Set<string>();
  for (const element of item.all("category", "atom:category", "dc:subject", "media:category", "itunes:category")) {
    const { attributes } = element;
    const written =
      element.text.trim() === "" ? (attributes.term ?? attributes.text ?? attributes.label ?? "") : element.text;
    const tag = nameOf(written);
    if (tag !== "" && tags.size < FEED_LIMITS.listMax) tags.add(tag);
  }
  for (const element of item.all("itunes:keywords", "media:keywords")) {
    for (const word of element.text.split(",", FEED_LIMITS.listMax)) {
      const tag = nameOf(word);
      if (tag !== "" && tags.size < FEED_LIMITS.listMax) tags.add(tag);
    }
  }
  return [...tags];
}

// -------------------------------------------------------------------------------------------------------------- dates

const PUBLISHED = [
  "pubdate",
  "published",
  "issued",
  "atom:published",
  "dcterms:issued",
  "dc:date",
  "dcterms:available",
  "created",
  "dcterms:created",
];
const UPDATED = ["updated", "modified", "atom:updated", "dcterms:modified", "lastmod"];

type ItemDates = Pick<ParsedItem, "published" | "updated" | "unreadDates">;

function readDates(item: FieldList, language: string | undefined, context: ItemContext): ItemDates {
  const unread: Record<string, string> = {};
  const languages = language === undefined ? [] : [language];
  const read = (names: readonly string[], origin: string): DateInterval | null => {
    for (const name of names) {
      // Of dates that stand twice the later one counts, as in other readers. CDF has them in attributes.
      for (const written of [item.element.attributes[name], ...item.all(name).map((each) => each.text)].toReversed()) {
        const text = written?.trim() ?? "";
        const { timeZone, capturedAt } = context;
        const date = text === "" ? null : parseDate(text, { timeZone, capturedAt, languages, origin });
        if (date !== null) return date;
        if (text !== "") unread[name] ??= text.slice(0, 200);
      }
    }
    return null;
  };
  return present({
    published: read(PUBLISHED, "feed"),
    updated: read(UPDATED, "updated"),
    unreadDates: Object.keys(unread).length === 0 ? undefined : unread,
  });
}
