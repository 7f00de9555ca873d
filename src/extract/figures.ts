import type { Element } from "domhandler";
import { findImageSource, type ImageSource, largestOf } from "../html/images.ts";
import { textOf } from "../html/sanitize.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import { type Block, type Segment, type Segments, segmentsIn } from "./segments.ts";

/** One picture of the article with what is written about it. */
export interface Figure {
  readonly segment: Segment;
  readonly element: Element;
  readonly url: AbsoluteUrl;
  readonly alt: string;
  readonly caption: string;
  readonly credit: string;
  readonly width: number | undefined;
  readonly height: number | undefined;
}

export interface FoundFigures {
  readonly figures: readonly Figure[];
  /** Segments that are captions or credits: no part of the running text. */
  readonly captions: ReadonlySet<Segment>;
  /** Segments that are a picture and its caption in one line. */
  readonly captioned: ReadonlySet<Segment>;
}

const CAPTION_WORDS = new Set("caption captions cap legend cutline figcaption captiontext imagecaption".split(" "));
const CREDIT_WORDS = new Set("credit credits source copyright photographer photocredit attribution byline".split(" "));
const PICTURE_WORDS = new Set("image images img photo photos picture figure media".split(" "));
/** A figure with more in it is a gallery whose captions belong to nobody. */
const FIGURE_SEGMENTS_MAX = 40;
/** What is kept of a gallery. */
const FIGURES_MAX = 300;
const CAPTION_CHARACTERS_MAX = 1200;
/** How far around a picture its caption may stand. */
const CAPTION_LEVELS = 4;

/** The pictures of some segments, each once, with caption and credit apart. Icons and pixels are no pictures. */
export function findFigures(segments: readonly Segment[], page: Segments, baseUrl: string | undefined): FoundFigures {
  const figures: Figure[] = [];
  const captions = new Set<Segment>();
  const captioned = new Set<Segment>();
  const seen = new Set<string>();
  for (const segment of segments) {
    for (const element of segment.images) {
      const image = findImageSource(withSources(element), baseUrl);
      if (image === null || seen.has(image.src) || isIcon(image) || figures.length >= FIGURES_MAX) continue;
      seen.add(image.src);
      const isCaptioned = isOwnCaption(segment);
      if (isCaptioned) captioned.add(segment);
      const written = isCaptioned ? read([segment], segment.block, new Set()) : captionOf(segment, page, captions);
      figures.push(figureOf(segment, element, image, written));
    }
  }
  for (const copy of listCopies(segments, captions)) captions.add(copy);
  // A credit in one line with its picture is said with it: the picture stays.
  for (const { segment } of figures) if (captions.delete(segment)) captioned.add(segment);
  return { figures, captions, captioned };
}

/** So many characters are no chance: galleries say a caption once more for each of their dresses. */
const COPY_CHARACTERS_MIN = 40;

function listCopies(segments: readonly Segment[], captions: ReadonlySet<Segment>): readonly Segment[] {
  const told = new Set([...captions].map(({ text }) => text).filter((text) => text.length >= COPY_CHARACTERS_MIN));
  return segments.filter(({ text, block }) => told.has(text) && isNamed(block, block.parent ?? block, CAPTION_WORDS));
}

function figureOf(segment: Segment, element: Element, image: ImageSource, written: Written): Figure {
  const alt = (element.attribs.alt ?? element.attribs["data-alt"] ?? "").replace(/\s+/g, " ").trim();
  const largest = largestOf(image.candidates.filter((candidate) => candidate.descriptor.endsWith("w")));
  const url = largest !== undefined && largest.size > (image.width ?? 0) ? largest.url : image.src;
  const split = splitCredit(written.caption);
  return {
    segment,
    element,
    url,
    alt,
    caption: split.caption,
    credit: written.credit === "" ? split.credit : cleanCredit(written.credit),
    width: image.width,
    height: image.height,
  };
}

function isIcon(image: ImageSource): boolean {
  const { width = 1000, height = 1000 } = image;
  return (width < 60 && height < 200) || height < 40;
}

/** A lazy `img` in a `picture` finds its address in the sources. */
function withSources(element: Element): Record<string, string> {
  const parent = element.parent;
  if (parent === null || !("name" in parent) || parent.name !== "picture") return element.attribs;
  if (element.attribs.srcset ?? element.attribs["data-srcset"]) return element.attribs;
  for (const child of parent.children) {
    if (!("attribs" in child) || child.name !== "source") continue;
    const srcset = child.attribs["data-srcset"] ?? child.attribs.srcset;
    if (srcset !== undefined && !/^data:/.test(srcset)) return { ...element.attribs, srcset };
  }
  return element.attribs;
}

