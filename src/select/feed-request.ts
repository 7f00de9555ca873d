import type { FeedSlug } from "../model/feed.ts";
import { canonicalQuery, type ReaderQuery } from "./reader-query.ts";

/** Where the stories of a feed come from: an operator's feed, or one that nobody had to define. */
export type Origin =
  | { readonly kind: "feed"; readonly slug: FeedSlug }
  | { readonly kind: "source"; readonly id: string }
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "search"; readonly words: string };

/** A feed as a reader asks for it. */
export interface FeedRequest {
  readonly origin: Origin;
  readonly query: ReaderQuery;
}

const PATHS: { readonly [Kind in Origin["kind"]]: (origin: Extract<Origin, { kind: Kind }>) => string } = {
  feed: ({ slug }) => `/feeds/${slug}`,
  source: ({ id }) => `/sources/${encodeURIComponent(id)}`,
  tag: ({ tag }) => `/tags/${encodeURIComponent(tag.toWellFormed())}`,
  search: () => "/search",
};

/** The one address of what is asked for, below the base URL: `/feeds/top.rss?filter=ferry`. Suffix "" is without one. */
export function requestPath({ origin, query }: FeedRequest, suffix: string): string {
  // The table holds each kind's own function; TypeScript cannot follow the pair.
  const path = (PATHS[origin.kind] as (origin: Origin) => string)(origin);
  const words = origin.kind === "search" ? new URLSearchParams({ q: origin.words }).toString() : "";
  const asked = [words, canonicalQuery(query)].filter((part) => part !== "").join("&");
  return `${path}${suffix === "" ? "" : `.${suffix}`}${asked === "" ? "" : `?${asked}`}`;
}
