import type { Configuration } from "../config/settings.ts";
import type { Feed, FeedDocument, FeedSlug, FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Source, SourceId } from "../model/source.ts";
import { entryOf, type Site, type SourceFacts } from "../publish/document.ts";
import type { RequestShelf } from "../publish/request-shelf.ts";
import type { Shelf } from "../publish/shelf.ts";
import type { FeedRequest, Origin } from "../select/feed-request.ts";
import { agesEveryMs, canonicalQuery, type ReaderQuery } from "../select/reader-query.ts";
import { compileSelector } from "../select/select.ts";
import type { FeedOverview, Wire } from "../serve/wire.ts";
import type { PublishedSlug, Store } from "../store/store.ts";
import type { FeedTokens } from "./feed-tokens.ts";
import { publicRecord } from "./history.ts";

export interface WireParts {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly shelf: Shelf;
  readonly requestShelf: RequestShelf;
  readonly tokens: Pick<FeedTokens, "accepts">;
  /** What a page of such a feed shows; null: there is no such source or tag. */
  readonly gatherPage: (request: FeedRequest) => Promise<FeedDocument | null>;
  /** What is known of one source now. */
  readonly readFacts: (id: SourceId) => Promise<SourceFacts>;
  readonly now: () => number;
  /** When the service started, milliseconds since 1970 UTC; absent: now. */
  readonly startedAt?: number | undefined;
  /** Other processes that serve beside this one would say that they are ready, too. */
  readonly othersReady: () => boolean;
  readonly pollerAlive: () => boolean;
  /** Why the database cannot be read or written, as a StoreError's code; null where it can. */
  readonly storeFault: () => string | null;
  /** Why the files are not what is running; null where they are. */
  readonly configurationFault: () => string | null;
}

/** A first start is ready after this long at the latest, whatever its sources do. */
const READY_AFTER_MS = 60_000;

/** Documents may be kept by caches at most this long, however far away our next visit is. */
const FRESH_MAX_MS = 3_600_000;

/** Feeds whose entries are counted before others have their turn. */
const COUNTED_AT_ONCE = 50;

