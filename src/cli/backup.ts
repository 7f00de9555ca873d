import { resolve } from "node:path";
import { StoreError } from "../errors.ts";
import { openStore } from "../store/sql-store.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";
import { formatBytes, showLine } from "./terminal.ts";

/** A consistent copy of the database into a new file, beside a service that runs. */
export async function backup(file: string, options: GlobalOptions): Promise<ExitCode> {
  const { settings } = await configurationOf(options);
  if (settings.database.kind === "postgres") {
    throw new StoreError("Cannot back up Postgres to a file: use pg_dump", { code: "unsupported", concerns: file });
  }
  const target = resolve(file);
  await using store = openStore(settings.database, { readOnly: true });
  {
    // One statement, which tells nothing on its way.
    using _line = showLine(`copying ${formatBytes(await store.diskBytes())} …`);
    await store.backup(target);
  }
  process.stdout.write(options.json ? `${JSON.stringify({ backup: target })}\n` : `backed up to ${target}\n`);
  return 0;
}
