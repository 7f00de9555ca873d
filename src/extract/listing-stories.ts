import type { ChildNode, Element } from "domhandler";
import type { Card } from "./listing-card.ts";
import { type Link, wordCount } from "./listing-links.ts";
import { isHeading, type PageTree, type Spot } from "./listing-tree.ts";

/** A story that the page lists: the links to it and what they are worth as a sign of a story. */
export interface Story {
  readonly identity: string;
  readonly link: Link;
  readonly score: number;
  /** The likeliest first; a page may show a story in several places. */
  readonly cards: readonly Card[];
  /** Of the first card. */
  readonly spot: Spot;
}

interface Family {
  readonly links: readonly Link[];
  /** The words of its links in lower case. */
  readonly texts: ReadonlySet<string>;
  readonly stories: number;
  /** The shares of its links that stand with a heading, and in the page's frame, and how their addresses look. */
  readonly headed: number;
  readonly framed: number;
  readonly address: number;
  score: number;
  /** Its links say the same words each time: "Read more". */
  readonly generic: boolean;
  /** Stands inside the cards of headlines. */
  secondary: boolean;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What the length of its words says for a headline: three words nothing, five or more all. */
function wordScore(text: string): number {
  const words = wordCount(text);
  if (words >= 5) return 0.6;
  return words === 4 ? 0.3 : words === 3 ? 0 : -0.5;
}

/** Texts without the words that all of them begin with: "More in this category …". */
function ownWords(texts: readonly string[]): readonly string[] {
  const [first = ""] = texts;
  if (texts.length < 3) return texts;
  let shared = first.length;
  for (const text of texts) {
    while (shared > 0 && !text.startsWith(first.slice(0, shared)))
      shared = first.lastIndexOf(" ", shared - 1) + 1 > 0 ? first.lastIndexOf(" ", shared - 1) : 0;
  }
  return shared <= 0 ? texts : texts.map((text) => text.slice(shared).trim());
}

/** Whether links of a page's frame (menus, footers) count: only below a heading that was asked for. */
export interface Judgement {
  readonly frames: boolean;
  readonly threshold: number;
  /** How far below the threshold a family may lie whose rows are dated. */
  readonly datedGap: number;
  /** Whether these nodes tell a date beside this link: what stands in dated rows may have a short title. */
  readonly tellsDate: (nodes: readonly ChildNode[], link: Element) => boolean;
}

function judge(links: readonly Link[], frames: boolean): Family {
  const stories = new Set(links.map((link) => link.identity)).size;
  const worded = links.filter((link) => link.text !== "");
  const texts = new Set(worded.map((link) => link.text.toLowerCase()));
  const generic = worded.length > 0 && ((links[0]?.repeated ?? false) || (stories >= 3 && texts.size * 3 <= stories));
  const share = (pass: (link: Link) => boolean) => mean(links.map((link) => (pass(link) ? 1 : 0)));
  const headed = share((link) => link.heading);
  const framed = share((link) => link.spot.zone === "frame");
  const address = mean(links.map((link) => link.address));
  const score =
    mean(ownWords(worded.map((link) => link.text)).map(wordScore)) +
    0.4 * headed +
    0.5 * address +
    Math.min(0.5, Math.log2(stories) / 8) -
    (frames ? 0 : 1.2 * framed) -
    0.15 * share((link) => link.spot.zone === "aside") -
    0.8 * share((link) => link.inline);
  const told = worded.length === 0 ? -1 : score;
  return { links, texts, stories, headed, framed, address, score: told, generic, secondary: false };
}

function groupBy<T, K>(list: readonly T[], keyOf: (one: T) => K): ReadonlyMap<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const one of list) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

/** A link without its like, in no heading, is more often a service than a story. */
const LONE_PENALTY = 0.25;

interface Chosen {
  readonly link: Link;
  readonly family: Family;
}

const PLACES_MAX = 3;

