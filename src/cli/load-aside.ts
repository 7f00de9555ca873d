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

/** A thread that was got ready for nothing ends after this long. */
const UNUSED_MS = 10_000;

/** Reads the files in a thread of its own. */
export interface AsideReader extends Disposable {
  /** Files begin to change: a thread gets ready while they settle. */
  prepare(): void;
  /** The configuration that the options and the environment name; rejects with SettingsError as `configurationOf`. */
  read(): Promise<Configuration>;
}

/** The files of a thousand sources would keep readers waiting for more than a tenth of a second. */
export function createAsideReader({ config, feeds }: GlobalOptions): AsideReader {
  const workerData: GlobalOptions = {
    ...(config === undefined ? {} : { config }),
    ...(feeds === undefined ? {} : { feeds }),
  };
  let ready: Worker | undefined;
  let timer: NodeJS.Timeout | undefined;

  function start(): Worker {
    const worker = new Worker(join(import.meta.dirname, "load-worker.ts"), { workerData });
    worker.on("error", () => {});
    worker.once("exit", () => {
      if (ready === worker) ready = undefined;
    });
    worker.unref();
    return worker;
  }

  function take(): Worker {
    clearTimeout(timer);
    const worker = ready ?? start();
    ready = undefined;
    worker.ref();
    return worker;
  }

  function drop(): void {
    clearTimeout(timer);
    void ready?.terminate();
    ready = undefined;
  }

  return {
    prepare() {
      ready ??= start();
      clearTimeout(timer);
      timer = setTimeout(drop, UNUSED_MS).unref();
    },
    async read() {
      const worker = take();
      try {
        worker.postMessage("read");
        // A thread that fails rejects the first with its error, and the cast holds: load-worker.ts answers once.
        const [read] = (await Promise.race([once(worker, "message"), ended(worker)])) as [FilesRead];
        if ("problems" in read) throw new SettingsError(read.problems, read.code);
        return read.configuration;
      } finally {
        await worker.terminate();
      }
    },
    [Symbol.dispose]: drop,
  };
}

async function ended(worker: Worker): Promise<never> {
  await once(worker, "exit");
  throw new Error("The thread that reads the files ended without an answer");
}
