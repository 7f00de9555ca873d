import type { ChildNode, Document, Element } from "domhandler";
import { foldText } from "../html/text.ts";
import { findDate } from "../model/date-words.ts";
import type { DocumentContext, ParsedItem } from "../model/parsed.ts";
import type { ListingRules } from "../model/source.ts";
import { type AbsoluteUrl, resolveWebUrl, urlIdentity } from "../model/url.ts";
import type { ListingBlock } from "./listing-block.ts";
import { findDayNumber, labelsOf, type PageReader, readCard, tellsDate } from "./listing-card.ts";
import { readEmbedded } from "./listing-embedded.ts";
import { type Link, listLinks } from "./listing-links.ts";
import { findNextUrl } from "./listing-next.ts";
import { findMicroformats, selectItems } from "./listing-selectors.ts";
import { listStories, type Story } from "./listing-stories.ts";
import { closest, contains, isHeading, layOut, type PageTree, type Spot } from "./listing-tree.ts";
import { shortWordsOf, wordsOf } from "./listing-words.ts";

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
  const href = base?.type === "tag" ? base.attribs.href : undefined;
  return resolveWebUrl(href, context.url) ?? context.url;
}

function findLanguage(document: Document): string | undefined {
  const html = document.children.find((node) => node.type === "tag" && node.name === "html");
  return html?.type === "tag" ? html.attribs.lang || html.attribs["xml:lang"] || undefined : undefined;
}

/** Country codes that sites of any country take for their sound. */
const ANY_COUNTRY = new Set(
  "ai am at be by cc cd co fm gg im in io is it la ly me mu my sh so st to tv us vc ws".split(" "),
);

/** The language with the country of the site's domain: `en` under `.uk` writes 31/12. */
function withRegion(language: string | undefined, url: string | undefined): readonly string[] {
  if (language === undefined) return [];
  const domain = /\.([a-z]{2})$/.exec(URL.parse(url ?? "")?.hostname ?? "")?.[1];
  if (domain === undefined || ANY_COUNTRY.has(domain) || !/^en$/i.test(language)) return [language];
  return [`en-${domain === "uk" ? "GB" : domain.toUpperCase()}`];
}

const STORY_SCORE_MIN = 0.75;
/** Below a heading that was asked for, shorter titles and lists in the page's frame count. */
const NAMED_SCORE_MIN = 0.2;
/** Fewer are no list. */
const STORIES_MIN = 2;

/**
 * The stories a page lists, by structure: links are grouped by the shape of their cards, judged by words, headings and
 * addresses, widened to the card, which tells title, date, picture, summary and authors. A named heading picks the block
 * below it; selectors replace the search. Entries of an `h-feed` (microformats2) go before what structure finds; data
 * embedded in the page (JSON-LD, JSON of the page's program) fill in what cards leave out, and stand in for cards that
 * are drawn by the program only.
 *
 * Titles are plain text, addresses absolute, items of kind `listed`, without the page's own address unless a heading was
 * named. No block where nothing is listed. Throws `ParseError`: `selector_matched_nothing`, `bad_selector`,
 * `too_many_elements`, `too_deep`.
 */
export function extractListings(document: Document, context: DocumentContext, search: ListingSearch): Listings {
  const base = findBase(document, context);
  const language = search.language ?? findLanguage(document);
  const reader: PageReader = { base, context, languages: withRegion(language, context.url), dates: new Map() };
  const nextUrl = findNextUrl(document, search.selectors?.next, reader);
  const found = findListings(document, search, reader);
  const embedded = readEmbedded(document, reader);
  const filled = {
    blocks: found.blocks.map((block) => fillBlock(block, embedded)),
    items: fillItems(found.items, embedded),
  };
  return { ...standIn(filled, embedded, document, search), ...(nextUrl !== null && { nextUrl }) };
}

