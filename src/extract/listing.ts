import type { Document, Element } from "domhandler";
import { ParseError } from "../errors.ts";
import { textOf } from "../html/text.ts";
import type { DocumentContext, ParsedItem } from "../model/parsed.ts";
import type { ListingRules } from "../model/source.ts";
import { type AbsoluteUrl, resolveWebUrl, urlIdentity } from "../model/url.ts";
import { labelsOf, type PageReader, readCard } from "./listing-card.ts";
import { type Link, listLinks } from "./listing-links.ts";
import { listStories, type Story } from "./listing-stories.ts";
import { contains, isHeading, layOut, type PageTree, type Spot } from "./listing-tree.ts";

/** A list of stories on a page. */
export interface ListingBlock {
  /** What stands over it. */
  readonly heading?: string;
  /** Grows with the number of stories and how surely they are stories. */
  readonly score: number;
  /** In page order. */
  readonly items: readonly ParsedItem[];
  /** The smallest element that holds all its cards. */
  readonly root: Element;
}

export interface Listings {
  /** Best first. */
  readonly blocks: readonly ListingBlock[];
  /** What the page lists: the items of all blocks in page order, or of the block that was named. */
  readonly items: readonly ParsedItem[];
  readonly nextUrl?: AbsoluteUrl;
}

export interface ListingSearch {
  /** The heading of the block to take. */
  readonly heading?: string | undefined;
  readonly selectors?: ListingRules | undefined;
  /** BCP 47: what dates are read in. */
  readonly language?: string | undefined;
}

/** The base of links: the `base` element's address where there is one (HTML §4.2.3). */
function findBase(tree: Document, context: DocumentContext): string | undefined {
  const html = tree.children.find((node) => node.type === "tag" && node.name === "html");
  const head =
    html?.type === "tag" ? html.children.find((node) => node.type === "tag" && node.name === "head") : undefined;
  const base =
    head?.type === "tag" ? head.children.find((node) => node.type === "tag" && node.name === "base") : undefined;
  const href = base?.type === "tag" ? base.attribs["href"] : undefined;
  return resolveWebUrl(href, context.url) ?? context.url;
}

function findLanguage(document: Document): string | undefined {
  const html = document.children.find((node) => node.type === "tag" && node.name === "html");
  return html?.type === "tag" ? html.attribs["lang"] || html.attribs["xml:lang"] || undefined : undefined;
}

const STORY_SCORE_MIN = 0.75;
/** Below a heading that was asked for, shorter titles and lists in the page's frame count. */
const NAMED_SCORE_MIN = 0.2;

export function extractListings(document: Document, context: DocumentContext, search: ListingSearch): Listings {
  const base = findBase(document, context);
  const language = search.language ?? findLanguage(document);
  const reader: PageReader = { base, context, languages: language === undefined ? [] : [language] };
  const tree = layOut(document, context);
  const links = listLinks(tree, base, context.url);
  const heading = search.heading ?? search.selectors?.heading;
  if (heading !== undefined) return namedListing(heading, tree, links, reader);
  const own = resolveWebUrl(context.url);
  const here = own === null ? "" : urlIdentity(own);
  const others = links.filter((link) => link.identity !== here);
  const stories = listStories(others, tree, { frames: false, threshold: STORY_SCORE_MIN });
  const blocks = blocksOf(stories, tree, reader);
  return { blocks, items: mergeItems(stories, reader) };
}

function mergeItems(stories: readonly Story[], reader: PageReader): readonly ParsedItem[] {
  return stories.map((story) => readStory(story, reader)).filter((item) => item !== null);
}

/** The item of a story's first card; what that leaves out may stand in another. */
function readStory(story: Story, reader: PageReader): ParsedItem | null {
  const [first, ...others] = story.cards.map((card) => readCard(card, reader)).filter((item) => item !== null);
  return first === undefined ? null : others.reduce(fillIn, first);
}

function fillIn(item: ParsedItem, other: ParsedItem): ParsedItem {
  const dated = item.published !== undefined && item.origins?.["published"] !== "url";
  const published = dated ? item.published : (other.published ?? item.published);
  const summary = item.summary ?? other.summary;
  return {
    ...item,
    ...(summary !== undefined && { summary }),
    ...(published !== undefined && { published }),
    authors: item.authors.length > 0 ? item.authors : other.authors,
    images: item.images.length > 0 ? item.images : other.images,
    origins: { ...item.origins, ...(published !== undefined && { published: published.origin }) },
  };
}

// ---- blocks

function commonRoot(spots: readonly Spot[]): Spot | null {
  let root = spots[0] ?? null;
  for (const spot of spots) while (root !== null && !contains(root, spot)) root = root.parent;
  return root;
}

