import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Configuration } from "../config/settings.ts";
import { StoreError } from "../errors.ts";
import { conditionOf, sourceConditions } from "../poll/status.ts";
import { createRequestShelf } from "../publish/request-shelf.ts";
import { createShelf, type Shelf } from "../publish/shelf.ts";
import type { Api } from "../serve/api/operations.ts";
import { type Activity, createMetrics, type Gauges, type Metrics } from "../serve/metrics.ts";
import type { BoundAddress, WebServer } from "../serve/server.ts";
import type { Wire } from "../serve/wire.ts";
import { openStore } from "../store/sql-store.ts";
import type { Store } from "../store/store.ts";
import { createFeedTokens } from "./feed-tokens.ts";
import { factsReader, type Overrides, summaryOf, tellListening } from "./parts.ts";
import { createRenderer, type Renderer } from "./renderer.ts";
import type { PollerProcess } from "./supervise.ts";
import { createWire } from "./wire.ts";

/** Bytes of document bodies kept in memory, by all processes that serve together. */
const SHELF_BYTES = 128 * 1024 * 1024;

/** The same for documents that readers made up, and how many of them. */
const REQUESTED_BYTES = 32 * 1024 * 1024;
const REQUESTED_DOCUMENTS = 2_000;

/** How often the tokens of feeds are looked at. */
const TOKENS_MS = 2_000;

/** How long answers that were under way may still need what was replaced. */
const RETIRE_MS = 60_000;

export interface Web extends AsyncDisposable {
  readonly address: BoundAddress;
  readonly server: WebServer;
  /** Adds to the metrics what the poller has done. */
  count(activity: Activity): void;
  /** Looks for commits now rather than within half a second. */
  refresh(): Promise<void>;
  /** Serves another configuration from the next request on; what listens and the database stay. */
  replace(configuration: Configuration): Promise<void>;
  /** The first half of that: nothing changes for readers before `install`. */
  prepare(configuration: Configuration): Promise<PreparedSite>;
  /** Whether this process, whatever the others, is to be sent readers. */
  isReady(): boolean;
  /** What this process counts, for the text of all. */
  collectMetrics(): ReturnType<Metrics["collect"]>;
}

/** A configuration that could be served. */
export interface PreparedSite extends AsyncDisposable {
  install(): Promise<void>;
}

export interface WebOptions extends Overrides {
  /** Where to listen, if not where the configuration says; then somebody else tells of it. */
  readonly listen?: Parameters<WebServer["listen"]>[0];
  /** When the service started, milliseconds since 1970 UTC; absent: now. */
  readonly startedAt?: number;
  /** Other processes that serve beside this one are ready, too. */
  readonly othersReady?: () => boolean;
  /** The metrics of all processes as text; absent: this one is all there is. */
  readonly gatherMetrics?: () => Promise<string>;
  readonly poller?: Pick<PollerProcess, "alive" | "ask" | "storeFault">;
  /** Why the files are not what is running; null where they are. */
  readonly configurationFault?: () => string | null;
}

/** What one configuration makes of the service: replaced whole. */
interface Site extends AsyncDisposable {
  readonly wire: Wire & { isReady(): boolean };
  readonly api: Api;
  readonly renderer: Renderer;
  readGauges(): Promise<Gauges>;
  /** Reads again what commits may have changed. */
  refresh(): Promise<void>;
}

/** What stays whatever the configuration says: documents at hand are answered all through a reload. */
interface SiteParts {
  readonly metrics: Metrics;
  readonly store: Store;
  readonly shelf: Shelf;
  /** Why the last look at the database failed. */
  readonly readFault: () => string | null;
}

async function createSite(configuration: Configuration, log: Logger, options: WebOptions & SiteParts): Promise<Site> {
  const { metrics, store, shelf } = options;
  const { settings, feeds, sources } = configuration;
  const now = options.now ?? Date.now;
  // First what may fail: a folder that may not be written to.
  const token = operatorToken(settings, log);
  const factsOf = factsReader(configuration);
  const renderer = createRenderer(configuration, {
    onEnd: (error) => log.error({ event: "renderer", err: error }, "the renderer ended; it is started again"),
  });
  /** Moves with every commit that was seen. */
  let commits = 0;
  const requestShelf = createRequestShelf({
    async make(request, asked) {
      const answer = await renderer.ask({ kind: "request", request, ...asked });
      if (answer.kind === "made")
        metrics.count({ did: "render", documents: 1, refused: answer.publication.snapshot === undefined ? 1 : 0 });
      return answer;
    },
    revisionOf: ({ origin }) => (origin.kind === "feed" ? (shelf.head(origin.slug)?.revision ?? 0) : commits),
    now,
    bytesMax: REQUESTED_BYTES / settings.service.webWorkers,
    documentsMax: REQUESTED_DOCUMENTS,
    onProblem: (problem) => log.error({ event: "gate", ...summaryOf(problem) }, "a document did not pass the gate"),
  });
  const locked = feeds.filter((feed) => feed.access === "token").map(({ slug }) => slug);
  const tokens = createFeedTokens(settings.dataDir, locked, ({ slug, file }) =>
    log.info({ event: "token", feed: slug, file }, `the token of ${slug} was written to ${file}`),
  );
  const wire = createWire({
    configuration,
    store,
    shelf,
    requestShelf,
    tokens,
    gatherPage: (request) => renderer.ask({ kind: "page", request, now: now() }),
    async readFacts(id) {
      await factsOf.refresh(store, [id]);
      return factsOf.of;
    },
    now,
    startedAt: options.startedAt,
    othersReady: () => options.othersReady?.() ?? true,
    configurationFault: () => options.configurationFault?.() ?? null,
    pollerAlive: () => options.poller?.alive() ?? true,
    storeFault,
  });

  function storeFault(): string | null {
    return options.readFault() ?? options.poller?.storeFault() ?? null;
  }

  async function readGauges(): Promise<Gauges> {
    await factsOf.refresh(store).catch(() => {});
    const states = factsOf.states();
    const conditions = sources.map((source) => conditionOf(source, states.get(source.id)));
    const lastSuccesses = sources.flatMap((source) =>
      source.paused ? [] : (states.get(source.id)?.memory.lastSuccessAt ?? []),
    );
    return {
      sourcesByState: Object.fromEntries(
        sourceConditions.map((state) => [state, conditions.filter((condition) => condition === state).length]),
      ),
      successAges: lastSuccesses.map((at) => (now() - at) / 1000),
      feeds: feeds.length,
      entries: await wire.countEntries().catch(() => null),
      pollerUp: options.poller?.alive() ?? false,
      databaseUp: storeFault() === null,
      ready: wire.health().ready,
      configurationOk: (options.configurationFault?.() ?? null) === null,
      configurationPending: options.configurationFault?.() === "pending",
    };
  }

  function refreshTokens(): void {
    try {
      tokens.refresh();
    } catch (error) {
      log.error({ event: "token", err: error }, "the tokens of feeds cannot be read; those known stay valid");
    }
  }
  const tokenTimer = setInterval(refreshTokens, TOKENS_MS);
  const { createApi } = await import("./api.ts");
  const api = createApi({
    configuration,
    store,
    token,
    now,
    changedAt: ({ slug }) => shelf.head(slug)?.changedAt,
    ...(options.poller === undefined ? {} : { ask: options.poller.ask }),
  });
  return {
    wire,
    api,
    renderer,
    readGauges,
    async refresh() {
      await wire.refresh();
      commits += 1;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(tokenTimer);
      await renderer[Symbol.asyncDispose]();
    },
  };
}

