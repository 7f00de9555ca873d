import type { FeedSlug, FormatName } from "../model/feed.ts";
import { type FeedRequest, requestPath } from "../select/feed-request.ts";

/** What the address of a feed's document says of it. */
export interface DocumentAddress {
  readonly slug: string;
  readonly format: FormatName;
}

/** Media types without parameters, as `link` elements and Link headers name them. */
export const FORMATS: readonly { readonly format: FormatName; readonly name: string; readonly mediaType: string }[] = [
  { format: "rss", name: "RSS", mediaType: "application/rss+xml" },
  { format: "atom", name: "Atom", mediaType: "application/atom+xml" },
  { format: "json", name: "JSON Feed", mediaType: "application/feed+json" },
];

const FORMAT_NAMES: ReadonlyMap<string, FormatName> = new Map(FORMATS.map(({ format }) => [format, format]));

const FEEDS = "/feeds/";

/** Reads `/feeds/<slug>.<format>`; null for any other path. Nothing is decoded: a slug needs no escapes. */
export function parseDocumentPath(path: string): DocumentAddress | null {
  if (!path.startsWith(FEEDS)) return null;
  const dot = path.lastIndexOf(".");
  const format = FORMAT_NAMES.get(path.slice(dot + 1));
  return dot < FEEDS.length || format === undefined ? null : { slug: path.slice(FEEDS.length, dot), format };
}

/** Splits the last segment of a feed's address, `top.rss`, into slug and suffix; the suffix is "" where there is none. */
export function splitName(name: string): { readonly slug: string; readonly suffix: string } {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? { slug: name, suffix: "" } : { slug: name.slice(0, dot), suffix: name.slice(dot + 1) };
}

/** The format that a suffix names. */
export function formatOf(suffix: string): FormatName | undefined {
  return FORMAT_NAMES.get(suffix);
}

/** A path with the token that its feed asks for. */
export function withToken(path: string, token: string): string {
  return `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams({ token })}`;
}

/**
 * Every address we write. Paths are for links and redirects (they hold whatever host the service is reached by);
 * absolute addresses are for what is copied elsewhere, and come from the configured base URL alone.
 */
export interface Addresses {
  /** The path part of the base URL, without a trailing slash: "" or `/news`. */
  readonly prefix: string;
  home(): string;
  feedPage(slug: FeedSlug): string;
  feed(slug: FeedSlug, suffix: string): string;
  /** What a reader asked for, at its one address. */
  requested(request: FeedRequest, suffix: string): string;
  story(id: string): string;
  storyRecord(id: string): string;
  opml(): string;
  /** Absolute form of a path above. */
  absolute(path: string): string;
}

/** Addresses below `baseUrl` (absolute http or https, with or without a trailing slash). */
export function addressesOf(baseUrl: string): Addresses {
  const base = new URL(baseUrl);
  const prefix = base.pathname.replace(/\/$/, "");
  return {
    prefix,
    home: () => `${prefix}/`,
    feedPage: (slug) => `${prefix}${FEEDS}${slug}.html`,
    feed: (slug, suffix) => `${prefix}${FEEDS}${slug}${suffix === "" ? "" : `.${suffix}`}`,
    requested: (request, suffix) => prefix + requestPath(request, suffix),
    story: (id) => `${prefix}/stories/${id}`,
    storyRecord: (id) => `${prefix}/stories/${id}.json`,
    opml: () => `${prefix}/opml.xml`,
    absolute: (path) => base.origin + path,
  };
}
