import type { SafeHtml } from "../model/html.ts";
import { resolveWebUrl } from "../model/url.ts";
import {
  type Attributes,
  findImageSource,
  type ImageSource,
  isTrackingPixel,
  largestOf,
  NO_ATTRIBUTES,
  parseSrcset,
} from "./images.ts";
import { PROFILES, type Profile, type Rule } from "./sanitize-profiles.ts";

const TABLE_PARTS = new Set(["table", "tbody", "tfoot", "thead", "tr"]);
const LISTS = new Set(["dir", "menu", "ol", "ul"]);
const PLAYERS = new Set(["audio", "video"]);
const DEPTH_MAX = 100;
const BREAKS_MAX = 2;
const ATTRIBUTE_CHARACTERS_MAX = 2000;
/** Text that is written as it is: nothing to escape, to strip or to fold. */
const NEEDS_CARE = /[\0-\x09\x0b-\x1f&<>\x7f-\xa0\u2028\u2029\ufdd0-\ufdef\ufffe\uffff]|[ \n][ \n]/;

/** One element in the making. Where the profile is not faithful, it is written when its first content comes. */
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
 * HTML's own rules close it, no block stands in a paragraph, table parts stand in their parents. Without a faithful
 * profile empty elements vanish, and list items stand in lists. Parsing what it wrote gives the same tree, so it reads
 * alike to us, to readers and to browsers.
 * Time is linear: the stack never holds more than 100 elements, deeper ones are unwrapped.
 */
export class SafeWriter {
  readonly profile: Profile;
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

  constructor(baseUrl: string | undefined, profile: Profile = PROFILES.page) {
    this.#baseUrl = baseUrl;
    this.profile = profile;
  }

  /** Opens an element; null when it is unwrapped, void or dropped, else what `close` takes. */
  open(name: string, attributes: Attributes): Entry | null {
    const rule = this.profile.rules.get(name);
    if (rule === undefined) return null;
    this.#flushText();
    if (this.#writeVoid(rule, attributes) || this.#stack.length >= DEPTH_MAX) return null;
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
    const rule = this.profile.rules.get(name);
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
    return last.startsWith("<img src=") || last === "</picture>";
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
      case "annotation":
        return this.#placeAnnotation(rule.as);
      case "item":
        return this.#placeItem();
      case "term":
        return this.#placeTerm(rule.as);
      case "caption":
      case "columns":
      case "section":
      case "row":
      case "cell":
        return this.#placeTablePart(rule);
      default:
        return this.#placeBlock(rule);
    }
  }

  #placeInline(tag: string): string | null {
    if (!this.profile.isFaithful && this.#holds(tag)) return null;
    this.#enterFlow();
    return tag;
  }

  /** `rt` and `rp` stand directly in their `ruby`. */
  #placeAnnotation(tag: string): string | null {
    const ruby = this.#stack.findLastIndex((entry) => entry.tag === "ruby");
    if (ruby === -1) return null;
    this.#closeTo(ruby + 1);
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
    if (this.profile.isFaithful) return rule.as;
    if (rule.place === "summary" && this.#top?.tag === "details") return "summary";
    if (rule.place === "figcaption" && this.#holds("figure")) return "figcaption";
    if (rule.place === "heading" || (rule.place === "block" && rule.as !== "div")) return rule.as;
    return this.#division(rule.place === "paragraph" ? "p" : "div");
  }

  /** A plain division or paragraph; in a heading it only sets words apart, unless the profile is faithful. */
  #division(tag: string): string | null {
    if (this.profile.isFaithful || this.#findHeading() === -1) return tag;
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
    return this.profile.isFaithful ? "li" : this.#division("div");
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
    return this.profile.isFaithful ? tag : this.#division("div");
  }

  /** Table parts outside a table are plain divisions; inside, what is missing around them is written. */
  #placeTablePart(rule: Rule): string | null {
    const table = this.#stack.findLastIndex((entry) => entry.tag === "table");
    if (table === -1) {
      if (rule.place !== "cell" && rule.place !== "caption") return null;
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
    if (this.#top?.tag === "colgroup") this.#closeTo(this.#stack.length - 1);
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

  #push(tag: string, openTag: string, rule: Pick<Rule, "place">, implied = false): Entry {
    const inline = isInline(rule.place);
    if (!inline && !implied) this.#leaveOutDivisions();
    if (tag === "pre") this.#preformatted++;
    const entry: Entry = { tag, openTag, inline, implied, ghost: false, closed: false, sources: undefined };
    this.#stack.push(entry);
    if (this.profile.isFaithful) this.#settle();
    return entry;
  }

  #leaveOutDivisions(): void {
    if (this.profile.isFaithful) return;
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
      if (!entry.inline) this.#endBlock();
      this.#parts.push(`</${entry.tag}>`);
    }
  }

