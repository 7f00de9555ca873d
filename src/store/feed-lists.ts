import type { FeedSlug } from "../model/feed.ts";
import type { SourceId } from "../model/source.ts";
import type { StoryId } from "../model/story.ts";
import type { Database } from "./database.ts";
import { chunks, insertRows, inTransaction, query, queryParts, type Sql } from "./sql.ts";
import type { FeedDefinition, FeedHead, FeedRebuild, Membership, PublishedSlug, RebuildStep } from "./store.ts";
import { numbersOf } from "./story-numbers.ts";
import type { Tables } from "./tables.ts";

type FeedRow = Tables["feeds"];

// --- definitions

export async function defineFeeds(
  database: Database,
  definitions: readonly FeedDefinition[],
  now: number,
): Promise<readonly FeedRebuild[]> {
  return inTransaction(database, async (sql) => {
    const rows = await query<FeedRow>(sql, "select * from feeds order by slug");
    const known = new Map(rows.map((row) => [row.slug, row]));
    const wanted = new Set<string>(definitions.map((feed) => feed.slug));
    for (const row of rows) if (!wanted.has(row.slug)) await removeFeed(sql, row);
    await rememberSlugs(sql, definitions);
    const rebuilds: FeedRebuild[] = [];
    for (const { slug, digest } of definitions) {
      const row = known.get(slug) ?? (await addFeed(sql, slug, now));
      if (row.digest === digest) continue;
      if (row.building !== null && row.building_digest === digest) {
        rebuilds.push({ slug, after: row.building_after });
        continue;
      }
      await discard(sql, [row.building]);
      await query(sql, "update feeds set building = ?, building_digest = ?, building_after = 0 where slug = ?", [
        await nextList(sql),
        digest,
        slug,
      ]);
      rebuilds.push({ slug, after: 0 });
    }
    return rebuilds;
  });
}

/** A slug stays known when its feed goes; whether it was private is what was said of it last. */
async function rememberSlugs(sql: Sql, definitions: readonly FeedDefinition[]): Promise<void> {
  const known = new Map((await publishedSlugs(sql)).map(({ slug, isPrivate }) => [slug, isPrivate]));
  await insertRows(
    sql,
    "published_slugs",
    definitions
      .filter(({ slug, isPrivate = false }) => known.get(slug) !== isPrivate)
      .map(({ slug, isPrivate = false }) => ({ slug, is_private: Number(isPrivate) })),
    "on conflict (slug) do update set is_private = excluded.is_private",
  );
}

export async function publishedSlugs(sql: Sql): Promise<readonly PublishedSlug[]> {
  const text = "select slug, is_private from published_slugs order by slug";
  const rows = await query<Tables["published_slugs"]>(sql, text);
  return rows.map((row) => ({ slug: row.slug as FeedSlug, isPrivate: row.is_private === 1 }));
}

async function addFeed(sql: Sql, slug: FeedSlug, now: number): Promise<FeedRow> {
  const row: FeedRow = {
    slug,
    digest: "",
    list: await nextList(sql),
    building: null,
    building_digest: null,
    building_after: 0,
    revision: 0,
    changed_at: now,
    touched: await nextTouch(sql, now),
    sequence: 0,
  };
  await query(
    sql,
    `insert into feeds (slug, digest, list, building_after, revision, changed_at, touched, sequence)
      values (?, '', ?, 0, 0, ?, ?, 0)`,
    [row.slug, row.list, row.changed_at, row.touched],
  );
  return row;
}

async function removeFeed(sql: Sql, { slug, list, building }: FeedRow): Promise<void> {
  await query(sql, "delete from snapshots where slug = ?", [slug]);
  await query(sql, "delete from feeds where slug = ?", [slug]);
  await discard(sql, [list, building]);
}

/** Lists are given up at once and emptied little by little (`sweepLists`). */
async function discard(sql: Sql, lists: readonly (number | null)[]): Promise<void> {
  for (const list of lists) if (list !== null) await query(sql, "insert into stale_lists (list) values (?)", [list]);
}

