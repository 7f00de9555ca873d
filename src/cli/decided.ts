import { openWritableStore } from "../app/parts.ts";
import { acceptConfiguration, standingOf } from "../app/standing.ts";
import type { Configuration } from "../config/settings.ts";
import { configurationOf, type GlobalOptions } from "./options.ts";

/**
 * What a command runs with that visits sources: the files, where they are in force, or do not surprise; they are accepted
 * then. Else what was accepted last, and `isPending`.
 */
export async function decidedConfiguration(
  options: GlobalOptions,
): Promise<{ readonly configuration: Configuration; readonly isPending: boolean }> {
  const wanted = await configurationOf(options);
  await using store = await openWritableStore(wanted);
  const standing = await standingOf(wanted, store);
  const now = Date.now();
  if (!standing.isOpen) {
    await acceptConfiguration(standing, store, now);
    return { configuration: wanted, isPending: false };
  }
  const { decideConfiguration } = await import("../app/planning.ts");
  const { configuration, pending } = await decideConfiguration(wanted, store, now);
  return { configuration, isPending: pending !== undefined };
}

/** Tells on stderr that something else runs than the files say. */
export function tellPending(isPending: boolean): void {
  if (isPending)
    process.stderr.write("storywire: a change of the files waits: see `storywire plan`, then `storywire apply`\n");
}
