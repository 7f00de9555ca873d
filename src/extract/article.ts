import type { Document, Element } from "domhandler";
import { SafeWriter } from "../html/safe-writer.ts";
import { sanitize, writeNodes } from "../html/sanitize.ts";
import type { SafeHtml } from "../model/html.ts";
import type { DocumentContext, ParsedItem } from "../model/parsed.ts";
import type { Image } from "../model/story.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { findAuthors } from "./authors.ts";
import { type Content, findContent, gainOf, guessContent, isInside } from "./content.ts";
import { findDates } from "./dates.ts";
import { findCanonical, findDescription, findLanguage, findRights, findSection, findTags } from "./facts.ts";
import { type Figure, findFigures } from "./figures.ts";
import { filterLines } from "./lines.ts";
import { readMarks } from "./marks.ts";
import { articleBodyOf, articleText, metaOf, metaText, type PageMetadata, type Said } from "./metadata.ts";
import { type Block, listSegments, type Segment, type Segments, segmentsIn } from "./segments.ts";
import { type DatedLines, readDateLine } from "./shown-dates.ts";
import { findTitle } from "./title.ts";
import { judgeByTold } from "./told.ts";
import { wordsKey } from "./words-key.ts";

/** An article page as one item, with what decides whether it is an article at all. */
export interface FoundArticle {
  readonly item: ParsedItem;
  /** Characters of running text; 0 where no part of the page reads like an article and this is all it says. */
  readonly length: number;
  /** The element that holds the article: what it lists is its own, not a block of stories. */
  readonly root: Element;
}

/** Finds the article of a page; null where no block of the page reads like one. */
export function findArticle(document: Document, page: PageMetadata, context: DocumentContext): FoundArticle | null {
  const baseUrl = resolveWebUrl(page.baseHref, context.url) ?? context.url;
  const segments = listSegments(document, context.url);
  const title = findTitle(page, segments.segments, context.url);
  const told = articleBodyOf(page);
  const chosen =
    findContent(segments, title?.value ?? "") ?? emptyContent(segments, told) ?? guessContent(segments, title?.value);
  if (chosen === null) return null;
  const content = judgeByTold(segments, chosen, told);
  const marks = readMarks(document, title?.value ?? "");
  const language = findLanguage(page);
  const languages = language === undefined ? ["en"] : [language.value];
  const authors = findAuthors(page, marks, segments.segments, context.url, baseUrl);
  const isDated = (text: string) => Object.values(readDateLine({ context, languages }, text)).some(Boolean);
  const names = authors.authors.map((author) => author.name);
  const standfirst = findStandfirst(segments, content, page, names, isDated);
  const dates = findDates(page, marks, linesOf(segments, content), context, languages);
  const found = findFigures(listPictured(content, segments), segments, baseUrl);
  // A picture with its caption in one line is a picture: the words are told with it.
  const bare = new Map([...found.captioned].map((segment) => [segment, { ...segment, text: "", size: 0 }]));
  const figures = found.figures.map((figure) => ({ ...figure, segment: bare.get(figure.segment) ?? figure.segment }));
  const kept = content.kept.map((segment) => bare.get(segment) ?? segment);
  const pictures = new Map<Segment, Figure[]>();
  for (const figure of figures) pictures.set(figure.segment, [...(pictures.get(figure.segment) ?? []), figure]);
  const lines = filterLines(kept, {
    title: title?.value ?? "",
    standfirst: standfirst?.value ?? "",
    authors: names,
    captions: found.captions,
    pictures: new Set(pictures.keys()),
  });
  const lead = standfirst?.opens ? [standfirst.segment] : [];
  const inText = new Set(lines);
  const shown = figures.filter(
    (figure) => inText.has(figure.segment) || figure.segment.index < content.root.firstSegment,
  );
  const above = figures
    .filter((figure) => figure.segment.index < content.root.firstSegment)
    .map((figure) => ({ ...figure.segment, text: "" }));
  for (const [index, figure] of figures.entries()) {
    const copy = above[index];
    if (copy !== undefined && figure.segment.index === copy.index) pictures.set(copy, [figure]);
  }
  const spoken = [...lead, ...lines].reduce((sum, segment) => sum + (segment.level === 0 ? segment.size : 0), 0);
  const isTold = told.length >= TOLD_CHARACTERS_MIN && spoken < told.length * SPOKEN_SHARE_MIN;
  const contentHtml = isTold
    ? writeText(told, baseUrl)
    : writeArticle([...above, ...lead, ...lines], content.root, pictures, baseUrl);
  const description = findDescription(page, context.url);
  const summary = standfirst ?? description;
  const images = listImages(shown, page, baseUrl);
  const section = findSection(page);
  const tags = findTags(page, marks);
  const rights = findRights(page);
  const canonical = findCanonical(page, baseUrl);
  const url = resolveWebUrl(context.url);
  const item: ParsedItem = {
    kind: "article",
    title: title?.value ?? "",
    authors: authors.authors,
    tags: tags.tags,
    images: images.images,
    enclosures: [],
    ...(url !== null && { url }),
    ...(canonical !== undefined && { canonicalUrl: canonical.url }),
    ...(summary !== undefined && { summary: summary.value }),
    ...(description !== undefined &&
      summary !== undefined &&
      wordsKey(description.value) !== wordsKey(summary.value) && { description: description.value }),
    ...(section !== undefined && { section: section.value }),
    ...(language !== undefined && { language: language.value }),
    ...(rights !== undefined && { rights: rights.value }),
    ...(dates.published !== undefined && { published: dates.published }),
    ...(dates.updated !== undefined && { updated: dates.updated }),
    ...(contentHtml !== "" && { contentHtml }),
    origins: listOrigins({
      title: title?.origin,
      summary: summary?.origin,
      description: description?.origin,
      authors: authors.origin,
      published: dates.published?.origin,
      updated: dates.updated?.origin,
      section: section?.origin,
      tags: tags.origin,
      language: language?.origin,
      rights: rights?.origin,
      images: images.origin,
      canonicalUrl: canonical?.origin,
      contentHtml: contentHtml === "" ? undefined : isTold ? "json-ld" : "page",
    }),
  };
  return {
    item,
    length: isTold ? told.length : content.isGuess === true ? 0 : spoken,
    root: content.root.element,
  };
}

