import { type ChildProcess, fork } from "node:child_process";
import type { Logger } from "pino";
import { RequestError } from "../errors.ts";
import type { Activity } from "../serve/metrics.ts";
import type { PollingListeners } from "./polling.ts";
import type { Question } from "./questions.ts";
import type { Decision } from "./standing.ts";

/** Waits this long before a poller that died is started again, doubled each time up to a minute. */
const RESTART_MS = 500;

export interface PollerProcess extends AsyncDisposable {
  alive(): boolean;
  /** Why it cannot write, as a StoreError's code; null where it can. */
  storeFault(): string | null;
  /** Asks the process that writes; rejects with RequestError `poller_down` where it does not run, or ends meanwhile. */
  ask(question: Question): Promise<unknown>;
  /** Ends the process when its visits have ended, and starts it with another configuration. */
  replace(decision: Decision): Promise<void>;
}

/** What the poller tells the process that started it. */
export type PollerMessage =
  | { readonly committed: true }
  | { readonly activity: Activity }
  | { readonly store: string | null }
  | {
      readonly answer: number;
      readonly value?: unknown;
      readonly error?: { readonly code: string; readonly message: string; readonly status: number };
    };

/** A question with its number. */
export interface NumberedQuestion {
  readonly number: number;
  readonly question: Question;
}

/** The first message to a poller: what it runs with, whatever the files say meanwhile. */
export type PollerStart = Decision;

/** Keeps a poller process running beside this one. */
export function supervisePoller(
  command: { readonly file: string; readonly args: readonly string[] },
  started: Decision,
  log: Logger,
  listeners: Required<PollingListeners>,
): PollerProcess {
  let child: ChildProcess | undefined;
  let current = started;
  let stopping = false;
  let replacing = false;
  let waitMs = RESTART_MS;
  let timer: NodeJS.Timeout | undefined;
  let ended: () => void = () => {};
  let asked = 0;
  let storeFault: string | null = null;
  const waiting = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void }
  >();

  function hear(message: PollerMessage): void {
    if ("committed" in message) {
      listeners.onCommitted();
      return;
    }
    if ("activity" in message) {
      listeners.onActivity(message.activity);
      return;
    }
    if ("store" in message) {
      storeFault = message.store;
      return;
    }
    const one = waiting.get(message.answer);
    waiting.delete(message.answer);
    if (message.error === undefined) one?.resolve(message.value);
    else one?.reject(new RequestError(message.error.message, message.error));
  }

  function pollerDown(): RequestError {
    return new RequestError("The poller does not run just now", { code: "poller_down", status: 503 });
  }

  function start(): void {
    child = fork(command.file, command.args, {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      // It mostly waits: a small heap is collected sooner and stays small.
      execArgv: ["--max-semi-space-size=2", "--max-old-space-size=256"],
    });
    child.send(current satisfies PollerStart);
    const startedAt = performance.now();
    // Only our own program speaks on this channel.
    child.on("message", (message) => hear(message as PollerMessage));
    child.on("exit", (code, signal) => {
      child = undefined;
      storeFault = null;
      for (const { reject } of waiting.values()) reject(pollerDown());
      waiting.clear();
      ended();
      if (stopping || replacing) return;
      if (performance.now() - startedAt > 60_000) waitMs = RESTART_MS;
      log.error({ event: "poller", code, signal, restartInMs: waitMs }, "the poller ended; it is started again");
      timer = setTimeout(start, waitMs);
      waitMs = Math.min(waitMs * 2, 60_000);
    });
  }
  async function end(): Promise<void> {
    clearTimeout(timer);
    const running = child;
    if (running === undefined) return;
    const exited = new Promise<void>((resolve) => {
      ended = resolve;
    });
    running.kill("SIGTERM");
    const last = setTimeout(() => running.kill("SIGKILL"), 10_000);
    await exited;
    clearTimeout(last);
  }

  start();
  return {
    alive: () => child !== undefined,
    storeFault: () => storeFault,
    ask: (question) =>
      new Promise((resolve, reject) => {
        if (child === undefined) return reject(pollerDown());
        asked += 1;
        waiting.set(asked, { resolve, reject });
        child.send({ number: asked, question } satisfies NumberedQuestion);
      }),
    async replace(next) {
      current = next;
      replacing = true;
      await end();
      replacing = false;
      if (!stopping) start();
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      await end();
    },
  };
}
