import {
  type DefaultTreeAdapterTypes,
  defaultTreeAdapter,
  html as names,
  Parser,
  parseFragment,
  serialize,
} from "parse5";
import { cleanText, findDoubleEncoded, hasForbiddenCharacters, textAsHtml } from "./clean.ts";

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;
type Parent = DefaultTreeAdapterTypes.ParentNode;

/** One rule that a piece of HTML breaks. */
interface HtmlProblem {
  readonly level: "error" | "warning" | "info";
  readonly rule: string;
  readonly message: string;
}

/** What is known of a piece of HTML. */
export interface HtmlVerdict {
  readonly problems: readonly HtmlProblem[];
  /** The same markup as a tree wrote it: what to publish where there are problems or the writing is unusual. */
  readonly canonical: string;
  /** The first characters of its text, white space folded. */
  readonly text: string;
}

/** Elements that the W3C validator takes for harmless (its SecurityRisk rule), without those that hold a form or embed. */
const HARMLESS = new Set(
  `a abbr acronym address area article aside audio b bdi big blockquote br button canvas caption center cite code col
  colgroup data datalist dd del details dfn dialog dir div dl dt em fieldset figcaption figure footer font form header
  h1 h2 h3 h4 h5 h6 hgroup hr i img input ins kbd label legend li main map mark menu meter nav ol output optgroup option
  p picture pre progress q rp rt ruby s samp section select small source span strike strong sub summary sup table tbody
  td textarea tfoot th thead time tr track tt u ul var video noscript wbr`.split(/\s+/),
);
/** Elements whose text is not for readers. */
const SILENT = new Set(["script", "style", "iframe", "object", "embed", "applet", "template", "svg", "math"]);
/** Elements the parser may add without a parse error. */
const IMPLIED = new Set(["tbody", "colgroup"]);
const ADDRESSES = new Set(["href", "src", "poster", "cite", "action", "formaction", "data", "background"]);
const ACTIVE = /^(?:javascript|vbscript|data):/i;
const ATTRIBUTE_NAME = /^[a-z][a-z0-9_.:-]*$/i;

/** How much text of a piece of HTML is kept for an excerpt. */
const TEXT_LENGTH_MAX = 400;
/** How deep elements may be nested; deeper markup goes out as text. */
const DEPTH_MAX = 200;
/** A tree that was written and read again is the same tree after one round, in odd nestings after two or three. */
const ROUNDS_MAX = 5;
/** Markup that shows something without text. */
const SHOWN = /<(?:img|video|audio|hr)[ >]/;

/**
 * What is known of texts, for as long as these texts have no more characters than this altogether. One story goes out
 * in three formats, and again whenever its neighbours change; what is remembered is what would be found again.
 */
const MEMORY_CHARACTERS_MAX = 4_000_000;
const verdicts = createMemory<HtmlVerdict>();
const published = createMemory<string>();

function createMemory<Value>() {
  const known = new Map<string, Value>();
  let characters = 0;
  return {
    get: (text: string) => known.get(text),
    set(text: string, value: Value): Value {
      if (!known.has(text)) characters += text.length;
      known.set(text, value);
      for (const oldest of known.keys()) {
        if (characters <= MEMORY_CHARACTERS_MAX) break;
        known.delete(oldest);
        characters -= oldest.length;
      }
      return value;
    },
  };
}

/**
 * Judges HTML that stands in a feed as validators do: parse errors, elements and attributes that may run code, relative
 * addresses.
 */
export function judgeHtml(html: string): HtmlVerdict {
  return verdicts.get(html) ?? verdicts.set(html, judge(html));
}

/**
 * Sanitized HTML in the one writing that parses without any error (WHATWG HTML §13.2) and holds nothing that validators
 * warn of; as a paragraph of plain text where that cannot be had. Empty where nothing to read or see is left.
 */
export function publishableHtml(html: string): string {
  return published.get(html) ?? published.set(html, publish(html));
}

function publish(html: string): string {
  let current = cleanText(html);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const verdict = survey(current);
    if (verdict === null) break;
    const { problems, canonical, text } = verdict;
    if (problems.length === 0 && canonical === current) {
      verdicts.set(current, verdict);
      return text !== "" || SHOWN.test(current) ? current : "";
    }
    current = cleanText(problems.length === 0 ? canonical : repair(canonical));
  }
  const text = allText(parseFragment(context(), current, UNSCRIPTED));
  return text === "" ? "" : `<p>${textAsHtml(text)}</p>`;
}

