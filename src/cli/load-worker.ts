import { parentPort, workerData } from "node:worker_threads";
import { SettingsError } from "../errors.ts";
import type { FilesRead } from "./load-aside.ts";
import { configurationOf, type GlobalOptions } from "./options.ts";

async function read(options: GlobalOptions): Promise<FilesRead> {
  try {
    return { configuration: await configurationOf(options) };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return { problems: error.problems, code: error.code };
  }
}

// Only cli/load-aside.ts starts this; it asks once, when the files have settled.
parentPort?.once("message", async () => parentPort?.postMessage(await read(workerData as GlobalOptions)));