interface Written {
  readonly caption: string;
  readonly credit: string;
}

const NOTHING: Written = { caption: "", credit: "" };

/** The caption nearest to a picture: in its figure, else in an element named so close by. */
function captionOf(segment: Segment, page: Segments, used: Set<Segment>): Written {
  const figure = segment.place.figure;
  if (figure !== undefined) {
    if (figure.endSegment - figure.firstSegment > FIGURE_SEGMENTS_MAX) return NOTHING;
    const parts = segmentsIn(page, figure).filter((other) => other.text !== "" && !used.has(other));
    const captions = parts.filter(
      (other) =>
        other.place.caption !== undefined ||
        isNamed(other.block, figure, CAPTION_WORDS) ||
        isNamed(other.block, figure, CREDIT_WORDS),
    );
    if (parts.length > 0) return read(captions.length > 0 ? captions : parts, figure, used);
  }
  let block: Block | null = figure?.parent ?? segment.block;
  for (let level = 0; block !== null && level < CAPTION_LEVELS; level++, block = block.parent) {
    const around: Block = block;
    if (around.endSegment - around.firstSegment > 8) break;
    const inside = segmentsIn(page, around);
    if (inside.filter((other) => other.images.length > 0).length > 1) break;
    const texts = inside.filter((other) => other.text !== "" && !used.has(other));
    const named = texts.filter(
      (other) =>
        other.place.caption !== undefined ||
        isNamed(other.block, around, CAPTION_WORDS) ||
        isNamed(other.block, around, CREDIT_WORDS),
    );
    const isCreditOnly = named.every(
      (other) => isNamed(other.block, around, CREDIT_WORDS) && !isNamed(other.block, around, CAPTION_WORDS),
    );
    const told = isCreditOnly && texts.length <= 3 && texts.every((other) => other.text.length < 300) ? texts : named;
    if (named.length > 0) return named.length <= 4 ? read(told, around, used) : NOTHING;
    const boxed = around.words.some((word) => PICTURE_WORDS.has(word)) || texts.some((other) => isCredited(other.text));
    if (
      texts.length > 0 &&
      texts.length <= 2 &&
      boxed &&
      texts.every((other) => other.level === 0 && other.text.length < 400)
    )
      return read(texts, around, used);
  }
  const next = page.segments[segment.index + 1];
  if (segment.text === "" && next !== undefined && next.text.length < 300 && !used.has(next) && isCredited(next.text))
    return read([next], next.block, used);
  return NOTHING;
}

/** Whether all words beside a picture are its caption: small or slanted, or ending in a credit. */
function isOwnCaption(segment: Segment): boolean {
  if (segment.images.length !== 1 || segment.text === "" || segment.text.length > 400 || segment.level > 0)
    return false;
  if (isCredited(segment.text)) return true;
  const said = segment.nodes.filter((node) => textOf([node]) !== "");
  return said.every((node) => "attribs" in node && SLANTED.has(node.name));
}

const SLANTED = new Set(["cite", "em", "i", "small"]);

/** Whether a line ends in words that name a photographer or a picture agency; an agency alone may have sent the text. */
function isCredited(text: string): boolean {
  if (splitCredit(text).credit === "") return false;
  const end = text.slice(-130);
  return (
    /\b(?:photos?|images?|pictures?|credit|fotos?|bild)\b|©/i.test(end) || /\([^()]{2,60}\/[^()]{2,60}\)\.?$/.test(end)
  );
}

function read(parts: readonly Segment[], around: Block, used: Set<Segment>): Written {
  const captions: string[] = [];
  const credits: string[] = [];
  const said = new Set<string>();
  for (const part of parts) {
    if (part.text.length > CAPTION_CHARACTERS_MAX || LABEL.test(part.text)) continue;
    used.add(part);
    if (said.has(part.text)) continue;
    said.add(part.text);
    const named = isNamed(part.block, around, CREDIT_WORDS) && !isNamed(part.block, around, CAPTION_WORDS);
    const credit = named || (captions.length > 0 && isCredit(part.text)) ? part.text : creditWithin(part);
    const caption = credit === "" ? part.text : part.text.replace(credit, "").trim();
    if (caption !== "") captions.push(caption.replace(LABELLED, ""));
    if (credit !== "") credits.push(credit);
  }
  return { caption: captions.join(" ").replace(/\s+/g, " ").trim(), credit: credits.join(" ").trim() };
}

