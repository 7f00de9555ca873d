import { StorywireError } from "../errors.ts";
import type { Candidate, Reading } from "../model/candidate.ts";
import type { StoryContent } from "../model/story.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import { contentDigest } from "../normalize/digest.ts";

/** Pages visited for one poll of a listing at most (HOSTILE.md: 50 requests a poll, the listing's own included). */
const FOLLOWED_MAX = 40;

/** Visits one story's own page and reads it; rejects where that fails. */
export type ReadPage = (url: AbsoluteUrl) => Promise<Reading>;

/**
 * Completes new listed stories by their own pages: each is visited once, one after the other, and the article is laid
 * over the listed item. A page that cannot be read leaves the item as the list told it, with a fault on the record.
 */
export async function followNew(
  reading: Reading,
  isNew: (index: number) => boolean,
  readPage: ReadPage,
): Promise<Reading> {
  const candidates = [...reading.candidates];
  const faults = [...reading.faults];
  let followed = 0;
  for (const [index, candidate] of reading.candidates.entries()) {
    const url = candidate.content?.url;
    if (candidate.content?.kind !== "listed" || url === undefined || !isNew(index) || followed >= FOLLOWED_MAX)
      continue;
    followed += 1;
    try {
      const page = await readPage(url);
      const article = page.candidates.find((one) => one.content?.kind === "article");
      if (article !== undefined) candidates[index] = mergeArticle(candidate, article);
    } catch (error) {
      if (!(error instanceof StorywireError)) throw error;
      faults.push({ code: error.code, message: error.message, item: index });
    }
  }
  return { ...reading, candidates, faults };
}

/** The article over the listed item: its text and facts, under the item's address; the sharper date. */
function mergeArticle(listed: Candidate, article: Candidate): Candidate {
  if (listed.content === undefined || article.content === undefined) return listed;
  const content: StoryContent = {
    ...listed.content,
    ...article.content,
    title: article.content.title === "" ? listed.content.title : article.content.title,
    ...(listed.content.url === undefined ? {} : { url: listed.content.url }),
    images: article.content.images.length > 0 ? article.content.images : listed.content.images,
    tags: article.content.tags.length > 0 ? article.content.tags : listed.content.tags,
    authors: article.content.authors.length > 0 ? article.content.authors : listed.content.authors,
  };
  const keys = [...listed.keys, ...article.keys.filter((key) => listed.keys.every((held) => held.key !== key.key))];
  const published = article.published ?? listed.published;
  const updated = article.updated ?? listed.updated;
  return {
    keys,
    rawDigest: listed.rawDigest,
    content,
    contentDigest: contentDigest(content),
    ...(published === undefined ? {} : { published }),
    ...(updated === undefined ? {} : { updated }),
    origins: { ...listed.origins, ...article.origins },
  };
}
