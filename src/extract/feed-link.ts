import { Parser } from "htmlparser2";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";

const FEED_TYPES = new Set([
  "application/rss+xml",
  "application/atom+xml",
  "application/feed+json",
  "application/rdf+xml",
]);

/** Characters of a page in which its feed must be named: heads are short. */
const HEAD_MAX = 262_144;

/**
 * The feed that a page names as its own: the first `link rel="alternate"` of a feed's type (RSS Autodiscovery; HTML
 * §4.6.7.1) that is not a feed of comments. Null where it names none.
 */
export function findFeedLink(html: string, pageUrl: string): AbsoluteUrl | null {
  let base = pageUrl;
  let found: AbsoluteUrl | null = null;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === "base") base = resolveWebUrl(attributes.href, pageUrl) ?? base;
      if (name === "link" && found === null && namesFeed(attributes)) found = resolveWebUrl(attributes.href, base);
    },
  });
  parser.write(html.slice(0, HEAD_MAX));
  return found;
}

function namesFeed(attributes: Readonly<Record<string, string>>): boolean {
  const relations = (attributes.rel ?? "").toLowerCase().split(/\s+/);
  const type = (attributes.type ?? "").toLowerCase().split(";")[0]?.trim() ?? "";
  const ofComments = /comment/i.test(`${attributes.title} ${attributes.href}`);
  return relations.includes("alternate") && FEED_TYPES.has(type) && !ofComments;
}
