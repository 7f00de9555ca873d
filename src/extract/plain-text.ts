import { SafeWriter } from "../html/safe-writer.ts";
import { parseDate } from "../model/date-parse.ts";
import { findDate } from "../model/date-words.ts";
import type { SafeHtml } from "../model/html.ts";
import type { DocumentContext, ParsedItem } from "../model/parsed.ts";
import type { Image } from "../model/story.ts";
import { resolveWebUrl } from "../model/url.ts";
import { names } from "./authors.ts";
import { splitCredit } from "./figures.ts";
import { readDateLine } from "./shown-dates.ts";
import { fieldOf, listTextLines, readTextHeader, type TextHeader, type TextLine, titleOf } from "./text-lines.ts";

type Part =
  | { readonly kind: "paragraph" | "heading"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | { readonly kind: "image"; readonly alt: string; readonly caption: string; readonly credit: string };

const TITLE_CHARACTERS_MAX = 300;
const HEADING_CHARACTERS_MAX = 120;
const STANDFIRST_CHARACTERS_MAX = 400;
/** A paragraph cut at a fixed width has no more lines than this. */
const WRAPPED_LINES_MAX = 60;
/** How far down date and byline may stand. */
const HEAD_LINES = 12;

/**
 * The article of a plain text document: a title line, perhaps a standfirst, a date and a byline, then paragraphs,
 * headings and picture captions (two lines that tell one picture: its description, then its caption with the credit).
 * Null where there is no title with text below it.
 */
export function findTextArticle(lines: readonly string[], context: DocumentContext): ParsedItem | null {
  const header = readTextHeader(lines);
  const all = listTextLines(header === null ? lines : lines.slice(header.start));
  const said = isNotice(all) ? all.slice(1) : all;
  const title = titleOf(header) ?? said[0]?.text;
  if (title === undefined || title.length > TITLE_CHARACTERS_MAX || said.length < (header === null ? 2 : 1))
    return null;
  const head = header === null ? readHead(said, context) : readFields(header, said, title, context);
  const parts = listParts(said.slice(head.lines));
  const contentHtml = writeParts(parts);
  if (contentHtml === "") return null;
  const published = head.published ?? readDateline(parts, context);
  const url = resolveWebUrl(context.url);
  return {
    kind: "article",
    title,
    authors: head.authors,
    tags: [],
    images: listImages(parts),
    enclosures: [],
    contentHtml,
    ...(url !== null && { url }),
    ...(head.summary !== undefined && { summary: head.summary }),
    ...(published !== undefined && { published }),
    ...(head.updated !== undefined && { updated: head.updated }),
    origins: {
      title: "text",
      contentHtml: "text",
      ...(head.authors.length > 0 && { authors: "byline" }),
      ...(head.summary !== undefined && { summary: "standfirst" }),
      ...(head.published !== undefined && { published: head.published.origin }),
      ...(head.updated !== undefined && { updated: head.updated.origin }),
    },
  };
}

interface Head {
  readonly lines: number;
  readonly summary: string | undefined;
  readonly authors: ParsedItem["authors"];
  readonly published: ParsedItem["published"];
  readonly updated: ParsedItem["updated"];
}

/** The lines under the title that tell of the article: standfirst, byline, dates, the first picture. */
function readHead(said: readonly TextLine[], context: DocumentContext): Head {
  let lines = 1;
  let summary: string | undefined;
  let authors: ParsedItem["authors"] = [];
  let published: ParsedItem["published"];
  let updated: ParsedItem["updated"];
  for (let index = 1; index < Math.min(said.length, HEAD_LINES); index++) {
    const line = said[index];
    if (line === undefined || line.mark !== undefined) break;
    const signed = readSignedLine(line.text, context);
    if (signed !== null) {
      published ??= signed.published;
      updated ??= signed.updated;
      if (authors.length === 0) authors = signed.authors;
      lines = index + 1;
    } else if (index === 1 && isStandfirst(said)) {
      summary = line.text;
      lines = index + 1;
    } else break;
  }
  return { lines, summary, authors, published, updated };
}

type Signed = Pick<Head, "authors" | "published" | "updated">;

const BYLINE = /^(?:by|von|par|por|di|door|av|af|przez|text|autor|author|auteur|autore|автор)\b:?\s+\p{Lu}/iu;
const SIGNED_CHARACTERS_MAX = 120;
const DATE_CHARACTERS_MAX = 90;
const BARE_DATE_CHARACTERS_MAX = 48;

/** A line, or its parts between bars, that tells authors and dates and nothing else; null for other lines. */
function readSignedLine(text: string, context: DocumentContext): Signed | null {
  if (text.length > SIGNED_CHARACTERS_MAX) return null;
  let signed: Signed = { authors: [], published: undefined, updated: undefined };
  const whole = readDates(text, context);
  for (const part of isTold(whole) && !BYLINE.test(text) ? [text] : text.split(/\s+[|·•–—]\s+/)) {
    const dates = part === text ? whole : readDates(part, context);
    const authors = isTold(dates) || !BYLINE.test(part) ? [] : names([part.replace(BYLINE_WORD, "")]);
    if (!isTold(dates) && authors.length === 0) return null;
    signed = {
      authors: [...signed.authors, ...authors],
      published: signed.published ?? dates.published,
      updated: signed.updated ?? dates.updated,
    };
  }
  return signed;
}

const BYLINE_WORD = /^\p{L}+:?\s+/u;

function isTold({ published, updated }: Pick<Signed, "published" | "updated">): boolean {
  return published !== undefined || updated !== undefined;
}

/** Dates of a short line: with words around them in English, bare in any language. */
function readDates(text: string, context: DocumentContext): Pick<Signed, "published" | "updated"> {
  const none = { published: undefined, updated: undefined };
  if (text.length >= DATE_CHARACTERS_MAX || BYLINE.test(text)) return none;
  const dates = readDateLine({ context, languages: ["en"] }, text);
  if (isTold(dates) || text.length > BARE_DATE_CHARACTERS_MAX) return dates;
  return { ...none, published: findDate(text, dateContext(context)) ?? undefined };
}

function dateContext({ timeZone, capturedAt }: DocumentContext) {
  return { timeZone, capturedAt, languages: [], origin: "byline" };
}

/** What the fields of a header tell, where the text has one; its title may stand once more over the text. */
function readFields(header: TextHeader, said: readonly TextLine[], title: string, context: DocumentContext): Head {
  const read = (fields: readonly string[]) => {
    const text = fieldOf(header, fields);
    return text === undefined
      ? undefined
      : (parseDate(text, dateContext(context)) ?? readDates(text, context).published);
  };
  const author = fieldOf(header, ["author", "authors", "byline", "by", "from"]);
  return {
    lines: said[0]?.text === title ? 1 : 0,
    summary: fieldOf(header, ["summary", "description", "excerpt", "standfirst"]),
    authors: author === undefined ? [] : names([author.replace(/\s*<[^<>]*>/g, "")]),
    published: read(["date", "published", "pubdate", "created"]),
    updated: read(["updated", "modified", "lastmod"]),
  };
}

/** `FOR IMMEDIATE RELEASE` and its like: a line in capitals over the headline of a report with a dateline. */
function isNotice([first, second, third]: readonly TextLine[]): boolean {
  if (first === undefined || second === undefined || third === undefined) return false;
  const isLoud = (text: string) => text === text.toUpperCase() && text !== text.toLowerCase();
  return isLoud(first.text) && !isLoud(second.text) && !second.joined && DATELINE.test(third.text);
}

const DATELINE = /^(\p{Lu}[^.!?]{2,58}?)\s*(?:--|[—–/])\s/u;

/** `RIVERTON, May 3, 2024 -- The council …`: the day that a report was sent. */
function readDateline(parts: readonly Part[], context: DocumentContext): ParsedItem["published"] {
  const first = parts.find((part) => part.kind === "paragraph");
  const place = first?.kind === "paragraph" ? DATELINE.exec(first.text)?.[1] : undefined;
  const day =
    place === undefined ? undefined : /\p{Nd}/u.test(place) ? place.replace(/^[^,(]{2,30}[,(]\s*/, "") : undefined;
  return day === undefined ? undefined : (findDate(day.replace(/\)$/, ""), dateContext(context)) ?? undefined);
}

/** The second line sums up when a dated line follows at once, or when it ends as no paragraph does. */
function isStandfirst(said: readonly TextLine[]): boolean {
  const text = said[1]?.text ?? "";
  const next = said[2];
  if (next === undefined || next.mark === "item" || text.length < 20 || text.length > STANDFIRST_CHARACTERS_MAX)
    return false;
  if (pairAt(said, 1) !== null) return false;
  return (next.joined && next.text.length < 90) || !/[.!?:…]["”’)]?$/.test(text);
}

function listParts(said: readonly TextLine[]): readonly Part[] {
  const parts: Part[] = [];
  for (let index = 0; index < said.length; ) {
    const marked = markedAt(said, index);
    if (marked !== null) {
      parts.push(marked.part);
      index = marked.end;
      continue;
    }
    const pair = pairAt(said, index);
    if (pair !== null) {
      parts.push(pair);
      index += 2;
      continue;
    }
    const end = endOfParagraph(said, index);
    const text = said
      .slice(index, end)
      .map((line) => line.text)
      .join(" ");
    const alone = end === index + 1 && said[index]?.joined !== true && said[end]?.joined !== true;
    parts.push({ kind: alone && isHeading(text, said[end]?.text) ? "heading" : "paragraph", text });
    index = end;
  }
  return parts;
}

const CAPTION =
  /^\[?(?:image|photo|picture|foto|bild|imagen|imagem|immagine|caption|legend)(?:\s\d{1,3})?\s?:\s+([^\]]+)\]?$/i;

/** A part that its signs tell: a heading, the items of a list, a picture's caption behind its label. */
function markedAt(said: readonly TextLine[], index: number): { readonly part: Part; readonly end: number } | null {
  const line = said[index];
  if (line === undefined) return null;
  if (line.mark === "heading") return { part: { kind: "heading", text: line.text }, end: index + 1 };
  if (line.mark === "item") {
    let end = index + 1;
    while (said[end]?.mark === "item") end++;
    return { part: { kind: "list", items: said.slice(index, end).map((one) => one.text) }, end };
  }
  const words = CAPTION.exec(line.text)?.[1];
  if (words === undefined || line.joined) return null;
  const below = said[index + 1];
  const told = splitCredit(below?.joined === true ? below.text : words);
  const alt = below?.joined === true ? words : told.caption;
  return { part: { kind: "image", alt, ...told }, end: below?.joined === true ? index + 2 : index + 1 };
}

/** Two lines in a row that tell one picture: alike, or a description and then a caption that ends in a credit. */
function pairAt(said: readonly TextLine[], index: number): Part | null {
  const first = said[index];
  const second = said[index + 1];
  if (first === undefined || second?.joined !== true || said[index + 2]?.joined === true) return null;
  const { caption, credit } = splitCredit(second.text);
  if (first.text !== second.text && credit === "") return null;
  return { kind: "image", alt: first.text, caption, credit };
}

/** Lines cut at a fixed width are one paragraph; other lines stand for themselves. */
function endOfParagraph(said: readonly TextLine[], index: number): number {
  let end = index + 1;
  while (said[end]?.joined === true && said[end]?.mark === undefined && end - index < WRAPPED_LINES_MAX) end++;
  const wrapped = said.slice(index, end - 1).every((line) => line.text.length >= 50 && line.text.length <= 100);
  return wrapped ? end : index + 1;
}

function isHeading(text: string, next: string | undefined): boolean {
  return (
    text.length <= HEADING_CHARACTERS_MAX &&
    !/[.!?,;:…]["”’)]?$|["”]$/.test(text) &&
    next !== undefined &&
    next.length > 60
  );
}

function listImages(parts: readonly Part[]): readonly Image[] {
  return parts
    .filter((part) => part.kind === "image")
    .map(({ alt, caption, credit }, index) => ({
      alt,
      ...(caption !== "" && { caption }),
      ...(credit !== "" && { credit }),
      role: index === 0 ? "lead" : "inline",
    }));
}

function writeParts(parts: readonly Part[]): SafeHtml {
  const writer = new SafeWriter(undefined);
  for (const part of parts) {
    if (part.kind === "image") {
      const figure = writer.open("figure", {});
      writeElement(writer, "figcaption", [part.caption, part.credit === "" ? "" : `(${part.credit})`].join(" ").trim());
      if (figure !== null) writer.close(figure);
    } else if (part.kind === "list") {
      const list = writer.open("ul", {});
      for (const item of part.items) writeElement(writer, "li", item);
      if (list !== null) writer.close(list);
    } else writeElement(writer, part.kind === "heading" ? "h2" : "p", part.text);
  }
  return writer.end();
}

function writeElement(writer: SafeWriter, name: string, text: string): void {
  const entry = writer.open(name, {});
  writer.text(text);
  if (entry !== null) writer.close(entry);
}
