import type { ChildNode } from "domhandler";
import { decodeHTML } from "entities/decode";

/** Elements whose text nobody reads. */
const SILENT = new Set([
  "head",
  "iframe",
  "noembed",
  "noframes",
  "noscript",
  "script",
  "style",
  "svg",
  "template",
  "title",
]);
/** Elements between whose texts a reader sees a gap. */
const BLOCKS = new Set(
  (
    "address article aside blockquote br caption center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 " +
    "h3 h4 h5 h6 header hgroup hr li main menu nav ol option p pre section summary table tbody td tfoot th thead tr ul"
  ).split(" "),
);

/**
 * The plain text of an HTML fragment: entities decoded, blocks set apart by a space, white space folded. One pass without
 * a tree, as whole feeds go through it; a `<` that begins no tag is text, a tag that never ends is dropped.
 */
export function htmlToText(html: string): string {
  let text = "";
  let position = 0;
  for (let bracket = html.indexOf("<"); bracket !== -1; bracket = html.indexOf("<", position)) {
    const tag = readTag(html, bracket);
    if (tag === null) {
      text += decodeText(html.slice(position, bracket + 1));
      position = bracket + 1;
      continue;
    }
    text += decodeText(html.slice(position, bracket));
    if (BLOCKS.has(tag.name)) text += " ";
    position = tag.opens && SILENT.has(tag.name) && tag.name !== "head" ? skipElement(html, tag) : tag.end;
  }
  return foldText(text + decodeText(html.slice(position)));
}

function decodeText(text: string): string {
  return text.includes("&") ? decodeHTML(text) : text;
}

interface Tag {
  /** Lower case; empty for comments and declarations. */
  readonly name: string;
  /** Whether content follows: no end tag, and not self-closing. */
  readonly opens: boolean;
  /** The index behind it. */
  readonly end: number;
}

/** The tag, comment or declaration at `bracket` (HTML §13.2.5.6 to 13.2.5.8); null where the `<` is text. */
function readTag(html: string, bracket: number): Tag | null {
  const next = html.charCodeAt(bracket + 1);
  const start = next === SLASH ? bracket + 2 : bracket + 1;
  if (isLetter(html.charCodeAt(start))) {
    const end = findTagEnd(html, start);
    const opens = next !== SLASH && html.charCodeAt(end - 2) !== SLASH;
    return { name: readName(html, start), opens, end };
  }
  if (html.startsWith("<!--", bracket)) return { name: "", opens: false, end: indexBehind(html, "-->", bracket + 2) };
  const bogus = next === EXCLAMATION_MARK || next === QUESTION_MARK || (next === SLASH && start < html.length);
  return bogus ? { name: "", opens: false, end: indexBehind(html, ">", bracket) } : null;
}

const EXCLAMATION_MARK = 0x21;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const SLASH = 0x2f;
const EQUALS = 0x3d;
const END = 0x3e;
const QUESTION_MARK = 0x3f;

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function indexBehind(html: string, mark: string, from: number): number {
  const index = html.indexOf(mark, from);
  return index === -1 ? html.length : index + mark.length;
}

/** The index behind the `>` of a tag, past those in quoted values. */
function findTagEnd(html: string, start: number): number {
  let before = 0;
  for (let index = start; index < html.length; index++) {
    const code = html.charCodeAt(index);
    if (code === END) return index + 1;
    if ((code === QUOTE || code === APOSTROPHE) && before === EQUALS) {
      const close = html.indexOf(code === QUOTE ? '"' : "'", index + 1);
      if (close === -1) return html.length;
      index = close;
    }
    if (code > 0x20) before = code;
  }
  return html.length;
}

function readName(html: string, start: number): string {
  let end = start + 1;
  for (let code = html.charCodeAt(end); code > 0x20 && code !== SLASH && code !== END; code = html.charCodeAt(end))
    end++;
  return html.slice(start, end).toLowerCase();
}

/** The index of the end tag of an element nobody reads; the end of the text where it has none. */
function skipElement(html: string, tag: Tag): number {
  const close = new RegExp(`</${tag.name}(?=[\\s/>])`, "gi");
  close.lastIndex = tag.end;
  return close.exec(html)?.index ?? html.length;
}

/** The plain text of parsed nodes, as `htmlToText` gives it for their HTML. */
export function textOf(nodes: readonly ChildNode[]): string {
  const parts: string[] = [];
  const steps: (ChildNode | null)[] = nodes.toReversed();
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    if (step === null) parts.push(" ");
    else if (step.type === "text") parts.push(step.data);
    else if (step.type === "root" || (step.type === "tag" && !SILENT.has(step.name))) {
      const block = step.type === "tag" && BLOCKS.has(step.name);
      if (block) {
        parts.push(" ");
        steps.push(null);
      }
      for (let index = step.children.length - 1; index >= 0; index--) {
        const child = step.children[index];
        if (child !== undefined) steps.push(child);
      }
    }
  }
  return foldText(parts.join(""));
}

/** White space (no-break spaces too) folded to single spaces, none at the ends. */
export function foldText(text: string): string {
  return text.replace(/\s{2,}|[^\S ]/g, " ").trim();
}

/**
 * The running text of an article's sanitized HTML, one line for each block: without figures, captions and players,
 * which stand beside the text.
 */
export function bodyText(html: string): string {
  const running = html
    .replace(/<figure>[\s\S]*?<\/figure>/g, "\n")
    .replace(/<(?:br|\/(?:p|h\d|li|div|blockquote|tr|td|th|dd|dt|pre|caption|summary))>/g, "\n");
  return decodeEntities(running.replace(/<[^>]*>/g, ""))
    .replace(/[^\S\n]+/g, " ")
    .replace(/\s*\n\s*/g, "\n")
    .trim();
}

/** Only what our own writer escapes. */
function decodeEntities(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&nbsp;", "\u00a0")
    .replaceAll("&amp;", "&");
}
