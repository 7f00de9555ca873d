import type { Document } from "domhandler";
import { ParseError } from "../errors.ts";
import { bodyText } from "../html/text.ts";
import { parseHtml } from "../html/tree.ts";
import type { DocumentContext, FeedFacts, ParsedFeed, ParsedItem } from "../model/parsed.ts";
import type { ListingRules } from "../model/source.ts";
import { type AbsoluteUrl, resolveWebUrl, urlIdentity } from "../model/url.ts";
import { type FoundArticle, findArticle } from "./article.ts";
import { drawEmbeddedArticle } from "./embedded-article.ts";
import { findLanguage } from "./facts.ts";
import { findFeedLink } from "./feed-link.ts";
import { extractListings, type Listings } from "./listing.ts";
import { wordCount } from "./listing-links.ts";
import { findTextListing } from "./listing-text.ts";
import { metaOf, type PageMetadata, readMetadata, siteNameOf } from "./metadata.ts";
import { findNextPart } from "./next-part.ts";
import { findTextArticle } from "./plain-text.ts";
import { findRefusal } from "./refusal.ts";
import { joinStreamed } from "./streamed.ts";

export interface ExtractOptions {
  /** `auto`: the article where the page is one, else its listing. */
  readonly kind: "auto" | "page" | "listing";
  /** An article page also yields the stories it lists. */
  readonly more: boolean;
  /** The heading of the listing block to take; absent: the best block. */
  readonly heading?: string | undefined;
  /** CSS selectors of the listing; absent: found by structure. */
  readonly selectors?: ListingRules | undefined;
  /** `page`: whether a page of which no part reads like an article yields what it says; absent: it is refused. */
  readonly guess?: boolean | undefined;
}

/** A page must say this much to be read as an article nobody promised; one with headline, author and date, or one the operator calls an article, may be shorter. */
const ARTICLE_CHARACTERS_MIN = { auto: 400, signed: 150, page: 40 } as const;
/** A page that declares itself an article may be this short. */
const DECLARED_CHARACTERS_MIN = 40;
/** What a teaser says, at the least: a page with more stories than its text can tell is their listing. */
const LISTED_CHARACTERS = 60;
/** The same for a page that calls itself a part of the site and names neither author nor date. */
const SITE_LISTED_CHARACTERS = 200;
/** What is read of a plain text document; the rest is no article any more. */
const TEXT_CHARACTERS_MAX = 2_000_000;
const LINES_MAX = 10_000;

/**
 * What a web page or plain text document says: its article, the stories it lists, or both (the article first, then the
 * stories in page order); of `kind: auto` also the feed that the page names, then it need hold neither. Throws `ParseError`: `empty`, `not_an_article`, `no_listing`, `wall` (login, consent, captcha),
 * `error_page`, `too_large`, `too_deep`, `too_many_elements`.
 */
export function extractDocument(text: string, context: DocumentContext, options: ExtractOptions): ParsedFeed {
  if (text.trim() === "") throw failure("empty", context, "it is empty");
  return isMarkup(text, context) ? extractPage(parseHtml(text), context, options) : extractText(text, context, options);
}

/** The content type says it; without one, whether there is any markup near the beginning. */
function isMarkup(text: string, context: DocumentContext): boolean {
  const type = context.contentType ?? "";
  if (/html|xml/i.test(type)) return true;
  return (
    !/^\s*text\/plain/i.test(type) &&
    /<(?:!doctype|html|head|body|meta|title|div|p|article|a|h1|br|span)\b/i.test(text.slice(0, 20_000))
  );
}

