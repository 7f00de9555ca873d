import { planConfiguration } from "../app/planning.ts";
import type { PlanJson } from "../plan/plan-json.ts";
import { openStore } from "../store/sql-store.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";
import { planText } from "./plan-text.ts";

/** What the files would change of what is applied: per source and feed, by the documents kept. Reads only. */
export async function plan(options: GlobalOptions): Promise<ExitCode> {
  const configuration = await configurationOf(options);
  await using store = openStore(configuration.settings.database, { readOnly: true });
  const planned = await planConfiguration(configuration, store, { now: Date.now(), onProgress: planProgress() });
  print(planned, options.json === true);
  return 0;
}

function print(planned: PlanJson, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(planned)}\n` : `${planText(planned)}${advice(planned)}`);
}

function advice({ isCurrent, isSurprising }: PlanJson): string {
  if (isCurrent) return "";
  return isSurprising
    ? "It waits until somebody says `storywire apply --yes`.\n"
    : "A running service takes it over by itself, else the next start or `storywire apply` does.\n";
}

/** A line on a terminal while many sources are tried. */
export function planProgress(): (done: number, total: number) => void {
  if (!process.stderr.isTTY) return () => {};
  return (done, total) => {
    if (total < 10) return;
    process.stderr.write(`\r\u001B[K${done === total ? "" : `${done}/${total} sources`}`);
  };
}
