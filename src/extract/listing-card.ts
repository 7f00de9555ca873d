import type { ChildNode, Element } from "domhandler";
import { findImageSource } from "../html/images.ts";
import { foldText } from "../html/text.ts";
import type { DateInterval } from "../model/date.ts";
import { parseDate } from "../model/date-parse.ts";
import { findDate } from "../model/date-words.ts";
import type { DocumentContext, ParsedItem } from "../model/parsed.ts";
import type { Author, Image } from "../model/story.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { isHeading } from "./listing-tree.ts";
import { shortWordsOf, wordsOf } from "./listing-words.ts";

/** How a page is read: what addresses resolve against, its languages and moment. */
export interface PageReader {
  readonly base: string | undefined;
  readonly languages: readonly string[];
  readonly context: DocumentContext;
  /** The short texts of the page that were read as dates, with what they tell: a page says most of them again and again. */
  readonly dates: Map<string, DateInterval | null>;
}

/** What stands for one story on the page: the elements of its card and the links to it. */
export interface Card {
  readonly url: AbsoluteUrl;
  /** The card, and what follows it in a flat list. */
  readonly nodes: readonly ChildNode[];
  /** Links to the story inside, in document order, those that only say "Read more" left out. */
  readonly links: readonly Element[];
  /** What is known of the card and need not be searched for. */
  readonly known?: KnownParts | undefined;
}

/** Elements that hold the parts of a card, as selectors or microformats name them. */
interface KnownParts {
  readonly title?: Element | undefined;
  readonly date?: Element | undefined;
  readonly image?: Element | undefined;
  readonly summary?: Element | undefined;
}

const TITLE_LENGTH_MAX = 500;
/** Characters of an element that are looked at. */
const WORDS_MAX = 2000;
const DATE_LENGTH_MAX = 90;
const NODES_MAX = 4000;

const TITLE_WORDS =
  /(?:^|[-_\s])(?:title|titulo|titre|titel|titolo|headline|heading|hed|hdg)(?:$|[-_\s\d])|(?:title|headline)$/i;
const ROOFLINE_WORDS =
  /(?:^|[-_\s])(?:kicker|eyebrow|overline|roofline|dachzeile|spitzmarke|surtitre|antetitulo|volanta|occhiello|label|badge|flag|cat|category|categories|kategorie|ressort|genre|topic|section|rubrik|pretitle|supertitle|prefix|tag|tags|sr-only|visually-?hidden|screen-?reader(?:-text)?|assistive|meta|byline|author|date|time|timestamp|comments?|count|icon|duration|number|rank|premium|hidden)(?:$|[-_\s])/i;
const DATE_WORDS = /(?:date|time|ago|publish|posted|stamp|fecha|datum|data|zeit|age|when)/i;
const AUTHOR_WORDS = /(?:author|byline|autor|auteur|autore|writer|creator|contributor)/i;
const UNREAD = new Set(["script", "style", "template", "noscript", "svg", "iframe", "button", "select"]);

/** What an element is called by its author. */
export function labelsOf(element: Element): string {
  const { attribs } = element;
  return [attribs.class, attribs.itemprop, attribs["data-testid"], attribs["data-role"]]
    .map((label) => label?.slice(0, 300) ?? "")
    .join(" ")
    .trim();
}

function isSilent(element: Element): boolean {
  return UNREAD.has(element.name) || element.attribs.hidden !== undefined;
}

/** The elements of a card in document order, what nobody reads left out; at most NODES_MAX. */
function listElements(nodes: readonly ChildNode[]): readonly Element[] {
  const elements: Element[] = [];
  const pending = nodes.toReversed();
  for (let node = pending.pop(); node !== undefined && elements.length < NODES_MAX; node = pending.pop()) {
    if (node.type !== "tag" || isSilent(node)) continue;
    elements.push(node);
    for (let at = node.children.length - 1; at >= 0; at--) {
      const child = node.children[at];
      if (child !== undefined) pending.push(child);
    }
  }
  return elements;
}

