import { FetchError } from "../errors.ts";

/** A clock and its alarm; instants and waits in milliseconds. Must not jump: `performance.now`, not the wall clock. */
interface QueueClock {
  readonly now: () => number;
  /** Calls back once after `ms`; the result cancels it. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export interface HostQueueOptions {
  /** Visits under way at once, over all hosts. Default 64. */
  readonly inFlight?: number;
  readonly perHost?: {
    /** Visits under way at once to one host. Default 2. */
    readonly inFlight: number;
    /** Requests begun per second to one host, evenly spaced. Default 1. */
    readonly perSecond: number;
  };
  readonly clock: QueueClock;
}

interface RunOptions {
  /** Leaves the queue, as long as the visit has not begun. */
  readonly signal?: AbortSignal | undefined;
  /** What robots.txt asks for, where it is longer than our own distance. */
  readonly crawlDelayMs?: number | undefined;
}

/** One queue for all requests of the service: hosts take turns, each at its own pace. */
export interface HostQueue extends Disposable {
  /**
   * Runs `visit` when its host and the service have room, and gives back what it gives. Visits to one host begin in
   * the order they came; hosts that could go take turns.
   *
   * @throws FetchError `aborted` where the signal fires or the queue is disposed before the visit began
   */
  run<T>(url: URL, visit: () => Promise<T>, options?: RunOptions): Promise<T>;
  /**
   * Waits for the host's next turn without taking a place: for the further requests of a visit under way, such as
   * redirects. They go before visits that wait, and a long crawl delay is not theirs to sit out. Never settles where
   * the queue is disposed.
   */
  pace(url: URL): Promise<void>;
}

/** Makes the queue; see `HostQueueOptions` for its defaults. */
export function createHostQueue(options: HostQueueOptions): HostQueue {
  return new Queue(options);
}

interface Job {
  readonly begin: () => void;
  readonly reject: (error: FetchError) => void;
  readonly crawlDelayMs: number;
  cancelled: boolean;
}

interface Host {
  readonly key: string;
  readonly waiting: Fifo<Job>;
  inFlight: number;
  /** When the last request began, or the last reserved one will. */
  lastAt: number;
  /** No visit before this instant. */
  nextAt: number;
  /** `nextAt` as it was when the host began to cool: the heap's order must not change. */
  wakeAt: number;
  /** In which line it stands; never in two. */
  place: "none" | "ready" | "cooling";
}

class Queue implements HostQueue {
  readonly #clock: QueueClock;
  readonly #inFlightMax: number;
  readonly #perHostMax: number;
  readonly #spacingMs: number;
  readonly #hosts = new Map<string, Host>();
  /** Hosts that could begin a visit at once, in turn. */
  readonly #ready = new Fifo<Host>();
  /** Hosts that must wait, soonest first. */
  readonly #cooling = new CoolingHeap();
  #inFlight = 0;
  #alarmAt = Number.POSITIVE_INFINITY;
  #cancelAlarm: () => void = () => {};
  /** Cancels of requests that wait for their turn in a visit under way. */
  readonly #paces = new Set<() => void>();

  constructor({ clock, inFlight = 64, perHost = { inFlight: 2, perSecond: 1 } }: HostQueueOptions) {
    this.#clock = clock;
    this.#inFlightMax = inFlight;
    this.#perHostMax = perHost.inFlight;
    this.#spacingMs = 1000 / perHost.perSecond;
  }

