import type { IdentityKey } from "../model/candidate.ts";
import type { Corrections } from "../model/correction.ts";
import type { IdentityRule, SourceId } from "../model/source.ts";
import type { Story, StoryDates, StoryId } from "../model/story.ts";
import type { KnownStory } from "./store.ts";
import type { Tables } from "./tables.ts";

/** What has a column of its own; everything else of a story is its record. */
type Recorded = Omit<
  Story,
  | "id"
  | "sourceId"
  | "title"
  | "publishedAt"
  | "position"
  | "stampAt"
  | "firstSeenAt"
  | "lastSeenAt"
  | "contentDigest"
  | "dates"
  | "withdrawnAt"
>;

/** Columns of a whole story. */
export const STORY_COLUMNS =
  "stories.n, stories.id, stories.source_id, stories.title, stories.published_at, stories.position, stories.stamp_at, stories.first_seen_at, stories.last_seen_at, stories.digest, stories.dates, stories.withdrawn_at, stories.record";

export type StoryRow = Pick<
  Tables["stories"],
  | "n"
  | "id"
  | "source_id"
  | "title"
  | "published_at"
  | "position"
  | "stamp_at"
  | "first_seen_at"
  | "last_seen_at"
  | "digest"
  | "dates"
  | "withdrawn_at"
  | "record"
>;

/** JSON that this module wrote: trusted. */
export function parseOwn<T>(text: string): T {
  return JSON.parse(text) as T;
}

export function storyOf(row: StoryRow): Story {
  return {
    ...parseOwn<Recorded>(row.record),
    // Brands come back with the rows that were written from them.
    id: row.id as StoryId,
    sourceId: row.source_id as SourceId,
    title: row.title,
    publishedAt: row.published_at,
    position: row.position,
    stampAt: row.stamp_at,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    contentDigest: row.digest,
    dates: parseOwn<StoryDates>(row.dates),
    ...(row.withdrawn_at === null ? {} : { withdrawnAt: row.withdrawn_at }),
  };
}

export function recordText(story: Story): string {
  const {
    id,
    sourceId,
    title,
    publishedAt,
    position,
    stampAt,
    firstSeenAt,
    lastSeenAt,
    contentDigest,
    dates,
    withdrawnAt,
    ...rest
  } = story;
  return JSON.stringify(rest satisfies Recorded);
}

// --- what a plan needs of known stories

export const KNOWN_COLUMNS =
  "id, n, title, raw_digest, digest, held, dates, keys, published_at, present, withdrawn_at, deleted_at, corrections, retracted_at";

export type KnownRow = Pick<
  Tables["stories"],
  | "id"
  | "n"
  | "title"
  | "raw_digest"
  | "digest"
  | "held"
  | "dates"
  | "keys"
  | "published_at"
  | "present"
  | "withdrawn_at"
  | "deleted_at"
  | "corrections"
  | "retracted_at"
>;

export function knownOf(row: KnownRow): KnownStory {
  const corrections = correctionsOf(row);
  const corrected = Object.keys(corrections);
  return {
    id: row.id as StoryId,
    keys: keysOf(row.keys),
    rawDigest: row.raw_digest,
    contentDigest: row.digest,
    ...(row.held === null ? {} : { held: parseOwn<NonNullable<KnownStory["held"]>>(row.held) }),
    // Recognised by what its source says, not by what an operator made of it.
    title: corrections.title?.was.title ?? row.title,
    dates: parseOwn<StoryDates>(row.dates),
    publishedAt: corrections.published?.was.publishedAt ?? row.published_at,
    present: row.present === 1,
    // What an operator withdrew does not come back by itself.
    withdrawn: row.withdrawn_at !== null && row.retracted_at === null,
    deleted: row.deleted_at !== null,
    ...(corrected.length === 0 ? {} : { corrected }),
  };
}

export function correctionsOf({ corrections }: Pick<Tables["stories"], "corrections">): Corrections {
  return corrections === null ? {} : parseOwn<Corrections>(corrections);
}

/** `g:…,u:…,d:…`: the first letter of each kind, and the key. */
export function keysText(keys: readonly IdentityKey[]): string {
  return keys.map(({ kind, key }) => `${kind[0]}:${key}`).join(",");
}

export function keysOf(text: string): readonly IdentityKey[] {
  if (text === "") return [];
  return text.split(",").map((part) => ({ kind: KINDS[part[0] ?? ""] ?? "digest", key: part.slice(2) }));
}

const KINDS: Readonly<Record<string, IdentityRule>> = { g: "guid", u: "url", d: "digest" };
