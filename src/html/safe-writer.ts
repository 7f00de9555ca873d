import type { SafeHtml } from "../model/html.ts";
import { resolveWebUrl } from "../model/url.ts";
import { type Attributes, findImageSource, type ImageSource, largestOf, parseSrcset } from "./images.ts";

/** How an element may stand: what it closes before it opens, and where it must be. */
type Place =
  | "inline"
  | "link"
  | "block"
  | "heading"
  | "paragraph"
  | "item"
  | "term"
  | "caption"
  | "section"
  | "row"
  | "cell"
  | "summary"
  | "figcaption"
  | "picture";

interface Rule {
  /** The element that is written; presentational and sectioning elements are written as their plain kin. */
  readonly as: string;
  readonly place: Place;
}

/** Written as they are. Everything that is neither here, in `WRITTEN_AS` nor void is unwrapped: its children stay. */
const PLACES: Readonly<Record<Place, string>> = {
  inline: "abbr b cite code del em i ins kbd mark q s samp small strong sub sup time u var",
  link: "a",
  block: "blockquote details div dl figure ol pre table ul",
  heading: "h1 h2 h3 h4 h5 h6",
  paragraph: "p",
  item: "li",
  term: "dd dt",
  caption: "caption",
  section: "tbody tfoot thead",
  row: "tr",
  cell: "td th",
  summary: "summary",
  figcaption: "figcaption",
  picture: "picture",
};

const WRITTEN_AS: Readonly<Record<string, string>> = {
  acronym: "abbr",
  dfn: "em",
  strike: "s",
  tt: "code",
  address: "div",
  article: "div",
  aside: "div",
  center: "div",
  dialog: "div",
  fieldset: "div",
  footer: "div",
  header: "div",
  hgroup: "div",
  main: "div",
  nav: "div",
  section: "div",
  dir: "ul",
  menu: "ul",
  listing: "pre",
  xmp: "pre",
};

const RULES: ReadonlyMap<string, Rule> = buildRules();

/** Dropped with all they hold. */
export const DROPPED: ReadonlySet<string> = new Set(
  (
    "applet area audio button canvas datalist embed frame frameset head iframe input map math meter noembed noframes object " +
    "optgroup option output param portal progress script select style svg template textarea title track video"
  ).split(" "),
);

/** Content of its own kind inside these is no HTML; an HTML block inside ends it (HTML §13.2.6.5, foreign content). */
export const FOREIGN: ReadonlySet<string> = new Set(["math", "svg"]);

const TABLE_PARTS = new Set(["table", "tbody", "tfoot", "thead", "tr"]);
const LISTS = new Set(["ol", "ul"]);
const DEPTH_MAX = 100;
const BREAKS_MAX = 2;
const ATTRIBUTE_CHARACTERS_MAX = 2000;

/** One element in the making. It is written when its first content comes: empty elements never show. */
export interface Entry {
  readonly tag: string;
  readonly openTag: string;
  readonly inline: boolean;
  /** A paragraph nobody asked for, around loose text among blocks: the next block ends it. */
  readonly implied: boolean;
  /** A `div` that only holds blocks: left out, its children stand for themselves. */
  ghost: boolean;
  closed: boolean;
  /** `source` elements of a `picture`, waiting for its `img`. */
  sources: string[] | undefined;
}

/**
 * Writes allow-listed HTML from a stream of elements and texts, whatever their order: every element is closed where
 * HTML's own rules close it, no block stands in a paragraph, table parts and list items stand in their parents, empty
 * elements vanish. Parsing what it wrote gives the same tree, so it reads alike to us, to readers and to browsers.
 * Time is linear: the stack never holds more than 100 elements, deeper ones are unwrapped.
 */
export class SafeWriter {
  readonly #baseUrl: string | undefined;
  readonly #parts: string[] = [];
  readonly #stack: Entry[] = [];
  /** How many of the stack are written already; the rest wait for content. */
  #settled = 0;
  #preformatted = 0;
  #text = "";
  /** Nothing but the tag of a block, or a line break, stands before this place: white space here shows nothing. */
  #atEdge = true;
  #endsWithSpace = false;
  #breaks = 0;