async function nextList(sql: Sql): Promise<number> {
  const text = `select coalesce(max(list), 0) + 1 as next from (
    select max(list) as list from feeds union all select max(building) from feeds union all select max(list) from stale_lists
  ) as used`;
  return Number((await query<{ next: number }>(sql, text))[0]?.next ?? 1);
}

/** Adds what one scan found to a list under construction; puts it in force once no story is left. True: it is. */
export async function rebuildFeed(database: Database, slug: FeedSlug, step: RebuildStep): Promise<boolean> {
  return inTransaction(database, async (sql) => {
    const [feed] = await query<FeedRow>(sql, "select * from feeds where slug = ?", [slug]);
    if (feed === undefined || feed.building === null || feed.building_digest !== step.digest) return true;
    const numbers = await numbersOf(
      sql,
      step.memberships.map((membership) => membership.storyId),
    );
    await insertEntries(sql, { feed, list: feed.building, memberships: numbered(step.memberships, numbers) });
    await query(sql, "update feeds set building_after = ? where slug = ?", [step.after, slug]);
    const [more] = await query(sql, "select n from stories where n > ? limit 1", [step.after]);
    if (!step.done || more !== undefined) return false;
    await query(
      sql,
      `update feeds set list = building, digest = building_digest, building = null, building_digest = null,
        building_after = 0 where slug = ?`,
      [slug],
    );
    await discard(sql, [feed.list]);
    await touchFeeds(sql, [[slug, step.now]]);
    return true;
  });
}

/** Removes at most `limit` entries of lists that no feed uses; answers how many. */
export async function sweepLists(database: Database, limit: number): Promise<number> {
  const [stale] = await query<{ list: number }>(database, "select list from stale_lists order by list limit 1");
  if (stale === undefined) return 0;
  return inTransaction(database, async (sql) => {
    const text = "select n from feed_entries where list = ? order by sequence limit ?";
    const rows = await query<{ n: number }>(sql, text, [stale.list, limit]);
    if (rows.length === 0) await query(sql, "delete from stale_lists where list = ?", [stale.list]);
    for (const part of chunks(rows, 2_000))
      await query(sql, "delete from feed_entries where list = ? and n in @numbers", [
        stale.list,
        part.map((row) => row.n),
      ]);
    return rows.length;
  });
}

// --- entries

/** Adds stories to feeds; answers those that readers see. */
export async function enterFeeds(
  sql: Sql,
  memberships: readonly Membership[],
  numbers: ReadonlyMap<StoryId, number>,
): Promise<readonly Membership[]> {
  const bySlug = Map.groupBy(memberships, (membership) => membership.slug);
  const feeds = await queryParts<FeedRow>(sql, "select * from feeds where slug in @texts order by slug", [
    ...bySlug.keys(),
  ]);
  const entered: Membership[] = [];
  for (const feed of feeds) {
    const entering = numbered(bySlug.get(feed.slug as FeedSlug) ?? [], numbers);
    entered.push(...(await insertEntries(sql, { feed, list: feed.list, memberships: entering })));
  }
  return entered;
}

type Entering = Membership & { readonly n: number };

function numbered(memberships: readonly Membership[], numbers: ReadonlyMap<StoryId, number>): readonly Entering[] {
  return memberships.flatMap((membership) => {
    const n = numbers.get(membership.storyId);
    return n === undefined ? [] : [{ ...membership, n }];
  });
}

interface EntryInput {
  readonly feed: Pick<FeedRow, "slug">;
  readonly list: number;
  readonly memberships: readonly Entering[];
}

/** Answers the entries that readers see. */
async function insertEntries(sql: Sql, { feed, list, memberships }: EntryInput): Promise<readonly Membership[]> {
  if (memberships.length === 0) return [];
  const hidden = await doubles(sql, list, memberships);
  const [counted] = await query<{ sequence: number }>(
    sql,
    "update feeds set sequence = sequence + ? where slug = ? returning sequence",
    [memberships.length, feed.slug],
  );
  const last = counted?.sequence ?? memberships.length;
  await insertRows(
    sql,
    "feed_entries",
    memberships.map((membership, index) => ({
      list,
      published_at: membership.publishedAt,
      position: membership.position,
      story_id: membership.storyId,
      n: membership.n,
      sequence: last - memberships.length + 1 + index,
      hidden: hidden.has(membership) ? 1 : 0,
      cluster: membership.firstOnly ? (membership.cluster ?? null) : null,
      leaves_at: membership.leavesAt ?? null,
    })),
    "on conflict do nothing",
  );
  return memberships.filter((membership) => !hidden.has(membership));
}

