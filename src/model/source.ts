import type { AbsoluteUrl } from "./url.ts";

export type SourceId = string & { readonly __sourceId: unique symbol };

export const sourceKinds = ["auto", "feed", "page", "listing"] as const;
export type SourceKind = (typeof sourceKinds)[number];
export type IdentityRule = "guid" | "url" | "digest";

/** When a source is visited. Durations in milliseconds. */
export type Rhythm =
  | { readonly kind: "every"; readonly everyMs: number }
  | { readonly kind: "cron"; readonly expression: string }
  | { readonly kind: "adaptive"; readonly minMs: number; readonly maxMs: number };

/** CSS selectors of a listing; `items` absent means the blocks are found by structure. */
export interface ListingRules {
  readonly items?: string;
  readonly title?: string;
  readonly link?: string;
  readonly date?: string;
  readonly image?: string;
  readonly summary?: string;
  readonly next?: string;
  /** The heading of the block to take; absent: the best block. */
  readonly heading?: string;
  /** Visit each new story's own page once and merge it over the listed item. */
  readonly follow: boolean;
}

/** An address we poll, as the operator described it. */
export interface Source {
  readonly id: SourceId;
  /** http, https, or file (resolved, below the files root). */
  readonly url: AbsoluteUrl;
  readonly kind: SourceKind;
  readonly title?: string;
  readonly rhythm: Rhythm;
  /** IANA name; days and zoneless times are read in it. */
  readonly timeZone: string;
  readonly tags: readonly string[];
  readonly listing: ListingRules;
  /** An article page also yields its "more stories" block. */
  readonly more: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, string>>;
  readonly auth?: { readonly username: string; readonly password: string } | { readonly bearer: string };
  readonly userAgent?: string;
  readonly proxy?: string;
  readonly robots: boolean;
  readonly identity?: IdentityRule;
  readonly paused: boolean;
  /** For files: the moment relative dates count from, in milliseconds since 1970 UTC. */
  readonly capturedAt?: number;
  /** For files: the base of links. */
  readonly documentUrl?: AbsoluteUrl;
  readonly contentType?: string;
}
