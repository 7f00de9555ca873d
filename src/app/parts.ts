import type { Logger } from "pino";
import type { Configuration } from "../config/settings.ts";
import { StoreError } from "../errors.ts";
import type { Feed, FeedSlug } from "../model/feed.ts";
import type { SourceId } from "../model/source.ts";
import type { Site, SourceFacts } from "../publish/document.ts";
import { migrate, openDatabase } from "../store/database.ts";
import { createSqlStore } from "../store/sql-store.ts";
import type { SourceState, Store } from "../store/store.ts";

/** Edges that tests replace. */
export interface Overrides {
  readonly now?: () => number;
  readonly random?: () => number;
}

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

/** One line of the log that names the address: whoever started the service waits for it. */
export function tellListening(
  log: Logger,
  address: { readonly url: string },
  { settings, feeds, sources }: Configuration,
): void {
  const { webWorkers } = settings.service;
  const told = { event: "listening", address: address.url, feeds: feeds.length, sources: sources.length };
  log.info(webWorkers === 1 ? told : { ...told, workers: webWorkers }, `listening on ${address.url}`);
}

export function siteOf({ settings }: Configuration): Site {
  const { title, baseUrl, language } = settings.service;
  return { title, baseUrl, language };
}

export function logStoreFailure(log: Logger, error: unknown, message: string): void {
  log.error({ event: "store", code: error instanceof StoreError ? error.code : "unknown", err: error }, message);
}

export function summaryOf({
  slug,
  findings,
  faults,
}: {
  readonly slug: string;
  readonly findings: readonly object[];
  readonly faults: readonly object[];
}): object {
  return { slug, findings: findings.slice(0, 10), faults: faults.slice(0, 10) };
}

export function bySlug(feeds: readonly Feed[]): ReadonlyMap<FeedSlug, Feed> {
  return new Map(feeds.map((feed) => [feed.slug, feed]));
}

/** What sources say of themselves, as of the last refresh. */
export function factsReader({ sources }: Configuration): {
  readonly of: SourceFacts;
  readonly states: () => ReadonlyMap<SourceId, SourceState>;
  /** Reads what is known of all sources, or anew of these. */
  refresh(store: Pick<Store, "sourceStates">, ids?: readonly SourceId[]): Promise<void>;
} {
  const byId = new Map(sources.map((source) => [source.id, source]));
  let states = new Map<SourceId, SourceState>();
  return {
    of: (id) => {
      const source = byId.get(id);
      const facts = states.get(id)?.memory.facts;
      return { ...(source === undefined ? {} : { source }), ...(facts === undefined ? {} : { facts }) };
    },
    states: () => states,
    async refresh(store, ids) {
      const read = await store.sourceStates(ids);
      if (ids === undefined) states = new Map();
      for (const state of read) states.set(state.id, state);
    },
  };
}
