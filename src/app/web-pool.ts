import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Logger } from "pino";
import type { Configuration } from "../config/settings.ts";
import { StorywireError } from "../errors.ts";
import type { Activity, ActivityMetrics, WorkerMetrics } from "../serve/metrics.ts";
import type { BoundAddress } from "../serve/server.ts";
import { createDialogue, type Dialogue, type DialogueMessage } from "./dialogue.ts";
import { tellListening } from "./parts.ts";
import type { Question } from "./questions.ts";
import type { PollerProcess } from "./supervise.ts";

/** What the first process says to one that serves. */
export interface PoolSpeech {
  readonly news: { readonly committed: true } | { readonly state: SharedState };
  readonly question:
    | { readonly ask: "start"; readonly start: WorkerStart }
    /** Answers once another configuration could be served; `install` serves it from the next request on. */
    | { readonly ask: "prepare"; readonly configuration: Configuration }
    | { readonly ask: "install" }
    | { readonly ask: "forget" }
    | { readonly ask: "metrics" }
    /** Answers null: that is all that is asked. */
    | { readonly ask: "alive" };
}

/** What a process that serves says to the first one. */
export interface WorkerSpeech {
  readonly news: { readonly ready: boolean };
  readonly question: { readonly ask: "poller"; readonly question: Question } | { readonly ask: "all-metrics" };
}

interface WorkerStart {
  readonly configuration: Configuration;
  /** From 1; a process that takes the place of another has its number. */
  readonly number: number;
  readonly listen: SharedAddress;
  /** When the service started, milliseconds since 1970 UTC. */
  readonly startedAt: number;
  readonly state: SharedState;
}

/** Where all of them listen. */
interface SharedAddress {
  readonly host: string;
  readonly port: number;
  /** Each has a socket of its own on the port (SO_REUSEPORT), and the system deals connections out. */
  readonly reusePort: boolean;
}

/** What only the first process knows, and those that serve tell. */
export interface SharedState {
  /** Absent: no poller runs beside them. */
  readonly poller?: { readonly isAlive: boolean; readonly storeFault: string | null };
  readonly configurationFault: string | null;
  /** All of them told that they are ready, so that `/readyz` says the same whoever answers. */
  readonly allReady: boolean;
}

export interface WebPool extends AsyncDisposable {
  readonly address: BoundAddress;
  count(activity: Activity): void;
  /** Tells all of a commit. */
  refresh(): void;
  /** All serve another configuration, or none does. */
  replace(configuration: Configuration): Promise<void>;
}

interface WebPoolParts {
  /** The program that a process runs; it answers the question `start`. */
  readonly program: { readonly file: string; readonly args: readonly string[] };
  readonly poller?: Pick<PollerProcess, "alive" | "ask" | "storeFault">;
  readonly configurationFault: () => string | null;
  readonly activities: ActivityMetrics;
}

/** Waits this long before a process that died is started again, doubled each time up to a minute. */
const RESTART_MS = 100;
const RESTART_MAX_MS = 60_000;

/** One that ran for this long did not die of its start. */
const SETTLED_MS = 60_000;

/** How often what is shared is compared with what was told. */
const TELL_MS = 200;

/** How often each is asked whether it lives; one that leaves so many questions unanswered is ended, as it answers nobody. */
const WATCH_MS = 10_000;
const UNANSWERED_MAX = 3;

/** One that has not told its metrics by then is left out. */
const METRICS_MS = 2_000;

/** Answers under way are given when processes end; what is left after this long is cut off. */
const END_MS = 10_000;

/** A small nursery, as main.ts gives it to every process: a page is short-lived, documents are large and stay. */
const FLAGS = ["--max-semi-space-size=4"];

type WorkerDialogue = Dialogue<PoolSpeech, WorkerSpeech>;

/** The place of one process among those that serve. */
interface Place {
  readonly number: number;
  worker?: Worker;
  dialogue?: WorkerDialogue;
  /** It listens; before, and after it died, nobody is sent to it. */
  isListening: boolean;
  hasListened: boolean;
  isReady: boolean;
  /** What it was told last, as text. */
  told: string;
  /** Questions whether it lives that it has not answered. */
  unanswered: number;
  waitMs: number;
  timer?: NodeJS.Timeout;
  ended: () => void;
}

