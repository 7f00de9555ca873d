import type { SourceId } from "../model/source.ts";
import type { Database } from "./database.ts";
import { feedsShowing, removeEntries, touchFeeds } from "./feed-lists.ts";
import { unindexStories } from "./search.ts";
import { inTransaction, query, type Sql } from "./sql.ts";

/** Stories, and rows of other kinds, that one commit removes at most, so that no commit is long. */
const STORIES_BATCH = 500;
const ROWS_BATCH = 5_000;

/**
 * One bounded step of forgetting a source as if it had never been: its stories leave feeds and search, then all that was
 * kept of them goes, then its visits and itself. Answers the stories removed, and whether anything is left.
 */
export async function forgetSource(
  database: Database,
  id: SourceId,
  now: number,
): Promise<{ readonly stories: number; readonly done: boolean }> {
  return inTransaction(database, async (sql) => {
    const text = `select n, deleted_at from stories where source_id = ? limit ${STORIES_BATCH}`;
    const rows = await query<{ n: number; deleted_at: number | null }>(sql, text, [id]);
    if (rows.length > 0) {
      await removeStories(
        sql,
        rows.map(({ n }) => n),
        now,
      );
      return { stories: rows.filter((row) => row.deleted_at === null).length, done: false };
    }
    if (await removeSome(sql, "story_keys", "key", id)) return { stories: 0, done: false };
    if (await removeSome(sql, "polls", "at", id)) return { stories: 0, done: false };
    await query(sql, "delete from kept_bodies where source_id = ?", [id]);
    await query(sql, "delete from source_usage where source_id = ?", [id]);
    await query(sql, "delete from sources where id = ?", [id]);
    return { stories: 0, done: true };
  });
}

async function removeStories(sql: Sql, numbers: readonly number[], now: number): Promise<void> {
  const shown = await feedsShowing(sql, numbers);
  await unindexStories(sql, numbers);
  await removeEntries(sql, numbers);
  // On SQLite the numbers may be given again: a rebuild that is under way has to look at them once more.
  const first = Math.min(...numbers) - 1;
  await query(sql, "update feeds set building_after = ? where building_after > ?", [first, first]);
  for (const table of ["revisions", "sightings", "stories"])
    await query(sql, `delete from ${table} where n in @numbers`, [numbers]);
  await touchFeeds(
    sql,
    shown.map(({ slug }) => [slug, now]),
  );
}

/** True: there was something to remove. */
async function removeSome(sql: Sql, table: "story_keys" | "polls", key: string, id: SourceId): Promise<boolean> {
  const text = `delete from ${table} where source_id = ? and ${key} in (
    select ${key} from ${table} where source_id = ? limit ${ROWS_BATCH}) returning source_id`;
  return (await query(sql, text, [id, id])).length > 0;
}
