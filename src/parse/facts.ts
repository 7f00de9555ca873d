import { decodeHTMLAttribute } from "entities/decode";
import { parseDate } from "../model/date-parse.ts";
import type { DocumentContext, FeedFacts } from "../model/parsed.ts";
import { resolveWebUrl } from "../model/url.ts";
import type { FieldList } from "./fields.ts";
import { findPage, findRelated, linksOf } from "./links.ts";
import { type FeedFormat, type FeedText, lineOf, readText } from "./markup.ts";
import { findFeedImage } from "./media.ts";
import { readAuthors } from "./people.ts";
import { present } from "./present.ts";
import type { XmlElement } from "./xml-tree.ts";

const DESCRIPTIONS = [
  "subtitle",
  "tagline",
  "description",
  "dc:description",
  "atom:subtitle",
  "itunes:summary",
  "summary",
  "itunes:subtitle",
  "abstract",
  "info",
  "googleplay:description",
];
const DATES = [
  "updated",
  "modified",
  "lastbuilddate",
  "atom:updated",
  "dcterms:modified",
  "dc:date",
  "dcterms:issued",
  "issued",
  "dcterms:created",
  "pubdate",
  "published",
];

/** What the feed says of itself. */
export function readFacts(feed: FieldList, format: FeedFormat, context: DocumentContext): FeedFacts {
  const links = linksOf(feed);
  const language = readLanguage(feed) ?? languageOf(context.language);
  const description = firstText(feed, DESCRIPTIONS, format);
  return present({
    title: lineOf(firstText(feed, ["title", "dc:title", "atom:title"], format)) || undefined,
    link: findPage(links) ?? resolveWebUrl(feed.element.attributes.href, feed.element.base),
    description: description === null ? undefined : describe(description),
    language,
    updated: readUpdated(feed, language, context),
    image: findFeedImage(feed),
    authors: readAuthors(feed, "feed"),
    hub: findRelated(links, "hub"),
    self: findRelated(links, "self"),
    rights: lineOf(firstText(feed, ["rights", "copyright", "dc:rights", "atom:rights"], format)) || undefined,
  });
}

/** Plain text, or HTML with its addresses absolute: whoever cleans it does not know the base. */
function describe(text: FeedText): string {
  if (text.kind === "text") return text.text;
  return text.html.replace(ADDRESS, (whole, name: string, quoted: string) => {
    const url = resolveWebUrl(decodeHTMLAttribute(quoted.replace(/^["']|["']$/g, "")), text.base);
    return url === null ? whole : `${name}="${url.replaceAll("&", "&amp;")}"`;
  });
}

const ADDRESS = /(?<=\s)(href|src|poster|cite)\s{0,8}=\s{0,8}("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)/gi;

/** The first of the names that says something, in the order of the names. */
export function firstText(fields: FieldList, names: readonly string[], format: FeedFormat): FeedText | null {
  for (const name of names) {
    for (const element of fields.all(name)) {
      const text = readText(element, format);
      if (text !== null) return text;
    }
  }
  return null;
}

/** RSS `language`, `dc:language`, xml:lang (RFC 4287 §2), as BCP 47 writes it. */
function readLanguage(fields: FieldList): string | undefined {
  return languageOf(fields.text("language", "dc:language") ?? fields.element.language);
}

export function languageOf(written: string | undefined): string | undefined {
  const language = written?.trim().replaceAll("_", "-") ?? "";
  return /^[a-z]{1,8}(?:-[a-z\d]{1,8}){0,8}$/i.test(language) ? language : undefined;
}

function readUpdated(feed: FieldList, language: string | undefined, context: DocumentContext): string | undefined {
  const elements: readonly XmlElement[] = feed.all(...DATES);
  for (const element of elements) {
    const date = parseDate(element.text, {
      timeZone: context.timeZone,
      languages: language === undefined ? [] : [language],
      capturedAt: context.capturedAt,
      origin: "feed",
    });
    if (date !== null) return new Date(date.from ?? date.to).toISOString();
  }
  return undefined;
}
