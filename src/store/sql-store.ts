import { existsSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { CompiledQuery, type Kysely, sql, type Transaction } from "kysely";
import { StoreError } from "../errors.ts";
import type { IdentityKey } from "../model/candidate.ts";
import type { FeedSlug } from "../model/feed.ts";
import { freshMemory, type PollRecord, type SourceMemory } from "../model/poll.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { IdentityRule, SourceId } from "../model/source.ts";
import type { Story, StoryDates, StoryId } from "../model/story.ts";
import { type Database, type DatabaseAddress, type OpenOptions, openDatabase, storeError } from "./database.ts";
import { openingOf, parseOwn, recordText, type StoryRow, searchText, storyOf } from "./rows.ts";
import type {
  FeedHead,
  KnownStory,
  Membership,
  NewStory,
  PollChanges,
  Sighting,
  SourceState,
  Store,
  StoryHistory,
  StoryUpdate,
} from "./store.ts";
import type { Tables } from "./tables.ts";

type Connection = Kysely<Tables> | Transaction<Tables>;

/** Values in one `in (…)` at most, below the parameter limits of both databases. */
const IN_LIST = 500;

/** Opens a database whose schema is current; see `migrate`. */
export function openStore(address: DatabaseAddress, options: OpenOptions = {}): Store {
  return createSqlStore(openDatabase(address, options));
}

/** The contract in SQL over an open, migrated database; the store closes it. */
export function createSqlStore(database: Database): Store {
  const { db, kind } = database;
  let dataVersion = 0;

  const store: Omit<Store, typeof Symbol.asyncDispose> = {
    async storiesForPoll(sourceId, keys) {
      const ids = new Set<string>();
      for (const part of chunks(keys, IN_LIST)) {
        const rows = await db
          .selectFrom("story_keys")
          .select("story_id")
          .where("source_id", "=", sourceId)
          .where(({ eb, or, and }) =>
            or(KINDS.map((name) => and([eb("kind", "=", name), eb("key", "in", keysOf(part, name))]))),
          )
          .execute();
        for (const row of rows) ids.add(row.story_id);
      }
      const present = await db
        .selectFrom("stories")
        .select("id")
        .where("source_id", "=", sourceId)
        .where("present", "=", 1)
        .execute();
      for (const row of present) ids.add(row.id);
      return knownStories(db, [...ids].sort());
    },

    async rawDigests(sourceId) {
      const rows = await db
        .selectFrom("stories")
        .select("raw_digest")
        .where("source_id", "=", sourceId)
        .where("present", "=", 1)
        .where("held", "is", null)
        .where("withdrawn_at", "is", null)
        .execute();
      return new Set(rows.map((row) => row.raw_digest));
    },

    async digestsBefore(ids) {
      const digests = new Map<StoryId, string[]>();
      for (const part of chunks(ids, IN_LIST)) {
        const rows = await db
          .selectFrom("revisions")
          .select(["story_id", "digest"])
          .where("story_id", "in", part)
          .orderBy("story_id")
          .orderBy("revision", "desc")
          .execute();
        for (const row of rows) {
          const id = row.story_id as StoryId;
          digests.set(id, [...(digests.get(id) ?? []), row.digest]);
        }
      }
      return digests;
    },

    async storiesById(ids) {
      const stories: Story[] = [];
      for (const part of chunks(ids, IN_LIST)) {
        const rows = await db.selectFrom("stories").selectAll().where("id", "in", part).execute();
        stories.push(...rows.map(storyOf));
      }
      return stories;
    },

    async apply(changes) {
      await inTransaction(db, async (trx) => {
        for (const change of changes) await applyPoll(trx, kind, change);
      });
    },

    async deleteStory(id, now) {
      return inTransaction(db, async (trx) => {
        const touched = await feedsShowing(trx, [id]);
        await unindexStories(trx, kind, [id]);
        await trx.deleteFrom("feed_entries").where("story_id", "=", id).execute();
        const deleted = await trx
          .updateTable("stories")
          .set({ deleted_at: now, title: "", record: JSON.stringify(DELETED_RECORD), dates: "{}" })
          .where("id", "=", id)
          .where("deleted_at", "is", null)
          .returning("id")
          .executeTakeFirst();
        await trx.deleteFrom("revisions").where("story_id", "=", id).execute();
        await touchFeeds(trx, touched, now);
        return deleted !== undefined;
      });
    },

    async sourceStates(ids) {
      let query = db.selectFrom("sources").selectAll().orderBy("id");
      if (ids !== undefined) query = query.where("id", "in", [...ids]);
      const rows = ids?.length === 0 ? [] : await query.execute();
      return rows.map((row): SourceState => {
        const lastPoll = row.last_poll === null ? undefined : parseOwn<PollRecord>(row.last_poll);
        return {
          id: row.id as SourceId,
          memory: parseOwn<SourceMemory>(row.memory),
          nextPollAt: row.next_poll_at,
          ...(lastPoll === undefined ? {} : { lastPoll }),
        };
      });
    },

    async nextPolls() {
      const rows = await db.selectFrom("sources").select(["id", "next_poll_at"]).execute();
      return new Map(rows.map((row) => [row.id as SourceId, row.next_poll_at]));
    },

    async leaseSources(ids, { owner, now, untilMs }) {
      if (ids.length === 0) return [];
      return inTransaction(db, async (trx) => {
        for (const id of ids) {
          await trx
            .insertInto("sources")
            .values({
              id,
              memory: JSON.stringify(freshMemory),
              next_poll_at: 0,
              last_success_at: null,
              last_poll: null,
              lease_owner: null,
              lease_until: null,
            })
            .onConflict((conflict) => conflict.column("id").doNothing())
            .execute();
        }
        const rows = await trx
          .updateTable("sources")
          .set({ lease_owner: owner, lease_until: untilMs })
          .where("id", "in", [...ids])
          .where(({ eb, or }) =>
            or([eb("lease_until", "is", null), eb("lease_until", "<=", now), eb("lease_owner", "=", owner)]),
          )
          .returning("id")
          .execute();
        return rows.map((row) => row.id as SourceId);
      });
    },

    async releaseSources(ids, owner) {
      if (ids.length === 0) return;
      await db
        .updateTable("sources")
        .set({ lease_owner: null, lease_until: null })
        .where("id", "in", [...ids])
        .where("lease_owner", "=", owner)
        .execute();
    },

    async defineFeeds(feeds, now) {
      return inTransaction(db, async (trx) => {
        const known = new Map(
          (await trx.selectFrom("feeds").select(["slug", "digest"]).execute()).map((row) => [row.slug, row.digest]),
        );
        const wanted = new Set<string>(feeds.map((feed) => feed.slug));
        for (const slug of known.keys()) {
          if (wanted.has(slug)) continue;
          await trx.deleteFrom("feed_entries").where("slug", "=", slug).execute();
          await trx.deleteFrom("snapshots").where("slug", "=", slug).execute();
          await trx.deleteFrom("feeds").where("slug", "=", slug).execute();
        }
        for (const { slug } of feeds) {
          if (known.has(slug)) continue;
          await trx
            .insertInto("feeds")
            .values({
              slug,
              digest: "",
              revision: 0,
              changed_at: now,
              touched: await nextTouch(trx),
              generation: 0,
              sequence: 0,
            })
            .execute();
        }
        return feeds.filter((feed) => known.get(feed.slug) !== feed.digest).map((feed) => feed.slug);
      });
    },

    async scanStories(after, limit) {
      const rows = await db
        .selectFrom("stories")
        .selectAll()
        .where("n", ">", after)
        .where("deleted_at", "is", null)
        .where("withdrawn_at", "is", null)
        .orderBy("n")
        .limit(limit)
        .execute();
      const last = rows.at(-1);
      return { stories: rows.map(storyOf), next: last === undefined || rows.length < limit ? null : last.n };
    },

    async rebuildFeed(slug, { memberships, first, done, digest, now }) {
      await inTransaction(db, async (trx) => {
        const feed = await trx.selectFrom("feeds").selectAll().where("slug", "=", slug).executeTakeFirst();
        if (feed === undefined) return;
        const generation = feed.generation + 1;
        if (first)
          await trx.deleteFrom("feed_entries").where("slug", "=", slug).where("generation", "=", generation).execute();
        await insertEntries(trx, kind, { slug, generation, memberships });
        if (!done) return;
        await trx.updateTable("feeds").set({ generation, digest }).where("slug", "=", slug).execute();
        await trx.deleteFrom("feed_entries").where("slug", "=", slug).where("generation", "<", generation).execute();
        await touchFeeds(trx, [slug], now);
      });
    },

    async expireEntries(now) {
      return inTransaction(db, async (trx) => {
        const gone = await trx
          .deleteFrom("feed_entries")
          .where("leaves_at", "is not", null)
          .where("leaves_at", "<=", now)
          .returning(["slug", "leaves_at"])
          .execute();
        const lastOf = new Map<string, number>();
        for (const row of gone) lastOf.set(row.slug, Math.max(lastOf.get(row.slug) ?? 0, row.leaves_at ?? 0));
        for (const [slug, at] of [...lastOf].sort()) await touchFeeds(trx, [slug], at);
        return [...lastOf.keys()].sort() as FeedSlug[];
      });
    },

    async feedHeads(touchedAfter = -1) {
      const rows = await db
        .selectFrom("feeds")
        .select(["slug", "revision", "changed_at", "touched"])
        .where("touched", ">", touchedAfter)
        .orderBy("touched")
        .execute();
      return rows.map(
        (row): FeedHead => ({
          slug: row.slug as FeedSlug,
          revision: row.revision,
          changedAt: row.changed_at,
          touched: row.touched,
        }),
      );
    },

    async newestEntries(slug, limit) {
      const rows = await db
        .selectFrom("feed_entries")
        .innerJoin("stories", "stories.id", "feed_entries.story_id")
        .selectAll("stories")
        .where("feed_entries.slug", "=", slug)
        .where("feed_entries.generation", "=", (eb) =>
          eb.selectFrom("feeds").select("generation").where("slug", "=", slug),
        )
        .orderBy("feed_entries.published_at", "desc")
        .orderBy("feed_entries.position")
        .orderBy("feed_entries.story_id")
        .limit(limit)
        .execute();
      return rows.map(storyOf);
    },

    async newestOfSource(sourceId, limit) {
      const rows = await db
        .selectFrom("stories")
        .selectAll()
        .where("source_id", "=", sourceId)
        .where("deleted_at", "is", null)
        .orderBy("published_at", "desc")
        .orderBy("position")
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(storyOf);
    },

    async countEntries(slug) {
      const row = await db
        .selectFrom("feed_entries")
        .select(({ fn }) => fn.countAll<number>().as("entries"))
        .where("slug", "=", slug)
        .where("generation", "=", (eb) => eb.selectFrom("feeds").select("generation").where("slug", "=", slug))
        .executeTakeFirstOrThrow();
      return Number(row.entries);
    },

    async search(query, limit) {
      const words = searchText(query.slice(0, 1_000)).split(" ").filter((word) => word !== "").slice(0, 16);
      if (words.length === 0) return [];
      const numbers = kind === "sqlite" ? await searchSqlite(db, words, limit) : await searchPostgres(db, words, limit);
      if (numbers.length === 0) return [];
      const rows = await db
        .selectFrom("stories")
        .selectAll()
        .where("n", "in", numbers)
        .where("deleted_at", "is", null)
        .execute();
      return rows.map(storyOf).sort(newestFirst);
    },

    async findStory(id) {
      const row = await db
        .selectFrom("stories")
        .leftJoin("sources", "sources.id", "stories.source_id")
        .selectAll("stories")
        .select("sources.last_success_at")
        .where("stories.id", "=", id)
        .where("stories.deleted_at", "is", null)
        .executeTakeFirst();
      if (row === undefined) return null;
      const story = storyOf(row);
      return row.present === 1 ? { ...story, lastSeenAt: Math.max(story.lastSeenAt, row.last_success_at ?? 0) } : story;
    },

    async findStoryByUrl(cluster) {
      const key = await db
        .selectFrom("story_keys")
        .select("story_id")
        .where("kind", "=", "url")
        .where("key", "=", cluster)
        .orderBy("source_id")
        .executeTakeFirst();
      return key === undefined ? null : store.findStory(key.story_id);
    },

    async storyHistory(id) {
      const story = await store.findStory(id);
      return story === null ? null : readHistory(db, story);
    },

    async snapshot(slug, format) {
      const row = await db
        .selectFrom("snapshots")
        .selectAll()
        .where("slug", "=", slug)
        .where("format", "=", format)
        .executeTakeFirst();
      if (row === undefined) return null;
      const snapshot: Snapshot = {
        slug,
        format,
        mediaType: row.media_type,
        tag: row.tag,
        lastModifiedAt: row.last_modified_at,
        identity: gunzipSync(row.gzip),
        gzip: row.gzip,
        zstd: row.zstd,
      };
      return { snapshot, revision: row.revision };
    },

    async saveSnapshots(snapshots) {
      await inTransaction(db, async (trx) => {
        for (const { snapshot, revision } of snapshots) {
          const row = {
            revision,
            media_type: snapshot.mediaType,
            tag: snapshot.tag,
            last_modified_at: snapshot.lastModifiedAt,
            gzip: snapshot.gzip,
            zstd: snapshot.zstd,
          };
          await trx
            .insertInto("snapshots")
            .values({ slug: snapshot.slug, format: snapshot.format, ...row })
            .onConflict((conflict) => conflict.columns(["slug", "format"]).doUpdateSet(row))
            .execute();
        }
      });
    },

    async changedSinceAsked() {
      if (database.sqlite === undefined) return true;
      const version = Number(database.sqlite.pragma("data_version", { simple: true }));
      const changed = version !== dataVersion;
      dataVersion = version;
      return changed;
    },

    async backup(file) {
      if (database.sqlite === undefined) {
        throw new StoreError("Cannot back up Postgres to a file: use pg_dump", { code: "unsupported", concerns: file });
      }
      if (existsSync(file)) {
        throw new StoreError(`Cannot back up to ${file}: the file exists`, { code: "file_exists", concerns: file });
      }
      await database.sqlite.backup(file);
    },
  };
  return { ...withStoreErrors(store), [Symbol.asyncDispose]: () => database.close() };
}

/** What stays of a deleted story beside its keys: nothing that it said. */
const DELETED_RECORD = { kind: "entry", authors: [], tags: [], images: [], enclosures: [], revision: 0 } as const;

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

/** Runs in one transaction, again where another writer was in the way (Postgres: serialization, a stamp taken twice). */
async function inTransaction<T>(db: Kysely<Tables>, work: (trx: Transaction<Tables>) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "";
      if (attempt >= 5 || (code !== "23505" && code !== "40001" && code !== "40P01")) throw error;
    }
  }
}