  /** A space after or before the end of a block keeps words apart for readers that only strip tags. */
  #endBlock(): void {
    if (this.profile.isFaithful) this.#atEdge = false;
    else this.#edge();
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
    const needsCare = NEEDS_CARE.test(text);
    let data = needsCare ? foldSpace(cleanText(text)) : text;
    if (!(this.profile.isFaithful ? /[^ \n]/ : /\S/).test(data)) {
      this.#writeSpace(data);
      return;
    }
    this.#enterFlow();
    this.#settle();
    if ((this.#atEdge || this.#endsWithSpace) && isFoldedSpace(data.charCodeAt(0))) data = data.slice(1);
    this.#write(needsCare ? escapeText(data) : data, isFoldedSpace(data.charCodeAt(data.length - 1)));
  }

  #writeSpace(data: string): void {
    if (data === "" || this.#atEdge || this.#endsWithSpace) return;
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

  /** Writes an element that has no content; false for all others. */
  #writeVoid(rule: Rule, attributes: Attributes): boolean {
    switch (rule.place) {
      case "break":
        this.#break();
        return true;
      case "rule":
        this.#rule();
        return true;
      case "image":
        this.#image(attributes);
        return true;
      case "source":
        this.#source(attributes);
        return true;
      case "track":
        if (PLAYERS.has(this.#top?.tag ?? "")) this.#parts.push(this.#voidTag(rule, attributes));
        return true;
      case "column":
        this.#column(rule, attributes);
        return true;
      case "void":
        this.#enterFlow();
        this.#settle();
        this.#write(this.#voidTag(rule, attributes), false);
        return true;
      default:
        return false;
    }
  }

  #voidTag(rule: Rule, attributes: Attributes): string {
    return this.#openTagOf(rule.as, attributes) ?? "";
  }

  #break(): void {
    if (this.profile.isFaithful) {
      this.#breakAsWritten();
      return;
    }
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

  #breakAsWritten(): void {
    this.#enterFlow();
    if (this.#preformatted === 0) this.#trimEnd();
    this.#write("<br>", false);
    this.#atEdge = this.#preformatted === 0;
  }

  /** A `col` stands in a `colgroup`, that in a table. */
  #column(rule: Rule, attributes: Attributes): void {
    const table = this.#stack.findLastIndex((entry) => entry.tag === "table");
    if (table === -1 || this.#stack.length >= DEPTH_MAX) return;
    if (this.#top?.tag !== "colgroup") {
      this.#closeTo(table + 1);
      this.#push("colgroup", "<colgroup>", BLOCK_RULE);
    }
    this.#parts.push(this.#voidTag(rule, attributes));
  }

  #rule(): void {
    this.#endParagraph();
    this.#enterCell();
    this.#leaveOutDivisions();
    this.#settle();
    this.#edge();
    this.#parts.push("<hr>");
  }

  #image(attributes: Attributes): void {
    const picture = this.#top?.tag === "picture" ? this.#top : undefined;
    const image = findImageSource(attributes, this.#baseUrl) ?? this.#imageOfSources(attributes, picture);
    if (image === null && (!this.profile.isFaithful || isTrackingPixel(attributes))) return;
    this.#enterFlow();
    this.#settle();
    for (const source of picture?.sources ?? []) this.#parts.push(source);
    if (picture !== undefined) picture.sources = undefined;
    this.#write(`<img${this.#imageAttributes(attributes, image)}>`, false);
  }

  #imageAttributes(attributes: Attributes, image: ImageSource | null): string {
    const candidates = image?.candidates ?? [];
    const { alt } = attributes;
    return (
      (image === null ? "" : ` src="${escapeAttribute(image.src)}"`) +
      srcsetAttribute(candidates) +
      (candidates.length > 0 ? attribute("sizes", attributes.sizes) : "") +
      (alt === undefined ? "" : ` alt="${escapeAttribute(shorten(alt))}"`) +
      (this.profile.isFaithful ? attribute("title", attributes.title) : "") +
      attribute("width", image?.width?.toString()) +
      attribute("height", image?.height?.toString())
    );
  }

