/**
 * npm run bench:ingest [-- --sources 1000 --items 50 --latency 50 --addresses 200]
 *
 * CPU (user and system, all processes of the tree) that `storywire poll --all` takes per feed, in three rounds against an
 * origin on many loopback addresses: all new, all unchanged (304), a tenth with three new items. The floor in the same run
 * is node:http with gunzip.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startFeedOrigin, type Traffic } from "./feed-origin.ts";

const { values: options } = parseArgs({
  options: {
    sources: { type: "string", default: "1000" },
    items: { type: "string", default: "50" },
    latency: { type: "string", default: "50" },
    addresses: { type: "string", default: "200" },
    "in-flight": { type: "string", default: "64" },
  },
});
const SOURCES = Number(options.sources);
const ITEMS = Number(options.items);
const LATENCY_MS = Number(options.latency);
const MAIN = join(import.meta.dirname, "../src/main.ts");

interface Usage {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly peakMib: number;
  readonly output: string;
}

/** Runs a program and answers what its whole tree took; peak is the sum of the resident sizes, sampled. */
function measure(
  file: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Usage> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const script = '"$@"; code=$?; times; exit $code';
    const child = execFile(
      "bash",
      ["-c", script, "bench", file, ...args],
      { cwd, env: { ...process.env, ...env }, maxBuffer: 256 * 1024 * 1024 },
      (error, stdout, stderr) => {
        clearInterval(watch);
        const lines = stdout.trimEnd().split("\n");
        const [user = 0, system = 0] = (lines.at(-1) ?? "").split(" ").map(toMs);
        if (error !== null && typeof error.code !== "number") return reject(error);
        if (stderr !== "") process.stderr.write(stderr.slice(0, 2_000));
        resolve({
          cpuMs: user + system,
          wallMs: performance.now() - startedAt,
          peakMib: peak / 1024,
          output: lines.slice(0, -2).join("\n"),
        });
      },
    );
    let peak = 0;
    const watch = setInterval(() => {
      execFile("ps", ["-e", "-o", "pid=,ppid=,rss="], (_error, stdout) => {
        peak = Math.max(peak, treeKib(stdout, child.pid ?? 0));
      });
    }, 250);
  });
}

function toMs(text: string): number {
  const [, minutes = "0", seconds = "0"] = /(\d+)m([\d.]+)s/.exec(text) ?? [];
  return Number(minutes) * 60_000 + Number(seconds) * 1000;
}

function treeKib(table: string, root: number): number {
  const rows = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const inside = new Set([root]);
  let total = 0;
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid = 0, parent = 0] of rows) {
      if (inside.has(parent) && !inside.has(pid)) {
        inside.add(pid);
        grown = true;
      }
    }
  }
  for (const [pid = 0, , kib = 0] of rows) if (inside.has(pid)) total += kib;
  return total;
}

const FLOOR = `
import http from "node:http"; import { gunzipSync } from "node:zlib"; import { readFileSync } from "node:fs";
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
const urls = readFileSync("urls", "utf8").trim().split("\\n"); let next = 0;
const tags = process.argv[2] === "same" ? JSON.parse(readFileSync("tags", "utf8")) : {};
const get = (url) => new Promise((done, fail) => http.get(url, { agent, headers: { "accept-encoding": "gzip", ...(tags[url] ? { "if-none-match": tags[url] } : {}) } }, (r) => { const parts = []; r.on("data", (d) => parts.push(d)); r.on("end", () => { if (r.statusCode === 200) { gunzipSync(Buffer.concat(parts)); tags[url] = r.headers.etag; } done(); }); }).on("error", fail));
await Promise.all(Array.from({ length: ${Number(options["in-flight"])} }, async () => { while (next < urls.length) await get(urls[next++]); }));
(await import("node:fs")).writeFileSync("tags", JSON.stringify(tags));
`;

async function main(): Promise<void> {
  using origin = await startFeedOrigin({
    feeds: SOURCES,
    items: ITEMS,
    latencyMs: LATENCY_MS,
    addresses: Number(options.addresses),
  });
  const { urls } = origin;
  const folder = mkdtempSync(join(tmpdir(), "storywire-bench-"));
  const counted = async (run: () => Promise<Usage>, round: number): Promise<Counted> => {
    origin.begin(round);
    const usage = await run();
    return { ...usage, ...origin.traffic() };
  };
  try {
    mkdirSync(join(folder, "config/sources"), { recursive: true });
    mkdirSync(join(folder, "feeds"));
    writeFileSync(join(folder, "urls"), urls.join("\n"));
    writeFileSync(join(folder, "floor.mjs"), FLOOR);
    writeFileSync(
      join(folder, "config/storywire.yaml"),
      `polling: { minimum: 1s, inFlight: ${Number(options["in-flight"])}, perHost: { inFlight: 32, perSecond: 1000 } }\n`,
    );
    writeFileSync(
      join(folder, "config/sources/all.yaml"),
      urls.map((url, index) => `- { id: s${index}, url: "${url}", every: 1h }`).join("\n"),
    );
    writeFileSync(join(folder, "feeds/everything.yaml"), "title: Everything\n");
    const env = { STORYWIRE_ALLOW_ADDRESSES: "127.0.0.0/8", STORYWIRE_LOG: "silent" };
    process.stdout.write(
      `${SOURCES} sources of ${ITEMS} items (${Math.round(origin.bodyBytes / 1024)} kB gzip), ${options.addresses} addresses, ${LATENCY_MS} ms latency\n`,
    );
    process.stdout.write("round   who        CPU ms/feed   feeds/s   peak MiB   requests   kB out/feed\n");
    for (const [round, name] of ["cold", "same", "delta"].entries()) {
      if (name !== "delta")
        print(name, "floor", await counted(() => measure(process.execPath, ["floor.mjs", name], folder, env), round));
      print(
        name,
        "storywire",
        await counted(() => measure(process.execPath, [MAIN, "poll", "--all", "--json"], folder, env), round),
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Counted = Usage & Traffic;

function print(name: string, who: string, { cpuMs, wallMs, peakMib, requests, bytes, output }: Counted): void {
  const cells = [
    name.padEnd(7),
    who.padEnd(9),
    (cpuMs / SOURCES).toFixed(2).padStart(12),
    ((SOURCES / wallMs) * 1000).toFixed(0).padStart(9),
    peakMib.toFixed(0).padStart(10),
    String(requests).padStart(10),
    (bytes / 1024 / SOURCES).toFixed(2).padStart(13),
  ];
  const outcomes = who === "storywire" ? countOutcomes(output) : "";
  process.stdout.write(`${cells.join(" ")}  ${outcomes}\n`);
}

function countOutcomes(output: string): string {
  const counts = new Map<string, number>();
  for (const { outcome, code } of (JSON.parse(output) as { polls: { outcome: string; code?: string }[] }).polls) {
    const key = code === undefined ? outcome : `${outcome}:${code}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => `${key} ${count}`).join(", ");
}

await main();