function isInside(element: Element, outer: Element): boolean {
  let at: Element | null = element;
  while (at !== null) {
    if (at === outer) return true;
    at = at.parent?.type === "tag" ? at.parent : null;
  }
  return false;
}

// ---- title

/** A heading's words without the roofline, labels and words for screen readers that stand in it. */
function titleText(element: Element, reader: PageReader): string {
  const named = listElements(element.children).find((one) => TITLE_WORDS.test(labelsOf(one)) && ownText(one) !== "");
  const source = named ?? element;
  const headline = wordsOf(
    descend(source).filter((node) => node.type !== "tag" || !isLabel(node)),
    WORDS_MAX,
  );
  const dateless = wordsOf(
    descend(source).filter((node) => node.type !== "tag" || !(isLabel(node) || isDateLine(node, reader))),
    WORDS_MAX,
  );
  const text = dateless.length >= SHORT_TITLE ? dateless : headline;
  return (text === "" ? wordsOf(source.children, WORDS_MAX) : text).slice(0, TITLE_LENGTH_MAX);
}

/** Shorter, and what was taken for a date beside it may be the headline. */
const SHORT_TITLE = 10;
const DATE_LINE_MAX = 48;

function isLabel(element: Element): boolean {
  return ROOFLINE_WORDS.test(labelsOf(element)) || isSilent(element) || element.name === "time";
}

/** `by Ann Example 2 hours ago` within a linked headline. */
function isDateLine(element: Element, reader: PageReader): boolean {
  return isDate(shortWordsOf(element, DATE_LINE_MAX), reader);
}

/** Children of an element, or of its only child with text. */
function descend(element: Element): readonly ChildNode[] {
  let at = element;
  for (let level = 0; level < 6; level++) {
    const filled = at.children.filter(
      (node) => node.type === "tag" || (node.type === "text" && node.data.trim() !== ""),
    );
    const [only] = filled;
    if (filled.length !== 1 || only?.type !== "tag") break;
    at = only;
  }
  return at.children;
}

function ownText(element: Element): string {
  return foldText(element.children.map((node) => (node.type === "text" ? node.data : "")).join(" "));
}

const BLOCK_TAGS = new Set([
  "div",
  "p",
  "section",
  "article",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "ul",
  "li",
  "figure",
  "header",
  "dl",
  "dt",
  "dd",
]);

function holdsBlocks(element: Element): boolean {
  return listElements(element.children).some((one) => BLOCK_TAGS.has(one.name));
}

interface Title {
  readonly element: Element;
  readonly text: string;
  readonly origin: string;
}

function titleOf(element: Element, origin: string, reader: PageReader): Title | null {
  const text = titleText(element, reader);
  return text === "" ? null : { element, text, origin };
}

/** Parts of a linked card that hold words of their own, in order. */
function wordyParts(link: Element): readonly Element[] {
  return listElements(link.children).filter((one) => ownText(one).length > 0);
}

/** The headline of a card that is one link: what is called so, else its longest part that is neither label nor date. */
function titleInLink(link: Element, reader: PageReader): Title | null {
  const inside = listElements(link.children);
  const heading = inside.find((one) => isHeading(one) && wordsOf(one.children, WORDS_MAX) !== "");
  if (heading !== undefined) return titleOf(heading, "heading", reader);
  const called = inside.find((one) => TITLE_WORDS.test(labelsOf(one)) && wordsOf(one.children, WORDS_MAX) !== "");
  if (called !== undefined) return titleOf(called, "class", reader);
  const parts = wordyParts(link);
  if (parts.length < 2 && ownText(link) === "") return titleOf(parts[0] ?? link, "link", reader);
  if (ownText(link).length > 10 && !holdsBlocks(link)) return titleOf(link, "link", reader);
  const likely = parts.filter(
    (one) => !ROOFLINE_WORDS.test(labelsOf(one)) && !isDate(shortWordsOf(one, DATE_LENGTH_MAX), reader),
  );
  const bold = likely.find((one) => /^(?:b|strong)$/.test(one.name) && wordsOf(one.children, WORDS_MAX).length > 15);
  const long = likely.find((one) => wordsOf(one.children, WORDS_MAX).length >= 25);
  const chosen =
    bold ??
    long ??
    likely.toSorted((a, b) => wordsOf(b.children, WORDS_MAX).length - wordsOf(a.children, WORDS_MAX).length)[0];
  return chosen === undefined ? titleOf(link, "link", reader) : titleOf(chosen, "link", reader);
}

