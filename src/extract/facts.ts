import type { ChildNode, Document, Element } from "domhandler";
import { textOf } from "../html/sanitize.ts";
import { foldText } from "../html/text.ts";
import type { Author } from "../model/story.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { listOf, textIn, typesOf } from "./json-ld.ts";
import {
  articleText,
  articleTexts,
  isOfAnotherItem,
  metaOf,
  metasOf,
  type PageMetadata,
  type Said,
  siteNameOf,
  walkElements,
} from "./metadata.ts";
import type { Segment } from "./segments.ts";

/** Titles and lines are compared, never whole texts. */
const KEY_CHARACTERS_MAX = 1000;
const TITLE_CHARACTERS_MAX = 600;

/** Equal for texts that differ only in case, punctuation and space. */
export function wordsKey(text: string): string {
  return text
    .slice(0, KEY_CHARACTERS_MAX)
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

// ---- title

const SEPARATOR = /\s+[|\-–—·•«»‹›~:]+\s+|\s*\|\s*/g;

/**
 * The headline: the h1 that agrees with what the page's data call it, else that; a site's name is cut off only where it
 * equals the site's own.
 */
export function findTitle(page: PageMetadata, segments: readonly Segment[], url: string | undefined): Said | undefined {
  const names = siteKeys(page, url);
  // A story about a site may be called as the site is.
  return titleBeside(page, segments, names) ?? titleBeside(page, segments, NO_NAMES);
}

function titleBeside(page: PageMetadata, segments: readonly Segment[], names: SiteNames): Said | undefined {
  const told = [
    articleText(page, ["headline", "name"]),
    metaOf(page, ["og:title", "twitter:title", "dc.title", "parsely-title", "title"]),
  ]
    .concat(page.documentTitle === "" ? [] : [{ value: page.documentTitle, origin: "title" }])
    .filter((said) => said !== undefined)
    .map((said) => ({ ...said, value: cutSite(said.value.slice(0, TITLE_CHARACTERS_MAX), names) }))
    .filter((said) => said.value !== "" && !isSite(said.value, names));
  const headings = listHeadlines(segments).filter(({ text }) => !isSite(text, names) && !isMasthead(text, told, names));
  for (const said of told) {
    const heading = headings.find(({ text }) => agrees(text, said.value));
    if (heading === undefined) continue;
    const bare = compact(heading.text) === compact(said.value) ? undefined : withoutKicker(heading.text, told);
    return bare ?? { value: withoutSection(headlineIn(heading, told), names), origin: "h1" };
  }
  const [only, ...others] = headings;
  if (
    only !== undefined &&
    others.length === 0 &&
    only.text.length < 200 &&
    ((isSentenceLike(only.text) && !opensSection(only, segments)) ||
      told.some((said) => isRelated(only.text, said.value)))
  )
    return { value: only.text, origin: "h1" };
  const shown = told[0] === undefined ? undefined : findShownPart(told[0].value, segments);
  if (shown !== undefined) return { value: shown, origin: "heading" };
  if (told[0] !== undefined && (told[0].origin !== "title" || headings.length !== 1)) return told[0];
  return only === undefined ? told[0] : { value: only.text, origin: "h1" };
}

/** Whether a heading may be the site's name, and the title of the page, the site's name aside, is another. */
function isMasthead(heading: string, told: readonly Said[], names: SiteNames): boolean {
  const title = told.find((said) => said.origin === "title");
  return title !== undefined && isSitePart(heading, names) && !agrees(heading, title.value);
}

/** Paragraphs of this length before a heading make it one within the text. */
const PARAGRAPH_CHARACTERS_MIN = 150;

function opensSection(heading: Segment, segments: readonly Segment[]): boolean {
  const paragraphs = segments
    .slice(0, heading.index)
    .filter(({ text, linkLength }) => text.length >= PARAGRAPH_CHARACTERS_MIN && linkLength < text.length * 0.3);
  return paragraphs.length >= 2;
}

/** A date or a topic that stands in the same heading before the title the page's data give. */
function withoutKicker(heading: string, told: readonly Said[]): Said | undefined {
  const key = compact(heading);
  return told.find(({ value }) => {
    const title = compact(value);
    return title.length >= 12 && title.length < key.length && key.endsWith(title) && value.split(/\s+/).length >= 3;
  });
}

/** The headline within its heading: without a topic before it or a remark behind it that stand in elements of their own. */
function headlineIn(heading: Segment, told: readonly Said[]): string {
  const parts = partsOf(heading.nodes);
  const first = parts[0];
  const last = parts.at(-1);
  if (first === undefined || last === undefined || parts.length < 2) return heading.text;
  const key = compact(heading.text);
  const kicker = compact(first.text);
  const rest = key.slice(kicker.length);
  const isKicker =
    first.name !== "" &&
    told.some(({ value }) =>
      splitTitle(value).some(([before, after]) => compact(before) === kicker && compact(after) === rest),
    );
  if (isKicker)
    return parts
      .slice(1)
      .map((part) => part.text)
      .join(" ")
      .replace(EDGE_MARKS, "");
  const isRemark = last.name === "small" && told.some(({ value }) => `${compact(value)}${compact(last.text)}` === key);
  return isRemark
    ? parts
        .slice(0, -1)
        .map((part) => part.text)
        .join(" ")
    : heading.text;
}

/** `Bridges, once more | Opinion` under `/opinion/`: the name of its place on the site. */
function withoutSection(title: string, names: SiteNames): string {
  const at = title.lastIndexOf(" | ");
  return at > 0 && names.sections.has(wordsKey(title.slice(at + 3))) ? title.slice(0, at).trim() : title;
}

const EDGE_MARKS = /^[\s|–—·•:-]+/;

interface HeadingPart {
  readonly text: string;
  /** Of its element; empty for bare text. */
  readonly name: string;
}

/** What stands side by side in a heading, an element around all of it aside. */
function partsOf(nodes: readonly ChildNode[]): readonly HeadingPart[] {
  const parts = nodes.map((node) => ({ node, text: textOf([node]) })).filter(({ text }) => text !== "");
  const only = parts[0]?.node;
  if (parts.length === 1 && only !== undefined && "children" in only && only.children.length > 1)
    return partsOf(only.children);
  return parts.map(({ node, text }) => ({ text, name: "name" in node ? node.name : "" }));
}

/** A title at each of its separators: what stands before it, and what behind it. */
function splitTitle(title: string): readonly (readonly [before: string, after: string])[] {
  return [...title.matchAll(SEPARATOR)].map((match) => [
    title.slice(0, match.index),
    title.slice(match.index + match[0].length),
  ]);
}

function compact(text: string): string {
  return wordsKey(text).replaceAll(" ", "");
}

/** A title with more in it than the page shows: the part before or after a separator that stands in the page. */
function findShownPart(title: string, segments: readonly Segment[]): string | undefined {
  const keys = new Set<string>();
  for (const segment of segments)
    if (segment.text.length < 300 && segment.linkLength === 0) keys.add(wordsKey(segment.text));
  for (const parts of splitTitle(title))
    for (const part of parts) if (part.length > 12 && keys.has(wordsKey(part))) return part.trim();
  return undefined;
}

/** Whether a lone h1 says too much to be the name of a section or a site. */
function isSentenceLike(heading: string): boolean {
  return wordsKey(heading).split(" ").length >= 4;
}

/** Whether half the words of the shorter are in the longer. */
function isRelated(heading: string, title: string): boolean {
  const a = new Set(wordsKey(heading).split(" "));
  const b = new Set(wordsKey(title).split(" "));
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  return Math.min(a.size, b.size) >= 2 && shared >= Math.min(a.size, b.size) * 0.5;
}

function listHeadlines(segments: readonly Segment[]): readonly Segment[] {
  return segments.filter((segment) => segment.level === 1 && segment.text.length > 3).slice(0, 12);
}

function agrees(heading: string, title: string): boolean {
  const a = wordsKey(heading);
  const b = wordsKey(title);
  if (a === b) return true;
  if (a === "" || b === "") return false;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (long.startsWith(short) || long.endsWith(short)) return short.length >= long.length * 0.4 && short.includes(" ");
  const words = new Set(a.split(" "));
  const other = b.split(" ");
  return other.filter((word) => words.has(word)).length >= 0.6 * Math.max(other.length, words.size);
}

/** What the site may call itself: its names, and the words of its host. */
interface SiteNames {
  readonly keys: ReadonlySet<string>;
  /** The label of its domain, where that is long enough to tell the site within a longer name of it. */
  readonly label: string | undefined;
  /** The folders that the page lies in. */
  readonly sections: ReadonlySet<string>;
}

const NO_NAMES: SiteNames = { keys: new Set(), label: undefined, sections: new Set() };
const LABEL_CHARACTERS_MIN = 5;
/** A part of a title with more words says something. */
const SITE_WORDS_MAX = 5;

function siteKeys(page: PageMetadata, url: string | undefined): SiteNames {
  const keys = new Set<string>();
  const add = (text: string | undefined) => {
    const key = text === undefined ? "" : wordsKey(text);
    if (key === "") return;
    keys.add(key);
    keys.add(key.replaceAll(" ", ""));
    keys.add(key.replace(/^the /, ""));
  };
  add(siteNameOf(page)?.value);
  add(articleText(page, ["publisher"])?.value);
  for (const node of page.graph.nodes)
    if (typesOf(node).some((type) => /^(WebSite|Organization|NewsMediaOrganization)$/.test(type)))
      add(textIn(page.graph, node.name));
  const address = url === undefined ? null : URL.parse(url);
  const host = address?.hostname;
  const sections = new Set(address?.pathname.split("/").slice(0, -1).map(wordsKey).filter(Boolean));
  const labels = host?.split(".").slice(0, -1) ?? [];
  add(host);
  add(host?.replace(/^www\./, ""));
  for (const label of labels) if (label.length > 3) add(label);
  // `example.co.uk`: second-level suffixes are short.
  const label = labels.map(compact).findLast((one) => one.length > 3);
  return { keys, label: label !== undefined && label.length >= LABEL_CHARACTERS_MIN ? label : undefined, sections };
}

/** A title without the site's name at either end, and without what programs put between the name and the title. */
function cutSite(title: string, names: SiteNames): string {
  let rest = foldText(title);
  for (let round = 0; round < 3; round++) {
    const parts = splitTitle(rest);
    const head = parts[0];
    const tail = parts.at(-1);
    if (tail !== undefined && isSitePart(tail[1], names)) rest = tail[0].trim();
    else if (head !== undefined && isSitePart(head[0], names)) rest = head[1].trim();
    else break;
  }
  return rest;
}

function isSitePart(part: string, names: SiteNames): boolean {
  const key = compact(part);
  return (
    isSite(part, names) ||
    ARCHIVE.test(part) ||
    (names.label !== undefined && key.includes(names.label) && part.trim().split(/\s+/).length <= SITE_WORDS_MAX)
  );
}

/** What blogs put into the titles of single entries. */
const ARCHIVE = /^\s*(?:blog[ -]archiv(?:es?)?|archives?)\s*$/i;

function isSite(part: string, names: SiteNames): boolean {
  const key = wordsKey(part);
  return names.keys.has(key) || names.keys.has(key.replaceAll(" ", "")) || names.keys.has(key.replace(/^the /, ""));
}

// ---- what stands in the page

/** Elements that say a fact by name, each with its place in document order. */
export interface Marks {
  readonly authors: readonly Mark[];
  readonly dates: readonly Mark[];
  readonly tags: readonly string[];
  /** Place of the headline; -1 where none was seen. */
  readonly headline: number;
}

export interface Mark {
  readonly element: Element;
  readonly order: number;
  readonly kind: "itemprop" | "rel" | "time" | "class" | "link";
}

const MARKS_MAX = 400;
const AUTHOR_NAME =
  /(^|[\s_-])(byline|author|authors|p-author|writer|contributor|bylines|reporter|autor|auteur|redakteur)([\s_-]|$)/i;
const AUTHOR_PART = /(byline|author(?!ity|iz)|autor)/i;
/** Where sites keep the pages of those who write for them. */
const AUTHOR_PATH =
  /\/(?:authors?|autor(?:en|es)?|auteurs?|staff|contributors?|writers?|reporters?|journalists?|byline|profiles?|people|producers)\/[^/?#]{2,80}\/?(?:$|[?#])/i;
const DATE_PART = /(date|publish|time(?!line)|posted|updated|modified|dateline|fecha|datum)/i;

export function readMarks(document: Document, title: string): Marks {
  const authors: Mark[] = [];
  const dates: Mark[] = [];
  const tags: string[] = [];
  const key = wordsKey(title);
  let order = 0;
  let headline = -1;
  walkElements(document, (element) => {
    order++;
    const { attribs, name } = element;
    if (headline === -1 && (name === "h1" || name === "h2" || name === "div") && key !== "" && ownKey(element) === key)
      headline = order;
    const property = isOfAnotherItem(element) ? undefined : attribs.itemprop;
    const names =
      attribs.class === undefined && attribs.id === undefined ? "" : `${attribs.class ?? ""} ${attribs.id ?? ""}`;
    const rel = attribs.rel;
    if (authors.length < MARKS_MAX) {
      if (property !== undefined && /\b(author|creator)\b/.test(property))
        authors.push({ element, order, kind: "itemprop" });
      else if (rel !== undefined && /\bauthor\b/.test(rel)) authors.push({ element, order, kind: "rel" });
      else if (name === "a" && AUTHOR_PATH.test(attribs.href ?? "")) authors.push({ element, order, kind: "link" });
      else if (
        names !== "" &&
        name !== "body" &&
        name !== "html" &&
        (AUTHOR_NAME.test(names) || AUTHOR_PART.test(names))
      )
        authors.push({ element, order, kind: "class" });
    }
    if (dates.length < MARKS_MAX) {
      if (property !== undefined && /date(Published|Modified|Created)/i.test(property))
        dates.push({ element, order, kind: "itemprop" });
      else if (name === "time") dates.push({ element, order, kind: "time" });
      else if (names !== "" && name !== "body" && name !== "html" && DATE_PART.test(names))
        dates.push({ element, order, kind: "class" });
    }
    if (tags.length < 40 && rel !== undefined && /(^|\s)tag(\s|$)/.test(rel)) tags.push(foldText(textOf([element])));
  });
  return { authors, dates, tags, headline };
}

function ownKey(element: Element): string {
  return element.children.length > 8 ? "" : wordsKey(textOf(element.children).slice(0, 400));
}

// ---- authors

const NOT_NAMES =
  /^(admin|administrator|editor|editors|editorial|staff|redaktion|redaction|newsroom|news desk|desk|author|authors|guest|unknown|anonymous|null|undefined|none|user|webmaster|press release|by|contributors?|von|written by|posted by|artikel von|beitrag|name ?\*?|agenturen|archiv.*|more stories.*|view all.*|see all.*|follow.*|share.*|subscribe.*)$/i;

const AUTHORS_MAX = 12;
const AUTHOR_METAS = [
  "author",
  "article:author",
  "byl",
  "parsely-author",
  "sailthru.author",
  "dc.creator",
  "dcterms.creator",
  "dc.creator.creator",
  "citation_author",
  "article:author_name",
  "og:article:author",
];

export function findAuthors(
  page: PageMetadata,
  marks: Marks,
  segments: readonly Segment[],
  url: string | undefined,
  baseUrl: string | undefined,
): { readonly authors: readonly Author[]; readonly origin: string } {
  const sites = siteKeys(page, url);
  const attempts: readonly (readonly [string, () => readonly Author[]])[] = [
    ["json-ld", () => ldAuthors(page, baseUrl)],
    ["meta", () => names(metasOf(page, AUTHOR_METAS).map((said) => said.value))],
    ["microdata", () => markedAuthors(marks, "itemprop")],
    ["rel", () => markedAuthors(marks, "rel")],
    ["label", () => labelledAuthors(page)],
    ["byline", () => markedAuthors(marks, "class")],
    ["link", () => markedAuthors(marks, "link").slice(0, 1)],
    ["text", () => spokenAuthors(segments)],
  ];
  for (const [origin, attempt] of attempts) {
    const authors = attempt().filter((author) => !isSite(author.name, sites) && !NOT_NAMES.test(author.name));
    if (authors.length > 0) return { authors: unique(authors).slice(0, AUTHORS_MAX), origin };
  }
  // A page signed by its site alone: said as its author, it is.
  const site = [...ldAuthors(page, baseUrl), ...names(metasOf(page, AUTHOR_METAS).map((said) => said.value))].filter(
    (author) => !NOT_NAMES.test(author.name),
  );
  return site.length === 0 ? { authors: [], origin: "" } : { authors: unique(site).slice(0, 1), origin: "site" };
}

/** What cards for messengers say beside a label: `Written by` · `A B`. */
function labelledAuthors(page: PageMetadata): readonly Author[] {
  for (const number of ["1", "2"]) {
    const label = page.metas.get(`twitter:label${number}`)?.[0] ?? "";
    const value = page.metas.get(`twitter:data${number}`)?.[0];
    if (
      value !== undefined &&
      /\b(?:written|author|verfasst|geschrieben|écrit|escrito|scritto|geschreven|skriven|por|von|autor)\b/i.test(label)
    )
      return names([value]);
  }
  return [];
}

function unique(authors: readonly Author[]): readonly Author[] {
  const seen = new Set<string>();
  return authors.filter((author) => !seen.has(wordsKey(author.name)) && seen.add(wordsKey(author.name)));
}

function ldAuthors(page: PageMetadata, baseUrl: string | undefined): readonly Author[] {
  if (page.article === undefined) return [];
  const { graph, article } = page;
  return listOf(graph, article.author ?? article.creator).flatMap((item) => {
    const text = textIn(graph, item);
    if (text === undefined) return [];
    const address = typeof item === "object" && item !== null && "url" in item ? textIn(graph, item.url) : undefined;
    const found = names([text]);
    const link = resolveWebUrl(address, baseUrl);
    return found.length === 1 && found[0] !== undefined && link !== null ? [{ ...found[0], url: link }] : found;
  });
}

function markedAuthors(marks: Marks, kind: Mark["kind"]): readonly Author[] {
  const list = marks.authors.filter((mark) => mark.kind === kind && !isNested(mark, marks.authors, kind));
  const near = list.filter(
    (mark) => marks.headline === -1 || (mark.order > marks.headline - 40 && mark.order < marks.headline + 150),
  );
  for (const mark of near.length > 0 ? near : kind === "class" ? [] : list.slice(0, 3)) {
    const found = namesIn(mark.element);
    if (found.length > 0)
      return kind === "rel" || kind === "itemprop"
        ? unique(near.flatMap((other) => (other.order - mark.order < 30 ? namesIn(other.element) : [])))
        : found;
  }
  return [];
}

function isNested(mark: Mark, marks: readonly Mark[], kind: Mark["kind"]): boolean {
  if (kind !== "class") return false;
  return marks.some(
    (other) =>
      other !== mark &&
      other.element.parent === mark.element &&
      other.kind === kind &&
      textOf([other.element]).length > 3,
  );
}

/** The names an author element holds: its `itemprop=name`, its links, or its text. */
function namesIn(element: Element): readonly Author[] {
  const content = element.attribs.content;
  if (content !== undefined) return names([content]);
  const inner: string[] = [];
  const links: string[] = [];
  walkElements(element, (child) => {
    if (/\bname\b/.test(child.attribs.itemprop ?? "")) inner.push(child.attribs.content ?? textOf([child]));
    else if (child.name === "a" && !/^(mailto|tel):/.test(child.attribs.href ?? "")) links.push(textOf([child]));
  });
  const named = names(inner);
  if (named.length > 0) return named;
  const text = textOf([element]);
  if (text.length > 250) return [];
  const linked = names(links);
  return linked.length > 0 ? linked : names([text]);
}

const BY =
  /^(?:(?:written|posted|published|reported|story|words|text|article|report|interview|analysis|opinion|photos?)\s+)?(?:by|von|par|por|di|door|av|af|от|автор|autor|author|auteur|text)\s*:?\s+/i;

/** A byline in a short line near the headline: `By A B`, `Published 7 August by A B`. */
function spokenAuthors(segments: readonly Segment[]): readonly Author[] {
  const title = Math.max(
    0,
    segments.findIndex((segment) => segment.level === 1),
  );
  for (const segment of [...segments.slice(title, title + 18), ...segments.slice(Math.max(0, title - 6), title)]) {
    if (segment.text.length > 160 || segment.place.caption !== undefined || PICTURED.test(segment.text)) continue;
    const said = SIGNED.exec(segment.text)?.[1];
    const found = said === undefined ? [] : names([said]);
    if (found.length > 0) return found;
  }
  return [];
}

/** Who took the picture did not write the text. */
const PICTURED = /\b(?:photo|photograph|image|picture|foto|bild|illustration|graphic)s?\b/i;

/** `by` and its kin before two to four capitalized words, perhaps several such names. */
const SIGNED =
  /(?:^|[\s|·•–—-])(?:[Bb][Yy]|[Vv]on|[Pp]ar|[Pp]or|[Dd]oor|[Aa]v|[Aa]f|[Dd]i|Text|Autor|Author|Auteur)\s?:?\s+((?:\p{Lu}[\p{L}.'’-]*(?:\s+(?:(?:de|van|von|der|den|la|le|di|da|del|bin|al)\s+){0,2}\p{Lu}[\p{L}.'’-]*){1,3})(?:\s*(?:,|&|and|und|et|y)\s+\p{Lu}[\p{L}.'’-]*(?:\s+\p{Lu}[\p{L}.'’-]*){1,2}){0,4})/u;

