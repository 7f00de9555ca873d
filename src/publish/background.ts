import type { Feed, FeedSlug } from "../model/feed.ts";
import type { FeedHead, Store } from "../store/store.ts";
import { type Publication, type PublishTools, publishFormats } from "./publish.ts";

export interface BackgroundTools extends PublishTools {
  readonly store: Pick<Store, "newestEntries" | "feedHeads" | "saveSnapshots">;
  /** Called before the first rendering of a round: facts of sources may have changed. */
  readonly prepare: () => Promise<void>;
  readonly onProblem: (problem: { readonly slug: FeedSlug } & Publication) => void;
}

export interface BackgroundPublisher {
  /**
   * Renders every feed that changed since the last call, stores the documents that passed the gate; answers the feeds,
   * and when each of them had changed.
   */
  publishChanged(): Promise<readonly FeedHead[]>;
}

/**
 * Renders changed feeds beside the polling, so that readers find the documents ready, and keeps them in the store, so
 * that a restart serves the same bytes.
 */
export function createBackgroundPublisher(
  feeds: ReadonlyMap<FeedSlug, Feed>,
  tools: BackgroundTools,
): BackgroundPublisher {
  let touched = -1;

  async function publish(feed: Feed, head: FeedHead): Promise<void> {
    const publications = await publishFormats(feed, head, tools);
    const good = publications.flatMap(({ snapshot }) =>
      snapshot === undefined ? [] : [{ snapshot, revision: head.revision }],
    );
    await tools.store.saveSnapshots(good);
    for (const publication of publications) {
      if (publication.snapshot === undefined || publication.faults.length > 0)
        tools.onProblem({ slug: feed.slug, ...publication });
    }
  }

  return {
    async publishChanged() {
      const heads = await tools.store.feedHeads(touched);
      if (heads.length > 0) await tools.prepare();
      const published: FeedHead[] = [];
      for (const head of heads) {
        const feed = feeds.get(head.slug);
        if (feed !== undefined) {
          await publish(feed, head);
          published.push(head);
        }
        touched = Math.max(touched, head.touched);
      }
      return published;
    },
  };
}
