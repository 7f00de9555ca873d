import { resolve } from "node:path";
import { StoreError } from "../errors.ts";
import { instantJson } from "../model/story-json.ts";
import { checkBackup, replaceDatabase } from "../store/backup.ts";
import { newestSchema } from "../store/database.ts";
import { lockInstance } from "../store/lock.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";

/** Puts a backup in the place of the database, which is kept beside it; refused while a service runs. */
export async function restore(file: string, options: GlobalOptions): Promise<ExitCode> {
  const { settings } = await configurationOf(options);
  const { database, dataDir } = settings;
  if (database.kind === "postgres") {
    throw new StoreError("Cannot restore a file to Postgres: use pg_restore", { code: "unsupported", concerns: file });
  }
  using _service = lockInstance(dataDir);
  using _poller = lockInstance(dataDir, { name: "poller" });
  const from = resolve(file);
  const { stories } = checkBackup(from, newestSchema("sqlite"));
  const kept = `${database.path}.before-restore-${instantJson(Date.now()).replaceAll(":", "")}`;
  replaceDatabase({ from, to: database.path, kept });
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ restored: from, to: database.path, stories, kept })}\n`
      : `restored ${stories} stories from ${from}\nthe database until now is kept as ${kept}\n`,
  );
  return 0;
}