/** Names out of texts such as `By A B and C D, Staff Writer | Jan 5`. */
export function names(texts: readonly string[]): readonly Author[] {
  return texts.flatMap((text) => {
    if (/^\s*https?:/i.test(text)) return [];
    const bare = foldText(text)
      .replace(BY, "")
      .replace(/^by(?=\p{Lu})/u, "");
    return bare
      .split(/\s*(?:[,;|/•·\n]|\s[–—-]\s|\s(?:and|und|et|y|e|og|och|en|with|&)\s)\s*/i)
      .map((part) =>
        part
          .replace(BY, "")
          .replace(/\(.{0,60}\)|<.{0,80}>/g, "")
          .replace(/^[\s"“”'.:–-]+|[\s"“”':–-]+$/g, "")
          .trim(),
      )
      .filter(isName)
      .map((name) => ({
        name: /^[^\p{Ll}]{6,}$/u.test(name) && /\p{Lu}{2}.*\s/u.test(name) ? capitalized(name) : name,
      }));
  });
}

function capitalized(name: string): string {
  return name.replace(/\p{L}+/gu, (word) =>
    word.length > 2 || /[AEIOU]/i.test(word) ? (word[0] ?? "") + word.slice(1).toLowerCase() : word,
  );
}

const ROLE =
  /\b(editor|writer|reporter|correspondent|staff|contributor|contributing|journalist|columnist|producer|editor-in-chief|bureau|chief|fellow|specialist|analyst|author|press|updated?|published|posted|minutes?|read|min|comments?|ago|am|pm|est|edt|gmt|utc|bst|january|february|march|april|june|july|august|september|october|november|december|redakteur|redaktion|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b/i;

function isName(name: string): boolean {
  if (name.length < 2 || name.length > 60 || !/\p{L}/u.test(name)) return false;
  if (/https?:|www\.|@|[\d{}<>=]|\.(com|org|net|co)\b/i.test(name)) return false;
  if (name.split(/\s+/).length > 6 || ROLE.test(name) || /[*→»:]|\b(?:von|by|par|por)$/i.test(name)) return false;
  return true;
}

// ---- the rest

export function findDescription(page: PageMetadata): Said | undefined {
  const said =
    metaOf(page, ["og:description", "description", "dc.description", "twitter:description"]) ??
    articleText(page, ["description", "abstract"]);
  return said === undefined || said.value === "" ? undefined : said;
}

export function findSection(page: PageMetadata): Said | undefined {
  const told =
    articleText(page, ["articleSection"]) ??
    metaOf(page, [
      "article:section",
      "og:article:section",
      "parsely-section",
      "section",
      "category",
      "dc.subject.section",
      "cxenseparse:recs:category",
    ]);
  if (told !== undefined && told.value.length < 80) return told;
  for (const node of page.graph.nodes) {
    if (!typesOf(node).includes("BreadcrumbList")) continue;
    const steps = listOf(page.graph, node.itemListElement).map(
      (item) =>
        textIn(page.graph, item, ["name"]) ??
        textIn(page.graph, typeof item === "object" && item !== null && "item" in item ? item.item : undefined, [
          "name",
        ]),
    );
    const section = steps.at(-2) ?? undefined;
    if (steps.length > 2 && section !== undefined) return { value: foldText(section), origin: "json-ld" };
  }
  return undefined;
}

const TAGS_MAX = 30;

export function findTags(
  page: PageMetadata,
  marks: Marks,
): { readonly tags: readonly string[]; readonly origin: string } {
  const attempts: readonly (readonly [string, readonly string[]])[] = [
    ["og", metasOf(page, ["article:tag", "og:article:tag", "video:tag"]).map((said) => said.value)],
    ["json-ld", articleTexts(page, "keywords")],
    ["rel", marks.tags],
    [
      "meta",
      metasOf(page, ["news_keywords", "keywords", "parsely-tags", "sailthru.tags"])
        .slice(0, 1)
        .map((said) => said.value),
    ],
  ];
  for (const [origin, texts] of attempts) {
    const tags = [
      ...new Set(texts.flatMap((text) => text.split(/[,;|]/)).map((tag) => foldText(tag).replace(/^#/, ""))),
    ].filter((tag) => tag.length > 1 && tag.length < 80);
    if (tags.length > 0) return { tags: tags.slice(0, TAGS_MAX), origin };
  }
  return { tags: [], origin: "" };
}

export function findLanguage(page: PageMetadata): Said | undefined {
  const told = [
    { value: page.htmlLanguage ?? "", origin: "html" },
    articleText(page, ["inLanguage"]),
    metaOf(page, ["og:locale", "content-language", "dc.language", "language"]),
  ];
  for (const said of told) {
    const tag = said?.value.replaceAll("_", "-").split(/[,;\s]/)[0] ?? "";
    if (said !== undefined && /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i.test(tag))
      return { value: canonicalTag(tag), origin: said.origin };
  }
  return undefined;
}

function canonicalTag(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? tag;
  } catch {
    return tag.toLowerCase();
  }
}

export function findCanonical(page: PageMetadata, baseUrl: string | undefined): AbsoluteUrl | undefined {
  const told = page.canonical ?? metaOf(page, ["og:url"])?.value ?? articleText(page, ["url"])?.value;
  return resolveWebUrl(told, baseUrl) ?? undefined;
}

export function findRights(page: PageMetadata): Said | undefined {
  const said =
    metaOf(page, ["copyright", "dc.rights", "dcterms.rights", "rights", "dcterms.rightsholder"]) ??
    articleText(page, ["copyrightNotice", "copyrightHolder"]);
  return said !== undefined && said.value.length > 2 && said.value.length < 400 ? said : undefined;
}