function judge(html: string): HtmlVerdict {
  const verdict = survey(html);
  if (verdict === null) {
    return { problems: [warning("html-depth", `nests deeper than ${DEPTH_MAX}`)], canonical: html, text: "" };
  }
  // What the serializer writes again, character for character, parses without errors.
  if (verdict.canonical === html) return verdict;
  return { ...verdict, problems: [...verdict.problems, ...parseProblems(html)] };
}

/** The verdict without parse errors; null for a tree too deep to be walked. */
function survey(html: string): HtmlVerdict | null {
  const tree = parseFragment(context(), html, UNSCRIPTED);
  const seen: Seen = { problems: [], words: [], length: 0 };
  if (!inspect(tree, seen, 0)) return null;
  const { problems, words } = seen;
  const canonical = serialize(tree, UNSCRIPTED);
  if (hasForbiddenCharacters(html)) {
    problems.push(warning("html-character", "holds a control character, a noncharacter or U+FFFD"));
  }
  if (findDoubleEncoded(html) !== undefined) problems.push(warning("double-encoding", "was encoded in UTF-8 twice"));
  // The same string once, where it is the same: it is remembered.
  return {
    problems,
    canonical: canonical === html ? html : canonical,
    text: words.join("").replace(/\s+/g, " ").trim(),
  };
}

/** The text of a tree of any depth, in order. */
function allText(tree: Parent): string {
  const words: string[] = [];
  const open: Node[] = tree.childNodes.toReversed();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isText(node)) words.push(node.value);
    else if (isElement(node) && !SILENT.has(node.tagName)) {
      if (!INLINE.has(node.tagName)) words.push(" ");
      for (const child of node.childNodes.toReversed()) open.push(child);
    }
  }
  return cleanText(words.join("")).replace(/\s+/g, " ").trim();
}

/** Readers and validators run no script, so what is in `noscript` is markup. */
const UNSCRIPTED = { scriptingEnabled: false };

/** What a reader puts the HTML into. */
function context(): Element {
  return defaultTreeAdapter.createElement("div", names.NS.HTML, []);
}

/** What a walk over a tree collects. */
interface Seen {
  readonly problems: HtmlProblem[];
  readonly words: string[];
  /** Characters of text so far. */
  length: number;
}

/** False where the tree is too deep. */
function inspect(parent: Parent, seen: Seen, depth: number): boolean {
  if (depth > DEPTH_MAX) return false;
  for (const node of parent.childNodes) {
    if (isText(node)) noteText(node.value, seen);
    else if (isElement(node)) {
      inspectElement(node, parent, seen.problems);
      if (!INLINE.has(node.tagName)) noteText(" ", seen);
      if (!SILENT.has(node.tagName) && !inspect(node, seen, depth + 1)) return false;
    } else {
      seen.problems.push({ level: "info", rule: "html-comment", message: "has a comment, which no reader shows" });
    }
  }
  return true;
}

function noteText(text: string, seen: Seen): void {
  if (seen.length > TEXT_LENGTH_MAX) return;
  seen.words.push(text);
  seen.length += text.length;
}

const INLINE = new Set(
  "a abbr b bdi big cite code data del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u var wbr".split(
    " ",
  ),
);

function inspectElement(element: Element, parent: Parent, problems: HtmlProblem[]): void {
  if (!HARMLESS.has(element.tagName)) {
    problems.push(warning("html-element", `has the element "${element.tagName}", which may run code or is not HTML`));
  }
  if (isMisplaced(element, parent)) {
    problems.push(warning("html-parse", `has "${element.tagName}" right in "${parent.nodeName}"`));
  }
  for (const { name, value } of element.attrs) {
    const complaint = attributeProblem(element.tagName, name, value);
    if (complaint !== undefined) problems.push(complaint);
  }
}

/** What the parser puts into parts of a table although it is an error (WHATWG HTML §13.2.6.4.9): empty forms, … */
function isMisplaced(element: Element, parent: Parent): boolean {
  return TABLE_CHILDREN[parent.nodeName]?.has(element.tagName) === false;
}

const ROWS = new Set(["tr"]);
const TABLE_CHILDREN: Readonly<Record<string, ReadonlySet<string>>> = {
  table: new Set(["caption", "colgroup", "thead", "tbody", "tfoot"]),
  thead: ROWS,
  tbody: ROWS,
  tfoot: ROWS,
  tr: new Set(["td", "th"]),
};