function extractText(text: string, context: DocumentContext, options: ExtractOptions): ParsedFeed {
  const lines = text.slice(0, TEXT_CHARACTERS_MAX).split(/\r\n|[\n\r\u2028\u2029]/, LINES_MAX);
  const heading = options.heading ?? options.selectors?.heading;
  const listing = options.kind === "page" && !options.more ? null : findTextListing(lines, context, heading);
  const own = listing === null ? lines : [...lines.slice(0, listing.startLine), "", ...lines.slice(listing.endLine)];
  const found = options.kind === "listing" ? null : findTextArticle(own, context);
  const article = options.kind === "auto" && listing !== null && isBrief(found) ? null : found;
  const wantsListed = article === null ? options.kind !== "page" : options.more;
  const listed = wantsListed ? (listing?.items ?? []) : [];
  const items = article === null ? listed : [article, ...listed];
  if (items.length === 0) throw nothingFound(options.kind, context);
  return { format: "text", feed: { authors: [] }, items, hints: {}, faults: [] };
}

const TEXT_WORDS_MIN = 25;

/** A few words over a list are no article. */
function isBrief(article: ParsedItem | null): boolean {
  return wordCount(bodyText(String(article?.contentHtml ?? ""))) < TEXT_WORDS_MIN;
}

function extractPage(document: Document, context: DocumentContext, options: ExtractOptions): ParsedFeed {
  joinStreamed(document);
  const page = readMetadata(document);
  const found = options.kind === "listing" ? null : findShownOrTold(document, page, context);
  const listings = options.kind === "page" && !options.more ? null : listingsOf(document, page, context, options);
  const article = found !== null && isArticle(found, page, options, listings) ? found : null;
  const seen = { item: found?.item, length: found?.length ?? 0, listed: listings?.items.length ?? 0 };
  const refusal = findRefusal(document, page, seen);
  if (refusal !== null) throw failure(refusal.code, context, refusal.why);
  const listed = article === null || options.more ? otherStories(listings, article) : [];
  const feedUrl = options.kind === "auto" ? findFeedLink(document, context.url) : undefined;
  // A page without stories of its own is no fault where it names its feed.
  const isBare = article === null && (listed.length === 0 || options.kind === "page");
  if (isBare && feedUrl === undefined) throw nothingFound(options.kind, context);
  const items = article === null ? listed : [article.item, ...listed];
  const nextUrl = article === null ? listings?.nextUrl : nextPartOf(document, page, article, context);
  return {
    format: isBare ? "page" : article === null ? "listing" : "article",
    feed: factsOf(page, context),
    items,
    hints: {},
    faults: [],
    ...(nextUrl !== undefined && { nextUrl }),
    ...(feedUrl !== undefined && { feedUrl }),
  };
}

/** Only of what is an article beyond doubt: it says so, or has a date. A blog's front may read like one, and has a next page too. */
function nextPartOf(
  document: Document,
  page: PageMetadata,
  { item }: FoundArticle,
  context: DocumentContext,
): AbsoluteUrl | undefined {
  const type = metaOf(page, ["og:type"])?.value.toLowerCase();
  const isDeclared = page.article !== undefined || type === "article";
  const isFront = type === "website" || type === "blog";
  return isDeclared || (item.published !== undefined && !isFront) ? findNextPart(document, page, context) : undefined;
}

/** A page that says less may carry its text as data. */
const SHOWN_CHARACTERS_MIN = 600;

/** The article that a page shows; where it shows little, the one that its data tell at length. */
function findShownOrTold(document: Document, page: PageMetadata, context: DocumentContext): FoundArticle | null {
  const shown = findArticle(document, page, context);
  if (shown !== null && shown.length >= SHOWN_CHARACTERS_MIN) return shown;
  const drawn = drawEmbeddedArticle(document, page, context);
  const told = drawn === null ? null : findArticle(parseHtml(drawn), page, context);
  if (told === null || told.length < 2 * (shown?.length ?? 0)) return shown;
  return { ...told, item: { ...told.item, origins: { ...told.item.origins, contentHtml: "json" } } };
}

function listingsOf(
  document: Document,
  page: PageMetadata,
  context: DocumentContext,
  options: ExtractOptions,
): Listings {
  const search = { heading: options.heading, selectors: options.selectors, language: findLanguage(page)?.value };
  return extractListings(document, context, search);
}

