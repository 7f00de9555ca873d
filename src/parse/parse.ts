import { ParseError } from "../errors.ts";
import type { DocumentContext, ParsedFeed } from "../model/parsed.ts";
import { mendCharacters } from "./characters.ts";
import { parseJson } from "./json.ts";
import { FEED_LIMITS } from "./limits.ts";
import { parseXml } from "./xml.ts";

/**
 * A feed document as what it says: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, CDF, JSON Feed 1.0 and 1.1, also damaged
 * ones. Throws ParseError: `empty`, `too_large`, `not_a_feed`, `bad_json`, `too_deep`, `too_many_elements`,
 * `too_many_attributes`. An item that cannot be read is left out, with a fault.
 */
export function parseFeed(text: string, context: DocumentContext): ParsedFeed {
  if (text.length > FEED_LIMITS.charactersMax) {
    throw new ParseError(
      `Cannot parse a feed of ${text.length} characters; wanted: at most ${FEED_LIMITS.charactersMax}`,
      { code: "too_large", concerns: context.url },
    );
  }
  const clean = mendCharacters(text);
  const first = firstCharacter(clean);
  if (first === "") {
    throw new ParseError("Cannot parse an empty document; wanted: a feed", { code: "empty", concerns: context.url });
  }
  return first === "{" || first === "[" ? parseBracketed(clean, context) : parseXml(clean, context);
}

/** JSON; or XML, as some warnings that servers print before a document begin with a bracket too. */
function parseBracketed(text: string, context: DocumentContext): ParsedFeed {
  try {
    return parseJson(text, context);
  } catch (error) {
    const junk = error instanceof ParseError && error.code === "bad_json";
    if (junk && FEED_ROOT.test(text.slice(0, SNIFF_CHARACTERS))) return parseXml(text, context);
    throw error;
  }
}

const FEED_ROOT = /<(?:[a-z][\w.-]{0,32}:)?(?:rss|feed|rdf)[\s>]/i;

/** Which kind of feed a text is, told by its beginning; null for pages and everything else. Cheap. */
export function sniffFeed(text: string): "xml" | "json" | null {
  const head = text.slice(0, SNIFF_CHARACTERS).replace(/<!--.*?(?:-->|$)/gs, "");
  if (firstCharacter(head) === "{") return JSON_FEED.test(head) ? "json" : null;
  const root = ROOT.exec(head)?.[1]?.toLowerCase();
  return root === undefined || PAGE_ROOTS.has(root) ? null : "xml";
}

const SNIFF_CHARACTERS = 16_384;
const JSON_FEED = /"version"\s{0,16}:\s{0,16}"https?:\\?\/\\?\/(?:www\.)?jsonfeed\.org|"items"\s{0,16}:\s{0,16}\[/;
const ROOT = /<(?:[a-z][\w.-]{0,32}:)?(rss|feed|rdf|channel|html|body|head)[\s/>]/i;

/** A page may begin without its `html` tag (HTML §13.1.2.4). */
const PAGE_ROOTS = new Set(["html", "head", "body"]);

function firstCharacter(text: string): string {
  return /^[\s\ufeff]*([^\s\ufeff]?)/.exec(text)?.[1] ?? "";
}
