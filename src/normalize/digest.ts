import type { StoryContent } from "../model/story.ts";
import { foldSpace } from "../text/clean.ts";
import { fold, shortHash } from "./identity.ts";

/** Text of HTML, tags as spaces: near enough for digests and keys. */
export function withoutTags(html: string): string {
  return html.replace(/<[^<>]*>/g, " ");
}

const BLOCK_END =
  /<(?:\/(?:p|div|li|h[1-6]|figcaption|blockquote|td|th|tr|pre|dt|dd|summary|section|article|address|aside|center|footer|header|nav)|br|hr)\b[^<>]*>/g;

/** A line of few words with a number is a counter, a clock or a date: it does not make a story new. */
const COUNTER_WORDS = 5;
const COUNTER_LENGTH = 30;

/**
 * Short digest over title, summary and text. Markup, white space, and short lines with numbers (comment counts, "3 hours
 * ago", dates) do not count: what moves this digest is a material change.
 */
export function contentDigest(content: StoryContent): string {
  const html = content.contentHtml ?? content.summaryHtml ?? "";
  // Where the summary's HTML is all there is, its plain text would only say the same again.
  const summary = content.contentHtml === undefined && content.summaryHtml !== undefined ? "" : (content.summary ?? "");
  const lines = html.replace(BLOCK_END, "\n").split("\n").map(withoutMarkup).filter(isTold);
  return shortHash(`${fold(content.title)}\n${fold(summary)}\n${fold(lines.join(" "))}`);
}

/** Text of serialized HTML, near enough for a digest: entities of spaces and of markup characters become spaces. */
function withoutMarkup(html: string): string {
  return foldSpace(withoutTags(html).replace(/&(?:nbsp|amp|lt|gt|quot|#\d+);/g, " "));
}

function isTold(line: string): boolean {
  if (line === "") return false;
  const short = line.length <= COUNTER_LENGTH && line.split(" ").length <= COUNTER_WORDS;
  return !(short && /\p{N}/u.test(line));
}