function isDate(text: string, reader: PageReader): boolean {
  return text.length <= DATE_LENGTH_MAX && readDate(text, reader, "listing") !== null;
}

/** The headline of a card: a linked heading, the link itself, a heading of the card, a bold line. */
function findTitle(card: Card, reader: PageReader): Title | null {
  if (card.known?.title !== undefined) return titleOf(card.known.title, "selector", reader);
  const elements = listElements(card.nodes);
  const headings = elements.filter((one) => isHeading(one) && wordsOf(one.children, WORDS_MAX) !== "");
  const linked = linkedHeading(card.links, headings, reader);
  if (linked !== null) return titleOf(linked, "heading", reader);
  const texts = card.links.filter((link) => wordsOf(link.children, WORDS_MAX) !== "");
  const plain = texts.filter((link) => !holdsBlocks(link) && !isDate(shortWordsOf(link, DATE_LENGTH_MAX), reader));
  const [best] = plain.length > 0 ? preferTitle(plain) : preferTitle(texts);
  if (best !== undefined) {
    const title = titleInLink(best, reader);
    if (title !== null) return title;
  }
  const heading =
    headings[0] ?? elements.find((one) => TITLE_WORDS.test(labelsOf(one)) && wordsOf(one.children, WORDS_MAX) !== "");
  if (heading !== undefined) return titleOf(heading, "heading", reader);
  return findUnlinkedTitle(card, elements, reader);
}

/** The heading that a link to the story stands in or holds; of a heading with several links the link's own words. */
function linkedHeading(links: readonly Element[], headings: readonly Element[], reader: PageReader): Element | null {
  for (const link of links) {
    const inside = headings.find((heading) => isInside(heading, link) && titleText(heading, reader) !== "");
    if (inside !== undefined) return inside;
    const around = headings.some((heading) => isInside(link, heading));
    if (around && titleText(link, reader) !== "") return link;
  }
  return null;
}

/** Links called titles first, then the first that is no teaser. */
function preferTitle(links: readonly Element[]): readonly Element[] {
  const called = links.filter(
    (link) =>
      TITLE_WORDS.test(labelsOf(link)) || (link.parent?.type === "tag" && TITLE_WORDS.test(labelsOf(link.parent))),
  );
  return called.length > 0 ? called : links;
}

/** A bold line, the words of the picture's link, the first line. */
function findUnlinkedTitle(card: Card, elements: readonly Element[], reader: PageReader): Title | null {
  const bold = elements.find((one) => /^(?:b|strong)$/.test(one.name) && wordsOf(one.children, WORDS_MAX).length > 10);
  if (bold !== undefined) return titleOf(bold, "bold", reader);
  for (const link of card.links) {
    const label = foldText(link.attribs["aria-label"] ?? link.attribs.title ?? "");
    if (label !== "") return { element: link, text: label.slice(0, TITLE_LENGTH_MAX), origin: "aria-label" };
  }
  const line = elements.find((one) => ownText(one).length > 20 && !card.links.some((link) => isInside(one, link)));
  if (line !== undefined) return titleOf(line, "text", reader);
  const alt = elements.find((one) => one.name === "img" && foldText(one.attribs.alt ?? "").length > 10);
  if (alt === undefined) return null;
  return { element: alt, text: foldText(alt.attribs.alt ?? "").slice(0, TITLE_LENGTH_MAX), origin: "alt" };
}

// ---- date

const DATE_ATTRIBUTES = [
  "datetime",
  "content",
  "data-datetime",
  "data-date",
  "data-timestamp",
  "data-time",
  "data-published",
  "data-epoch",
  "unixtime",
  "timestamp",
  "title",
];