/** For each story the links that are likeliest its headline, best first, where their families are good enough. */
function chooseLinks(links: readonly Link[], families: Families, judgement: Judgement): ReadonlyMap<string, Chosen[]> {
  const chosen = new Map<string, Chosen[]>();
  for (const link of links) {
    const family = families.get(familyKey(link));
    if (family === undefined || family.secondary || link.text === "") continue;
    const lone = family.stories === 1 && !link.heading ? LONE_PENALTY : 0;
    const good = family.generic ? isReadMore(family) : family.score - lone >= judgement.threshold;
    if (!good) continue;
    const held = chosen.get(link.identity) ?? [];
    if (held.length < PLACES_MAX) held.push({ link, family });
    else if (rank({ link, family }) > rank(held[PLACES_MAX - 1] ?? { link, family }))
      held[PLACES_MAX - 1] = { link, family };
    held.sort((a, b) => rank(b) - rank(a));
    chosen.set(link.identity, held);
  }
  return chosen;
}

type Families = ReadonlyMap<string, Family>;

function familyKey(link: Link): string {
  return `${link.spot.zone} ${link.repeated ? "same words " : ""}${link.family}`;
}

const SECONDARY_SHARE = 0.6;
const SECONDARY_PER_CARD_MAX = 3;

/**
 * Families whose links stand inside the cards of headlines: transcripts, categories, "more of this kind". They are told
 * by the cards that the headlines alone would have.
 */
function markSecondary(links: readonly Link[], families: ReadonlyMap<string, Family>, judgement: Judgement): void {
  const headlines = links.filter((link) => {
    const family = families.get(familyKey(link));
    return family !== undefined && isHeadlines(family, judgement);
  });
  if (headlines.length === 0) return;
  const runs = listRuns(links, new Set(headlines.map((link) => link.identity)));
  const cards = headlines.map((link) => ({
    identity: link.identity,
    spot: climb(link.spot, levelsOf(runs, link.spot)),
  }));
  cards.sort((a, b) => a.spot.index - b.spot.index);
  for (const family of families.values()) {
    if (isHeadlines(family, judgement) || family.stories < 3) continue;
    const holders = family.links.map((link) => holderOf(link, cards)).filter((card) => card !== null);
    const held = new Set(holders.map((card) => card.identity));
    const share = holders.length / family.links.length;
    family.secondary = share >= SECONDARY_SHARE && holders.length <= SECONDARY_PER_CARD_MAX * held.size;
  }
}

function isHeadlines(family: Family, judgement: Judgement): boolean {
  return !family.generic && family.stories >= 3 && family.score >= judgement.threshold && family.headed >= 0.5;
}

/** The card around a link to something else. Cards are in document order and do not overlap. */
function holderOf(link: Link, cards: readonly { readonly identity: string; readonly spot: Spot }[]) {
  let low = 0;
  let high = cards.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cards[middle]?.spot.index ?? 0) <= link.spot.index) low = middle + 1;
    else high = middle;
  }
  const card = cards[low - 1];
  return card !== undefined && card.identity !== link.identity && link.spot.index < card.spot.end ? card : null;
}

/** "Read more" under press quotes and abstracts: many stories behind the same words. */
function isReadMore(family: Family): boolean {
  return family.stories >= 3 && family.address >= 0.2 && family.framed === 0;
}

function rank({ link, family }: Chosen): number {
  return (
    (family.generic ? -2 : 0) + (link.heading ? 1 : 0) + Math.min(family.score, 2) - (link.text.length > 200 ? 0.5 : 0)
  );
}

/** Where one story's links end and the next story's begin, in document order. */
interface Runs {
  readonly links: readonly Link[];
  /** For each link the index of the next link to another story. */
  readonly nextOther: readonly number[];
}