/** Systems that deal connections out among several sockets on a port; on others all take from one (node:cluster). */
const DEALING: ReadonlySet<string> = new Set(["linux", "freebsd", "aix", "sunos"]);

/**
 * Several processes that answer on one address. The system hands connections to them, not the first process: one that
 * handed them over would lose those on their way to a process that dies, and their readers would wait for ever. One that
 * dies is started again; the others answer meanwhile.
 */
export async function startWebPool(configuration: Configuration, log: Logger, parts: WebPoolParts): Promise<WebPool> {
  const { webWorkers, listen } = configuration.settings.service;
  const startedAt = Date.now();
  let current = configuration;
  let stopping = false;
  const places: readonly Place[] = Array.from({ length: webWorkers }, (_, index) => ({
    number: index + 1,
    isListening: false,
    hasListened: false,
    isReady: false,
    told: "",
    unanswered: 0,
    waitMs: RESTART_MS,
    ended: () => {},
  }));
  const free = await findFreeAddress(listen);
  const shared = { host: listen.host, port: free.port, reusePort: DEALING.has(process.platform) };
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({ exec: parts.program.file, args: [...parts.program.args], execArgv: FLAGS });

  const listening = () => places.flatMap(({ isListening, dialogue }) => (isListening && dialogue ? [dialogue] : []));

  function stateNow(): SharedState {
    const { poller } = parts;
    return {
      ...(poller === undefined ? {} : { poller: { isAlive: poller.alive(), storeFault: poller.storeFault() } }),
      configurationFault: parts.configurationFault(),
      // One that died was ready; nobody waits for its successor.
      allReady: places.every((place) => (place.isListening ? place.isReady : place.hasListened)),
    };
  }

  function tellState(): void {
    const state = stateNow();
    const text = JSON.stringify(state);
    for (const place of places) {
      if (place.isListening && text !== place.told) place.dialogue?.tell({ state });
      place.told = text;
    }
  }

  async function answer(question: WorkerSpeech["question"]): Promise<unknown> {
    if (question.ask === "poller") return parts.poller?.ask(question.question);
    return parts.activities.merge(await Promise.all(places.map(metricsOf)));
  }

  async function metricsOf({ number, isListening, dialogue }: Place): Promise<WorkerMetrics> {
    const nothing = { worker: number, metrics: [] };
    if (!isListening || dialogue === undefined) return nothing;
    // What a process answers to "metrics" is what `collect` made.
    const told = dialogue
      .ask({ ask: "metrics" })
      .then((metrics) => ({ worker: number, metrics: metrics as WorkerMetrics["metrics"] }));
    return Promise.race([told.catch(() => nothing), afterMs(METRICS_MS, nothing)]);
  }

  /** Starts a process in this place; resolves once it listens, rejects where it ends before. */
  function start(place: Place): Promise<BoundAddress> {
    const worker = cluster.fork();
    const startedMs = performance.now();
    const dialogue: WorkerDialogue = createDialogue<PoolSpeech, WorkerSpeech>({
      // A channel that closes while something is sent tells so by its end, too.
      send: (message) => void (worker.isConnected() && worker.send(message, () => {})),
      onNews: ({ ready }) => {
        place.isReady = ready;
        tellState();
      },
      onQuestion: answer,
    });
    Object.assign(place, { worker, dialogue, told: "", unanswered: 0 });
    // Only our own program speaks on this channel.
    worker.on("message", (message) => dialogue.hear(message as DialogueMessage<never, never>));
    worker.on("error", () => {});
    worker.process.on("exit", (code, signal) => {
      dialogue.end();
      Object.assign(place, { worker: undefined, dialogue: undefined, isListening: false, isReady: false });
      place.ended();
      if (stopping || !place.hasListened) return;
      if (performance.now() - startedMs > SETTLED_MS) place.waitMs = RESTART_MS;
      const { number, waitMs } = place;
      log.error({ event: "web", worker: number, code, signal, restartInMs: waitMs }, "a web process ended");
      place.timer = setTimeout(() => void start(place).catch(() => {}), waitMs);
      place.waitMs = Math.min(waitMs * 2, RESTART_MAX_MS);
    });
    return begin(place, dialogue).catch((error: unknown) => {
      // One that cannot serve makes room for its successor.
      worker.process.kill("SIGTERM");
      throw error;
    });
  }

  async function begin(place: Place, dialogue: WorkerDialogue): Promise<BoundAddress> {
    const begun = { configuration: current, number: place.number, listen: shared, startedAt, state: stateNow() };
    // The answer to "start" is where it listens.
    const address = (await dialogue.ask({ ask: "start", start: begun })) as BoundAddress;
    Object.assign(place, { isListening: true, hasListened: true });
    if (begun.configuration !== current) await changeOver(dialogue);
    tellState();
    return address;
  }

  /** Serves what is current from the next request on, also where it came to listen too late to be asked to prepare. */
  async function changeOver(dialogue: WorkerDialogue): Promise<void> {
    if ((await dialogue.ask({ ask: "install" })) === true) return;
    await dialogue.ask({ ask: "prepare", configuration: current });
    await dialogue.ask({ ask: "install" });
  }

  /** A process that hangs keeps its share of the readers waiting. Where all slept, it has missed one question only. */
  function watch(place: Place): void {
    const { number, worker, dialogue, isListening } = place;
    if (!isListening || worker === undefined || dialogue === undefined) return;
    if (place.unanswered >= UNANSWERED_MAX) {
      log.error({ event: "web", worker: number }, "a web process does not answer; it is ended");
      worker.process.kill("SIGKILL");
    }
    place.unanswered += 1;
    const answered = () => {
      place.unanswered = 0;
    };
    dialogue.ask({ ask: "alive" }).then(answered, () => {});
  }

  async function end(place: Place): Promise<void> {
    clearTimeout(place.timer);
    const { worker } = place;
    if (worker === undefined) return;
    const exited = new Promise<void>((resolve) => {
      place.ended = resolve;
    });
    worker.process.kill("SIGTERM");
    const last = setTimeout(() => worker.process.kill("SIGKILL"), END_MS);
    await exited;
    clearTimeout(last);
  }

  async function endAll(): Promise<void> {
    stopping = true;
    clearInterval(telling);
    clearInterval(watching);
    await Promise.all(places.map(end));
  }

  const telling = setInterval(tellState, TELL_MS);
  const watching = setInterval(() => places.forEach(watch), WATCH_MS);
  let address: BoundAddress;
  try {
    const [first, ...others] = places;
    if (first === undefined) throw new Error("Cannot serve with no process");
    // The first one alone: it makes the tokens that are missing.
    address = await start(first);
    await Promise.all(others.map(start));
  } catch (error) {
    await endAll();
    throw error instanceof StorywireError && error.code !== "process_ended"
      ? error
      : new Error("Cannot serve: a web process ended before it listened", { cause: error });
  }
  tellListening(log, address, configuration);

  return {
    address,
    count: (activity) => parts.activities.count(activity),
    refresh() {
      for (const one of listening()) one.tell({ committed: true });
    },
    async replace(next) {
      const [first, ...others] = listening();
      const prepare = (one: WorkerDialogue) => one.ask({ ask: "prepare", configuration: next }).catch(unlessEnded);
      try {
        // The first one alone: it makes the tokens that are missing.
        if (first !== undefined) await prepare(first);
        await Promise.all(others.map(prepare));
      } catch (error) {
        await Promise.allSettled(listening().map((one) => one.ask({ ask: "forget" })));
        throw error;
      }
      current = next;
      // One that dies now comes back with the new configuration.
      await Promise.allSettled(listening().map(changeOver));
    },
    [Symbol.asyncDispose]: endAll,
  };
}

/** A process that ended is no reason against a configuration: its successor starts with the one that runs by then. */
function unlessEnded(error: unknown): void {
  if (!(error instanceof StorywireError) || error.code !== "process_ended") throw error;
}

/**
 * The address, with the port that the system chooses for 0. Refused as ever where somebody listens already: sockets that
 * share a port would not notice a second service.
 */
async function findFreeAddress({ host, port }: { readonly host: string; readonly port: number }) {
  const probe = createServer();
  probe.listen({ host, port });
  await once(probe, "listening");
  // A TCP server that listens has an AddressInfo, never a pipe's name.
  const found = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return found;
}

function afterMs<Value>(ms: number, value: Value): Promise<Value> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms).unref());
}
