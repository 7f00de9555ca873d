import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Question } from "./api.ts";
import type { Configuration } from "./config/settings.ts";
import { FetchError, RequestError, StoreError } from "./errors.ts";
import {
  createFetcher,
  DEFAULT_FETCH_LIMITS,
  type Fetcher,
  type FetchOutcome,
  type FetchRequest,
  formatUserAgent,
} from "./fetch/fetch.ts";
import { createHostQueue } from "./fetch/host-queue.ts";
import { createRobots } from "./fetch/robots.ts";
import type { Feed, FeedSlug } from "./model/feed.ts";
import type { PollRecord } from "./model/poll.ts";
import type { Source, SourceId } from "./model/source.ts";
import type { StoryId } from "./model/story.ts";
import { instantJson } from "./model/story-json.ts";
import { clusterOf } from "./normalize/identity.ts";
import { createCommitter } from "./poll/committer.ts";
import { createOutageWatch } from "./poll/outage.ts";
import { type PollTools, pollSource } from "./poll/poll.ts";
import { createReadingPool } from "./poll/pool.ts";
import { dueSources, interleaveHosts, nextCronRun, startTicking } from "./poll/schedule.ts";
import { pollJson } from "./poll/status.ts";
import { createBackgroundPublisher } from "./publish/background.ts";
import type { Site, SourceFacts } from "./publish/document.ts";
import { publishFeed } from "./publish/publish.ts";
import { createShelf } from "./publish/shelf.ts";
import { compileMemberships } from "./select/membership.ts";
import type { BoundAddress, WebServer } from "./serve/server.ts";
import { migrate, openDatabase } from "./store/database.ts";
import { lockInstance, pollerName } from "./store/lock.ts";
import { createSqlStore, openStore } from "./store/sql-store.ts";
import type { SourceState, Store } from "./store/store.ts";
import { VERSION } from "./version.ts";
import { createWire } from "./wire.ts";

/** Edges that tests replace. */
export interface Overrides {
  readonly now?: () => number;
  readonly random?: () => number;
}

/** A source is leased for so long while it is visited; a process that dies frees it by then. */
const LEASE_MS = 120_000;

/** Sources leased in one transaction. */
const LEASED_AT_ONCE = 128;

