import type { SourceId } from "../model/source.ts";
import type { StoryId } from "../model/story.ts";
import type { Database } from "./database.ts";
import { feedsShowing, removeEntries, touchFeeds } from "./feed-lists.ts";
import { unindexStories } from "./search.ts";
import { touchSources } from "./sources.ts";
import { inTransaction, query, type Sql, updateStoryRows } from "./sql.ts";
import type { Retention, RetentionRule } from "./store.ts";
import { refreshUsage } from "./usage.ts";

/** Rows of each kind that one commit removes at most, so that no commit is long. */
const BATCH = 500;

/** What stays of a story that is gone: its keys and its id, so that it is never announced again. */
const EMPTY_RECORD = JSON.stringify({ kind: "entry", authors: [], tags: [], images: [], enclosures: [], revision: 0 });

/**
 * Empties stories: out of every feed and of search, their text and history gone. Their keys stay. Answers how many
 * there were.
 */
async function emptyStories(sql: Sql, numbers: readonly number[], now: number): Promise<number> {
  if (numbers.length === 0) return 0;
  const shown = await feedsShowing(sql, numbers);
  await touchSources(sql, numbers, now);
  await unindexStories(sql, numbers);
  await removeEntries(sql, numbers);
  await query(sql, "delete from revisions where n in @numbers", [numbers]);
  await query(sql, "delete from sightings where n in @numbers", [numbers]);
  await updateStoryRows(
    sql,
    numbers.map((n) => ({
      n,
      deleted_at: now,
      title: "",
      record: EMPTY_RECORD,
      dates: "{}",
      origins: null,
      held: null,
      corrections: null,
    })),
  );
  await touchFeeds(
    sql,
    shown.map(({ slug }) => [slug, now]),
  );
  return numbers.length;
}

/** The operator's word. False where there is no such story. */
export async function deleteStory(database: Database, id: StoryId, now: number): Promise<boolean> {
  return inTransaction(database, async (sql) => {
    const rows = await query<{ n: number }>(sql, "select n from stories where id = ? and deleted_at is null", [id]);
    return (
      (await emptyStories(
        sql,
        rows.map(({ n }) => n),
        now,
      )) > 0
    );
  });
}

/** One bounded step of retention for the source after `after`; `next` is where to go on, null at the end. */
export async function prune(
  database: Database,
  { stories, revisions, polls }: Retention,
  { now, after }: { readonly now: number; readonly after: SourceId | null },
): Promise<{ readonly removed: number; readonly next: SourceId | null }> {
  const [row] = await query<{ id: SourceId }>(database, "select id from sources where id > ? order by id limit 1", [
    after ?? "",
  ]);
  if (row === undefined) return { removed: 0, next: null };
  const steps = [
    await prunePolls(database, row.id, { rule: polls, now }),
    await pruneRevisions(database, row.id, { rule: revisions, now }),
    await pruneStories(database, row.id, { rule: stories, now }),
  ];
  const removed = steps.reduce((sum, count) => sum + count, 0);
  if (steps.some((count) => count >= BATCH)) return { removed, next: after ?? ("" as SourceId) };
  await refreshUsage(database, row.id, now);
  return { removed, next: row.id };
}

interface Step {
  readonly rule: RetentionRule;
  readonly now: number;
}

const FOREVER = Number.MIN_SAFE_INTEGER;
const ANY_NUMBER = 1_000_000_000;

async function prunePolls(database: Database, id: SourceId, { rule, now }: Step): Promise<number> {
  const oldest = rule.maxAgeMs === undefined ? FOREVER : now - rule.maxAgeMs;
  const text = "select at from polls where source_id = ? order by at desc limit 1 offset ?";
  const [over] = await query<{ at: number }>(database, text, [id, rule.maxCount ?? ANY_NUMBER]);
  const before = Math.max(oldest, over === undefined ? FOREVER : over.at + 1);
  const due = await query<{ at: number }>(
    database,
    `select at from polls where source_id = ? and at < ? order by at limit ${BATCH}`,
    [id, before],
  );
  if (due.length === 0) return 0;
  await query(database, "delete from polls where source_id = ? and at in @numbers", [id, due.map(({ at }) => at)]);
  return due.length;
}

async function pruneRevisions(database: Database, id: SourceId, { rule, now }: Step): Promise<number> {
  if (rule.maxAgeMs === undefined && rule.maxCount === undefined) return 0;
  const due = await query<{ n: number; revision: number }>(
    database,
    `select revisions.n, revisions.revision from stories join revisions on revisions.n = stories.n
      where stories.source_id = ? and (revisions.at < ? or revisions.revision <= (
        select max(revision) from revisions as newest where newest.n = stories.n) - ?)
      limit ${BATCH}`,
    [id, rule.maxAgeMs === undefined ? FOREVER : now - rule.maxAgeMs, rule.maxCount ?? ANY_NUMBER],
  );
  if (due.length === 0) return 0;
  await inTransaction(database, async (sql) => {
    for (const { n, revision } of due)
      await query(sql, "delete from revisions where n = ? and revision = ?", [n, revision]);
  });
  return due.length;
}

/** A story that its source still lists stays, whatever its age: it would only come back. */
async function pruneStories(database: Database, id: SourceId, { rule, now }: Step): Promise<number> {
  const { maxAgeMs, maxCount } = rule;
  if (maxAgeMs === undefined && maxCount === undefined) return 0;
  const order = "order by published_at desc, position, id";
  const tooOld = `select n from stories where source_id = ? and deleted_at is null and present = 0 and published_at < ?
    limit ${BATCH}`;
  const tooMany = `select n from (
      select n, present from stories where source_id = ? and deleted_at is null ${order} limit ${ANY_NUMBER} offset ?
    ) as older where present = 0 limit ${BATCH}`;
  const due = new Set<number>();
  if (maxAgeMs !== undefined)
    for (const { n } of await query<{ n: number }>(database, tooOld, [id, now - maxAgeMs])) due.add(n);
  if (maxCount !== undefined)
    for (const { n } of await query<{ n: number }>(database, tooMany, [id, maxCount])) due.add(n);
  return inTransaction(database, (sql) => emptyStories(sql, [...due].slice(0, BATCH), now));
}
