import type { Feed, FeedSlug, FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { FeedHead, Store } from "../store/store.ts";
import type { Publication, PublishTools } from "./publish.ts";

export interface ShelfTools extends PublishTools {
  readonly store: Pick<Store, "newestEntries" | "feedHeads" | "snapshot">;
  readonly publish: (feed: Feed, head: FeedHead, format: FormatName, tools: PublishTools) => Promise<Publication>;
  /** Bytes of bodies kept in memory at most; the least recently made go first. */
  readonly bytesMax: number;
  readonly onProblem: (problem: { readonly slug: FeedSlug; readonly format: FormatName } & Publication) => void;
}

interface Kept {
  readonly snapshot: Snapshot;
  readonly revision: number;
}

/** The documents as the server answers them: current ones from memory, others from the store, or rendered now. */
export interface Shelf {
  /** Learns which feeds changed; cheap where none did. */
  refresh(): Promise<void>;
  /** The current document, where it is at hand. */
  ready(slug: string, format: FormatName): Snapshot | undefined;
  /** The current document, rendered where need be (once, however many ask); the last good one where the gate refuses it. */
  find(slug: FeedSlug, format: FormatName): Promise<Snapshot | null>;
  head(slug: string): FeedHead | undefined;
}

/** A shelf over the feeds that are published now. */
export function createShelf(feeds: ReadonlyMap<FeedSlug, Feed>, tools: ShelfTools): Shelf {
  const heads = new Map<string, FeedHead>();
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<Snapshot | null>>();
  let touched = -1;
  let bytes = 0;

  function keep(key: string, entry: Kept): Snapshot {
    bytes += sizeOf(entry.snapshot) - sizeOf(kept.get(key)?.snapshot);
    kept.delete(key);
    kept.set(key, entry);
    for (const [oldest, { snapshot }] of kept) {
      if (bytes <= tools.bytesMax || oldest === key) break;
      kept.delete(oldest);
      bytes -= sizeOf(snapshot);
    }
    return entry.snapshot;
  }

  async function make(slug: FeedSlug, format: FormatName, head: FeedHead): Promise<Snapshot | null> {
    const key = `${slug}.${format}`;
    const feed = feeds.get(slug);
    if (feed === undefined) return null;
    const stored = await tools.store.snapshot(slug, format);
    if (stored !== null && stored.revision === head.revision) return keep(key, stored);
    const publication = await tools.publish(feed, head, format, tools);
    if (publication.snapshot !== undefined)
      return keep(key, { snapshot: publication.snapshot, revision: head.revision });
    tools.onProblem({ slug, format, ...publication });
    // The last good document stays until the feed changes again (promise 5).
    const last = kept.get(key)?.snapshot ?? stored?.snapshot;
    return last === undefined ? null : keep(key, { snapshot: last, revision: head.revision });
  }

  return {
    async refresh() {
      for (const head of await tools.store.feedHeads(touched)) {
        heads.set(head.slug, head);
        touched = Math.max(touched, head.touched);
      }
    },
    ready(slug, format) {
      const entry = kept.get(`${slug}.${format}`);
      return entry !== undefined && entry.revision === heads.get(slug)?.revision ? entry.snapshot : undefined;
    },
    find(slug, format) {
      const head = heads.get(slug);
      if (head === undefined) return Promise.resolve(null);
      const key = `${slug}.${format}@${head.revision}`;
      const running = underWay.get(key) ?? make(slug, format, head).finally(() => underWay.delete(key));
      underWay.set(key, running);
      return running;
    },
    head: (slug) => heads.get(slug),
  };
}

function sizeOf(snapshot: Snapshot | undefined): number {
  return snapshot === undefined ? 0 : snapshot.identity.length + snapshot.gzip.length + snapshot.zstd.length;
}