const KINDS: readonly IdentityRule[] = ["guid", "url", "digest"];

function keysOf(keys: readonly IdentityKey[], kind: IdentityRule): readonly string[] {
  const found = keys.filter((key) => key.kind === kind).map((key) => key.key);
  return found.length === 0 ? [""] : found;
}

function* chunks<T>(values: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}

export function newestFirst(a: Story, b: Story): number {
  return b.publishedAt - a.publishedAt || a.position - b.position || (a.id < b.id ? -1 : 1);
}

async function knownStories(db: Connection, ids: readonly string[]): Promise<readonly KnownStory[]> {
  const keys = new Map<string, IdentityKey[]>();
  const known: KnownStory[] = [];
  for (const part of chunks(ids, IN_LIST)) {
    const keyRows = await db
      .selectFrom("story_keys")
      .select(["story_id", "kind", "key"])
      .where("story_id", "in", part)
      .orderBy("story_id")
      .orderBy("kind")
      .orderBy("key")
      .execute();
    for (const row of keyRows)
      keys.set(row.story_id, [...(keys.get(row.story_id) ?? []), { kind: row.kind as IdentityRule, key: row.key }]);
    const rows = await db
      .selectFrom("stories")
      .select([
        "id",
        "title",
        "raw_digest",
        "digest",
        "held",
        "dates",
        "published_at",
        "present",
        "withdrawn_at",
        "deleted_at",
      ])
      .where("id", "in", part)
      .orderBy("id")
      .execute();
    for (const row of rows) {
      known.push({
        id: row.id as StoryId,
        keys: keys.get(row.id) ?? [],
        rawDigest: row.raw_digest,
        contentDigest: row.digest,
        ...(row.held === null ? {} : { held: parseOwn<{ digest: string; times: number }>(row.held) }),
        title: row.title,
        dates: parseOwn<StoryDates>(row.dates),
        publishedAt: row.published_at,
        present: row.present === 1,
        withdrawn: row.withdrawn_at !== null,
        deleted: row.deleted_at !== null,
      });
    }
  }
  return known;
}