  run<T>(url: URL, visit: () => Promise<T>, { signal, crawlDelayMs = 0 }: RunOptions = {}): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const host = this.#host(url);
    const onAbort = () => {
      job.cancelled = true;
      reject(leftQueue(url.host));
    };
    const begin = () => {
      signal?.removeEventListener("abort", onAbort);
      this.#visit(host, visit).then(resolve, reject);
    };
    const job: Job = { begin, reject, crawlDelayMs, cancelled: false };
    if (signal?.aborted) return Promise.reject(leftQueue(url.host));
    signal?.addEventListener("abort", onAbort, { once: true });
    host.waiting.push(job);
    this.#settle(host);
    this.#pump();
    return promise;
  }

  pace(url: URL): Promise<void> {
    const host = this.#host(url);
    const now = this.#clock.now();
    const turnAt = Math.max(now, host.lastAt + this.#spacingMs);
    host.lastAt = turnAt;
    host.nextAt = Math.max(host.nextAt, turnAt + this.#spacingMs);
    this.#settle(host);
    this.#alarm();
    return new Promise((resolve) => {
      const cancel = this.#clock.after(turnAt - now, () => {
        this.#paces.delete(cancel);
        resolve();
      });
      this.#paces.add(cancel);
    });
  }

  [Symbol.dispose](): void {
    this.#cancelAlarm();
    for (const cancel of this.#paces) cancel();
    for (const host of this.#hosts.values()) {
      for (let job = host.waiting.shift(); job !== undefined; job = host.waiting.shift()) {
        job.cancelled = true;
        job.reject(leftQueue(host.key));
      }
    }
  }

  #host(url: URL): Host {
    const known = this.#hosts.get(url.host);
    if (known !== undefined) return known;
    const host: Host = {
      key: url.host,
      waiting: new Fifo(),
      inFlight: 0,
      lastAt: Number.NEGATIVE_INFINITY,
      nextAt: Number.NEGATIVE_INFINITY,
      wakeAt: Number.NEGATIVE_INFINITY,
      place: "none",
    };
    this.#hosts.set(host.key, host);
    return host;
  }

  async #visit<T>(host: Host, visit: () => Promise<T>): Promise<T> {
    host.inFlight += 1;
    this.#inFlight += 1;
    try {
      return await visit();
    } finally {
      host.inFlight -= 1;
      this.#inFlight -= 1;
      this.#settle(host);
      this.#pump();
    }
  }

  /** Puts a host in the line where it belongs now, unless it stands in one: there its turn comes. */
  #settle(host: Host): void {
    if (host.place !== "none") return;
    if (host.nextAt > this.#clock.now()) this.#cool(host);
    else if (host.waiting.size > 0 && host.inFlight < this.#perHostMax) this.#queue(host);
    else if (host.waiting.size === 0 && host.inFlight === 0) this.#hosts.delete(host.key);
  }

  #queue(host: Host): void {
    host.place = "ready";
    this.#ready.push(host);
  }

  #cool(host: Host): void {
    host.place = "cooling";
    host.wakeAt = host.nextAt;
    this.#cooling.push(host);
  }

  /** Begins what can begin, then sets the alarm for what must wait. */
  #pump(): void {
    while (this.#inFlight < this.#inFlightMax) {
      const host = this.#ready.shift();
      if (host === undefined) break;
      host.place = "none";
      if (host.nextAt <= this.#clock.now()) this.#beginNext(host);
      this.#settle(host);
    }
    this.#alarm();
  }

  #beginNext(host: Host): void {
    let job = host.waiting.shift();
    while (job?.cancelled) job = host.waiting.shift();
    if (job === undefined) return;
    host.lastAt = this.#clock.now();
    host.nextAt = host.lastAt + Math.max(this.#spacingMs, job.crawlDelayMs);
    job.begin();
  }

  #alarm(): void {
    const soonest = this.#cooling.first?.wakeAt;
    if (soonest === undefined || soonest >= this.#alarmAt) return;
    this.#cancelAlarm();
    this.#alarmAt = soonest;
    this.#cancelAlarm = this.#clock.after(Math.max(0, soonest - this.#clock.now()), () => {
      this.#alarmAt = Number.POSITIVE_INFINITY;
      this.#thaw();
      this.#pump();
    });
  }

  #thaw(): void {
    const now = this.#clock.now();
    for (let host = this.#cooling.first; host !== undefined && host.wakeAt <= now; host = this.#cooling.first) {
      this.#cooling.shift();
      host.place = "none";
      this.#settle(host);
    }
  }
}

function leftQueue(host: string): FetchError {
  return new FetchError(`Cannot visit ${host}: the visit was called off while it waited`, {
    code: "aborted",
    concerns: host,
  });
}

/** First in, first out, without moving the rest at every turn. */
class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** Hosts by `wakeAt`, a binary heap: with thousands of hosts waiting each change costs a few steps. */
class CoolingHeap {
  readonly #hosts: Host[] = [];

  get first(): Host | undefined {
    return this.#hosts[0];
  }

  push(host: Host): void {
    let at = this.#hosts.push(host) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#at(parent) <= host.wakeAt) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  shift(): void {
    const last = this.#hosts.pop();
    if (last === undefined || this.#hosts.length === 0) return;
    this.#hosts[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const child = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(child) >= last.wakeAt) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #at(index: number): number {
    return this.#hosts[index]?.wakeAt ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    const host = this.#hosts[one];
    const moved = this.#hosts[other];
    if (host === undefined || moved === undefined) return;
    this.#hosts[one] = moved;
    this.#hosts[other] = host;
  }
}
