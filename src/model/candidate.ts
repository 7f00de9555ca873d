import type { DateInterval } from "./date.ts";
import type { Fault, FeedFacts, PollingHints } from "./parsed.ts";
import type { IdentityRule } from "./source.ts";
import type { StoryContent } from "./story.ts";
import type { AbsoluteUrl } from "./url.ts";

/** One way to recognise a story: 22 base64url characters of SHA-256 over the guid, the address's identity, or the text. */
export interface IdentityKey {
  readonly kind: IdentityRule;
  readonly key: string;
}

/** One item of one poll, normalized: what it says, and how it can be recognised. */
export interface Candidate {
  /** Strongest first: guid, url, digest; only those that tell items apart. */
  readonly keys: readonly IdentityKey[];
  /** Digest of the item as the document wrote it, without its dates: equal digest, nothing new. */
  readonly rawDigest: string;
  /** Absent where the raw digest was known already: nothing was sanitized then. */
  readonly content?: StoryContent;
  /** Digest of title, summary and text; absent together with `content`. */
  readonly contentDigest?: string;
  readonly published?: DateInterval;
  readonly updated?: DateInterval;
  readonly unreadDates?: Readonly<Record<string, string>>;
  readonly origins?: Readonly<Record<string, string>>;
}

/** One document, normalized. */
export interface Reading {
  readonly format: string;
  readonly feed: FeedFacts;
  readonly candidates: readonly Candidate[];
  readonly hints: PollingHints;
  /** The document holds all there is (RFC 5005 §2). */
  readonly complete?: true;
  readonly faults: readonly Fault[];
  readonly nextUrl?: AbsoluteUrl;
  /** The feed that a page of `kind: auto` names as its own. */
  readonly feedUrl?: AbsoluteUrl;
}
