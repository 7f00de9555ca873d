/**
 * What the store costs at size: stories of 1.5 kB in 1,000 feeds, one for each source, and one merged from 100 sources.
 * Times are wall-clock medians of one call. Inserts are CPU time of this process for each row, at 50 rows a commit, each
 * with three keys, a sighting, its entry and its words; 50 known items are CPU time too: reading what is known of them,
 * and a commit of the record alone. (Beside the CPU time, a commit waits for the disk: `insertCommitMs`, `knownMs`.)
 *
 *     node bench/store.ts [--rows 100000] [--database sqlite|postgres|both] [--json]
 *
 * The limits are those of a million rows: `--rows 1000000` fills for several minutes. Exit code 1 where one is missed.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { FeedSlug } from "../src/model/feed.ts";
import { type DatabaseAddress, migrate, openDatabase } from "../src/store/database.ts";
import { createSqlStore } from "../src/store/sql-store.ts";
import type { PollChanges, Store } from "../src/store/store.ts";
import { startPostgres } from "../tests/support/postgres.ts";
import { aPoll, fill, MINUTE, PER_POLL, SOURCES, START, sourceIds, unchanged } from "./store-rows.ts";

type Kind = DatabaseAddress["kind"];

/** Limits at a million rows: milliseconds, and microseconds of CPU a row. */
const LIMITS: Readonly<Record<Kind, Readonly<Record<string, number>>>> = {
  sqlite: {
    newestOfFeedMs: 1,
    newestOfMergedMs: 1,
    searchCommonMs: 5,
    searchMiddleMs: 5,
    searchRareMs: 5,
    insertCpuUs: 200,
    knownCpuMs: 0.5,
  },
  postgres: {
    newestOfFeedMs: 3,
    newestOfMergedMs: 3,
    searchCommonMs: 20,
    searchMiddleMs: 20,
    searchRareMs: 20,
  },
};

// --- measuring

async function medianMs(times: number, work: (index: number) => Promise<unknown>): Promise<number> {
  const spent: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const startedAt = performance.now();
    await work(index);
    spent.push(performance.now() - startedAt);
  }
  return median(spent);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function cpuUs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function measure(
  store: Store,
  rows: number,
  settle: () => Promise<void>,
): Promise<Readonly<Record<string, number>>> {
  const startedAt = performance.now();
  const last = await fill(store, rows);
  await settle();
  const fillSeconds = (performance.now() - startedAt) / 1000;
  const round = Math.round(rows / (SOURCES * PER_POLL)) + 1;
  const any = (index: number) => (index * 617) % SOURCES;

  // Sources never seen before bring their first 50 stories, as a fill does; and known ones that turn over their list.
  const inserts = Array.from({ length: 40 }, (_, index) => aPoll(any(index), round));
  const turnovers = Array.from({ length: 40 }, (_, index) =>
    aPoll(any(index + 40), round, last[any(index + 40)]?.newStories),
  );
  const insertMs: number[] = [];
  const insertCpu = await cpuUs(async () => {
    for (const poll of inserts) {
      const before = performance.now();
      await store.apply([poll]);
      insertMs.push(performance.now() - before);
    }
  });
  const turnoverCpu = await cpuUs(async () => {
    for (const poll of turnovers) await store.apply([poll]);
  });

  const polled = Array.from({ length: 100 }, (_, index) => last[any(index + 100)]).filter((poll) => poll !== undefined);
  const known = async (poll: PollChanges, index: number) => {
    await store.rawDigests(poll.sourceId);
    await store.storiesForPoll(
      poll.sourceId,
      poll.newStories.flatMap(({ keys }) => keys),
    );
    await store.apply([unchanged(poll.sourceId, START + (round + index) * MINUTE)]);
  };
  for (const [index, poll] of polled.entries()) await known(poll, index);
  const knownCpu: number[] = [];
  const knownMs = await medianMs(polled.length, async (index) => {
    const poll = polled[index];
    if (poll !== undefined) knownCpu.push(await cpuUs(() => known(poll, index + 1_000)));
  });
  const knownReadMs = await medianMs(polled.length, async (index) => {
    const poll = polled[index];
    if (poll === undefined) return;
    await store.rawDigests(poll.sourceId);
    await store.storiesForPoll(
      poll.sourceId,
      poll.newStories.flatMap(({ keys }) => keys),
    );
  });

  await medianMs(20, (index) => store.newestEntries(sourceIds[any(index)] as string as FeedSlug, 50));
  return {
    fillSeconds,
    newestOfFeedMs: await medianMs(300, (index) =>
      store.newestEntries(sourceIds[any(index)] as string as FeedSlug, 50),
    ),
    newestOfMergedMs: await medianMs(100, () => store.newestEntries("merged" as FeedSlug, 50)),
    searchCommonMs: await medianMs(60, (index) => store.search(`w${1 + (index % 5)}`, 50)),
    searchMiddleMs: await medianMs(60, (index) => store.search(`w${200 + index * 7}`, 50)),
    searchRareMs: await medianMs(60, (index) => store.search(`w${19_000 + index * 13} w${15_000 + index}`, 50)),
    insertCpuUs: insertCpu / (inserts.length * PER_POLL),
    insertCommitMs: median(insertMs),
    turnoverCpuUs: turnoverCpu / (turnovers.length * PER_POLL),
    knownMs,
    knownReadMs,
    knownCpuMs: median(knownCpu) / 1000,
  };
}

async function run(kind: Kind, rows: number): Promise<Readonly<Record<string, number>>> {
  const folder = mkdtempSync(join(tmpdir(), "storywire-bench-store-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "bench.db");
  const address: DatabaseAddress =
    kind === "sqlite" ? { kind, path } : { kind, url: await stack.use(await startPostgres()).createDatabase() };
  const database = openDatabase(address);
  await migrate(database);
  const store = stack.use(createSqlStore(database));
  // What autovacuum does within a minute on a server that runs.
  const settle = async () => void (await database.run(kind === "sqlite" ? "pragma optimize" : "vacuum analyze"));
  const result = await measure(store, rows, settle);
  return kind === "sqlite" ? { ...result, fileMB: statSync(path).size / 1e6 } : result;
}

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    database: { type: "string", default: "both" },
    json: { type: "boolean", default: false },
  },
});
const kinds = (["sqlite", "postgres"] as const).filter(
  (kind) => values.database === "both" || values.database === kind,
);
let missed = false;
for (const kind of kinds) {
  const result = await run(kind, Number(values.rows));
  if (values.json)
    process.stdout.write(`${JSON.stringify({ database: kind, rows: Number(values.rows), ...result })}\n`);
  else process.stdout.write(`${kind}, ${values.rows} rows\n`);
  for (const [name, value] of Object.entries(result)) {
    const limit = LIMITS[kind][name];
    missed ||= limit !== undefined && value > limit;
    if (!values.json)
      process.stdout.write(
        `  ${name.padEnd(18)} ${value.toFixed(2).padStart(9)}${limit === undefined ? "" : `  limit ${limit}${value > limit ? "  MISSED" : ""}`}\n`,
      );
  }
}
process.exitCode = missed ? 1 : 0;
