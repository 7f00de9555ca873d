import type { Selectable } from "kysely";
import type { Story, StoryDates } from "../model/story.ts";
import type { Tables } from "./tables.ts";

export type StoryRow = Selectable<Tables["stories"]>;

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

/** A row's own JSON, written by `recordText`: trusted. */
export function parseOwn<T>(text: string): T {
  return JSON.parse(text) as T;
}

export function storyOf(row: StoryRow): Story {
  return {
    ...parseOwn<Recorded>(row.record),
    // Brands come back with the rows that `rowOf` wrote.
    id: row.id as Story["id"],
    sourceId: row.source_id as Story["sourceId"],
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

/** How much of a story's text is searched beside its title, in characters. */
const OPENING = 300;

export function openingOf(story: Story): string {
  const text = story.summary ?? story.contentHtml?.slice(0, OPENING * 4).replace(/<[^<>]*>?/g, " ") ?? "";
  return text.replace(/\s+/g, " ").slice(0, OPENING);
}

/** Words as both databases search them: lower case, without accents, one space between them. */
export function searchText(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
