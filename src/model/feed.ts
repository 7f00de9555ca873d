import type { FeedFacts } from "./parsed.ts";
import type { SourceId } from "./source.ts";
import type { Story } from "./story.ts";
import type { AbsoluteUrl } from "./url.ts";

/** 1 to 64 of [a-z0-9-]; `status` is reserved. */
export type FeedSlug = string & { readonly __feedSlug: unique symbol };

/** Patterns by field; a story matches when one pattern matches. */
export interface FieldPatterns {
  readonly title?: string;
  readonly description?: string;
  readonly author?: string;
  readonly category?: string;
}

/** Which stories a feed shows. Empty lists mean "all". */
interface Selection {
  readonly sources: readonly SourceId[];
  readonly tags: readonly string[];
  readonly include: FieldPatterns;
  readonly exclude: FieldPatterns;
  /** Only stories published at most this long ago, in milliseconds. */
  readonly sinceMs?: number;
  readonly languages: readonly string[];
}

/** A feed we publish, as the operator described it. */
export interface Feed {
  readonly slug: FeedSlug;
  readonly title: string;
  readonly description?: string;
  readonly language?: string;
  readonly formerly: readonly FeedSlug[];
  readonly select: Selection;
  readonly limit: number;
  /** How long readers may keep a document before they ask again, in milliseconds; absent: as its sources are visited. */
  readonly ttlMs?: number;
  readonly content: "full" | "summary";
  readonly duplicates: "all" | "first";
  readonly access: "public" | "token";
}

/** The source of an entry as readers are told of it: RSS `source`, Atom `source`. */
export interface EntrySource {
  readonly id: SourceId;
  readonly title: string;
  readonly url: AbsoluteUrl;
  readonly facts?: FeedFacts;
}

/** A story as it stands in a feed: RSS item, Atom entry, JSON Feed item. */
export interface Entry {
  readonly story: Story;
  /** `urn:storywire:…`: guid, Atom id, JSON Feed id. */
  readonly urn: string;
  /** The story's own address, else its permalink page here. */
  readonly link: AbsoluteUrl;
  readonly source: EntrySource;
}

/** All that a document is made of; nothing in it comes from the clock, chance or the schedule. */
export interface FeedDocument {
  readonly title: string;
  readonly description: string;
  /** BCP 47. */
  readonly language: string;
  /** The feed's page for people. */
  readonly homeUrl: AbsoluteUrl;
  /** Public address of each format. */
  readonly selfUrls: Readonly<Record<FormatName, AbsoluteUrl>>;
  /** `urn:storywire:feed:…`: Atom feed id. */
  readonly urn: string;
  /** Newest change of the feed, milliseconds since 1970 UTC. */
  readonly updatedAt: number;
  readonly content: "full" | "summary";
  /** RSS `ttl`, sy:updatePeriod: from the configuration, in milliseconds. */
  readonly ttlMs?: number;
  readonly entries: readonly Entry[];
}

export type FormatName = "rss" | "atom" | "json";
