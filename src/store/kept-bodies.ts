import type { SourceId } from "../model/source.ts";
import type { Database } from "./database.ts";
import { parseOwn } from "./rows.ts";
import { query, type Sql } from "./sql.ts";
import type { KeptBody, KeptLimits, PollChanges } from "./store.ts";
import type { Tables } from "./tables.ts";

type Row = Tables["kept_bodies"];
type Facts = Omit<KeptBody, "at" | "bytes">;

/** Bodies written between two looks at what all of them take together: that much it may be more for a while. */
const WRITES_A_LOOK = 50;

/** Rows removed at once for want of room; each is a document of its own. */
const REMOVED_AT_ONCE = 100;

/** Keeps the documents that visits brought, within limits: of each source the newest, of all together the newest. */
export function createKeeper(): (sql: Sql, changes: readonly PollChanges[], limits: KeptLimits) => Promise<void> {
  let writes = WRITES_A_LOOK;
  return async (sql, changes, limits) => {
    for (const { sourceId, kept } of changes) {
      if (kept === undefined || kept.bytes.length > limits.sourceBytesMax || limits.count === 0) continue;
      await insertBody(sql, sourceId, kept);
      await dropOlder(sql, sourceId, limits);
      writes += 1;
    }
    if (writes < WRITES_A_LOOK) return;
    writes = 0;
    await dropOldest(sql, limits.bytesMax);
  };
}

async function insertBody(sql: Sql, sourceId: SourceId, { at, bytes, ...facts }: KeptBody): Promise<void> {
  const row: Row = {
    source_id: sourceId,
    at,
    bytes: bytes.length,
    facts: JSON.stringify(facts satisfies Facts),
    body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
  };
  await writeBody(sql, row);
}

/** As it stands in the table. */
export async function writeBody(sql: Sql, { source_id, at, bytes, facts, body }: Row): Promise<void> {
  const text = `insert into kept_bodies (source_id, at, bytes, facts, body) values (?, ?, ?, ?, ?)
    on conflict (source_id, at) do update set bytes = excluded.bytes, facts = excluded.facts, body = excluded.body`;
  await query(sql, text, [source_id, at, bytes, facts, body]);
}

/** The newest always stays, whatever the others take. */
async function dropOlder(sql: Sql, sourceId: SourceId, { count, sourceBytesMax }: KeptLimits): Promise<void> {
  const text = "select at, bytes from kept_bodies where source_id = ? order by at desc";
  const rows = await query<Pick<Row, "at" | "bytes">>(sql, text, [sourceId]);
  let total = 0;
  const over = rows.filter(({ bytes }, place) => {
    total += bytes;
    return place > 0 && (place >= count || total > sourceBytesMax);
  });
  if (over.length === 0) return;
  const old = over.map(({ at }) => at);
  await query(sql, "delete from kept_bodies where source_id = ? and at in @numbers", [sourceId, old]);
}

async function dropOldest(sql: Sql, bytesMax: number): Promise<void> {
  const [sum] = await query<{ total: number | string | null }>(sql, "select sum(bytes) as total from kept_bodies");
  // Postgres sums bigint as numeric, which comes as text.
  for (let total = Number(sum?.total ?? 0); total > bytesMax; ) {
    const text = `select source_id, at, bytes from kept_bodies order by at limit ${REMOVED_AT_ONCE}`;
    const rows = await query<Pick<Row, "source_id" | "at" | "bytes">>(sql, text);
    if (rows.length === 0) return;
    for (const { source_id, at, bytes } of rows) {
      if (total <= bytesMax) return;
      await query(sql, "delete from kept_bodies where source_id = ? and at = ?", [source_id, at]);
      total -= bytes;
    }
  }
}

/** Documents kept of a source, newest first. */
export async function keptBodies(database: Database, sourceId: SourceId): Promise<readonly KeptBody[]> {
  const text = "select at, facts, body from kept_bodies where source_id = ? order by at desc";
  const rows = await query<Pick<Row, "at" | "facts" | "body">>(database, text, [sourceId]);
  return rows.map(({ at, facts, body }) => ({ ...parseOwn<Facts>(facts), at, bytes: body }));
}