// --- writing

async function applyPoll(trx: Transaction<Tables>, kind: Database["kind"], change: PollChanges): Promise<void> {
  const { poll } = change;
  await insertStories(trx, kind, change.newStories);
  const revised = await updateStories(trx, kind, change);
  await insertSightings(trx, kind, change.sightings, poll);
  const entered = await enterFeeds(trx, kind, change.memberships);
  const credited = change.creditChanged === true ? await feedsCrediting(trx, change.sourceId) : [];
  await touchFeeds(trx, [...new Set([...entered, ...revised, ...credited])].sort(), poll.at);
  await savePoll(trx, change);
}

async function savePoll(trx: Transaction<Tables>, { sourceId, poll, memory, nextPollAt }: PollChanges): Promise<void> {
  const row = {
    memory: JSON.stringify(memory),
    next_poll_at: nextPollAt,
    last_success_at: memory.lastSuccessAt ?? null,
    last_poll: JSON.stringify(poll),
  };
  await trx
    .insertInto("sources")
    .values({ id: sourceId, ...row, lease_owner: null, lease_until: null })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
  await trx
    .insertInto("polls")
    .values({ id: poll.id, source_id: sourceId, at: poll.at, record: JSON.stringify(poll) })
    .onConflict((conflict) => conflict.column("id").doUpdateSet({ record: JSON.stringify(poll) }))
    .execute();
}

