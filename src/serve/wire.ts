import type { Entry, FeedSlug, FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";

/** What the catalogue tells of one published feed. */
export interface FeedOverview {
  readonly slug: FeedSlug;
  readonly title: string;
  readonly description: string;
  /** BCP 47. */
  readonly language: string;
  /** Newest change of the feed, milliseconds since 1970 UTC; absent while it holds no story. */
  readonly updatedAt?: number;
  /** How many stories its documents hold now. */
  readonly entries: number;
}

/** A feed with the entries its documents hold, in their order. */
export interface FeedPage {
  readonly feed: FeedOverview;
  readonly entries: readonly Entry[];
}

/** What became of a slug somebody asks for. */
type FeedLookup =
  | { readonly kind: "found" }
  | { readonly kind: "moved"; readonly to: FeedSlug }
  | { readonly kind: "gone" }
  | { readonly kind: "unknown" };

/** All that the HTTP driver may ask of the service. Reads only; app.ts implements it over the store. */
export interface Wire {
  /** `baseUrl` without a trailing slash or with one; every absolute address in an answer starts with it. */
  readonly site: { readonly title: string; readonly baseUrl: string; readonly language: string };
  /** Synchronous, from memory. */
  lookUp(slug: string): FeedLookup;
  /** The snapshot, where it is current; undefined: ask findSnapshot. Synchronous, a look-up in a Map: the hot path. */
  readySnapshot(slug: string, format: FormatName): Snapshot | undefined;
  /** Renders when needed; null: nothing could be rendered yet. */
  findSnapshot(slug: FeedSlug, format: FormatName): Promise<Snapshot | null>;
  /** Milliseconds to our own next poll of the feed's sources. */
  freshForMs(slug: FeedSlug): number;
  listFeeds(): Promise<readonly FeedOverview[]>;
  findFeedPage(slug: FeedSlug): Promise<FeedPage | null>;
  /** `json` is the record that `/stories/:id.json` answers. */
  findStory(id: string): Promise<{ readonly entry: Entry; readonly json: unknown } | null>;
  health(): { readonly live: boolean; readonly ready: boolean; readonly details: Readonly<Record<string, unknown>> };
}
