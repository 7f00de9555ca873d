import type { Document } from "domhandler";
import { foldText, htmlToText } from "../html/text.ts";
import type { DocumentContext } from "../model/parsed.ts";
import { resolveWebUrl, urlIdentity } from "../model/url.ts";
import {
  ADDRESS_KEYS,
  AUTHOR_KEYS,
  DATE_KEYS,
  EMBEDDED_LIMITS,
  isObject,
  type JsonObject,
  readScripts,
  SUMMARY_KEYS,
  TITLE_KEYS,
  URL_KEYS,
} from "./embedded-json.ts";
import type { PageMetadata } from "./metadata.ts";

/** What programs call the text of a story. */
const BODY_KEYS = [
  "body",
  "bodyHtml",
  "body_html",
  "bodyHTML",
  "contentHtml",
  "content_html",
  "contentHTML",
  "content",
  "content_elements",
  "contentElements",
  "storyBody",
  "storyHtml",
  "articleContent",
  "articleText",
  "mainContent",
  "richText",
  "rich_text",
  "html",
  "paragraphs",
  "blocks",
  "components",
  "elements",
  "sections",
  // Plain text, without headings and pictures.
  "articleBody",
  "fullText",
  "text",
];

/** What holds the words or the parts of a block of text, the likeliest first. */
const INNER_KEYS = [
  "html",
  "rendered",
  "content",
  "children",
  "text",
  "value",
  "data",
  "attributes",
  "props",
  "attrs",
  "json",
  "document",
  "root",
  "body",
  "model",
  "items",
  "blocks",
  "innerBlocks",
  "content_elements",
  "paragraphs",
  "elements",
];

const TYPE_KEYS = ["type", "_type", "nodeType", "blockType", "kind", "__typename", "component", "style", "name", "tag"];

/** The element that a block of some type is, by the words of its type. */
const ELEMENTS: readonly (readonly [RegExp, string])[] = [
  [/^(?:h[1-6]|.*head(?:er|ing|line).*|sub-?(?:title|head).*|crosshead.*|title)$/, "h2"],
  [/^(?:li|.*list-?item.*)$/, "li"],
  [/^(?:ol|ordered.*|numbered.*)$/, "ol"],
  [/^(?:ul|.*list|unordered.*|bullet.*)$/, "ul"],
  [/quote/, "blockquote"],
  [/^(?:p|.*paragraph.*|.*text-?block.*|normal)$/, "p"],
  [/^(?:table-?row|tr)$/, "tr"],
  [/^(?:table-?cell|td|th)$/, "td"],
  [/^table$/, "table"],
];
const PICTURE = /image|photo|picture|^img$|figure/;
/** What stands between the paragraphs of a story and is none of it. */
const BESIDE =
  /related|recirc|newsletter|advert|^ads?$|promo|social|embed|video|gallery|script|interstitial|author|byline/;
const INLINE = /^(?:text|span|link|a|hyperlink|strong|em|bold|italic|b|i|mark|inline.*)$/;

/** A story's text is at least so long; shorter texts are teasers. */
const BODY_CHARACTERS_MIN = 400;
/** Characters and blocks that are drawn of one page's data, a block counted as so many characters. */
const DRAWN_MAX = 3_000_000;
const BLOCK_COST = 16;
const TITLE_LENGTH = { min: 8, max: 300 };
const DEPTH_MAX = 30;
/** Objects that are looked at as stories; a page of more lists them. */
const STORIES_MAX = 50;

interface Story {
  readonly data: JsonObject;
  readonly title: string;
  readonly html: string;
  readonly length: number;
}

/**
 * The page as its program would draw it, where the text of its article stands only in data that it carries
 * (`__NEXT_DATA__` and other JSON, and states that a script assigns): HTML with headline, byline, date and text, which is
 * then read like any page. Of several stories the one with the page's address or title. Null where the data tell no
 * story of some length.
 */
export function drawEmbeddedArticle(document: Document, page: PageMetadata, context: DocumentContext): string | null {
  const budget = { left: DRAWN_MAX };
  const stories = readScripts(document).flatMap((data) => listStories(data, budget));
  const longest = stories.toSorted((a, b) => b.length - a.length);
  const [first] = longest;
  const others = new Set(longest.map(({ title }) => title)).size > 1;
  const own = longest.find((story) => isOwn(story, page, context)) ?? (others ? undefined : first);
  return own === undefined ? null : drawStory(own);
}

/** Whether a story is the one that the page is about. */
function isOwn({ data, title }: Story, page: PageMetadata, { url }: DocumentContext): boolean {
  const told = [page.documentTitle, ...(page.metas.get("og:title") ?? [])].map(keyOf);
  if (told.some((other) => other !== "" && other.includes(keyOf(title)))) return true;
  const here = resolveWebUrl(page.canonical, url) ?? resolveWebUrl(url);
  if (here === null) return false;
  const addresses = ADDRESS_KEYS.map((key) => data[key]).filter((address) => typeof address === "string");
  return addresses.some((address) => {
    const other = /[/]/.test(address) ? resolveWebUrl(address, here) : null;
    return other !== null && urlIdentity(other) === urlIdentity(here);
  });
}

