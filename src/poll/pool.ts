import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ParseError } from "../errors.ts";
import { showUrl } from "../fetch/failure.ts";
import type { Reading } from "../model/candidate.ts";
import type { ReadingJob } from "./read.ts";
import type { WorkerAnswer } from "./worker.ts";

/** What reading one document may cost, and how many are read at once. */
export interface PoolOptions {
  /** Reading stops after this long: `parse_timeout`. */
  readonly timeoutMs: number;
  /** Processes for ordinary documents. Default: one a core, less one for the rest of the service, at most 2: they outrun the writer. */
  readonly smallLanes?: number;
  /** Memory of its own that a process reading ordinary documents may take, in bytes: `parse_memory`. Default 128 MiB. */
  readonly smallBytesMax?: number;
  /** The same for the one that reads large documents. Default 176 MiB. */
  readonly largeBytesMax?: number;
  /** Documents from this size on are large. Default 1 MiB. */
  readonly largeFrom?: number;
  /** A process without work ends after this long. Default 30 s. */
  readonly idleMs?: number;
}

export interface ReadingPool extends AsyncDisposable {
  /** Rejects with ParseError: the reader's own codes, `parse_timeout`, `parse_memory`, `parse_crashed`. */
  read(job: ReadingJob): Promise<Reading>;
}

const MIB = 1024 * 1024;
const WATCH_MS = 50;

/** A document that is still read after this long is heavy, however small it is. */
const HEAVY_MS = 500;

/**
 * Reads documents in child processes: one that takes too long or too much memory ends its process and nothing else
 * (measured: in threads it ends the service). Large documents have a lane of their own, so that light sources never wait
 * behind heavy ones. A small one that proves to be heavy takes the place of a large one, and another process reads those
 * that wait behind it.
 */
export function createReadingPool(options: PoolOptions): ReadingPool {
  const { timeoutMs, idleMs = 30_000, largeFrom = MIB } = options;
  const lanes = options.smallLanes ?? Math.min(Math.max(availableParallelism() - 1, 1), 2);
  const worker = join(import.meta.dirname, "worker.ts");
  const place = new HeavyPlace();
  const small = createLanes<ReadingJob, Reading>(
    lanes,
    { worker, timeoutMs, idleMs, bytesMax: options.smallBytesMax ?? 128 * MIB },
    { place, reads: "light" },
  );
  const large = createLanes<ReadingJob, Reading>(
    1,
    { worker, timeoutMs, idleMs: Math.min(idleMs, 5_000), bytesMax: options.largeBytesMax ?? 176 * MIB },
    { place, reads: "heavy" },
  );
  /** A small document that takes much memory has a second chance where there is more. */
  function again(error: unknown, job: ReadingJob): Promise<Reading> {
    if (error instanceof ParseError && (error.code === "parse_memory" || error.code === "parse_crashed"))
      return large.run(job);
    throw error;
  }

  return {
    read: (job) =>
      job.bytes.length >= largeFrom ? large.run(job) : small.run(job).catch((error) => again(error, job)),
    async [Symbol.asyncDispose]() {
      await Promise.all([small.end(), large.end()]);
    },
  };
}

/** What every process of a lane is asked: a document, told by its address. */
interface Job {
  readonly url: string;
}

interface Task<J extends Job, R> {
  readonly job: J;
  readonly resolve: (reading: R) => void;
  readonly reject: (error: unknown) => void;
}

interface LaneLimits {
  /** The module that a process runs: it answers each job it is sent with a WorkerAnswer. */
  readonly worker: string;
  readonly timeoutMs: number;
  readonly idleMs: number;
  /** How much is laid out before it is collected. Default 16 MiB. */
  readonly nurseryMib?: number;
  /** Memory of its own that a process may take. */
  readonly bytesMax: number;
}

export interface Lanes<J extends Job, R> {
  /** Rejects with ParseError: the worker's own codes, `parse_timeout`, `parse_memory`, `parse_crashed`, `stopped`. */
  run(job: J): Promise<R>;
  end(): Promise<void>;
}

/**
 * One place, for the document that is heavy: what bounds the memory of all reading processes together.
 * @internal Tests use it by itself.
 */