  /** A `picture` whose `img` waits for a script: the largest picture of its sources. */
  #imageOfSources(attributes: Attributes, picture: Entry | undefined): ImageSource | null {
    const src = picture?.sources?.at(-1);
    if (src === undefined || /^\s*[012](px)?\s*$/.test(attributes.width ?? "")) return null;
    const srcset = /srcset="([^"]*)"/.exec(src)?.[1]?.replaceAll("&amp;", "&");
    const largest = largestOf(parseSrcset(srcset));
    return largest === undefined ? null : { src: largest.url, candidates: [] };
  }

  #source(attributes: Attributes): void {
    const parent = this.#top;
    if (parent?.tag === "picture") this.#pictureSource(attributes, parent);
    else if (PLAYERS.has(parent?.tag ?? "")) {
      const src = resolveWebUrl(attributes.src, this.#baseUrl);
      if (src !== null) this.#parts.push(`<source src="${escapeAttribute(src)}"${sourceAttributes(attributes)}>`);
    }
  }

  #pictureSource(attributes: Attributes, picture: Entry): void {
    const candidates = parseSrcset(attributes["data-srcset"] ?? attributes.srcset, this.#baseUrl);
    if (candidates.length === 0) return;
    picture.sources ??= [];
    picture.sources.push(`<source${srcsetAttribute(candidates)}${sourceAttributes(attributes)}>`);
  }

  // ---- attributes

  /** The start tag with the attributes that are allowed; null where the element is nothing without them. */
  #openTagOf(tag: string, attributes: Attributes): string | null {
    const rule = this.profile.rules.get(tag);
    if (rule === undefined) return null;
    if (attributes === NO_ATTRIBUTES && rule.needs === undefined) return rule.bareTag;
    let kept = rule.always;
    for (const [name, check] of rule.attributes) {
      const value = attributes[name];
      const checked = value === undefined ? undefined : check(value, this.#baseUrl);
      if (checked !== undefined) kept += ` ${name}="${escapeAttribute(checked)}"`;
      else if (name === rule.needs) return null;
    }
    return `<${tag}${kept}>`;
  }
}

/** What our own elements are, that nobody wrote. */
const BLOCK_RULE: Pick<Rule, "place"> = { place: "block" };
const IMPLIED_RULE: Pick<Rule, "place"> = { place: "paragraph" };

function isInline(place: Rule["place"]): boolean {
  return place === "inline" || place === "link" || place === "picture" || place === "annotation";
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

function sourceAttributes(attributes: Attributes): string {
  return (["media", "sizes", "type"] as const).map((name) => attribute(name, attributes[name])).join("");
}

function srcsetAttribute(candidates: ImageSource["candidates"]): string {
  if (candidates.length === 0) return "";
  const written = candidates.map((candidate) => `${encodeCommas(candidate.url)} ${candidate.descriptor}`.trim());
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

function shorten(value: string): string {
  return value.length > ATTRIBUTE_CHARACTERS_MAX ? value.slice(0, ATTRIBUTE_CHARACTERS_MAX) : value;
}

/** White space runs become one space, or one newline where the run held one. No-break spaces stay. */
function foldSpace(text: string): string {
  if (!/[ \t\n\f\r]{2}|[\t\f\r]/.test(text)) return text;
  return text.replace(/[ \t\n\f\r]+/g, (run) => (run.includes("\n") ? "\n" : " "));
}

const UNWANTED = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]/;

/**
 * Without characters that XML forbids or that no reader shows (XML 1.0 §2.2); lone surrogates are mended at the end. All
 * line ends are line feeds: Unicode's own (U+2028, U+2029) end lines of JSON for many readers, and show nothing in HTML.
 */
function cleanText(text: string): string {
  const newlines = /[\r\u2028\u2029]/.test(text) ? text.replace(/\r\n?|[\u2028\u2029]/g, "\n") : text;
  return UNWANTED.test(newlines) ? newlines.replace(new RegExp(UNWANTED, "g"), "") : newlines;
}

/** The ampersand first: the others bring their own. */
const REFERENCES = [
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ["\u00a0", "&nbsp;"],
] as const;

function escapeText(text: string): string {
  if (!/[&<>\u00a0]/.test(text)) return text;
  let escaped = text;
  for (const [character, reference] of REFERENCES)
    if (escaped.includes(character)) escaped = escaped.replaceAll(character, reference);
  return escaped;
}

function escapeAttribute(value: string): string {
  const clean = cleanText(value);
  if (!/[&<>"\u00a0]/.test(clean)) return clean;
  return escapeText(clean).replaceAll('"', "&quot;");
}
