import type { Document, Element } from "domhandler";
import { ParseError } from "../errors.ts";
import type { ParsedItem } from "../model/parsed.ts";
import type { ListingRules } from "../model/source.ts";
import { resolveWebUrl } from "../model/url.ts";
import type { ListingBlock } from "./listing-block.ts";
import { type PageReader, readCard } from "./listing-card.ts";
import { select } from "./listing-next.ts";

/** Items that one page may list; later ones are left out. */
const ITEMS_MAX = 1000;

/** What selects a list and the parts of its items. */
export type Selectors = Omit<ListingRules, "items" | "follow"> & { readonly items: string };

function nothing(selector: string, name: string, reader: PageReader): ParseError {
  const message = `Cannot list stories: the selector ${JSON.stringify(selector)} of ${name} matches nothing`;
  return new ParseError(message, { code: "selector_matched_nothing", concerns: reader.context.url });
}

function part(selector: string | undefined, item: Element, reader: PageReader): Element | undefined {
  return selector === undefined ? undefined : select(selector, item, reader)[0];
}

function linkOf(item: Element, selectors: Selectors, reader: PageReader): Element | undefined {
  if (selectors.link !== undefined) return part(selectors.link, item, reader);
  if (item.name === "a") return item;
  const title = part(selectors.title, item, reader);
  const inTitle = title === undefined ? undefined : title.name === "a" ? title : part("a[href]", title, reader);
  return inTitle ?? part("a[href]", item, reader);
}

function readSelected(item: Element, selectors: Selectors, reader: PageReader): ParsedItem | null {
  const link = linkOf(item, selectors, reader);
  const url = resolveWebUrl(link?.attribs.href, reader.base);
  if (link === undefined || url === null) return null;
  const known = {
    title: part(selectors.title, item, reader),
    date: part(selectors.date, item, reader),
    image: part(selectors.image, item, reader),
    summary: part(selectors.summary, item, reader),
  };
  return readCard({ url, nodes: [item], links: [link], known }, reader);
}

/**
 * The list that CSS selectors name; parts without a selector are searched for in the item. Throws `ParseError`:
 * `selector_matched_nothing` where `items`, or `title` or `link` in every item, matches nothing, `bad_selector`.
 */
export function selectItems(selectors: Selectors, document: Document, reader: PageReader): ListingBlock {
  const elements = select(selectors.items, document, reader).slice(0, ITEMS_MAX);
  const [root] = elements;
  if (root === undefined) throw nothing(selectors.items, "listing.items", reader);
  for (const name of ["title", "link"] as const) {
    const selector = selectors[name];
    if (selector === undefined) continue;
    if (elements.every((item) => part(selector, item, reader) === undefined))
      throw nothing(selector, `listing.${name}`, reader);
  }
  const items = elements.map((item) => readSelected(item, selectors, reader)).filter((item) => item !== null);
  const parent = root.parent?.type === "tag" ? root.parent : root;
  return { score: items.length, items, root: parent };
}

const ENTRIES = ".h-feed .h-entry";
const ENTRY_PARTS = {
  title: ".p-name",
  date: ".dt-published, time.dt-updated",
  image: "img.u-photo, img.u-featured, .u-photo img",
  summary: ".p-summary",
  link: ".u-url[href]",
};

/** The entries of a page's `h-feed` (microformats2), where it has at least two that name their address. */
export function findMicroformats(document: Document, reader: PageReader): ListingBlock | null {
  const elements = outermost(select(ENTRIES, document, reader)).slice(0, ITEMS_MAX);
  const [first] = elements;
  if (first === undefined || elements.length < 2) return null;
  const items = elements.map((item) => readEntry(item, reader)).filter((item) => item !== null);
  if (items.length < 2) return null;
  const root = first.parent?.type === "tag" ? first.parent : first;
  return { score: items.length, items, root };
}

/** Entries within an entry are replies to it. */
function outermost(entries: readonly Element[]): readonly Element[] {
  const all = new Set(entries);
  return entries.filter((entry) => !isWithin(entry, all));
}

/** Whether an ancestor is one of these elements. */
function isWithin(element: Element, all: ReadonlySet<Element>): boolean {
  for (let at = element.parent; at !== null; at = at.parent) if (at.type === "tag" && all.has(at)) return true;
  return false;
}

function readEntry(item: Element, reader: PageReader): ParsedItem | null {
  const link = part(ENTRY_PARTS.link, item, reader);
  const url = resolveWebUrl(link?.attribs.href, reader.base);
  if (link === undefined || url === null) return null;
  const known = {
    title: part(ENTRY_PARTS.title, item, reader),
    date: part(ENTRY_PARTS.date, item, reader),
    image: part(ENTRY_PARTS.image, item, reader),
    summary: part(ENTRY_PARTS.summary, item, reader),
  };
  return readCard({ url, nodes: [item], links: [link], known }, reader);
}
