import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import Sqlite from "better-sqlite3";
import type pg from "pg";
import { StoreError } from "../errors.ts";
import { backupDatabase } from "./backup.ts";

export type DatabaseAddress =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string };

/** Runs one statement in the database's own words, and answers its rows. */
export type Run = (text: string, values?: readonly unknown[]) => Promise<readonly unknown[]>;

/** An open database of either kind. */
export interface Database {
  readonly kind: "sqlite" | "postgres";
  /** By itself; on SQLite after the transaction that is under way. */
  readonly run: Run;
  /** Runs `work` in one transaction, which ends with it: stored where it resolves, undone where it rejects. */
  transaction<T>(work: (run: Run) => Promise<T>): Promise<T>;
  /** SQLite only: the driver's own handle, for `data_version` and online backup. */
  readonly sqlite?: Sqlite.Database;
  /** SQLite only: a statement of the driver, prepared once. */
  readonly prepare?: (text: string) => Sqlite.Statement;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** A connection that only reads (the web process). */
  readonly readOnly?: boolean;
  /** How long a statement waits for a lock, in milliseconds. */
  readonly busyMs?: number;
  /** Postgres connections at most. */
  readonly connections?: number;
}

/**
 * What a SQLite connection keeps in memory. Readers map the file, which saves them a copy of each page. A round of visits
 * touches all of a large file once: mapped, it would stand in the memory of the process that writes (measured: 900 MB of
 * 1.4 GB), and a larger cache than this saves it no time.
 */
const READER_MEMORY = { cacheKib: 64 * 1024, mappedBytes: 1024 * 1024 * 1024 } as const;
const WRITER_MEMORY = { cacheKib: 16 * 1024, mappedBytes: 0 } as const;

/**
 * Opens the database without touching its schema. StoreError codes: `missing` (a read-only SQLite file that is not
 * there), `corrupt`, `unavailable`, `store_failed`.
 */
export function openDatabase(address: DatabaseAddress, options: OpenOptions = {}): Database {
  return address.kind === "sqlite" ? openSqlite(address.path, options) : openPostgres(address.url, options);
}

function openSqlite(path: string, { readOnly = false, busyMs = 5_000 }: OpenOptions): Database {
  if (readOnly && !existsSync(path)) {
    throw new StoreError(`Cannot open the database ${path}: there is no such file`, {
      code: "missing",
      concerns: path,
    });
  }
  try {
    if (path !== ":memory:" && !readOnly) mkdirSync(dirname(path), { recursive: true });
    const sqlite = new Sqlite(path, { readonly: readOnly, timeout: busyMs });
    sqlite.pragma("foreign_keys = off");
    const { cacheKib, mappedBytes } = readOnly ? READER_MEMORY : WRITER_MEMORY;
    sqlite.pragma(`cache_size = -${cacheKib}`);
    sqlite.pragma(`mmap_size = ${mappedBytes}`);
    sqlite.pragma("temp_store = memory");
    if (!readOnly) {
      sqlite.pragma("journal_mode = WAL");
      // FULL syncs the log at each commit: what a reader saw survives a power cut (ADR 0004).
      sqlite.pragma("synchronous = FULL");
      sqlite.pragma("journal_size_limit = 67108864");
      // 16 MiB of log before it is copied into the file: a round of visits writes the same pages again and again.
      sqlite.pragma("wal_autocheckpoint = 4000");
    }
    return { kind: "sqlite", sqlite, ...overSqlite(sqlite) };
  } catch (error) {
    throw storeError(error, path);
  }
}

/**
 * One connection: what is asked of it runs in turn, a transaction as a whole. Statements are prepared once. A transaction
 * takes the write lock at once: one that began by reading could not wait for another writer, it would fail.
 */
