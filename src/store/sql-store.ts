import { backupDatabase } from "./backup.ts";
import { appliedConfiguration, appliedDigest, saveApplied } from "./configurations.ts";
import { type Database, type DatabaseAddress, type OpenOptions, openDatabase, storeError } from "./database.ts";
import { defineFeeds, expireEntries, feedHeads, publishedSlugs, rebuildFeed, sweepLists } from "./feed-lists.ts";
import { forgetSource } from "./forget.ts";
import { createKeeper, keptBodies } from "./kept-bodies.ts";
import { digestsBefore, rawDigests, storiesForPoll } from "./known-stories.ts";
import { correctStory, retractStory } from "./operator-writes.ts";
import { applyPolls } from "./poll-writes.ts";
import { deleteStory, prune } from "./retention.ts";
import { searchStories } from "./search.ts";
import { findSnapshot, saveSnapshots } from "./snapshots.ts";
import { leaseSources, listPolls, nextPolls, pauseSource, releaseSources, sourceStates } from "./sources.ts";
import { inTransaction, query } from "./sql.ts";
import type { Store } from "./store.ts";
import {
  countEntries,
  findStory,
  newestEntries,
  newestOfSource,
  newestStories,
  scanStories,
  storiesById,
  storiesByKey,
  storyHistory,
} from "./story-reads.ts";
import { diskBytes, measureSource, sourceUsage } from "./usage.ts";

/** Entries removed in one commit at most. */
const ENTRIES_BATCH = 2_000;

/** Opens a database whose schema is current; see `migrate`. */
export function openStore(address: DatabaseAddress, options: OpenOptions = {}): Store {
  return createSqlStore(openDatabase(address, options));
}

/** The contract in SQL over an open, migrated database; the store closes it. */
export function createSqlStore(database: Database): Store {
  let version = "";
  const keep = createKeeper();
  const store: Omit<Store, typeof Symbol.asyncDispose> = {
    storiesForPoll: (sourceId, keys) => storiesForPoll(database, sourceId, keys),
    rawDigests: (sourceId) => rawDigests(database, sourceId),
    digestsBefore: (ids) => digestsBefore(database, ids),
    storiesById: (ids) => storiesById(database, ids),
    async apply(changes, limits) {
      if (changes.length === 0) return;
      await inTransaction(database, async (sql) => {
        await applyPolls(sql, changes);
        if (limits !== undefined) await keep(sql, changes, limits);
      });
    },
    deleteStory: (id, now) => deleteStory(database, id, now),
    correctStory: (correction) => correctStory(database, correction),
    retractStory: (id, change) => retractStory(database, id, change),
    pauseSource: (id, pause) => pauseSource(database, id, pause),

    sourceStates: (ids) => sourceStates(database, ids),
    nextPolls: () => nextPolls(database),
    leaseSources: (ids, lease) => leaseSources(database, ids, lease),
    releaseSources: (ids, owner) => releaseSources(database, ids, owner),
    listPolls: (sourceId, limit) => listPolls(database, sourceId, limit),
    keptBodies: (sourceId) => keptBodies(database, sourceId),
    forgetSource: (id, now) => forgetSource(database, id, now),

    appliedConfiguration: () => appliedConfiguration(database),
    appliedDigest: () => appliedDigest(database),
    saveApplied: (configuration, change) => saveApplied(database, configuration, change),

    defineFeeds: (feeds, now) => defineFeeds(database, feeds, now),
    scanStories: (after, limit) => scanStories(database, after, limit),
    rebuildFeed: (slug, step) => rebuildFeed(database, slug, step),
    expireEntries: (now) => expireEntries(database, now, ENTRIES_BATCH),

    publishedSlugs: () => publishedSlugs(database),
    feedHeads: (touchedAfter = -1) => feedHeads(database, touchedAfter),
    newestEntries: (slug, limit) => newestEntries(database, slug, limit),
    newestOfSource: (sourceId, limit) => newestOfSource(database, sourceId, limit),
    newestStories: (limit) => newestStories(database, limit),
    countEntries: (slug, max) => countEntries(database, slug, max),
    search: (text, limit) => searchStories(database, text, limit),
    findStory: (id) => findStory(database, id),
    storiesByKey: (key) => storiesByKey(database, key),
    storyHistory: (id) => storyHistory(database, id),

    snapshot: (slug, format) => findSnapshot(database, slug, format),
    saveSnapshots: (snapshots) => saveSnapshots(database, snapshots),

    async prune(rules, step) {
      const swept = await sweepLists(database, ENTRIES_BATCH);
      const pruned = await prune(database, rules, step);
      return { ...pruned, removed: pruned.removed + swept };
    },
    sourceUsage: () => sourceUsage(database),
    measureSource: (id, now) => measureSource(database, id, now),
    diskBytes: () => diskBytes(database),
    async probe() {
      await query(database, "insert into stale_lists (list) values (0) on conflict do nothing");
      await query(database, "delete from stale_lists where list = 0");
    },
    async changedSinceAsked() {
      const now = await versionOf(database);
      const changed = now !== version;
      version = now;
      return changed;
    },
    backup: async (file) => backupDatabase(database, file),
  };
  return { ...withStoreErrors(store), [Symbol.asyncDispose]: () => database.close() };
}

/** Changes with every commit of another connection: SQLite's own counter, Postgres' view of transactions. */
async function versionOf(database: Database): Promise<string> {
  if (database.sqlite !== undefined) return String(database.sqlite.pragma("data_version", { simple: true }));
  const [row] = await query<{ version: string }>(database, "select pg_current_snapshot()::text as version");
  return row?.version ?? "";
}

/** Every method's failure as a StoreError. */
function withStoreErrors<T extends object>(store: T): T {
  const wrapped = Object.entries(store).map(([name, method]) => [
    name,
    async (...values: readonly unknown[]) => {
      try {
        return await method(...values);
      } catch (error) {
        throw storeError(error);
      }
    },
  ]);
  // The cast holds: each method keeps its name, arguments and answer.
  return Object.fromEntries(wrapped) as T;
}