function dateContext(reader: PageReader, origin: string) {
  const { timeZone, capturedAt } = reader.context;
  return { timeZone, capturedAt, languages: reader.languages, origin };
}

/** A day without its month, which is told elsewhere; "two days ago" is written with one more sign. */
const DAY_OF_MONTH = /^\d{1,2}[日일]$/;
const BRACKETED = /^[[(（【〔]\s?([^\])）】〕]+)[\])）】〕]$/;

function readDate(text: string, reader: PageReader, origin: string): DateInterval | null {
  // Words without a figure tell a date only when they are few: "an hour ago", "yesterday".
  if (text.length < 2 || text.length > DATE_LENGTH_MAX || DAY_OF_MONTH.test(text)) return null;
  const bare = BRACKETED.exec(text)?.[1];
  if (bare !== undefined) return readDate(bare, reader, origin);
  const key = `${origin} ${text}`;
  const known = reader.dates.get(key);
  if (known !== undefined) return known;
  const told = text.length <= 40 || /\p{Nd}/u.test(text);
  const found = told ? findDate(text, dateContext(reader, origin)) : null;
  reader.dates.set(key, found);
  return found;
}

/** A machine's value in an attribute of an element that is about time. */
function attributeDate(element: Element, reader: PageReader): DateInterval | null {
  for (const name of DATE_ATTRIBUTES) {
    const value = element.attribs[name]?.trim();
    if (value === undefined || value.length < 8 || value.length > 100) continue;
    if (name !== "datetime" && !/^\d|^[A-Z][a-z]{2},? /.test(value)) continue;
    const found = findDate(value, dateContext(reader, "time")) ?? parseDate(value, dateContext(reader, "time"));
    if (found !== null && (name === "datetime" || found.to - (found.from ?? found.to) < 1.1 * DAY_MS)) return found;
  }
  return null;
}

function isAboutTime(element: Element): boolean {
  if (element.name === "time" || element.name === "relative-time" || element.attribs.datetime !== undefined)
    return true;
  return (
    DATE_WORDS.test(labelsOf(element)) ||
    ["data-timestamp", "data-datetime", "data-date", "data-published"].some(
      (name) => element.attribs[name] !== undefined,
    )
  );
}

type Headline = Pick<Title, "element" | "text">;

function isClock(element: Element): boolean {
  return element.name === "time" || element.attribs.datetime !== undefined;
}

/** Dates that elements about time carry, then those that short texts of the card tell. */
function findCardDate(
  nodes: readonly ChildNode[],
  elements: readonly Element[],
  headline: Headline,
  reader: PageReader,
): DateInterval | null {
  const { element: title, text: words } = headline;
  // What the title left out of its element may be the date.
  const outside = elements.filter(
    (one) =>
      !isInside(one, title) || (one !== title && (isClock(one) || !words.includes(wordsOf(one.children, WORDS_MAX)))),
  );
  const timely = outside.filter(isAboutTime);
  for (const element of timely) {
    const machine = attributeDate(element, reader);
    // A page of another day than it is captured: its words still tell how old the story was.
    const future = machine !== null && machine.to > reader.context.capturedAt + DAY_MS;
    const origin = element.name === "time" ? "time" : "listing";
    const found =
      (future ? null : machine) ?? readDate(shortWordsOf(element, DATE_LENGTH_MAX), reader, origin) ?? machine;
    if (found !== null) return found;
  }
  for (const element of outside) {
    if (isInside(title, element)) continue;
    const own = ownText(element);
    if (own === "") continue;
    const found =
      readDate(own, reader, "listing") ?? readDate(shortWordsOf(element, DATE_LENGTH_MAX), reader, "listing");
    if (found !== null) return found;
  }
  // Text beside the title in one block: `<a>Title</a> 3 May 2024`.
  for (const element of outside) {
    if (element === title || !isInside(title, element)) continue;
    for (const node of element.children) {
      const found = node.type === "text" ? readDate(foldText(node.data), reader, "listing") : null;
      if (found !== null) return found;
    }
  }
  // The same where the line has no element of its own: `3 May 2024: <a>Title</a><br>`.
  for (const node of nodes) {
    const found = node.type === "text" ? readDate(foldText(node.data), reader, "listing") : null;
    if (found !== null) return found;
  }
  return null;
}

