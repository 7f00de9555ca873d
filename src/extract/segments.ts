import type { ChildNode, Document, Element, Text } from "domhandler";
import { foldText } from "../html/text.ts";
import { parseHtmlFragment } from "../html/tree.ts";

/** One block element of the page with what its subtree holds. */
export interface Block {
  readonly element: Element;
  readonly parent: Block | null;
  /** Words of class and id, lower case. */
  readonly words: readonly string[];
  /** Place in document order; `last` is the place of the last block inside. */
  readonly order: number;
  last: number;
  /** The segments inside: from `firstSegment` up to, without, `endSegment`. */
  readonly firstSegment: number;
  endSegment: number;
  /** Filled by the scorer. */
  gain: number;
}

/** What stands between two block boundaries: a paragraph, a heading, an item, a cell, loose text, pictures, a player. */
export interface Segment {
  readonly index: number;
  readonly block: Block;
  readonly nodes: readonly ChildNode[];
  readonly text: string;
  /** Its length as a Latin text of the same content would have it: scripts without spaces say more in a character. */
  readonly size: number;
  /** Characters of `text` that are links. */
  readonly linkLength: number;
  /** Those of them that lead to other sites: sources, shops, references; not the sharing of this page. */
  readonly awayLength: number;
  /** Characters of `text` that are bold. */
  readonly boldLength: number;
  readonly images: readonly Element[];
  /** A player or frame; then `nodes` is empty. */
  readonly embed: Element | undefined;
  /** 1 to 6 in a heading, else 0. */
  readonly level: number;
  readonly place: Place;
}

/** What a segment stands in. */
interface Place {
  readonly heading: number;
  readonly list: boolean;
  readonly quote: boolean;
  readonly cell: boolean;
  readonly preformatted: boolean;
  readonly figure: Block | undefined;
  readonly caption: Block | undefined;
  /** The link around whole blocks. */
  readonly linked: LinkKind;
}

/** Whether words are a link, and whether it leads to another site. */
type LinkKind = "none" | "own" | "away";

export interface Segments {
  readonly blocks: readonly Block[];
  readonly segments: readonly Segment[];
}

const BLOCKS = new Set(
  (
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 " +
    "header hgroup hr li main menu nav ol p pre section summary table tbody td tfoot th thead tr ul video audio iframe"
  ).split(" "),
);
/** No part of what a page says. */
const SKIPPED = new Set(
  (
    "script style template svg math canvas object embed applet map area button input select textarea option optgroup datalist " +
    "progress meter output noembed noframes frame frameset head link meta title param track dialog portal rp rt"
  ).split(" "),
);
const EMBEDS = new Set(["iframe", "video", "audio"]);
const HIDDEN_WORDS = new Set([
  "sronly",
  "hidden",
  "visuallyhidden",
  "screenreadertext",
  "offscreen",
  "hide",
  "invisible",
]);
/** Kana, Han, Hangul, Thai, Lao, Khmer, Burmese. */
const DENSE = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]/;
const DENSE_WEIGHT = 2.5;
const NOSCRIPT_CHARACTERS_MAX = 5000;

/** The segments of a block, its own and those of the blocks inside. */
export function segmentsIn(page: Segments, block: Block): readonly Segment[] {
  return page.segments.slice(block.firstSegment, block.endSegment);
}

/** Cuts the body of a page into segments. Nodes stay as they are. */
export function listSegments(document: Document, url?: string): Segments {
  const body = findBody(document);
  return body === null ? { blocks: [], segments: [] } : new Cutter(body, siteOf(url)).cut();
}

/** The host without what stands before the name of its site. */
function siteOf(url: string | undefined): string {
  return (URL.parse(url ?? "")?.hostname ?? "").replace(/^(?:www|m|amp|mobile)\./, "");
}

function findBody(document: Document): Element | null {
  const html = document.children.find((node): node is Element => node.type === "tag" && node.name === "html");
  return html?.children.find((node): node is Element => node.type === "tag" && node.name === "body") ?? null;
}

const NOWHERE: Place = {
  heading: 0,
  list: false,
  quote: false,
  cell: false,
  preformatted: false,
  figure: undefined,
  caption: undefined,
  linked: "none",
};

class Run {
  nodes: ChildNode[] = [];
  text = "";
  linkLength = 0;
  awayLength = 0;
  boldLength = 0;
  images: Element[] = [];
  breaks = 0;
}

class Cutter {
  readonly #body: Element;
  readonly #site: string;
  readonly #blocks: Block[] = [];
  readonly #segments: Segment[] = [];
  readonly #holdsBlock = new Set<Element>();
  #run = new Run();

  constructor(body: Element, site: string) {
    this.#body = body;
    this.#site = site;
  }

