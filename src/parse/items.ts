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
import { type FeedFormat, type FeedText, lineOf } from "./markup.ts";
import { readEnclosures, readImages } from "./media.ts";
import { readAuthors } from "./people.ts";

export interface ItemContext extends DocumentContext {
  /** The feed's language, which its items have where they name none. */
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
  const content = firstText(item, CONTENTS, format);
  const summary = firstText(item, SUMMARIES, format);
  const language = languageOf(item.text("language", "dc:language") ?? item.element.language);
  const dates = readDates(item, language ?? context.language, context);
  return {
    kind: "entry",
    title: lineOf(firstText(item, TITLES, format)),
    ...readIdentity(item),
    ...(summary === null ? {} : summaryOf(summary)),
    ...(content === null ? {} : { contentHtml: htmlOf(content) }),
    authors: readAuthors(item, "item"),
    tags: readTags(item),
    ...optional("language", language),
    images: readImages(item),
    enclosures: readEnclosures(item),
    ...optional("rights", lineOf(firstText(item, RIGHTS, format))),
    ...dates,
    ...optional("extensions", readExtensions(item.element)),
  };
}

/** A field only where it has a value. */
function optional<K extends string, T>(key: K, value: T | undefined | null | ""): { [P in K]?: T } {
  // The cast says that the computed key is K.
  return (value === undefined || value === null || value === "" ? {} : { [key]: value }) as { [P in K]?: T };
}

function summaryOf(text: FeedText): Pick<ParsedItem, "summary" | "summaryHtml"> {
  if (text.kind === "text") return { summary: text.text };
  return { ...optional("summary", htmlToText(text.html)), summaryHtml: untrusted(text.html, text.base) };
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
  const about = item.element.attributes["rdf:about"]?.trim();
  const permalink = guid?.name === "guid" && guid.attributes.ispermalink?.trim().toLowerCase() !== "false";
  const url =
    findPage(linksOf(item)) ??
    (permalink ? findPermalink(guid.text) : null) ??
    resolveWebUrl(item.element.attributes.href, item.element.base) ??
    findPermalink(about);
  const original = item.all("feedburner:origlink")[0];
  return {
    ...optional("guid", guid?.text.trim() ?? about),
    ...optional("url", url),
    ...optional("canonicalUrl", resolveWebUrl(original?.text, original?.base)),
  };
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
    const tag = htmlToText(written);
    if (tag !== "" && tags.size < FEED_LIMITS.listMax) tags.add(tag);
  }
  for (const element of item.all("itunes:keywords", "media:keywords")) {
    for (const word of element.text.split(",", FEED_LIMITS.listMax)) {
      const tag = htmlToText(word);
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
  const read = (names: readonly string[], origin: string): DateInterval | null => {
    for (const element of item.all(...names)) {
      const text = element.text.trim();
      if (text === "") continue;
      const { timeZone, capturedAt } = context;
      const date = parseDate(text, {
        timeZone,
        capturedAt,
        languages: language === undefined ? [] : [language],
        origin,
      });
      if (date !== null) return date;
      unread[element.name] ??= text.slice(0, 200);
    }
    return null;
  };
  const published = read(PUBLISHED, "feed");
  const updated = read(UPDATED, "updated");
  return {
    ...optional("published", published),
    ...optional("updated", updated),
    ...(Object.keys(unread).length === 0 ? {} : { unreadDates: unread }),
  };
}
