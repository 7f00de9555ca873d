import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { StoreError } from "../errors.ts";
import { storeError } from "./database.ts";

/** What one process at a time may be, in a data folder. */
export type LockName = "instance" | "poller";

/**
 * Holds the data folder for one running service, or for its one poller. The lock is an exclusive transaction on a file
 * of its own: the operating system lets it go with the process, however that ends, so there is nothing to clean up by
 * hand. `waitMs` (default 0): how long another holder may take to end; the process stands still meanwhile.
 * Throws StoreError `already_running`.
 */
export function lockInstance(
  dataDir: string,
  { name = "instance", waitMs = 0 }: { readonly name?: LockName; readonly waitMs?: number } = {},
): Disposable {
  const file = join(dataDir, `${name}.lock`);
  try {
    mkdirSync(dataDir, { recursive: true });
    const database = new Sqlite(file, { timeout: waitMs });
    try {
      database.pragma("journal_mode = delete");
      database.exec("begin exclusive");
    } catch (error) {
      database.close();
      throw error;
    }
    return { [Symbol.dispose]: () => void database.close() };
  } catch (error) {
    const failure = storeError(error, file);
    if (failure.code !== "locked") throw failure;
    throw new StoreError(
      `Another storywire is ${name === "poller" ? "polling" : "serving"} from ${dataDir}: stop it first, or give this one a data folder of its own`,
      { code: "already_running", concerns: dataDir, cause: error },
    );
  }
}

/**
 * The name under which the poller of a data folder leases sources: the same after a crash, so that the sources which
 * were being visited are free at once. Only the holder of the `poller` lock may go by it.
 */
export function pollerName(dataDir: string): string {
  const file = join(dataDir, "poller.name");
  try {
    const known = readFileSync(file, "utf8");
    if (/^[0-9a-f]{16}$/.test(known)) return known;
    throw new Error("the file was cut off");
  } catch {
    const name = randomBytes(8).toString("hex");
    try {
      writeFileSync(file, name);
    } catch (error) {
      throw storeError(error, file);
    }
    return name;
  }
}