function listOrigins(origins: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  // The cast is right: the filter leaves strings only.
  return Object.fromEntries(Object.entries(origins).filter(([, origin]) => origin)) as Record<string, string>;
}

function linesOf(page: Segments, { kept, headline }: Content): DatedLines {
  const paragraphs = kept.filter((segment) => gainOf(segment) > 60);
  const start = paragraphs[0]?.index ?? 0;
  return {
    segments: page.segments,
    headline: headline?.index ?? start,
    start,
    end: (paragraphs.at(-1)?.index ?? start) + 1,
  };
}

/** Segments that may hold pictures of the article: its own, and those between its headline and its text. */
function listPictured(content: Content, page: Segments): readonly Segment[] {
  const { root, headline, kept } = content;
  const kin = new Set(kept);
  if (headline === undefined) return kept;
  let around: Block = root;
  while (around.parent !== null && !isInside(headline.block, around)) around = around.parent;
  const before = segmentsIn(page, around).filter(
    (segment) =>
      segment.index < root.firstSegment &&
      segment.images.length > 0 &&
      !content.beside.has(segment.block) &&
      (segment.index > headline.index || segment.place.figure !== undefined),
  );
  return [...before.filter((segment) => !kin.has(segment)), ...kept];
}

// ---- standfirst

const STANDFIRST_WORDS = new Set(
  "dek deck standfirst subtitle subhead subheadline subheading summary sub lead lede excerpt intro abstract teaser tagline strapline".split(
    " ",
  ),
);

/** By these it is the first paragraph set apart: it sums up, and the text goes on from it. */
const LEAD_WORDS = new Set("lead lede intro abstract teaser excerpt summary".split(" "));
const LEAD_CHARACTERS_MIN = 120;
/** What sums up is shorter than what it sums up. */
const STANDFIRST_SHARE_MAX = 0.4;

interface Standfirst extends Said {
  readonly segment: Segment;
  /** Whether the text begins with it. */
  readonly opens: boolean;
}

/** The line between headline and first paragraph that sums the story up: named so, or right under the headline. */
function findStandfirst(
  page: Segments,
  content: Content,
  metadata: PageMetadata,
  authors: readonly string[],
  isDated: (text: string) => boolean,
): Standfirst | undefined {
  const { headline } = content;
  if (headline === undefined) return undefined;
  const isFit = (segment: Segment) =>
    isStandfirstLike(segment) &&
    !(segment.text.length < 100 && (isDated(segment.text) || authors.some((name) => segment.text.includes(name))));
  const isNamed = (segment: Segment) => isNamedBy(segment, headline, STANDFIRST_WORDS);
  const first = content.kept.find(
    (segment) => segment.index > headline.index && segment.level === 0 && gainOf(segment) > 60 && !isNamed(segment),
  );
  const end = Math.min(first === undefined ? headline.index + 12 : first.index, headline.index + 25);
  const between = page.segments.slice(headline.index + 1, end);
  const named = between.find((segment) => isFit(segment) && isNamed(segment));
  if (named !== undefined) return standfirstOf(named, isNamedBy(named, headline, LEAD_WORDS), content.kept);
  const next = between[0] ?? first;
  if (next === undefined || !isFit(next)) return undefined;
  if (next === first) return isOwnLine(first, page, metadata) ? standfirstOf(first, true, content.kept) : undefined;
  return next.text.length >= 30 ? standfirstOf(next, true, content.kept) : undefined;
}