  constructor(baseUrl: string | undefined) {
    this.#baseUrl = baseUrl;
  }

  /** Opens an element; null when it is unwrapped, void or dropped, else what `close` takes. */
  open(name: string, attributes: Attributes): Entry | null {
    const rule = RULES.get(name);
    if (rule === undefined) {
      this.#openVoid(name, attributes);
      return null;
    }
    this.#flushText();
    if (this.#stack.length >= DEPTH_MAX) return null;
    const tag = this.#place(rule);
    if (tag === null) return null;
    const openTag = this.#openTagOf(tag, attributes);
    return openTag === null ? null : this.#push(tag, openTag, rule);
  }

  /** Closes an element that `open` gave, with all still open inside it. */
  close(entry: Entry): void {
    if (entry.closed) return;
    this.#flushText();
    this.#closeTo(this.#stack.lastIndexOf(entry));
  }

  /** Closes the innermost element of this name, as an end tag does; ignored where none is open in this cell or item. */
  closeName(name: string): void {
    const rule = RULES.get(name);
    if (rule === undefined) return;
    this.#flushText();
    for (let index = this.#stack.length - 1; index >= 0; index--) {
      const entry = this.#entry(index);
      if (entry.tag === rule.as && !entry.implied) {
        this.#closeTo(index);
        return;
      }
      if (isCell(entry.tag) && rule.place !== "row" && rule.place !== "section" && rule.as !== "table") return;
    }
  }

  /** Text, entities decoded. Outside `pre`, white space folds. */
  text(data: string): void {
    this.#text += data;
  }

  /** A link in a line or a paragraph of its own: what is left of a player, a frame or an embedded post. */
  link(address: string | undefined, label: string): void {
    const url = resolveWebUrl(address, this.#baseUrl);
    if (url === null) return;
    this.#flushText();
    const inLine = this.#stack.some((entry) => entry.inline || entry.tag === "p");
    const paragraph = inLine ? null : this.open("p", {});
    const anchor = this.open("a", { href: url });
    this.text(label.trim() === "" ? new URL(url).hostname : label);
    if (anchor !== null) this.close(anchor);
    if (paragraph !== null) this.close(paragraph);
  }

  /** Whether the last thing written is a picture: its `noscript` twin then adds nothing. */
  get endsWithImage(): boolean {
    this.#flushText();
    const last = this.#parts.at(-1) ?? "";
    return last.startsWith("<img ") || last === "</picture>";
  }

  end(): SafeHtml {
    this.#flushText();
    this.#closeTo(0);
    this.#trimEnd();
    // The cast is the proof: everything in the parts was written by this class from the allow-list.
    return this.#parts.join("").toWellFormed() as SafeHtml;
  }

  // ---- placement

  /** Makes room for an element and says what is written for it; null unwraps it. */
  #place(rule: Rule): string | null {
    switch (rule.place) {
      case "inline":
      case "picture":
        return this.#placeInline(rule.as);
      case "link":
        return this.#placeLink();
      case "item":
        return this.#placeItem();
      case "term":
        return this.#placeTerm(rule.as);
      case "caption":
      case "section":
      case "row":
      case "cell":
        return this.#placeTablePart(rule);
      default:
        return this.#placeBlock(rule);
    }
  }

  #placeInline(tag: string): string | null {
    if (this.#holds(tag)) return null;
    this.#enterFlow();
    return tag;
  }

  #holds(tag: string): boolean {
    for (let index = this.#stack.length - 1; index >= 0; index--) if (this.#stack[index]?.tag === tag) return true;
    return false;
  }

  /** Whether a block waits for its first content. */
  #awaitsBlock(): boolean {
    for (let index = this.#settled; index < this.#stack.length; index++) if (!this.#stack[index]?.inline) return true;
    return false;
  }

  /** A link inside a link: in the same line it ends the other, elsewhere it is unwrapped. */
  #placeLink(): string | null {
    for (let index = this.#stack.length - 1; index >= 0; index--) {
      if (this.#entry(index).tag !== "a") continue;
      if (this.#stack.slice(index).some((entry) => !entry.inline)) return null;
      this.#closeTo(index);
      break;
    }
    this.#enterFlow();
    return "a";
  }

  #placeBlock(rule: Rule): string | null {
    this.#endParagraph();
    this.#enterCell();
    if (rule.place === "heading") this.#endHeading();
    if (rule.place === "summary" && this.#top?.tag === "details") return "summary";
    if (rule.place === "figcaption" && this.#holds("figure")) return "figcaption";
    if (rule.place === "heading" || (rule.place === "block" && rule.as !== "div")) return rule.as;
    return this.#division(rule.place === "paragraph" ? "p" : "div");
  }

  /** A plain division or paragraph; in a heading it only sets words apart. */
  #division(tag: string): string | null {
    if (this.#findHeading() === -1) return tag;
    this.text(" ");
    return null;
  }

  /** A heading ends the heading before it. */
  #endHeading(): void {
    const index = this.#findHeading();
    if (index !== -1) this.#closeTo(index);
  }

  /** The open heading of this cell; -1 without one. */
  #findHeading(): number {
    for (let index = this.#stack.length - 1; index >= 0; index--) {
      const { tag } = this.#entry(index);
      if (isHeading(tag)) return index;
      if (isCell(tag)) return -1;
    }
    return -1;
  }

  #placeItem(): string | null {
    this.#endParagraph();
    for (let index = this.#stack.length - 1; index >= 0; index--) {
      const { tag } = this.#entry(index);
      if (LISTS.has(tag)) return "li";
      if (isCell(tag)) break;
      if (tag !== "li") continue;
      this.#closeTo(index);
      return "li";
    }
    this.#enterCell();
    return this.#division("div");
  }

