/**
 * Ends the service with SIGKILL at random moments while it takes stories in, and looks whether anything was lost,
 * doubled, renamed or moved. On Postgres every other round ends the database server instead, and the service goes on.
 *
 *     node tests/soak/kill.ts [--rounds 100] [--database sqlite|postgres] [--seed 1]
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Sqlite from "better-sqlite3";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { createWorkplace, type Service, type Workplace } from "../support/service.ts";
import { type GrowingOrigin, startGrowingOrigin } from "./growing-origin.ts";
import { ReaderLedger } from "./ledger.ts";
import { killTree } from "./processes.ts";

const SOURCES = 6;

/** The moment lies this long after the first visit at most: stories are read, stored and published by then. */
export const MOMENT_MS = 4_000;

export interface KillResult {
  readonly rounds: number;
  readonly told: number;
  readonly published: number;
  readonly visits: number;
  /** What was wrong; empty is what we want. */
  readonly broken: readonly string[];
}

export async function soakKill(options: {
  readonly rounds: number;
  readonly database: "sqlite" | "postgres";
  /** 0 to 1. */
  readonly random: () => number;
  readonly onRound?: (round: number, ledger: ReaderLedger) => void;
}): Promise<KillResult> {
  await using stack = new AsyncDisposableStack();
  const origin = stack.use(await startGrowingOrigin(SOURCES));
  const postgres = options.database === "postgres" ? stack.use(await startPostgres()) : undefined;
  const workplace = stack.use(
    createWorkplace(
      configuration(origin),
      postgres === undefined ? {} : { STORYWIRE_DATABASE_URL: await postgres.createDatabase() },
    ),
  );
  const ledger = new ReaderLedger();
  for (let round = 1; round <= options.rounds; round += 1) {
    const restartsDatabase = postgres !== undefined && round % 2 === 0;
    const service = await workplace.serve();
    const moment = momentOf(round, { origin, waitMs: options.random() * MOMENT_MS });
    const reading = readUntil(service, ledger, moment);
    await moment;
    if (restartsDatabase) await outage(postgres, { service, origin, pauseMs: options.random() * 1_000 });
    if (service.child.pid !== undefined) killTree(service.child.pid);
    await service.end("SIGKILL");
    await reading;
    if (postgres === undefined) ledger.broken.push(...integrityFaults(workplace, round));
    options.onRound?.(round, ledger);
  }
  origin.settle();
  const service = await workplace.serve();
  const complete = async () => {
    await read(service, ledger);
    return ledger.missing(origin.told).length === 0;
  };
  await service.until(complete).catch(() => undefined);
  await service.end("SIGTERM");
  return {
    rounds: options.rounds,
    told: origin.told.size,
    published: ledger.shown.size,
    visits: origin.visits,
    broken: [...ledger.broken, ...ledger.missing(origin.told).map((url) => `lost: ${url}`)],
  };
}

function configuration(origin: GrowingOrigin): Readonly<Record<string, string>> {
  return {
    "config/storywire.yaml": "polling: { minimum: 1s, perHost: { inFlight: 10, perSecond: 1000 } }",
    "config/sources/all.yaml": origin.ids
      .map((id) => `- { id: ${id}, url: "${origin.urlOf(id)}", every: 1s }`)
      .join("\n"),
    "feeds/all.yaml": "title: All\nlimit: 10000",
  };
}

/** Some time into the ingest; in every fifth round some time into the start. */
export async function momentOf(
  round: number,
  { origin, waitMs }: { readonly origin: GrowingOrigin; readonly waitMs: number },
): Promise<void> {
  const before = origin.visits;
  for (let waited = 0; round % 5 !== 0 && origin.visits === before && waited < 20_000; waited += 10) await delay(10);
  await delay(waitMs);
}

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function read(service: Service, ledger: ReaderLedger): Promise<void> {
  const answer = await service.get("/feeds/all.json");
  // Casts hold: it is our own document.
  if (answer.status === 200) ledger.read((await answer.json()) as Parameters<ReaderLedger["read"]>[0]);
  else await answer.arrayBuffer();
}

/** Reads the feed over and over; the reading that the kill cuts off counts for nothing. */
async function readUntil(service: Service, ledger: ReaderLedger, moment: Promise<void>): Promise<void> {
  let over = false;
  void moment.then(() => {
    over = true;
  });
  while (!over) {
    try {
      await read(service, ledger);
    } catch {
      return;
    }
    await delay(20);
  }
}

/** The database server falls dead and comes back; the service has to live on and to take stories in again. */
async function outage(
  postgres: PostgresServer,
  { service, origin, pauseMs }: { readonly service: Service; readonly origin: GrowingOrigin; readonly pauseMs: number },
): Promise<void> {
  await postgres.crash();
  await delay(pauseMs);
  await postgres.start();
  const before = origin.visits;
  await service.until(async () => origin.visits > before + SOURCES);
}

/** Judges a copy: the service itself finds the files as they were left. */
function integrityFaults({ folder }: Workplace, round: number): readonly string[] {
  const file = join(folder, "data/storywire.db");
  if (!existsSync(file)) return [];
  const copy = mkdtempSync(join(tmpdir(), "storywire-soak-"));
  try {
    for (const suffix of ["", "-wal"])
      if (existsSync(file + suffix)) cpSync(file + suffix, join(copy, `storywire.db${suffix}`));
    using database = closing(new Sqlite(join(copy, "storywire.db")));
    const found = database.sqlite.pragma("integrity_check", { simple: true });
    return found === "ok" ? [] : [`integrity after round ${round}: ${found}`];
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function closing(sqlite: Sqlite.Database): { readonly sqlite: Sqlite.Database } & Disposable {
  return { sqlite, [Symbol.dispose]: () => void sqlite.close() };
}

/** The same numbers for the same seed (Lehmer). */
export function seeded(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "100" },
      database: { type: "string", default: "sqlite" },
      seed: { type: "string", default: "1" },
    },
  });
  const result = await soakKill({
    rounds: Number(values.rounds),
    database: values.database === "postgres" ? "postgres" : "sqlite",
    random: seeded(Number(values.seed)),
    onRound: (round, ledger) =>
      process.stderr.write(`\rround ${round}: ${ledger.shown.size} published, ${ledger.broken.length} broken`),
  });
  process.stdout.write(`\n${JSON.stringify({ ...result, broken: result.broken.slice(0, 20) }, null, 2)}\n`);
  process.exitCode = result.broken.length === 0 ? 0 : 1;
}