/** `duplicates: first`: all of a cluster but the one that came first. They wait for it to leave. */
async function doubles(sql: Sql, list: number, memberships: readonly Entering[]): Promise<ReadonlySet<Entering>> {
  const clusters = memberships.flatMap(({ firstOnly, cluster }) =>
    firstOnly && cluster !== undefined ? [cluster] : [],
  );
  if (clusters.length === 0) return new Set();
  const shown = new Map<string, string>();
  const text = "select cluster, story_id from feed_entries where list = ? and hidden = 0 and cluster in @texts";
  for (const part of chunks([...new Set(clusters)], 2_000))
    for (const row of await query<{ cluster: string; story_id: string }>(sql, text, [list, part]))
      shown.set(row.cluster, row.story_id);
  const hidden = new Set<Entering>();
  for (const membership of memberships) {
    const { firstOnly, cluster, storyId } = membership;
    if (!firstOnly || cluster === undefined) continue;
    if ((shown.get(cluster) ?? storyId) === storyId) shown.set(cluster, storyId);
    else hidden.add(membership);
  }
  return hidden;
}

/** Takes stories out of every list; where one of a cluster leaves, the next that came is shown. */
export async function removeEntries(sql: Sql, numbers: readonly number[]): Promise<void> {
  for (const part of chunks(numbers, 2_000)) {
    const text = "delete from feed_entries where n in @numbers returning list, cluster, hidden";
    await showNext(sql, await query<LeavingRow>(sql, text, [part]));
  }
}

/**
 * Brings the entries of one story to what it is now: it enters feeds, leaves feeds, and stands at its date in those
 * where it stays, shown or waiting as it was. Answers the feeds that show it, or did.
 */
export async function placeStory(
  sql: Sql,
  { n, id, publishedAt }: { readonly n: number; readonly id: StoryId; readonly publishedAt: number },
  memberships: readonly Membership[],
): Promise<readonly FeedSlug[]> {
  const wanted = new Map(memberships.map((membership) => [membership.slug, membership]));
  const text = `select feeds.slug, feeds.list from feed_entries join feeds on feeds.list = feed_entries.list
    where feed_entries.n = ? order by feeds.slug`;
  const held = await query<{ slug: FeedSlug; list: number }>(sql, text, [n]);
  await query(sql, "update feed_entries set published_at = ? where n = ? and published_at <> ?", [
    publishedAt,
    n,
    publishedAt,
  ]);
  for (const { slug, list } of held) {
    const staying = wanted.get(slug);
    if (staying === undefined) {
      const leaving = "delete from feed_entries where n = ? and list = ? returning list, cluster, hidden";
      await showNext(sql, await query<LeavingRow>(sql, leaving, [n, list]));
    } else
      await query(sql, "update feed_entries set leaves_at = ? where n = ? and list = ?", [
        staying.leavesAt ?? null,
        n,
        list,
      ]);
  }
  const before = new Set(held.map(({ slug }) => slug));
  const entering = memberships.filter(({ slug }) => !before.has(slug));
  const entered = await enterFeeds(sql, entering, new Map([[id, n]]));
  return [...before, ...entered.map(({ slug }) => slug)];
}

interface LeavingRow {
  readonly list: number;
  readonly cluster: string | null;
  readonly hidden: number;
}

async function showNext(sql: Sql, left: readonly LeavingRow[]): Promise<void> {
  for (const { list, cluster, hidden } of left) {
    if (cluster === null || hidden === 1) continue;
    await query(
      sql,
      `update feed_entries set hidden = 0 where list = ? and cluster = ? and sequence = (
        select min(sequence) from feed_entries where list = ? and cluster = ?)`,
      [list, cluster, list, cluster],
    );
  }
}