  #placeTerm(tag: string): string | null {
    this.#endParagraph();
    for (let index = this.#stack.length - 1; index >= 0; index--) {
      const open = this.#entry(index).tag;
      if (open === "dl") return tag;
      if (isCell(open)) break;
      if (open !== "dd" && open !== "dt") continue;
      this.#closeTo(index);
      return tag;
    }
    this.#enterCell();
    return this.#division("div");
  }

  /** Table parts outside a table are plain divisions; inside, what is missing around them is written. */
  #placeTablePart(rule: Rule): string | null {
    const table = this.#stack.findLastIndex((entry) => entry.tag === "table");
    if (table === -1) {
      if (rule.place === "section" || rule.place === "row") return null;
      this.#endParagraph();
      return this.#division("div");
    }
    const keep = rule.place === "cell" ? ["tr"] : rule.place === "row" ? ["tbody", "tfoot", "thead"] : [];
    const parent = this.#stack.findLastIndex((entry, index) => index > table && keep.includes(entry.tag));
    if (parent !== -1) this.#closeTo(parent + 1);
    else if (rule.place !== "cell") this.#closeTo(table + 1);
    else
      this.#closeTo(
        1 +
          Math.max(
            table,
            this.#stack.findLastIndex((e, i) => i > table && isSection(e.tag)),
          ),
      );
    if (rule.place === "row" || rule.place === "cell") this.#enterRow(rule.place === "cell");
    return rule.as;
  }

  get #top(): Entry | undefined {
    return this.#stack.at(-1);
  }

  #entry(index: number): Entry {
    // The cast is right: callers count within the stack.
    return this.#stack[index] as Entry;
  }

  /** Loose content in a table goes into a cell of its own (browsers would move it out of the table). */
  #enterCell(): void {
    const tag = this.#top?.tag;
    if (tag === undefined || !TABLE_PARTS.has(tag)) return;
    this.#enterRow(true);
    this.#push("td", "<td>", BLOCK_RULE);
  }

  #enterRow(withRow: boolean): void {
    if (this.#top?.tag === "table") this.#push("tbody", "<tbody>", BLOCK_RULE);
    if (withRow && this.#top?.tag !== "tr") this.#push("tr", "<tr>", BLOCK_RULE);
  }

  /** Before a line of text: in a cell if in a table; in a paragraph of its own where its division was left out. */
  #enterFlow(): void {
    this.#enterCell();
    if (this.#top?.ghost && this.#stack.length < DEPTH_MAX) this.#push("p", "<p>", IMPLIED_RULE, true);
  }

  /** A block ends the paragraph it would stand in (HTML §13.2.6.4.7, "close a p element"). */
  #endParagraph(): void {
    for (let index = this.#stack.length - 1; index >= 0; index--) {
      const entry = this.#entry(index);
      if (entry.tag === "p") this.#closeTo(index);
      if (!entry.inline) return;
    }
  }

  // ---- writing

  #push(tag: string, openTag: string, rule: Rule, implied = false): Entry {
    const inline = rule.place === "inline" || rule.place === "link" || rule.place === "picture";
    if (!inline && !implied) this.#leaveOutDivisions();
    if (tag === "pre") this.#preformatted++;
    const entry: Entry = { tag, openTag, inline, implied, ghost: false, closed: false, sources: undefined };
    this.#stack.push(entry);
    return entry;
  }

  #leaveOutDivisions(): void {
    for (let index = this.#stack.length - 1; index >= this.#settled; index--) {
      const entry = this.#entry(index);
      if (entry.tag !== "div") return;
      entry.ghost = true;
    }
  }

  #settle(): void {
    for (; this.#settled < this.#stack.length; this.#settled++) {
      const entry = this.#entry(this.#settled);
      if (entry.ghost) continue;
      if (!entry.inline) this.#edge();
      this.#parts.push(entry.openTag);
    }
  }

  #closeTo(index: number): void {
    while (this.#stack.length > index) {
      const entry = this.#entry(this.#stack.length - 1);
      if (isCell(entry.tag)) this.#settle();
      this.#stack.pop();
      entry.closed = true;
      if (entry.tag === "pre") this.#preformatted--;
      const written = this.#settled > this.#stack.length;
      this.#settled = Math.min(this.#settled, this.#stack.length);
      if (!written || entry.ghost) continue;
      if (!entry.inline) this.#edge();
      this.#parts.push(`</${entry.tag}>`);
    }
  }

  #edge(): void {
    if (this.#preformatted === 0) this.#trimEnd();
    this.#atEdge = true;
    this.#breaks = 0;
  }

  #trimEnd(): void {
    if (!this.#endsWithSpace) return;
    this.#parts.push((this.#parts.pop() ?? "").replace(/[ \n]$/, ""));
    this.#endsWithSpace = false;
  }

  #flushText(): void {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    if (this.#preformatted > 0) this.#writePreformatted(text);
    else this.#writeFolded(text);
  }

  #writePreformatted(text: string): void {
    const clean = cleanText(text);
    // The parser drops a newline that follows <pre>; written without, it reads back the same.
    const data = this.#atEdge || this.#settled < this.#stack.length ? clean.replace(/^\n+/, "") : clean;
    if (data === "") return;
    this.#enterFlow();
    this.#settle();
    this.#write(escapeText(data), false);
  }

  #writeFolded(text: string): void {
    let data = foldSpace(cleanText(text));
    if (!/\S/.test(data)) {
      this.#writeSpace(data);
      return;
    }
    this.#enterFlow();
    this.#settle();
    if ((this.#atEdge || this.#endsWithSpace) && isFoldedSpace(data.charCodeAt(0))) data = data.slice(1);
    this.#write(escapeText(data), isFoldedSpace(data.charCodeAt(data.length - 1)));
  }

  #writeSpace(data: string): void {
    if (this.#atEdge || this.#endsWithSpace) return;
    if (this.#awaitsBlock()) return;
    this.#write(data.includes("\n") ? "\n" : " ", true);
  }

  #write(html: string, endsWithSpace: boolean): void {
    this.#parts.push(html);
    this.#atEdge = false;
    this.#endsWithSpace = endsWithSpace;
    this.#breaks = 0;
  }

  // ---- void elements

  #openVoid(name: string, attributes: Attributes): void {
    if (name === "br") this.#break();
    else if (name === "hr") this.#rule();
    else if (name === "img" || name === "amp-img" || name === "image") this.#image(attributes);
    else if (name === "source") this.#source(attributes);
  }

  #break(): void {
    this.#flushText();
    if (this.#preformatted > 0) {
      this.text("\n");
      return;
    }
    if (this.#awaitsBlock()) return;
    if ((this.#atEdge && this.#breaks === 0) || this.#breaks >= BREAKS_MAX) return;
    const breaks = this.#breaks + 1;
    this.#trimEnd();
    this.#write("<br>", false);
    this.#atEdge = true;
    this.#breaks = breaks;
  }

  #rule(): void {
    this.#flushText();
    this.#endParagraph();
    this.#enterCell();
    this.#leaveOutDivisions();
    this.#settle();
    this.#edge();
    this.#parts.push("<hr>");
  }

  #image(attributes: Attributes): void {
    this.#flushText();
    const picture = this.#top?.tag === "picture" ? this.#top : undefined;
    const image = findImageSource(attributes, this.#baseUrl) ?? this.#imageOfSources(attributes, picture);
    if (image === null) return;
    this.#enterFlow();
    this.#settle();
    for (const source of picture?.sources ?? []) this.#parts.push(source);
    if (picture !== undefined) picture.sources = undefined;
    const size = attribute("width", image.width?.toString()) + attribute("height", image.height?.toString());
    const sizes = image.candidates.length > 0 ? attribute("sizes", attributes["sizes"]) : "";
    const alt = ` alt="${escapeAttribute(shorten(attributes["alt"] ?? ""))}"`;
    this.#write(`<img${attribute("src", image.src)}${srcsetAttribute(image)}${sizes}${alt}${size}>`, false);
  }

  /** A `picture` whose `img` waits for a script: the largest picture of its sources. */
  #imageOfSources(attributes: Attributes, picture: Entry | undefined): ImageSource | null {
    const src = picture?.sources?.at(-1);
    if (src === undefined || /^\s*[012](px)?\s*$/.test(attributes["width"] ?? "")) return null;
    const srcset = /srcset="([^"]*)"/.exec(src)?.[1]?.replaceAll("&amp;", "&");
    const largest = largestOf(parseSrcset(srcset));
    return largest === undefined ? null : { src: largest.url, candidates: [] };
  }

  #source(attributes: Attributes): void {
    const picture = this.#top;
    if (picture?.tag !== "picture") return;
    const candidates = parseSrcset(attributes["data-srcset"] ?? attributes["srcset"], this.#baseUrl);
    if (candidates.length === 0) return;
    picture.sources ??= [];
    const rest = (["media", "sizes", "type"] as const).map((name) => attribute(name, attributes[name])).join("");
    picture.sources.push(`<source${srcsetAttribute({ candidates })}${rest}>`);
  }

  // ---- attributes

  /** The start tag with the attributes that are allowed; null where the element is nothing without them. */
  #openTagOf(tag: string, attributes: Attributes): string | null {
    let kept = "";
    switch (tag) {
      case "a": {
        const href = this.#address(attributes["href"]);
        if (href === null) return null;
        kept = attribute("href", href);
        break;
      }
      case "time":
        if (attributes["datetime"] === undefined) return null;
        kept = attribute("datetime", attributes["datetime"]);
        break;
      case "abbr":
        kept = attribute("title", attributes["title"]);
        break;
      case "blockquote":
      case "q":
      case "del":
      case "ins":
        kept = attribute("cite", resolveWebUrl(attributes["cite"], this.#baseUrl) ?? undefined);
        break;
      case "ol":
        kept =
          attribute("start", integer(attributes["start"])) +
          (attributes["reversed"] === undefined ? "" : ' reversed=""');
        break;
      case "li":
        kept = attribute("value", integer(attributes["value"]));
        break;
      case "td":
      case "th":
        kept = attribute("colspan", span(attributes["colspan"])) + attribute("rowspan", span(attributes["rowspan"]));
        break;
    }
    const language = attributes["lang"];
    if (language !== undefined && /^[a-z]{2,3}(-[a-z0-9]{1,8}){0,4}$/i.test(language))
      kept += attribute("lang", language);
    const direction = attributes["dir"]?.toLowerCase();
    if (direction === "rtl" || direction === "ltr" || direction === "auto") kept += attribute("dir", direction);
    return `<${tag}${kept}>`;
  }

  #address(value: string | undefined): string | null {
    if (value === undefined) return null;
    const web = resolveWebUrl(value, this.#baseUrl);
    if (web !== null) return web;
    const url = URL.parse(value.trim());
    return url?.protocol === "mailto:" ? url.href : null;
  }
}

