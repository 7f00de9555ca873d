import { planConfiguration } from "../app/planning.ts";
import type { Configuration } from "../config/settings.ts";
import { StoreError } from "../errors.ts";
import type { PlanJson } from "../plan/plan-json.ts";
import { migrate, openDatabase } from "../store/database.ts";
import { createSqlStore, openStore } from "../store/sql-store.ts";
import type { Store } from "../store/store.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";
import { planText } from "./plan-text.ts";
import { createProgress, type Progress } from "./terminal.ts";

/** What the files would change of what is applied: per source and feed, by the documents kept. Reads only. */
export async function plan(options: GlobalOptions): Promise<ExitCode> {
  const configuration = await configurationOf(options);
  await using store = await openToRead(configuration);
  const told = await planAloud(configuration, store, Date.now());
  process.stdout.write(options.json ? `${JSON.stringify(told)}\n` : `${planText(told)}${advice(told)}`);
  return 0;
}

/** The store, as it stands; an empty one where nothing was ever stored. */
async function openToRead({ settings }: Configuration): Promise<Store> {
  try {
    return openStore(settings.database, { readOnly: true });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "missing") throw error;
    const empty = openDatabase({ kind: "sqlite", path: ":memory:" });
    await migrate(empty);
    return createSqlStore(empty);
  }
}

/** A plan; on a terminal it is told how far it is, once it is known how many sources are to be tried. */
export async function planAloud(configuration: Configuration, store: Store, now: number): Promise<PlanJson> {
  let progress: Progress | undefined;
  const onProgress = (done: number, total: number) => {
    progress ??= createProgress("sources", total, total > 1);
    progress.at(done);
  };
  try {
    return await planConfiguration(configuration, store, { now, onProgress });
  } finally {
    progress?.[Symbol.dispose]();
  }
}

function advice({ isCurrent, isSurprising }: PlanJson): string {
  if (isCurrent) return "";
  return isSurprising
    ? "It waits until somebody says `storywire apply --yes`.\n"
    : "A running service takes it over by itself, else the next start or `storywire apply` does.\n";
}
