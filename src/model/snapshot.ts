import type { FeedSlug, FormatName } from "./feed.ts";

/** One rendered and checked document of a feed, ready to be answered. Bytes are swapped whole, never changed. */
export interface Snapshot {
  readonly slug: FeedSlug;
  readonly format: FormatName;
  /** `application/rss+xml; charset=utf-8` and the like. */
  readonly mediaType: string;
  /** Opaque part of the strong validator, without quotes; equal on every replica. Coded variants add a suffix. */
  readonly tag: string;
  /** Newest change of the feed, milliseconds since 1970 UTC, whole seconds. */
  readonly lastModifiedAt: number;
  /** What it shows may change without that moment moving: no date decides whether a reader has it. */
  readonly isUndated?: true;
  readonly identity: Buffer;
  readonly gzip: Buffer;
  readonly zstd: Buffer;
}
