/**
 * What an operator waits for. First the service at a glance, with many stories in 1,000 sources: the reads of `storywire
 * status` and of the API's overview, the API over HTTP, the whole command with its start, and what retention spends on
 * measuring a source. Then a reload of 1,000 sources that are visited all the while: how long it takes, and whether any
 * visit is missed or made twice for it.
 *
 *     node bench/operator.ts [--rows 100000] [--database sqlite|postgres|both] [--reload-sources 1000] [--json]
 *
 * Exit code 1 where a limit is missed; limits are those of a million rows. `--rows 0` leaves the first part out,
 * `--reload-sources 0` the second.
 */
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readOverview } from "../src/app/overview.ts";
import { loadConfiguration } from "../src/config/settings.ts";
import type { SourceId } from "../src/model/source.ts";
import { type DatabaseAddress, migrate, openDatabase } from "../src/store/database.ts";
import { createSqlStore } from "../src/store/sql-store.ts";
import { startPostgres } from "../tests/support/postgres.ts";
import { createWorkplace, type Service } from "../tests/support/service.ts";
import { fill, sourceIds } from "./store-rows.ts";

const LIMITS: Readonly<Record<string, number>> = {
  overviewMs: 100,
  apiOverviewMs: 100,
  reloadMs: 1_000,
  missed: 0,
  doubled: 0,
};
const TOKEN = "bench";
const MAIN = join(import.meta.dirname, "../src/main.ts");
const REPEATS = 15;

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "100000" },
    database: { type: "string", default: "both" },
    "reload-sources": { type: "string", default: "1000" },
    json: { type: "boolean", default: false },
  },
});

async function medianMs(times: number, work: () => Promise<unknown>): Promise<number> {
  const spent: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const startedAt = performance.now();
    await work();
    spent.push(performance.now() - startedAt);
  }
  return spent.toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? 0;
}

type Figures = Readonly<Record<string, number>>;

// --- at a glance

async function measureGlance(kind: DatabaseAddress["kind"], rows: number): Promise<Figures> {
  await using stack = new AsyncDisposableStack();
  const databaseUrl = kind === "postgres" ? await stack.use(await startPostgres()).createDatabase() : undefined;
  const env = {
    STORYWIRE_TOKEN: TOKEN,
    ...(databaseUrl === undefined ? {} : { STORYWIRE_DATABASE_URL: databaseUrl }),
  };
  const workplace = stack.use(
    createWorkplace(
      {
        "config/sources/all.yaml": sourceIds
          .map((id) => `- { id: ${id}, url: "https://${id}.example/feed" }`)
          .join("\n"),
        "feeds/all.yaml": "title: All",
        "data/.keep": "",
      },
      env,
    ),
  );
  const address: DatabaseAddress =
    databaseUrl === undefined
      ? { kind: "sqlite", path: join(workplace.folder, "data/storywire.db") }
      : { kind: "postgres", url: databaseUrl };
  const database = openDatabase(address);
  await migrate(database);
  const store = stack.use(createSqlStore(database));
  await fill(store, rows);
  await database.run(kind === "sqlite" ? "pragma optimize" : "vacuum analyze");

  const startedAt = performance.now();
  let after: SourceId | null = null;
  do {
    const step = await store.prune({ stories: {}, revisions: {}, polls: {} }, { now: Date.now(), after });
    after = step.next;
  } while (after !== null);
  const measureSourceMs = (performance.now() - startedAt) / sourceIds.length;

  const configuration = await loadConfiguration({
    configDir: join(workplace.folder, "config"),
    feedsDir: join(workplace.folder, "feeds"),
    env,
    cwd: workplace.folder,
  });
  const overviewMs = await medianMs(REPEATS, () => readOverview(configuration, store));
  const statusCommandMs = await medianMs(5, () => runStatus(workplace.folder, env));
  const service = await workplace.serve(["--role", "web"]);
  try {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const ask = async (path: string) => {
      const response = await service.get(`/api/v1${path}`, headers);
      await response.text();
      if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
    };
    const apiOverviewMs = await medianMs(REPEATS, () => ask("/overview"));
    const apiSourcesMs = await medianMs(REPEATS, () => ask("/sources"));
    return { overviewMs, apiOverviewMs, apiSourcesMs, statusCommandMs, measureSourceMs };
  } finally {
    await service.end("SIGTERM");
  }
}

