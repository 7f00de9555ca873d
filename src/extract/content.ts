import { type Block, type Segment, type Segments, segmentsIn } from "./segments.ts";
import { wordsKey } from "./words-key.ts";

/** The part of a page that is its article, as kept segments in document order. */
export interface Content {
  readonly root: Block;
  readonly kept: readonly Segment[];
  /** Blocks that stand beside the article. */
  readonly beside: ReadonlySet<Block>;
  readonly headline: Segment | undefined;
  /** No part of the page reads like an article: this is what it says at all. */
  readonly isGuess?: boolean;
}

/** Words of class and id that name what stands beside an article. */
const BESIDE = new Set(
  (
    "ad ads adv advert advertisement advertising author authorbox authors banner bio breadcrumb breadcrumbs byline comment commenting comments cookie cookies " +
    "copyright disqus dfp donate discussion entrymeta footer footnav follow gdpr hashtags infobox instream keywords login meta metadata menu mostread more " +
    "nav navbar navigation newsletter newsletters outbrain pager pagination paging paywall pinterest popular popup postmeta promo promoted promotion " +
    "readmore recirc recirculation recommend recommendation recommendations recommended related relatedlinks reply respond rss share sharebar shares sharing " +
    "shoutbox sidebar signup skip skyscraper social sponsor sponsored sponsors subscribe subscription subscriptions supplemental tag taglist tags taboola teaser teasers " +
    "timestamp toolbar toolbox tooltip topics trending upsell youmaylike zergnet"
  ).split(" "),
);
/** Words of what readers wrote: believed whatever else is said, and however long it is. */
const COMMENTS = new Set(
  "comment comments commentlist comentario comentarios commentaire commentaires kommentar kommentare disqus respond".split(
    " ",
  ),
);
/** Words that tell the article itself, whatever else is said. */
const WITHIN = new Set(
  "articlebody articletext bodytext content entry main post richtext storybody storytext text".split(" "),
);
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
/** The same for the child that has the headline. */
const TITLED_SHARE = 0.35;
const TITLED_PARAGRAPHS_MIN = 2;
/** A sibling like it that holds this share is no box beside it. */
const TWIN_SHARE_MIN = 0.1;
/** What a paragraph of some length speaks for its block. */
const PARAGRAPH_GAIN = 60;
/** What class names leave of the text, at the least. */
const NAMED_SHARE_MIN = 0.2;
/** Beside-blocks go only while little of the text goes with them. */
const BESIDE_SHARE_MAX = 0.35;

/** Finds the article among the segments; null where nothing reads like one. */
export function findContent(page: Segments, title: string): Content | null {
  const { blocks, segments } = page;
  if (blocks[0] === undefined) return null;
  const beside = chooseBeside(blocks, segments, title);
  const gains = new Float64Array(blocks.length);
  for (const segment of segments) {
    const gain = gainOf(segment);
    gains[segment.block.order] =
      (gains[segment.block.order] ?? 0) + (beside.has(segment.block) ? Math.min(0, gain) - 5 : gain);
  }
  for (let index = blocks.length - 1; index >= 0; index--) {
    const block = blocks[index];
    if (block === undefined) continue;
    block.gain = gains[index] ?? 0;
    if (block.parent !== null) gains[block.parent.order] = (gains[block.parent.order] ?? 0) + Math.max(block.gain, 0);
  }
  const headline = findHeadline(segments, title);
  const root = descend(page, headline);
  if (root === null) return null;
  const poor = markPoor(page, root, beside, headline);
  const own = segmentsIn(page, root).filter((segment) => !beside.has(segment.block) && !poor.has(segment.block));
  const kept = [...listBefore(page, root, headline, beside), ...own];
  return { root, kept, beside, headline };
}

/** All that a page says beside its navigation, where nothing of it reads like an article; null where that is links alone. */
export function guessContent({ blocks, segments }: Segments, title = ""): Content | null {
  const [root] = blocks;
  if (root === undefined) return null;
  const beside = chooseBeside(blocks, segments, title);
  const kept = segments.filter((segment) => !beside.has(segment.block));
  const isBare = kept.every((segment) => segment.level > 0 || isLink(segment));
  return isBare ? null : { root, kept, beside, headline: findHeadline(segments, title), isGuess: true };
}

