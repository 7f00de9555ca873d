import { freshMemory, type PollRecord, type SourceMemory } from "../model/poll.ts";
import type { SourceId } from "../model/source.ts";
import type { Database } from "./database.ts";
import { parseOwn } from "./rows.ts";
import { insertRows, inTransaction, query, queryParts, type Sql } from "./sql.ts";
import type { PollChanges, SourceState } from "./store.ts";
import type { Tables } from "./tables.ts";

type SourceRow = Pick<Tables["sources"], "id" | "memory" | "next_poll_at" | "last_poll" | "paused_at" | "changed_at">;

const COLUMNS = "id, memory, next_poll_at, last_poll, paused_at, changed_at";

export async function sourceStates(sql: Sql, ids: readonly SourceId[] | undefined): Promise<readonly SourceState[]> {
  const rows =
    ids === undefined
      ? await query<SourceRow>(sql, `select ${COLUMNS} from sources order by id`)
      : await queryParts<SourceRow>(sql, `select ${COLUMNS} from sources where id in @texts order by id`, ids);
  return rows.map((row) => ({
    id: row.id as SourceId,
    memory: parseOwn<SourceMemory>(row.memory),
    nextPollAt: row.paused_at === null ? row.next_poll_at : null,
    ...(row.paused_at === null ? {} : { pausedAt: row.paused_at }),
    ...(row.changed_at === null ? {} : { changedAt: row.changed_at }),
    ...(row.last_poll === null ? {} : { lastPoll: parseOwn<PollRecord>(row.last_poll) }),
  }));
}

export async function nextPolls(sql: Sql): Promise<ReadonlyMap<SourceId, number | null>> {
  const rows = await query<{ id: string; next_poll_at: number | null }>(
    sql,
    "select id, case when paused_at is null then next_poll_at end as next_poll_at from sources",
  );
  return new Map(rows.map((row) => [row.id as SourceId, row.next_poll_at]));
}

/** Takes the leases that nobody holds; a source never seen is made known, due at once. */
export async function leaseSources(
  database: Database,
  ids: readonly SourceId[],
  { owner, now, untilMs }: { readonly owner: string; readonly now: number; readonly untilMs: number },
): Promise<readonly SourceId[]> {
  if (ids.length === 0) return [];
  return inTransaction(database, async (sql) => {
    const known = await queryParts<{ id: string }>(sql, "select id from sources where id in @texts", ids);
    const seen = new Set(known.map((row) => row.id));
    await insertRows(
      sql,
      "sources",
      ids.filter((id) => !seen.has(id)).map((id) => ({ id, memory: JSON.stringify(freshMemory), next_poll_at: 0 })),
      "on conflict do nothing",
    );
    const text = `update sources set lease_owner = ?, lease_until = ?
      where id in @texts and (lease_until is null or lease_until <= ? or lease_owner = ?) returning id`;
    const rows = await query<{ id: string }>(sql, text, [owner, untilMs, ids, now, owner]);
    return rows.map((row) => row.id as SourceId);
  });
}

export async function releaseSources(sql: Sql, ids: readonly SourceId[], owner: string): Promise<void> {
  if (ids.length === 0) return;
  const held = await query<{ id: string }>(sql, "select id from sources where id in @texts and lease_owner = ?", [
    ids,
    owner,
  ]);
  // A stored poll ended its lease already: nothing to write, nothing to sync.
  if (held.length === 0) return;
  await query(sql, "update sources set lease_owner = null, lease_until = null where id in @texts and lease_owner = ?", [
    ids,
    owner,
  ]);
}

/** Whether readers of the source's stories see another document afterwards. */
function changesWhatIsShown({ newStories, updates, creditChanged }: PollChanges): boolean {
  return (
    creditChanged === true ||
    newStories.length > 0 ||
    updates.some(({ revised, withdrawnAt }) => revised !== undefined || withdrawnAt !== undefined)
  );
}

/** What the sources of these stories show changed at this moment, other than by a visit. */
export async function touchSources(sql: Sql, numbers: readonly number[], at: number): Promise<void> {
  const text = "select distinct source_id from stories where n in @numbers";
  const rows = await queryParts<{ source_id: string }>(sql, text, numbers);
  await query(sql, "update sources set changed_at = ? where id in @texts and coalesce(changed_at, 0) < ?", [
    at,
    rows.map((row) => row.source_id).sort(),
    at,
  ]);
}

/** The records and what is remembered; a stored poll ends the lease it was made under. */
export async function savePolls(sql: Sql, changes: readonly PollChanges[]): Promise<void> {
  const changed = new Set(changes.filter(changesWhatIsShown).map(({ sourceId }) => sourceId));
  await insertRows(
    sql,
    "sources",
    changes.map(({ sourceId, poll, memory, nextPollAt }) => ({
      id: sourceId,
      memory: JSON.stringify(memory),
      next_poll_at: nextPollAt,
      last_success_at: memory.lastSuccessAt ?? null,
      last_poll: JSON.stringify(poll),
      changed_at: changed.has(sourceId) ? poll.at : null,
    })),
    `on conflict (id) do update set memory = excluded.memory, next_poll_at = excluded.next_poll_at,
      last_success_at = excluded.last_success_at, last_poll = excluded.last_poll, lease_owner = null, lease_until = null,
      changed_at = case when excluded.changed_at > coalesce(sources.changed_at, 0) then excluded.changed_at
        else sources.changed_at end`,
  );
  await insertRows(
    sql,
    "polls",
    changes.map(({ sourceId, poll }) => ({ source_id: sourceId, at: poll.at, record: JSON.stringify(poll) })),
    "on conflict (source_id, at) do update set record = excluded.record",
  );
}

/**
 * From now on (null: no longer) visited only when the operator asks. What is resumed is due when it was, at once where
 * that is past, or where a 410 had ended its visits.
 */
export async function pauseSource(
  database: Database,
  id: SourceId,
  { pausedAt, now }: { readonly pausedAt: number | null; readonly now: number },
): Promise<void> {
  await inTransaction(database, async (sql) => {
    const [known] = await query<SourceRow>(sql, `select ${COLUMNS} from sources where id = ?`, [id]);
    if (known === undefined) {
      const memory = JSON.stringify(freshMemory);
      await insertRows(
        sql,
        "sources",
        [{ id, memory, next_poll_at: 0, paused_at: pausedAt }],
        "on conflict do nothing",
      );
      return;
    }
    await query(sql, "update sources set paused_at = ? where id = ?", [pausedAt, id]);
    const { gone, ...memory } = parseOwn<SourceMemory>(known.memory);
    if (pausedAt === null && gone === true)
      await query(sql, "update sources set memory = ?, next_poll_at = ? where id = ?", [
        JSON.stringify(memory),
        now,
        id,
      ]);
  });
}

/** Visits to a source, newest first. */
export async function listPolls(sql: Sql, sourceId: SourceId, limit: number): Promise<readonly PollRecord[]> {
  const text = "select record from polls where source_id = ? order by at desc limit ?";
  const rows = await query<{ record: string }>(sql, text, [sourceId, limit]);
  return rows.map((row) => parseOwn<PollRecord>(row.record));
}
