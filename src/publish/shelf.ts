import type { FeedSlug, FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { FeedHead, Store } from "../store/store.ts";
import type { Publication } from "./publish.ts";

export interface ShelfTools {
  readonly store: Pick<Store, "feedHeads">;
  /** The document of a feed at this revision, from the store or rendered (`makeDocument`). */
  readonly make: (head: FeedHead, format: FormatName) => Promise<Publication>;
  /** Bytes of bodies kept in memory at most; the least recently made go first. */
  readonly bytesMax: number;
  readonly onProblem: (problem: { readonly slug: FeedSlug; readonly format: FormatName } & Publication) => void;
}

interface Kept {
  readonly snapshot: Snapshot;
  /** Of its feed: a feed that was removed and comes back counts its revisions anew, but never its touches. */
  readonly touched: number;
}

/** The documents as the server answers them: current ones from memory, others made elsewhere. */
export interface Shelf {
  /** Learns which feeds changed; cheap where none did. */
  refresh(): Promise<void>;
  /** The current document, where it is at hand. */
  ready(slug: string, format: FormatName): Snapshot | undefined;
  /** The current document, rendered where need be (once, however many ask); the last good one where the gate refuses it. */
  find(slug: FeedSlug, format: FormatName): Promise<Snapshot | null>;
  head(slug: string): FeedHead | undefined;
}

/** A shelf, empty until the first `refresh`. */
export function createShelf(tools: ShelfTools): Shelf {
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
    try {
      const { snapshot, ...told } = await tools.make(head, format);
      if (told.findings.length > 0) tools.onProblem({ slug, format, ...told });
      // The last good document stays until the feed changes again (promise 5).
      const good = snapshot ?? kept.get(key)?.snapshot;
      return good === undefined ? null : keep(key, { snapshot: good, touched: head.touched });
    } catch (error) {
      const last = kept.get(key);
      if (last === undefined) throw error;
      return last.snapshot;
    }
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
      return entry !== undefined && entry.touched === heads.get(slug)?.touched ? entry.snapshot : undefined;
    },
    find(slug, format) {
      const head = heads.get(slug);
      if (head === undefined) return Promise.resolve(null);
      const key = `${slug}.${format}@${head.touched}`;
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
