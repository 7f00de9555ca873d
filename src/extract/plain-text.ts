import { SafeWriter } from "../html/safe-writer.ts";
import type { SafeHtml } from "../model/html.ts";
import type { DocumentContext, ParsedItem } from "../model/parsed.ts";
import type { Image } from "../model/story.ts";
import { resolveWebUrl } from "../model/url.ts";
import { names } from "./authors.ts";
import { splitCredit } from "./figures.ts";
import { readDateLine } from "./shown-dates.ts";

/** A line of a plain text document that says something. */
interface Line {
  readonly text: string;
  /** Whether the line before, without a blank one between, belongs to the same group. */
  readonly joined: boolean;
}

type Part =
  | { readonly kind: "paragraph" | "heading"; readonly text: string }
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
  const said = listLines(lines);
  const title = said[0]?.text;
  if (title === undefined || title.length > TITLE_CHARACTERS_MAX || said.length < 2) return null;
  const head = readHead(said, context);
  const parts = listParts(said.slice(head.lines));
  const contentHtml = writeParts(parts);
  if (contentHtml === "") return null;
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
    ...(head.published !== undefined && { published: head.published }),
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

function listLines(lines: readonly string[]): readonly Line[] {
  const said: Line[] = [];
  let joined = false;
  for (const line of lines) {
    const text = line.replace(/\s+/g, " ").trim();
    if (text !== "") said.push({ text, joined });
    joined = text !== "";
  }
  return said;
}

interface Head {
  readonly lines: number;
  readonly summary: string | undefined;
  readonly authors: ParsedItem["authors"];
  readonly published: ParsedItem["published"];
  readonly updated: ParsedItem["updated"];
}

/** The lines under the title that tell of the article: standfirst, byline, dates, the first picture. */
function readHead(said: readonly Line[], context: DocumentContext): Head {
  let lines = 1;
  let summary: string | undefined;
  let authors: ParsedItem["authors"] = [];
  let published: ParsedItem["published"];
  let updated: ParsedItem["updated"];
  for (let index = 1; index < Math.min(said.length, HEAD_LINES); index++) {
    const text = said[index]?.text ?? "";
    const dates = text.length < 90 ? readDateLine({ context, languages: ["en"] }, text) : undefined;
    if (dates?.published !== undefined || dates?.updated !== undefined) {
      published ??= dates.published;
      updated ??= dates.updated;
      lines = index + 1;
    } else if (/^by\s/i.test(text) && text.length < 120 && names([text]).length > 0) {
      authors = names([text]);
      lines = index + 1;
    } else if (index === 1 && isStandfirst(said)) {
      summary = text;
      lines = index + 1;
    } else break;
  }
  return { lines, summary, authors, published, updated };
}

/** The second line sums up when a dated line follows at once, or when it ends as no paragraph does. */
function isStandfirst(said: readonly Line[]): boolean {
  const text = said[1]?.text ?? "";
  const next = said[2];
  if (next === undefined || text.length < 20 || text.length > STANDFIRST_CHARACTERS_MAX) return false;
  if (pairAt(said, 1) !== null) return false;
  return (next.joined && next.text.length < 90) || !/[.!?:…]["”’)]?$/.test(text);
}

function listParts(said: readonly Line[]): readonly Part[] {
  const parts: Part[] = [];
  for (let index = 0; index < said.length; ) {
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

/** Two lines in a row that tell one picture: alike, or a description and then a caption that ends in a credit. */
function pairAt(said: readonly Line[], index: number): Part | null {
  const first = said[index];
  const second = said[index + 1];
  if (first === undefined || second?.joined !== true || said[index + 2]?.joined === true) return null;
  const { caption, credit } = splitCredit(second.text);
  if (first.text !== second.text && credit === "") return null;
  return { kind: "image", alt: first.text, caption, credit };
}

/** Lines cut at a fixed width are one paragraph; other lines stand for themselves. */
function endOfParagraph(said: readonly Line[], index: number): number {
  let end = index + 1;
  while (said[end]?.joined === true && end - index < WRAPPED_LINES_MAX) end++;
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
    } else writeElement(writer, part.kind === "heading" ? "h2" : "p", part.text);
  }
  return writer.end();
}

function writeElement(writer: SafeWriter, name: string, text: string): void {
  const entry = writer.open(name, {});
  writer.text(text);
  if (entry !== null) writer.close(entry);
}