function listRuns(links: readonly Link[], stories: ReadonlySet<string>): Runs {
  const known = links.filter((link) => stories.has(link.identity));
  const nextOther: number[] = new Array(known.length).fill(known.length);
  for (let at = known.length - 2; at >= 0; at--) {
    const next = nextOther[at + 1] ?? known.length;
    nextOther[at] = known[at]?.identity === known[at + 1]?.identity ? next : at + 1;
  }
  return { links: known, nextOther };
}

/** Index of the first link at or after an element. */
function firstAt(runs: Runs, index: number): number {
  let low = 0;
  let high = runs.links.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs.links[middle]?.spot.index ?? 0) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isUniform(runs: Runs, spot: Spot): boolean {
  const first = firstAt(runs, spot.index);
  const next = runs.nextOther[first];
  return next === undefined || next >= runs.links.length || (runs.links[next]?.spot.index ?? 0) >= spot.end;
}

const CARD_TAGS = new Set(["article", "li", "tr"]);
const CARD_LEVELS_MAX = 12;
const LONE_LEVELS_MAX = 6;

/** How many levels up from its link a card may grow before it holds another story. */
function levelsOf(runs: Runs, spot: Spot): number {
  let levels = 0;
  let at = spot;
  while (levels < CARD_LEVELS_MAX && at.parent !== null && !CARD_TAGS.has(at.element.name)) {
    if (at.parent.element.name === "body" || at.parent.element.name === "main" || !isUniform(runs, at.parent)) break;
    at = at.parent;
    levels++;
  }
  return levels;
}

/** What most cards of a family reach: the last of a list must not grow into what follows it. */
function usualLevels(levels: readonly number[]): number {
  if (levels.length < 3) return Math.min(LONE_LEVELS_MAX, ...levels);
  const sorted = levels.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.4)] ?? LONE_LEVELS_MAX;
}

function climb(spot: Spot, levels: number): Spot {
  let at = spot;
  for (let level = 0; level < levels && at.parent !== null; level++) at = at.parent;
  return at;
}

/** Nodes beside a card that are looked at: elements and words; and white space too. */
const FOLLOWERS_MAX = 6;
const FOLLOWERS_RAW_MAX = 20;

interface Followers {
  readonly nodes: readonly ChildNode[];
  /** The next story ends them; otherwise the list does. */
  readonly closed: boolean;
}

/** What follows a card in a flat list (`h3 p h3 p`, rows of a table) up to the next story or heading. */
function followers(card: Spot, runs: Runs, tree: PageTree): Followers {
  const nodes: ChildNode[] = [];
  const next = runs.links[firstAt(runs, card.end)];
  const sibling = next !== undefined && card.parent !== null && next.spot.index < card.parent.end ? next : undefined;
  let said = 0;
  for (let node = card.element.next; node !== null && said < FOLLOWERS_MAX; node = node.next) {
    if (nodes.length >= FOLLOWERS_RAW_MAX) break;
    if (node.type === "tag") {
      const spot = tree.spotOf.get(node);
      if (spot !== undefined && (isHeading(node) || (sibling !== undefined && spot.end > sibling.spot.index))) break;
      // A term begins the next entry of a definition list.
      if (node.name === "dt") break;
    }
    nodes.push(node);
    if (!isBlank(node)) said++;
  }
  return { nodes: isInLine(card) ? withoutNextLine(nodes) : nodes, closed: sibling !== undefined };
}

/** White space, and the line breaks between lines. */
function isBlank(node: ChildNode): boolean {
  return node.type === "text" ? node.data.trim() === "" : node.type === "tag" && node.name === "br";
}

const INLINE_TAGS = new Set(["a", "b", "strong", "em", "i", "span", "font", "small", "time", "img"]);

/** Whether a card is a piece of a line; lines of a flat list end with `br`. */
function isInLine(card: Spot): boolean {
  return INLINE_TAGS.has(card.element.name);
}