async function insertStories(
  trx: Transaction<Tables>,
  kind: Database["kind"],
  created: readonly NewStory[],
): Promise<void> {
  if (created.length === 0) return;
  const stamps = await distinctStamps(
    trx,
    created.map(({ story }) => story),
  );
  await insertRows(
    trx,
    kind,
    "stories",
    created.map(({ story, rawDigest, cluster }) => ({
      id: story.id,
      source_id: story.sourceId,
      cluster: cluster ?? null,
      title: story.title,
      published_at: story.publishedAt,
      position: story.position,
      stamp_at: stamps.get(story.id) ?? story.stampAt,
      first_seen_at: story.firstSeenAt,
      last_seen_at: story.lastSeenAt,
      present: 1,
      raw_digest: rawDigest,
      digest: story.contentDigest,
      held: null,
      dates: JSON.stringify(story.dates),
      withdrawn_at: null,
      deleted_at: null,
      record: recordText(story),
    })),
  );
  await insertKeys(
    trx,
    kind,
    created.flatMap(({ story, keys }) => keys.map((key) => ({ story, key }))),
  );
  await insertRows(
    trx,
    kind,
    "story_origins",
    created.flatMap(({ story, origins }) =>
      origins === undefined ? [] : [{ story_id: story.id, origins: JSON.stringify(origins) }],
    ),
  );
  await indexStories(
    trx,
    kind,
    created.map(({ story }) => story),
  );
}