/** Whether all of a line leads elsewhere; a script's address does not. */
function isLink({ text, linkLength, block }: Segment): boolean {
  if (linkLength < text.length) return false;
  for (let at: Block | null = block; at !== null; at = at.parent)
    if (at.element.name === "a") return !/^\s*javascript:/i.test((at.element.attribs.href ?? "").slice(0, 100));
  return true;
}

/** Paragraphs between headline and article that stand outside its block: a first one set apart by its markup. */
function listBefore(
  page: Segments,
  root: Block,
  headline: Segment | undefined,
  beside: ReadonlySet<Block>,
): readonly Segment[] {
  if (headline === undefined || headline.index >= root.firstSegment) return [];
  return page.segments
    .slice(headline.index + 1, root.firstSegment)
    .filter(
      (segment) =>
        segment.level === 0 &&
        gainOf(segment) > PARAGRAPH_GAIN &&
        !beside.has(segment.block) &&
        /[.!?…]["”’»]?$/.test(segment.text),
    );
}

/** Where the title stands: the h1 that is it, else the first line that is it, else the h1 that holds it with a roofline. */
function findHeadline(segments: readonly Segment[], title: string): Segment | undefined {
  const key = wordsKey(title);
  if (key === "") return undefined;
  const near = segments.filter((segment) => segment.text.length < title.length * 2 + 10);
  const same = near.filter((segment) => wordsKey(segment.text) === key);
  return (
    same.find((segment) => segment.level === 1) ??
    same.find((segment) => segment.linkLength === 0) ??
    same[0] ??
    near.find((segment) => segment.level === 1 && wordsKey(segment.text).includes(key))
  );
}

/** Blocks inside the article that hold more links and scraps than running text: lists of other stories, boxes, tools. */
function markPoor(
  page: Segments,
  root: Block,
  beside: ReadonlySet<Block>,
  headline: Segment | undefined,
): ReadonlySet<Block> {
  const size = page.blocks.length;
  const text = new Float64Array(size);
  const links = new Float64Array(size);
  const away = new Float64Array(size);
  for (const segment of segmentsIn(page, root)) {
    if (beside.has(segment.block) || segment.place.caption !== undefined) continue;
    const order = segment.block.order;
    text[order] = (text[order] ?? 0) + segment.text.length;
    links[order] = (links[order] ?? 0) + segment.linkLength;
    away[order] = (away[order] ?? 0) + segment.awayLength;
  }
  for (let index = root.last; index > root.order; index--) {
    const parent = page.blocks[index]?.parent?.order ?? 0;
    text[parent] = (text[parent] ?? 0) + (text[index] ?? 0);
    links[parent] = (links[parent] ?? 0) + (links[index] ?? 0);
    away[parent] = (away[parent] ?? 0) + (away[index] ?? 0);
  }
  const poor = new Set<Block>();
  for (let index = root.order + 1; index <= root.last; index++) {
    const block = page.blocks[index];
    if (block === undefined) continue;
    if (block.parent !== null && poor.has(block.parent)) poor.add(block);
    else if (
      isBox(block) &&
      !(headline !== undefined && isInside(headline.block, block)) &&
      isPoor(block, root, { text: text[index] ?? 0, links: links[index] ?? 0, away: away[index] ?? 0 })
    )
      poor.add(block);
  }
  return poor;
}

function isBox(block: Block): boolean {
  return !/^(?:p|h[1-6]|li|blockquote|pre|td|th|tr|tbody|thead|figure|figcaption|dd|dt|a|summary)$/.test(
    block.element.name,
  );
}

/** Characters of a block: all, in links, in links to other sites. */
interface Measure {
  readonly text: number;
  readonly links: number;
  readonly away: number;
}

function isPoor(block: Block, root: Block, { text, links, away }: Measure): boolean {
  if (text === 0 || block.gain > root.gain * 0.3) return false;
  const density = links / text;
  // A list of sources leads to other sites, a list of stories to its own.
  if (/^(?:ul|ol|dl|table)$/.test(block.element.name)) return (links - away) / text > 0.75 && block.gain < 20;
  return (density > 0.5 && block.gain < text * 0.4) || (density > 0.25 && block.gain < text * 0.25);
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
function descend(page: Segments, headline: Segment | undefined): Block | null {
  const { blocks } = page;
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
    const inner: readonly Block[] = children.get(root) ?? [];
    const titled = headline === undefined ? undefined : inner.find((child) => isInside(headline.block, child));
    const rich = richest(inner);
    const best = titled !== undefined && isTitledArticle(titled, page, total) ? titled : rich;
    if (best !== undefined && best.gain < total * DESCEND_SHARE && hasTwin(best, inner, total)) return root;
    if (best === undefined || isParagraphLike(best)) return root;
    if (best.gain < total * (best === titled ? TITLED_SHARE : DESCEND_SHARE)) return root;
    root = best;
    total = best.gain;
  }
}

/** A section beside others of its kind with text of their own is one part of an article cut into sections. */
function hasTwin(block: Block, siblings: readonly Block[], total: number): boolean {
  const { name } = block.element;
  if ((name !== "section" && name !== "div") || block.words.length === 0) return false;
  const words = block.words.join(" ");
  return siblings.some(
    (other) =>
      other !== block &&
      other.element.name === name &&
      other.words.join(" ") === words &&
      other.gain >= total * TWIN_SHARE_MIN,
  );
}

/** Whether the child that has the headline has text too, not only a lead. */
function isTitledArticle(titled: Block, page: Segments, total: number): boolean {
  if (titled.gain < total * TITLED_SHARE) return false;
  return segmentsIn(page, titled).filter((segment) => gainOf(segment) > PARAGRAPH_GAIN).length >= TITLED_PARAGRAPHS_MIN;
}

function richest(blocks: readonly Block[]): Block | undefined {
  let best: Block | undefined;
  for (const block of blocks) if (block.gain > (best?.gain ?? 0)) best = block;
  return best;
}

function isParagraphLike(block: Block): boolean {
  return (
    block.endSegment - block.firstSegment <= 1 ||
    /^(p|h[1-6]|li|blockquote|pre|td|figure|ul|ol|dl|tr|tbody)$/.test(block.element.name)
  );
}

export function isInside(block: Block, root: Block): boolean {
  return block.order >= root.order && block.order <= root.last;
}

/** Class names are only believed while most of the text is left. */
function chooseBeside(blocks: readonly Block[], segments: readonly Segment[], title: string): ReadonlySet<Block> {
  const named = markBeside(blocks, segments, title, isBeside);
  let all = 0;
  let left = 0;
  for (const segment of segments) {
    const gain = gainOf(segment);
    if (gain < 30) continue;
    all += gain;
    if (!named.has(segment.block)) left += gain;
  }
  return left >= all * NAMED_SHARE_MIN ? named : markBeside(blocks, segments, title, isBesideElement);
}

/** Blocks whose element, role or class says that they stand beside the article, with all inside them. */
function markBeside(
  blocks: readonly Block[],
  segments: readonly Segment[],
  title: string,
  judge: (block: Block) => boolean,
): ReadonlySet<Block> {
  const lengths = new Float64Array(blocks.length + 1);
  const paragraphs = new Float64Array(blocks.length + 1);
  const titled = new Set<number>();
  for (const segment of segments) {
    const order = segment.block.order;
    if (segment.level === 1 && segment.text === title) titled.add(order);
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
    else if (
      !titled.has(block.order) &&
      judge(block) &&
      (isComments(block) || (lengths[block.order] ?? 0) <= total * BESIDE_SHARE_MAX)
    )
      beside.add(block);
  }
  return beside;
}

function isBesideElement({ element }: Block): boolean {
  return BESIDE_ELEMENTS.has(element.name) || BESIDE_ROLES.has(element.attribs.role ?? "");
}

function isComments({ element, words }: Block): boolean {
  return element.name !== "body" && !/^h[1-6]$/.test(element.name) && words.some((word) => COMMENTS.has(word));
}

/** A figure's parts are called after what they hold: copyright, author, more. */
function isInFigure(block: Block): boolean {
  let at: Block | null = block;
  for (let level = 0; at !== null && level < FIGURE_LEVELS; level++, at = at.parent)
    if (at.element.name === "figure") return true;
  return false;
}

const FIGURE_LEVELS = 4;

function isBeside(block: Block): boolean {
  const { element, words } = block;
  if (isComments(block)) return true;
  if (element.name === "body" || isInFigure(block)) return false;
  if (isBesideElement(block)) return true;
  // What a heading says tells more than how it looks.
  if (/^h[1-6]$/.test(element.name) || element.attribs.itemprop?.includes("articleBody")) return false;
  let beside = false;
  let before = "";
  for (const word of words) {
    // `story-body` is `storybody`.
    if (WITHIN.has(word) || WITHIN.has(before + word)) return false;
    if (BESIDE.has(word)) beside = true;
    before = word;
  }
  return beside;
}