/** What tells readers of the page that a caption follows. */
const LABEL =
  /^(?:(?:image|photo|picture) (?:caption|copyright|source)|caption|credit|enlarge(?: this)? image|(?:toggle|hide|show) caption)s?$/i;
const LABELLED = /^(?:image|photo|picture|caption|image caption|above|pictured|bild|foto|legende)\s?:\s*/i;

/** The text of an inline element named as the credit. */
function creditWithin(part: Segment): string {
  for (const node of part.nodes) {
    const found = findCredit(node);
    if (found !== "" && found.length < part.text.length + 1) return found;
  }
  const elements = part.nodes.filter((node) => "attribs" in node && node.name !== "br");
  const last = elements.length > 1 ? textOf(elements.slice(-1)) : "";
  return last !== "" &&
    part.text.endsWith(last) &&
    isCredit(last) &&
    /[.!?…)”"]$/.test(part.text.slice(0, -last.length).trim())
    ? last
    : "";
}

function findCredit(node: Segment["nodes"][number]): string {
  if (!("attribs" in node)) return "";
  const names = `${node.attribs.class ?? ""} ${node.attribs.itemprop ?? ""}`.toLowerCase();
  if (/credit|copyright|photographer|source|attribution/.test(names)) return textOf([node]);
  for (const child of node.children) {
    const found = findCredit(child);
    if (found !== "") return found;
  }
  return "";
}

function isNamed(block: Block, around: Block, words: ReadonlySet<string>): boolean {
  for (let at: Block | null = block; at !== null && at !== around.parent; at = at.parent) {
    if (at.words.some((word) => words.has(word))) return true;
    if (at === around) return false;
  }
  return false;
}

/** `… (Photo by A B/Agency)`, `… (Agency)`, `… Credit: A B`, `… © A B`: caption and credit apart. */
export function splitCredit(text: string): Written {
  const open = text.endsWith(")") || text.endsWith(").") ? text.lastIndexOf("(") : -1;
  if (open > 0 || (open === 0 && /^\((?:photo|credit|image|picture|©)/i.test(text))) {
    const inner = text
      .slice(open + 1)
      .replace(/\)\.?$/, "")
      .trim();
    if (isCredit(inner)) return { caption: text.slice(0, open).trim(), credit: cleanCredit(inner) };
  }
  const marked =
    /(?:^|[\s.|([])((?:photo(?:graph)?|image|picture|foto|bild|photo credit|image credit|picture credit|credit|source|quelle|crédit|crédits)(?: credit)?(?:\s{0,3}:|\s+by\s)|©|\(c\)\s)\s*(.{2,120})$/i.exec(
      text.slice(-170),
    );
  if (marked?.[2] !== undefined && marked[0] !== undefined) {
    const start = text.length - marked[0].length;
    return {
      caption: text.slice(0, start + (/[.]/.test(marked[0][0] ?? "") ? 1 : 0)).trim(),
      credit: cleanCredit(marked[2]),
    };
  }
  return { caption: text, credit: "" };
}

/** Names and agencies: few words, most of them capitalized; no sentence, no year or aside. */
function isCredit(text: string): boolean {
  if (text.length < 2 || text.length > 120) return false;
  if (/^(?:photo|image|picture|credit|source|courtesy|©|foto|bild)\b/i.test(text)) return true;
  const words = text.split(/[\s/,|&-]+/).filter((word) => /\p{L}/u.test(word));
  const capital = words.filter((word) => /^\p{Lu}/u.test(word)).length;
  return (
    words.length > 0 &&
    words.length <= 12 &&
    capital >= words.length * 0.6 &&
    !/^(?:left|right|center|above|below|L|R|C|L-R)$/i.test(text)
  );
}

function cleanCredit(text: string): string {
  return text
    .replace(/^[\s([|–—-]+|[\s)\]|]+$/g, "")
    .replace(
      /^(?:(?:photo(?:graph)?s?|images?|pictures?|foto|bild|illustration)\s*(?:credits?)?\s*(?::|by\s)|(?:credits?|source|quelle|crédits?)\s*:|©|\(c\)\s|copyright\s*:?\s)\s*/i,
      "",
    )
    .replace(/^©\s*/, "")
    .trim();
}