const BLOCK_RULE: Rule = { as: "div", place: "block" };
const IMPLIED_RULE: Rule = { as: "p", place: "paragraph" };

function buildRules(): ReadonlyMap<string, Rule> {
  const rules = new Map<string, Rule>();
  for (const [place, names] of Object.entries(PLACES)) {
    // The cast is right: the keys of PLACES are places.
    for (const name of names.split(" ")) rules.set(name, { as: name, place: place as Place });
  }
  for (const [name, as] of Object.entries(WRITTEN_AS)) {
    const rule = rules.get(as);
    if (rule !== undefined) rules.set(name, rule);
  }
  return rules;
}

function isCell(tag: string): boolean {
  return tag === "td" || tag === "th" || tag === "caption";
}

function isSection(tag: string): boolean {
  return tag === "tbody" || tag === "tfoot" || tag === "thead";
}

function isHeading(tag: string): boolean {
  return tag.length === 2 && tag.startsWith("h") && tag !== "hr";
}

function attribute(name: string, value: string | undefined): string {
  return value === undefined || value === "" ? "" : ` ${name}="${escapeAttribute(shorten(value))}"`;
}

function srcsetAttribute(image: Pick<ImageSource, "candidates">): string {
  if (image.candidates.length === 0) return "";
  const written = image.candidates.map((candidate) => `${encodeCommas(candidate.url)} ${candidate.descriptor}`.trim());
  return ` srcset="${escapeAttribute(written.join(", "))}"`;
}