/** Serves until disposed of. */
export async function runWeb(configuration: Configuration, log: Logger, options: WebOptions = {}): Promise<Web> {
  const metrics = createMetrics(() => site.readGauges());
  const store = openStore(configuration.settings.database, { readOnly: true });
  const shelf = createShelf({
    store,
    async make(head, format) {
      const publication = await site.renderer.ask({ kind: "feed", slug: head.slug, format, head });
      metrics.count({ did: "render", documents: 1, refused: publication.snapshot === undefined ? 1 : 0 });
      return publication;
    },
    bytesMax: SHELF_BYTES / configuration.settings.service.webWorkers,
    onProblem: (problem) =>
      log.error({ event: "gate", ...summaryOf(problem) }, "a document did not pass the gate; the last good one stays"),
  });
  let readFault: string | null = null;
  const startedAt = options.startedAt ?? (options.now ?? Date.now)();
  const parts = { ...options, startedAt, metrics, store, shelf, readFault: () => readFault };
  let site = await createSite(configuration, log, parts);
  let refreshing: Promise<void> | undefined;
  let stopping = false;
  /** Commits were made that we have not read yet: a reading that failed is made again. */
  let behind = false;
  async function look(): Promise<void> {
    if (stopping) return;
    behind = (await store.changedSinceAsked()) || behind || readFault !== null;
    if (!behind) return;
    await shelf.refresh();
    await site.refresh();
    behind = false;
    readFault = null;
  }
  function refresh(): Promise<void> {
    refreshing ??= look()
      .catch((error: unknown) => {
        const code = error instanceof StoreError ? error.code : "store_failed";
        // Told once: it is looked at twice a second.
        if (code !== readFault)
          log.warn({ event: "store", code, err: error }, "the database cannot be read; documents at hand are answered");
        readFault = code;
      })
      .finally(() => {
        refreshing = undefined;
      });
    return refreshing;
  }
  /** Another configuration answers from here on. */
  async function install(next: Site): Promise<void> {
    await refreshing;
    site = next;
    behind = true;
    await refresh();
  }
  await refresh();
  const timer = setInterval(() => void refresh(), 500);
  /** Sites that answer no new request, each with the timer of its end. */
  const retired = new Map<Site, NodeJS.Timeout>();
  // Only who serves loads Express and the pages.
  const { createServer } = await import("../serve/server.ts");
  const { trustProxy, listen } = configuration.settings.service;
  const { gatherMetrics } = options;
  const shownMetrics = gatherMetrics === undefined ? metrics : { ...metrics, render: gatherMetrics };
  const server = createServer(site.wire, { log, api: site.api, metrics: shownMetrics, trustProxy });
  const address = await server.listen(options.listen ?? listen);
  if (options.listen === undefined) tellListening(log, address, configuration);

  async function prepare(next: Configuration): Promise<PreparedSite> {
    const made = await createSite(next, log, parts);
    return {
      async install() {
        const before = site;
        await install(made);
        server.replace(site.wire, site.api);
        log.level = next.settings.logLevel;
        retired.set(before, setTimeout(() => void end(before), RETIRE_MS).unref());
      },
      [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
    };
  }

  async function end(one: Site): Promise<void> {
    clearTimeout(retired.get(one));
    retired.delete(one);
    await one[Symbol.asyncDispose]();
  }

  return {
    address,
    server,
    count: (activity) => metrics.count(activity),
    refresh,
    replace: async (next) => (await prepare(next)).install(),
    prepare,
    isReady: () => site.wire.isReady(),
    collectMetrics: () => metrics.collect(),
    async [Symbol.asyncDispose]() {
      await server.close();
      stopping = true;
      clearInterval(timer);
      await refreshing;
      await Promise.all([site, ...retired.keys()].map(end));
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
