import type { Entry, EntrySource, Feed, FeedDocument, FormatName } from "../model/feed.ts";
import type { FeedFacts } from "../model/parsed.ts";
import type { Source, SourceId } from "../model/source.ts";
import type { Story } from "../model/story.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import { compileSelector } from "../select/select.ts";

/** The service as documents name it. */
export interface Site {
  readonly title: string;
  /** Public address, without a slash at its end. */
  readonly baseUrl: string;
  readonly language: string;
}

/** What is known of the sources that entries credit. */
export type SourceFacts = (id: SourceId) => { readonly source?: Source; readonly facts?: FeedFacts };

export const FORMAT_NAMES: readonly FormatName[] = ["rss", "atom", "json"];

/**
 * Everything a feed's documents are made of, from the store's content and the configuration alone: the same input gives
 * the same bytes on every replica.
 */
export function feedDocument(
  feed: Feed,
  content: {
    readonly stories: readonly Story[];
    readonly changedAt: number;
    readonly site: Site;
    readonly factsOf: SourceFacts;
    readonly ttlMs?: number | undefined;
  },
): FeedDocument {
  const { stories, changedAt, site, factsOf, ttlMs } = content;
  return {
    title: feed.title,
    description: feed.description ?? `${feed.title}, from ${site.title}`,
    language: feed.language ?? commonLanguage(stories) ?? site.language,
    homeUrl: siteUrl(site, `/feeds/${feed.slug}`),
    selfUrls: selfUrlsOf(site, (format) => `/feeds/${feed.slug}.${format}`),
    urn: `urn:storywire:feed:${feed.slug}`,
    updatedAt: changedAt,
    content: feed.content,
    ...(ttlMs === undefined ? {} : { ttlMs }),
    entries: stories.map((story) => entryOf(story, site, factsOf)),
  };
}

/** How long a document of each feed may be kept: as its file says, else as its sources are visited. */
export type FeedTtl = (feed: Feed) => number | undefined;

/** Reads it from the configuration alone, once for each feed. */
export function createFeedTtl(sources: readonly Source[]): FeedTtl {
  const known = new WeakMap<Feed, { readonly ttlMs: number | undefined }>();
  return (feed) => {
    const found = known.get(feed) ?? { ttlMs: feed.ttlMs ?? shortestInterval(drawnFrom(feed, sources)) };
    known.set(feed, found);
    return found.ttlMs;
  };
}

function drawnFrom(feed: Feed, sources: readonly Source[]): readonly Source[] {
  const { sourceIds } = compileSelector(feed, sources);
  return sources.filter(({ id }) => sourceIds.has(id));
}

/** The shortest time between two visits that these sources are configured with; a cron expression names none. */
export function shortestInterval(sources: readonly Source[]): number | undefined {
  const intervals = sources.flatMap(({ rhythm }) =>
    rhythm.kind === "every" ? [rhythm.everyMs] : rhythm.kind === "adaptive" ? [rhythm.minMs] : [],
  );
  return intervals.length === 0 ? undefined : intervals.reduce((shortest, one) => Math.min(shortest, one));
}

/** Public addresses of a document in each format, from its path below the base URL. */
export function selfUrlsOf(
  site: Site,
  pathOf: (format: FormatName) => string,
): Readonly<Record<FormatName, AbsoluteUrl>> {
  return {
    rss: siteUrl(site, pathOf("rss")),
    atom: siteUrl(site, pathOf("atom")),
    json: siteUrl(site, pathOf("json")),
  };
}

export function entryOf(story: Story, site: Site, factsOf: SourceFacts): Entry {
  return {
    story,
    urn: `urn:storywire:${story.id}`,
    link: story.url ?? siteUrl(site, `/stories/${story.id}`),
    source: entrySource(story.sourceId, site, factsOf),
  };
}

/**
 * A source by its operator's title, else by its own; its page, never a local file. What the configured address says in
 * its query may be the operator's key: addresses that repeat it stay here.
 */
function entrySource(id: SourceId, site: Site, factsOf: SourceFacts): EntrySource {
  const { source, facts } = factsOf(id);
  const isPublic = (address: AbsoluteUrl | undefined): address is AbsoluteUrl =>
    address?.startsWith("http") === true && !sharesQuery(address, source?.url);
  const { self, ...others } = facts ?? { authors: [] };
  const address = [self, others.link, source?.documentUrl, source?.url].find(isPublic);
  return {
    id,
    title: source?.title ?? facts?.title ?? id,
    url: address ?? siteUrl(site, `/sources/${id}`),
    ...(facts === undefined ? {} : { facts: isPublic(self) ? facts : others }),
  };
}

function sharesQuery(address: AbsoluteUrl, configured: AbsoluteUrl | undefined): boolean {
  if (configured === undefined || !configured.includes("?") || !address.includes("?")) return false;
  const told = new URL(address).searchParams;
  return [...new URL(configured).searchParams].some(
    ([name, value]) => value !== "" && told.getAll(name).includes(value),
  );
}

/** The language that all stories which name one share, by its primary subtag. */
export function commonLanguage(stories: readonly Story[]): string | undefined {
  const told = stories.flatMap((story) => (story.language === undefined ? [] : [story.language]));
  const [first] = told;
  if (first === undefined) return undefined;
  if (told.every((language) => language === first)) return first;
  const primary = first.split("-")[0];
  return told.every((language) => language.split("-")[0] === primary) ? primary : undefined;
}

export function siteUrl(site: Site, path: string): AbsoluteUrl {
  // The base was validated with the settings; a path of ours keeps it absolute.
  return `${site.baseUrl.replace(/\/$/, "")}${path}` as AbsoluteUrl;
}