/** A comma at either end of an address would be read as the candidates' separator. */
function encodeCommas(url: string): string {
  return url.replace(/^,|,$/g, "%2C");
}

/** What `foldSpace` leaves of white space. */
function isFoldedSpace(code: number): boolean {
  return code === 32 || code === 10;
}

function integer(value: string | undefined): string | undefined {
  return value !== undefined && /^-?\d{1,6}$/.test(value) ? value : undefined;
}

function span(value: string | undefined): string | undefined {
  return value !== undefined && /^\d{1,3}$/.test(value) && Number(value) > 1 ? String(Number(value)) : undefined;
}

function shorten(value: string): string {
  return value.length > ATTRIBUTE_CHARACTERS_MAX ? value.slice(0, ATTRIBUTE_CHARACTERS_MAX) : value;
}

/** White space runs become one space, or one newline where the run held one. No-break spaces stay. */
function foldSpace(text: string): string {
  if (!/[ \t\n\f\r]{2}|[\t\f\r]/.test(text)) return text;
  return text.replace(/[ \t\n\f\r]+/g, (run) => (run.includes("\n") ? "\n" : " "));
}

const UNWANTED = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]/;

/** Without characters that XML forbids or that no reader shows (XML 1.0 §2.2); lone surrogates are mended at the end. */
function cleanText(text: string): string {
  const newlines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  return UNWANTED.test(newlines) ? newlines.replace(new RegExp(UNWANTED, "g"), "") : newlines;
}

function escapeText(text: string): string {
  if (!/[&<>\u00a0]/.test(text)) return text;
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\u00a0", "&nbsp;");
}

function escapeAttribute(value: string): string {
  const clean = cleanText(value);
  if (!/[&<>"\u00a0]/.test(clean)) return clean;
  return escapeText(clean).replaceAll('"', "&quot;");
}