function overSqlite(sqlite: Sqlite.Database) {
  const statements = new Map<string, Sqlite.Statement>();
  let last: Promise<unknown> = Promise.resolve();

  function prepare(text: string): Sqlite.Statement {
    const known = statements.get(text);
    if (known !== undefined) return known;
    if (statements.size > 500) statements.clear();
    const statement = sqlite.prepare(text);
    statements.set(text, statement);
    return statement;
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  const run: Run = async (text, values = []) => {
    const statement = prepare(text);
    if (statement.reader) return statement.all(values);
    statement.run(values);
    return [];
  };

  return {
    prepare,
    run: ((text, values) => inTurn(() => run(text, values))) satisfies Run,
    transaction: <T>(work: (run: Run) => Promise<T>) =>
      inTurn(async () => {
        await run(sqlite.readonly ? "begin" : "begin immediate");
        try {
          const result = await work(run);
          await run("commit");
          return result;
        } catch (error) {
          // One that SQLite itself gave up (a full disk) needs no rollback: the complaint about that would hide why.
          if (sqlite.inTransaction) await run("rollback");
          throw error;
        }
      }),
    close: () =>
      inTurn(async () => {
        sqlite.close();
      }),
  };
}

/** Loaded by who speaks to Postgres: 14 ms and 5 MB that nobody else pays. */
function loadPg(): typeof pg {
  return createRequire(import.meta.url)("pg") as typeof pg;
}

/** bigint as number: our instants and counters are far below 2^53. */
function numbersOf({ types }: typeof pg) {
  return {
    getTypeParser(id: number, format?: "text" | "binary"): (value: string) => unknown {
      if (id === types.builtins.INT8 && format !== "binary") return Number;
      return types.getTypeParser(id, format ?? "text") as (value: string) => unknown;
    },
  };
}

function openPostgres(url: string, { connections = 10, busyMs = 5_000 }: OpenOptions): Database {
  const driver = loadPg();
  const pool = new driver.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 10_000,
    options: `-c lock_timeout=${busyMs} -c timezone=UTC`,
    types: numbersOf(driver) as pg.CustomTypesConfig,
  });
  // A connection that breaks (server restarted) is replaced at the next use, and what was asked on it fails there. An
  // event that nobody hears would end the process: the pool tells of idle connections, each of itself while it works.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return { kind: "postgres", ...overPool(pool) };
}

function overPool(pool: pg.Pool) {
  const over =
    (client: pg.Pool | pg.PoolClient): Run =>
    async (text, values = []) =>
      (await client.query(text, [...values])).rows;
  return {
    run: over(pool),
    async transaction<T>(work: (run: Run) => Promise<T>): Promise<T> {
      const client = await pool.connect();
      const run = over(client);
      try {
        await run("begin");
        const result = await work(run);
        await run("commit");
        return result;
      } catch (error) {
        // A connection that broke takes its transaction along.
        await run("rollback").catch(() => {});
        throw error;
      } finally {
        client.release();
      }
    },
    close: () => pool.end(),
  };
}

const SQLITE_CODES: Readonly<Record<string, string>> = {
  SQLITE_BUSY: "locked",
  SQLITE_LOCKED: "locked",
  SQLITE_FULL: "disk_full",
  SQLITE_READONLY: "read_only",
  SQLITE_CORRUPT: "corrupt",
  SQLITE_NOTADB: "corrupt",
  SQLITE_CANTOPEN: "unavailable",
  SQLITE_IOERR: "io_error",
  SQLITE_PERM: "read_only",
};

const POSTGRES_CODES: Readonly<Record<string, string>> = {
  "55P03": "locked",
  "40001": "locked",
  "40P01": "locked",
  "53100": "disk_full",
  "25006": "read_only",
  XX001: "corrupt",
  XX002: "corrupt",
  "28P01": "unauthorized",
  "28000": "unauthorized",
  "3D000": "missing",
  "42P01": "older_schema",
  "42703": "older_schema",
};

/** Whatever a driver threw, as a StoreError with a stable code. */
export function storeError(error: unknown, concerns?: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known =
    SQLITE_CODES[code] ??
    SQLITE_CODES[code.split("_").slice(0, 2).join("_")] ??
    POSTGRES_CODES[code] ??
    (/^(?:08|57P)|^E[A-Z]+$/.test(code) || /terminated|timeout exceeded when trying to connect/i.test(String(error))
      ? "unavailable"
      : "store_failed");
  const text = error instanceof Error ? error.message : String(error);
  return new StoreError(`The database failed: ${text}`, {
    // SQLite has no code of its own for a table or column that a later version of this program added.
    code: /^no such (?:table|column)/.test(text) ? "older_schema" : known,
    cause: error,
    concerns,
  });
}

/** The numbered migrations that ship with this program, in order. */
function listMigrations(
  kind: Database["kind"],
): readonly { readonly number: number; readonly name: string; readonly text: string }[] {
  const folder = join(import.meta.dirname, "migrations");
  return readdirSync(folder)
    .filter((name) => name.endsWith(`.${kind}.sql`))
    .sort()
    .map((name) => ({ number: Number(name.slice(0, 4)), name, text: readFileSync(join(folder, name), "utf8") }));
}

