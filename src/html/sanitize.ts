import type { ChildNode, Element, ParentNode } from "domhandler";
import { Tokenizer } from "htmlparser2";
import type { SafeHtml } from "../model/html.ts";
import { type Attributes, NO_ATTRIBUTES } from "./images.ts";
import { type Entry, SafeWriter } from "./safe-writer.ts";
import { FOREIGN, PROFILES, type ProfileName } from "./sanitize-profiles.ts";

export { htmlToText, textOf } from "./text.ts";

export interface SanitizeOptions {
  /** What relative addresses resolve against; without one they are dropped. */
  readonly baseUrl?: string | undefined;
  /** Which elements and attributes stay; `page` unless told otherwise. */
  readonly profile?: ProfileName | undefined;
}

const NOTHING: ReadonlySet<string> = new Set();
/** An HTML element among these ends a drawing or a formula that was never closed (HTML §13.2.6.5). */
const BREAKS_OUT = new Set(
  "b blockquote br center code dd div dl dt em figure h1 h2 h3 h4 h5 h6 hr i img li ol p pre span strong sub sup table u ul".split(
    " ",
  ),
);

/**
 * HTML from anywhere, made fit to store and to publish: only allow-listed elements and attributes, addresses only http,
 * https and (in links) mailto, made absolute; lazy pictures mended, tracking pixels gone; frames become links, and so
 * do players but for feeds. What comes out parses without an error and sanitizes to itself. Never throws; time is linear in the input.
 */
export function sanitize(html: string, options: SanitizeOptions): SafeHtml {
  const writer = writerFor(options);
  const input = writer.profile.isFaithful ? openFrames(html) : html;
  const tokenizer = new Tokenizer({ recognizeSelfClosing: true }, new TokenSource(input, writer));
  tokenizer.write(input);
  tokenizer.end();
  return writer.end();
}

/**
 * The same for nodes that were parsed already (html/tree.ts); the nodes stay as they are.
 * @internal Tests use it by itself.
 */
export function sanitizeNodes(nodes: readonly ChildNode[], options: SanitizeOptions): SafeHtml {
  const writer = writerFor(options);
  writeNodes(nodes, writer);
  return writer.end();
}

function writerFor({ baseUrl, profile }: SanitizeOptions): SafeWriter {
  return new SafeWriter(baseUrl, PROFILES[profile ?? "page"]);
}

/** What a frame holds is for readers without frames (HTML 4 §16.5); browsers, which have them, take it for raw text. */
function openFrames(html: string): string {
  return html.replace(/<iframe(?=[\s/>])/gi, "<frame");
}

/** Where the last end tag of a name stands; 0 where there is none. */
function lastEndOf(name: string, html: string): number {
  let last = 0;
  for (const match of html.matchAll(new RegExp(`</${name}(?=[\\s/>])`, "gi"))) last = match.index;
  return last;
}

type Step = ChildNode | { readonly close: Entry };

/** Writes parsed nodes, but none of the elements named in `without`. No recursion: trees may be deep. */
export function writeNodes(
  nodes: readonly ChildNode[],
  writer: SafeWriter,
  without: ReadonlySet<string> = NOTHING,
): void {
  const steps: Step[] = nodes.toReversed();
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    if ("close" in step) writer.close(step.close);
    else if (step.type === "text") writer.text(step.data);
    else if (step.type === "root") pushChildren(step, steps);
    else if (step.type === "tag" && !without.has(step.name)) openElement(step, steps, writer);
  }
}

function openElement(element: Element, steps: Step[], writer: SafeWriter): void {
  if (writer.profile.dropped.has(element.name)) {
    writeLink(element.name, element.attribs, findSource(element.children), writer);
    return;
  }
  if (element.name === "noscript" && (writer.endsWithImage || !holdsImage(element.children))) return;
  const entry = writer.open(element.name, element.attribs);
  if (entry !== null) steps.push({ close: entry });
  pushChildren(element, steps);
}

function pushChildren(parent: ParentNode, steps: Step[]): void {
  for (let index = parent.children.length - 1; index >= 0; index--) {
    const child = parent.children[index];
    if (child !== undefined) steps.push(child);
  }
}

function holdsImage(nodes: readonly ChildNode[]): boolean {
  return nodes.some((node) => node.type === "tag" && (node.name === "img" || holdsImage(node.children)));
}

function findSource(nodes: readonly ChildNode[]): string | undefined {
  for (const node of nodes) if (node.type === "tag" && node.name === "source") return node.attribs.src;
  return undefined;
}

/** Frames of a pixel or without an address are trackers and advertisements' loaders. */
function writeLink(name: string, attributes: Attributes, source: string | undefined, writer: SafeWriter): void {
  const { linked, needsTitledFrames } = writer.profile;
  if (!linked.has(name) || /^\s*[01](px)?\s*$/.test(attributes.width ?? "")) return;
  if (needsTitledFrames && attributes.allowfullscreen === undefined && !attributes.title?.trim()) return;
  const address = attributes.src ?? attributes["data-src"] ?? source;
  writer.link(address, attributes.title ?? attributes["aria-label"] ?? "");
}

