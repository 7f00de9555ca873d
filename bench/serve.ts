/**
 * `npm run bench:serve`: what a poll of a document costs, against plain node:http with a ready Buffer and, where it is
 * installed, nginx with gzip_static, in turns within one run. 64 keep-alive connections, 50 entries of ~150 kB. The
 * load comes from wrk where it is installed, else from autocannon. Exits with 1 where a floor is missed by more than
 * the noise of a shared machine.
 *
 *   node bench/serve.ts [--seconds 1] [--rounds 8] [--connections 64]
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http, { type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { constants, gzipSync } from "node:zlib";
import type { FormatName } from "../src/model/feed.ts";
import { createServer } from "../src/serve/server.ts";
import { addFeed, createFakeWire, slugOf, snapshotOf } from "../tests/support/fake-wire.ts";
import { ask } from "../tests/support/http-client.ts";

const run = promisify(execFile);

const { values: settings } = parseArgs({
  options: {
    seconds: { type: "string", default: "1" },
    rounds: { type: "string", default: "8" },
    connections: { type: "string", default: "64" },
    /** What a child process is to be, and the port it shares with another. */
    role: { type: "string" },
    port: { type: "string", default: "0" },
  },
});

const FEEDS_MANY = 10_000;
/** Of those, as many are asked for in turn. */
const FEEDS_ASKED = 100;
/** A floor counts as missed below this share of it: other work on the machine moves single runs by a tenth. */
const NOISE = 0.85;

// ---- the document ----

const SYLLABLES = "ba ce do fi gu ha je ko li mu na pe ro si tu va we yo zi an er in on us the of and to".split(" ");

/** Text that is the same in every run, and about as compressible as prose. */
function prose(seed: number, words: number): string {
  let state = seed + 1;
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 8) % below;
  };
  const word = () => Array.from({ length: 1 + next(3) }, () => SYLLABLES[next(SYLLABLES.length)]).join("");
  return Array.from({ length: words }, word).join(" ");
}