function keyOf(text: string): string {
  return foldText(text).toLowerCase();
}

/** All objects of a value that have a headline and a text, walked without recursion; what is inside one is its own. */
function listStories(root: unknown, budget: Budget): readonly Story[] {
  const stories: Story[] = [];
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let at = 0; at < Math.min(pending.length, EMBEDDED_LIMITS.valuesMax); at++) {
    const { value, depth } = pending[at] ?? { value: null, depth: 0 };
    if (typeof value !== "object" || value === null || depth > EMBEDDED_LIMITS.depthMax) continue;
    const story = isObject(value) && stories.length < STORIES_MAX ? storyOf(value, budget) : null;
    if (story !== null) stories.push(story);
    else for (const child of Object.values(value)) pending.push({ value: child, depth: depth + 1 });
  }
  return stories;
}

function storyOf(data: JsonObject, budget: Budget): Story | null {
  const title = titleOf(data);
  if (title === "") return null;
  for (const key of BODY_KEYS) {
    if (data[key] === undefined || data[key] === null) continue;
    const html = blocksOf(data[key], budget, 0);
    const length = html.length < BODY_CHARACTERS_MIN ? 0 : htmlToText(html).length;
    if (length >= BODY_CHARACTERS_MIN) return { data, title, html, length };
  }
  return null;
}

function titleOf(data: JsonObject): string {
  for (const key of TITLE_KEYS) {
    const title = wordsIn(data[key]);
    if (title.length >= TITLE_LENGTH.min && title.length <= TITLE_LENGTH.max) return title;
  }
  return "";
}

/** A short text, or the text that an object wraps. */
function wordsIn(value: unknown, depth = 0): string {
  if (typeof value === "string") return value.length > 2000 ? "" : foldText(htmlToText(value));
  if (!isObject(value) || depth > 2) return "";
  for (const key of ["rendered", "text", "basic", "web", "default", "value", "name"]) {
    const words = wordsIn(value[key], depth + 1);
    if (words !== "") return words;
  }
  return "";
}

// ---- drawing

function drawStory({ data, title, html }: Story): string {
  const summary = first(SUMMARY_KEYS, data);
  const date = DATE_KEYS.map((key) => data[key]).find((value) => typeof value === "string" && value.length >= 8);
  const names = AUTHOR_KEYS.flatMap((key) => namesIn(data[key])).slice(0, 5);
  const parts = [
    `<h1>${escapeHtml(title)}</h1>`,
    summary === "" ? "" : `<p class="standfirst">${escapeHtml(summary)}</p>`,
    names.length === 0 ? "" : `<p class="byline">By ${[...new Set(names)].map(escapeHtml).join(", ")}</p>`,
    typeof date === "string" ? `<time datetime="${escapeHtml(date)}">${escapeHtml(date)}</time>` : "",
    html,
  ];
  return `<!doctype html><body><article>${parts.join("\n")}</article>`;
}

function first(keys: readonly string[], data: JsonObject): string {
  return keys.map((key) => wordsIn(data[key])).find((words) => words !== "") ?? "";
}

function namesIn(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value.slice(0, 5) : [value];
  return list
    .map((one) => wordsIn(isObject(one) ? (one.name ?? one.displayName ?? one) : one).replace(/^by\s+/i, ""))
    .filter((name) => name !== "" && name.length <= 80 && !name.includes("://"));
}

interface Budget {
  left: number;
}

/** A text or its parts as blocks of HTML. */
function blocksOf(value: unknown, budget: Budget, depth: number): string {
  budget.left -= BLOCK_COST;
  if (budget.left <= 0 || depth > DEPTH_MAX) return "";
  if (typeof value === "string") return textBlocks(value, budget);
  if (Array.isArray(value))
    return value.every(isInline) ? inlinesOf(value, budget, depth) : joined(value, budget, depth);
  if (!isObject(value)) return "";
  const type = typeOf(value);
  if (BESIDE.test(type) && !/text|paragraph/.test(type)) return "";
  if (PICTURE.test(type)) return pictureOf(value);
  const inner = innerOf(value);
  const html = isInline(value) ? inlinesOf([value], budget, depth) : blocksOf(inner, budget, depth + 1);
  if (html === "") return "";
  const element = elementOf(type);
  if (element === undefined) return html;
  // What is HTML already has its element.
  if (element === "p" ? HAS_BLOCKS.test(html) : STARTS_APART.test(html)) return html;
  if ((element === "ul" || element === "ol") && Array.isArray(inner) && !html.includes("<li>")) {
    const items = inner.map((one) => `<li>${unwrapped(blocksOf(one, budget, depth + 1), "li")}</li>`);
    return `<${element}>${items.join("")}</${element}>`;
  }
  return `<${element}>${unwrapped(html, element)}</${element}>`;
}

