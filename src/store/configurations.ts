import type { SourceMemory } from "../model/poll.ts";
import type { SourceId } from "../model/source.ts";
import type { Database } from "./database.ts";
import { parseOwn } from "./rows.ts";
import { inTransaction, query, type Sql } from "./sql.ts";
import type { AppliedConfiguration } from "./store.ts";
import type { Tables } from "./tables.ts";

type SourceRow = Pick<Tables["sources"], "id" | "memory" | "next_poll_at">;

export async function appliedConfiguration(sql: Sql): Promise<AppliedConfiguration | null> {
  const text = "select digest, at, text from configurations where name = 'applied'";
  const [row] = await query<AppliedConfiguration>(sql, text);
  return row ?? null;
}

export async function appliedDigest(sql: Sql): Promise<string | null> {
  const text = "select digest from configurations where name = 'applied'";
  const [row] = await query<{ digest: string }>(sql, text);
  return row?.digest ?? null;
}

/**
 * Writes what was accepted; the sources named in `due` are visited no later than told there, gone or not. False, and
 * nothing written, where another digest than `replaces` stands there by now.
 */
export async function saveApplied(
  database: Database,
  { digest, at, text }: AppliedConfiguration,
  { due, replaces }: { readonly due: ReadonlyMap<SourceId, number>; readonly replaces: string | null },
): Promise<boolean> {
  return inTransaction(database, async (sql) => {
    if ((await appliedDigest(sql)) !== replaces) return false;
    await query(
      sql,
      `insert into configurations (name, digest, at, text) values ('applied', ?, ?, ?)
        on conflict (name) do update set digest = excluded.digest, at = excluded.at, text = excluded.text`,
      [digest, at, text],
    );
    for (const [id, dueAt] of due) await makeDue(sql, id, dueAt);
    return true;
  });
}

/** What ended the visits to an old address (410) says nothing of a new one. */
async function makeDue(sql: Sql, id: SourceId, dueAt: number): Promise<void> {
  const [row] = await query<SourceRow>(sql, "select id, memory, next_poll_at from sources where id = ?", [id]);
  if (row === undefined) return;
  const { gone: _gone, ...memory } = parseOwn<SourceMemory>(row.memory);
  const nextPollAt = Math.min(row.next_poll_at ?? dueAt, dueAt);
  await query(sql, "update sources set memory = ?, next_poll_at = ? where id = ?", [
    JSON.stringify(memory),
    nextPollAt,
    id,
  ]);
}