async function insertKeys(
  trx: Transaction<Tables>,
  kind: Database["kind"],
  keys: readonly { readonly story: { readonly id: StoryId; readonly sourceId: SourceId }; readonly key: IdentityKey }[],
): Promise<void> {
  await insertRows(
    trx,
    kind,
    "story_keys",
    keys.map(({ story, key }) => ({ source_id: story.sourceId, kind: key.kind, key: key.key, story_id: story.id })),
    "on conflict do nothing",
  );
}

/**
 * A distinct instant for each story: what it asks for, or the next free milliseconds after it. Of stories that ask for
 * the same instant, the one that stands first in a feed gets the latest.
 */
async function distinctStamps(trx: Connection, stories: readonly Story[]): Promise<ReadonlyMap<string, number>> {
  const groups = new Map<number, Story[]>();
  for (const story of stories) groups.set(story.stampAt, [...(groups.get(story.stampAt) ?? []), story]);
  const stamps = new Map<string, number>();
  const given = new Set<number>();
  for (const [base, group] of [...groups].sort(([a], [b]) => a - b)) {
    const rows = await trx
      .selectFrom("stories")
      .select("stamp_at")
      .where("stamp_at", ">=", base)
      .where("stamp_at", "<=", base + STAMP_WINDOW)
      .orderBy("stamp_at")
      .execute();
    const taken = new Set(rows.map((row) => row.stamp_at));
    let next = base;
    for (const story of group.sort(newestFirst).reverse()) {
      while (taken.has(next) || given.has(next)) next += 1;
      given.add(next);
      stamps.set(story.id, next);
      next += 1;
    }
  }
  return stamps;
}

/** Milliseconds searched for a free instant: a backlog of half a million stories of one moment. */
const STAMP_WINDOW = 500_000;

