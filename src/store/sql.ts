import type { Database, Run } from "./database.ts";
import type { Tables } from "./tables.ts";

/** A connection, or a transaction on it, and the SQL it speaks. */
export interface Sql {
  readonly kind: Database["kind"];
  readonly run: Run;
  /** SQLite only: the driver's own statement. Only for use inside a transaction, whose connection it shares. */
  readonly prepare?: Database["prepare"];
}

export type Cell = string | number | null;
type Value = Cell | Uint8Array | readonly string[] | readonly number[];

/** Values of one list at most; longer ones are parted by `chunks`. */
export const LIST_MAX = 2_000;

/**
 * Runs one statement of a fixed text: prepared once, nothing compiled anew (a hundred microseconds a query). `?` stands
 * for a value; `in @texts` and `in @numbers` for a list; `@each` for a list as a table `told` with the column `value`.
 */
export async function query<Row>(sql: Sql, text: string, values: readonly Value[] = []): Promise<readonly Row[]> {
  const given = sql.kind === "sqlite" ? values.map(bound) : values;
  // The cast holds: a row has the columns that the text names.
  return (await sql.run(dialectText(sql.kind, text), given)) as readonly Row[];
}

/** Runs `query` over a long list in parts. */
export async function queryParts<Row>(
  sql: Sql,
  text: string,
  list: readonly string[] | readonly number[],
): Promise<readonly Row[]> {
  const found: Row[] = [];
  for (const part of chunks<string | number>(list, LIST_MAX))
    found.push(...(await query<Row>(sql, text, [part as readonly string[] | readonly number[]])));
  return found;
}

/** Lists as JSON, for `json_each`. */
function bound(value: Value): Cell | Uint8Array {
  // The cast holds: what is no list is a cell or bytes; isArray does not narrow read-only arrays.
  return Array.isArray(value) ? JSON.stringify(value) : (value as Cell | Uint8Array);
}

const texts = { sqlite: new Map<string, string>(), postgres: new Map<string, string>() };

function dialectText(kind: Database["kind"], text: string): string {
  const known = texts[kind].get(text);
  if (known !== undefined) return known;
  const translated = kind === "sqlite" ? sqliteText(text) : postgresText(text);
  texts[kind].set(text, translated);
  return translated;
}

function sqliteText(text: string): string {
  return text
    .replaceAll(/@(?:texts|numbers)/g, "(select value from json_each(?))")
    .replaceAll("@each", "json_each(?) as told");
}

function postgresText(text: string): string {
  let place = 0;
  return text.replaceAll(/in @texts|in @numbers|@each|\?/g, (hole) => {
    place += 1;
    return hole === "?" ? `$${place}` : (POSTGRES_LISTS[hole]?.(place) ?? hole);
  });
}

const POSTGRES_LISTS: Readonly<Record<string, (place: number) => string>> = {
  "in @texts": (place) => `= any($${place}::text[])`,
  "in @numbers": (place) => `= any($${place}::bigint[])`,
  "@each": (place) => `unnest($${place}::bigint[]) as told (value)`,
};

export function* chunks<T>(values: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}

/** Tries of a transaction that met another writer. */
const ATTEMPTS = 5;

/** Postgres: unique_violation, serialization_failure, deadlock_detected. */
const RETRIED = new Set(["23505", "40001", "40P01"]);

/** Runs in one transaction, again where another writer was in the way (two took the same stamp, a deadlock). */
export async function inTransaction<T>(database: Database, work: (sql: Sql) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { kind, prepare } = database;
      return await database.transaction((run) => work({ kind, run, ...(prepare && { prepare }) }));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (attempt >= ATTEMPTS || !RETRIED.has(code)) throw error;
    }
  }
}

// --- many rows at once

type Row = Readonly<Record<string, Cell>>;

const TEXT_COLUMNS = new Set([
  "id",
  "source_id",
  "title",
  "raw_digest",
  "digest",
  "held",
  "dates",
  "keys",
  "record",
  "origins",
  "corrections",
  "key",
  "field",
  "rule",
  "text",
  "poll_id",
  "interval",
  "story_id",
  "cluster",
  "memory",
  "last_poll",
  "lease_owner",
  "slug",
  "building_digest",
  "changed",
  "name",
]);

/**
 * Inserts rows of one shape: row by row on SQLite (measured: cheaper than long VALUES), arrays through `unnest` on
 * Postgres. A column's name tells whether it holds text or a number.
 */
export async function insertRows(sql: Sql, table: keyof Tables, rows: readonly Row[], conflict = ""): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const head = `insert into ${table} (${columns.join(", ")})`;
  if (sql.prepare !== undefined) {
    const statement = sql.prepare(`${head} values (${columns.map(() => "?").join(", ")}) ${conflict}`);
    for (const row of rows) statement.run(columns.map((name) => row[name] ?? null));
    return;
  }
  const text = `${head} select * from unnest(${arrays(columns)}) ${conflict}`;
  await sql.run(text, columnArrays(columns, rows));
}

/** Changes rows by their number; rows may change different columns. */
export async function updateStoryRows(sql: Sql, rows: readonly (Row & { readonly n: number })[]): Promise<void> {
  const shapes = Map.groupBy(rows, (row) => Object.keys(row).sort().join());
  for (const group of shapes.values()) {
    const columns = Object.keys(group[0] ?? {})
      .filter((name) => name !== "n")
      .sort();
    if (columns.length === 0) continue;
    if (sql.prepare !== undefined) {
      const set = columns.map((name) => `${name} = ?`).join(", ");
      const statement = sql.prepare(`update stories set ${set} where n = ?`);
      for (const row of group) statement.run([...columns.map((name) => row[name] ?? null), row.n]);
      continue;
    }
    const all = ["n", ...columns];
    const text = `update stories set ${columns.map((name) => `${name} = told.${name}`).join(", ")}
      from unnest(${arrays(all)}) as told (${all.join(", ")}) where stories.n = told.n`;
    await sql.run(text, columnArrays(all, group));
  }
}

function arrays(columns: readonly string[]): string {
  return columns.map((name, index) => `$${index + 1}::${TEXT_COLUMNS.has(name) ? "text" : "bigint"}[]`).join(", ");
}

function columnArrays(columns: readonly string[], rows: readonly Row[]): (string | number | null)[][] {
  return columns.map((name) => rows.map((row) => withoutNull(row[name] ?? null)));
}

/** Postgres refuses U+0000 in text, whatever a publisher wrote. */
function withoutNull(cell: Cell): Cell {
  return typeof cell === "string" && cell.includes("\0") ? cell.replaceAll("\0", "") : cell;
}
