import { randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import type { Logger } from "pino";
import type { Configuration } from "../config/settings.ts";
import { FetchError } from "../errors.ts";
import { showUrl } from "../fetch/failure.ts";
import {
  createFetcher,
  DEFAULT_FETCH_LIMITS,
  type Fetcher,
  type FetchOutcome,
  type FetchRequest,
  formatUserAgent,
} from "../fetch/fetch.ts";
import { createHostQueue } from "../fetch/host-queue.ts";
import { createRobots } from "../fetch/robots.ts";
import type { FeedSlug } from "../model/feed.ts";
import type { PollRecord } from "../model/poll.ts";
import type { Source } from "../model/source.ts";
import { clusterOf } from "../normalize/identity.ts";
import { createCommitter } from "../poll/committer.ts";
import { createOutageWatch } from "../poll/outage.ts";
import { type PollTools, pollSource } from "../poll/poll.ts";
import { createReadingPool } from "../poll/pool.ts";
import { interleaveHosts, nextCronRun } from "../poll/schedule.ts";
import { pollJson } from "../poll/status.ts";
import type { BackgroundPublisher } from "../publish/background.ts";
import { createFeedTtl, FORMAT_NAMES } from "../publish/document.ts";
import { compileMemberships } from "../select/membership.ts";
import type { Activity } from "../serve/metrics.ts";
import type { SourceState, Store } from "../store/store.ts";
import { VERSION } from "../version.ts";
import { bySlug, factsReader, type Overrides, openWritableStore, siteOf, summaryOf } from "./parts.ts";

/** A source is leased for so long while it is visited; a process that dies frees it by then. */
const LEASE_MS = 120_000;

/**
 * How far the heap may grow beyond what is in use before it is collected, in percent: V8's own choice leaves 80 MB more with
 * a process whose visits leave nothing behind, for a twentieth less CPU (measured).
 */
const HEAP_GROWTH_PERCENT = 80;

/** Sources leased in one transaction. */
const LEASED_AT_ONCE = 128;

/** Who is told of what the poller does. */
export interface PollingListeners {
  readonly onCommitted?: () => void;
  readonly onActivity?: (activity: Activity) => void;
}

/** Everything that visits sources and writes: one per data folder. */
export interface Polling extends AsyncDisposable {
  readonly store: Store;
  /** Visits these sources now, those that nobody else is visiting; answers their records as they come. */
  poll(
    sources: readonly Source[],
    onPolled?: (source: Source, record: PollRecord) => void,
  ): Promise<readonly PollRecord[]>;
  /** Brings the membership of feeds whose definition changed up to date. */
  defineFeeds(): Promise<void>;
  /** Renders what changed and stores it. */
  publishChanged(): Promise<number>;
  stop(): void;
}

export async function startPolling(
  configuration: Configuration,
  log: Logger,
  overrides: Overrides & PollingListeners & { readonly owner?: string } = {},
): Promise<Polling> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const { settings, sources, feeds } = configuration;
  const now = overrides.now ?? Date.now;
  const random = overrides.random ?? Math.random;
  const store = await openWritableStore(configuration);
  const fetcher = createFetcher({
    limits: {
      ...DEFAULT_FETCH_LIMITS,
      totalMs: settings.limits.totalMs,
      bodyBytesMax: settings.limits.bodyBytes,
      wireBytesMax: settings.limits.bodyBytes,
      redirectsMax: settings.limits.redirects,
    },
    userAgent: formatUserAgent(VERSION, settings.service.contact),
    allowAddresses: settings.allowAddresses,
    filesRoot: settings.filesRoot,
    now,
  });
  const visitor = politely(fetcher, configuration, now);
  const reading = createReadingPool({ timeoutMs: settings.limits.parseMs });
  const { kept } = settings.limits;
  const owner = overrides.owner ?? randomBytes(8).toString("hex");
  const tellActivity = overrides.onActivity ?? (() => {});
  const committer = createCommitter(
    { apply: (changes) => timed(store.apply(changes, kept), (ms) => tellActivity({ did: "commit", ms })) },
    { waitMs: 20, onCommitted: () => overrides.onCommitted?.() },
  );
  const factsOf = factsReader(configuration);
  /** Sources with news that no document shows yet, and since when: known where metrics name sources. */
  const unpublished = new Map<string, number>();
  let publisher: Promise<BackgroundPublisher> | undefined;
  /** The writers of documents are loaded by who makes documents: a round of visits alone does not. */
  async function loadPublisher(): Promise<BackgroundPublisher> {
    const { createBackgroundPublisher } = await import("../publish/background.ts");
    return createBackgroundPublisher(bySlug(feeds), {
      store,
      site: siteOf(configuration),
      factsOf: factsOf.of,
      ttlOf: createFeedTtl(sources),
      prepare: () => factsOf.refresh(store),
      onProblem(problem) {
        if (problem.snapshot === undefined) tellActivity({ did: "render", documents: 0, refused: 1 });
        log.error({ event: "gate", ...summaryOf(problem) }, "a document did not pass the gate, or left something out");
      },
    });
  }
  const memberships = compileMemberships(feeds, sources, clusterOf, siteOf(configuration));
  let stopping = false;
  const tools: PollTools = {
    store,
    fetch: visitor.fetch,
    read: (job) => reading.read(job),
    commit: (changes) => committer.commit(changes),
    membershipsOf: memberships.of,
    now,
    random,
    nextCronAt: nextCronRun,
    minimumMs: settings.polling.minimumMs,
    keptBytesMax: kept.count === 0 ? 0 : kept.sourceBytesMax,
    outage: createOutageWatch(),
    onBug: (error, source) =>
      log.error({ event: "bug", source: source.id, err: error }, "a visit failed by a fault of this program"),
  };

  /** The sources one after the other, leased some at a time; those that another visitor holds are left out. */
  async function* leasedVisits(
    wanted: readonly Source[],
  ): AsyncGenerator<{ readonly source: Source; readonly state: SourceState | undefined }> {
    for (let start = 0; start < wanted.length && !stopping; start += LEASED_AT_ONCE) {
      const part = wanted.slice(start, start + LEASED_AT_ONCE);
      const taken = new Set(
        await store.leaseSources(
          part.map((source) => source.id),
          { owner, now: now(), untilMs: now() + LEASE_MS },
        ),
      );
      const states = new Map((await store.sourceStates([...taken])).map((state) => [state.id, state]));
      for (const source of part) if (taken.has(source.id) && !stopping) yield { source, state: states.get(source.id) };
    }
  }

  return {
    store,
    async poll(wanted, onPolled) {
      const records: PollRecord[] = [];
      const visits = leasedVisits(interleaveHosts(wanted));
      await inParallel(settings.polling.inFlight, visits, async ({ source, state }) => {
        try {
          const record = await pollSource(source, state, tools);
          logPoll(log, source, record);
          tellActivity(activityOf(record));
          if (settings.service.metricsBySource && record.stories.new + record.stories.updated > 0)
            unpublished.set(source.id, record.at);
          records.push(record);
          onPolled?.(source, record);
        } catch (error) {
          // Nothing of the visit was stored, so its lease was not ended either: let others try.
          await store.releaseSources([source.id], owner).catch(() => {});
          throw error;
        }
      });
      return records;
    },
    async defineFeeds() {
      const definitions = feeds.map((feed) => ({
        slug: feed.slug,
        digest: memberships.digestOf(feed),
        isPrivate: feed.access === "token",
      }));
      const rebuilds = await store.defineFeeds(definitions, now());
      for (const [after, group] of Map.groupBy(rebuilds, (rebuild) => rebuild.after))
        await rebuildFeeds(store, { slugs: group.map(({ slug }) => slug), after, memberships, now: now() });
      if (rebuilds.length > 0)
        log.info({ event: "feeds", rebuilt: rebuilds.map(({ slug }) => slug) }, "feed membership rebuilt");
    },
    async publishChanged() {
      const news = [...unpublished];
      unpublished.clear();
      // What had changed before this program started says nothing of how long it took.
      const isFirst = publisher === undefined;
      publisher ??= loadPublisher();
      const published = await (await publisher).publishChanged();
      if (published.length > 0)
        tellActivity({
          did: "render",
          documents: published.length * FORMAT_NAMES.length,
          refused: 0,
          freshMs: isFirst ? [] : published.map(({ changedAt }) => Math.max(0, now() - changedAt)),
          sources: news.map(([id, at]) => ({ id, freshMs: Math.max(0, now() - at) })),
        });
      return published.length;
    },
    stop: () => {
      stopping = true;
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      visitor[Symbol.dispose]();
      await fetcher[Symbol.asyncDispose]();
      await reading[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Every request behind the one queue of hosts, and behind robots.txt where it is asked for; files go straight. */
function politely(
  fetcher: Fetcher,
  { settings }: Configuration,
  now: () => number,
): Pick<PollTools, "fetch"> & Disposable {
  const queue = createHostQueue({
    inFlight: settings.polling.inFlight,
    perHost: settings.polling.perHost,
    clock: { now: () => performance.now(), after: afterMs },
  });
  const inTurn = (request: FetchRequest, crawlDelayMs?: number): Promise<FetchOutcome> =>
    queue.run(new URL(request.url), () => fetcher.fetch({ ...request, beforeRedirect: (to) => queue.pace(to) }), {
      signal: request.signal,
      crawlDelayMs,
    });
  const robots = createRobots({ fetch: inTurn, now });
  return {
    async fetch(request, options) {
      if (request.url.startsWith("file:")) return fetcher.fetch(request);
      if (!options.robots) return inTurn(request);
      const { proxy, userAgent } = request;
      const verdict = await robots.ask(request.url, { proxy, userAgent });
      if (verdict.allowed) return inTurn(request, verdict.crawlDelayMs);
      const shown = showUrl(new URL(request.url));
      throw new FetchError(`Cannot visit ${shown}: its robots.txt asks us not to`, {
        code: "robots_disallowed",
        concerns: shown,
      });
    },
    [Symbol.dispose]: () => queue[Symbol.dispose](),
  };
}

function afterMs(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

interface FeedsToRebuild {
  readonly slugs: readonly FeedSlug[];
  /** The story that an earlier attempt came to. */
  readonly after: number;
  readonly memberships: ReturnType<typeof compileMemberships>;
  readonly now: number;
}

/** Stories looked at in one step of a rebuild. */
const REBUILD_STEP = 2_000;

/** Decides the membership of these feeds anew, in one walk over all stories that can be broken off. */
async function rebuildFeeds(store: Store, { slugs, after, memberships, now }: FeedsToRebuild): Promise<void> {
  const open = new Set(slugs);
  for (let from = after; open.size > 0; ) {
    const scan = await store.scanStories(from, REBUILD_STEP);
    const entering = Map.groupBy(scan.stories.flatMap(memberships.of), (membership) => membership.slug);
    for (const slug of open) {
      const step = { after: scan.after, done: scan.done, digest: memberships.digest(slug), now };
      if (await store.rebuildFeed(slug, { ...step, memberships: entering.get(slug) ?? [] })) open.delete(slug);
    }
    from = scan.after;
  }
}

/** Takes one value after the other from a source that is asked by one worker at a time; `limit` are at work at once. */
async function inParallel<T>(
  limit: number,
  values: AsyncGenerator<T>,
  work: (value: T) => Promise<void>,
): Promise<void> {
  const workers = Array.from({ length: limit }, async () => {
    // An async generator answers overlapping calls of next() in order.
    for (let next = await values.next(); next.done !== true; next = await values.next()) await work(next.value);
  });
  const results = await Promise.allSettled(workers);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

function activityOf({ outcome, code, stories, wireBytes, stageMs }: PollRecord): Activity {
  return {
    did: "poll",
    outcome,
    ...(code === undefined ? {} : { code }),
    stories,
    ...(wireBytes === undefined ? {} : { wireBytes }),
    ...(stageMs === undefined ? {} : { stageMs }),
  };
}

/** The same promise; how long it took is told once it was kept. */
async function timed<T>(work: Promise<T>, tell: (ms: number) => void): Promise<T> {
  const startedAt = performance.now();
  const value = await work;
  tell(performance.now() - startedAt);
  return value;
}

function logPoll(log: Logger, source: Source, record: PollRecord): void {
  const level = record.outcome === "failed" || record.outcome === "suspect" ? "warn" : "info";
  const { id: _id, faults, ...told } = pollJson(record);
  log[level](
    {
      event: "poll",
      source: source.id,
      ...told,
      ...(faults === undefined ? {} : { faults: record.faults?.length }),
    },
    `poll ${record.outcome}`,
  );
}
