import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { StoreError } from "../errors.ts";
import { storeError } from "./database.ts";

/**
 * Holds the data folder for one running service. The lock is an exclusive transaction on a file of its own: the
 * operating system lets it go with the process, however that ends, so there is nothing to clean up by hand.
 * Throws StoreError `already_running`.
 */
export function lockInstance(dataDir: string): Disposable {
  const file = join(dataDir, "instance.lock");
  try {
    mkdirSync(dataDir, { recursive: true });
    const database = new Sqlite(file, { timeout: 0 });
    database.pragma("journal_mode = delete");
    database.exec("begin exclusive");
    return { [Symbol.dispose]: () => void database.close() };
  } catch (error) {
    const failure = storeError(error, file);
    if (failure.code !== "locked") throw failure;
    throw new StoreError(
      `Another storywire is serving from ${dataDir}: stop it first, or give this one a data folder of its own`,
      {
        code: "already_running",
        concerns: dataDir,
        cause: error,
      },
    );
  }
}