/** What stands after the last line break belongs to the next story's line. */
function withoutNextLine(nodes: readonly ChildNode[]): readonly ChildNode[] {
  const last = nodes.findLastIndex((node) => node.type === "tag" && node.name === "br");
  return last < 0 ? nodes : nodes.slice(0, last + 1);
}

/** What stands before a card and is its own: the term over a definition, the beginning of its line. */
function leaders(card: Spot, runs: Runs, tree: PageTree): readonly ChildNode[] {
  const inLine = isInLine(card);
  if (inLine ? !hasLines(card) : card.element.name !== "dd") return [];
  const nodes: ChildNode[] = [];
  for (let node = card.element.prev; node !== null && nodes.length < FOLLOWERS_MAX; node = node.prev) {
    if (node.type === "tag" && holdsStory(node, runs, tree)) return [];
    if (node.type === "tag" && (inLine ? !INLINE_TAGS.has(node.name) : node.name === "dd")) break;
    nodes.push(node);
    if (node.type === "tag" && node.name === "dt") break;
  }
  return nodes.toReversed();
}

function holdsStory(element: Element, runs: Runs, tree: PageTree): boolean {
  const spot = tree.spotOf.get(element);
  const link = spot === undefined ? undefined : runs.links[firstAt(runs, spot.index)];
  return spot !== undefined && link !== undefined && link.spot.index < spot.end;
}

/** Whether a line break ends what the card begins. */
function hasLines(card: Spot): boolean {
  let node = card.element.next;
  for (let steps = 0; node !== null && steps < FOLLOWERS_MAX; node = node.next, steps++)
    if (node.type === "tag" && node.name === "br") return true;
  return false;
}

/** How many nodes follow most cards of a family: the last of a list must not take in what follows the list. */
function usualFollowers(found: readonly Followers[]): number {
  const counts = found
    .filter((one) => one.closed)
    .map((one) => one.nodes.length)
    .toSorted((a, b) => a - b);
  return counts[counts.length >> 1] ?? 0;
}

/** The heading right before a card that has none: its link says "Full story" below the text. */
function headingBefore(card: Spot, runs: Runs, tree: PageTree): readonly Element[] {
  let node = card.element.prev;
  for (let steps = 0; node !== null && steps < FOLLOWERS_MAX; node = node.prev, steps++) {
    const spot = node.type === "tag" ? tree.spotOf.get(node) : undefined;
    if (spot === undefined) continue;
    if (holdsStory(spot.element, runs, tree)) return [];
    if (isHeading(spot.element)) return [spot.element];
  }
  return [];
}

function linksInside(runs: Runs, spot: Spot, identity: string): readonly Link[] {
  const inside: Link[] = [];
  for (let at = firstAt(runs, spot.index); at < runs.links.length; at++) {
    const link = runs.links[at];
    if (link === undefined || link.spot.index >= spot.end) break;
    if (link.identity === identity) inside.push(link);
  }
  return inside;
}

const TRACKED = /[?&](?:utm_|ref=|src=|cmp=|itm_|icid=)/i;

/** The plainest address among the links to one story. */
function plainestUrl(links: readonly Link[], chosen: Link) {
  return (
    links.find((link) => link.text === chosen.text && !TRACKED.test(link.url)) ??
    links.find((link) => !TRACKED.test(link.url)) ??
    chosen
  ).url;
}

/** The stories among links with their cards, in document order. */
export function listStories(links: readonly Link[], tree: PageTree, judgement: Judgement): readonly Story[] {
  const families = new Map([...groupBy(links, familyKey)].map(([key, group]) => [key, judge(group, judgement.frames)]));
  markSecondary(links, families, judgement);
  raiseDated(families, tree, judgement);
  const chosen = chooseLinks(links, families, judgement);
  const runs = listRuns(links, new Set(chosen.keys()));
  const shapes = new Map<string, Shape>();
  for (const [key, group] of groupBy([...chosen.values()].flat(), ({ link }) => familyKey(link))) {
    const levels = usualLevels(group.map(({ link }) => levelsOf(runs, link.spot)));
    const spots = group.map(({ link }) => climb(link.spot, Math.min(levels, levelsOf(runs, link.spot))));
    shapes.set(key, { levels, followers: usualFollowers(spots.map((spot) => followers(spot, runs, tree))) });
  }
  const stories = [...chosen.values()].slice(0, STORIES_MAX).map((places) => storyOf(places, shapes, runs, tree));
  return stories.filter((story) => story !== null).toSorted((a, b) => a.spot.index - b.spot.index);
}

