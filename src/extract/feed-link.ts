import type { ChildNode, Document } from "domhandler";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";

const FEED_TYPES = new Set([
  "application/rss+xml",
  "application/atom+xml",
  "application/feed+json",
  "application/rdf+xml",
]);

/**
 * The feed that a page names as its own: the first `link rel="alternate"` of a feed's type (RSS Autodiscovery; HTML
 * §4.6.7.1) that is not a feed of comments, wherever broken markup put it. Undefined where it names none.
 */
export function findFeedLink(document: Document, pageUrl: string | undefined): AbsoluteUrl | undefined {
  let base = pageUrl;
  const pending: ChildNode[] = document.children.toReversed();
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type !== "tag") continue;
    if (node.name === "base") base = resolveWebUrl(node.attribs.href, pageUrl) ?? base;
    if (node.name === "link" && namesFeed(node.attribs)) {
      const url = resolveWebUrl(node.attribs.href, base);
      if (url !== null) return url;
    }
    for (let at = node.children.length - 1; at >= 0; at--) {
      const child = node.children[at];
      if (child?.type === "tag") pending.push(child);
    }
  }
  return undefined;
}

function namesFeed(attributes: Readonly<Record<string, string>>): boolean {
  const relations = (attributes.rel ?? "").toLowerCase().split(/\s+/);
  const type = (attributes.type ?? "").toLowerCase().split(";")[0]?.trim() ?? "";
  const ofComments = /comment/i.test(`${attributes.title} ${attributes.href}`);
  return relations.includes("alternate") && FEED_TYPES.has(type) && !ofComments;
}
