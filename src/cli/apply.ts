import { openWritableStore } from "../app/parts.ts";
import { acceptConfiguration } from "../app/standing.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";
import { planAloud } from "./plan.ts";
import { planText } from "./plan-text.ts";

export interface ApplyOptions extends GlobalOptions {
  /** Surprises are wanted. */
  readonly yes?: boolean;
}

/**
 * Puts what the files say in force: a running service takes it over within a second, else the next start does. 1 where it
 * surprises and nobody said yes; then nothing changes.
 */
export async function apply(options: ApplyOptions): Promise<ExitCode> {
  const configuration = await configurationOf(options);
  await using store = await openWritableStore(configuration);
  const now = Date.now();
  const plan = await planAloud(configuration, store, now);
  const isApplied = !plan.isSurprising || options.yes === true;
  if (isApplied) await acceptConfiguration({ configuration, replaces: plan.applied ?? null }, store, now);
  if (options.json) process.stdout.write(`${JSON.stringify({ applied: isApplied, plan })}\n`);
  else process.stdout.write(`${planText(plan)}${outcome({ isApplied, isCurrent: plan.isCurrent })}`);
  return isApplied ? 0 : 1;
}

function outcome({ isApplied, isCurrent }: { readonly isApplied: boolean; readonly isCurrent: boolean }): string {
  if (isCurrent) return "";
  return isApplied ? "Applied.\n" : "Not applied: say --yes if this is what you want.\n";
}