function documentOf(entries: number): string {
  const items = Array.from({ length: entries }, (_, index) => {
    const paragraphs = Array.from({ length: 6 }, (_, part) => `<p>${prose(index * 31 + part, 92)}</p>`).join("\n");
    return `<item><title>${prose(index, 8)}</title><link>https://harbour.example/${index}</link><guid isPermaLink="false">urn:storywire:${index}</guid><pubDate>Mon, 09 Mar 2026 08:30:00 GMT</pubDate><content:encoded><![CDATA[${paragraphs}]]></content:encoded></item>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Bench</title><link>https://harbour.example/</link><description>Bench</description>${items.join("\n")}</channel></rss>\n`;
}

const DOCUMENT = documentOf(50);
const GZIP = gzipSync(DOCUMENT, { level: constants.Z_BEST_COMPRESSION });

// ---- the servers, each in a process of its own ----

/** The floor: what node:http costs when everything is ready and nothing is asked. */
function createRawServer(): RequestListener {
  const identity = Buffer.from(DOCUMENT);
  const shared = [
    "Cache-Control",
    "public, max-age=300",
    "Vary",
    "Accept-Encoding",
    "Last-Modified",
    "Mon, 09 Mar 2026 08:30:00 GMT",
  ];
  const type = ["Content-Type", "application/rss+xml; charset=utf-8"];
  const variants = [
    { etag: '"raw"', body: identity, headers: [...type, "Content-Length", String(identity.length)] },
    {
      etag: '"raw.gz"',
      body: GZIP,
      headers: [...type, "Content-Length", String(GZIP.length), "Content-Encoding", "gzip"],
    },
  ].map(({ etag, body, headers }) => ({
    etag,
    body,
    found: [...headers, "ETag", etag, ...shared],
    notModified: ["ETag", etag, ...shared],
  }));
  return (request, response) => {
    const variant = variants[request.headers["accept-encoding"]?.includes("gzip") ? 1 : 0];
    if (variant === undefined) return;
    if (request.headers["if-none-match"] === variant.etag) response.writeHead(304, variant.notModified).end();
    else response.writeHead(200, variant.found).end(variant.body);
  };
}

async function serveRaw(): Promise<number> {
  const server = http.createServer({ keepAliveTimeout: 65_000 }, createRawServer());
  await once(server.listen(0, "127.0.0.1"), "listening");
  // A listening TCP server has an AddressInfo.
  return (server.address() as AddressInfo).port;
}

async function serveStorywire(feeds: number, reusePort = false): Promise<number> {
  const wire = createFakeWire();
  const format: FormatName = "rss";
  const snapshot = { ...snapshotOf("feed-0", format, DOCUMENT), gzip: GZIP };
  addFeed(wire, "feed-0");
  for (let index = 0; index < feeds; index += 1) {
    const slug = slugOf(`feed-${index}`);
    wire.ready.set(`${slug}.${format}`, { ...snapshot, slug, tag: "bench" });
  }
  const address = { host: "127.0.0.1", port: Number(settings.port), reusePort };
  return (await createServer(wire, { log: console }).listen(address)).port;
}

const ROLES: Readonly<Record<string, () => Promise<number>>> = {
  raw: serveRaw,
  one: () => serveStorywire(1),
  many: () => serveStorywire(FEEDS_MANY),
  // As app/web-pool.ts starts them: a socket for each on the one port.
  shared: () => serveStorywire(1, true),
};

interface Target {
  readonly name: string;
  readonly origin: string;
  /** `%d` counts through the feeds. */
  readonly pattern: string;
  readonly feeds: number;
  /** Processes whose CPU time counts. */
  readonly pids: readonly number[];
  readonly processes: readonly ChildProcess[];
}

async function startChild(role: string, sharedPort = 0) {
  const args = [fileURLToPath(import.meta.url), "--role", role, "--port", String(sharedPort)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  return { child, port: Number(line) };
}

async function startRole(name: string, role: string, feeds: number, pattern: string): Promise<Target> {
  const { child, port } = await startChild(role);
  return { name, origin: `http://127.0.0.1:${port}`, pattern, feeds, pids: [child.pid ?? 0], processes: [child] };
}

async function startTwo(pattern: string): Promise<Target> {
  const first = await startChild("shared");
  const second = await startChild("shared", first.port);
  const processes = [first.child, second.child];
  const pids = processes.map(({ pid }) => pid ?? 0);
  return { name: TWO_NAME, origin: `http://127.0.0.1:${first.port}`, pattern, feeds: 1, pids, processes };
}

const NGINX = "/usr/sbin/nginx";
const hasNginx = existsSync(NGINX);
const WRK = "/usr/bin/wrk";
const hasWrk = existsSync(WRK);

async function freePort(): Promise<number> {
  const server = http.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function startNginx(folder: string): Promise<Target> {
  const port = await freePort();
  writeFileSync(path.join(folder, "feed.rss"), DOCUMENT);
  writeFileSync(path.join(folder, "feed.rss.gz"), GZIP);
  writeFileSync(
    path.join(folder, "nginx.conf"),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr warn; ${process.getuid?.() === 0 ? "user root;" : ""}
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=10;
  types { application/rss+xml rss; }
  server { listen 127.0.0.1:${port}; root ${folder}; gzip_static on; gzip_vary on; add_header Cache-Control "public, max-age=300"; } }`,
  );
  const child = spawn(NGINX, ["-p", folder, "-c", `${folder}/nginx.conf`], { stdio: "inherit" });
  const origin = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 50; attempt += 1) {
    if (
      await ask(origin, "/feed.rss").then(
        () => true,
        () => false,
      )
    )
      break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const workers = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ").map(Number);
  return { name: NGINX_NAME, origin, pattern: "/feed.rss", feeds: 1, pids: workers, processes: [child] };
}

// ---- load ----

interface Case {
  readonly name: string;
  readonly status: number;
  readonly headers: (first: IncomingHttpHeaders) => Record<string, string>;
}

const GZIP_CLIENT = { "Accept-Encoding": "gzip" };
const CASES: readonly Case[] = [
  { name: "304", status: 304, headers: ({ etag }) => ({ ...GZIP_CLIENT, "If-None-Match": etag ?? "" }) },
  { name: "200 gzip", status: 200, headers: () => GZIP_CLIENT },
  { name: "200 identity", status: 200, headers: () => ({}) },
];

interface Sample {
  readonly round: number;
  readonly target: string;
  readonly kase: string;
  readonly perSecond: number;
  /** CPU time of the server by request, microseconds. */
  readonly cpuMicros: number;
  /** The same, had each of its processes a processor for itself: of the one with the most to do. */
  readonly cpuAloneMicros: number;
}

const TICKS_PER_SECOND = 100;

/** CPU time of a process so far, in microseconds; NaN where there is no /proc. */
function cpuMicrosOf(pid: number): number {
  try {
    const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
    const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number);
    return ((user + system) * 1e6) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}

const WRK_SCRIPT = `
local requests, at = {}, 0
function init(args)
  for name, value in string.gmatch(os.getenv("BENCH_HEADERS"), "([^\\t]+)\\t([^\\n]*)\\n") do wrk.headers[name] = value end
  for i = 0, tonumber(os.getenv("BENCH_FEEDS")) - 1 do
    requests[i] = wrk.format("GET", (string.gsub(os.getenv("BENCH_PATTERN"), "%%d", tostring(i))))
  end
end
function request() at = (at + 7919) % (#requests + 1); return requests[at] end
function done(summary) io.write(string.format("RESULT %d %d %d\\n", summary.requests, summary.duration,
  summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout)) end
`;

/** Requests that were answered and the seconds it took. */
async function loadByWrk(target: Target, headers: Record<string, string>, script: string): Promise<[number, number]> {
  const { stdout } = await run(
    WRK,
    ["-t1", `-c${settings.connections}`, `-d${settings.seconds}s`, "-s", script, target.origin],
    {
      env: {
        ...process.env,
        BENCH_PATTERN: target.pattern,
        BENCH_FEEDS: String(target.feeds),
        BENCH_HEADERS: Object.entries(headers)
          .map(([name, value]) => `${name}\t${value}\n`)
          .join(""),
      },
    },
  );
  const [, requests = 0, micros = 1, errors = 0] = (/RESULT (\d+) (\d+) (\d+)/.exec(stdout) ?? []).map(Number);
  if (requests === 0 || errors > 0) throw new Error(`wrk on ${target.name}: ${stdout}`);
  return [requests, micros / 1e6];
}

async function loadByAutocannon(target: Target, headers: Record<string, string>): Promise<[number, number]> {
  const lines = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}=${value}`]);
  const { stdout } = await run(process.execPath, [
    fileURLToPath(import.meta.resolve("autocannon")),
    ...["-j", "-c", settings.connections, "-d", settings.seconds, ...lines],
    target.origin + target.pattern.replace("%d", "0"),
  ]);
  const result: { requests: { total: number }; duration: number; errors: number } = JSON.parse(stdout);
  if (result.errors > 0) throw new Error(`autocannon counted ${result.errors} errors on ${target.name}`);
  return [result.requests.total, result.duration];
}

async function measure(round: number, target: Target, kase: Case, script: string): Promise<Sample> {
  const address = target.pattern.replace("%d", "0");
  const first = await ask(target.origin, address, { headers: GZIP_CLIENT });
  const headers = kase.headers(first.headers);
  const { status } = await ask(target.origin, address, { headers });
  if (status !== kase.status) throw new Error(`${target.name} answers ${status} where ${kase.name} is measured`);
  const before = target.pids.map(cpuMicrosOf);
  const [requests, seconds] = await (hasWrk ? loadByWrk(target, headers, script) : loadByAutocannon(target, headers));
  const spent = target.pids.map((pid, index) => cpuMicrosOf(pid) - (before[index] ?? 0));
  const cpuMicros = spent.reduce((sum, one) => sum + one, 0) / requests;
  const cpuAloneMicros = Math.max(...spent) / requests;
  return { round, target: target.name, kase: kase.name, perSecond: requests / seconds, cpuMicros, cpuAloneMicros };
}

// ---- the report ----

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

interface Floor {
  readonly target: string;
  readonly base: string;
  readonly kase: string;
  /** Wanted share of the base's requests per second; the CPU time of a request may be the inverse. */
  readonly wanted: number;
}

const NGINX_NAME = "nginx gzip_static";
const TWO_NAME = "storywire, 2 processes";
const MANY_NAME = `storywire, ${FEEDS_MANY} feeds`;

const FLOORS: readonly Floor[] = [
  { target: "storywire", base: "raw", kase: "304", wanted: 0.9 },
  { target: "storywire", base: "raw", kase: "200 gzip", wanted: 0.9 },
  { target: "storywire", base: "raw", kase: "200 identity", wanted: 0.85 },
  { target: MANY_NAME, base: "storywire", kase: "304", wanted: 0.95 },
  { target: MANY_NAME, base: "storywire", kase: "200 gzip", wanted: 0.95 },
  { target: TWO_NAME, base: "storywire", kase: "304", wanted: 1.6 },
  { target: TWO_NAME, base: "storywire", kase: "200 gzip", wanted: 1.6 },
  { target: "storywire", base: NGINX_NAME, kase: "304", wanted: 0.45 },
  { target: "storywire", base: NGINX_NAME, kase: "200 gzip", wanted: 0.45 },
];

function report(samples: readonly Sample[]): boolean {
  const find = (target: string, kase: string) =>
    samples.filter((sample) => sample.target === target && sample.kase === kase);
  const of = (target: string, kase: string, field: "perSecond" | "cpuMicros") =>
    median(find(target, kase).map((sample) => sample[field]));
  /** The median over the rounds of what both did in the same round: other work on the machine hits both alike. */
  const ratio = (target: string, kase: string, base: string, field: "perSecond" | "cpuAloneMicros" = "perSecond") => {
    const bases = find(base, kase);
    return median(find(target, kase).map((sample) => sample[field] / (bases[sample.round]?.[field] ?? Number.NaN)));
  };
  const targets = [...new Set(samples.map(({ target }) => target))];
  for (const { name: kase } of CASES) {
    console.log(`\n${kase.padEnd(26)}${"req/s".padStart(10)}${"to raw".padStart(9)}${"CPU us".padStart(9)}`);
    for (const target of targets) {
      const cells = [
        of(target, kase, "perSecond").toFixed(0).padStart(10),
        ratio(target, kase, "raw").toFixed(2).padStart(9),
      ];
      console.log(`${target.padEnd(26)}${cells.join("")}${of(target, kase, "cpuMicros").toFixed(1).padStart(9)}`);
    }
  }
  console.log("\nfloors: share of requests per second, and of what the CPU time of a request allows");
  const missed = FLOORS.filter(({ base }) => targets.includes(base)).filter((floor) => {
    const { target, base, kase, wanted } = floor;
    const rate = ratio(target, kase, base);
    const byCpu = 1 / ratio(target, kase, base, "cpuAloneMicros");
    // Two witnesses: when the machine is busy, requests per second tell more of its other work than of ours.
    const isMissed = Math.max(rate, Number.isNaN(byCpu) ? 0 : byCpu) < wanted * NOISE;
    const figures = `${rate.toFixed(2)}  ${byCpu.toFixed(2)}  wanted ${wanted}  ${isMissed ? "MISSED" : "ok"}`;
    console.log(`${kase.padEnd(14)}${`${target} to ${base}`.padEnd(42)}${figures}`);
    return isMissed;
  });
  return missed.length === 0;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "storywire-bench-"));
  const script = path.join(folder, "wrk.lua");
  writeFileSync(script, WRK_SCRIPT);
  const targets: Target[] = [];
  try {
    targets.push(await startRole("raw", "raw", 1, "/feed.rss"));
    targets.push(await startRole("storywire", "one", 1, "/feeds/feed-%d.rss"));
    targets.push(await startRole(MANY_NAME, "many", FEEDS_ASKED, "/feeds/feed-%d.rss"));
    targets.push(await startTwo("/feeds/feed-%d.rss"));
    if (hasNginx) targets.push(await startNginx(folder));
    console.log(
      `${settings.connections} connections, ${settings.rounds} rounds of ${settings.seconds} s by ${hasWrk ? "wrk" : "autocannon"}; document ${DOCUMENT.length} bytes, gzip ${GZIP.length}${hasNginx ? "" : "; nginx is not installed"}`,
    );
    const samples: Sample[] = [];
    for (let round = 0; round < Number(settings.rounds); round += 1) {
      // Each takes each turn: who follows whom makes a difference on a busy machine.
      const turn = round % targets.length;
      const order = [...targets.slice(turn), ...targets.slice(0, turn)];
      for (const kase of CASES) {
        for (const target of order) samples.push(await measure(round, target, kase, script));
      }
    }
    process.exitCode = report(samples) ? 0 : 1;
  } finally {
    for (const child of targets.flatMap(({ processes }) => processes)) {
      child.kill();
      await once(child, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

const role = settings.role === undefined ? undefined : ROLES[settings.role];
if (role === undefined) await main();
else console.log(await role());