export class HeavyPlace {
  #isTaken = false;
  readonly #asking: (() => void)[] = [];

  take(): boolean {
    if (this.#isTaken) return false;
    this.#isTaken = true;
    return true;
  }

  leave(): void {
    this.#isTaken = false;
    for (const ask of this.#asking) ask();
  }

  /** Told whenever the place is free again. */
  onFree(ask: () => void): void {
    this.#asking.push(ask);
  }
}

/** Heavy documents are only begun in the place for them; light ones may turn out to need it. */
interface Sharing {
  readonly place: HeavyPlace;
  readonly reads: "light" | "heavy";
}

/**
 * So many child processes at most, each reading one document at a time; who comes when all read waits. Where they share a
 * place with others, one more opens while a document that proved to be heavy takes it.
 */
export function createLanes<J extends Job, R>(count: number, limits: LaneLimits, sharing?: Sharing): Lanes<J, R> {
  const waiting: Task<J, R>[] = [];
  const idle: Lane<J, R>[] = [];
  const all = new Set<Lane<J, R>>();
  let heavy: Lane<J, R> | undefined;
  let ended = false;
  sharing?.place.onFree(next);

  function next(): void {
    if (ended || waiting.length === 0) return;
    if (!hasRoom()) makeRoom();
    if (!hasRoom()) return;
    if (sharing?.reads === "heavy" && !sharing.place.take()) return;
    const task = waiting.shift();
    const lane = idle.pop() ?? open();
    if (sharing?.reads === "heavy") heavy = lane;
    if (task !== undefined) lane.start(task);
  }

  function hasRoom(): boolean {
    return idle.length > 0 || all.size < allowed();
  }

  function allowed(): number {
    return sharing?.reads === "light" && heavy !== undefined ? count + 1 : count;
  }

  function makeRoom(): void {
    const slow = heavy === undefined ? [...all].find((lane) => lane.isSlow) : undefined;
    if (slow !== undefined && sharing?.place.take()) heavy = slow;
  }

  function leave(lane: Lane<J, R>): void {
    if (heavy !== lane) return;
    heavy = undefined;
    sharing?.place.leave();
  }

  function open(): Lane<J, R> {
    const lane = new Lane<J, R>(limits, {
      free: () => {
        leave(lane);
        if (all.size > allowed()) {
          void lane.end();
          return;
        }
        idle.push(lane);
        next();
      },
      slow: next,
      gone: () => {
        all.delete(lane);
        const index = idle.indexOf(lane);
        if (index >= 0) idle.splice(index, 1);
        leave(lane);
        next();
      },
    });
    all.add(lane);
    return lane;
  }

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(stopped());
        waiting.push({ job, resolve, reject });
        next();
      }),
    async end() {
      ended = true;
      for (const { reject } of waiting.splice(0)) reject(stopped());
      await Promise.all([...all].map((lane) => lane.end()));
    },
  };
}

/** What a query holds may be a secret. */
function unread(url: string, code: string, reason: string): ParseError {
  const shown = URL.canParse(url) ? showUrl(new URL(url)) : url;
  return new ParseError(`Cannot read ${shown}: ${reason}`, { code, concerns: shown });
}

function stopped(): ParseError {
  return new ParseError("Cannot read the document: the service is stopping", { code: "stopped" });
}

/** What glibc's threads set aside for themselves is a fifth of a reading process (measured: 35 of 165 MB), and buys nothing. */
const ENVIRONMENT = { ...process.env, MALLOC_ARENA_MAX: "1" };

/** A document leaves much to be collected: in a nursery of 4 MB it takes a seventh more CPU, and 15 to 25 MB less memory. */
const NURSERY_MIB = 16;

interface LaneListener {
  /** It has answered. */
  readonly free: () => void;
  /** It still reads, longer than a light document takes. */
  readonly slow: () => void;
  readonly gone: () => void;
}

