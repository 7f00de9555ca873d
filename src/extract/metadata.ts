import type { Document, Element } from "domhandler";
import { htmlToText } from "../html/sanitize.ts";
import { type LdGraph, type LdNode, listOf, readJsonLd, textIn, typesOf } from "./json-ld.ts";

/** A value and who said it. */
export interface Said {
  readonly value: string;
  readonly origin: string;
}

/** What the head of a page and its JSON-LD say, before anything is decided. Lists run from the most to the least trusted. */
export interface PageMetadata {
  readonly metas: ReadonlyMap<string, readonly string[]>;
  readonly graph: LdGraph;
  /** The JSON-LD node that is the page's article. */
  readonly article: LdNode | undefined;
  readonly htmlLanguage: string | undefined;
  readonly documentTitle: string;
  readonly canonical: string | undefined;
  readonly baseHref: string | undefined;
}

const ARTICLE_TYPE = /(Article|BlogPosting|Posting|Report|Review|Recipe|NewsArticle)$/;
const METAS_MAX = 2000;

export function readMetadata(document: Document): PageMetadata {
  const metas = new Map<string, string[]>();
  const scripts: string[] = [];
  let htmlLanguage: string | undefined;
  let documentTitle = "";
  let canonical: string | undefined;
  let baseHref: string | undefined;
  let count = 0;
  const visit: Partial<Record<string, (element: Element) => void>> = {
    html: (element) => {
      htmlLanguage = element.attribs.lang ?? element.attribs["xml:lang"];
    },
    title: (element) => {
      if (documentTitle === "") documentTitle = htmlToText(rawText(element).replaceAll("<", "&lt;"));
    },
    link: (element) => {
      if (element.attribs.rel?.toLowerCase() === "canonical") canonical ??= element.attribs.href;
    },
    base: (element) => {
      baseHref ??= element.attribs.href;
    },
    script: (element) => {
      if (/^\s*application\/ld\+json/i.test(element.attribs.type ?? "")) scripts.push(rawText(element));
    },
    meta: (element) => {
      const content = element.attribs.content ?? element.attribs.value;
      if (content === undefined || content.trim() === "" || count++ > METAS_MAX) return;
      const names = [
        element.attribs.property,
        element.attribs.name,
        isOfAnotherItem(element) ? undefined : element.attribs.itemprop,
        element.attribs["http-equiv"],
      ];
      for (const name of names) {
        if (name === undefined) continue;
        for (const key of name.toLowerCase().trim().split(/\s+/)) {
          const list = metas.get(key);
          if (list === undefined) metas.set(key, [content.trim()]);
          else if (list.length < 100) list.push(content.trim());
        }
      }
    },
  };
  walkElements(document, (element) => visit[element.name]?.(element));
  const graph = readJsonLd(scripts);
  return { metas, graph, article: findArticleNode(graph), htmlLanguage, documentTitle, canonical, baseHref };
}

const ITEM_ANCESTORS_MAX = 8;

/** Properties by which the page's own item stands in another. */
const OWN_ITEM = /\b(?:blogPosts?|mainEntity|mainContentOfPage|subjectOf)\b/i;

/** Whether a property belongs to an item within the page's own (HTML §5.2.2): a cited work, a comment, a picture. */
export function isOfAnotherItem(element: Element): boolean {
  if (element.attribs.itemprop === undefined) return false;
  let at = element.parent;
  for (let level = 0; at !== null && level < ITEM_ANCESTORS_MAX; at = at.parent, level++) {
    if (at.type === "tag" && at.attribs.itemscope !== undefined) {
      return at.attribs.itemprop !== undefined && !OWN_ITEM.test(at.attribs.itemprop);
    }
  }
  return false;
}

/** Elements in document order, without recursion. */
export function walkElements(root: Document | Element, visit: (element: Element) => void): void {
  const stack = root.children.toReversed();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (!("children" in node)) continue;
    if ("attribs" in node) visit(node);
    for (let index = node.children.length - 1; index >= 0; index--) {
      const child = node.children[index];
      if (child !== undefined && "children" in child) stack.push(child);
    }
  }
}

function rawText(element: Element): string {
  let text = "";
  for (const child of element.children) if (child.type === "text") text += child.data;
  return text;
}

/** The node with the most to say among the articles; recipes and reviews only where no article is. */
function findArticleNode(graph: LdGraph): LdNode | undefined {
  let best: LdNode | undefined;
  let bestScore = 0;
  for (const node of graph.nodes) {
    if (!typesOf(node).some((type) => ARTICLE_TYPE.test(type))) continue;
    const has = (key: string) => (node[key] === undefined ? 0 : 1);
    const headline = has("headline") + has("name") > 0 ? 2 : 0;
    const score =
      1 +
      headline +
      2 * has("articleBody") +
      has("datePublished") +
      has("author") +
      has("publisher") +
      has("mainEntityOfPage");
    if (score > bestScore) {
      best = node;
      bestScore = score;
    }
  }
  return best;
}

/** The first value that one of these metas has. */
export function metaOf(page: PageMetadata, names: readonly string[]): Said | undefined {
  for (const name of names) {
    const value = page.metas.get(name)?.[0];
    if (value !== undefined) return { value: metaText(value), origin: originOf(name) };
  }
  return undefined;
}

export function metasOf(page: PageMetadata, names: readonly string[]): readonly Said[] {
  return names.flatMap((name) =>
    (page.metas.get(name) ?? []).map((value) => ({ value: metaText(value), origin: originOf(name) })),
  );
}

/** Publishers escape once too often: what still holds entities or tags after parsing was meant as text. */
export function metaText(value: string): string {
  return /&[a-z#]/i.test(value) || /<\/?[a-z]/i.test(value) ? htmlToText(value) : value.replace(/\s+/g, " ").trim();
}

function originOf(name: string): string {
  if (name.startsWith("og:") || name.startsWith("article:")) return "og";
  return name.startsWith("twitter:") ? "twitter" : "meta";
}

/** A text of the article's JSON-LD node. */
export function articleText(page: PageMetadata, keys: readonly string[]): Said | undefined {
  for (const key of keys) {
    const value = page.article === undefined ? undefined : textIn(page.graph, page.article[key]);
    if (value !== undefined) return { value: metaText(value), origin: "json-ld" };
  }
  return undefined;
}

/** The article's own text as its JSON-LD node has it, untouched. */
export function articleBodyOf(page: PageMetadata): string {
  return (page.article === undefined ? undefined : textIn(page.graph, page.article.articleBody, ["@value"])) ?? "";
}

/** Texts of a property of the article's JSON-LD node, commas in a single text apart. */
export function articleTexts(page: PageMetadata, key: string): readonly string[] {
  if (page.article === undefined) return [];
  return listOf(page.graph, page.article[key]).flatMap((item) => {
    const text = textIn(page.graph, item);
    return text === undefined ? [] : [metaText(text)];
  });
}

/** The name of the site, as it says itself. */
export function siteNameOf(page: PageMetadata): Said | undefined {
  const named = metaOf(page, ["og:site_name", "application-name", "twitter:app:name:iphone"]);
  if (named !== undefined) return named;
  const publisher = articleText(page, ["publisher"]);
  if (publisher !== undefined) return publisher;
  for (const node of page.graph.nodes) {
    if (!typesOf(node).includes("WebSite")) continue;
    const name = textIn(page.graph, node.name);
    if (name !== undefined) return { value: metaText(name), origin: "json-ld" };
  }
  return undefined;
}
