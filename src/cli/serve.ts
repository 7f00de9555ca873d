import { once } from "node:events";
import { join } from "node:path";
import pino from "pino";
import { migrateDatabase, openWritableStore } from "../app/parts.ts";
import type { Poller } from "../app/poller.ts";
import type { PollingListeners } from "../app/polling.ts";
import { isOfConfiguration, type Question } from "../app/questions.ts";
import { type Reloading, startReloading } from "../app/reload.ts";
import { type Decision, standingOf } from "../app/standing.ts";
import { type NumberedQuestion, type PollerMessage, type PollerStart, supervisePoller } from "../app/supervise.ts";
import { runCommand } from "../app/tool-process.ts";
import type { WebOptions } from "../app/web.ts";
import { type Configuration, configurationPlace } from "../config/settings.ts";
import { RequestError, StorywireError } from "../errors.ts";
import type { Activity } from "../serve/metrics.ts";
import { lockInstance } from "../store/lock.ts";
import { openStore } from "../store/sql-store.ts";
import { createAsideReader } from "./load-aside.ts";
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
  const given: Decision = options.supervised
    ? await givenDecision()
    : { configuration: served(await configurationOf(options), options) };
  const { settings } = given.configuration;
  const log = pino({ name: "storywire", level: settings.logLevel, base: { role: options.role } });
  const stopped = stopSignal();
  await using running = new AsyncDisposableStack();
  if (options.role !== "poller") running.use(lockInstance(settings.dataDir));
  if (options.role === "poller") {
    // Each role loads what it needs: the serving process holds no reader of documents.
    const { runPoller } = await import("../app/poller.ts");
    const poller = running.use(
      await runPoller(options.supervised ? given : await decideAlone(given.configuration, log), log, {
        onCommitted: () => tell({ committed: true }),
        onActivity: (activity) => tell({ activity }),
        onStore: (fault) => tell({ store: fault }),
      }),
    );
    process.on("message", (message) => void answer(poller, message as NumberedQuestion));
  } else {
    await migrateDatabase(given.configuration);
    const store = running.use(openStore(settings.database, { readOnly: true }));
    const standing = await standingOf(given.configuration, store);
    const { configuration } = standing;
    let web: Awaited<ReturnType<typeof startWeb>> | undefined;
    let files: Reloading | undefined;
    /** What the poller did before there was anybody to count it. */
    const early: Activity[] = [];
    const poller =
      options.role === "all"
        ? running.use(
            startPollerProcess(standing, log, {
              onCommitted: () => void web?.refresh(),
              onActivity: (activity) => void (web === undefined ? early.push(activity) : web.count(activity)),
            }),
          )
        : undefined;
    const parts = {
      ...(poller === undefined
        ? {}
        : { poller: { ...poller, ask: (question: Question) => answerHere(question, files) ?? poller.ask(question) } }),
      configurationFault: () => files?.fault() ?? null,
    };
    web = running.use(await startWeb(configuration, log, parts));
    for (const activity of early) web.count(activity);
    const { configDir, feedsDir } = configurationPlace(options, process.env, process.cwd());
    const reader = running.use(createAsideReader(options));
    const answering = web;
    const runners = [{ replace: ({ configuration: next }: Decision) => answering.replace(next) }];
    files = running.use(
      startReloading(standing, {
        folders: [configDir, join(configDir, "sources"), feedsDir],
        load: async () => served(await reader.read(), options),
        onStir: () => reader.prepare(),
        runners: poller === undefined ? runners : [...runners, poller],
        store,
        run: (args, signal) => runCommand([...args, "--config", configDir, "--feeds", feedsDir], signal),
        log,
      }),
    );
  }
  await stopped;
  log.info({ event: "stopping" }, "stopping");
  return 0;
}

/** The configuration of the files, with what the command line says of the processes. */
function served(configuration: Configuration, options: ServeOptions): Configuration {
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

/** What concerns the configuration is answered by the first process; null: ask the poller. */
function answerHere(question: Question, files: Reloading | undefined): Promise<unknown> | null {
  if (!isOfConfiguration(question)) return null;
  if (files !== undefined) return files.answer(question);
  throw new RequestError("The service is starting", { code: "starting", status: 503 });
}

/** A poller that nobody supervises decides by itself, and may take its time: nobody waits for an answer of it. */
async function decideAlone(wanted: Configuration, log: pino.Logger): Promise<Decision> {
  const { decideConfiguration } = await import("../app/planning.ts");
  await using store = await openWritableStore(wanted);
  const { configuration, pending } = await decideConfiguration(wanted, store, Date.now());
  if (pending !== undefined) {
    const { surprises } = pending;
    log.warn(
      { event: "configuration", code: "pending", surprises },
      "the change of the files waits for `storywire apply`",
    );
  }
  return { configuration };
}

function startPollerProcess(started: Decision, log: pino.Logger, listeners: Required<PollingListeners>) {
  const args = ["serve", "--role", "poller", "--supervised"];
  return supervisePoller({ file: MAIN, args }, started, log, listeners);
}

/** What the service that started this poller runs with, whatever the files say meanwhile. */
async function givenDecision(): Promise<Decision> {
  // The terminal's hang-up is meant for the service, which asks for a new poller.
  process.on("SIGHUP", () => {});
  // Only our own program speaks on this channel, and this first.
  const [decision] = (await once(process, "message")) as [PollerStart];
  return decision;
}

/** Resolves at the first SIGTERM or SIGINT, or when the process that started this one has gone. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
    process.once("disconnect", () => resolve());
  });
}