function findListings(document: Document, search: ListingSearch, reader: PageReader): Listings {
  const { selectors } = search;
  if (selectors?.items !== undefined)
    return whole(selectItems({ ...selectors, items: selectors.items }, document, reader));
  const heading = search.heading ?? selectors?.heading;
  const tree = layOut(document, reader.context);
  const links = listLinks(tree, reader.base, reader.context.url);
  if (heading !== undefined) return namedListing(heading, tree, links, reader);
  const marked = tree.spots.some(isFeed) ? findMicroformats(document, reader) : null;
  if (marked !== null) return whole(marked);
  const others = links.filter(leadsElsewhere(reader.context.url));
  const stories = searchStories(others, tree, reader);
  const read = stories.map((story) => ({ story, item: readStory(story, reader) })).filter(isRead);
  const groups = groupByHeading(read, tree);
  const dated = [...groups].map(([spot, group]) => [spot, dateByHeading(spot, group, reader)] as const);
  return {
    blocks: blocksOf(dated, tree),
    items: dated
      .flatMap(([, group]) => group)
      .toSorted(inPageOrder)
      .map(({ item }) => item),
  };
}

/**
 * How a page is searched: for titles that read like headlines; where there are none, for dated rows of short titles;
 * last, in what is named like a menu.
 */
const SEARCHES = [
  { frames: false, datedGap: 0.4 },
  { frames: false, datedGap: 1.1 },
  { frames: true, datedGap: 0.4 },
];

function searchStories(links: readonly Link[], tree: PageTree, reader: PageReader): readonly Story[] {
  for (const search of SEARCHES) {
    const judgement = { ...search, threshold: STORY_SCORE_MIN, tellsDate: dateTeller(reader) };
    const stories = listStories(links, tree, judgement);
    if (stories.length >= STORIES_MIN) return stories;
  }
  return searchPictured(links, tree, reader);
}

/** Where no link has words: pictures that are linked, by what they are labelled with. */
function searchPictured(links: readonly Link[], tree: PageTree, reader: PageReader): readonly Story[] {
  const labelled = links
    .filter((link) => link.text === "")
    .map((link) => ({ ...link, text: labelOf(link.spot.element) }))
    .filter((link) => link.text !== "");
  if (labelled.length < STORIES_MIN) return [];
  const search = { frames: false, datedGap: 0.4, threshold: STORY_SCORE_MIN, tellsDate: dateTeller(reader) };
  const stories = listStories(labelled, tree, search);
  return stories.length >= STORIES_MIN ? stories : [];
}

/** What a link is called where it shows no words: its own label, or what stands in place of its picture. */
function labelOf(link: Element): string {
  const own = foldText(link.attribs["aria-label"] ?? link.attribs.title ?? "");
  if (own !== "") return own.slice(0, LABELLED_LENGTH_MAX);
  const pending: ChildNode[] = link.children.toReversed();
  for (let node = pending.pop(), steps = 0; node !== undefined && steps < 40; node = pending.pop(), steps++) {
    if (node.type !== "tag") continue;
    const alt = node.name === "img" ? foldText(node.attribs.alt ?? "") : "";
    if (alt !== "") return alt.slice(0, LABELLED_LENGTH_MAX);
    for (let at = Math.min(node.children.length, 40) - 1; at >= 0; at--) {
      const child = node.children[at];
      if (child !== undefined) pending.push(child);
    }
  }
  return "";
}

const LABELLED_LENGTH_MAX = 500;

function dateTeller(reader: PageReader) {
  return (nodes: readonly ChildNode[], link: Element) => tellsDate(nodes, link, reader);
}

function isFeed(spot: Spot): boolean {
  return /(?:^|\s)h-feed(?:\s|$)/.test(spot.element.attribs.class ?? "");
}

