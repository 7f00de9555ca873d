import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StoredFeeds, storeFeeds } from "../../tests/support/stored-feeds.ts";
import { aFeed, aSource, numberedItem } from "../../tests/support/stories.ts";
import { createShelf } from "../publish/shelf.ts";
import { createRenderer } from "./renderer.ts";

/** No wait of the thread that serves may be longer. */
const STALL_MS = 50;

/**
 * The longest turn of this thread's event loop so far, in CPU time: what it was kept from by other work on the machine
 * is not its own stall.
 */
function watchTurns(): Disposable & { longestMs(): number } {
  let longest = 0;
  let before = process.threadCpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.threadCpuUsage();
  }, 1);
  return { longestMs: () => longest, [Symbol.dispose]: () => clearInterval(timer) };
}

describe("documents made beside the thread that serves", () => {
  const feeds = Array.from({ length: 200 }, (_, index) => aFeed({ slug: `feed-${index}` }));
  let stored: StoredFeeds;
  beforeAll(async () => {
    stored = await storeFeeds([aSource()], feeds, () =>
      Array.from({ length: 50 }, (_, number) => numberedItem(number)),
    );
  });
  afterAll(() => stored[Symbol.asyncDispose]());

  it("leave it free: 200 feeds of 50 entries are rendered without a stall over 50 ms", async () => {
    await using renderer = createRenderer(stored.configuration);
    const shelf = createShelf({
      store: stored.store,
      make: (head, format) => renderer.ask({ kind: "feed", slug: head.slug, format, head }),
      bytesMax: 128 * 1024 * 1024,
      onProblem: (problem) => expect.fail(JSON.stringify(problem)),
    });
    await shelf.refresh();
    // Its start is no rendering; loading its program is done in its own thread.
    await shelf.find(feeds[0]!.slug, "rss");
    using turns = watchTurns();
    const found = await Promise.all(feeds.map(({ slug }) => shelf.find(slug, "rss")));
    expect(found.every((snapshot) => snapshot?.identity.includes("Story number 49") === true)).toBe(true);
    expect(shelf.ready("feed-7", "rss")).toBe(found[7]);
    expect(turns.longestMs()).toBeLessThan(STALL_MS);
  }, 120_000);

  it("are rendered once, however many ask", async () => {
    await using renderer = createRenderer(stored.configuration);
    let asked = 0;
    const shelf = createShelf({
      store: stored.store,
      make: (head, format) => {
        asked += 1;
        return renderer.ask({ kind: "feed", slug: head.slug, format, head });
      },
      bytesMax: 1024,
      onProblem: () => {},
    });
    await shelf.refresh();
    const found = await Promise.all(Array.from({ length: 20 }, () => shelf.find(feeds[3]!.slug, "json")));
    expect(new Set(found).size).toBe(1);
    expect(asked).toBe(1);
  });

  describe("by a worker that fails", () => {
    const folder = mkdtempSync(join(tmpdir(), "storywire-worker-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const program = (text: string) => {
      const file = join(folder, "worker.mjs");
      writeFileSync(
        file,
        `import { parentPort } from "node:worker_threads";\nparentPort.on("message", (job) => { ${text} });`,
      );
      return pathToFileURL(file);
    };
    const job = (slug: string) => ({
      kind: "feed" as const,
      slug: feeds[0]!.slug,
      format: "rss" as const,
      head: { slug: slug as never, revision: 1, changedAt: 0, touched: 1 },
    });

    it("fail alone where it ends, and its successor makes the next", async () => {
      const ended: unknown[] = [];
      await using renderer = createRenderer(stored.configuration, {
        program: program(
          'if (job.head.slug === "bad") process.exit(1); parentPort.postMessage({ value: job.head.slug });',
        ),
        onEnd: (error) => ended.push(error),
      });
      const answers = await Promise.allSettled(["good", "bad", "next"].map((slug) => renderer.ask(job(slug))));
      expect(answers).toMatchObject([
        { value: "good" },
        { reason: { code: "render_failed", status: 503 } },
        { value: "next" },
      ]);
      expect(ended).toHaveLength(1);
    });

    it("fail alone where it never answers", async () => {
      await using renderer = createRenderer(stored.configuration, {
        program: program(
          'if (job.head.slug !== "slow") parentPort.postMessage({ value: job.head.slug }); else for (;;);',
        ),
        jobMs: 500,
      });
      const answers = await Promise.allSettled(["slow", "next"].map((slug) => renderer.ask(job(slug))));
      expect(answers).toMatchObject([{ reason: { code: "render_timeout", status: 503 } }, { value: "next" }]);
    });
  });
});
