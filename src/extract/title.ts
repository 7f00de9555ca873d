import type { ChildNode } from "domhandler";
import { textOf } from "../html/sanitize.ts";
import { foldText } from "../html/text.ts";
import { articleText, metaOf, type PageMetadata, type Said } from "./metadata.ts";
import type { Segment } from "./segments.ts";
import { isSite, NO_NAMES, type SiteNames, siteKeys } from "./site-names.ts";
import { compact, wordsKey } from "./words-key.ts";

const TITLE_CHARACTERS_MAX = 600;
/** A part of a title with more words says something. */
const SITE_WORDS_MAX = 5;

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