  cut(): Segments {
    this.#markHolders(this.#body);
    this.#walk(this.#open(this.#body, null), NOWHERE);
    return { blocks: this.#blocks, segments: this.#segments };
  }

  /** Elements around blocks are blocks, whatever their name. Depth is bounded by the parser. */
  #markHolders(element: Element): boolean {
    let holds = false;
    for (const child of element.children) {
      if (!("attribs" in child) || SKIPPED.has(child.name)) continue;
      if (this.#markHolders(child) || BLOCKS.has(child.name) || isInlineCaption(child)) holds = true;
    }
    if (holds) this.#holdsBlock.add(element);
    return holds;
  }

  #open(element: Element, parent: Block | null): Block {
    const order = this.#blocks.length;
    const block: Block = {
      element,
      parent,
      words: wordsOf(element),
      order,
      last: order,
      gain: 0,
      firstSegment: this.#segments.length,
      endSegment: this.#segments.length,
    };
    this.#blocks.push(block);
    return block;
  }

  #walk(block: Block, place: Place): void {
    for (const child of block.element.children) {
      if (child.type === "text") this.#addText(child);
      else if ("attribs" in child) this.#visit(child, block, place);
    }
    this.#flush(block, place);
    block.last = this.#blocks.length - 1;
    block.endSegment = this.#segments.length;
  }

  #visit(element: Element, block: Block, place: Place): void {
    if (element.name === "noscript") this.#addNoscript(element);
    else if (SKIPPED.has(element.name) || isHidden(element)) return;
    else if (EMBEDS.has(element.name)) this.#addEmbed(element, block, place);
    else if (isLazyPicture(element)) this.#addPicture(element);
    else if (BLOCKS.has(element.name) || this.#holdsBlock.has(element) || isInlineCaption(element)) {
      this.#flush(block, place);
      const inner = this.#open(element, block);
      const linked = place.linked === "none" ? this.#linkOf(element) : place.linked;
      this.#walk(inner, { ...placeIn(inner, place), linked });
    } else if (element.name === "br" && !place.preformatted) this.#addBreak(element, block, place);
    else this.#addPhrase(element);
  }

  #addText(node: Text): void {
    this.#run.nodes.push(node);
    this.#run.text += node.data;
    if (this.#run.breaks > 0 && /\S/.test(node.data)) this.#run.breaks = 0;
  }

  /** One break stays in its line; two in a row end a paragraph, as old pages write them. */
  #addBreak(element: Element, block: Block, place: Place): void {
    this.#run.breaks++;
    if (this.#run.breaks >= 2) this.#flush(block, place);
    else {
      this.#run.nodes.push(element);
      this.#run.text += "\n";
    }
  }

  #addPicture(element: Element): void {
    this.#run.nodes.push(element);
    this.#run.images.push(element);
  }

  #addPhrase(element: Element): void {
    this.#run.nodes.push(element);
    this.#read(element, "none", false);
  }

  #read(element: Element, linked: LinkKind, bold: boolean): void {
    const run = this.#run;
    if (element.name === "img" || element.name === "amp-img") {
      run.images.push(element);
      return;
    }
    if (element.name === "noscript") {
      this.#readNoscript(element);
      return;
    }
    if (element.name === "br") {
      run.text += "\n";
      return;
    }
    const link = linked === "none" ? this.#linkOf(element) : linked;
    const isBold = bold || element.name === "b" || element.name === "strong";
    for (const child of element.children) {
      if (child.type === "text") {
        run.text += child.data;
        const length = child.data.trim().length;
        if (length > 0) run.breaks = 0;
        if (link !== "none") run.linkLength += length;
        if (link === "away") run.awayLength += length;
        if (isBold) run.boldLength += length;
      } else if ("attribs" in child && !SKIPPED.has(child.name) && !isHidden(child)) this.#read(child, link, isBold);
    }
  }

  #linkOf({ name, attribs }: Element): LinkKind {
    if (name !== "a") return "none";
    return leadsAway(attribs.href ?? "", this.#site) ? "away" : "own";
  }

  /** The picture that a page shows where scripts are off, unless its twin already stands here. */
  #addNoscript(element: Element): void {
    const image = this.#readNoscript(element);
    if (image !== null) this.#run.nodes.push(image);
  }

  #readNoscript(element: Element): Element | null {
    const html = element.children.map((child) => (child.type === "text" ? child.data : "")).join("");
    if (!/<img/i.test(html) || html.length > NOSCRIPT_CHARACTERS_MAX || hasTwin(element)) return null;
    const image = findImage(parseHtmlFragment(html).children);
    if (image !== null) this.#run.images.push(image);
    return image;
  }

  #addEmbed(element: Element, block: Block, place: Place): void {
    this.#flush(block, place);
    this.#segments.push({
      index: this.#segments.length,
      block,
      nodes: [],
      text: "",
      size: 0,
      linkLength: 0,
      awayLength: 0,
      boldLength: 0,
      images: [],
      embed: element,
      level: 0,
      place,
    });
  }

  #flush(block: Block, place: Place): void {
    const run = this.#run;
    if (run.nodes.length === 0) return;
    this.#run = new Run();
    const text = place.preformatted ? run.text.trim() : foldText(run.text);
    if (text === "" && run.images.length === 0) return;
    while (isGap(run.nodes.at(-1))) run.nodes.pop();
    this.#segments.push({
      index: this.#segments.length,
      block,
      nodes: run.nodes,
      text,
      size: DENSE.test(text) ? text.length * DENSE_WEIGHT : text.length,
      linkLength: place.linked === "none" ? Math.min(run.linkLength, text.length) : text.length,
      awayLength: place.linked === "away" ? text.length : Math.min(run.awayLength, text.length),
      boldLength: run.boldLength,
      images: run.images,
      embed: undefined,
      level: place.heading,
      place,
    });
  }
}

