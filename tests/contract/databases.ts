import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { DatabaseAddress } from "../../src/store/database.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";

/** Addresses of new, empty databases of both kinds, for the tests of the file that asks; they go with its end. */
export function useDatabases(): Readonly<Record<"SQLite" | "Postgres", () => Promise<DatabaseAddress>>> {
  let postgres: PostgresServer;
  let folder: string;
  let files = 0;
  beforeAll(async () => {
    postgres = await startPostgres();
    folder = mkdtempSync(join(tmpdir(), "storywire-contract-"));
  }, 120_000);
  afterAll(async () => {
    await postgres[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    async SQLite() {
      files += 1;
      return { kind: "sqlite", path: join(folder, `${files}.db`) };
    },
    Postgres: async () => ({ kind: "postgres", url: await postgres.createDatabase() }),
  };
}
