import type { Feed, FeedSlug } from "../../src/model/feed.ts";
import type { ParsedItem } from "../../src/model/parsed.ts";
import { freshMemory } from "../../src/model/poll.ts";
import type { Source, SourceId } from "../../src/model/source.ts";
import type { Story } from "../../src/model/story.ts";
import { clusterOf } from "../../src/normalize/identity.ts";
import { planPoll } from "../../src/poll/plan.ts";
import { compileMemberships } from "../../src/select/membership.ts";
import type { PollChanges, Store } from "../../src/store/store.ts";
import { aFeed, aReading, aSource, NOW } from "../support/stories.ts";

const HOUR = 3_600_000;

/** Plays polls against a store as the poller does. */
export class Player {
  readonly store: Store;
  readonly sources: readonly Source[];
  readonly feeds: readonly Feed[];

  constructor(store: Store, sources: readonly Source[], feeds: readonly Feed[]) {
    this.store = store;
    this.sources = sources;
    this.feeds = feeds;
  }

  async plan(items: readonly ParsedItem[], at: number, sourceId: SourceId = this.sources[0]!.id): Promise<PollChanges> {
    const source = this.sources.find((one) => one.id === sourceId)!;
    const [state] = await this.store.sourceStates([sourceId]);
    const reading = aReading(items, await this.store.rawDigests(sourceId));
    const stories = await this.store.storiesForPoll(
      sourceId,
      reading.candidates.flatMap((candidate) => candidate.keys),
    );
    const ids = stories.map((story) => story.id);
    return planPoll({
      source,
      knowledge: {
        memory: state?.memory ?? freshMemory,
        stories,
        whole: new Map((await this.store.storiesById(ids)).map((story) => [story.id, story])),
        digestsBefore: await this.store.digestsBefore(ids),
      },
      reading,
      visit: { at, durationMs: 1, validators: { etag: `"${at}"` } },
      nextPollAt: at + HOUR,
      membershipsOf: compileMemberships(this.feeds, this.sources, clusterOf).of,
    });
  }

  async poll(items: readonly ParsedItem[], at: number, sourceId?: SourceId): Promise<PollChanges> {
    const changes = await this.plan(items, at, sourceId);
    await this.store.apply([changes]);
    return changes;
  }

  entries(slug = "top"): Promise<readonly Story[]> {
    return this.store.newestEntries(slug as FeedSlug, 50);
  }
}

/** A player over a store that knows these feeds. */
export async function startPlayer(
  store: Store,
  sources: readonly Source[] = [aSource()],
  feeds: readonly Feed[] = [aFeed()],
): Promise<Player> {
  const { digestOf } = compileMemberships(feeds, sources, clusterOf);
  const digests = new Map(feeds.map((feed) => [feed.slug, digestOf(feed)]));
  const definitions = feeds.map(({ slug }) => ({ slug, digest: digests.get(slug) ?? "" }));
  for (const { slug, after } of await store.defineFeeds(definitions, NOW - HOUR)) {
    const digest = digests.get(slug) ?? "";
    await store.rebuildFeed(slug, { memberships: [], after, done: true, digest, now: NOW - HOUR });
  }
  return new Player(store, sources, feeds);
}
