import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Entry, FeedSlug, FormatName } from "../../src/model/feed.ts";
import type { SafeHtml } from "../../src/model/html.ts";
import type { Snapshot } from "../../src/model/snapshot.ts";
import type { SourceId } from "../../src/model/source.ts";
import type { Story, StoryId } from "../../src/model/story.ts";
import type { AbsoluteUrl } from "../../src/model/url.ts";
import { requestPath } from "../../src/select/feed-request.ts";
import type { FeedOverview, FeedPage, StoryChange, Wire } from "../../src/serve/wire.ts";

const MEDIA_TYPES: Readonly<Record<FormatName, string>> = {
  rss: "application/rss+xml; charset=utf-8",
  atom: "application/atom+xml; charset=utf-8",
  json: "application/feed+json; charset=utf-8",
};

// Casts of this file: tests say by hand what the model's parsers would have proved.
export const slugOf = (text: string) => text as FeedSlug;
export const urlOf = (text: string) => text as AbsoluteUrl;
export const safe = (text: string) => text as SafeHtml;

/** Monday, 9 March 2026, 08:30:00 UTC. */
export const MORNING = Date.UTC(2026, 2, 9, 8, 30);

/** A snapshot of `text`, with all codings made. */
export function snapshotOf(
  slug: string,
  format: FormatName,
  text: string,
  tag = "r1",
  lastModifiedAt = MORNING,
): Snapshot {
  const identity = Buffer.from(text);
  return {
    slug: slugOf(slug),
    format,
    mediaType: MEDIA_TYPES[format],
    tag,
    lastModifiedAt,
    identity,
    gzip: gzipSync(identity),
    zstd: zstdCompressSync(identity),
  };
}

/** A story with nothing but an id and a title, and whatever a test adds. */
export function storyOf(id: string, parts: Partial<Story> = {}): Story {
  return {
    id: id as StoryId,
    sourceId: "harbour-post" as SourceId,
    kind: "article",
    title: "Ferry returns to the old quay",
    authors: [],
    tags: [],
    images: [],
    enclosures: [],
    publishedAt: MORNING,
    stampAt: MORNING,
    position: 0,
    dates: { published: { from: MORNING, to: MORNING, precision: "exact", origin: "meta" } },
    firstSeenAt: MORNING,
    lastSeenAt: MORNING,
    revision: 1,
    contentDigest: "0".repeat(64),
    ...parts,
  };
}

/** The entry of a story, linked to its own address or else to its permalink page. */
export function entryOf(story: Story, baseUrl = "https://wire.example"): Entry {
  return {
    story,
    urn: `urn:storywire:${story.id}`,
    link: story.url ?? urlOf(`${baseUrl}/stories/${story.id}`),
    source: { id: story.sourceId, title: "The Harbour Post", url: urlOf("https://harbour.example/") },
  };
}

export interface FakeWire extends Wire {
  readonly lookups: Map<string, ReturnType<Wire["lookUp"]>>;
  /** By `slug.format`: ready at once. */
  readonly ready: Map<string, Snapshot>;
  /** By `slug.format`: found when asked for. */
  readonly rendered: Map<string, Snapshot>;
  readonly pages: Map<string, FeedPage>;
  readonly stories: Map<string, Entry>;
  /** Of every story. */
  changes: readonly StoryChange[];
  /** By the path they are asked for: made when asked for, at hand from then on. */
  readonly requested: Map<string, Snapshot>;
  readonly atHand: Set<string>;
  freshMs: number;
  healthNow: ReturnType<Wire["health"]>;
}

/** A Wire in memory. */
export function createFakeWire(site: Partial<Wire["site"]> = {}): FakeWire {
  const wire: FakeWire = {
    lookups: new Map(),
    ready: new Map(),
    rendered: new Map(),
    pages: new Map(),
    stories: new Map(),
    changes: [],
    requested: new Map(),
    atHand: new Set(),
    requests: {
      ready: (request, format) => {
        const path = requestPath(request, format);
        return wire.atHand.has(path) ? wire.requested.get(path) : undefined;
      },
      find: async (request, format) => {
        const path = requestPath(request, format);
        wire.atHand.add(path);
        return wire.requested.get(path) ?? null;
      },
      findPage: async (request) => {
        const page = wire.pages.get(requestPath(request, "html"));
        return page === undefined ? null : { ...page, feed: { ...page.feed, request } };
      },
      freshForMs: () => wire.freshMs,
    },
    freshMs: 600_000,
    healthNow: { live: true, ready: true, details: { sources: { ok: 1 } } },
    site: { title: "Harbour wire", baseUrl: "https://wire.example", language: "en", ...site },
    lookUp: (slug) => wire.lookups.get(slug) ?? { kind: "unknown" },
    readySnapshot: (slug, format) => wire.ready.get(`${slug}.${format}`),
    findSnapshot: async (slug, format) => wire.rendered.get(`${slug}.${format}`) ?? null,
    freshForMs: () => wire.freshMs,
    listFeeds: async () => [...wire.pages.values()].map(({ feed }) => feed),
    findFeedPage: async (slug) => wire.pages.get(slug) ?? null,
    findStory: async (id) => {
      const entry = wire.stories.get(id);
      return entry === undefined ? null : { entry, json: { id, title: entry.story.title }, changes: wire.changes };
    },
    health: () => wire.healthNow,
  };
  return wire;
}

/** Adds a feed with its page and a ready snapshot in each format. */
export function addFeed(
  wire: FakeWire,
  slug: string,
  parts: Partial<FeedOverview> = {},
  entries: readonly Entry[] = [],
): void {
  const feed: FeedOverview = {
    slug: slugOf(slug),
    title: `Feed ${slug}`,
    description: "",
    language: "en",
    updatedAt: MORNING,
    entries: entries.length,
    ...parts,
  };
  wire.lookups.set(slug, { kind: "found" });
  wire.pages.set(slug, { feed, entries });
  for (const format of ["rss", "atom", "json"] as const) {
    wire.ready.set(`${slug}.${format}`, snapshotOf(slug, format, `${format} document of ${slug}\n`.repeat(40)));
  }
  for (const entry of entries) wire.stories.set(entry.story.id, entry);
}
