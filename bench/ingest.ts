/**
 * npm run bench:ingest [-- --sources 1000 --items 50 --latency 50 --addresses 200]
 *
 * CPU (user and system, all processes of the tree) that `storywire poll --all` takes per feed, in three rounds against an
 * origin on many loopback addresses: all new, all unchanged (304), a tenth with three new items. The floor in the same run
 * is node:http with gunzip.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  readonly peak: TreeMemory;
  readonly output: string;
}

/** Resident memory of all processes of a tree in MiB: what they share counted for each of them, and once. */
interface TreeMemory {
  readonly rssMib: number;
  readonly pssMib: number;
}

/** Runs a program and answers what its whole tree took; the peak is sampled. */
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
          peak,
          output: lines.slice(0, -2).join("\n"),
        });
      },
    );
    let peak: TreeMemory = { rssMib: 0, pssMib: 0 };
    const watch = setInterval(() => {
      const { rssMib, pssMib } = memoryOf(child.pid ?? 0);
      peak = { rssMib: Math.max(peak.rssMib, rssMib), pssMib: Math.max(peak.pssMib, pssMib) };
    }, 250);
  });
}

function toMs(text: string): number {
  const [, minutes = "0", seconds = "0"] = /(\d+)m([\d.]+)s/.exec(text) ?? [];
  return Number(minutes) * 60_000 + Number(seconds) * 1000;
}

function memoryOf(root: number): TreeMemory {
  const pids = treeOf(root);
  return { rssMib: sumOf(pids, /^Rss:\s+(\d+)/m) / 1024, pssMib: sumOf(pids, /^Pss:\s+(\d+)/m) / 1024 };
}

function sumOf(pids: ReadonlySet<number>, field: RegExp): number {
  return [...pids].reduce((sum, pid) => sum + Number(field.exec(procText(pid, "smaps_rollup"))?.[1] ?? 0), 0);
}

/** The process and all that descend from it. */
function treeOf(root: number): ReadonlySet<number> {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const parents = pids.map(
    (pid) => [Number(pid), Number(/.*\) \S (\d+)/.exec(procText(Number(pid), "stat"))?.[1])] as const,
  );
  const inside = new Set([root]);
  for (let size = 0; size < inside.size; ) {
    size = inside.size;
    for (const [pid, parent] of parents) if (inside.has(parent)) inside.add(pid);
  }
  return inside;
}

/** Empty where the process ended meanwhile. */
function procText(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return "";
  }
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
    process.stdout.write(
      "round   who        CPU ms/feed   feeds/s   peak RSS   peak PSS (MiB)   requests   kB out/feed\n",
    );
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

function print(name: string, who: string, { cpuMs, wallMs, peak, requests, bytes, output }: Counted): void {
  const cells = [
    name.padEnd(7),
    who.padEnd(9),
    (cpuMs / SOURCES).toFixed(2).padStart(12),
    ((SOURCES / wallMs) * 1000).toFixed(0).padStart(9),
    peak.rssMib.toFixed(0).padStart(10),
    peak.pssMib.toFixed(0).padStart(16),
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