/** Neither to the page itself nor to what it does on request (`?share=`, `?replytocom=`). */
function leadsElsewhere(page: string | undefined): (link: Link) => boolean {
  const own = resolveWebUrl(page);
  if (own === null) return () => true;
  const here = urlIdentity(own);
  const { pathname, search } = new URL(own);
  const acts = pathname.length > 1 && search === "" && !/\.\w{2,5}$/.test(pathname);
  const prefix = `${here}?`;
  return (link) => link.identity !== here && !(acts && link.identity.startsWith(prefix));
}

function whole(block: ListingBlock): Listings {
  return { blocks: [block], items: block.items };
}

/** Where the page draws its cards by program only, the data it draws them from. */
function standIn(
  found: Listings,
  embedded: readonly ParsedItem[],
  document: Document,
  search: ListingSearch,
): Listings {
  const named = search.heading ?? search.selectors?.heading ?? search.selectors?.items;
  const root = document.children.find((node) => node.type === "tag");
  if (named !== undefined || found.items.length >= STORIES_MIN || embedded.length < STORIES_MIN || root?.type !== "tag")
    return found;
  return whole({ score: embedded.length * EMBEDDED_SCORE, items: embedded, root });
}

const EMBEDDED_SCORE = 0.5;

function fillBlock(block: ListingBlock, embedded: readonly ParsedItem[]): ListingBlock {
  return { ...block, items: fillItems(block.items, embedded) };
}

/** Items with what the page's data say of the same stories. */
function fillItems(items: readonly ParsedItem[], embedded: readonly ParsedItem[]): readonly ParsedItem[] {
  if (embedded.length === 0) return items;
  const known = new Map(embedded.map((item) => [identityOf(item), item]));
  return items.map((item) => {
    const other = known.get(identityOf(item));
    return other === undefined ? item : fillIn(item, other);
  });
}

function identityOf(item: ParsedItem): string {
  return item.url === undefined ? "" : urlIdentity(item.url);
}

interface ReadStory {
  readonly story: Story;
  readonly item: ParsedItem;
}

function isRead(one: { readonly story: Story; readonly item: ParsedItem | null }): one is ReadStory {
  return one.item !== null;
}

/** The item of a story's first card; what that leaves out may stand in another. */
function readStory(story: Story, reader: PageReader): ParsedItem | null {
  const [first, ...others] = story.cards.map((card) => readCard(card, reader)).filter((item) => item !== null);
  return first === undefined ? null : others.reduce(fillIn, first);
}