/** Removes at most `limit` entries whose time has come. */
export async function expireEntries(database: Database, now: number, limit: number): Promise<readonly FeedSlug[]> {
  const due = "select n from feed_entries where leaves_at is not null and leaves_at <= ? limit 1";
  if ((await query(database, due, [now])).length === 0) return [];
  return inTransaction(database, async (sql) => {
    const rows = await query<{ list: number; n: number; leaves_at: number }>(
      sql,
      "select list, n, leaves_at from feed_entries where leaves_at is not null and leaves_at <= ? order by leaves_at limit ?",
      [now, limit],
    );
    const lastOf = new Map<number, number>();
    for (const [list, group] of Map.groupBy(rows, (row) => row.list)) {
      lastOf.set(list, Math.max(...group.map((row) => row.leaves_at)));
      const text = "delete from feed_entries where list = ? and n in @numbers returning list, cluster, hidden";
      await showNext(sql, await query<LeavingRow>(sql, text, [list, group.map((row) => row.n)]));
    }
    const text = "select slug, list from feeds where list in @numbers order by slug";
    const feeds = await queryParts<{ slug: FeedSlug; list: number }>(sql, text, [...lastOf.keys()]);
    await touchFeeds(
      sql,
      feeds.map(({ slug, list }) => [slug, lastOf.get(list) ?? now]),
    );
    return feeds.map(({ slug }) => slug);
  });
}

/** The feeds in which readers may see each of these stories. */
export async function feedsShowing(
  sql: Sql,
  numbers: readonly number[],
): Promise<readonly { readonly slug: FeedSlug; readonly n: number }[]> {
  const text = `select feeds.slug, feed_entries.n from feed_entries join feeds on feeds.list = feed_entries.list
    where feed_entries.n in @numbers`;
  return queryParts<{ slug: FeedSlug; n: number }>(sql, text, numbers);
}

/** Entries of one source in one document at most: what credits a source is made anew for so many of its stories. */
const CREDITED = 1_000;

/** The feeds that show stories of this source, and credit it. */
export async function feedsCrediting(sql: Sql, sourceId: SourceId): Promise<readonly FeedSlug[]> {
  const text = `select n from stories where source_id = ? and deleted_at is null
    order by published_at desc, position, id limit ${CREDITED}`;
  const rows = await query<{ n: number }>(sql, text, [sourceId]);
  const shown = await feedsShowing(
    sql,
    rows.map((row) => row.n),
  );
  return [...new Set(shown.map(({ slug }) => slug))];
}

// --- heads

export async function feedHeads(sql: Sql, touchedAfter: number): Promise<readonly FeedHead[]> {
  const text = "select slug, revision, changed_at, touched from feeds where touched > ? order by touched, slug";
  const rows = await query<Pick<FeedRow, "slug" | "revision" | "changed_at" | "touched">>(sql, text, [touchedAfter]);
  return rows.map((row) => ({
    slug: row.slug as FeedSlug,
    revision: row.revision,
    changedAt: row.changed_at,
    touched: row.touched,
  }));
}

/** These feeds changed; where one is named twice, the later moment counts. */
export async function touchFeeds(sql: Sql, changes: readonly (readonly [FeedSlug, number])[]): Promise<void> {
  if (changes.length === 0) return;
  const moments = new Map<FeedSlug, number>();
  for (const [slug, at] of changes) moments.set(slug, Math.max(moments.get(slug) ?? at, at));
  const touched = await nextTouch(sql, Math.max(...moments.values()));
  for (const [at, group] of Map.groupBy(moments, ([, moment]) => moment)) {
    await query(
      sql,
      `update feeds set revision = revision + 1, touched = ?,
        changed_at = case when changed_at < ? then ? else changed_at end where slug in @texts`,
      [touched, at, at, group.map(([slug]) => slug).sort()],
    );
  }
}

/** Grows by the clock at least: a feed that was removed took along how far it had grown, and readers remember that. */
async function nextTouch(sql: Sql, at: number): Promise<number> {
  const [row] = await query<{ touched: number | null }>(sql, "select max(touched) as touched from feeds");
  return Math.max(Number(row?.touched ?? 0) + 1, at);
}
