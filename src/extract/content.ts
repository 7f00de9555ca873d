import type { Block, Segment, Segments } from "./segments.ts";

/** The part of a page that is its article, as kept segments in document order. */
export interface Content {
  readonly root: Block;
  readonly kept: readonly Segment[];
}

export interface ContentHints {
  readonly title: string;
  /** The article's text as the page's own data has it; "" where it has none. */
  readonly articleBody: string;
}

/** Words of class and id that name what stands beside an article. */
const BESIDE = new Set(
  (
    "ad ads adv advert advertisement advertising author authorbox authors banner bio breadcrumb breadcrumbs byline comment commenting comments cookie cookies " +
    "copyright disqus dfp donate discussion entrymeta footer footnav follow gdpr hashtags infobox instream keywords login meta metadata menu mostread more " +
    "nav navbar navigation newsletter newsletters outbrain pager pagination paging paywall pinterest popular popup postmeta promo promoted promotion " +
    "readmore recirc recirculation recommend recommendation recommendations recommended related relatedlinks reply respond rss share sharebar shares sharing " +
    "shoutbox sidebar signup skip skyscraper social sponsor sponsored sponsors subscribe subscription subscriptions supplemental tag taglist tags taboola teaser teasers " +
    "timestamp toolbar toolbox tooltip topics trending upsell widget widgets youmaylike zergnet"
  ).split(" "),
);
/** Words that tell the article itself, whatever else is said. */
const WITHIN = new Set("articlebody bodytext content entry main post richtext storybody text".split(" "));
const BESIDE_ELEMENTS = new Set(["aside", "footer", "form", "nav"]);
const BESIDE_ROLES = new Set([
  "complementary",
  "navigation",
  "menu",
  "menubar",
  "dialog",
  "alertdialog",
  "alert",
  "search",
  "contentinfo",
  "banner",
]);

const PARAGRAPH_CHARACTERS_MIN = 25;
/** A child that holds this share of its parent's text is the article more narrowly. */
const DESCEND_SHARE = 0.8;
/** Beside-blocks go only while little of the text goes with them. */
const BESIDE_SHARE_MAX = 0.35;

/** Finds the article among the segments; null where nothing reads like one. */
export function findContent(page: Segments, hints: ContentHints): Content | null {
  const { blocks, segments } = page;
  if (blocks[0] === undefined) return null;
  const beside = markBeside(blocks, segments, hints);
  const own = new Float64Array(blocks.length);
  for (const segment of segments) {
    const gain = gainOf(segment);
    own[segment.block.order] =
      (own[segment.block.order] ?? 0) + (beside.has(segment.block) ? Math.min(0, gain) - 5 : gain);
  }
  for (let index = blocks.length - 1; index >= 0; index--) {
    const block = blocks[index];
    if (block === undefined) continue;
    block.gain = own[index] ?? 0;
    if (block.parent !== null) own[block.parent.order] = (own[block.parent.order] ?? 0) + Math.max(block.gain, 0);
  }
  const root = descend(blocks);
  if (root === null) return null;
  const inside = segments.filter((segment) => isInside(segment.block, root));
  const kept = inside.filter((segment) => !beside.has(segment.block));
  return { root, kept };
}

/** How much a segment speaks for its block: running text for it, links and scraps against it. */
export function gainOf(segment: Segment): number {
  const length = segment.size;
  if (length === 0 || segment.place.caption !== undefined) return 0;
  if (segment.level > 0) return segment.linkLength > segment.text.length * 0.7 ? -15 : 2;
  const density = segment.linkLength / segment.text.length;
  if (density > 0.5) return -10 - Math.min(segment.linkLength, 100);
  if (length < PARAGRAPH_CHARACTERS_MIN) return -3;
  const weight = segment.place.list ? 0.5 : segment.place.cell ? 0.7 : 1;
  const full = length > 80 || /[.!?…。！？।]["”’»)」』]?$/.test(segment.text);
  return (full ? length : length * 0.3) * (1 - density) * weight;
}

/** From the whole page down, as long as one child holds nearly all that speaks for an article. */
function descend(blocks: readonly Block[]): Block | null {
  const children = new Map<Block, Block[]>();
  for (const block of blocks) {
    if (block.parent === null) continue;
    const list = children.get(block.parent);
    if (list === undefined) children.set(block.parent, [block]);
    else list.push(block);
  }
  let root = blocks[0];
  if (root === undefined) return null;
  let total = root.gain;
  if (total <= 0) return null;
  for (;;) {
    let best: Block | undefined;
    let bestGain = 0;
    for (const child of children.get(root) ?? []) {
      if (child.gain <= bestGain) continue;
      best = child;
      bestGain = child.gain;
    }
    if (best === undefined || bestGain < total * DESCEND_SHARE || isParagraphLike(best)) return root;
    root = best;
    total = bestGain;
  }
}

function isParagraphLike(block: Block): boolean {
  return /^(p|h[1-6]|li|blockquote|pre|td|figure|ul|ol|dl|tr|tbody)$/.test(block.element.name);
}

export function isInside(block: Block, root: Block): boolean {
  return block.order >= root.order && block.order <= root.last;
}

/** Blocks whose element, role or class says that they stand beside the article, with all inside them. */
function markBeside(blocks: readonly Block[], segments: readonly Segment[], hints: ContentHints): ReadonlySet<Block> {
  const lengths = new Float64Array(blocks.length + 1);
  const paragraphs = new Float64Array(blocks.length + 1);
  const titled = new Set<number>();
  for (const segment of segments) {
    const order = segment.block.order;
    if (segment.level === 1 && segment.text === hints.title) titled.add(order);
    if (gainOf(segment) < 30) continue;
    lengths[order] = (lengths[order] ?? 0) + segment.size;
    paragraphs[order] = (paragraphs[order] ?? 0) + 1;
  }
  for (let index = blocks.length - 1; index > 0; index--) {
    const parent = blocks[index]?.parent?.order ?? 0;
    lengths[parent] = (lengths[parent] ?? 0) + (lengths[index] ?? 0);
    paragraphs[parent] = (paragraphs[parent] ?? 0) + (paragraphs[index] ?? 0);
    if (titled.has(index)) titled.add(parent);
  }
  const total = lengths[0] ?? 0;
  const beside = new Set<Block>();
  for (const block of blocks) {
    if (block.parent !== null && beside.has(block.parent)) beside.add(block);
    else if (isBeside(block) && !titled.has(block.order) && (lengths[block.order] ?? 0) <= total * BESIDE_SHARE_MAX)
      beside.add(block);
  }
  return beside;
}

function isBeside(block: Block): boolean {
  const { element, words } = block;
  if (element.name === "body") return false;
  if (BESIDE_ELEMENTS.has(element.name) || BESIDE_ROLES.has(element.attribs["role"] ?? "")) return true;
  if (element.attribs["itemprop"]?.includes("articleBody")) return false;
  let beside = false;
  for (const word of words) {
    if (WITHIN.has(word)) return false;
    if (BESIDE.has(word)) beside = true;
  }
  return beside;
}