function attributeProblem(tagName: string, name: string, value: string): HtmlProblem | undefined {
  if (name === "style") return warning("html-style", "has a style attribute; readers drop it and validators doubt it");
  if (/^on/i.test(name)) return warning("html-handler", `has the attribute "${name}", which runs code`);
  if (!ATTRIBUTE_NAME.test(name)) return warning("html-parse", `has the attribute name "${name.slice(0, 40)}"`);
  if (ADDRESSES.has(name)) return addressProblem(name, value);
  // Validators look for src= with a pattern, and find it in names and values of other attributes.
  if (tagName === "img" && name.endsWith("src")) return addressProblem(name, value);
  if (tagName === "img" && /src=[\w'"-]/i.test(value)) return warning("html-relative-url", `has an address in ${name}`);
  return undefined;
}

function addressProblem(name: string, value: string): HtmlProblem | undefined {
  const address = value.replace(/[\0-\x20]/g, "");
  if (ACTIVE.test(address)) {
    return {
      level: "error",
      rule: "html-active-url",
      message: `has ${name}="${address.slice(0, 40)}", which runs code`,
    };
  }
  if (/^\w+:/.test(address)) return undefined;
  return warning("html-relative-url", `has the relative address ${name}="${address.slice(0, 60)}"`);
}

function warning(rule: string, message: string): HtmlProblem {
  return { level: "warning", rule, message };
}

/** Elements whose end tag may be left out (WHATWG HTML §13.1.2.4), and those that have none. */
const UNCLOSED = new Set(
  `p li dt dd rp rt option optgroup caption colgroup thead tbody tfoot tr td th
  area base br col embed hr img input link meta source track wbr`.split(/\s+/),
);

/** A parser that counts the end tags it meets. */
class CountingParser extends Parser<DefaultTreeAdapterTypes.DefaultTreeAdapterMap> {
  endTags = 0;

  override onEndTag(token: Parameters<Parser<DefaultTreeAdapterTypes.DefaultTreeAdapterMap>["onEndTag"]>[0]): void {
    this.endTags += 1;
    super.onEndTag(token);
  }
}

/**
 * The parse errors of HTML: those that parse5 reports, and, as it reports few of those that tree construction has
 * (WHATWG HTML §13.2.6), elements that stand in the tree without a tag of their own, twice for one tag, out of order or
 * not closed, and end tags that close nothing.
 */
function parseProblems(html: string): HtmlProblem[] {
  const problems: HtmlProblem[] = [];
  const parser = CountingParser.getFragmentParser<DefaultTreeAdapterTypes.DefaultTreeAdapterMap>(context(), {
    ...UNSCRIPTED,
    sourceCodeLocationInfo: true,
    onParseError: ({ code, startLine, startCol }) => {
      problems.push(warning("html-parse", `does not parse: ${code} at line ${startLine}, column ${startCol}`));
    },
  });
  parser.tokenizer.write(html, true);
  const place = { offset: -1, endTags: 0 };
  const moved = findMoved(parser.getFragment(), place);
  if (moved !== undefined) {
    problems.push(warning("html-parse", `does not parse: "${moved}" stands where it may not, or is wrongly nested`));
    // getFragmentParser makes a parser of the class it is called on.
  } else if ((parser as CountingParser).endTags > place.endTags) {
    problems.push(warning("html-parse", "does not parse: an end tag closes nothing"));
  }
  return problems;
}

function findMoved(parent: Parent, place: { offset: number; endTags: number }): string | undefined {
  for (const node of parent.childNodes) {
    if (!isElement(node)) continue;
    const location = node.sourceCodeLocation;
    const offset = location?.startOffset;
    if (offset === undefined ? !IMPLIED.has(node.tagName) : offset <= place.offset) return node.tagName;
    if (offset !== undefined && !location?.endTag && !UNCLOSED.has(node.tagName)) return node.tagName;
    place.offset = offset ?? place.offset;
    if (location?.endTag) place.endTags += 1;
    const moved = findMoved(node, place);
    if (moved !== undefined) return moved;
  }
  return undefined;
}

/** HTML without what the rules object to: elements make way for their content, attributes go. */
function repair(html: string): string {
  const tree = parseFragment(context(), html, UNSCRIPTED);
  repairChildren(tree);
  return serialize(tree, UNSCRIPTED);
}

function repairChildren(parent: Parent): void {
  const kept: Node[] = [];
  for (const node of parent.childNodes) {
    if (isText(node)) kept.push(node);
    if (!isElement(node) || SILENT.has(node.tagName) || isMisplaced(node, parent)) continue;
    repairChildren(node);
    node.attrs = node.attrs.filter(({ name, value }) => attributeProblem(node.tagName, name, value) === undefined);
    if (HARMLESS.has(node.tagName)) kept.push(node);
    else kept.push(...node.childNodes);
  }
  for (const node of kept) node.parentNode = parent;
  parent.childNodes = kept;
}

function isText(node: Node): node is DefaultTreeAdapterTypes.TextNode {
  return node.nodeName === "#text";
}

function isElement(node: Node): node is Element {
  return "tagName" in node;
}