function blocksOf(stories: readonly Story[], tree: PageTree, reader: PageReader): readonly ListingBlock[] {
  const headings = tree.spots.filter((spot) => isHeading(spot.element));
  const groups = new Map<Spot | null, Story[]>();
  let at = 0;
  let current: Spot | null = null;
  for (const story of stories) {
    for (; at < headings.length && (headings[at]?.index ?? 0) < story.spot.index; at++) {
      const heading = headings[at];
      if (heading !== undefined && !stories.some((one) => contains(one.spot, heading))) current = heading;
    }
    const group = groups.get(current) ?? [];
    group.push(story);
    groups.set(current, group);
  }
  const blocks: ListingBlock[] = [];
  for (const [heading, group] of groups) {
    const root = commonRoot(group.map((story) => story.spot));
    const items = mergeItems(group, reader);
    if (root === null || items.length < 2) continue;
    const text = heading === null ? "" : textOf(heading.element.children);
    const score = group.reduce((sum, story) => sum + story.score, 0);
    blocks.push({ ...(text !== "" && { heading: text.slice(0, 200) }), score, items, root: root.element });
  }
  return blocks.toSorted((a, b) => b.score - a.score);
}

// ---- a named block

function headingKey(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

const HEADING_LENGTH_MAX = 120;

/** Elements whose words are the heading asked for, the innermost of each place. */
function findHeadings(heading: string, tree: PageTree): readonly Spot[] {
  const key = headingKey(heading);
  const found: Spot[] = [];
  for (const spot of tree.spots) {
    if (!couldBeHeading(spot.element)) continue;
    const text = textOf(spot.element.children);
    if (text.length <= HEADING_LENGTH_MAX && headingKey(text) === key) found.push(spot);
  }
  return found.filter((spot, index) => found[index + 1] === undefined || !contains(spot, found[index + 1] ?? spot));
}

/** A heading has few elements inside; texts of large elements are not gathered. */
function couldBeHeading(element: Element): boolean {
  return element.children.length > 0 && element.children.length <= 12;
}

function namedListing(heading: string, tree: PageTree, links: readonly Link[], reader: PageReader): Listings {
  const found = findHeadings(heading, tree).map((spot) => blockBelow(spot, tree, links, reader));
  const blocks = found
    .filter((block) => block !== null)
    .toSorted((a, b) => a.levels - b.levels || b.score - a.score || datedOf(b) - datedOf(a));
  return { blocks, items: blocks[0]?.items ?? [] };
}

/** Phones and screens may get copies of one block; the fuller one is taken. */
function datedOf(block: ListingBlock): number {
  return block.items.filter((item) => item.published !== undefined && item.origins?.["published"] !== "url").length;
}

interface NamedBlock extends ListingBlock {
  /** How far above its heading the element is that holds both; more where it is in the page's frame. */
  readonly levels: number;
}

const FRAME_LEVELS = 10;

/** The stories after a heading in the nearest element around it that has at least two. */
function blockBelow(heading: Spot, tree: PageTree, links: readonly Link[], reader: PageReader): NamedBlock | null {
  let levels = heading.zone === "frame" ? FRAME_LEVELS : 0;
  for (let outer = heading.parent; outer !== null; outer = outer.parent, levels++) {
    const end = sectionEnd(heading, outer, tree);
    const inside = links.filter((link) => link.spot.index >= heading.end && link.spot.index < end);
    if (inside.length < 2) continue;
    const stories = listStories(inside, tree, { frames: true, threshold: NAMED_SCORE_MIN });
    const root = stories.length < 2 ? null : commonRoot(stories.map((story) => story.spot));
    if (root === null) continue;
    const score = stories.reduce((sum, story) => sum + Math.max(0.1, story.score), 0);
    return {
      heading: textOf(heading.element.children),
      score,
      items: mergeItems(stories, reader),
      root: root.element,
      levels,
    };
  }
  return null;
}

/** Where the next heading of the same kind begins. */
function sectionEnd(heading: Spot, outer: Spot, tree: PageTree): number {
  for (let at = heading.end; at < outer.end; at++) {
    const spot = tree.spots[at];
    if (
      spot !== undefined &&
      spot.name === heading.name &&
      spot.depth === heading.depth &&
      (isHeading(spot.element) || labelsOf(spot.element) !== "") &&
      spot.element.name !== "a"
    )
      return at;
  }
  return outer.end;
}

export function selectorMatchedNothing(selector: string, context: DocumentContext): ParseError {
  return new ParseError(`Cannot list stories: the selector ${JSON.stringify(selector)} matches nothing`, {
    code: "selector_matched_nothing",
    concerns: context.url,
  });
}
