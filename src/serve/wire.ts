import type { Entry, FeedSlug, FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { FeedRequest } from "../select/feed-request.ts";

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
  /** What was asked for, where it is more than the feed's name. */
  readonly request?: FeedRequest;
  /** The token that its reader brought, and needs in its addresses. */
  readonly token?: string;
}

/** A feed with the entries its documents hold, in their order. */
export interface FeedPage {
  readonly feed: FeedOverview;
  readonly entries: readonly Entry[];
}

/** One material change of a story. */
export interface StoryChange {
  /** When we saw it, milliseconds since 1970 UTC. */
  readonly at: number;
  /** `title`, `summary`, `contentHtml`, … */
  readonly changed: readonly string[];
}

/** A story with what led to it. */
export interface FoundStory {
  readonly entry: Entry;
  /** The record that `/stories/:id.json` answers. */
  readonly json: unknown;
  /** Oldest first; those that retention left. */
  readonly changes: readonly StoryChange[];
}

/** What became of a slug somebody asks for. */
type FeedLookup =
  | { readonly kind: "found"; readonly isPrivate?: boolean }
  | { readonly kind: "moved"; readonly to: FeedSlug }
  | { readonly kind: "gone" }
  | { readonly kind: "unknown" };

/** Feeds as readers ask for them: under a query, or of a source, a tag, a search. */
interface Requests {
  /** The document, where it is at hand and current. Synchronous. */
  ready(request: FeedRequest, format: FormatName): Snapshot | undefined;
  /** Makes it when needed; null: there is no such source or tag, or nothing could be made yet. */
  find(request: FeedRequest, format: FormatName): Promise<Snapshot | null>;
  findPage(request: FeedRequest): Promise<FeedPage | null>;
  /** Milliseconds for which an answer may be kept. */
  freshForMs(request: FeedRequest): number;
}

/** All that the HTTP driver may ask of the service. Reads only; app.ts implements it over the store. */
export interface Wire {
  /** `baseUrl` without a trailing slash or with one; every absolute address in an answer starts with it. */
  readonly site: { readonly title: string; readonly baseUrl: string; readonly language: string };
  /** Synchronous, from memory. A feed behind a token is known to whoever brings it only. */
  lookUp(slug: string, token?: string): FeedLookup;
  /** The snapshot, where it is current; undefined: ask findSnapshot. Synchronous, a look-up in a Map: the hot path. */
  readySnapshot(slug: string, format: FormatName): Snapshot | undefined;
  /** Renders when needed; null: nothing could be rendered yet. */
  findSnapshot(slug: FeedSlug, format: FormatName): Promise<Snapshot | null>;
  /** Milliseconds to our own next poll of the feed's sources. */
  freshForMs(slug: FeedSlug): number;
  readonly requests: Requests;
  listFeeds(): Promise<readonly FeedOverview[]>;
  findFeedPage(slug: FeedSlug): Promise<FeedPage | null>;
  findStory(id: string): Promise<FoundStory | null>;
  health(): { readonly live: boolean; readonly ready: boolean; readonly details: Readonly<Record<string, unknown>> };
}
