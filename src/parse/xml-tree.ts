import { QuoteType, Tokenizer, type TokenizerCallbacks } from "htmlparser2";
import { ParseError } from "../errors.ts";
import { decodeReferences, type OwnEntities, readOwnEntities } from "./characters.ts";
import { FEED_LIMITS } from "./limits.ts";
import { findPrefix } from "./namespaces.ts";
import {
  CONTAINERS,
  closesText,
  endsAtNext,
  holds,
  IMPLIED_END,
  isItem,
  isPart,
  isTextConstruct,
  VOID,
} from "./vocabulary.ts";

export type XmlNode = string | XmlElement;
export type Attributes = Readonly<Record<string, string | undefined>>;

const NO_NODES: readonly XmlNode[] = [];
const NO_ATTRIBUTES: Attributes = Object.freeze(Object.create(null));

/** An element of a feed, under the name everybody means: lower case, with the usual prefix of its namespace. */
export class XmlElement {
  readonly name: string;
  /** The name as the document writes it. */
  readonly written: string;
  readonly attributes: Attributes;
  #children: XmlNode[] | null = null;
  /** xml:base in force, resolved; absent where the document's own address holds. */
  readonly base: string | undefined;
  /** xml:lang in force. */
  readonly language: string | undefined;

  constructor(name: string, written: string, attributes: Attributes, parent: XmlElement | null) {
    this.name = name;
    this.written = written;
    this.attributes = attributes;
    this.base = parent?.base;
    this.language = attributes["xml:lang"] ?? parent?.language;
    const base = attributes["xml:base"];
    if (base !== undefined) this.base = resolveBase(base, parent?.base);
  }

  get children(): readonly XmlNode[] {
    return this.#children ?? NO_NODES;
  }

  /** The list is made for its first node: a list made empty takes room for sixteen, and most elements hold one text. */
  append(node: XmlNode): void {
    if (this.#children === null) this.#children = [node];
    else this.#children.push(node);
  }

  /** Takes all children away. */
  clear(): void {
    this.#children = null;
  }

  /** All text inside, in document order, as written. */
  get text(): string {
    const [only] = this.children;
    if (this.children.length === 1 && typeof only === "string") return only;
    return this.children.map((child) => (typeof child === "string" ? child : child.text)).join("");
  }

  get hasElements(): boolean {
    return this.children.some((child) => typeof child !== "string");
  }

  get elements(): XmlElement[] {
    return this.children.filter((child) => typeof child !== "string");
  }

  /** What xml2js calls an element's attributes: rss-parser reads them under this name. */
  get $(): Attributes {
    return this.attributes;
  }

  /** What xml2js calls an element's text: rss-parser reads it under this name. */
  get _(): string {
    return this.text.trim();
  }
}

function resolveBase(reference: string, base: string | undefined): string {
  return URL.parse(reference.trim(), base)?.href ?? base ?? reference.trim();
}

export interface XmlTree {
  /** `rss`, `feed`, `rdf:rdf`, `channel`; or a nameless element around whatever stood at the top. */
  readonly root: XmlElement;
  /** Whether an HTML page's root was seen before anything of a feed. */
  readonly html: boolean;
  /** Whether the document ended before its root did. */
  readonly cut: boolean;
}

/**
 * Reads XML as it is found: tags unclosed, crossed or cut off, quotes and brackets missing, bare `&` and `<`, junk
 * before and after. Codes: `too_deep`, `too_many_elements`, `too_many_attributes`.
 */
export function parseXmlTree(text: string, documentUrl: string | undefined): XmlTree {
  return new TreeBuilder(text, documentUrl).build();
}

/** Names in force at some depth: what prefixes mean, and each name already resolved. */
interface Scope {
  readonly parent: Scope | null;
  readonly prefixes: ReadonlyMap<string, string | undefined>;
  readonly names: Map<string, string>;
}

const SLASH = 0x2f;
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const QUESTION_MARK = 0x3f;

/** Roots that make a document a feed whatever stands around them. */
const ROOTS = new Set(["rss", "feed", "rdf"]);

class TreeBuilder implements TokenizerCallbacks {
  readonly #source: string;
  #root: XmlElement;
  #stack: XmlElement[];
  /** How often each name is open: an end tag without its start is found out without a search. */
  #open = new Map<string, number>();
  #scopes: { depth: number; scope: Scope }[] = [];
  #scope: Scope = { parent: null, prefixes: new Map(), names: new Map() };
  #rooted = false;
  /** Whether the root is Atom's: then its names go without a prefix. */
  #feed = false;
  #html = false;
  #closed = false;
  /** Whether the document's type was declared: only the first declaration counts. */
  #doctype = false;
  #own: OwnEntities | null = null;