function fillIn(item: ParsedItem, other: ParsedItem): ParsedItem {
  const dated = item.published !== undefined && item.origins?.published !== "url";
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

/** The stories below each heading that is none of a story's own. */
function groupByHeading(stories: readonly ReadStory[], tree: PageTree): ReadonlyMap<Spot | null, ReadStory[]> {
  const headings = tree.spots.filter((spot) => isHeading(spot.element));
  const groups = new Map<Spot | null, ReadStory[]>();
  let at = 0;
  let current: Spot | null = null;
  let last: Spot | null = null;
  for (const one of stories) {
    const { spot } = one.story;
    for (let heading = headings[at]; heading !== undefined && heading.index < spot.index; heading = headings[++at]) {
      if (last === null || !contains(last, heading)) current = heading;
    }
    last = spot;
    const group = groups.get(current) ?? [];
    group.push(one);
    groups.set(current, group);
  }
  return groups;
}

function inPageOrder(a: ReadStory, b: ReadStory): number {
  return a.story.spot.index - b.story.spot.index;
}

/** Archives write a day once over all its stories, or the month and each story's day beside it. */
function dateByHeading(heading: Spot | null, group: readonly ReadStory[], reader: PageReader): readonly ReadStory[] {
  const text = heading === null ? "" : wordsOf(heading.element.children, HEADING_LENGTH_MAX);
  if (text === "" || text.length > LABEL_LENGTH_MAX || group.every(({ item }) => item.published !== undefined))
    return group;
  const { timeZone, capturedAt } = reader.context;
  const read = (words: string) =>
    findDate(words, { timeZone, capturedAt, languages: reader.languages, origin: "heading" });
  const whole = read(text);
  const isMonth = whole === null && /\p{Nd}{4}/u.test(text) && (read(`1 ${text}`) ?? read(`${text}1日`)) !== null;
  if (whole === null && !isMonth) return group;
  return group.map((one) => {
    if (one.item.published !== undefined) return one;
    const day = whole === null ? findDayNumber(one.story.cards[0]?.nodes ?? []) : null;
    const published = whole ?? (day === null ? null : (read(`${day} ${text}`) ?? read(`${text}${day}日`)));
    if (published === null) return one;
    const origins = { ...one.item.origins, published: published.origin };
    return { ...one, item: { ...one.item, published, origins } };
  });
}

function blocksOf(
  groups: readonly (readonly [Spot | null, readonly ReadStory[]])[],
  tree: PageTree,
): readonly ListingBlock[] {
  const blocks: ListingBlock[] = [];
  for (const [heading, group] of groups) {
    const root = commonRoot(group.map(({ story }) => story.spot));
    if (root === null || group.length < STORIES_MIN) continue;
    const near = heading !== null && closest(root, HEADING_LEVELS, (spot) => contains(spot, heading)) !== null;
    const text = near ? wordsOf(heading.element.children, HEADING_LENGTH_MAX) : labelOver(root, group, tree);
    const score = group.reduce((sum, { story }) => sum + story.score, 0);
    const items = group.map(({ item }) => item);
    blocks.push({ ...(text !== "" && { heading: text.slice(0, 200) }), score, items, root: root.element });
  }
  return blocks.toSorted((a, b) => b.score - a.score);
}

/** A heading further away is that of something else. */
const HEADING_LEVELS = 3;
const LABEL_LENGTH_MAX = 60;

/** A short line before the first card of a list that has no heading of its own. */
function labelOver(root: Spot, group: readonly ReadStory[], tree: PageTree): string {
  const first = group[0]?.story.spot;
  if (first === undefined) return "";
  for (let at = first.index - 1; at > root.index; at--) {
    const spot = tree.spots[at];
    if (spot === undefined || contains(spot, first)) continue;
    const words = wordsOf(spot.element.children, LABEL_LENGTH_MAX + 1);
    if (words !== "") return words.length <= LABEL_LENGTH_MAX ? words : "";
  }
  return "";
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
/** Places of one heading that are looked at. */
const HEADINGS_MAX = 20;

/** Elements whose words pass, the innermost of each place. */
function findWords(tree: PageTree, pass: (key: string, element: Element) => boolean): readonly Spot[] {
  const found: Spot[] = [];
  for (const spot of tree.spots) {
    if (found.length >= HEADINGS_MAX) break;
    if (!couldBeHeading(spot.element)) continue;
    const text = shortWordsOf(spot.element, HEADING_LENGTH_MAX);
    if (text !== "" && pass(headingKey(text), spot.element)) found.push(spot);
  }
  return found.filter((spot, index) => found[index + 1] === undefined || !contains(spot, found[index + 1] ?? spot));
}

/** Elements that show the heading asked for; else headings that begin with it ("Most read See all"). */
function findHeadings(heading: string, tree: PageTree): readonly Spot[] {
  const wanted = headingKey(heading);
  if (wanted === "") return [];
  const equal = findWords(tree, (key) => key === wanted);
  if (equal.length > 0) return equal;
  return findWords(tree, (key, element) => isHeading(element) && key.startsWith(`${wanted} `));
}

const LABELS = ["aria-label", "data-title", "data-heading", "title"];

/** Elements that are labelled with the heading asked for and show it to nobody. */
function findLabelled(heading: string, tree: PageTree): readonly Spot[] {
  const wanted = headingKey(heading);
  const labelled = tree.spots.filter(
    ({ element }) =>
      element.name !== "a" && LABELS.some((name) => headingKey(element.attribs[name]?.slice(0, 200) ?? "") === wanted),
  );
  return wanted === "" ? [] : labelled.slice(0, HEADINGS_MAX);
}

/** A heading has few elements inside; texts of large elements are not gathered. */
function couldBeHeading(element: Element): boolean {
  return element.children.length > 0 && element.children.length <= 12;
}

function namedListing(heading: string, tree: PageTree, links: readonly Link[], reader: PageReader): Listings {
  const below = findHeadings(heading, tree).map((spot) => blockBelow(spot, tree, links, reader));
  const shown = below.some((block) => block !== null);
  const found = shown
    ? below
    : findLabelled(heading, tree).map((spot) => blockInside(spot, heading, tree, links, reader));
  const blocks = found
    .filter((block) => block !== null)
    .toSorted((a, b) => a.levels - b.levels || b.score - a.score || datedOf(b) - datedOf(a));
  return { blocks, items: blocks[0]?.items ?? [] };
}

/** Phones and screens may get copies of one block; the fuller one is taken. */
function datedOf(block: ListingBlock): number {
  return block.items.filter((item) => item.published !== undefined && item.origins?.published !== "url").length;
}

interface NamedBlock extends ListingBlock {
  /** How far above its heading the element is that holds both; more where it is in the page's frame. */
  readonly levels: number;
}

const FRAME_LEVELS = 10;

/** Elements around a heading that are searched, each with more links than the one before. */
const SEARCHED_AROUND_MAX = 25;

/** The stories after a heading in the nearest element around it that has at least two. */
function blockBelow(heading: Spot, tree: PageTree, links: readonly Link[], reader: PageReader): NamedBlock | null {
  const words = wordsOf(heading.element.children, HEADING_LENGTH_MAX);
  const sectionEnd = findSectionEnd(heading, tree);
  const first = linksBefore(links, heading.end);
  let searched = 0;
  let held = 1;
  let levels = heading.zone === "frame" ? FRAME_LEVELS : 0;
  for (let outer = heading.parent; outer !== null && searched < SEARCHED_AROUND_MAX; outer = outer.parent, levels++) {
    const count = linksBefore(links, Math.min(sectionEnd, outer.end)) - first;
    if (count <= held) continue;
    held = count;
    searched++;
    const block = namedBlock(links.slice(first, first + count), words, tree, reader);
    if (block !== null) return { ...block, levels };
  }
  return null;
}

/** How many links stand before a place of the page; links are in document order. */
function linksBefore(links: readonly Link[], index: number): number {
  let low = 0;
  let high = links.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((links[middle]?.spot.index ?? 0) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The stories inside an element that is labelled so. */
function blockInside(
  spot: Spot,
  heading: string,
  tree: PageTree,
  links: readonly Link[],
  reader: PageReader,
): NamedBlock | null {
  const inside = links.filter((link) => contains(spot, link.spot));
  const block = namedBlock(inside, heading, tree, reader);
  return block === null ? null : { ...block, levels: spot.zone === "frame" ? FRAME_LEVELS : 0 };
}

function namedBlock(links: readonly Link[], heading: string, tree: PageTree, reader: PageReader): ListingBlock | null {
  const search = { frames: true, threshold: NAMED_SCORE_MIN, datedGap: 0.4, tellsDate: dateTeller(reader) };
  const stories = listStories(links, tree, search);
  const root = stories.length < STORIES_MIN ? null : commonRoot(stories.map((story) => story.spot));
  if (root === null) return null;
  const items = stories.map((story) => readStory(story, reader)).filter((item) => item !== null);
  const score = stories.reduce((sum, story) => sum + Math.max(0.1, story.score), 0);
  return { heading, score, items, root: root.element };
}

/** Where the next heading of the same kind begins, or the page ends. */
function findSectionEnd(heading: Spot, tree: PageTree): number {
  for (let at = heading.end; at < tree.spots.length; at++) {
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
  return tree.spots.length;
}