/** Applies migrations (after a backup beside the file) and answers a store that reads and writes. */
export async function openWritableStore({ settings }: Configuration): Promise<Store> {
  const database = openDatabase(settings.database);
  try {
    await migrate(database, settings.database.kind === "sqlite" ? { backupTo: settings.database.path } : {});
    return createSqlStore(database);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Brings the database to this program's schema before anything else opens it. */
export async function migrateDatabase(configuration: Configuration): Promise<void> {
  const store = await openWritableStore(configuration);
  await store[Symbol.asyncDispose]();
}

/** A fetcher for documents named on the command line; STORYWIRE_ALLOW_ADDRESSES holds for it too. */
export function createToolFetcher(): Fetcher {
  return createFetcher({
    limits: DEFAULT_FETCH_LIMITS,
    userAgent: formatUserAgent(VERSION),
    allowAddresses: (process.env.STORYWIRE_ALLOW_ADDRESSES ?? "").split(/[\s,]+/).filter((range) => range !== ""),
    filesRoot: process.cwd(),
    now: Date.now,
  });
}

export function siteOf({ settings }: Configuration): Site {
  const { title, baseUrl, language } = settings.service;
  return { title, baseUrl, language };
}

// --- polling

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
  overrides: Overrides & { readonly onCommitted?: () => void; readonly owner?: string } = {},
): Promise<Polling> {
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
  const owner = overrides.owner ?? randomBytes(8).toString("hex");
  const committer = createCommitter(store, { waitMs: 20, onCommitted: () => overrides.onCommitted?.() });
  const factsOf = factsReader(configuration);
  const publisher = createBackgroundPublisher(bySlug(feeds), {
    store,
    site: siteOf(configuration),
    factsOf: factsOf.of,
    prepare: () => factsOf.refresh(store),
    onProblem: (problem) =>
      log.error({ event: "gate", ...summaryOf(problem) }, "a document did not pass the gate, or left something out"),
  });
  const memberships = compileMemberships(feeds, sources, clusterOf);
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
      const definitions = feeds.map((feed) => ({ slug: feed.slug, digest: memberships.digestOf(feed) }));
      const rebuilds = await store.defineFeeds(definitions, now());
      for (const [after, group] of Map.groupBy(rebuilds, (rebuild) => rebuild.after))
        await rebuildFeeds(store, { slugs: group.map(({ slug }) => slug), after, memberships, now: now() });
      if (rebuilds.length > 0)
        log.info({ event: "feeds", rebuilt: rebuilds.map(({ slug }) => slug) }, "feed membership rebuilt");
    },
    publishChanged: () => publisher.publishChanged(),
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
      throw new FetchError(`Cannot visit ${request.url}: its robots.txt asks us not to`, {
        code: "robots_disallowed",
        concerns: request.url,
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

function logStoreFailure(log: Logger, error: unknown, message: string): void {
  log.error({ event: "store", code: error instanceof StoreError ? error.code : "unknown", err: error }, message);
}

function logPoll(log: Logger, source: Source, record: PollRecord): void {
  const level = record.outcome === "failed" || record.outcome === "suspect" ? "warn" : "info";
  const { id: _id, at, faults, ...told } = record;
  log[level](
    {
      event: "poll",
      source: source.id,
      at: instantJson(at),
      ...told,
      ...(faults === undefined ? {} : { faults: faults.length }),
    },
    `poll ${record.outcome}`,
  );
}

function summaryOf({
  slug,
  findings,
  faults,
}: {
  readonly slug: FeedSlug;
  readonly findings: readonly object[];
  readonly faults: readonly object[];
}): object {
  return { slug, findings: findings.slice(0, 10), faults: faults.slice(0, 10) };
}

function bySlug(feeds: readonly Feed[]): ReadonlyMap<FeedSlug, Feed> {
  return new Map(feeds.map((feed) => [feed.slug, feed]));
}

/** What sources say of themselves, as of the last refresh. */
function factsReader({ sources }: Configuration): {
  readonly of: SourceFacts;
  refresh(store: Pick<Store, "sourceStates">): Promise<void>;
} {
  const byId = new Map(sources.map((source) => [source.id, source]));
  let states = new Map<SourceId, SourceState>();
  return {
    of: (id) => {
      const source = byId.get(id);
      const facts = states.get(id)?.memory.facts;
      return { ...(source === undefined ? {} : { source }), ...(facts === undefined ? {} : { facts }) };
    },
    async refresh(store) {
      states = new Map((await store.sourceStates()).map((state) => [state.id, state]));
    },
  };
}

// --- the poller process

/** A poller that is told to end has ended by then. */
const POLLER_END_MS = 15_000;

/** The poller at work: `answer` does what the serving process asks for. */
export interface Poller extends AsyncDisposable {
  answer(question: Question): Promise<unknown>;
}

/** Visits sources as they fall due, until stopped. */
export async function runPoller(
  configuration: Configuration,
  log: Logger,
  options: Overrides & { readonly onCommitted?: () => void } = {},
): Promise<Poller> {
  await using starting = new AsyncDisposableStack();
  const { dataDir } = configuration.settings;
  // A poller whose service was killed ends by itself; its successor waits for it, then goes on under its name.
  starting.use(lockInstance(dataDir, { name: "poller", waitMs: POLLER_END_MS }));
  const owner = pollerName(dataDir);
  const polling = starting.use(await startPolling(configuration, log, { ...options, owner }));
  const now = options.now ?? Date.now;
  const busy = new Set<SourceId>();
  const running = new Set<Promise<unknown>>();
  await polling.defineFeeds();
  await polling.publishChanged();

  async function tick(): Promise<void> {
    try {
      const due = await sourcesDue();
      const free = configuration.settings.polling.inFlight - busy.size;
      if (free > 0 && due.length > 0) {
        visit(interleaveHosts(due).slice(0, free)).catch((error: unknown) => {
          logStoreFailure(log, error, "visits could not be stored");
        });
      }
      await polling.store.expireEntries(now());
      await polling.publishChanged();
    } catch (error) {
      logStoreFailure(log, error, "polling waits for the database");
    }
  }

  async function sourcesDue(): Promise<readonly Source[]> {
    const next = await polling.store.nextPolls();
    const states = new Map(
      [...next].map(([id, nextPollAt]) => [
        id,
        { id, nextPollAt, memory: { counts: [], suspectPolls: 0, failures: 0 } },
      ]),
    );
    return dueSources({ sources: configuration.sources, states, now: now(), busy });
  }

  async function visit(sources: readonly Source[]): Promise<readonly PollRecord[]> {
    for (const source of sources) busy.add(source.id);
    const visiting = polling.poll(sources, (source) => busy.delete(source.id));
    running.add(visiting);
    try {
      return await visiting;
    } finally {
      for (const source of sources) busy.delete(source.id);
      running.delete(visiting);
    }
  }

  const ticking = startTicking(tick);
  void tick();
  const started = starting.move();
  return {
    async answer(question) {
      if (question.ask === "delete") {
        const isDeleted = await polling.store.deleteStory(question.story as StoryId, now());
        options.onCommitted?.();
        return isDeleted;
      }
      const source = configuration.sources.find((one) => one.id === question.source);
      if (source === undefined) return null;
      const [record] = busy.has(source.id) ? [] : await visit([source]);
      if (record === undefined) {
        throw new StoreError(`${source.id} is being visited already`, { code: "busy", concerns: source.id });
      }
      return pollJson(record);
    },
    async [Symbol.asyncDispose]() {
      ticking.stop();
      polling.stop();
      await Promise.race([Promise.allSettled(running), new Promise((resolve) => setTimeout(resolve, 8_000).unref())]);
      await started.disposeAsync();
    },
  };
}

// --- the web process

/** Bytes of document bodies that the web process keeps in memory. */
const SHELF_BYTES = 128 * 1024 * 1024;

export interface Web extends AsyncDisposable {
  readonly address: BoundAddress;
  readonly server: WebServer;
  /** Looks for commits now rather than within half a second. */
  refresh(): Promise<void>;
}

export async function runWeb(
  configuration: Configuration,
  log: Logger,
  options: Overrides & { readonly poller?: Pick<PollerProcess, "alive" | "ask"> } = {},
): Promise<Web> {
  const { settings, feeds, sources } = configuration;
  const now = options.now ?? Date.now;
  const store = openStore(settings.database, { readOnly: true });
  const factsOf = factsReader(configuration);
  const shelf = createShelf(bySlug(feeds), {
    store,
    site: siteOf(configuration),
    factsOf: factsOf.of,
    publish: publishFeed,
    bytesMax: SHELF_BYTES,
    onProblem: (problem) =>
      log.error({ event: "gate", ...summaryOf(problem) }, "a document did not pass the gate; the last good one stays"),
  });
  const wire = createWire({
    configuration,
    store,
    shelf,
    factsOf: factsOf.of,
    now,
    pollerAlive: () => options.poller?.alive() ?? true,
  });

  let refreshing: Promise<void> | undefined;
  let stopping = false;
  /** Commits were made that we have not read yet: a reading that failed is made again. */
  let behind = false;
  async function look(): Promise<void> {
    if (stopping) return;
    behind = (await store.changedSinceAsked()) || behind;
    if (!behind) return;
    await factsOf.refresh(store);
    await shelf.refresh();
    await wire.refresh();
    behind = false;
  }
  function refresh(): Promise<void> {
    refreshing ??= look()
      .catch((error: unknown) =>
        log.warn({ event: "store", err: error }, "the database cannot be read; documents at hand are still answered"),
      )
      .finally(() => {
        refreshing = undefined;
      });
    return refreshing;
  }
  await refresh();
  const timer = setInterval(() => void refresh(), 500);
  // Only who serves loads Express and the pages.
  const { createServer } = await import("./serve/server.ts");
  const { createApi } = await import("./api.ts");
  const api = createApi({
    configuration,
    store,
    token: operatorToken(settings, log),
    listFeeds: () => wire.listFeeds(),
    ...(options.poller === undefined ? {} : { ask: options.poller.ask }),
  });
  const server = createServer(wire, { log, api });
  const address = await server.listen(settings.service.listen);
  log.info(
    { event: "listening", address: address.url, feeds: feeds.length, sources: sources.length },
    `listening on ${address.url}`,
  );
  return {
    address,
    server,
    refresh,
    async [Symbol.asyncDispose]() {
      stopping = true;
      clearInterval(timer);
      await server.close();
      await refreshing;
      await store[Symbol.asyncDispose]();
    },
  };
}

/** The operator's token: from the settings, else the one in the data folder, made at first need (mode 0600). */
function operatorToken({ token, dataDir }: Configuration["settings"], log: Logger): string {
  if (token !== undefined) return token;
  const file = join(dataDir, "token");
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(file, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
    log.info({ event: "token", file }, `the operator's token was written to ${file}`);
  }
  return readFileSync(file, "utf8").trim();
}

// --- one program of two processes

/** Waits this long before a poller that died is started again, doubled each time up to a minute. */
const RESTART_MS = 500;

export interface PollerProcess extends AsyncDisposable {
  alive(): boolean;
  /** Asks the process that writes; rejects with RequestError `poller_down` where it does not run, or ends meanwhile. */
  ask(question: Question): Promise<unknown>;
}

/** What the poller tells the process that started it. */
export type PollerMessage =
  | { readonly committed: true }
  | {
      readonly answer: number;
      readonly value?: unknown;
      readonly error?: { readonly code: string; readonly message: string };
    };

/** A question with its number. */
export interface NumberedQuestion {
  readonly number: number;
  readonly question: Question;
}

/** Keeps a poller process running beside this one; `onCommitted` is called whenever it stored something. */
export function supervisePoller(
  command: { readonly file: string; readonly args: readonly string[] },
  log: Logger,
  onCommitted: () => void,
): PollerProcess {
  let child: ChildProcess | undefined;
  let stopping = false;
  let waitMs = RESTART_MS;
  let timer: NodeJS.Timeout | undefined;
  let ended: () => void = () => {};
  let asked = 0;
  const waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }
  >();

  function hear(message: PollerMessage): void {
    if ("committed" in message) {
      onCommitted();
      return;
    }
    const one = waiting.get(message.answer);
    waiting.delete(message.answer);
    if (message.error === undefined) one?.resolve(message.value);
    else one?.reject(new RequestError(message.error.message, { code: message.error.code, status: 503 }));
  }

  function pollerDown(): RequestError {
    return new RequestError("The poller does not run just now", { code: "poller_down", status: 503 });
  }

  function start(): void {
    child = fork(command.file, command.args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const startedAt = performance.now();
    // Only our own program speaks on this channel.
    child.on("message", (message) => hear(message as PollerMessage));
    child.on("exit", (code, signal) => {
      child = undefined;
      for (const { reject } of waiting.values()) reject(pollerDown());
      waiting.clear();
      ended();
      if (stopping) return;
      if (performance.now() - startedAt > 60_000) waitMs = RESTART_MS;
      log.error({ event: "poller", code, signal, restartInMs: waitMs }, "the poller ended; it is started again");
      timer = setTimeout(start, waitMs);
      waitMs = Math.min(waitMs * 2, 60_000);
    });
  }
  start();
  return {
    alive: () => child !== undefined,
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (child === undefined) return reject(pollerDown());
        asked += 1;
        waiting.set(asked, { resolve, reject });
        child.send({ number: asked, question } satisfies NumberedQuestion);
      }),
    async [Symbol.asyncDispose]() {
      stopping = true;
      clearTimeout(timer);
      const running = child;
      if (running === undefined) return;
      const end = new Promise<void>((resolve) => {
        ended = resolve;
      });
      running.kill("SIGTERM");
      const last = setTimeout(() => running.kill("SIGKILL"), 10_000);
      await end;
      clearTimeout(last);
    },
  };
}