/** The stories a page lists beside its article: not itself once more. */
function otherStories(listings: Listings | null, article: FoundArticle | null): readonly ParsedItem[] {
  const items = listings?.items ?? [];
  if (article === null) return items;
  const own = new Set([article.item.url, article.item.canonicalUrl].flatMap((url) => (url ? [urlIdentity(url)] : [])));
  return items.filter((item) => item.url === undefined || !own.has(urlIdentity(item.url)));
}

/** Running text that is long enough, or that the page itself calls an article; a front page lists more than it tells. */
function isArticle(
  { item, length }: FoundArticle,
  page: PageMetadata,
  { kind, guess }: ExtractOptions,
  listings: Listings | null,
): boolean {
  if (item.contentHtml === undefined) return false;
  const declared = page.article !== undefined || metaOf(page, ["og:type"])?.value === "article";
  if (kind === "page")
    return (declared && length >= DECLARED_CHARACTERS_MIN) || guess === true || length >= ARTICLE_CHARACTERS_MIN.page;
  const listed = listings?.items ?? [];
  const told = toldOf(listed, item.contentHtml, length);
  if (declared && length >= DECLARED_CHARACTERS_MIN) return true;
  if (told.stories >= Math.max(LISTED_STORIES_MIN, listed.length / 2) && told.share >= TOLD_SHARE) return false;
  const isSigned = item.origins?.title === "h1" && item.published !== undefined && item.authors.length > 0;
  const least = isSigned ? ARTICLE_CHARACTERS_MIN.signed : ARTICLE_CHARACTERS_MIN.auto;
  const isUntold = item.published === undefined && item.authors.length === 0;
  const isSite = isUntold && metaOf(page, ["og:type"])?.value === "website";
  if (length < Math.max(least, listed.length * (isSite ? SITE_LISTED_CHARACTERS : LISTED_CHARACTERS))) return false;
  const isFront = told.titles >= LISTED_STORIES_MIN && told.share >= TITLED_SHARE;
  return isSigned || (!isFront && length * (1 - told.share) >= least);
}

/** Longer texts are no teasers on end. */
const LISTED_TEXT_MAX = 20_000;
/** A text that tells so many of the listed stories, and half of them, is their list where that is so much of it; less where it is their titles. */
const LISTED_STORIES_MIN = 3;
const TOLD_SHARE = 0.3;
const TITLED_SHARE = 0.1;

/** How much of a text is what the page lists: titles and teasers of its stories. */
function toldOf(listed: readonly ParsedItem[], html: ParsedItem["contentHtml"], length: number) {
  const text = length > LISTED_TEXT_MAX || length === 0 || typeof html !== "string" ? "" : bodyText(html);
  let titles = 0;
  let stories = 0;
  let characters = 0;
  for (const { title, summary = "" } of text === "" ? [] : listed) {
    const titled = title.length >= TITLE_CHARACTERS_MIN && text.includes(title);
    const summed = summary !== "" && text.includes(summary.slice(0, 80));
    if (titled) titles++;
    if (titled || summed) stories++;
    characters += (titled ? title.length : 0) + (summed ? summary.length : 0);
  }
  return { titles, stories, share: length === 0 ? 0 : Math.min(1, characters / length) };
}

/** Shorter titles are words that any text may hold. */
const TITLE_CHARACTERS_MIN = 15;

function factsOf(page: PageMetadata, context: DocumentContext): FeedFacts {
  const name = siteNameOf(page);
  const home = resolveWebUrl("/", context.url);
  const language = findLanguage(page);
  return {
    authors: [],
    ...(name !== undefined && { title: name.value }),
    ...(home !== null && { link: home }),
    ...(language !== undefined && { language: language.value }),
  };
}

function nothingFound(kind: ExtractOptions["kind"], context: DocumentContext): ParseError {
  if (kind === "page") return failure("not_an_article", context, "no part of it reads like an article");
  return failure("no_listing", context, "it lists no stories");
}

function failure(code: string, context: DocumentContext, why: string): ParseError {
  const name = context.url === undefined ? "the document" : JSON.stringify(context.url);
  return new ParseError(`Cannot extract stories from ${name}: ${why}`, { code, concerns: context.url });
}
