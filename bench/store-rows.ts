/** Rows for benches: stories of 1.5 kB in 1,000 sources, each with a feed of its own, and one feed merged of 100. */
import { hash } from "node:crypto";
import type { FeedSlug } from "../src/model/feed.ts";
import type { SafeHtml } from "../src/model/html.ts";
import { freshMemory } from "../src/model/poll.ts";
import type { SourceId } from "../src/model/source.ts";
import type { Story, StoryId } from "../src/model/story.ts";
import type { AbsoluteUrl } from "../src/model/url.ts";
import type { NewStory, PollChanges, Store, StoryUpdate } from "../src/store/store.ts";

export const SOURCES = 1_000;
const MERGED = 100;
export const PER_POLL = 50;
const FILL_POLLS = 8;
export const START = Date.parse("2024-01-01T00:00:00Z");
export const MINUTE = 60_000;

/** Words as often as in a language: the n-th most common word is about n times as rare as the first. */
function word(random: number): string {
  return `w${Math.floor(20_000 ** random)}`;
}

function* numbers(seed: number): Generator<number> {
  for (let state = seed + 1; ; state = (state * 48_271) % 2_147_483_647) yield state / 2_147_483_647;
}

function text(seed: number, words: number): string {
  const random = numbers(seed * 7_919);
  return Array.from({ length: words }, () => word(random.next().value ?? 0)).join(" ");
}

const shortHash = (told: string) => hash("sha256", told, "base64url").slice(0, 22);

/** The casts of this file make brands of generated values. */
function aStory(sourceId: SourceId, number: number, position: number): NewStory {
  const name = `${sourceId}/${number}`;
  const publishedAt = START + number * MINUTE;
  const story: Story = {
    kind: "entry",
    guid: `https://${sourceId}.example/?p=${number}`,
    url: `https://${sourceId}.example/stories/${number}` as AbsoluteUrl,
    title: `Story ${text(number, 9)}`,
    summary: text(number + 1, 30),
    contentHtml: `<p>${text(number + 2, 150)}</p>` as SafeHtml,
    authors: [{ name: `Author ${number % 50}` }],
    tags: ["town", "news"],
    images: [],
    enclosures: [],
    id: shortHash(name).toLowerCase().padEnd(26, "a") as StoryId,
    sourceId,
    publishedAt,
    stampAt: publishedAt,
    position,
    dates: { published: { from: publishedAt, to: publishedAt, precision: "exact", origin: "feed" } },
    firstSeenAt: publishedAt,
    lastSeenAt: publishedAt,
    revision: 1,
    contentDigest: shortHash(`content ${name}`),
  };
  return {
    story,
    keys: (["guid", "url", "digest"] as const).map((kind) => ({ kind, key: shortHash(`${kind} ${name}`) })),
    rawDigest: shortHash(`raw ${name}`),
  };
}

export const sourceIds = Array.from(
  { length: SOURCES },
  (_, index) => `source-${String(index).padStart(4, "0")}` as SourceId,
);

/** One visit: 50 new stories, while those of the visit before leave the list. */
export function aPoll(sourceIndex: number, round: number, left: readonly NewStory[] = []): PollChanges {
  const sourceId = sourceIds[sourceIndex] ?? (`late-${sourceIndex}` as SourceId);
  const at = START + round * MINUTE;
  const base = (round * SOURCES + sourceIndex) * PER_POLL;
  const newStories = Array.from({ length: PER_POLL }, (_, index) => aStory(sourceId, base + index, index));
  const slugs = [sourceId, ...(sourceIndex < MERGED ? ["merged"] : [])] as FeedSlug[];
  return {
    ...unchanged(sourceId, at),
    newStories,
    updates: left.map(({ story }): StoryUpdate => ({ id: story.id, present: false, lastSeenAt: at })),
    sightings: newStories.map(({ story }) => ({
      storyId: story.id,
      field: "published",
      text: new Date(story.publishedAt).toUTCString(),
      rule: "first",
    })),
    memberships: newStories.flatMap(({ story }) =>
      slugs.map((slug) => ({
        slug,
        storyId: story.id,
        publishedAt: story.publishedAt,
        position: story.position,
        firstOnly: false,
      })),
    ),
  };
}

export function unchanged(sourceId: SourceId, at: number): PollChanges {
  return {
    sourceId,
    poll: {
      id: `${sourceId}@${at}`,
      at,
      outcome: "unchanged",
      stories: { seen: 50, new: 0, updated: 0 },
      durationMs: 9,
    },
    memory: { ...freshMemory, counts: [50, 50, 50], validators: { etag: `"${at}"` }, lastSuccessAt: at },
    nextPollAt: at + 30 * MINUTE,
    newStories: [],
    updates: [],
    sightings: [],
    memberships: [],
  };
}

/** Fills an empty store; answers the last visit to each source. */
export async function fill(store: Store, rows: number): Promise<readonly PollChanges[]> {
  const slugs = [...sourceIds, "merged"] as FeedSlug[];
  for (const { slug } of await store.defineFeeds(
    slugs.map((slug) => ({ slug, digest: "bench" })),
    START,
  ))
    await store.rebuildFeed(slug, { memberships: [], after: 0, done: true, digest: "bench", now: START });
  const rounds = Math.max(1, Math.round(rows / (SOURCES * PER_POLL)));
  const last: PollChanges[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let start = 0; start < SOURCES; start += FILL_POLLS) {
      const polls = sourceIds
        .slice(start, start + FILL_POLLS)
        .map((_, index) => aPoll(start + index, round, last[start + index]?.newStories));
      for (const [index, poll] of polls.entries()) last[start + index] = poll;
      await store.apply(polls);
    }
    process.stderr.write(`\rfilled ${(round + 1) * SOURCES * PER_POLL}`);
  }
  process.stderr.write("\n");
  return last;
}
