import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHostQueue, type HostQueue, type HostQueueOptions } from "./host-queue.ts";

/** A clock that stands still until told to go on. */
class FakeClock {
  #now = 1_000;
  #alarms: { at: number; callback: () => void }[] = [];

  readonly now = () => this.#now;

  readonly after = (ms: number, callback: () => void) => {
    const alarm = { at: this.#now + ms, callback };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  };

  get alarms(): number {
    return this.#alarms.length;
  }

  /** Goes on by `ms`, calling back what falls due, each at its instant. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const next = this.#alarms.filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at)[0];
      if (next === undefined) break;
      this.#alarms = this.#alarms.filter((alarm) => alarm !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await settled();
    }
    this.#now = end;
  }
}

/** Lets promises that are ready run on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

interface Begun {
  readonly at: number;
  readonly name: string;
}

interface Bench {
  readonly queue: HostQueue;
  readonly clock: FakeClock;
  readonly begun: Begun[];
  /** Queues a visit that lasts `ms`; `name` is `host/whatever`. */
  visit(name: string, ms?: number, options?: Parameters<HostQueue["run"]>[2]): Promise<string>;
}

function bench(options: Partial<HostQueueOptions> = {}): Bench {
  const clock = new FakeClock();
  const queue = createHostQueue({ clock, ...options });
  const begun: Begun[] = [];
  const start = clock.now();
  return {
    queue,
    clock,
    begun,
    visit: (name, ms = 0, runOptions) =>
      queue.run(
        new URL(`http://${name}`),
        async () => {
          begun.push({ at: clock.now() - start, name });
          if (ms > 0) await new Promise<void>((resolve) => void clock.after(ms, resolve));
          return name;
        },
        runOptions,
      ),
  };
}

describe("the host queue", () => {
  test("begins one visit a second to a host, in the order they came", async () => {
    const { visit, clock, begun } = bench();
    for (const name of ["a.example/1", "a.example/2", "a.example/3"]) void visit(name);
    await clock.advance(5_000);
    expect(begun).toEqual([
      { at: 0, name: "a.example/1" },
      { at: 1_000, name: "a.example/2" },
      { at: 2_000, name: "a.example/3" },
    ]);
  });

  test("has at most two visits to a host under way", async () => {
    const { visit, clock, begun } = bench();
    for (const name of ["a.example/1", "a.example/2", "a.example/3"]) void visit(name, 10_000);
    await clock.advance(30_000);
    expect(begun.map(({ at }) => at)).toEqual([0, 1_000, 10_000]);
  });

  test("lets different hosts begin at once, up to the limit of all", async () => {
    const { visit, clock, begun } = bench({ inFlight: 3 });
    for (const host of ["a", "b", "c", "d", "e"]) void visit(`${host}.example/`, 100);
    await clock.advance(0);
    expect(begun).toHaveLength(3);
    await clock.advance(100);
    expect(begun.map(({ name, at }) => `${name}@${at}`).slice(3)).toEqual(["d.example/@100", "e.example/@100"]);
  });

  test("counts ports as hosts of their own", async () => {
    const { visit, clock, begun } = bench();
    for (const name of ["a.example:8080/", "a.example:8081/", "a.example/"]) void visit(name);
    await clock.advance(0);
    expect(begun).toHaveLength(3);
  });

  test("a host with a thousand visits does not delay one with a single visit", async () => {
    const { visit, clock, begun } = bench({ inFlight: 2, perHost: { inFlight: 2, perSecond: 1_000 } });
    for (let index = 0; index < 1_000; index += 1) void visit(`big.example/${index}`, 10);
    void visit("small.example/", 10);
    await clock.advance(25);
    expect(begun.slice(0, 4).map(({ name }) => name)).toContain("small.example/");
  });

  test("keeps the distance a robots.txt asks for", async () => {
    const { visit, clock, begun } = bench();
    for (const name of ["a.example/1", "a.example/2"]) void visit(name, 0, { crawlDelayMs: 5_000 });
    await clock.advance(10_000);
    expect(begun.map(({ at }) => at)).toEqual([0, 5_000]);
  });

  test("gives back what a visit gives, and its failure, and goes on after it", async () => {
    const { visit, queue, clock } = bench();
    expect(await visit("a.example/1")).toBe("a.example/1");
    const failed = queue.run(new URL("http://b.example/"), () => Promise.reject(new Error("no")));
    await expect(failed).rejects.toThrow("no");
    const next = visit("b.example/2");
    await clock.advance(1_000);
    expect(await next).toBe("b.example/2");
  });

  test("a visit that is called off leaves the queue and takes no turn", async () => {
    const { visit, clock, begun } = bench();
    const stop = new AbortController();
    void visit("a.example/1");
    const off = visit("a.example/2", 0, { signal: stop.signal });
    void visit("a.example/3");
    stop.abort();
    await expect(off).rejects.toMatchObject({ name: "FetchError", code: "aborted" });
    await expect(visit("a.example/4", 0, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    await clock.advance(5_000);
    expect(begun.map(({ name, at }) => `${name}@${at}`)).toEqual(["a.example/1@0", "a.example/3@1000"]);
  });

  test("redirects of a visit under way keep the pace without needing a place", async () => {
    const { queue, clock, begun } = bench({ inFlight: 1 });
    const url = new URL("http://a.example/");
    const start = clock.now();
    const hops: number[] = [];
    void queue.run(url, async () => {
      for (let hop = 0; hop < 3; hop += 1) {
        await queue.pace(url);
        hops.push(clock.now() - start);
      }
    });
    void queue.run(url, async () => void begun.push({ at: clock.now() - start, name: "next" }));
    await clock.advance(10_000);
    expect(hops).toEqual([1_000, 2_000, 3_000]);
    expect(begun).toEqual([{ at: 4_000, name: "next" }]);
  });

  test("redirects to a host never visited go at once", async () => {
    const { queue, clock } = bench();
    let isThere = false;
    void queue.pace(new URL("http://fresh.example/")).then(() => (isThere = true));
    await clock.advance(0);
    expect(isThere).toBe(true);
  });

  test("disposing it calls off what waits and leaves no alarm", async () => {
    const { visit, queue, clock } = bench();
    void visit("a.example/1");
    const waiting = visit("a.example/2");
    void queue.pace(new URL("http://a.example/"));
    queue[Symbol.dispose]();
    await expect(waiting).rejects.toMatchObject({ code: "aborted" });
    expect(clock.alarms).toBe(0);
  });

  test("never breaks a limit and never forgets a visit, whatever comes", async () => {
    const job = fc.record({
      host: fc.constantFrom("a", "b", "c"),
      at: fc.integer({ min: 0, max: 3_000 }),
      lasts: fc.integer({ min: 0, max: 4_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(job, { maxLength: 25 }), fc.integer({ min: 1, max: 4 }), async (jobs, inFlight) => {
        const { queue, clock } = bench({ inFlight, perHost: { inFlight: 2, perSecond: 2 } });
        const open = new Map<string, number>();
        const lastAt = new Map<string, number>();
        let done = 0;
        let most = 0;
        for (const { host, at, lasts } of jobs) {
          clock.after(at, () => {
            void queue.run(new URL(`http://${host}.example/`), async () => {
              const now = clock.now();
              expect(now - (lastAt.get(host) ?? -10_000)).toBeGreaterThanOrEqual(500);
              lastAt.set(host, now);
              open.set(host, (open.get(host) ?? 0) + 1);
              expect(open.get(host)).toBeLessThanOrEqual(2);
              most = Math.max(
                most,
                [...open.values()].reduce((sum, count) => sum + count, 0),
              );
              await new Promise<void>((resolve) => void clock.after(lasts, resolve));
              open.set(host, (open.get(host) ?? 0) - 1);
              done += 1;
            });
          });
        }
        await clock.advance(200_000);
        expect(done).toBe(jobs.length);
        expect(most).toBeLessThanOrEqual(inFlight);
        expect(clock.alarms).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test("ten thousand hosts cost little each", async () => {
    const { visit, clock, begun } = bench();
    const before = performance.now();
    await Promise.all(Array.from({ length: 10_000 }, (_, index) => visit(`h${index}.example/`)));
    await clock.advance(2_000);
    expect(clock.alarms).toBe(0);
    expect(begun).toHaveLength(10_000);
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
