import { planConfiguration } from "../app/planning.ts";
import type { Configuration } from "../config/settings.ts";
import type { PlanJson } from "../plan/plan-json.ts";
import { openStore } from "../store/sql-store.ts";
import type { Store } from "../store/store.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";
import { planText } from "./plan-text.ts";
import { createProgress, type Progress } from "./terminal.ts";

/** What the files would change of what is applied: per source and feed, by the documents kept. Reads only. */
export async function plan(options: GlobalOptions): Promise<ExitCode> {
  const configuration = await configurationOf(options);
  await using store = openStore(configuration.settings.database, { readOnly: true });
  const told = await planAloud(configuration, store, Date.now());
  process.stdout.write(options.json ? `${JSON.stringify(told)}\n` : `${planText(told)}${advice(told)}`);
  return 0;
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