const DATED = { sample: 6, share: 0.6 };

/** Families that fall short by little count as stories when most of their rows are dated. */
function raiseDated(families: ReadonlyMap<string, Family>, tree: PageTree, judgement: Judgement): void {
  for (const family of families.values()) {
    const gap = judgement.threshold - family.score;
    if (family.generic || family.secondary || family.stories < 3 || family.address < 0) continue;
    if (gap <= 0 || gap > judgement.datedGap) continue;
    const runs = listRuns(family.links, new Set(family.links.map((link) => link.identity)));
    const sample = family.links.slice(0, DATED.sample);
    const dated = sample.filter((link) => {
      const card = climb(link.spot, levelsOf(runs, link.spot));
      return judgement.tellsDate([card.element, ...followers(card, runs, tree).nodes], link.spot.element);
    });
    if (dated.length >= DATED.share * sample.length) family.score = judgement.threshold;
  }
}

/** Stories that one page may list; later ones are left out. */
const STORIES_MAX = 1000;

/** What most cards of a family are like. */
interface Shape {
  readonly levels: number;
  readonly followers: number;
}

function storyOf(
  places: readonly Chosen[],
  shapes: ReadonlyMap<string, Shape>,
  runs: Runs,
  tree: PageTree,
): Story | null {
  const [first] = places;
  if (first === undefined) return null;
  const placed = places.map((place) => {
    const shape = shapes.get(familyKey(place.link)) ?? { levels: 0, followers: 0 };
    const spot = climb(place.link.spot, Math.min(shape.levels, levelsOf(runs, place.link.spot)));
    return { spot, card: cardOf(place, spot, shape, runs, tree) };
  });
  const score = first.family.generic ? GENERIC_SCORE : first.family.score;
  const spot = placed[0]?.spot ?? first.link.spot;
  return { identity: first.link.identity, link: first.link, score, cards: placed.map(({ card }) => card), spot };
}

const GENERIC_SCORE = 0.5;

function cardOf({ link, family }: Chosen, spot: Spot, shape: Shape, runs: Runs, tree: PageTree): Card {
  const inside = linksInside(runs, spot, link.identity);
  const worded = inside.filter((one) => isWorded(one, family));
  const shown = (worded.length > 0 || family.generic ? worded : inside).map((one) => one.spot.element);
  const after = followers(spot, runs, tree);
  const before = family.generic ? headingBefore(spot, runs, tree) : leaders(spot, runs, tree);
  return {
    url: plainestUrl(inside.length > 0 ? inside : [link], link),
    nodes: [...before, spot.element, ...(after.closed ? after.nodes : after.nodes.slice(0, shape.followers))],
    links: orderLinks(shown, link, family),
  };
}

/** The chosen link first. */
function orderLinks(elements: readonly Element[], link: Link, family: Family): readonly Element[] {
  if (family.generic) return elements;
  return [link.spot.element, ...elements.filter((element) => element !== link.spot.element)];
}

/** Whether a link's words may be the headline; beside "Read more" stands "no comments". */
function isWorded(link: Link, family: Family): boolean {
  if (link.text === "" || link.repeated || isGenericIn(link, family)) return false;
  return !family.generic || link.heading || wordCount(link.text) >= 3;
}

function isGenericIn(link: Link, family: Family): boolean {
  return family.generic && family.texts.has(link.text.toLowerCase());
}
