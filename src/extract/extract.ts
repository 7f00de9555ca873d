import type { Document } from "domhandler";
import { ParseError } from "../errors.ts";
import { textOf } from "../html/sanitize.ts";
import { parseHtml } from "../html/tree.ts";
import type { DocumentContext, FeedFacts, ParsedFeed, ParsedItem } from "../model/parsed.ts";
import type { ListingRules } from "../model/source.ts";
import { resolveWebUrl } from "../model/url.ts";
import { type FoundArticle, findArticle } from "./article.ts";
import { findLanguage } from "./facts.ts";
import { metaOf, type PageMetadata, readMetadata, siteNameOf } from "./metadata.ts";
import { findTextArticle } from "./plain-text.ts";

export interface ExtractOptions {
  /** `auto`: the article where the page is one, else its listing. */
  readonly kind: "auto" | "page" | "listing";
  /** An article page also yields the stories it lists. */
  readonly more: boolean;
  /** The heading of the listing block to take; absent: the best block. */
  readonly heading?: string | undefined;
  /** CSS selectors of the listing; absent: found by structure. */
  readonly selectors?: ListingRules | undefined;
}

/** A page must say this much to be read as an article nobody promised; a page the operator calls one may be shorter. */
const ARTICLE_CHARACTERS_MIN = { auto: 400, page: 80 } as const;

/**
 * What a web page or plain text document says: its article, the stories it lists, or both (the article first, then the
 * stories in page order). Throws `ParseError`: `empty`, `not_an_article`, `no_listing`, `wall` (login, consent, captcha),
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
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/);
  const article = options.kind === "listing" ? null : findTextArticle(lines, context);
  if (article === null)
    throw failure(
      options.kind === "listing" ? "no_listing" : "not_an_article",
      context,
      "its lines do not read like one",
    );
  return { format: "text", feed: { authors: [] }, items: [article], hints: {}, faults: [] };
}

function extractPage(document: Document, context: DocumentContext, options: ExtractOptions): ParsedFeed {
  const page = readMetadata(document);
  const article = options.kind === "listing" ? null : findArticle(document, page, context);
  if (article !== null && isArticle(article, page, options.kind))
    return resultOf("article", [article.item], page, context);
  throw refusal(document, page, context, options.kind === "listing" ? "no_listing" : "not_an_article");
}

function isArticle(article: FoundArticle, page: PageMetadata, kind: ExtractOptions["kind"]): boolean {
  if (article.item.contentHtml === undefined) return false;
  if (article.length >= (kind === "page" ? ARTICLE_CHARACTERS_MIN.page : ARTICLE_CHARACTERS_MIN.auto)) return true;
  return article.length >= 40 && (page.article !== undefined || metaOf(page, ["og:type"])?.value === "article");
}

function resultOf(
  format: string,
  items: readonly ParsedItem[],
  page: PageMetadata,
  context: DocumentContext,
): ParsedFeed {
  return { format, feed: factsOf(page, context), items, hints: {}, faults: [] };
}

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

const WALL =
  /\b(?:captcha|are you (?:a )?(?:human|robot)|not a robot|verify (?:that )?you are|checking your browser|enable (?:javascript|cookies)|unusual traffic|access denied|log ?in to continue|sign ?in to continue|please (?:log|sign) ?in|we value your privacy|accept (?:all )?cookies|before you continue)\b/i;
const ERROR =
  /\b(?:404|403|410|500|502|503|page not found|not found|does not exist|no longer (?:available|exists)|internal server error|bad gateway|service unavailable|something went wrong|seite nicht gefunden|page introuvable|página no encontrada)\b/i;

function refusal(document: Document, page: PageMetadata, context: DocumentContext, code: string): ParseError {
  const words = textOf(document.children).slice(0, 3000);
  if (words === "") return failure("empty", context, "it shows no text");
  if (ERROR.test(page.documentTitle) || ERROR.test(words.slice(0, 200)))
    return failure("error_page", context, "it says that there is no such page");
  if (WALL.test(page.documentTitle) || WALL.test(words.slice(0, 1500)))
    return failure("wall", context, "it asks to log in, to consent or to prove that one is human");
  return failure(code, context, code === "no_listing" ? "it lists no stories" : "no part of it reads like an article");
}

function failure(code: string, context: DocumentContext, why: string): ParseError {
  const name = context.url === undefined ? "the document" : JSON.stringify(context.url);
  return new ParseError(`Cannot extract stories from ${name}: ${why}`, { code, concerns: context.url });
}
