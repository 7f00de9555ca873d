import type { SourceMemory } from "../model/poll.ts";
import type { SourceId } from "../model/source.ts";
import type { StoryId } from "../model/story.ts";
import type { Database } from "./database.ts";
import { enterFeeds, feedsShowing, placeStory, removeEntries, touchFeeds } from "./feed-lists.ts";
import { saveRevision } from "./poll-writes.ts";
import { parseOwn, recordText } from "./rows.ts";
import { indexStories, unindexStories } from "./search.ts";
import { touchSources } from "./sources.ts";
import { inTransaction, query, type Sql, updateStoryRows } from "./sql.ts";
import { distinctStamps } from "./stamps.ts";
import type { Membership, StoryCorrection } from "./store.ts";

interface StoryPlace {
  readonly n: number;
  readonly stamp_at: number;
}

async function placeOf(sql: Sql, id: StoryId): Promise<StoryPlace | undefined> {
  const text = "select n, stamp_at from stories where id = ? and deleted_at is null";
  return (await query<StoryPlace>(sql, text, [id]))[0];
}

/** Writes what an operator made of a story. False where there is no such story. */
export async function correctStory(database: Database, correction: StoryCorrection): Promise<boolean> {
  const { story, corrections, changed, now } = correction;
  return inTransaction(database, async (sql) => {
    const place = await placeOf(sql, story.id);
    if (place === undefined) return false;
    const { n } = place;
    if (changed.length > 0) await saveRevision(sql, n, { story, changed, at: now });
    // Its own stamp is taken: it asks for another only where it is to move.
    const isStamped = place.stamp_at === story.stampAt;
    const stamp = isStamped ? story.stampAt : (await distinctStamps(sql, [[story]])).get(story);
    await updateStoryRows(sql, [
      {
        n,
        title: story.title,
        digest: story.contentDigest,
        published_at: story.publishedAt,
        stamp_at: stamp ?? story.stampAt,
        dates: JSON.stringify(story.dates),
        record: recordText(story),
        corrections: Object.keys(corrections).length === 0 ? null : JSON.stringify(corrections),
        ...(correction.reread ? { raw_digest: "" } : {}),
      },
    ]);
    if (correction.reread) await forgetDocument(sql, story.sourceId);
    await unindexStories(sql, [n]);
    await indexStories(sql, [{ n, story }]);
    await touchSources(sql, [n], now);
    const shown = await placeStory(sql, { ...story, n }, correction.memberships);
    await touchFeeds(
      sql,
      shown.map((slug) => [slug, now]),
    );
    return true;
  });
}

/** The next visit reads the source's document, even if it is the one it read last. */
async function forgetDocument(sql: Sql, id: SourceId): Promise<void> {
  const [row] = await query<{ memory: string }>(sql, "select memory from sources where id = ?", [id]);
  if (row === undefined) return;
  const { validators: _validators, bodyDigest: _digest, ...memory } = parseOwn<SourceMemory>(row.memory);
  await query(sql, "update sources set memory = ? where id = ?", [JSON.stringify(memory), id]);
}

/** Takes a story out of every feed on the operator's word, or puts it back into these. */
export async function retractStory(
  database: Database,
  id: StoryId,
  { now, restoredTo }: { readonly now: number; readonly restoredTo?: readonly Membership[] },
): Promise<boolean> {
  return inTransaction(database, async (sql) => {
    const place = await placeOf(sql, id);
    if (place === undefined) return false;
    const { n } = place;
    const at = restoredTo === undefined ? now : null;
    await updateStoryRows(sql, [{ n, withdrawn_at: at, retracted_at: at }]);
    await touchSources(sql, [n], now);
    const left = restoredTo === undefined ? await feedsShowing(sql, [n]) : [];
    if (restoredTo === undefined) await removeEntries(sql, [n]);
    const entered = await enterFeeds(sql, restoredTo ?? [], new Map([[id, n]]));
    await touchFeeds(
      sql,
      [...left, ...entered].map(({ slug }) => [slug, now]),
    );
    return true;
  });
}
