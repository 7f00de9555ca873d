import type { DateInterval } from "./date.ts";
import type { SafeHtml } from "./html.ts";
import type { SourceId } from "./source.ts";
import type { AbsoluteUrl } from "./url.ts";

/** 26 lower-case base-32 characters; derived once from the source's id and the first identity key, then stored. */
export type StoryId = string & { readonly __storyId: unique symbol };

/** From an article page, a listing, a feed. */
type StoryKind = "article" | "listed" | "entry";

/** RSS `author`/`dc:creator`, Atom `author`, JSON Feed `authors`. */
export interface Author {
  readonly name: string;
  readonly url?: AbsoluteUrl;
  readonly email?: string;
}

/** A picture of the story: media:content and media:thumbnail in RSS and Atom, `image` and `_storywire` in JSON Feed. */
export interface Image {
  readonly url?: AbsoluteUrl;
  readonly alt?: string;
  readonly caption?: string;
  readonly credit?: string;
  readonly width?: number;
  readonly height?: number;
  readonly role: "lead" | "inline";
}

/** RSS `enclosure`, Atom `link rel="enclosure"`, JSON Feed `attachments`. */
export interface Enclosure {
  readonly url: AbsoluteUrl;
  readonly type?: string;
  readonly lengthBytes?: number;
  readonly durationSeconds?: number;
}

/** What a story says: everything that a reader sees, safe to publish. No field is ever null. */
export interface StoryContent {
  readonly kind: StoryKind;
  /** The publisher's identifier: RSS `guid`, Atom `id`, JSON Feed `id`. */
  readonly guid?: string;
  readonly url?: AbsoluteUrl;
  readonly canonicalUrl?: AbsoluteUrl;
  /** Plain text; empty where the publisher gave none. */
  readonly title: string;
  /** Plain text: the standfirst, or the feed's summary without its markup. */
  readonly summary?: string;
  /** Only where the source's own summary has markup. */
  readonly summaryHtml?: SafeHtml;
  /** The page's meta description where it differs from the summary. */
  readonly description?: string;
  readonly contentHtml?: SafeHtml;
  readonly authors: readonly Author[];
  readonly section?: string;
  readonly tags: readonly string[];
  /** BCP 47. */
  readonly language?: string;
  readonly images: readonly Image[];
  readonly enclosures: readonly Enclosure[];
  readonly rights?: string;
}

/** The intervals all sightings of a date left standing. */
export interface StoryDates {
  readonly published?: DateInterval;
  readonly updated?: DateInterval;
}

/** A story as the store holds it. Instants are milliseconds since 1970 UTC. */
export interface Story extends StoryContent {
  readonly id: StoryId;
  readonly sourceId: SourceId;
  /** Chosen once, at first sight; never moves. */
  readonly publishedAt: number;
  /** `YYYY-MM-DD` in the source's zone, where no more than the day was known when the instant was chosen. */
  readonly publishedDay?: string;
  /** Moves only on a material change of title, summary or content; absent while the story never changed. */
  readonly updatedAt?: number;
  /** `YYYY-MM-DD`, where no more than the day is known of the update. */
  readonly updatedDay?: string;
  /** Distinct among all stories: what Atom `updated` says (RFC 4287 §4.2.15 through the validator's rule). */
  readonly stampAt: number;
  /** Place in the source's list when first seen, from 0: the second key of the order in a feed. */
  readonly position: number;
  readonly dates: StoryDates;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** From 1; counts material changes. */
  readonly revision: number;
  /** Digest of title, summary and text without markup: what moves it is a material change. */
  readonly contentDigest: string;
  readonly withdrawnAt?: number;
}

/** Order of stories in a feed: published, newest first; then the place in the source's list; then id. */
export function newestFirst(a: Story, b: Story): number {
  return b.publishedAt - a.publishedAt || a.position - b.position || (a.id < b.id ? -1 : 1);
}