async function indexStories(
  trx: Transaction<Tables>,
  kind: Database["kind"],
  stories: readonly Story[],
): Promise<void> {
  if (kind === "sqlite") {
    const statement = "insert into story_search (rowid, title, opening) select n, ?, ? from stories where id = ?";
    for (const story of stories)
      await trx.executeQuery(CompiledQuery.raw(statement, [searchText(story.title), searchText(openingOf(story)), story.id]));
    return;
  }
  const texts = stories.map((story) => searchText(`${story.title} ${openingOf(story)}`));
  await sql`
    insert into story_search (n, document)
    select stories.n, to_tsvector('simple', told.text)
    from unnest(${stories.map((story) => story.id)}::text[], ${texts}::text[]) as told (id, text)
    join stories on stories.id = told.id
    on conflict (n) do update set document = excluded.document`.execute(trx);
}

async function unindexStories(trx: Transaction<Tables>, kind: Database["kind"], ids: readonly string[]): Promise<void> {
  const key = kind === "sqlite" ? sql.ref("rowid") : sql.ref("n");
  for (const part of chunks(ids, IN_LIST)) {
    await sql`delete from story_search where ${key} in (select n from stories where id in (${sql.join(part)}))`.execute(
      trx,
    );
  }
}

/** Writes what polls found out about known stories; answers the feeds whose entries changed. */
async function updateStories(
  trx: Transaction<Tables>,
  kind: Database["kind"],
  { sourceId, poll, updates }: PollChanges,
): Promise<readonly string[]> {
  const visible: StoryId[] = [];
  for (const update of updates) {
    const columns = columnsOf(update);
    if (update.revised !== undefined) {
      await saveRevision(trx, update.revised, poll.at);
      const stamps = await distinctStamps(trx, [update.revised.story]);
      const { story } = update.revised;
      Object.assign(columns, {
        title: story.title,
        digest: story.contentDigest,
        stamp_at: stamps.get(story.id) ?? story.stampAt,
        record: recordText(story),
      });
    }
    if (Object.keys(columns).length > 0) {
      await trx.updateTable("stories").set(columns).where("id", "=", update.id).execute();
    }
    if (update.revised !== undefined || typeof update.withdrawnAt === "number") visible.push(update.id);
  }
  await insertKeys(
    trx,
    kind,
    updates.flatMap(({ id, newKeys }) => (newKeys ?? []).map((key) => ({ story: { id, sourceId }, key }))),
  );
  const revised = updates.flatMap(({ revised: one }) => (one === undefined ? [] : [one.story]));
  if (revised.length > 0) {
    await unindexStories(
      trx,
      kind,
      revised.map((story) => story.id),
    );
    await indexStories(trx, kind, revised);
  }
  const touched = await feedsShowing(trx, visible);
  const withdrawn = updates.filter((update) => typeof update.withdrawnAt === "number").map((update) => update.id);
  if (withdrawn.length > 0) await trx.deleteFrom("feed_entries").where("story_id", "in", withdrawn).execute();
  return touched;
}

function columnsOf(update: StoryUpdate): Partial<StoryRow> {
  return {
    ...(update.rawDigest === undefined ? {} : { raw_digest: update.rawDigest }),
    ...(update.dates === undefined ? {} : { dates: JSON.stringify(update.dates) }),
    ...(update.held === undefined ? {} : { held: update.held === null ? null : JSON.stringify(update.held) }),
    ...(update.present === undefined ? {} : { present: update.present ? 1 : 0 }),
    ...(update.lastSeenAt === undefined ? {} : { last_seen_at: update.lastSeenAt }),
    ...(update.withdrawnAt === undefined ? {} : { withdrawn_at: update.withdrawnAt }),
  };
}

async function saveRevision(
  trx: Transaction<Tables>,
  { story, changed }: NonNullable<StoryUpdate["revised"]>,
  at: number,
): Promise<void> {
  const before = await trx.selectFrom("stories").selectAll().where("id", "=", story.id).executeTakeFirst();
  if (before === undefined) return;
  const old = storyOf(before);
  await trx
    .insertInto("revisions")
    .values({
      story_id: story.id,
      revision: old.revision,
      at,
      changed: JSON.stringify(changed),
      digest: old.contentDigest,
      record: JSON.stringify({ title: old.title, ...(JSON.parse(before.record) as object) }),
    })
    .onConflict((conflict) => conflict.columns(["story_id", "revision"]).doNothing())
    .execute();
}

