import { StorywireError } from "../errors.ts";
import { joinPart } from "../extract/parts.ts";
import type { Candidate, Reading } from "../model/candidate.ts";
import type { Fault } from "../model/parsed.ts";
import type { StoryContent } from "../model/story.ts";
import { type AbsoluteUrl, urlIdentity } from "../model/url.ts";
import { contentDigest } from "../normalize/digest.ts";
import type { ReadPage } from "./follow.ts";

/** Further parts that one poll fetches of articles (HOSTILE.md: requests of one poll are bounded). */
export const PARTS_MAX = 9;

/** Visits a part's page and reads it; rejects where that fails. Null: this poll has fetched as many as it may. */
type ReadPart = (url: AbsoluteUrl) => Promise<Reading> | null;

/** A reader of parts for one poll, whatever articles they are of. */
export function limitParts(readPage: ReadPage): ReadPart {
  let left = PARTS_MAX;
  return (url) => (left-- > 0 ? readPage(url) : null);
}

/** An article page with what its further parts add. */
interface JoinedReading {
  readonly reading: Reading;
  /** False where a part that the article names could not be read; the fault is told. */
  readonly isWhole: boolean;
}

/**
 * Joins an article to the parts its pages name as their next, one after the other; `nextUrl` is then where `readPart`
 * would go no further. A part that cannot be read ends it: what was read stays, and the fault is on the record. Readings
 * of other documents come back as they are.
 */
export async function joinParts(reading: Reading, readPart: ReadPart): Promise<JoinedReading> {
  const [first, ...others] = reading.candidates;
  if (reading.format !== "article" || first?.content === undefined || reading.nextUrl === undefined)
    return { reading, isWhole: true };
  const { nextUrl, ...rest } = reading;
  const { content, failure, unread } = await readParts(first.content, nextUrl, readPart);
  const joined = content === first.content ? first : { ...first, content, contentDigest: contentDigest(content) };
  const faults = failure === undefined ? reading.faults : [...reading.faults, failure];
  const left = unread === undefined ? {} : { nextUrl: unread };
  return { reading: { ...rest, ...left, candidates: [joined, ...others], faults }, isWhole: failure === undefined };
}

async function readParts(
  first: StoryContent,
  next: AbsoluteUrl,
  readPart: ReadPart,
): Promise<{ readonly content: StoryContent; readonly failure?: Fault; readonly unread?: AbsoluteUrl }> {
  const seen = new Set([first.url, first.canonicalUrl].flatMap((url) => (url === undefined ? [] : [urlIdentity(url)])));
  let content = first;
  let url: AbsoluteUrl | undefined = next;
  try {
    while (url !== undefined && !seen.has(urlIdentity(url))) {
      seen.add(urlIdentity(url));
      const part: Reading | null = await readPart(url);
      if (part === null) return { content, unread: url };
      const article = part.candidates.find((candidate) => candidate.content?.kind === "article")?.content;
      const joined = article === undefined ? null : joinPart(content, article);
      if (joined === null) break;
      content = joined;
      url = part.nextUrl;
    }
  } catch (error) {
    if (!(error instanceof StorywireError)) throw error;
    return { content, failure: { code: error.code, message: error.message, item: 0 } };
  }
  return { content };
}

/**
 * An article that lacks a part: a known story keeps the text it has, a new one has what was read; either way the item is
 * not remembered as read, so that the next visit tries again.
 */
export function withoutWhole(reading: Reading, isKnown: boolean): Reading {
  const [first, ...others] = reading.candidates;
  if (first === undefined) return reading;
  const { content: _content, contentDigest: _digest, ...seen } = first;
  const kept: Candidate = isKnown ? seen : first;
  return { ...reading, candidates: [{ ...kept, rawDigest: `${first.rawDigest.slice(1)}~` }, ...others] };
}
