import { openWritableStore } from "../app/parts.ts";
import { acceptConfiguration, standingOf } from "../app/standing.ts";
import type { Configuration } from "../config/settings.ts";
import { configurationOf, type GlobalOptions } from "./options.ts";

/**
 * What a command runs with that visits sources: the files, where they are in force, or do not surprise; they are accepted
 * then. Else what was accepted last, and stderr says so.
 */
export async function decidedConfiguration(options: GlobalOptions): Promise<Configuration> {
  const wanted = await configurationOf(options);
  await using store = await openWritableStore(wanted);
  const standing = await standingOf(wanted, store);
  const now = Date.now();
  if (!standing.isOpen) {
    await acceptConfiguration(standing, store, now);
    return wanted;
  }
  const { decideConfiguration } = await import("../app/planning.ts");
  const { configuration, pending } = await decideConfiguration(wanted, store, now);
  if (pending !== undefined)
    process.stderr.write("storywire: a change of the files waits: see `storywire plan`, then `storywire apply`\n");
  return configuration;
}
