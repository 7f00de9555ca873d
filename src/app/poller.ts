import { constants, setPriority } from "node:os";
import type { Logger } from "pino";
import { RequestError, StoreError } from "../errors.ts";
import { freshMemory, type PollRecord } from "../model/poll.ts";
import type { Source, SourceId } from "../model/source.ts";
import { createAgenda, dueSources, nextTurns, startTicking } from "../poll/schedule.ts";
import { pollJson } from "../poll/status.ts";
import { lockInstance, pollerName } from "../store/lock.ts";
import { createOperator } from "./operate.ts";
import { logStoreFailure, type Overrides } from "./parts.ts";
import { type PollingListeners, startPolling } from "./polling.ts";
import { isOfConfiguration, type Question } from "./questions.ts";
import { acceptConfiguration, type Decision } from "./standing.ts";

/** A poller that is told to end has ended by then. */
const POLLER_END_MS = 15_000;

/** The poller at work: `answer` does what the serving process asks for. */
export interface Poller extends AsyncDisposable {
  answer(question: Question): Promise<unknown>;
}

interface PollerListeners extends PollingListeners {
  /** The database fails with this code (null: it answers again). */
  readonly onStore?: (fault: string | null) => void;
}

/** A database that fails is tried again after this long, doubled each time up to ten seconds. */
const STORE_WAIT_MS = 1_000;
const STORE_WAIT_MAX_MS = 10_000;

/** Between two rounds of retention, and steps of a round in one tick: what has to go is never much at once. */
const PRUNE_EVERY_MS = 3_600_000;
const PRUNE_STEPS = 20;

/** Visits sources as they fall due, until stopped. */
export async function runPoller(
  decision: Decision,
  log: Logger,
  options: Overrides & PollerListeners = {},
): Promise<Poller> {
  const { configuration } = decision;
  // Answers come first: this process and the readers it starts take what time the serving one leaves.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  await using starting = new AsyncDisposableStack();
  const { dataDir } = configuration.settings;
  // A poller whose service was killed ends by itself; its successor waits for it, then goes on under its name.
  starting.use(lockInstance(dataDir, { name: "poller", waitMs: POLLER_END_MS }));
  const owner = pollerName(dataDir);
  const polling = starting.use(await startPolling(configuration, log, { ...options, owner }));
  const now = options.now ?? Date.now;
  const operate = createOperator({ configuration, store: polling.store, now, owner: `${owner}-operator` });
  const busy = new Set<SourceId>();
  const running = new Set<Promise<unknown>>();
  await acceptConfiguration(decision, polling.store, now());
  await polling.defineFeeds();
  await polling.publishChanged();

  /** What the queue of hosts lets one host have until the next tick. */
  const { inFlight, perSecond } = configuration.settings.polling.perHost;
  const perHost = Math.max(inFlight, Math.ceil(perSecond));

  /** How often in a row the database failed, and until when it is left alone. */
  let storeFailures = 0;
  let waitUntil = 0;
  /** Sources whose last visit could not be stored: to be asked again no sooner than any other. */
  const notBefore = new Map<SourceId, number>();

  function storeFailed(error: unknown, message: string): void {
    logStoreFailure(log, error, message);
    waitUntil = performance.now() + Math.min(STORE_WAIT_MS * 2 ** storeFailures, STORE_WAIT_MAX_MS);
    storeFailures += 1;
    options.onStore?.(error instanceof StoreError ? error.code : "store_failed");
  }

  /** After a failure nothing is asked of anybody before the database takes a write. */
  async function isStoreWell(): Promise<boolean> {
    if (storeFailures === 0) return true;
    if (performance.now() < waitUntil) return false;
    await polling.store.probe();
    log.info({ event: "store", failures: storeFailures }, "the database takes writes again");
    storeFailures = 0;
    options.onStore?.(null);
    return true;
  }

  let told = "";

  /** Told when it changes: it is looked at every second. */
  function tellQueue(due: number): void {
    const queue = { did: "queue", due, inFlight: busy.size } as const;
    if (told === `${due} ${busy.size}`) return;
    told = `${due} ${busy.size}`;
    options.onActivity?.(queue);
  }

  async function tick(): Promise<void> {
    try {
      if (!(await isStoreWell())) return;
      const due = await sourcesDue();
      tellQueue(due.length);
      const free = configuration.settings.polling.inFlight - busy.size;
      if (free > 0 && due.length > 0) {
        const sources = nextTurns(due, {
          visiting: configuration.sources.filter(({ id }) => busy.has(id)),
          free,
          perHost,
        });
        visit(sources).catch((error: unknown) => storeFailed(error, "visits could not be stored"));
      }
      await polling.store.expireEntries(now());
      await prune();
      await polling.publishChanged();
    } catch (error) {
      storeFailed(error, "polling waits for the database");
    }
  }

  /** Where the round of retention stands (null: at its end), and when the next one begins. */
  let pruneAfter: SourceId | null = null;
  let pruneAt = 0;

  /** A few bounded steps; the next tick goes on. */
  async function prune(): Promise<void> {
    for (let step = 0; step < PRUNE_STEPS && performance.now() >= pruneAt; step += 1) {
      const { next } = await polling.store.prune(configuration.settings.retention, { now: now(), after: pruneAfter });
      pruneAfter = next;
      if (next === null) pruneAt = performance.now() + PRUNE_EVERY_MS;
    }
  }

  const agenda = createAgenda();

  async function sourcesDue(): Promise<readonly Source[]> {
    const next = await polling.store.nextPolls();
    const clocks = { wall: now(), steady: performance.now() };
    const states = new Map(
      configuration.sources.flatMap((source) => {
        const stored = next.get(source.id);
        if (stored === undefined) return [];
        const nextPollAt = stored === null ? null : agenda.dueAt(source, stored, clocks);
        return [[source.id, { id: source.id, nextPollAt, memory: freshMemory }] as const];
      }),
    );
    const sources = configuration.sources.filter(({ id }) => (notBefore.get(id) ?? 0) <= clocks.wall);
    return dueSources({ sources, states, now: clocks.wall, busy });
  }

  async function visit(sources: readonly Source[]): Promise<readonly PollRecord[]> {
    for (const { id } of sources) {
      busy.add(id);
      notBefore.set(id, now() + configuration.settings.polling.minimumMs);
    }
    const visiting = polling.poll(sources, ({ id }) => {
      busy.delete(id);
      notBefore.delete(id);
    });
    running.add(visiting);
    try {
      const records = await visiting;
      for (const { id } of sources) notBefore.delete(id);
      return records;
    } finally {
      for (const { id } of sources) busy.delete(id);
      running.delete(visiting);
    }
  }

  const ticking = startTicking(tick);
  const started = starting.move();
  return {
    async answer(question) {
      if (isOfConfiguration(question)) {
        throw new RequestError("The process that holds the configuration has to be asked", {
          code: "poller_down",
          status: 503,
        });
      }
      if (question.ask !== "poll") {
        const isDone = await operate(question);
        options.onCommitted?.();
        return isDone;
      }
      const source = configuration.sources.find((one) => one.id === question.source);
      if (source === undefined) return null;
      const [record] = busy.has(source.id) ? [] : await visit([source]);
      if (record === undefined) {
        throw new RequestError(`${source.id} is being visited already`, {
          code: "busy",
          concerns: source.id,
          status: 409,
        });
      }
      return pollJson(record);
    },
    async [Symbol.asyncDispose]() {
      ticking.stop();
      polling.stop();
      await Promise.race([Promise.allSettled(running), new Promise((resolve) => setTimeout(resolve, 8_000).unref())]);
      await started.disposeAsync();
    },
  };
}