/** Whether a card tells a date beside a link in it. */
export function tellsDate(nodes: readonly ChildNode[], link: Element, reader: PageReader): boolean {
  return (
    findCardDate(
      nodes,
      listElements(nodes).slice(0, 60),
      { element: link, text: wordsOf(link.children, WORDS_MAX) },
      reader,
    ) !== null
  );
}

const DAY_NUMBER = /^(\d{1,2})(?:st|nd|rd|th|日|일)?[\s.,:–—-]{0,3}$/;

/** The number of a day that stands alone in a card: the month is told over the list. */
export function findDayNumber(nodes: readonly ChildNode[]): string | null {
  const texts = [
    ...nodes.map((node) => (node.type === "text" ? foldText(node.data.slice(0, 100)) : "")),
    ...listElements(nodes).slice(0, 60).map(ownText),
  ];
  for (const text of texts) {
    const day = DAY_NUMBER.exec(text)?.[1];
    if (day !== undefined && Number(day) >= 1 && Number(day) <= 31) return day;
  }
  return null;
}

const DAY_MS = 86_400_000;
const URL_DATE = /\/((?:19|20)\d\d)(?:[/-](\d\d?)[/-](\d\d?)(?:[/-]|$)|\/?(0[1-9]|1[0-2])([0-2]\d|3[01])(?:[/_.-]|$))/;

/** The day that the address of a story names. */
function addressDate(url: string, reader: PageReader): DateInterval | null {
  const match = URL_DATE.exec(new URL(url).pathname);
  if (match === null) return null;
  const [, year = "", month = match[4] ?? "", day = match[5] ?? ""] = match;
  const found = parseDate(`${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`, dateContext(reader, "url"));
  return found === null || found.to > reader.context.capturedAt + 2 * DAY_MS ? null : found;
}

// ---- image, summary, authors

function styleAddress(element: Element): string | undefined {
  return /background(?:-image)?\s*:\s*url\(\s*["']?([^"')]{1,2000})/i.exec(
    element.attribs.style?.slice(0, 3000) ?? "",
  )?.[1];
}

function findImage(elements: readonly Element[], reader: PageReader): Image | null {
  for (const element of elements) {
    if (element.name === "img" || element.name === "amp-img") {
      const found = findImageSource(element.attribs, reader.base);
      if (found === null || isTiny(found.width, found.height)) continue;
      const alt = foldText(element.attribs.alt ?? "");
      const { src: url, width, height } = found;
      return {
        url,
        role: "lead",
        ...(alt !== "" && { alt }),
        ...(width !== undefined && { width }),
        ...(height !== undefined && { height }),
      };
    }
    const url = resolveWebUrl(
      styleAddress(element) ?? element.attribs["data-bg"] ?? element.attribs["data-background-image"],
      reader.base,
    );
    if (url !== null) return { url, role: "lead" };
  }
  return null;
}

/** Icons and portraits of authors. */
function isTiny(width: number | undefined, height: number | undefined): boolean {
  return width !== undefined && height !== undefined && width <= 48 && height <= 48;
}

const SUMMARY_LENGTH_MIN = 40;
const SUMMARY_LENGTH_MAX = 2000;
const SUMMARY_TAGS = new Set(["p", "div", "span", "dd", "blockquote", "a", "li", "section", "em", "font"]);

/** The first running text of the card that is neither title nor date nor byline. */
function findSummary(nodes: readonly ChildNode[], elements: readonly Element[], title: Title): string | undefined {
  for (const element of elements) {
    if (!SUMMARY_TAGS.has(element.name) || isInside(title.element, element) || isInside(element, title.element))
      continue;
    if (AUTHOR_WORDS.test(labelsOf(element)) || ownText(element).length < SUMMARY_LENGTH_MIN / 2) continue;
    const text = wordsOf(element.children, WORDS_MAX);
    if (isSummary(text) && text !== title.text) return text.slice(0, SUMMARY_LENGTH_MAX);
  }
  // Lines of a flat list have no element of their own.
  const lines = nodes.map((node) => (node.type === "text" ? foldText(node.data.slice(0, SUMMARY_LENGTH_MAX)) : ""));
  return lines.find(isSummary);
}

function isSummary(text: string): boolean {
  return text.length >= SUMMARY_LENGTH_MIN && (text.split(" ").length >= 6 || /[\u3000-\u9fff]/.test(text));
}

const BY = /^(?:by|von|par|por|di|door|av|af|przez|автор:?)\s+/i;

/** Where sites keep the pages of their authors. */
const AUTHOR_PATH =
  /\/(?:authors?|autor|autores|autoren|autorin|auteurs?|autore|autori|redakteur|staff|reporters?|journalists?|contributors?|by|profile)\/[^/]/i;
/** `By Ann Orr` in an element that says nothing else. */
const BYLINE = /^(?:by|von|par|por|di|door|av|af)\s+\p{Lu}[\p{L}'’.-]*(?:\s+[\p{L}'’.-]+){1,4}$/iu;