  #tokenizer = new Tokenizer({ xmlMode: true, decodeEntities: false }, this);
  /** Where in the source the tokenizer's first character stands. */
  #offset = 0;
  /** Where to go on after the tokenizer was led astray by a missing quote or bracket. */
  #resumeAt: number | null = null;
  /** Characters that may still be read a second time. */
  #rereads: number;

  #elements = 0;
  #tokens = 0;
  #attributes = 0;

  /** The text that was read but not yet taken: from, to. */
  #textStart = -1;
  #textEnd = -1;

  /** The start tag being read: its name, where that stands, its attributes so far, the value of the last of them. */
  #tag = "";
  #tagStart = -1;
  #names: string[] = [];
  #values: string[] = [];
  #valueStart = -1;
  #valueEnd = -1;

  constructor(source: string, documentUrl: string | undefined) {
    this.#source = source;
    this.#rereads = 4 * source.length;
    this.#root = new XmlElement("", "", documentUrl === undefined ? NO_ATTRIBUTES : { "xml:base": documentUrl }, null);
    this.#stack = [this.#root];
  }

  build(): XmlTree {
    for (let from: number | null = 0; from !== null; from = this.#resumeAt) {
      this.#offset = from;
      this.#resumeAt = null;
      this.#tokenizer = new Tokenizer({ xmlMode: true, decodeEntities: false }, this);
      this.#tokenizer.write(this.#source.slice(from));
      this.#tokenizer.end();
    }
    return { root: this.#root, html: this.#html, cut: this.#rooted && !this.#closed };
  }

  // -------------------------------------------------------------------------------------------- events of the tokenizer

  ontext(start: number, end: number): void {
    const from = start + this.#offset;
    const to = end + this.#offset;
    // Text that runs to the end from `<?` is an instruction nobody closed.
    if (this.#source.charCodeAt(from - 1) === QUESTION_MARK && this.#source.charCodeAt(from - 2) === LESS_THAN) {
      this.#readInstruction(from, to);
      return;
    }
    // Bare brackets split text: pieces that touch are one.
    if (this.#textEnd === from) {
      this.#textEnd = to;
      return;
    }
    this.#flush();
    this.#textStart = from;
    this.#textEnd = to;
  }

  ontextentity(): void {}

  oncdata(start: number, end: number, endOffset: number): void {
    this.#flush();
    this.#count();
    const from = start + this.#offset;
    const to = end + this.#offset - endOffset;
    const stop = this.#findLostCdataEnd(from, to, endOffset === 0);
    this.#append(this.#source.slice(from, stop ?? to));
    if (stop !== null) this.#resume(stop, to);
  }

  oncomment(start: number, end: number, endOffset: number): void {
    this.#flush();
    this.#count();
    if (endOffset > 0) return;
    // Never closed: what looks like a tag is one.
    const bracket = this.#source.indexOf("<", start + this.#offset);
    if (bracket !== -1) this.#resume(bracket, end + this.#offset);
  }

  ondeclaration(start: number, end: number): void {
    this.#flush();
    this.#count();
    const from = start + this.#offset;
    if (this.#doctype || !/^doctype/i.test(this.#source.slice(from, from + 7))) return;
    this.#doctype = true;
    const subset = this.#source.indexOf("[", from);
    if (subset === -1 || subset > end + this.#offset) return;
    const close = /\]\s{0,64}>|<[a-z]/gi;
    close.lastIndex = subset;
    const found = close.exec(this.#source);
    if (found === null || found[0].startsWith("<")) return;
    this.#own = readOwnEntities(this.#source.slice(subset, found.index), FEED_LIMITS.expansionMax);
    this.#resume(close.lastIndex, close.lastIndex);
  }

  onprocessinginstruction(start: number, end: number): void {
    this.#readInstruction(start + this.#offset, end + this.#offset);
  }

  /** `<?xml version="1.0">`, without its second question mark, must not swallow the document. */
  #readInstruction(from: number, to: number): void {
    this.#flush();
    this.#count();
    const bracket = this.#source.indexOf(">", from);
    if (bracket === -1 || bracket >= to) return;
    const next = this.#source.indexOf("<", from);
    if (next !== -1 && next < to) this.#resume(bracket + 1, to);
  }

  onopentagname(start: number, end: number): void {
    this.#flush();
    this.#tagStart = start + this.#offset;
    this.#names.length = 0;
    this.#values.length = 0;
    this.#tag = this.#source.slice(this.#tagStart, end + this.#offset);
    this.#valueStart = -1;
    const bracket = this.#tag.indexOf("<");
    if (bracket === -1) return;
    this.#tag = this.#tag.slice(0, bracket);
    this.#finishTagAt(this.#tagStart + bracket, end + this.#offset);
  }

  onattribname(start: number, end: number): void {
    const name = this.#source.slice(start + this.#offset, end + this.#offset);
    this.#valueStart = -1;
    this.#valueEnd = -1;
    const bracket = name.indexOf("<");
    if (bracket === -1) {
      this.#names.push(name);
      return;
    }
    this.#finishTagAt(start + this.#offset + bracket, end + this.#offset);
  }

  onattribdata(start: number, end: number): void {
    this.#valueStart = start + this.#offset;
    this.#valueEnd = end + this.#offset;
  }

  onattribentity(): void {}

  onattribend(quote: QuoteType): void {
    if (this.#resumeAt !== null || this.#names.length === this.#values.length) return;
    const value = this.#valueStart === -1 ? "" : this.#source.slice(this.#valueStart, this.#valueEnd);
    const bracket = value.indexOf("<");
    if (bracket !== -1) {
      // XML 1.0 §3.1 forbids `<` here. If the tag ended before it, the closing quote is missing.
      const end = value.indexOf(">");
      if (quote === QuoteType.Unquoted) {
        this.#values.push(value.slice(0, bracket));
        this.#finishTagAt(this.#valueStart + bracket, this.#valueEnd);
        return;
      }
      if (end !== -1 && end < bracket && this.#rereads > 0) {
        this.#values.push(value.slice(0, end).replace(/["'\s/]{1,8}$/, ""));
        this.#finishTagAt(this.#valueStart + end + 1, this.#valueEnd, value.charCodeAt(end - 1) === SLASH);
        return;
      }
    }
    this.#values.push(value);
  }

  onopentagend(): void {
    if (this.#resumeAt === null) this.#openElement(false);
  }

  onselfclosingtag(): void {
    if (this.#resumeAt === null) this.#openElement(true);
  }

  onclosetag(start: number, end: number): void {
    this.#flush();
    this.#count();
    const from = start + this.#offset;
    const to = end + this.#offset;
    let name = this.#source.slice(from, to);
    const inside = name.indexOf("<");
    if (inside !== -1) name = name.slice(0, inside);
    this.#closeElement(this.#resolve(name));
    if (inside === -1 && this.#source.charCodeAt(to) === GREATER_THAN) return;
    // The tokenizer goes on to the next `>`; a tag that begins before it shows that this one lost its own.
    const bracket = inside === -1 ? this.#source.indexOf("<", to) : from + inside;
    const close = this.#source.indexOf(">", to);
    const reached = close === -1 ? this.#source.length : close;
    if (bracket !== -1 && bracket < reached) this.#resume(bracket, reached);
  }

  onend(): void {
    if (this.#resumeAt !== null) return;
    this.#flush();
    if (this.#tagStart === -1) {
      this.#leave(1);
      return;
    }
    // The document ended inside a tag: a quote was never closed, or the rest was cut off.
    const bracket = this.#source.indexOf(">", this.#tagStart);
    if (bracket === -1) {
      this.#leave(1);
      return;
    }
    if (this.#names.length > this.#values.length) {
      const equals = this.#source.slice(this.#tagStart, bracket).lastIndexOf("=") + this.#tagStart;
      this.#values.push(this.#source.slice(equals + 1, bracket).replace(/^\s*["']|[\s/"']{1,8}$/g, ""));
    }
    this.#finishTagAt(bracket + 1, this.#source.length, this.#source.charCodeAt(bracket - 1) === SLASH);
  }

  // ------------------------------------------------------------------------------------------------------------ repairs

  /** Goes on reading at `position`; `reached` is how far the tokenizer had come. */
  #resume(position: number, reached: number): void {
    this.#rereads -= Math.max(0, reached - position);
    if (this.#rereads < 0 || this.#resumeAt !== null) return;
    this.#resumeAt = position;
    this.#tokenizer.pause();
  }

  #finishTagAt(position: number, reached: number, selfClosed = false): void {
    this.#openElement(selfClosed);
    this.#resume(position, reached);
  }

  /**
   * Where a CDATA section ends whose `]]>` is missing: at the end tag of its element, if another section begins before
   * the `]]>` that was found, or none was found at all.
   */
  #findLostCdataEnd(from: number, to: number, atEnd: boolean): number | null {
    if (this.#rereads <= 0) return null;
    const again = this.#source.indexOf("<![CDATA[", from);
    if (!atEnd && (again === -1 || again >= to)) return null;
    const element = this.#source.lastIndexOf("<", from - 10);
    const name = /^<([^\s<>/]{1,64})/.exec(this.#source.slice(element, element + 66))?.[1];
    // Searched no further than it may stand: a search to the end for every section would be quadratic.
    const stop = this.#source.slice(from, atEnd ? to : again).indexOf(`</${name}`);
    return name === undefined || stop === -1 ? null : from + stop;
  }

  // ---------------------------------------------------------------------------------------------------------- the tree

  #count(): void {
    this.#tokens++;
    if (this.#tokens > FEED_LIMITS.tokensMax) {
      throw new ParseError(
        `Cannot parse a feed with more than ${FEED_LIMITS.tokensMax} tags, comments and sections; wanted: fewer`,
        { code: "too_many_elements" },
      );
    }
  }

  #flush(): void {
    if (this.#textStart === -1) return;
    const top = this.#top();
    if (!CONTAINERS.has(top.name)) {
      this.#append(decodeReferences(this.#source.slice(this.#textStart, this.#textEnd), this.#own));
    }
    this.#textStart = -1;
    this.#textEnd = -1;
  }

  #append(text: string): void {
    if (text !== "") this.#top().append(text);
  }

  #top(): XmlElement {
    return this.#stack[this.#stack.length - 1] ?? this.#root;
  }

  #openElement(selfClosed: boolean): void {
    this.#tagStart = -1;
    this.#count();
    this.#elements++;
    if (this.#elements > FEED_LIMITS.elementsMax) {
      throw new ParseError(`Cannot parse a feed with more than ${FEED_LIMITS.elementsMax} elements; wanted: fewer`, {
        code: "too_many_elements",
      });
    }
    const outer = this.#scope;
    const attributes = this.#names.length === 0 ? NO_ATTRIBUTES : this.#readAttributes();
    const name = this.#nameElement(this.#tag);
    if (this.#rooted && name === this.#root.name) {
      this.#scope = outer;
      return;
    }
    this.#closeBefore(name);
    const parent = this.#top();
    const element = new XmlElement(name, this.#tag, attributes, parent);
    if (element !== this.#root) parent.append(element);
    if (!this.#rooted && this.#isRoot(name)) this.#takeRoot(element);
    else if (!selfClosed && !this.#isVoid(name)) this.#push(element, outer);
    else this.#scope = outer;
    if (name === "html" || name === "xhtml:html") this.#html ||= !this.#rooted;
  }

  #push(element: XmlElement, outer: Scope): void {
    if (this.#stack.length > FEED_LIMITS.depthMax) {
      throw new ParseError(`Cannot parse a feed with elements nested deeper than ${FEED_LIMITS.depthMax}`, {
        code: "too_deep",
      });
    }
    if (this.#scope !== outer) this.#scopes.push({ depth: this.#stack.length, scope: outer });
    this.#stack.push(element);
    this.#open.set(element.name, (this.#open.get(element.name) ?? 0) + 1);
  }

  #pop(): void {
    const element = this.#stack.pop();
    if (element === undefined) return;
    this.#open.set(element.name, (this.#open.get(element.name) ?? 1) - 1);
    const last = this.#scopes[this.#scopes.length - 1];
    if (last !== undefined && last.depth === this.#stack.length) {
      this.#scope = last.scope;
      this.#scopes.pop();
    }
  }

  /** Everything before the root is junk; the root stays open to the end, so that what was put after it is not lost. */
  #takeRoot(element: XmlElement): void {
    this.#root = element;
    this.#rooted = true;
    this.#stack = [element];
    this.#open = new Map([[element.name, 1]]);
    this.#scopes = [];
  }

  #isRoot(name: string): boolean {
    return ROOTS.has(name) || name === "rdf:rdf";
  }

  #closeElement(name: string): void {
    if ((this.#open.get(name) ?? 0) === 0) return;
    const isRoot = this.#rooted && name === this.#root.name;
    if (isRoot) this.#closed = true;
    let depth = this.#stack.length - 1;
    while (depth > 0 && this.#stack[depth]?.name !== name) depth--;
    this.#leave(depth + 1);
    if (!isRoot) this.#pop();
  }

  /** Closes what is open from `depth` on. None of it had an end tag, so what it took in is given back. */
  #leave(depth: number): void {
    const unclosed = this.#stack.slice(depth);
    while (this.#stack.length > depth) this.#pop();
    const outer = this.#top();
    if (isTextConstruct(outer.name)) return;
    for (const element of unclosed) {
      if (CONTAINERS.has(element.name)) return;
      giveBack(element, outer);
    }
  }

  /** Ends what cannot hold the element that begins: an item in an item, a link in a title. */
  #closeBefore(name: string): void {
    const top = this.#top();
    if (IMPLIED_END.has(name) && top.name === name) {
      this.#pop();
      return;
    }
    if (isItem(name) && (this.#open.get(name) ?? 0) > 0) {
      this.#closeElement(name);
      return;
    }
    for (let depth = this.#stack.length - 1; depth > 0; depth--) {
      const open = this.#stack[depth];
      if (open === undefined || holds(open.name, name)) return;
      if (!closesText(name, depth === this.#stack.length - 1)) return;
      if (endsAtNext(open.name)) {
        this.#leave(depth);
        return;
      }
    }
  }

  #isVoid(name: string): boolean {
    if (!VOID.has(name)) return false;
    return this.#stack.some((element) => isTextConstruct(element.name));
  }

  // -------------------------------------------------------------------------------------------------------------- names

  #readAttributes(): Attributes {
    const attributes: Record<string, string | undefined> = Object.create(null);
    const declared = new Map<string, string | undefined>();
    const count = Math.min(this.#names.length, FEED_LIMITS.elementAttributesMax);
    this.#attributes += this.#names.length;
    if (this.#attributes > FEED_LIMITS.attributesMax) {
      throw new ParseError(`Cannot parse a feed with more than ${FEED_LIMITS.attributesMax} attributes`, {
        code: "too_many_attributes",
      });
    }
    for (let index = 0; index < count; index++) {
      const name = (this.#names[index] ?? "").toLowerCase();
      const value = decodeReferences(this.#values[index] ?? "", this.#own);
      if (name === "xmlns") declared.set("", this.#prefixOf(value, ""));
      else if (name.startsWith("xmlns:")) declared.set(name.slice(6), this.#prefixOf(value, name.slice(6)));
      else attributes[name] ??= value;
    }
    if (declared.size > 0 && this.#scopes.length < FEED_LIMITS.scopesMax) {
      this.#scope = { parent: this.#scope, prefixes: declared, names: new Map() };
    }
    return this.#renameAttributes(attributes);
  }

  /** `r:about` as `rdf:about`: attributes with another prefix than the usual one. */
  #renameAttributes(attributes: Record<string, string | undefined>): Attributes {
    for (const name of Object.keys(attributes)) {
      const colon = name.indexOf(":");
      const prefix = colon <= 0 ? undefined : this.#meaningOf(name.slice(0, colon));
      if (prefix !== undefined)
        attributes[`${prefix}${name.slice(prefix === "" ? colon + 1 : colon)}`] ??= attributes[name];
    }
    return attributes;
  }

  /** The prefix a declared namespace goes by here; the declared one where the namespace is unknown. */
  #prefixOf(uri: string, declared: string): string {
    const known = findPrefix(uri);
    if (known !== undefined) return known;
    if (declared !== "") return declared;
    return this.#rooted ? (uri.trim() === "" ? "" : "x") : "";
  }

  #nameElement(raw: string): string {
    if (!this.#rooted) {
      const local = raw.slice(raw.indexOf(":") + 1).toLowerCase();
      const name = this.#resolve(raw);
      // `<a:feed>`, `<r:RDF>`: the prefix of the root is the document's own.
      if (ROOTS.has(local) && !name.startsWith("xhtml:")) {
        this.#adoptRootPrefix(raw);
        return local === "rdf" ? "rdf:rdf" : local;
      }
      return name;
    }
    return this.#resolve(raw);
  }

  #adoptRootPrefix(raw: string): void {
    const colon = raw.indexOf(":");
    const prefix = colon === -1 ? "" : raw.slice(0, colon).toLowerCase();
    const local = raw.slice(colon + 1).toLowerCase();
    const prefixes = new Map(this.#scope.prefixes);
    if (local !== "rdf" && prefix !== "") prefixes.set(prefix, "");
    if (local === "rdf" && (prefixes.get("") ?? "rdf") === "rdf") prefixes.set("", "");
    if (local === "feed") {
      for (const [declared, meaning] of prefixes) if (meaning === "atom") prefixes.set(declared, "");
    }
    this.#feed = local === "feed";
    this.#scope = { parent: this.#scope.parent, prefixes, names: new Map() };
  }

  #resolve(raw: string): string {
    const known = this.#scope.names.get(raw);
    if (known !== undefined) return known;
    const colon = raw.indexOf(":");
    const local = raw.slice(colon + 1).toLowerCase();
    const declared = colon <= 0 ? "" : raw.slice(0, colon).toLowerCase();
    let prefix = this.#meaningOf(declared) ?? declared;
    if (this.#feed && prefix === "atom") prefix = "";
    const name = prefix === "" ? local : `${prefix}:${local}`;
    this.#scope.names.set(raw, name);
    return name;
  }

  #meaningOf(prefix: string): string | undefined {
    for (let scope: Scope | null = this.#scope; scope !== null; scope = scope.parent) {
      const meaning = scope.prefixes.get(prefix);
      if (meaning !== undefined) return meaning;
    }
    return undefined;
  }
}

/** Moves the elements that an unclosed element took in to where they would stand had it been closed. */
function giveBack(element: XmlElement, outer: XmlElement): void {
  const taken = isTextConstruct(element.name) ? (name: string) => closesText(name, true) : () => true;
  const children = [...element.children];
  element.clear();
  for (const child of children) {
    const gives = typeof child !== "string" && taken(child.name) && !isPart(element.name, child.name);
    (gives ? outer : element).append(child);
  }
}