/** What the server may ask, answered from the store and the shelf. `refresh` is called after commits. */
export function createWire(
  parts: WireParts,
): Wire & { refresh(): Promise<void>; countEntries(): Promise<number>; isReady(): boolean } {
  const { configuration, store, shelf, readFacts, now } = parts;
  const { settings, sources, feeds } = configuration;
  const site: Site = {
    title: settings.service.title,
    baseUrl: settings.service.baseUrl,
    language: settings.service.language,
  };
  const bySlug = new Map<string, Feed>(feeds.map((feed) => [feed.slug, feed]));
  const moved = new Map<string, FeedSlug>(
    feeds.flatMap((feed) => feed.formerly.map((old) => [old, feed.slug] as const)),
  );
  const startedAt = parts.startedAt ?? now();
  const sourcesOf = createDrawnSources(sources);
  /** When the next of a feed's sources is due, of feeds that were asked for since the last refresh. */
  const dueAt = new Map<string, number>();
  const entries = new Map<string, number>();
  /** Every slug that a feed ever had: those that are gone now were there before this configuration was. */
  let published: ReadonlyMap<string, PublishedSlug> | undefined;
  let nextPolls: ReadonlyMap<SourceId, number | null> = new Map();
  let soonest: number | undefined;
  let attempted = 0;
  let hadStories: boolean | undefined;

  async function overviewOf(feed: Feed): Promise<FeedOverview> {
    const head = shelf.head(feed.slug);
    const count = entries.get(feed.slug) ?? (await countOf(feed));
    return {
      slug: feed.slug,
      title: feed.title,
      description: feed.description ?? `${feed.title}, from ${site.title}`,
      language: feed.language ?? site.language,
      ...(head === undefined || count === 0 ? {} : { updatedAt: head.changedAt }),
      entries: count,
    };
  }

  async function countOf(feed: Feed): Promise<number> {
    const count = await store.countEntries(feed.slug, feed.limit);
    entries.set(feed.slug, count);
    return count;
  }

  function findSnapshot(slug: FeedSlug, format: FormatName): Promise<Snapshot | null> {
    const ready = shelf.ready(slug, format);
    return ready === undefined ? shelf.find(slug, format) : Promise.resolve(ready);
  }

  /** How a reader may see a feed; undefined: not at all, or there is no such feed. */
  function accessTo(slug: string, token: string | undefined): Feed["access"] | undefined {
    const feed = bySlug.get(slug);
    return feed?.access === "token" && !parts.tokens.accepts(feed.slug, token) ? undefined : feed?.access;
  }

  function untilMs(moment: number | undefined): number {
    const at = now();
    return Math.min(Math.max((moment ?? at) - at, 0), FRESH_MAX_MS);
  }

  /** Found when it is asked for: a commit must not cost a look at every source of every feed. */
  function dueOf(slug: string): number | undefined {
    const known = dueAt.get(slug);
    const feed = known === undefined ? bySlug.get(slug) : undefined;
    if (feed === undefined) return known;
    const due = earliest(sourcesOf(feed), nextPolls);
    dueAt.set(slug, due);
    return due;
  }

  /** When what is asked for may change next. */
  function dueFor(origin: Origin): number | undefined {
    if (origin.kind === "feed") return dueOf(origin.slug);
    return origin.kind === "source" ? (nextPolls.get(origin.id as SourceId) ?? undefined) : soonest;
  }

  /** Whether this process, by itself, is to be sent readers. */
  function isReady(): boolean {
    return hadStories === true || waitsFor() <= 0 || now() - startedAt >= READY_AFTER_MS;
  }

  const waitsFor = () => sources.filter((source) => !source.paused).length - attempted;

  return {
    site,
    isReady,
    async refresh() {
      entries.clear();
      nextPolls = await store.nextPolls();
      published ??= new Map((await store.publishedSlugs()).map((one) => [one.slug, one]));
      dueAt.clear();
      soonest = earliest([...nextPolls.keys()], nextPolls);
      attempted = sources.filter(
        (source) => !source.paused && (nextPolls.get(source.id) ?? 1) !== 0 && nextPolls.has(source.id),
      ).length;
      hadStories ??= (await store.scanStories(0, 1)).stories.length > 0;
    },
    async countEntries() {
      let total = 0;
      for (const [index, feed] of feeds.entries()) {
        total += entries.get(feed.slug) ?? (await countOf(feed));
        // Readers do not wait until ten thousand feeds are counted.
        if (index % COUNTED_AT_ONCE === COUNTED_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve));
      }
      return total;
    },
    lookUp(slug, token) {
      if (bySlug.has(slug)) {
        const access = accessTo(slug, token);
        return access === undefined ? { kind: "unknown" } : { kind: "found", isPrivate: access === "token" };
      }
      const to = moved.get(slug);
      if (to !== undefined) return accessTo(to, token) === undefined ? { kind: "unknown" } : { kind: "moved", to };
      const former = published?.get(slug);
      const isTold = former !== undefined && (!former.isPrivate || parts.tokens.accepts(former.slug, token));
      return { kind: isTold ? "gone" : "unknown" };
    },
    readySnapshot: (slug, format) => (bySlug.get(slug)?.access === "public" ? shelf.ready(slug, format) : undefined),
    findSnapshot,
    freshForMs: (slug) => untilMs(dueOf(slug)),
    requests: {
      ready: (request, format) =>
        isPlain(request) ? shelf.ready(request.origin.slug, format) : parts.requestShelf.ready(request, format),
      find: (request, format) =>
        isPlain(request) ? findSnapshot(request.origin.slug, format) : parts.requestShelf.find(request, format),
      async findPage(request) {
        const document = await parts.gatherPage(request);
        if (document === null) return null;
        const { title, description, language, updatedAt, entries: shown } = document;
        const changed = updatedAt === 0 ? {} : { updatedAt };
        return {
          // A page put together has its request for a name.
          feed: { slug: "" as FeedSlug, title, description, language, ...changed, entries: shown.length, request },
          entries: shown,
        };
      },
      freshForMs: (request) => Math.min(untilMs(dueFor(request.origin)), agesEveryMs(request.query)),
    },
    listFeeds: () => Promise.all(feeds.filter((feed) => feed.access === "public").map(overviewOf)),
    async findFeedPage(slug) {
      const feed = bySlug.get(slug);
      if (feed?.access !== "public") return null;
      // Read in the worker: entries of a page may be long.
      const document = await parts.gatherPage({ origin: { kind: "feed", slug: feed.slug }, query: PLAIN });
      return { feed: await overviewOf(feed), entries: document?.entries ?? [] };
    },
    async findStory(id) {
      const history = await store.storyHistory(id);
      if (history === null) return null;
      const { story } = history;
      return {
        entry: entryOf(story, site, await readFacts(story.sourceId)),
        json: publicRecord(history),
        changes: history.revisions,
      };
    },
    health() {
      const waiting = waitsFor();
      const fault = parts.storeFault();
      return {
        // What is damaged does not mend by waiting: whoever watches over the service has to act.
        live: fault !== "corrupt",
        ready: isReady() && parts.othersReady(),
        details: {
          sources: sources.length,
          sourcesNotVisited: Math.max(waiting, 0),
          feeds: feeds.length,
          poller: parts.pollerAlive() ? "running" : "down",
          database: fault ?? "ok",
          configuration: parts.configurationFault() ?? "ok",
        },
      };
    },
  };
}

/** The query of whoever asks for nothing. */
const PLAIN: ReaderQuery = { expressions: {}, isCaseSensitive: true, isSorted: true };

/** An operator's feed as it is, under no query. */
function isPlain(request: FeedRequest): request is FeedRequest & { readonly origin: { readonly kind: "feed" } } {
  return request.origin.kind === "feed" && canonicalQuery(request.query) === "";
}

/** The sources that a feed draws from, found at its first request; feeds that select alike share one list. */
function createDrawnSources(sources: readonly Source[]): (feed: Feed) => readonly SourceId[] {
  const known = new Map<string, readonly SourceId[]>();
  return (feed) => {
    const selection = JSON.stringify([feed.select.sources, feed.select.tags]);
    const ids = known.get(selection) ?? [...compileSelector(feed, sources).sourceIds];
    known.set(selection, ids);
    return ids;
  };
}

function earliest(ids: readonly SourceId[], nextPolls: ReadonlyMap<SourceId, number | null>): number {
  return ids.reduce(
    (first, id) => Math.min(first, nextPolls.get(id) ?? Number.POSITIVE_INFINITY),
    Number.POSITIVE_INFINITY,
  );
}