/** The schema that this program knows. */
export function newestSchema(kind: Database["kind"]): number {
  return listMigrations(kind).at(-1)?.number ?? 0;
}

/**
 * Brings the schema to this program's version, each migration in one transaction. An existing SQLite file is copied to
 * `<file>.before-NNNN` first. Answers the numbers applied. StoreError `newer_schema` where the database is ahead of
 * this program, `corrupt` where the file is damaged.
 */
export async function migrate(
  database: Database,
  options: { readonly backupTo?: string } = {},
): Promise<readonly number[]> {
  try {
    const migrations = listMigrations(database.kind);
    const newest = migrations.at(-1)?.number ?? 0;
    const current = await schemaVersion(database);
    if (current > newest) {
      throw new StoreError(
        `The database has schema ${current}; this program knows up to ${newest}: use a newer storywire`,
        {
          code: "newer_schema",
        },
      );
    }
    const open = migrations.filter(({ number }) => number > current);
    if (open.length > 0 && current > 0 && options.backupTo !== undefined) {
      const number = String(open[0]?.number).padStart(4, "0");
      backupDatabase(database, freeName(`${options.backupTo}.before-${number}`));
    }
    for (const migration of open) await applyMigration(database, migration);
    return open.map(({ number }) => number);
  } catch (error) {
    throw storeError(error);
  }
}

/** A backup of an earlier attempt stays where it is. */
function freeName(file: string): string {
  if (!existsSync(file)) return file;
  for (let number = 2; ; number += 1) if (!existsSync(`${file}.${number}`)) return `${file}.${number}`;
}

/** Files up to this size are checked page by page at each start, also that of a single poll (measured: 0.6 ms of CPU a megabyte). */
const CHECKED_BYTES = 64 * 1024 * 1024;

/** Of larger files: tables that stay small, and so many rows of the others, where the last writes went. */
const SMALL_TABLES = ["schema_migrations", "sources", "feeds", "stale_lists"];
const NEWEST_ROWS = 500;

/** StoreError `corrupt` where the file is damaged, as far as can be seen in bounded time. */
function checkFile(sqlite: Sqlite.Database): void {
  const bytes =
    Number(sqlite.pragma("page_count", { simple: true })) * Number(sqlite.pragma("page_size", { simple: true }));
  const tables = new Set(sqlite.prepare("select name from sqlite_master where type = 'table'").pluck().all());
  const checks =
    bytes <= CHECKED_BYTES
      ? ["quick_check(1)"]
      : SMALL_TABLES.filter((name) => tables.has(name)).map((name) => `quick_check(${name})`);
  for (const check of checks) {
    const found = sqlite.pragma(check, { simple: true });
    if (found !== "ok") throw new StoreError(`The database file is damaged: ${found}`, { code: "corrupt" });
  }
  if (bytes <= CHECKED_BYTES || !tables.has("stories")) return;
  // Reading a damaged page fails by itself.
  sqlite.prepare("select * from stories order by n desc limit ?").all(NEWEST_ROWS);
  sqlite.prepare("select * from feed_entries order by n desc limit ?").all(NEWEST_ROWS);
}

async function schemaVersion({ sqlite, run }: Database): Promise<number> {
  if (sqlite !== undefined) checkFile(sqlite);
  await run("create table if not exists schema_migrations (number integer primary key, name text not null)");
  // The cast holds: a row has the columns that the text names.
  const rows = (await run("select max(number) as number from schema_migrations")) as { number: number | null }[];
  return rows[0]?.number ?? 0;
}

async function applyMigration(
  { transaction, kind }: Database,
  { number, name, text }: { readonly number: number; readonly name: string; readonly text: string },
): Promise<void> {
  await transaction(async (run) => {
    // Two programs that start at once: the second waits here and finds the work done.
    if (kind === "postgres") await run("lock table schema_migrations in exclusive mode");
    if ((await run(`select 1 from schema_migrations where number = ${number}`)).length > 0) return;
    for (const statement of text.split(/;\s*(?:\n|$)/)) if (statement.trim() !== "") await run(statement);
    // The name is that of a file of ours.
    await run(`insert into schema_migrations (number, name) values (${number}, '${name}')`);
  });
}
