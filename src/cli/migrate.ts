import { SettingsError, StoreError } from "../errors.ts";
import { copyDatabase } from "../store/copy.ts";
import { type Database, migrate as migrateSchema, openDatabase } from "../store/database.ts";
import { lockInstance } from "../store/lock.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";
import { createProgress } from "./terminal.ts";

export interface MigrateOptions extends GlobalOptions {
  readonly to: string;
}

/** Copies a SQLite database to an empty Postgres one: same ids, same documents, same validators. */
export async function migrate(options: MigrateOptions): Promise<ExitCode> {
  if (!/^postgres(?:ql)?:\/\//.test(options.to)) {
    throw new SettingsError([{ file: "command line", path: "--to", wanted: "postgres://user:password@host/database" }]);
  }
  const { settings } = await configurationOf(options);
  const { database, dataDir } = settings;
  if (database.kind === "postgres") {
    throw new StoreError("Cannot migrate: the configuration names a Postgres database already", {
      code: "unsupported",
    });
  }
  using _service = lockInstance(dataDir);
  using _poller = lockInstance(dataDir, { name: "poller" });
  await using stack = new AsyncDisposableStack();
  const opened = (one: Database) => stack.adopt(one, (held) => held.close());
  const from = opened(openDatabase(database));
  await migrateSchema(from, { backupTo: database.path });
  const to = opened(openDatabase({ kind: "postgres", url: options.to }, { connections: 2 }));
  await migrateSchema(to);
  const rows = await copyWithProgress(from, to);
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ migrated: rows })}\n`
      : `migrated ${rows.stories} stories; name the new database in STORYWIRE_DATABASE_URL or in storywire.yaml\n`,
  );
  return 0;
}

async function copyWithProgress(from: Database, to: Database): Promise<Readonly<Record<string, number>>> {
  using progress = createProgress("rows");
  let before = 0;
  let table = "";
  let inTable = 0;
  return copyDatabase(from, to, (name, rows) => {
    if (name !== table) before += inTable;
    table = name;
    inTable = rows;
    progress.at(before + rows);
  });
}
