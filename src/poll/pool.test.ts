import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createLanes, createReadingPool, HeavyPlace, type PoolOptions, type ReadingPool } from "./pool.ts";
import type { ReadingJob } from "./read.ts";

const job = (text: string, overrides: Partial<ReadingJob> = {}): ReadingJob => ({
  bytes: Buffer.from(text),
  url: "https://town.example/feed",
  kind: "auto",
  timeZone: "UTC",
  capturedAt: Date.parse("2026-03-01T12:00:00Z"),
  listing: { follow: false },
  more: true,
  known: new Set(),
  ...overrides,
});

const FEED = `<rss version="2.0"><channel><title>Town</title><item><title>One</title><link>https://town.example/1</link></item></channel></rss>`;

describe("the reading pool", () => {
  let pool: ReadingPool;
  const open = (options: Partial<PoolOptions> = {}) => {
    pool = createReadingPool({ timeoutMs: 5_000, smallLanes: 1, ...options });
  };
  afterEach(() => pool[Symbol.asyncDispose]());

  it("answers what reading in place would", async () => {
    open();
    const reading = await pool.read(job(FEED));
    expect(reading.candidates.map((candidate) => candidate.content?.title)).toEqual(["One"]);
  });

  it("hands on the reader's own errors with their codes", async () => {
    open();
    await expect(pool.read(job("", { kind: "feed" }))).rejects.toMatchObject({ name: "ParseError", code: "empty" });
  });

  it("ends a reading that takes too long, and reads the next document", async () => {
    open({ timeoutMs: -2_990 });
    await expect(pool.read(job(FEED))).rejects.toMatchObject({ code: "parse_timeout" });
    await pool[Symbol.asyncDispose]();
    open();
    await expect(pool.read(job(FEED))).resolves.toBeDefined();
  });

  it("ends a reading that takes too much memory with an error, not the service", async () => {
    open({ smallBytesMax: 30 * 1024 * 1024, largeBytesMax: 30 * 1024 * 1024 });
    await expect(pool.read(job(FEED))).rejects.toMatchObject({
      name: "ParseError",
      code: expect.stringMatching(/^parse_(?:memory|crashed)$/),
    });
  });

  it("gives a small document that takes much memory a second chance in the large lane", async () => {
    open({ smallBytesMax: 30 * 1024 * 1024 });
    await expect(pool.read(job(FEED))).resolves.toMatchObject({ format: "rss" });
  });

  it("reads many documents over few processes, each answered once", async () => {
    open({ smallLanes: 2 });
    const readings = await Promise.all(
      Array.from({ length: 20 }, (_, index) => pool.read(job(FEED.replace("One", `Story ${index}`)))),
    );
    expect(readings.map((reading) => reading.candidates[0]?.content?.title)).toEqual(
      Array.from({ length: 20 }, (_, index) => `Story ${index}`),
    );
  });

  it("does not let light documents wait behind a heavy one", async () => {
    open({ largeFrom: 1_000 });
    const heavy = pool.read(job(FEED + " ".repeat(5_000_000)));
    await pool.read(job(FEED));
    await heavy;
  });
});

describe("a light document", () => {
  const place = new HeavyPlace();
  const limits = {
    worker: join(import.meta.dirname, "../../tests/support/held-worker.ts"),
    timeoutMs: 30_000,
    idleMs: 30_000,
    bytesMax: 128 * 1024 * 1024,
  };
  type Held = { readonly url: string; readonly held?: boolean };
  const small = createLanes<Held, string>(1, limits, { place, reads: "light" });
  const large = createLanes<Held, string>(1, limits, { place, reads: "heavy" });
  afterEach(async () => {
    await Promise.all([small.end(), large.end()]);
  });

  it("waits neither behind a large one nor behind a small one that proves to be heavy; a large one waits for that", async () => {
    const ended: string[] = [];
    const held = small.run({ url: "small but heavy", held: true }).catch((error) => ended.push(error.code));
    expect(await small.run({ url: "light" })).toBe("light");
    const waiting = large.run({ url: "large" }).catch((error) => ended.push(error.code));
    expect(await small.run({ url: "another" })).toBe("another");
    expect(ended).toEqual([]);
    await Promise.all([small.end(), large.end(), held, waiting]);
    expect(ended).toEqual(["stopped", "stopped"]);
  });
});