/** Receives the tokenizer's events; elements that are dropped are counted until they end. */
class TokenSource {
  readonly #html: string;
  readonly #writer: SafeWriter;
  /** Text that is not passed on yet: the tokenizer cuts it at every `<` and `&`, whatever they begin. */
  #textStart = 0;
  #textEnd = 0;
  #name = "";
  #attributes: Record<string, string> | undefined;
  #attributeName = "";
  #attributeValue = "";
  /** The element being dropped, and how many of its name are open. */
  #dropping = "";
  #dropDepth = 0;
  #dropAttributes: Attributes = {};
  #dropSource: string | undefined;
  /** Where the last end tag of a name stands, for the names that were asked for. */
  readonly #lastEnds = new Map<string, number>();

  constructor(html: string, writer: SafeWriter) {
    this.#html = html;
    this.#writer = writer;
  }

  ontext(start: number, end: number): void {
    if (this.#dropping !== "") return;
    if (start !== this.#textEnd) {
      this.#passText();
      this.#textStart = start;
    }
    this.#textEnd = end;
  }

  ontextentity(codepoint: number): void {
    if (this.#dropping !== "") return;
    this.#passText();
    this.#writer.text(String.fromCodePoint(codepoint));
  }

  onopentagname(start: number, end: number): void {
    this.#name = this.#html.slice(start, end).toLowerCase();
    this.#attributes = undefined;
  }

  onattribname(start: number, end: number): void {
    this.#attributeName = this.#html.slice(start, end).toLowerCase();
    this.#attributeValue = "";
  }

  onattribdata(start: number, end: number): void {
    this.#attributeValue += this.#html.slice(start, end);
  }

  onattribentity(codepoint: number): void {
    this.#attributeValue += String.fromCodePoint(codepoint);
  }

  onattribend(): void {
    // The first of two attributes of one name counts (HTML §13.2.5.33).
    this.#attributes ??= {};
    this.#attributes[this.#attributeName] ??= this.#attributeValue;
  }

  onopentagend(end: number): void {
    this.#open(end, false);
  }

  onselfclosingtag(end: number): void {
    this.#open(end, true);
  }

  onclosetag(start: number, end: number): void {
    this.#passText();
    const name = this.#html.slice(start, end).toLowerCase();
    if (this.#dropping !== "") {
      if (name === this.#dropping && --this.#dropDepth === 0) this.#endDrop();
    } else if (name === "br") this.#writer.open("br", {});
    else this.#writer.closeName(name);
  }

  oncomment(): void {}
  oncdata(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}

  onend(): void {
    this.#passText();
    if (this.#dropping !== "") this.#endDrop();
  }

  #open(end: number, selfClosing: boolean): void {
    this.#passText();
    const name = this.#name;
    const attributes = this.#attributes ?? NO_ATTRIBUTES;
    if (this.#dropping !== "" && !(FOREIGN.has(this.#dropping) && BREAKS_OUT.has(name))) {
      if (name === this.#dropping && !selfClosing) this.#dropDepth++;
      else if (name === "source") this.#dropSource ??= attributes.src;
      return;
    }
    this.#dropping = "";
    if (!this.#isDropped(name)) this.#writer.open(name, attributes);
    else if (selfClosing || VOID_DROPPED.has(name) || this.#neverEnds(name, end))
      writeLink(name, attributes, undefined, this.#writer);
    else {
      this.#dropping = name;
      this.#dropDepth = 1;
      this.#dropAttributes = attributes;
      this.#dropSource = undefined;
    }
  }

  #passText(): void {
    if (this.#textEnd > this.#textStart) this.#writer.text(this.#html.slice(this.#textStart, this.#textEnd));
    this.#textStart = this.#textEnd;
  }

  /** A `noscript` twin of a picture that was just written says it twice. */
  #isDropped(name: string): boolean {
    return this.#writer.profile.dropped.has(name) || (name === "noscript" && this.#writer.endsWithImage);
  }

  /** An element that nobody closed takes nothing with it, unless its content is raw text or foreign. */
  #neverEnds(name: string, from: number): boolean {
    if (!MAY_NEVER_END.has(name)) return false;
    let last = this.#lastEnds.get(name);
    if (last === undefined) {
      last = lastEndOf(name, this.#html);
      this.#lastEnds.set(name, last);
    }
    return last < from;
  }

  #endDrop(): void {
    const name = this.#dropping;
    this.#dropping = "";
    writeLink(name, this.#dropAttributes, this.#dropSource, this.#writer);
  }
}

/** Dropped elements without an end tag. */
const VOID_DROPPED = new Set(["area", "embed", "frame", "input", "param", "track"]);
/** Dropped elements whose content is HTML like that around them. */
const MAY_NEVER_END = new Set(
  "applet audio button canvas datalist frameset head map meter noscript object optgroup option output progress select video".split(
    " ",
  ),
);
