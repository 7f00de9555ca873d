import type { FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { type FeedRequest, requestPath } from "../select/feed-request.ts";
import { cutAt } from "../select/reader-query.ts";
import type { Publication } from "./publish.ts";
import type { RequestedDocument } from "./requested.ts";

/** Where what is shown may have changed without a word, it is asked after this long. */
const CHECKED_MS = 1_000;

export interface RequestShelfTools {
  readonly make: (
    request: FeedRequest,
    asked: { readonly format: FormatName; readonly now: number; readonly known?: string | undefined },
  ) => Promise<RequestedDocument>;
  /** Moves whenever what is asked for may have changed: a feed's revision, or the store's commits. */
  readonly revisionOf: (request: FeedRequest) => number;
  readonly now: () => number;
  readonly bytesMax: number;
  readonly documentsMax: number;
  readonly onProblem: (problem: { readonly slug: string; readonly format: FormatName } & Publication) => void;
}

interface Kept {
  readonly snapshot: Snapshot;
  readonly digest: string;
  readonly revision: number;
  /** See `cutAt`. */
  readonly cut: number | undefined;
  readonly at: number;
}

/** Documents that readers made up, by their one address: bounded in bytes and number, the longest unread go first. */
export interface RequestShelf {
  /** The document, where it is at hand and current. */
  ready(request: FeedRequest, format: FormatName): Snapshot | undefined;
  /** The document, made where need be (once, however many ask); null where there is no such feed, source or tag. */
  find(request: FeedRequest, format: FormatName): Promise<Snapshot | null>;
}

export function createRequestShelf(tools: RequestShelfTools): RequestShelf {
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<Snapshot | null>>();
  let bytes = 0;

  function drop(key: string): void {
    bytes -= sizeOf(kept.get(key));
    kept.delete(key);
  }

  function keep(key: string, entry: Kept): Snapshot {
    drop(key);
    kept.set(key, entry);
    bytes += sizeOf(entry);
    for (const oldest of kept.keys()) {
      if ((bytes <= tools.bytesMax && kept.size <= tools.documentsMax) || oldest === key) break;
      drop(oldest);
    }
    return entry.snapshot;
  }

  /** Of an operator's feed the revision is exact; anything else may change at every commit, and is checked once a second. */
  function isCurrent(request: FeedRequest, { revision, cut, at }: Kept): boolean {
    const now = tools.now();
    if (cut !== cutAt(request.query, now)) return false;
    if (revision === tools.revisionOf(request)) return true;
    return request.origin.kind !== "feed" && Math.abs(now - at) < CHECKED_MS;
  }

  function ready(request: FeedRequest, format: FormatName): Snapshot | undefined {
    const key = requestPath(request, format);
    const entry = kept.get(key);
    if (entry === undefined || !isCurrent(request, entry)) return undefined;
    kept.delete(key);
    kept.set(key, entry);
    return entry.snapshot;
  }

  async function make(request: FeedRequest, format: FormatName): Promise<Snapshot | null> {
    const key = requestPath(request, format);
    const now = tools.now();
    const state = { revision: tools.revisionOf(request), cut: cutAt(request.query, now), at: now };
    const last = kept.get(key);
    const answer = await tools.make(request, { format, now, known: last?.digest });
    if (answer.kind === "unknown") return null;
    if (answer.kind === "unchanged") {
      if (last === undefined) return null;
      const isSameDate = last.snapshot.lastModifiedAt === answer.dated.lastModifiedAt;
      // What is prepared for a snapshot lives as long as the snapshot: it is replaced only where something moved.
      const snapshot = isSameDate ? last.snapshot : { ...last.snapshot, ...answer.dated };
      return keep(key, { ...last, ...state, snapshot });
    }
    const { snapshot, ...told } = answer.publication;
    if (told.findings.length > 0) tools.onProblem({ slug: key, format, ...told });
    // The last good document stays (promise 5).
    const good = snapshot ?? last?.snapshot;
    return good === undefined ? null : keep(key, { snapshot: good, digest: answer.digest, ...state });
  }

  return {
    ready,
    find(request, format) {
      const found = ready(request, format);
      if (found !== undefined) return Promise.resolve(found);
      const key = `${requestPath(request, format)} ${tools.revisionOf(request)} ${cutAt(request.query, tools.now())}`;
      const running = underWay.get(key) ?? make(request, format).finally(() => underWay.delete(key));
      underWay.set(key, running);
      return running;
    },
  };
}

function sizeOf(entry: Kept | undefined): number {
  if (entry === undefined) return 0;
  const { identity, gzip, zstd } = entry.snapshot;
  return identity.length + gzip.length + zstd.length;
}
