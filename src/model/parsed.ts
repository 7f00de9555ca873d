import type { DateInterval } from "./date.ts";
import type { SafeHtml, UntrustedHtml } from "./html.ts";
import type { Author, StoryContent } from "./story.ts";
import type { AbsoluteUrl } from "./url.ts";

/** A source's own facts: RSS `channel`, Atom `feed`, JSON Feed's top level, a page's site name. */
export interface FeedFacts {
  readonly title?: string;
  readonly link?: AbsoluteUrl;
  /** Plain text or HTML as the document wrote it; sanitized where it has markup. */
  readonly description?: string;
  readonly language?: string;
  /** RFC 3339 instant in UTC. */
  readonly updated?: string;
  readonly image?: AbsoluteUrl;
  readonly authors: readonly Author[];
  readonly hub?: AbsoluteUrl;
  readonly self?: AbsoluteUrl;
  readonly rights?: string;
}

/** What a document asks of those who poll it. */
export interface PollingHints {
  /** RSS `ttl`, sy:updatePeriod / sy:updateFrequency; milliseconds between visits. */
  readonly intervalMs?: number;
  /** RSS `skipHours`: 0 to 23, GMT. */
  readonly skipHours?: readonly number[];
  /** RSS `skipDays`: 0 (Sunday) to 6, GMT. */
  readonly skipDays?: readonly number[];
}

/** Something in a document that was left out or mended, for the poll's record. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  /** Which item, counted from 0 in document order. */
  readonly item?: number;
}

/**
 * One item of a document before we trust it: addresses are absolute http(s), texts are plain, HTML is untrusted unless
 * the extractor already wrote it through the allow-list.
 */
export interface ParsedItem extends Omit<StoryContent, "summaryHtml" | "contentHtml"> {
  readonly summaryHtml?: UntrustedHtml | SafeHtml;
  readonly contentHtml?: UntrustedHtml | SafeHtml;
  readonly published?: DateInterval;
  readonly updated?: DateInterval;
  /** Dates that could not be read, with their text: kept for `explain`. */
  readonly unreadDates?: Readonly<Record<string, string>>;
  /** Field → who said so (`json-ld`, `og`, `byline`, `atom:link`, …), for `explain`. */
  readonly origins?: Readonly<Record<string, string>>;
  /** What has no field of its own: georss, slash:comments, thr:total, source … by prefixed name. */
  readonly extensions?: Readonly<Record<string, string>>;
}

/** What one document said. */
export interface ParsedFeed {
  /** What the document was found to be: `rss`, `atom`, `rdf`, `json-feed`, `cdf`, `article`, `listing`, `text`. */
  readonly format: string;
  readonly feed: FeedFacts;
  /** In document order; an article before its listed stories. */
  readonly items: readonly ParsedItem[];
  readonly hints: PollingHints;
  readonly faults: readonly Fault[];
  /** The next page of a listing, or the next part of an article. */
  readonly nextUrl?: AbsoluteUrl;
  /** The feed that a page of `kind: auto` names as its own. */
  readonly feedUrl?: AbsoluteUrl;
  /** The document holds all there is: what is missing from it was withdrawn (RFC 5005 §2, fh:complete). */
  readonly complete?: true;
}

/** What a parser or extractor is told beside the text. */
export interface DocumentContext {
  /** What relative references resolve against. */
  readonly url?: string;
  readonly contentType?: string;
  /** Content-Language of the answer (RFC 9110 §8.5): the feed's language where it names none. */
  readonly language?: string;
  /** IANA name: for days and times without a zone. */
  readonly timeZone: string;
  /** The moment relative dates count from, in milliseconds since 1970 UTC. */
  readonly capturedAt: number;
}
