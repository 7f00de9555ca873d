import { Worker } from "node:worker_threads";
import type { Configuration } from "../config/settings.ts";
import { RequestError, StoreError } from "../errors.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { RenderAnswer, RenderJob, WorkerMessage } from "./render-worker.ts";

/** One document takes no longer than this; what takes longer ends with its worker. */
const JOB_MS = 20_000;

/** A worker without work gives its memory back after this long. */
const IDLE_MS = 60_000;

/** Documents that wait at most: a crowd that asks for more is told to come back. */
const WAITING_MAX = 500;

/** Heap of the worker, in MiB: many times what the longest feed needs; and its nursery, which grows with every job else. */
const HEAP_MIB = 256;
const NURSERY_MIB = 16;

/** Makes documents in a thread of its own, so that the one that serves never waits for a renderer or for zlib. */
export interface Renderer extends AsyncDisposable {
  /**
   * RequestError: what the worker refuses (400), `render_busy`, `render_timeout`, `render_failed` (503). StoreError as
   * the database fails.
   */
  ask<Job extends RenderJob>(job: Job): Promise<RenderAnswer<Job>>;
}

interface Task {
  readonly job: RenderJob;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface RendererOptions {
  /** The program of the worker; tests put another in its place. */
  readonly program?: URL;
  readonly jobMs?: number;
  readonly onEnd?: (error: unknown) => void;
}

/** A renderer whose worker starts with the first job, and again after it ended for whatever reason. */
export function createRenderer(configuration: Configuration, options: RendererOptions = {}): Renderer {
  const { program = new URL("render-worker.ts", import.meta.url), jobMs = JOB_MS } = options;
  /** Feeds of the operator go before what readers make up. */
  const waiting = { feeds: [] as Task[], others: [] as Task[] };
  let worker: Worker | undefined;
  let current: Task | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;

  function start(): Worker {
    const started = new Worker(program, {
      workerData: configuration,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: NURSERY_MIB },
    });
    started.unref();
    // Only our own program speaks on this channel.
    started.on("message", (message: WorkerMessage) => settle((task) => answer(task, message)));
    started.on("error", (error) => lose(started, error));
    started.on("exit", () => lose(started, new Error("the worker ended")));
    return started;
  }

  function answer(task: Task, message: WorkerMessage): void {
    if ("value" in message) task.resolve(withBuffers(message.value));
    else task.reject(errorOf(message.error));
  }

  function settle(end: (task: Task) => void): void {
    clearTimeout(timer);
    const task = current;
    current = undefined;
    if (task !== undefined) end(task);
    next();
  }

  /** A worker is gone: its job fails, the others wait for its successor. */
  function lose(lost: Worker, error: unknown): void {
    if (worker !== lost) return;
    worker = undefined;
    if (current !== undefined) options.onEnd?.(error);
    settle((task) => task.reject(failed()));
  }

  function next(): void {
    if (isEnded || current !== undefined) return;
    current = waiting.feeds.shift() ?? waiting.others.shift();
    if (current === undefined) {
      timer = setTimeout(() => end(), IDLE_MS);
      timer.unref();
      return;
    }
    worker ??= start();
    worker.postMessage(current.job);
    timer = setTimeout(late, jobMs);
  }

  function late(): void {
    const task = current;
    current = undefined;
    void end();
    task?.reject(new RequestError("This document takes too long to make", { code: "render_timeout", status: 503 }));
    next();
  }

  async function end(): Promise<void> {
    const ending = worker;
    worker = undefined;
    await ending?.terminate();
  }

  return {
    ask: (job) =>
      new Promise((resolve, reject) => {
        if (isEnded) return reject(failed());
        const line = job.kind === "feed" ? waiting.feeds : waiting.others;
        if (job.kind !== "feed" && line.length >= WAITING_MAX) return reject(busy());
        clearTimeout(current === undefined ? timer : undefined);
        // The worker answers each kind of job with its own kind of value.
        line.push({ job, resolve: resolve as (value: unknown) => void, reject });
        next();
      }),
    async [Symbol.asyncDispose]() {
      isEnded = true;
      clearTimeout(timer);
      const left = [current, ...waiting.feeds.splice(0), ...waiting.others.splice(0)];
      current = undefined;
      for (const task of left) task?.reject(failed());
      await end();
    },
  };
}

/** Bodies that were handed over arrive as plain bytes; nothing is copied. */
function withBuffers(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("publication" in value) return { ...value, publication: withBuffers(value.publication) };
  if (!("snapshot" in value)) return value;
  // The worker's answers carry snapshots under this name only.
  const snapshot = value.snapshot as Snapshot;
  const { identity, gzip, zstd } = snapshot;
  return { ...value, snapshot: { ...snapshot, identity: viewOf(identity), gzip: viewOf(gzip), zstd: viewOf(zstd) } };
}

function viewOf(bytes: Uint8Array): Buffer {
  // A body that was moved lies in a memory of its own, never in a shared one.
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

function errorOf({ kind, code, message, status }: Extract<WorkerMessage, { error: unknown }>["error"]): Error {
  if (kind === "store") return new StoreError(message, { code });
  return new RequestError(message, { code, status });
}

function failed(): RequestError {
  return new RequestError("This document could not be made just now", { code: "render_failed", status: 503 });
}

function busy(): RequestError {
  return new RequestError("Too many documents are being made just now", { code: "render_busy", status: 503 });
}
