import { once } from "node:events";
import { join } from "node:path";
import pino from "pino";
import { migrateDatabase } from "../app/parts.ts";
import type { Poller } from "../app/poller.ts";
import type { PollingListeners } from "../app/polling.ts";
import { type Reloading, startReloading } from "../app/reload.ts";
import { type NumberedQuestion, type PollerMessage, type PollerStart, supervisePoller } from "../app/supervise.ts";
import type { WebOptions } from "../app/web.ts";
import { type Configuration, configurationPlace } from "../config/settings.ts";
import { RequestError, StorywireError } from "../errors.ts";
import type { Activity } from "../serve/metrics.ts";
import { lockInstance } from "../store/lock.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";

export interface ServeOptions extends GlobalOptions {
  readonly role: "all" | "web" | "poller";
  /** Started by a service, which tells it what to run with. */
  readonly supervised?: boolean;
  /** Processes that answer, whatever the configuration says. */
  readonly webWorkers?: number;
}

/** Runs until SIGTERM or SIGINT, then ends what is under way and answers 0. */
export async function serve(options: ServeOptions): Promise<ExitCode> {
  if (options.supervised && options.role === "web") return serveBesideOthers();
  const configuration = options.supervised ? await givenConfiguration() : await servedConfiguration(options);
  const log = pino({ name: "storywire", level: configuration.settings.logLevel, base: { role: options.role } });
  const stopped = stopSignal();
  await using running = new AsyncDisposableStack();
  if (options.role !== "poller") running.use(lockInstance(configuration.settings.dataDir));
  if (options.role === "poller") {
    // Each role loads what it needs: the serving process holds no reader of documents.
    const { runPoller } = await import("../app/poller.ts");
    const poller = running.use(
      await runPoller(configuration, log, {
        onCommitted: () => tell({ committed: true }),
        onActivity: (activity) => tell({ activity }),
        onStore: (fault) => tell({ store: fault }),
      }),
    );
    process.on("message", (message) => void answer(poller, message as NumberedQuestion));
  } else {
    await migrateDatabase(configuration);
    let web: Awaited<ReturnType<typeof startWeb>> | undefined;
    let files: Reloading | undefined;
    /** What the poller did before there was anybody to count it. */
    const early: Activity[] = [];
    const poller =
      options.role === "all"
        ? running.use(
            startPollerProcess(configuration, log, {
              onCommitted: () => void web?.refresh(),
              onActivity: (activity) => void (web === undefined ? early.push(activity) : web.count(activity)),
            }),
          )
        : undefined;
    const parts = {
      ...(poller === undefined ? {} : { poller }),
      configurationFault: () => files?.fault() ?? null,
    };
    web = running.use(await startWeb(configuration, log, parts));
    for (const activity of early) web.count(activity);
    const { configDir, feedsDir } = configurationPlace(options, process.env, process.cwd());
    files = running.use(
      startReloading(configuration, {
        folders: [configDir, join(configDir, "sources"), feedsDir],
        load: () => servedConfiguration(options),
        runners: poller === undefined ? [web] : [web, poller],
        log,
      }),
    );
  }
  await stopped;
  log.info({ event: "stopping" }, "stopping");
  return 0;
}

/** The configuration of the files, with what the command line says of the processes. */
async function servedConfiguration(options: ServeOptions): Promise<Configuration> {
  const configuration = await configurationOf(options);
  const { settings } = configuration;
  const webWorkers = options.webWorkers ?? settings.service.webWorkers;
  return { ...configuration, settings: { ...settings, service: { ...settings.service, webWorkers } } };
}

/** Answers in this process, or in as many as are asked for. */
async function startWeb(configuration: Configuration, log: pino.Logger, parts: WebParts) {
  if (configuration.settings.service.webWorkers === 1) {
    const { runWeb } = await import("../app/web.ts");
    return runWeb(configuration, log, parts);
  }
  const { startWebPool } = await import("../app/web-pool.ts");
  const { createActivityMetrics } = await import("../serve/metrics.ts");
  const program = { file: MAIN, args: ["serve", "--role", "web", "--supervised"] };
  return startWebPool(configuration, log, { ...parts, program, activities: createActivityMetrics() });
}

type WebParts = Pick<WebOptions, "poller"> & { readonly configurationFault: () => string | null };

/** One of several processes that answer: does what the first one says, until that ends it or is gone. */
async function serveBesideOthers(): Promise<ExitCode> {
  const stopped = stopSignal();
  // The terminal's hang-up is meant for the first process.
  process.on("SIGHUP", () => {});
  const { createWebWorker } = await import("../app/web-worker.ts");
  await using worker = createWebWorker(
    (message) => void (process.connected && process.send?.(message)),
    ({ configuration, number }) =>
      pino({ name: "storywire", level: configuration.settings.logLevel, base: { role: "web", worker: number } }),
  );
  process.on("message", worker.hear);
  await stopped;
  return 0;
}

const MAIN = join(import.meta.dirname, "../main.ts");

function tell(message: PollerMessage): void {
  if (process.connected) process.send?.(message);
}

async function answer(poller: Poller, { number, question }: NumberedQuestion): Promise<void> {
  try {
    tell({ answer: number, value: await poller.answer(question) });
  } catch (error) {
    const code = error instanceof StorywireError ? error.code : "internal";
    const message = error instanceof StorywireError ? error.message : "The poller failed";
    tell({ answer: number, error: { code, message, status: error instanceof RequestError ? error.status : 503 } });
  }
}

function startPollerProcess(configuration: Configuration, log: pino.Logger, listeners: Required<PollingListeners>) {
  const args = ["serve", "--role", "poller", "--supervised"];
  return supervisePoller({ file: MAIN, args }, configuration, log, listeners);
}

/** What the service that started this poller runs with, whatever the files say meanwhile. */
async function givenConfiguration(): Promise<Configuration> {
  // The terminal's hang-up is meant for the service, which asks for a new poller.
  process.on("SIGHUP", () => {});
  // Only our own program speaks on this channel, and this first.
  const [{ configuration }] = (await once(process, "message")) as [PollerStart];
  return configuration;
}

/** Resolves at the first SIGTERM or SIGINT, or when the process that started this one has gone. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
    process.once("disconnect", () => resolve());
  });
}
