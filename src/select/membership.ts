import { hash } from "node:crypto";
import type { Feed, FeedSlug } from "../model/feed.ts";
import type { Source, SourceId } from "../model/source.ts";
import type { Story, StoryId } from "../model/story.ts";
import { compileSelector, type Selector } from "./select.ts";

/** Which feeds a story enters. */
interface FeedMembership {
  readonly slug: FeedSlug;
  readonly storyId: StoryId;
  readonly publishedAt: number;
  readonly position: number;
  readonly cluster?: string;
  readonly leavesAt?: number;
  readonly firstOnly: boolean;
}

export interface Memberships {
  of(story: Story): readonly FeedMembership[];
  /** Tells definitions apart: another digest, another membership. */
  digestOf(feed: Feed): string;
  digest(slug: FeedSlug): string;
}

/**
 * Compiles all feeds once; a story is tried only on the feeds that may draw from its source. `presentation` is whatever
 * else all documents say (title and address of the service): it counts as part of every definition.
 */
export function compileMemberships(
  feeds: readonly Feed[],
  sources: readonly Source[],
  clusterOf: (story: Story) => string | null,
  presentation: object = {},
): Memberships {
  const selectors = feeds.map((feed) => compileSelector(feed, sources));
  const bySource = new Map<SourceId, readonly Selector[]>(
    sources.map(({ id }) => [id, selectors.filter((selector) => selector.drawsFrom(id))]),
  );
  const everywhere = selectors.filter((selector) => selector.drawsFrom(null));
  const drawnFrom = (selector: Selector) => sources.filter(({ id }) => selector.sourceIds.has(id));
  const digests = new Map(
    selectors.map((selector) => [selector.feed.slug, digestOfSelector(selector, drawnFrom(selector), presentation)]),
  );
  return {
    of: (story) =>
      (bySource.get(story.sourceId) ?? everywhere)
        .filter((selector) => selector.matches(story))
        .map((selector) => membershipOf(selector, story, clusterOf(story))),
    digestOf: (feed) => digests.get(feed.slug) ?? "",
    digest: (slug) => digests.get(slug) ?? "",
  };
}

function membershipOf({ feed, leavesAt }: Selector, story: Story, cluster: string | null): FeedMembership {
  const leaves = leavesAt(story);
  return {
    slug: feed.slug,
    storyId: story.id,
    publishedAt: story.publishedAt,
    position: story.position,
    ...(cluster === null ? {} : { cluster }),
    ...(leaves === undefined ? {} : { leavesAt: leaves }),
    firstOnly: feed.duplicates === "first",
  };
}

/** Of all that is configured and shows in the feed's documents: where one of it changes, the feed has changed. */
function digestOfSelector({ feed }: Selector, sources: readonly Source[], presentation: object): string {
  const { select, duplicates, title, description, language, limit, content, ttlMs } = feed;
  const credits = sources.map((source) => [source.id, source.title, source.url, source.documentUrl, source.rhythm]);
  const text = JSON.stringify([
    [select, duplicates, title, description, language, limit, content, ttlMs],
    credits.map((credit) => JSON.stringify(credit)).sort(),
    presentation,
  ]);
  return hash("sha256", text, "base64url").slice(0, 22);
}
