import { type DefaultTreeAdapterTypes, defaultTreeAdapter, html as names, parseFragment, serialize } from "parse5";
import { cleanText, hasForbiddenCharacters } from "./clean.ts";

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;
type Parent = DefaultTreeAdapterTypes.ParentNode;

/** One rule that a piece of HTML breaks. */
export interface HtmlProblem {
  readonly level: "error" | "warning";
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
/** Verdicts are kept while the HTML they judge has no more characters than this altogether. */
const MEMORY_CHARACTERS_MAX = 8_000_000;

const verdicts = new Map<string, HtmlVerdict>();
let remembered = 0;

/**
 * Judges HTML that stands in a feed as validators do: parse errors, elements and attributes that may run code, relative
 * addresses. The same text always has the same verdict, so verdicts are remembered, the newest 8 million characters:
 * one story goes out in three formats, and again whenever its neighbours change.
 */
export function judgeHtml(html: string): HtmlVerdict {
  const known = verdicts.get(html);
  if (known !== undefined) return known;
  const verdict = judge(html);
  remembered += html.length;
  verdicts.set(html, verdict);
  for (const oldest of verdicts.keys()) {
    if (remembered <= MEMORY_CHARACTERS_MAX) break;
    verdicts.delete(oldest);
    remembered -= oldest.length;
  }
  return verdict;
}

/**
 * Sanitized HTML in the one writing that parses without any error (WHATWG HTML §13.2) and holds nothing that validators
 * warn of. Undefined where that cannot be had, or nothing to read or see is left.
 */
export function publishableHtml(html: string): string | undefined {
  let current = hasForbiddenCharacters(html) ? cleanText(html) : html;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { problems, canonical, text } = judgeHtml(current);
    if (problems.length === 0 && canonical === current) return text !== "" || SHOWN.test(current) ? current : undefined;
    current = cleanText(problems.length === 0 ? canonical : repair(canonical));
  }
  return undefined;
}

/** A tree that was written and read again is the same tree after one round, in odd nestings after two or three. */
const ROUNDS_MAX = 5;
/** Markup that shows something without text. */
const SHOWN = /<(?:img|video|audio|hr)[ >]/;

function judge(html: string): HtmlVerdict {
  const tree = parseFragment(context(), html, {});
  const canonical = serialize(tree);
  const problems: HtmlProblem[] = [];
  const words: string[] = [];
  inspect(tree, problems, words, { length: 0 });
  if (canonical !== html) problems.push(...parseProblems(html));
  if (hasForbiddenCharacters(html)) {
    problems.push(warning("html-character", "holds a control character, a noncharacter or U+FFFD"));
  }
  const text = words.join("").replace(/\s+/g, " ").trim();
  return { problems, canonical, text };
}

/** What a reader puts the HTML into. */
function context(): Element {
  return defaultTreeAdapter.createElement("div", names.NS.HTML, []);
}

function inspect(parent: Parent, problems: HtmlProblem[], words: string[], seen: { length: number }): void {
  for (const node of parent.childNodes) {
    if (isText(node)) {
      if (seen.length < TEXT_LENGTH_MAX) {
        words.push(node.value);
        seen.length += node.value.length;
      }
    } else if (isElement(node)) {
      inspectElement(node, problems);
      if (!SILENT.has(node.tagName)) inspect(node, problems, words, seen);
      if (!INLINE.has(node.tagName)) words.push(" ");
    }
  }
}

const INLINE = new Set(
  "a abbr b bdi big cite code data del dfn em font i ins kbd mark q s samp small span strike strong sub sup time tt u var wbr".split(
    " ",
  ),
);

function inspectElement(element: Element, problems: HtmlProblem[]): void {
  if (!HARMLESS.has(element.tagName)) {
    problems.push(warning("html-element", `has the element "${element.tagName}", which may run code or is not HTML`));
  }
  for (const { name, value } of element.attrs) {
    const complaint = attributeProblem(name, value);
    if (complaint !== undefined) problems.push(complaint);
  }
}

function attributeProblem(name: string, value: string): HtmlProblem | undefined {
  if (name === "style") return warning("html-style", "has a style attribute; readers drop it and validators doubt it");
  if (/^on/i.test(name)) return warning("html-handler", `has the attribute "${name}", which runs code`);
  if (!ATTRIBUTE_NAME.test(name)) return warning("html-parse", `has the attribute name "${name.slice(0, 40)}"`);
  return ADDRESSES.has(name) ? addressProblem(name, value) : undefined;
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
  if (/^[a-z][a-z0-9+.-]*:/i.test(address)) return undefined;
  return warning("html-relative-url", `has the relative address ${name}="${address.slice(0, 60)}"`);
}

function warning(rule: string, message: string): HtmlProblem {
  return { level: "warning", rule, message };
}

/**
 * The parse errors of HTML: those that parse5 reports, and, as it reports few of those that tree construction has
 * (WHATWG HTML §13.2.6), elements that stand in the tree without a tag of their own, twice for one tag, or out of order.
 */
function parseProblems(html: string): HtmlProblem[] {
  const problems: HtmlProblem[] = [];
  const tree = parseFragment(context(), html, {
    sourceCodeLocationInfo: true,
    onParseError: ({ code, startLine, startCol }) => {
      problems.push(warning("html-parse", `does not parse: ${code} at line ${startLine}, column ${startCol}`));
    },
  });
  const place = { offset: -1 };
  const moved = findMoved(tree, place);
  if (moved !== undefined) {
    problems.push(warning("html-parse", `does not parse: "${moved}" stands where it may not, or is wrongly nested`));
  }
  return problems;
}

function findMoved(parent: Parent, place: { offset: number }): string | undefined {
  for (const node of parent.childNodes) {
    if (!isElement(node)) continue;
    const offset = node.sourceCodeLocation?.startOffset;
    if (offset === undefined ? !IMPLIED.has(node.tagName) : offset <= place.offset) return node.tagName;
    place.offset = offset ?? place.offset;
    const moved = findMoved(node, place);
    if (moved !== undefined) return moved;
  }
  return undefined;
}

/** HTML without what the rules object to: elements make way for their content, attributes go. */
function repair(html: string): string {
  const tree = parseFragment(context(), html, {});
  repairChildren(tree);
  return serialize(tree);
}

function repairChildren(parent: Parent): void {
  const kept: Node[] = [];
  for (const node of parent.childNodes) {
    if (isText(node)) kept.push(node);
    if (!isElement(node) || SILENT.has(node.tagName)) continue;
    repairChildren(node);
    node.attrs = node.attrs.filter(({ name, value }) => attributeProblem(name, value) === undefined);
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
