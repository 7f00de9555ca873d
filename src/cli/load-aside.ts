import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Configuration } from "../config/settings.ts";
import { SettingsError, type SettingsProblem } from "../errors.ts";
import type { GlobalOptions } from "./options.ts";

/** What the thread that reads the files answers. */
export type FilesRead =
  | { readonly configuration: Configuration }
  | { readonly problems: readonly SettingsProblem[]; readonly code: string };

/**
 * The configuration that the options and the environment name, read in a thread of its own: the files of a thousand
 * sources would keep readers waiting for more than a tenth of a second. Rejects with SettingsError as `configurationOf`.
 */
export async function loadAside({ config, feeds }: GlobalOptions): Promise<Configuration> {
  const workerData: GlobalOptions = {
    ...(config === undefined ? {} : { config }),
    ...(feeds === undefined ? {} : { feeds }),
  };
  const worker = new Worker(join(import.meta.dirname, "load-worker.ts"), { workerData });
  try {
    // A thread that fails rejects this with its error.
    const [read] = (await once(worker, "message")) as [FilesRead];
    if ("problems" in read) throw new SettingsError(read.problems, read.code);
    return read.configuration;
  } finally {
    await worker.terminate();
  }
}
