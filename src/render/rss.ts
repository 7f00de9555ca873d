import type { Element } from "@xmldom/xmldom";
import { Feed } from "feed";
import { addAtomUpdated } from "./modules/atom-in-rss.ts";
import { addRssCategories } from "./modules/categories.ts";
import { addRssContent } from "./modules/content.ts";
import { addDublinCore } from "./modules/dc.ts";
import { addRssEnclosure } from "./modules/enclosure.ts";
import { addMedia } from "./modules/media.ts";
import { addRssSource } from "./modules/source.ts";
import { addRefreshHints } from "./modules/syndication.ts";
import type { PreparedDocument, PreparedEntry } from "./prepared.ts";
import { child, children, declareNamespaces, parseXml, serializeXml, setText, shield } from "./xml.ts";

const DOCS = "https://www.rssboard.org/rss-specification";
/** RSS links take no brackets (RFC 2396): a host that is an IPv6 address has no link here. */
const RSS_LINK = /^[^[\]]+$/;

/** RSS 2.0 with Atom, Content, Dublin Core, Media RSS and Syndication modules. */
export function writeRss(document: PreparedDocument): string {
  const tree = parseXml(skeleton(document).rss2());
  const channel = child(root(tree.documentElement), "channel");
  const refreshed = document.ttlMinutes === undefined ? [] : (["sy"] as const);
  declareNamespaces(root(tree.documentElement), ["atom", "content", "dc", "media", ...refreshed]);
  setText(child(channel, "link"), document.homeUrl);
  const items = children(channel, "item");
  addRefreshHints(channel, document, items[0]);
  for (const [index, entry] of document.entries.entries()) finishItem(items[index], entry);
  return serializeXml(tree);
}

function root(element: Element | null): Element {
  if (element === null) throw new Error("Cannot finish an RSS document without a root");
  return element;
}

function skeleton(document: PreparedDocument): Feed {
  const feed = new Feed({
    id: document.urn,
    title: shield(document.title),
    description: shield(document.description),
    link: document.homeUrl,
    feed: document.selfUrls.rss,
    language: document.language,
    updated: new Date(document.updatedAt),
    generator: "Storywire",
    docs: DOCS,
    copyright: "",
  });
  for (const entry of document.entries) feed.addItem(item(entry));
  return feed;
}

function item(entry: PreparedEntry) {
  return {
    title: shield(entry.title),
    guid: entry.urn,
    link: entry.link ?? "",
    date: new Date(entry.publishedAt),
  };
}

function finishItem(item: Element | undefined, entry: PreparedEntry): void {
  if (item === undefined) throw new Error(`Cannot finish ${entry.urn}: its item is missing`);
  setText(child(item, "title"), entry.title);
  for (const link of children(item, "link")) {
    if (entry.link !== undefined && RSS_LINK.test(entry.link)) setText(link, entry.link);
    else item.removeChild(link);
  }
  addAtomUpdated(item, entry);
  addDublinCore(item, entry);
  addRssCategories(item, entry);
  addRssSource(item, entry);
  addRssContent(item, entry);
  addMedia(item, entry, addRssEnclosure(item, entry));
}