async function insertSightings(
  trx: Transaction<Tables>,
  kind: Database["kind"],
  sightings: readonly Sighting[],
  poll: PollRecord,
): Promise<void> {
  await insertRows(
    trx,
    kind,
    "sightings",
    sightings.map((sighting) => ({
      story_id: sighting.storyId,
      field: sighting.field,
      rule: sighting.rule,
      text: sighting.text.slice(0, 500),
      at: poll.at,
      poll_id: poll.id,
      interval: sighting.interval === undefined ? null : JSON.stringify(sighting.interval),
    })),
    "on conflict do nothing",
  );
}

// --- feeds

async function enterFeeds(
  trx: Transaction<Tables>,
  kind: Database["kind"],
  memberships: readonly Membership[],
): Promise<readonly string[]> {
  const bySlug = Map.groupBy(memberships, (membership) => membership.slug);
  const entered: string[] = [];
  for (const [slug, group] of bySlug) {
    const feed = await trx.selectFrom("feeds").select("generation").where("slug", "=", slug).executeTakeFirst();
    if (feed === undefined) continue;
    if ((await insertEntries(trx, kind, { slug, generation: feed.generation, memberships: group })) > 0)
      entered.push(slug);
  }
  return entered;
}

interface EntryInput {
  readonly slug: FeedSlug;
  readonly generation: number;
  readonly memberships: readonly Membership[];
}

async function insertEntries(
  trx: Transaction<Tables>,
  kind: Database["kind"],
  { slug, generation, memberships }: EntryInput,
): Promise<number> {
  const entering = await withoutDoubles(trx, { slug, generation, memberships });
  if (entering.length === 0) return 0;
  const feed = await trx
    .updateTable("feeds")
    .set((eb) => ({ sequence: eb("sequence", "+", entering.length) }))
    .where("slug", "=", slug)
    .returning("sequence")
    .executeTakeFirstOrThrow();
  await insertRows(
    trx,
    kind,
    "feed_entries",
    entering.map((membership, index) => ({
      slug,
      generation,
      published_at: membership.publishedAt,
      position: membership.position,
      story_id: membership.storyId,
      cluster: membership.cluster ?? null,
      sequence: feed.sequence - entering.length + 1 + index,
      leaves_at: membership.leavesAt ?? null,
    })),
    "on conflict do nothing",
  );
  return entering.length;
}

/** `duplicates: first`: of a cluster only the story that came first has an entry. */
async function withoutDoubles(
  trx: Transaction<Tables>,
  { slug, generation, memberships }: EntryInput,
): Promise<readonly Membership[]> {
  const clusters = memberships.flatMap(({ firstOnly, cluster }) =>
    firstOnly && cluster !== undefined ? [cluster] : [],
  );
  const shown = new Map<string, string>();
  for (const part of chunks(clusters, IN_LIST)) {
    const rows = await trx
      .selectFrom("feed_entries")
      .select(["cluster", "story_id"])
      .where("slug", "=", slug)
      .where("generation", "=", generation)
      .where("cluster", "in", part)
      .execute();
    for (const row of rows) if (row.cluster !== null) shown.set(row.cluster, row.story_id);
  }
  return memberships.filter(({ firstOnly, cluster, storyId }) => {
    if (!firstOnly || cluster === undefined) return true;
    const first = shown.get(cluster) ?? storyId;
    shown.set(cluster, first);
    return first === storyId;
  });
}