/** To another site, and not to have this page shared or its site followed there. */
function leadsAway(href: string, site: string): boolean {
  const start = href.slice(0, 500).trimStart();
  const host = /^(?:https?:)?\/\/([^/?#:]+)/i.exec(start)?.[1]?.toLowerCase();
  if (host === undefined || site === "") return false;
  if (host === site || host.endsWith(`.${site}`) || site.endsWith(`.${host.replace(/^www\./, "")}`)) return false;
  return !(start.includes(site) || /\b(?:shar(?:e|er|ing)|intent|submit|follow)\b/i.test(start.slice(host.length)));
}

/** A line break or white space: nothing at the end of a line. */
function isGap(node: ChildNode | undefined): boolean {
  if (node?.type === "text") return node.data.trim() === "";
  return node?.type === "tag" && node.name === "br";
}

/** Whether a picture with an address stands beside this `noscript`. */
function hasTwin(noscript: Element): boolean {
  const parent = noscript.parent;
  if (parent === null) return false;
  const image = findImage(parent.children);
  return (
    image !== null &&
    Object.keys(image.attribs).some((name) => /src/.test(name) && !/^data:/.test(image.attribs[name] ?? ""))
  );
}

function findImage(nodes: readonly ChildNode[]): Element | null {
  for (const node of nodes) {
    if (!("attribs" in node)) continue;
    if (node.name === "img") return node;
    const inner = findImage(node.children);
    if (inner !== null) return inner;
  }
  return null;
}

function placeIn(block: Block, place: Place): Place {
  const name = block.element.name;
  const level = headingLevel(name);
  if (level > 0) return { ...place, heading: level };
  if (name === "li" || name === "dd" || name === "dt") return { ...place, list: true };
  if (name === "blockquote") return { ...place, quote: true };
  if (name === "td" || name === "th") return { ...place, cell: true };
  if (name === "pre") return { ...place, preformatted: true };
  if (name === "figure") return { ...place, figure: block };
  if (name === "figcaption" || isInlineCaption(block.element)) return { ...place, caption: block };
  return place;
}

/** An empty element that a script will make a picture of. */
function isLazyPicture(element: Element): boolean {
  const address = element.attribs["data-src"];
  if (address === undefined || (element.name !== "div" && element.name !== "span")) return false;
  return (
    element.children.every((child) => child.type === "text" && child.data.trim() === "") &&
    /\.(?:jpe?g|png|webp|avif)(?:$|[?#])/i.test(address.slice(0, 2000))
  );
}

/** An inline element named as a caption, with words and no picture in it: it stands for a block. */
function isInlineCaption(element: Element): boolean {
  const names = element.attribs.class;
  if (names === undefined || !/caption|legend/i.test(names) || BLOCKS.has(element.name) || element.name === "a")
    return false;
  return (
    /\bcaption\b|caption-?_?text|legend/i.test(names.replace(/[-_]/g, " ")) && findImage(element.children) === null
  );
}

function headingLevel(name: string): number {
  return /^h[1-6]$/.test(name) ? Number(name[1]) : 0;
}

/** Captions are hidden from screen readers where the picture's own description says the same. */
function isCaptioned(element: Element): boolean {
  const parent = element.parent;
  return parent !== null && "name" in parent && (parent.name === "figcaption" || parent.name === "figure");
}

function isHidden(element: Element): boolean {
  const attributes = element.attribs;
  if (attributes.hidden !== undefined || (attributes["aria-hidden"] === "true" && !isCaptioned(element))) return true;
  const style = attributes.style;
  if (
    style !== undefined &&
    /(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden)/i.test(style.slice(0, 1000))
  )
    return true;
  const names = attributes.class;
  return (names ?? "").split(/\s+/).some((name) => HIDDEN_WORDS.has(name.replace(/[-_]/g, "").toLowerCase()));
}

/** Class and id cut into words: `articleBody main-text2` is article, body, main, text. */
function wordsOf(element: Element): readonly string[] {
  const names = `${element.attribs.class ?? ""} ${element.attribs.id ?? ""}`;
  if (names.length < 2) return [];
  return names
    .slice(0, 500)
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .flatMap((name) => WORD.exec(name)?.[1] ?? []);
}

/** A number, or a size, may follow; what has figures within is a key that a program made, whatever its letters say. */
const WORD = /^([a-z]+)(?:\d+(?:x\d+)?)?$/;
