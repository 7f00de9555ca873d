import { htmlToText } from "../html/text.ts";
import type { SafeHtml } from "../model/html.ts";
import type { StoryContent } from "../model/story.ts";
import { urlIdentity } from "../model/url.ts";
import { wordsKey } from "./words-key.ts";

/** A line of so many characters is told once; shorter ones may recur. */
const LINE_CHARACTERS_MIN = 40;
/** What the text of an article and its parts may come to, in characters. */
const CONTENT_CHARACTERS_MAX = 1_500_000;
const VOID_ELEMENTS = new Set(["br", "col", "hr", "img", "source", "track", "wbr"]);

/**
 * An article with its next part: the part's text behind its own, without what stands in both (title, standfirst, lead
 * picture, boilerplate), and the part's pictures. Null where the part is of another article, adds nothing, or would make
 * it too long.
 */
export function joinPart(article: StoryContent, part: StoryContent): StoryContent | null {
  const { contentHtml } = article;
  if (contentHtml === undefined || part.contentHtml === undefined || !isSameArticle(article, part)) return null;
  const blocks = newBlocks(article, contentHtml, part.contentHtml);
  const joined = contentHtml + blocks.join("");
  if (blocks.every((block) => htmlToText(block) === "") || joined.length > CONTENT_CHARACTERS_MAX) return null;
  const seen = new Set(article.images.flatMap(({ url }) => (url === undefined ? [] : [url])));
  const pictures = part.images.filter(
    ({ url }) => url !== undefined && !seen.has(url) && joined.includes(escaped(url)),
  );
  return {
    ...article,
    // The cast is right: whole blocks of sanitized HTML, one behind the other, are sanitized HTML.
    contentHtml: joined as SafeHtml,
    images: [...article.images, ...pictures.map((image) => ({ ...image, role: "inline" as const }))],
  };
}

/** As addresses stand in attributes. */
function escaped(url: string): string {
  return url.replaceAll("&", "&amp;");
}

/** The part says whose it is by its canonical address, or has the title, perhaps with its number. */
function isSameArticle(article: StoryContent, part: StoryContent): boolean {
  const own = [article.url, article.canonicalUrl].flatMap((url) => (url === undefined ? [] : [urlIdentity(url)]));
  if (part.canonicalUrl !== undefined && own.includes(urlIdentity(part.canonicalUrl))) return true;
  const title = wordsKey(article.title);
  const other = wordsKey(part.title);
  return title === "" || other === "" || title.includes(other) || other.includes(title);
}

function newBlocks(article: StoryContent, contentHtml: string, partHtml: string): readonly string[] {
  const told = new Set(splitBlocks(contentHtml).flatMap(keysOf));
  const title = wordsKey(article.title);
  const standfirst = wordsKey(article.summary ?? "");
  const blocks: string[] = [];
  for (const block of splitBlocks(partHtml)) {
    const words = wordsKey(htmlToText(block));
    const isOpening = blocks.length === 0;
    if (isOpening && (words === standfirst || (words !== "" && title !== "" && words.startsWith(title)))) continue;
    if (keysOf(block).some((key) => told.has(key))) continue;
    blocks.push(block);
  }
  return blocks;
}

/** What a block is told by: the address of its picture, its words. */
function keysOf(block: string): readonly string[] {
  const picture = /^<figure>.{0,20}<img[^>]{0,20} src="([^"]+)"/.exec(block.slice(0, 3000))?.[1];
  if (picture !== undefined) return [picture];
  const words = htmlToText(block);
  return words.length >= LINE_CHARACTERS_MIN ? [words] : [];
}

/** The outermost elements of HTML that our own writer wrote. */
function splitBlocks(html: string): readonly string[] {
  const blocks: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: tag, 1: name = "", index } of html.matchAll(/<\/?([a-z][a-z0-9]*)[^>]*>/g)) {
    if (VOID_ELEMENTS.has(name)) continue;
    depth += tag.startsWith("</") ? -1 : 1;
    if (depth !== 0) continue;
    blocks.push(html.slice(start, index + tag.length));
    start = index + tag.length;
  }
  if (start < html.length) blocks.push(html.slice(start));
  return blocks;
}
