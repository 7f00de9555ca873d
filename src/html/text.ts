import type { ChildNode } from "domhandler";
import { Tokenizer } from "htmlparser2";

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

/** The plain text of an HTML fragment: entities decoded, blocks set apart by a space, white space folded. */
export function htmlToText(html: string): string {
  if (!/[<&]/.test(html)) return foldText(html);
  const parts: string[] = [];
  let silent = "";
  const nothing = () => {};
  const tokenizer = new Tokenizer(
    { recognizeSelfClosing: true },
    {
      ontext: (start, end) => {
        if (silent === "") parts.push(html.slice(start, end));
      },
      ontextentity: (codepoint) => {
        if (silent === "") parts.push(String.fromCodePoint(codepoint));
      },
      onopentagname: (start, end) => {
        const name = html.slice(start, end).toLowerCase();
        if (BLOCKS.has(name)) parts.push(" ");
        if (silent === "" && SILENT.has(name) && name !== "head") silent = name;
      },
      onclosetag: (start, end) => {
        const name = html.slice(start, end).toLowerCase();
        if (BLOCKS.has(name)) parts.push(" ");
        if (name === silent) silent = "";
      },
      onselfclosingtag: () => {
        silent = "";
      },
      onattribdata: nothing,
      onattribend: nothing,
      onattribentity: nothing,
      onattribname: nothing,
      oncdata: nothing,
      oncomment: nothing,
      ondeclaration: nothing,
      onend: nothing,
      onopentagend: nothing,
      onprocessinginstruction: nothing,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
  return foldText(parts.join(""));
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
  return text.replace(/\s+/g, " ").trim();
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
