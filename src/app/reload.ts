import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { Configuration } from "../config/settings.ts";
import { watchFolders } from "../config/watch.ts";
import { SettingsError } from "../errors.ts";

export interface ReloadParts {
  /** Folders whose files make the configuration. */
  readonly folders: readonly string[];
  readonly load: () => Promise<Configuration>;
  /** Who runs with the configuration, in the order in which they change to another. */
  readonly runners: readonly { replace(configuration: Configuration): Promise<void> }[];
  readonly log: Logger;
}

export interface Reloading extends Disposable {
  /** Why the files are not what is running; null where they are. */
  fault(): string | null;
}

/**
 * Runs what the files say from the moment they change, or SIGHUP comes: all of them or none. Files that are wrong, and
 * settings that only a start can change, leave the running configuration as it is.
 */
export function startReloading(configuration: Configuration, { folders, load, runners, log }: ReloadParts): Reloading {
  let running = configuration;
  let fault: string | null = null;
  let underWay: Promise<void> = Promise.resolve();

  function refuse(code: string, details: object, message: string): void {
    fault = code;
    log.error({ event: "configuration", code, ...details }, `${message}; the running configuration stays`);
  }

  async function reload(): Promise<void> {
    const next = await load();
    const kept = keptUntilStart.filter((name) => !isDeepStrictEqual(next.settings[name], running.settings[name]));
    if (kept.length > 0)
      return refuse("needs_restart", { settings: kept }, "these settings are taken over at a start only");
    if (!isDeepStrictEqual(next, running)) {
      for (const runner of runners) await runner.replace(next);
      running = next;
      log.level = next.settings.logLevel;
      const { sources, feeds } = next;
      log.info({ event: "configuration", sources: sources.length, feeds: feeds.length }, "the new configuration runs");
    } else if (fault !== null) {
      log.info({ event: "configuration" }, "the files are what is running again");
    }
    fault = null;
  }

  function changed(): void {
    underWay = underWay.then(reload).catch((error: unknown) => {
      if (error instanceof SettingsError)
        refuse(error.code, { problems: error.problems }, `the files are wrong: ${error.message}`);
      else refuse("internal", { err: error }, "the files could not be taken over");
    });
  }

  const watching = watchFolders(folders, changed);
  process.on("SIGHUP", changed);
  return {
    fault: () => fault,
    [Symbol.dispose]() {
      watching[Symbol.dispose]();
      process.off("SIGHUP", changed);
    },
  };
}

/** What connections, locks and documents at hand were made with. */
const keptUntilStart = ["service", "database", "dataDir"] as const;