async function feedsShowing(trx: Transaction<Tables>, ids: readonly StoryId[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const rows = await trx.selectFrom("feed_entries").select("slug").distinct().where("story_id", "in", ids).execute();
  return rows.map((row) => row.slug);
}

async function feedsCrediting(trx: Transaction<Tables>, sourceId: SourceId): Promise<readonly string[]> {
  const rows = await trx
    .selectFrom("feed_entries")
    .innerJoin("stories", "stories.id", "feed_entries.story_id")
    .select("feed_entries.slug")
    .distinct()
    .where("stories.source_id", "=", sourceId)
    .execute();
  return rows.map((row) => row.slug);
}

async function nextTouch(trx: Connection): Promise<number> {
  const row = await trx
    .selectFrom("feeds")
    .select(({ fn }) => fn.max("touched").as("touched"))
    .executeTakeFirst();
  return Number(row?.touched ?? 0) + 1;
}

async function touchFeeds(trx: Transaction<Tables>, slugs: readonly string[], at: number): Promise<void> {
  if (slugs.length === 0) return;
  const touched = await nextTouch(trx);
  for (const part of chunks(slugs, IN_LIST)) {
    await trx
      .updateTable("feeds")
      .set((eb) => ({
        revision: eb("revision", "+", 1),
        changed_at: eb.case().when("changed_at", "<", at).then(at).else(eb.ref("changed_at")).end(),
        touched,
      }))
      .where("slug", "in", part)
      .execute();
  }
}

// --- many rows at once

type Column = string | number | null;

const TEXT_COLUMNS = new Set([
  "id",
  "source_id",
  "cluster",
  "title",
  "raw_digest",
  "digest",
  "held",
  "dates",
  "record",
  "kind",
  "key",
  "story_id",
  "origins",
  "field",
  "rule",
  "text",
  "poll_id",
  "interval",
  "slug",
]);

/**
 * Rows of one shape: row by row on SQLite (measured: cheaper than long VALUES), arrays through `unnest` on Postgres. A
 * column's name tells whether it holds text or a number.
 */
async function insertRows(
  trx: Transaction<Tables>,
  kind: Database["kind"],
  table: keyof Tables,
  rows: readonly Readonly<Record<string, Column>>[],
  conflict = "",
): Promise<void> {
  const first = rows[0];
  if (first === undefined) return;
  const columns = Object.keys(first);
  if (kind === "sqlite") {
    const text = `insert into ${table} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")}) ${conflict}`;
    for (const row of rows)
      await trx.executeQuery(
        CompiledQuery.raw(
          text,
          columns.map((name) => row[name] ?? null),
        ),
      );
    return;
  }
  const arrays = columns.map((name, index) => `$${index + 1}::${TEXT_COLUMNS.has(name) ? "text" : "bigint"}[]`);
  const text = `insert into ${table} (${columns.join(", ")}) select * from unnest(${arrays.join(", ")}) ${conflict}`;
  await trx.executeQuery(
    CompiledQuery.raw(
      text,
      columns.map((name) => rows.map((row) => row[name] ?? null)),
    ),
  );
}

// --- search and history

async function searchSqlite(db: Connection, words: readonly string[], limit: number): Promise<readonly number[]> {
  const match = words.map((word) => `"${word}"`).join(" ");
  const { rows } = await sql<{ n: number }>`
    select rowid as n from story_search where story_search match ${match} order by rowid desc limit ${limit}`.execute(
    db,
  );
  return rows.map((row) => row.n);
}

async function searchPostgres(db: Connection, words: readonly string[], limit: number): Promise<readonly number[]> {
  const { rows } = await sql<{ n: number }>`
    with found as materialized (
      select n from story_search where document @@ to_tsquery('simple', ${words.map((word) => `'${word}'`).join(" & ")})
    )
    select n from found order by n desc limit ${limit}`.execute(db);
  return rows.map((row) => row.n);
}

async function readHistory(db: Connection, story: Story): Promise<StoryHistory> {
  const [known] = await knownStories(db, [story.id]);
  const origins = await db
    .selectFrom("story_origins")
    .select("origins")
    .where("story_id", "=", story.id)
    .executeTakeFirst();
  const revisions = await db
    .selectFrom("revisions")
    .select(["revision", "at", "changed"])
    .where("story_id", "=", story.id)
    .orderBy("revision")
    .execute();
  const sightings = await db
    .selectFrom("sightings")
    .selectAll()
    .where("story_id", "=", story.id)
    .orderBy("at")
    .orderBy("field")
    .orderBy("rule")
    .limit(200)
    .execute();
  const feeds = await db
    .selectFrom("feed_entries")
    .select("slug")
    .distinct()
    .where("story_id", "=", story.id)
    .orderBy("slug")
    .execute();
  return {
    story,
    keys: known?.keys ?? [],
    origins: origins === undefined ? {} : parseOwn<Record<string, string>>(origins.origins),
    revisions: revisions.map((row) => ({
      revision: row.revision,
      at: row.at,
      changed: parseOwn<string[]>(row.changed),
    })),
    sightings: sightings.map((row) => ({
      storyId: story.id,
      field: row.field,
      rule: row.rule,
      text: row.text,
      at: row.at,
      pollId: row.poll_id,
      ...(row.interval === null ? {} : { interval: parseOwn<NonNullable<Sighting["interval"]>>(row.interval) }),
    })),
    feeds: feeds.map((row) => row.slug as FeedSlug),
  };
}