/** Full sentences in a lead are the first paragraph of the text; a line without an end never is. */
function standfirstOf(segment: Segment, lead: boolean, kept: readonly Segment[]): Standfirst | undefined {
  const opens =
    lead && segment.level === 0 && segment.size >= LEAD_CHARACTERS_MIN && /[.!?…。]["”’»)]?$/.test(segment.text);
  const text = kept.reduce((sum, other) => sum + other.size, 0);
  const isMostOfText = kept.includes(segment) && segment.size > text * STANDFIRST_SHARE_MAX;
  return isMostOfText && !opens ? undefined : { value: segment.text, origin: "standfirst", segment, opens };
}

/** A first paragraph is a standfirst when a dated or signed line, or a picture, parts it from the rest. */
function isOwnLine(first: Segment, page: Segments, metadata: PageMetadata): boolean {
  if (!isStandfirstLike(first) || first.text.length > 320) return false;
  const next = page.segments[first.index + 1];
  if (next === undefined) return false;
  const told =
    articleText(metadata, ["description"])?.value ?? metaOf(metadata, ["description", "og:description"])?.value ?? "";
  const same = told !== "" && wordsKey(told) === wordsKey(first.text);
  return same && next.block !== first.block && next.block.parent !== first.block.parent
    ? true
    : next.text.length < 80 && /\d/.test(next.text) && next.level === 0 && gainOf(next) < 40 && next.text !== "";
}

function isStandfirstLike(segment: Segment): boolean {
  const { text } = segment;
  return (
    text.length >= 20 &&
    text.length <= 500 &&
    segment.linkLength < text.length * 0.4 &&
    segment.place.caption === undefined &&
    !/^(?:by|von|par|por|published|updated|posted)\s/i.test(text) &&
    !/\b(?:min(?:ute)?s? read|\d\d?:\d\d)\b/i.test(text)
  );
}

function isNamedBy(segment: Segment, headline: Segment, words: ReadonlySet<string>): boolean {
  let block: Block | null = segment.block;
  for (let level = 0; block !== null && level < 3; block = block.parent, level++) {
    if (isInside(headline.block, block) || block.endSegment - block.firstSegment > 3) return false;
    if (block.words.some((word) => words.has(word))) return true;
  }
  return false;
}

// ---- images

function listImages(
  figures: readonly Figure[],
  page: PageMetadata,
  baseUrl: string | undefined,
): { readonly images: readonly Image[]; readonly origin: string | undefined } {
  const told =
    metaOf(page, ["og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"]) ??
    articleImage(page);
  const leadUrl = resolveWebUrl(told?.value, baseUrl);
  const matched = leadUrl === null ? undefined : findPicture(figures, leadUrl);
  const lead = matched ?? (leadUrl === null ? figures[0] : undefined);
  const images: Image[] = [];
  if (lead !== undefined) images.push(leadOf(lead, leadUrl));
  else if (leadUrl !== null) images.push({ url: leadUrl, role: "lead" });
  for (const figure of figures) if (figure !== lead) images.push(imageOf(figure, "inline"));
  return { images, origin: told?.origin ?? (images.length > 0 ? "figure" : undefined) };
}

/** The lead picture at the address the page declares, which is made to be shown elsewhere; its size is then not the figure's. */
function leadOf(figure: Figure, declared: AbsoluteUrl | null): Image {
  const image = imageOf(figure, "lead");
  if (declared === null || declared === image.url) return image;
  const { width: _width, height: _height, ...rest } = image;
  return { ...rest, url: declared };
}

function articleImage(page: PageMetadata): Said | undefined {
  return articleText(page, ["image", "thumbnailUrl"]);
}

/** The figure that shows this picture, perhaps in another size. */
function findPicture(figures: readonly Figure[], url: string): Figure | undefined {
  const key = pictureKey(url);
  const same = figures.find((figure) => pictureKey(figure.url) === key);
  if (same !== undefined) return same;
  const alike = figures.filter((figure) => shareBeginning(pictureKey(figure.url), key));
  return alike.length === 1 ? alike[0] : undefined;
}

/** Sizes and croppings are told at the end of a name. */
function shareBeginning(a: string, b: string): boolean {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length >= 16 && length >= Math.min(a.length, b.length) * 0.6;
}

/** The name of a picture without the size it was cut to. */
function pictureKey(url: string): string {
  const path = (URL.parse(url)?.pathname ?? url).toLowerCase();
  const name = path.split("/").filter(Boolean).at(-1) ?? "";
  const bare = name
    .replace(/\.(?:jpe?g|png|webp|gif|avif)$/, "")
    .replace(/(?:[-_@](?:\d{2,4}x\d{2,4}|\d{3,4}w?|2x|scaled|full|large|medium|small|original)){1,3}$/, "");
  return bare.length >= 6 ? bare : path;
}

function imageOf(figure: Figure, role: Image["role"]): Image {
  return {
    url: figure.url,
    ...(figure.alt !== "" && { alt: figure.alt }),
    ...(figure.caption !== "" && { caption: figure.caption }),
    ...(figure.credit !== "" && { credit: figure.credit }),
    ...(figure.width !== undefined && { width: figure.width }),
    ...(figure.height !== undefined && { height: figure.height }),
    role,
  };
}

// ---- writing

/** A page whose text comes by script may still tell it to machines. */
const TOLD_CHARACTERS_MIN = 400;
const SPOKEN_SHARE_MIN = 0.4;

function emptyContent(page: Segments, told: string): Content | null {
  const root = page.blocks[0];
  if (root === undefined || told.length < TOLD_CHARACTERS_MIN) return null;
  return { root, kept: [], beside: new Set(), headline: undefined };
}

/** The text of JSON-LD: HTML, or lines that are paragraphs. */
function writeText(text: string, baseUrl: string | undefined): SafeHtml {
  if (/<(?:p|br|div|h\d)\b/i.test(text)) return sanitize(text, { baseUrl });
  const writer = new SafeWriter(baseUrl);
  for (const line of text.split(/\s*[\n\r]\s*/)) {
    const paragraph = writer.open("p", {});
    writer.text(metaText(line));
    if (paragraph !== null) writer.close(paragraph);
  }
  return writer.end();
}

/** Written as figures of their own, before the line they stand in. */
const PICTURES = new Set(["amp-img", "img", "noscript", "picture"]);
const STRUCTURE = new Set("ul ol li blockquote table thead tbody tfoot tr td th dl dt dd pre details".split(" "));

/** Writes the lines as paragraphs, headings and figures, within the lists, quotes and tables they stand in. */
function writeArticle(
  lines: readonly Segment[],
  root: Block,
  pictures: ReadonlyMap<Segment, readonly Figure[]>,
  baseUrl: string | undefined,
): SafeHtml {
  const writer = new SafeWriter(baseUrl);
  const layout = findLayoutTables(lines);
  const headings = boldHeadings(lines, layout);
  const open: { block: Block; entry: ReturnType<SafeWriter["open"]> }[] = [];
  for (const segment of lines) {
    const path = structureOf(segment.block, root, layout);
    let common = 0;
    while (common < open.length && open[common]?.block === path[common]) common++;
    for (const { entry } of open.splice(common).reverse()) if (entry !== null) writer.close(entry);
    for (const block of path.slice(common))
      open.push({ block, entry: writer.open(block.element.name, block.element.attribs) });
    for (const figure of pictures.get(segment) ?? []) writeFigure(writer, figure);
    if (segment.embed !== undefined) writeEmbed(writer, segment.embed);
    else if (segment.text !== "") writeLine(writer, segment, path.at(-1), headings.has(segment));
  }
  return writer.end();
}

const CELL_CHARACTERS_MAX = 400;

function tableOf(block: Block): Block | null {
  for (let at: Block | null = block; at !== null; at = at.parent) if (at.element.name === "table") return at;
  return null;
}

/**
 * Tables that only place things: such as hold another table, a cell of several paragraphs or long text, or hardly a cell.
 */
function findLayoutTables(lines: readonly Segment[]): ReadonlySet<Block | null> {
  const layout = new Set<Block | null>();
  const cells = new Map<Block, Map<Block, number>>();
  for (const segment of lines) {
    const table = tableOf(segment.block);
    if (table === null) continue;
    if (segment.text.length > CELL_CHARACTERS_MAX) layout.add(table);
    if (table.parent !== null) layout.add(tableOf(table.parent));
    const counts = cells.get(table) ?? new Map<Block, number>();
    const cell = cellOf(segment.block);
    cells.set(table, counts.set(cell, (counts.get(cell) ?? 0) + 1));
  }
  for (const [table, counts] of cells) {
    if (counts.size < 3 || [...counts.values()].some((paragraphs) => paragraphs > 2)) layout.add(table);
  }
  return layout;
}

function cellOf(block: Block): Block {
  let at: Block = block;
  while (at.parent !== null && at.element.name !== "td" && at.element.name !== "th") at = at.parent;
  return at;
}

function structureOf(block: Block, root: Block, layout: ReadonlySet<Block | null>): Block[] {
  const path: Block[] = [];
  let skip = layout.has(tableOf(block));
  for (let at: Block | null = block; at !== null && at !== root; at = at.parent) {
    const name = at.element.name;
    const tabular = /^(?:table|thead|tbody|tfoot|tr|td|th)$/.test(name);
    if (STRUCTURE.has(name) && !(skip && tabular)) path.push(at);
    if (name === "table") skip = at.parent !== null && layout.has(tableOf(at.parent));
  }
  return path.reverse();
}

function writeLine(writer: SafeWriter, segment: Segment, within: Block | undefined, isHeading: boolean): void {
  const name = within?.element.name;
  const direct =
    name === "pre" ||
    ((name === "li" || name === "td" || name === "th" || name === "dd" || name === "dt") &&
      segment.level === 0 &&
      segment.block === within);
  const level = isHeading ? 2 : segment.level;
  const tag = level > 0 ? `h${Math.max(2, level)}` : direct ? undefined : "p";
  const entry = tag === undefined ? null : writer.open(tag, {});
  if (isHeading) writer.text(segment.text);
  else writeNodes(segment.nodes, writer, PICTURES);
  if (entry !== null) writer.close(entry);
}

function writeFigure(writer: SafeWriter, figure: Figure): void {
  const outer = writer.open("figure", {});
  writer.open("img", {
    src: figure.url,
    alt: figure.alt,
    ...(figure.width !== undefined && { width: String(figure.width) }),
    ...(figure.height !== undefined && { height: String(figure.height) }),
  });
  const words = [figure.caption, figure.credit === "" ? "" : `(${figure.credit})`]
    .filter((part) => part !== "")
    .join(" ");
  if (words !== "") {
    const caption = writer.open("figcaption", {});
    writer.text(words);
    if (caption !== null) writer.close(caption);
  }
  if (outer !== null) writer.close(outer);
}

/** Players of a film or a sound stay as a link; frames of other kinds are advertisements and counters. */
function writeEmbed(writer: SafeWriter, element: Element): void {
  const { attribs } = element;
  const source = element.children.find((child): child is Element => "attribs" in child && child.name === "source");
  const address = attribs.src ?? attribs["data-src"] ?? source?.attribs.src;
  if (address === undefined) return;
  if (
    element.name === "iframe" &&
    attribs.allowfullscreen === undefined &&
    !/\/(?:embed|player|video)/i.test(address.slice(0, 500))
  )
    return;
  const figure = writer.open("figure", {});
  writer.link(address, attribs.title ?? "");
  if (figure !== null) writer.close(figure);
}

/** Fewer may be emphasis. */
const BOLD_HEADINGS_MIN = 2;

/** Short bold lines before paragraphs are the headings of a page that has no others. */
function boldHeadings(lines: readonly Segment[], layout: ReadonlySet<Block | null>): ReadonlySet<Segment> {
  const spoken = lines.filter((segment) => segment.text !== "");
  if (spoken.some((segment) => segment.level > 0)) return new Set();
  const isBold = (segment: Segment) => isBoldLine(segment, segment.place.cell && !layout.has(tableOf(segment.block)));
  const headings = spoken.filter((segment, index) => {
    const next = spoken[index + 1];
    return next !== undefined && next.text.length > 60 && isBold(segment) && !isBold(next);
  });
  return new Set(headings.length < BOLD_HEADINGS_MIN ? [] : headings);
}

function isBoldLine(segment: Segment, inCell: boolean): boolean {
  const { text, place } = segment;
  if (segment.level > 0 || place.list || place.quote || inCell || place.preformatted) return false;
  return (
    text.length >= 3 &&
    text.length <= 140 &&
    segment.boldLength >= text.replace(/\s/g, "").length * 0.8 &&
    segment.boldLength >= text.length * 0.7 &&
    segment.linkLength === 0 &&
    !/[.,:;]["”’]?$/.test(text)
  );
}