function isAuthorPart(element: Element): boolean {
  if (/\bauthor\b/.test(element.attribs.rel ?? "") || AUTHOR_WORDS.test(labelsOf(element))) return true;
  if (element.name === "a") return AUTHOR_PATH.test(element.attribs.href?.slice(0, 300) ?? "");
  return (element.name === "span" || element.name === "div" || element.name === "p") && BYLINE.test(ownText(element));
}

function findAuthors(elements: readonly Element[], title: Title, reader: PageReader): readonly Author[] {
  const names: Author[] = [];
  for (const element of elements) {
    if (!isAuthorPart(element) || isInside(title.element, element)) continue;
    const name = wordsOf(element.children, WORDS_MAX).replace(BY, "");
    if (name === "" || name.length > 80 || /[|@]|https?:/.test(name) || isDate(name, reader)) continue;
    if (names.some((one) => one.name.includes(name) || name.includes(one.name))) continue;
    const url = element.name === "a" ? resolveWebUrl(element.attribs.href, reader.base) : null;
    names.push(url === null ? { name } : { name, url });
    if (names.length >= 5) break;
  }
  return names;
}

function readKnownDate(element: Element, reader: PageReader): DateInterval | null {
  const inner = listElements([element]);
  for (const one of inner) {
    const found = attributeDate(one, reader);
    if (found !== null) return found;
  }
  return readDate(shortWordsOf(element, DATE_LENGTH_MAX), reader, "selector");
}

/** The item that a card shows; null where nothing in it reads like a title. */
export function readCard(card: Card, reader: PageReader): ParsedItem | null {
  const title = findTitle(card, reader);
  if (title === null) return null;
  const { known } = card;
  const elements = listElements(card.nodes);
  const told =
    known?.date === undefined ? findCardDate(card.nodes, elements, title, reader) : readKnownDate(known.date, reader);
  const published = told ?? addressDate(card.url, reader);
  const summary =
    known?.summary === undefined
      ? findSummary(card.nodes, elements, title)
      : wordsOf(known.summary.children, WORDS_MAX);
  const image = findImage(known?.image === undefined ? elements : listElements([known.image]), reader);
  const authors = findAuthors(elements, title, reader);
  return {
    kind: "listed",
    url: card.url,
    title: title.text,
    ...(summary !== undefined && summary !== "" && { summary }),
    authors,
    tags: [],
    images: image === null ? [] : [image],
    enclosures: [],
    ...(published !== null && { published }),
    origins: {
      title: title.origin,
      url: "link",
      ...(published !== null && { published: published.origin }),
      ...(summary !== undefined && summary !== "" && { summary: known?.summary === undefined ? "card" : "selector" }),
      ...(authors.length > 0 && { authors: "card" }),
      ...(image !== null && { images: known?.image === undefined ? "card" : "selector" }),
    },
  };
}