const STARTS_APART = /^<(?:h[1-6]|ul|ol|table|blockquote)\b/i;
const HAS_BLOCKS = /<(?:p|div|h[1-6]|ul|ol|table|blockquote|figure|pre)\b/i;

function joined(values: readonly unknown[], budget: Budget, depth: number): string {
  return values.map((one) => blocksOf(one, budget, depth + 1)).join("\n");
}

/** A string is HTML where it has tags; else each of its lines is a paragraph. */
function textBlocks(text: string, budget: Budget): string {
  const cut = text.slice(0, Math.max(0, budget.left));
  budget.left -= cut.length;
  if (HAS_BLOCKS.test(cut)) return cut;
  const html = /<\/?[a-z][^>]{0,200}>|&(?:#\d|[a-z]+;)/i.test(cut) ? cut : escapeHtml(cut);
  const lines = html.split(/\n\s*/).filter((line) => line.trim() !== "");
  return lines.map((line) => `<p>${line}</p>`).join("\n");
}

/** A single paragraph inside an element that is a line of its own says the same without its tags. */
function unwrapped(html: string, element: string): string {
  if (element === "ul" || element === "ol" || element === "table" || element === "tr") return html;
  const isOne = html.startsWith("<p>") && html.endsWith("</p>") && html.lastIndexOf("<p>") === 0;
  return isOne ? html.slice("<p>".length, -"</p>".length) : html;
}

/** Runs of text in a line: objects of type text or with a text and no type, their formats left aside. */
function isInline(value: unknown): boolean {
  if (!isObject(value)) return false;
  const type = typeOf(value);
  const words = value.text ?? value.value;
  if (type === "text" || type === "span" || type === "")
    return typeof words === "string" && !HAS_BLOCKS.test(words) && !isBlockText(value);
  return INLINE.test(type);
}

/** `{type: "text", content: "…"}` is a paragraph where it has no marks of a run. */
function isBlockText(value: JsonObject): boolean {
  return typeof value.content === "string" || typeof value.html === "string";
}

function inlinesOf(values: readonly unknown[], budget: Budget, depth: number): string {
  budget.left -= BLOCK_COST;
  if (depth > DEPTH_MAX) return "";
  return values.map((value) => inlineOf(value, budget, depth)).join("");
}

function inlineOf(value: unknown, budget: Budget, depth: number): string {
  if (budget.left <= 0) return "";
  if (typeof value === "string") {
    budget.left -= value.length;
    return escapeHtml(value);
  }
  if (Array.isArray(value)) return inlinesOf(value, budget, depth + 1);
  if (!isObject(value)) return "";
  const words = inlineOf(value.text ?? value.value ?? innerOf(value), budget, depth + 1);
  const data = isObject(value.data) ? value.data : isObject(value.attrs) ? value.attrs : value;
  const address = [data.uri, data.href, data.url].find((one) => typeof one === "string");
  return typeof address === "string" && words !== "" ? `<a href="${escapeHtml(address)}">${words}</a>` : words;
}

function innerOf(value: JsonObject): unknown {
  for (const key of INNER_KEYS) {
    const inner = value[key];
    if (typeof inner === "string" ? inner.trim() !== "" : typeof inner === "object" && inner !== null) return inner;
  }
  return undefined;
}

function typeOf(value: JsonObject): string {
  for (const key of TYPE_KEYS) {
    const type = value[key];
    // Editors of blocks write `core/paragraph`, `BlockElement`, `paragraph-block`.
    if (typeof type === "string" && type !== "block" && type.length <= 60)
      return type
        .toLowerCase()
        .replace(/^.*[/:]/, "")
        .replace(/[-_]?(?:block|element|component)$/, "")
        .replaceAll("_", "-");
  }
  return "";
}

function elementOf(type: string): string | undefined {
  return ELEMENTS.find(([words]) => words.test(type))?.[1];
}

function pictureOf(value: JsonObject): string {
  const source = addressIn(value, 0);
  if (source === "") return "";
  const caption = ["caption", "description", "legend"].map((key) => wordsIn(value[key])).find((words) => words !== "");
  const credit = ["credit", "credits", "copyright", "byline"]
    .map((key) => wordsIn(value[key]))
    .find((words) => words !== "");
  const told = [caption ?? "", credit === undefined ? "" : `(Photo: ${credit})`].join(" ").trim();
  const alt = wordsIn(value.alt ?? value.alt_text ?? value.altText);
  return `<figure><img src="${escapeHtml(source)}" alt="${escapeHtml(alt)}"><figcaption>${escapeHtml(told)}</figcaption></figure>`;
}

function addressIn(value: unknown, depth: number): string {
  if (typeof value === "string")
    return /^(?:https?:)?\/{1,2}[^/]|\.(?:jpe?g|png|webp|gif|avif)\b/i.test(value) ? value : "";
  if (!isObject(value) || depth > 3) return "";
  for (const key of [...URL_KEYS, "file", "image", "asset", "data", "attributes", "props", "attrs"]) {
    const address = addressIn(value[key], depth + 1);
    if (address !== "") return address;
  }
  return "";
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
