import type { Element } from "@xmldom/xmldom";
import { Feed } from "feed";
import { addAtomAuthors } from "./modules/authors.ts";
import { addAtomCategories } from "./modules/categories.ts";
import { addAtomEnclosures } from "./modules/enclosure.ts";
import { addMedia } from "./modules/media.ts";
import { addAtomRelated } from "./modules/related.ts";
import { addAtomSource } from "./modules/source.ts";
import { addAtomTexts } from "./modules/text-constructs.ts";
import type { PreparedDocument, PreparedEntry } from "./prepared.ts";
import { child, children, declareNamespaces, parseXml, serializeXml, setAttributes, setText, shield } from "./xml.ts";

/** Atom 1.0 (RFC 4287) with Media RSS. */
export function writeAtom(document: PreparedDocument): string {
  const tree = parseXml(skeleton(document).atom1());
  const feed = tree.documentElement;
  if (feed === null) throw new Error("Cannot finish an Atom document without a root");
  declareNamespaces(feed, ["media"]);
  setAttributes(feed, { "xml:lang": document.language });
  const [alternate, self] = children(feed, "link");
  if (alternate !== undefined) setAttributes(alternate, { type: "text/html", href: document.homeUrl });
  if (self !== undefined) setAttributes(self, { type: "application/atom+xml", href: document.selfUrls.atom });
  const entries = children(feed, "entry");
  for (const [index, entry] of document.entries.entries()) finishEntry(entries[index], entry);
  return serializeXml(tree);
}

function skeleton(document: PreparedDocument): Feed {
  const feed = new Feed({
    id: document.urn,
    title: shield(document.title),
    description: shield(document.description),
    link: document.homeUrl,
    feed: document.selfUrls.atom,
    updated: new Date(document.updatedAt),
    generator: "Storywire",
    author: { name: shield(document.title) },
    copyright: "",
  });
  for (const entry of document.entries) feed.addItem(item(entry));
  return feed;
}

function item(entry: PreparedEntry) {
  return {
    title: shield(entry.title),
    id: entry.urn,
    link: entry.link ?? entry.urn,
    date: new Date(entry.stampAt),
    published: new Date(entry.publishedAt),
  };
}

function finishEntry(element: Element | undefined, entry: PreparedEntry): void {
  if (element === undefined) throw new Error(`Cannot finish ${entry.urn}: its entry is missing`);
  if (entry.language !== undefined) setAttributes(element, { "xml:lang": entry.language });
  setText(child(element, "id"), entry.urn);
  const link = child(element, "link");
  if (entry.link === undefined) element.removeChild(link);
  else setAttributes(link, { rel: "alternate", type: "text/html", href: entry.link });
  addAtomAuthors(element, entry);
  addAtomCategories(element, entry);
  addAtomTexts(element, entry);
  addAtomRelated(element, entry);
  addAtomEnclosures(element, entry);
  addAtomSource(element, entry);
  addMedia(element, entry, []);
}
