/**
 * npm run bench:plan [-- --sources 1000 --items 50]
 *
 * How long `storywire plan` takes where every source is read differently (another time zone, and the address as identity),
 * over the documents that one visit kept: wall time, CPU of the whole tree (user and system), and what the documents take.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startFeedOrigin } from "./feed-origin.ts";

const { values: options } = parseArgs({
  options: { sources: { type: "string", default: "1000" }, items: { type: "string", default: "50" } },
});
const SOURCES = Number(options.sources);
const FEEDS = 20;
const MAIN = join(import.meta.dirname, "../src/main.ts");

interface Run {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly output: string;
}

function run(args: readonly string[], cwd: string): Promise<Run> {
  const startedAt = performance.now();
  const env = { ...process.env, STORYWIRE_ALLOW_ADDRESSES: "127.0.0.0/8", STORYWIRE_LOG: "silent" };
  const script = '"$@"; code=$?; times; exit $code';
  return new Promise((resolve, reject) => {
    execFile(
      "bash",
      ["-c", script, "bench", process.execPath, MAIN, ...args],
      { cwd, env, maxBuffer: 512 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error !== null) return reject(new Error(stderr, { cause: error }));
        const lines = stdout.trimEnd().split("\n");
        const [user = 0, system = 0] = (lines.at(-1) ?? "").split(" ").map(toSeconds);
        const wallSeconds = (performance.now() - startedAt) / 1000;
        resolve({ cpuSeconds: user + system, wallSeconds, output: lines.slice(0, -2).join("\n") });
      },
    );
  });
}

function toSeconds(text: string): number {
  const [, minutes = "0", seconds = "0"] = /(\d+)m([\d.]+)s/.exec(text) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

function sourcesText(urls: readonly string[], more: string): string {
  return urls
    .map((url, index) => `- { id: s${index}, url: "${url}", every: 1h, tags: [t${index % FEEDS}]${more} }`)
    .join("\n");
}

using origin = await startFeedOrigin({ feeds: SOURCES, items: Number(options.items), latencyMs: 0, addresses: 200 });
const folder = mkdtempSync(join(tmpdir(), "storywire-bench-"));
try {
  mkdirSync(join(folder, "config/sources"), { recursive: true });
  mkdirSync(join(folder, "feeds"));
  writeFileSync(
    join(folder, "config/storywire.yaml"),
    "polling: { minimum: 1s, perHost: { inFlight: 32, perSecond: 1000 } }\n",
  );
  const sources = join(folder, "config/sources/all.yaml");
  writeFileSync(sources, sourcesText(origin.urls, ""));
  for (let feed = 0; feed < FEEDS; feed += 1)
    writeFileSync(join(folder, `feeds/feed-${feed}.yaml`), `title: Feed ${feed}\nselect: { tags: [t${feed}] }\n`);
  const visited = await run(["poll", "--all", "--json"], folder);
  const database = statSync(join(folder, "data/storywire.db")).size / 1024 / 1024;
  process.stdout.write(
    `${SOURCES} sources of ${options.items} items visited: ${visited.cpuSeconds.toFixed(1)} s CPU, database ${database.toFixed(0)} MiB\n`,
  );
  for (const [name, more] of [
    ["time zone", ", timeZone: Asia/Tokyo"],
    ["identity", ", identity: url"],
  ] as const) {
    writeFileSync(sources, sourcesText(origin.urls, more));
    const { cpuSeconds, wallSeconds, output } = await run(["plan", "--json"], folder);
    const plan = JSON.parse(output) as { sources: { replay: string; seen?: number }[]; surprises: unknown[] };
    const replayed = plan.sources.filter(({ replay }) => replay === "replayed").length;
    process.stdout.write(
      `plan of another ${name.padEnd(9)} ${replayed} replayed, ${plan.surprises.length} surprises: ${wallSeconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s CPU, ${((cpuSeconds / SOURCES) * 1000).toFixed(1)} ms CPU a source\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
