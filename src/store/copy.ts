import { StoreError } from "../errors.ts";
import type { Database } from "./database.ts";
import { writeBody } from "./kept-bodies.ts";
import { type StoryRow, storyOf } from "./rows.ts";
import { indexStories } from "./search.ts";
import { writeSnapshot } from "./snapshots.ts";
import { type Cell, insertRows, inTransaction, query, type Sql } from "./sql.ts";
import type { Tables } from "./tables.ts";

/** Rows copied by one statement. */
const BATCH = 1_000;

/** All that is copied row for row; the words of search are made anew, what holds bytes goes by itself. */
const TABLES = [
  "sources",
  "stories",
  "story_keys",
  "revisions",
  "sightings",
  "polls",
  "feeds",
  "published_slugs",
  "feed_entries",
  "stale_lists",
  "source_usage",
  "configurations",
] as const satisfies readonly (keyof Tables)[];

/**
 * Copies everything from SQLite to an empty Postgres database of the same schema, in one transaction: ids, dates,
 * sequences and revisions stay what they are, and so do the documents made of them. Codes `unsupported`, `not_empty`.
 */
export async function copyDatabase(
  from: Database,
  to: Database,
  onRows: (table: string, rows: number) => void = () => {},
): Promise<Readonly<Record<string, number>>> {
  const { sqlite } = from;
  if (sqlite === undefined || to.kind !== "postgres")
    throw new StoreError("Cannot migrate: only from SQLite to Postgres", { code: "unsupported" });
  // One view of the whole: nothing that is written meanwhile is half copied.
  sqlite.exec("begin");
  try {
    return await inTransaction(to, async (target) => {
      await requireEmpty(target);
      const counts: Record<string, number> = {};
      for (const table of TABLES) {
        counts[table] = 0;
        for (const rows of batches(sqlite.prepare(`select * from ${table}`).iterate())) {
          await insertRows(target, table, rows);
          if (table === "stories") await indexStories(target, storiesOf(rows));
          counts[table] += rows.length;
          onRows(table, counts[table]);
        }
      }
      // The cast holds: the table's columns are those of the type.
      const snapshots = sqlite.prepare("select * from snapshots").all() as Tables["snapshots"][];
      for (const snapshot of snapshots) await writeSnapshot(target, snapshot);
      await query(target, "select setval(pg_get_serial_sequence('stories', 'n'), max(n)) from stories");
      let bodies = 0;
      for (const body of sqlite.prepare("select * from kept_bodies").iterate()) {
        // The cast holds: the table's columns are those of the type.
        await writeBody(target, body as Tables["kept_bodies"]);
        bodies += 1;
      }
      return { ...counts, snapshots: snapshots.length, kept_bodies: bodies };
    });
  } finally {
    sqlite.exec("rollback");
  }
}

async function requireEmpty(target: Sql): Promise<void> {
  for (const table of TABLES) {
    if ((await query(target, `select 1 from ${table} limit 1`)).length === 0) continue;
    throw new StoreError(`Cannot migrate: the database to fill holds ${table} already`, { code: "not_empty" });
  }
}

type CopiedRow = Readonly<Record<string, Cell>>;

function* batches(rows: IterableIterator<unknown>): Generator<readonly CopiedRow[]> {
  let batch: CopiedRow[] = [];
  for (const row of rows) {
    // The cast holds: tables without bytes hold text, numbers and null.
    batch.push(row as CopiedRow);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function storiesOf(rows: readonly CopiedRow[]) {
  return (
    rows
      .filter((row) => row.deleted_at === null)
      // The cast holds: these are rows of stories.
      .map((row) => row as unknown as StoryRow)
      .map((row) => ({ n: row.n, story: storyOf(row) }))
  );
}