/** One child process and the document it reads. */
class Lane<J extends Job, R> {
  readonly #child: ChildProcess;
  readonly #limits: LaneLimits;
  readonly #on: LaneListener;
  readonly #exited: Promise<void>;
  #task: Task<J, R> | undefined;
  /** It has answered before: nothing of its start is in the time of the next document. */
  #warm = false;
  /** Why we ended the process, when we did. */
  #verdict: ParseError | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #readingMs = 0;

  constructor(limits: LaneLimits, on: LaneListener) {
    this.#limits = limits;
    this.#on = on;
    const heapMib = Math.floor((limits.bytesMax * HEAP_SHARE) / MIB);
    this.#child = fork(limits.worker, [], {
      env: ENVIRONMENT,
      serialization: "advanced",
      execArgv: [`--max-old-space-size=${heapMib}`, `--max-semi-space-size=${limits.nurseryMib ?? NURSERY_MIB}`],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#child.on("message", (message) => this.#answer(message as WorkerAnswer<R>));
    this.#child.on("error", () => {});
    this.#exited = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.#exit(code, signal);
        resolve();
      });
    });
  }

  /** It reads a document that is heavy. */
  get isSlow(): boolean {
    return this.#task !== undefined && this.#readingMs >= HEAVY_MS + (this.#warm ? 0 : START_MS / 2);
  }

  start(task: Task<J, R>): void {
    clearTimeout(this.#idle);
    this.#task = task;
    this.#readingMs = 0;
    const { timeoutMs } = this.#limits;
    const late = () => this.#stop("parse_timeout", `it takes more than ${timeoutMs} ms`);
    this.#deadline = setTimeout(late, timeoutMs + (this.#warm ? 0 : START_MS));
    this.#watch = setInterval(() => this.#weigh(), WATCH_MS);
    this.#child.send(task.job, (error) => {
      if (error !== null) this.#child.kill("SIGKILL");
    });
  }

  async end(): Promise<void> {
    this.#verdict ??= stopped();
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  #answer(message: WorkerAnswer<R>): void {
    this.#warm = true;
    const task = this.#settle();
    if ("reading" in message) task?.resolve(message.reading);
    else
      task?.reject(
        new ParseError(message.error.message, { code: message.error.code, concerns: message.error.concerns }),
      );
    this.#idle = setTimeout(() => this.#child.kill("SIGKILL"), this.#limits.idleMs);
    this.#idle.unref();
    // A process that grew large gives its memory back by ending.
    if (ownBytes(this.#child.pid) > this.#limits.bytesMax * GROWN_SHARE) this.#child.kill("SIGKILL");
    else this.#on.free();
  }

  #exit(code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(this.#idle);
    const task = this.#settle();
    const how = signal ?? `code ${code}`;
    task?.reject(
      this.#verdict ??
        unread(task.job.url, "parse_crashed", `the reading process ended (${how}), likely out of memory`),
    );
    this.#on.gone();
  }

  #settle(): Task<J, R> | undefined {
    clearTimeout(this.#deadline);
    clearInterval(this.#watch);
    const task = this.#task;
    this.#task = undefined;
    return task;
  }

  #weigh(): void {
    if (ownBytes(this.#child.pid) > this.#limits.bytesMax) {
      this.#stop("parse_memory", `it takes more than ${Math.round(this.#limits.bytesMax / MIB)} MiB of memory`);
    }
    this.#readingMs += WATCH_MS;
    if (this.isSlow) this.#on.slow();
  }

  #stop(code: string, reason: string): void {
    this.#verdict = unread(this.#task?.job.url ?? "the document", code, reason);
    this.#child.kill("SIGKILL");
  }
}

/** What a process may take to start. */
const START_MS = 3_000;

/** What of a lane's memory V8's heap may take (Buffers and code are beside it), and from when on it is not kept. */
const HEAP_SHARE = 0.75;
const GROWN_SHARE = 0.9;

const PAGE_BYTES = 4096;

/**
 * Resident memory of a process without what it shares with others (the program itself); 0 where the system does not tell,
 * then the heap's limit alone holds.
 */
function ownBytes(pid: number | undefined): number {
  try {
    const [, resident, shared] = readFileSync(`/proc/${pid}/statm`, "latin1").split(" ").map(Number);
    return ((resident ?? 0) - (shared ?? 0)) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
