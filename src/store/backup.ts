import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { StoreError } from "../errors.ts";
import type { Database } from "./database.ts";

/**
 * A consistent copy of a SQLite database that is in use, whole or not there at all. Codes `file_exists`, `unsupported`.
 */
export function backupDatabase({ sqlite }: Pick<Database, "sqlite">, file: string): void {
  if (sqlite === undefined)
    throw new StoreError("Cannot back up Postgres to a file: use pg_dump", { code: "unsupported", concerns: file });
  if (existsSync(file))
    throw new StoreError(`Cannot back up to ${file}: the file exists`, { code: "file_exists", concerns: file });
  const partial = `${file}.partial`;
  rmSync(partial, { force: true });
  // One read transaction: the driver's page-wise backup begins again with each commit of another process.
  sqlite.prepare("vacuum into ?").run(partial);
  sync(partial);
  renameSync(partial, file);
}

/** What a file holds, judged before it takes the place of another. Codes `missing`, `corrupt`, `newer_schema`. */
export function checkBackup(file: string, newestSchema: number): { readonly stories: number; readonly schema: number } {
  if (!existsSync(file))
    throw new StoreError(`Cannot restore ${file}: there is no such file`, { code: "missing", concerns: file });
  const sqlite = new Sqlite(file, { readonly: true });
  try {
    const found = sqlite.pragma("integrity_check(1)", { simple: true });
    if (found !== "ok")
      throw new StoreError(`The file ${file} is damaged: ${found}`, { code: "corrupt", concerns: file });
    // The casts hold: the statements name these columns.
    const { schema } = sqlite.prepare("select max(number) as schema from schema_migrations").get() as {
      schema: number;
    };
    if (schema > newestSchema) {
      throw new StoreError(`The file ${file} has schema ${schema}; this program knows up to ${newestSchema}`, {
        code: "newer_schema",
        concerns: file,
      });
    }
    const { stories } = sqlite.prepare("select count(*) as stories from stories where deleted_at is null").get() as {
      stories: number;
    };
    return { stories, schema };
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError(`The file ${file} is no database of this program`, {
      code: "corrupt",
      concerns: file,
      cause: error,
    });
  } finally {
    sqlite.close();
  }
}

/**
 * Puts a file in the place of a database that nobody uses; what was there is kept beside it under `kept`, with its log.
 * Until the last step the old one stands.
 */
export function replaceDatabase({
  from,
  to,
  kept,
}: {
  readonly from: string;
  readonly to: string;
  readonly kept: string;
}): void {
  const partial = `${to}.partial`;
  copyFileSync(from, partial);
  sync(partial);
  for (const suffix of ["", "-wal", "-shm"]) if (existsSync(to + suffix)) renameSync(to + suffix, kept + suffix);
  renameSync(partial, to);
}

function sync(file: string): void {
  const handle = openSync(file, "r+");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