function runStatus(cwd: string, env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [MAIN, "status"], { cwd, env: { ...process.env, ...env } }, (error, stdout) =>
      stdout === "" ? reject(error ?? new Error("no answer")) : resolve(),
    );
  });
}

// --- reload

const EVERY_MS = 30_000;
const ROUNDS = 3;

async function measureReload(sources: number): Promise<Figures> {
  /** Moments of the requests for each source. */
  const asked = Array.from({ length: sources }, (): number[] => []);
  const origin = createServer((request, response) => {
    const number = Number(request.url?.slice(1));
    asked[number]?.push(performance.now());
    if (request.headers["if-none-match"] !== undefined) return void response.writeHead(304).end();
    const item = `<item><title>Story of ${number}</title><link>https://origin.example/${number}</link></item>`;
    response.writeHead(200, { "content-type": "application/rss+xml", etag: `"${number}"` });
    response.end(`<rss version="2.0"><channel><title>Feed ${number}</title>${item}</channel></rss>`);
  });
  await new Promise<void>((resolve) => void origin.listen(0, "127.0.0.1", resolve));
  const bound = origin.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const filesOf = (round: number) =>
    Array.from(
      { length: sources },
      (_, number) =>
        `- { id: s${number}, url: "http://127.0.0.1:${port}/${number}", every: ${EVERY_MS}ms, title: "Source ${number} in round ${round}" }`,
    ).join("\n");
  const workplace = createWorkplace(
    {
      "config/storywire.yaml": "polling: { minimum: 1s, perHost: { inFlight: 64, perSecond: 10000 } }\nlog: warn",
      "config/sources/all.yaml": filesOf(0),
      "feeds/all.yaml": "title: All",
    },
    { STORYWIRE_TOKEN: TOKEN, STORYWIRE_LOG: "info" },
  );
  const service = await workplace.serve();
  try {
    await service.ready();
    await service.until(async () => asked.every((moments) => moments.length > 0));
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    const spent: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      workplace.write({ "config/sources/all.yaml": filesOf(round) });
      const startedAt = performance.now();
      await service.until(async () => (await titleServed(service)) === `Source 7 in round ${round}`);
      spent.push(performance.now() - startedAt);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS / 3));
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    return { reloadMs: Math.max(...spent), ...visits(asked), visitsOfEach: average(asked.map(({ length }) => length)) };
  } finally {
    await service.end("SIGTERM");
    workplace[Symbol.dispose]();
    origin.close();
  }
}

/** What a source is called by the configuration that runs. */
async function titleServed(service: Service): Promise<string> {
  const response = await service.get("/sources/s7.json");
  const told: unknown = await response.json();
  return typeof told === "object" && told !== null && "title" in told ? String(told.title) : "";
}

/** A visit twice in its rhythm less a fifth (which is jitter) is made twice; none in two rhythms is missed. */
function visits(asked: readonly (readonly number[])[]): Figures {
  const gaps = asked.flatMap((moments) => moments.slice(1).map((at, index) => at - (moments[index] ?? at)));
  return {
    doubled: gaps.filter((gap) => gap < EVERY_MS * 0.8).length,
    missed: gaps.filter((gap) => gap > EVERY_MS * 2).length,
    longestGapMs: Math.max(...gaps),
    shortestGapMs: Math.min(...gaps),
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// --- what it told

let missed = false;

function tell(what: string, figures: Figures): void {
  if (options.json) process.stdout.write(`${JSON.stringify({ what, ...figures })}\n`);
  else process.stdout.write(`${what}\n`);
  for (const [name, value] of Object.entries(figures)) {
    const limit = LIMITS[name];
    missed ||= limit !== undefined && value > limit;
    const judged = limit === undefined ? "" : `  limit ${limit}${value > limit ? "  MISSED" : ""}`;
    if (!options.json) process.stdout.write(`  ${name.padEnd(18)} ${value.toFixed(2).padStart(9)}${judged}\n`);
  }
}

const rows = Number(options.rows);
for (const kind of ["sqlite", "postgres"] as const)
  if (rows > 0 && (options.database === "both" || options.database === kind))
    tell(`${kind}, ${rows} stories in ${sourceIds.length} sources`, await measureGlance(kind, rows));
const reloaded = Number(options["reload-sources"]);
if (reloaded > 0) tell(`reload of ${reloaded} sources`, await measureReload(reloaded));
process.exitCode = missed ? 1 : 0;
