/**
 * `npm run bench:answers`: what a reader waits for a 304 while the same service visits 1,000 new sources, against the
 * same when it rests. Once with 64 connections that ask as fast as they are answered (wrk, else autocannon) and once
 * with 200 requests a second, which leaves the processors time. Also the longest stalls of the serving thread, by
 * /metrics. Exits with 1 where a 99th percentile more than doubles, or a stall lasts over 50 ms.
 *
 *     node bench/answers.ts [--sources 1000] [--seconds 4]
 */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { Agent, get } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { createWorkplace, type Service } from "../tests/support/service.ts";
import { startFeedOrigin } from "./feed-origin.ts";

const { values: options } = parseArgs({
  options: {
    sources: { type: "string", default: "1000" },
    seconds: { type: "string", default: "4" },
    /** What a child process is to be. */
    role: { type: "string" },
  },
});
const SOURCES = Number(options.sources);
const SECONDS = Number(options.seconds);
const STALL_MS = 50;
const PACE_MS = 5;
const WRK = "/usr/bin/wrk";
const run = promisify(execFile);

/** Origins of the world outside, in a process of their own. */
async function serveOrigin(): Promise<void> {
  const origin = await startFeedOrigin({ feeds: SOURCES + 1, items: 50, latencyMs: 50, addresses: 200 });
  process.send?.(origin.urls);
}

async function startOrigin(): Promise<{ readonly urls: readonly string[]; readonly [Symbol.dispose]: () => void }> {
  const child = fork(fileURLToPath(import.meta.url), ["--role", "origin", "--sources", String(SOURCES)]);
  const [urls] = await once(child, "message");
  return { urls, [Symbol.dispose]: () => child.kill() };
}

interface Waits {
  /** 304s a second. */
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p99: number;
}

type Load = (address: string, etag: string) => Promise<Waits>;

const MS: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3 };

async function saturateByWrk(address: string, etag: string): Promise<Waits> {
  const headers = ["-H", `If-None-Match: ${etag}`, "-H", "Accept-Encoding: gzip"];
  const { stdout } = await run(WRK, ["-t1", "-c64", `-d${SECONDS}s`, "--latency", ...headers, address]);
  const [, p99 = "", unit = ""] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  const [, perSecond = ""] = /Requests\/sec:\s+([\d.]+)/.exec(stdout) ?? [];
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
  return { perSecond: Number(perSecond), p99: Number(p99) * (MS[unit] ?? Number.NaN) };
}

async function saturateByAutocannon(address: string, etag: string): Promise<Waits> {
  const headers = ["-H", `If-None-Match=${etag}`, "-H", "Accept-Encoding=gzip"];
  const { stdout } = await run(process.execPath, [
    fileURLToPath(import.meta.resolve("autocannon")),
    ...["-j", "-c", "64", "-d", options.seconds, ...headers, address],
  ]);
  const result: { requests: { average: number }; latency: { p99: number } } = JSON.parse(stdout);
  return { perSecond: result.requests.average, p99: result.latency.p99 };
}

/** A request every 5 ms, whether or not the one before was answered. */
async function pace(address: string, etag: string): Promise<Waits> {
  const agent = new Agent({ keepAlive: true });
  const waits: Promise<number>[] = [];
  const ask = () =>
    new Promise<number>((resolve, reject) => {
      const askedAt = performance.now();
      get(address, { agent, headers: { "if-none-match": etag, "accept-encoding": "gzip" } }, (response) => {
        response.resume().once("end", () => resolve(performance.now() - askedAt));
        if (response.statusCode !== 304) reject(new Error(`${address} answers ${response.statusCode}`));
      }).once("error", reject);
    });
  const timer = setInterval(() => waits.push(ask()), PACE_MS);
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
  clearInterval(timer);
  const sorted = (await Promise.all(waits)).sort((a, b) => a - b);
  agent.destroy();
  return { perSecond: sorted.length / SECONDS, p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN };
}

const LOADS: Readonly<Record<string, Load>> = {
  "64 connections": existsSync(WRK) ? saturateByWrk : saturateByAutocannon,
  "200 a second": pace,
};

/** The longest stall since the last look, in milliseconds. */
async function stallMs(service: Service): Promise<number> {
  const text = await (await service.get("/metrics")).text();
  return Number(/^storywire_stall_max_seconds (\S+)/m.exec(text)?.[1]) * 1_000;
}

async function sourcesVisited(service: Service): Promise<number> {
  const text = await (await service.get("/metrics")).text();
  return [...text.matchAll(/^storywire_polls_total\{[^}]*\} (\d+)/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}

async function main(): Promise<void> {
  using origin = await startOrigin();
  const [first = "", ...others] = origin.urls;
  using place = createWorkplace({
    "config/storywire.yaml": "polling: { minimum: 1s, inFlight: 64, perHost: { inFlight: 32, perSecond: 1000 } }\n",
    "config/sources/first.yaml": `- { id: first, url: "${first}", every: 1d }\n`,
    "feeds/first.yaml": "title: First\nselect: { sources: [first] }\n",
  });
  let isKept = true;
  for (const [name, load] of Object.entries(LOADS)) {
    const service = await place.serve();
    await service.ready();
    const address = `${service.origin}/feeds/first.rss`;
    const { headers } = await service.get("/feeds/first.rss", { "accept-encoding": "gzip" });
    const etag = headers.get("etag") ?? "";
    await load(address, etag);
    await stallMs(service);
    const idle = await load(address, etag);
    const idleStall = await stallMs(service);
    const before = await sourcesVisited(service);
    const group = name.replaceAll(/\W/g, "-");
    place.write({
      "config/sources/others.yaml": others
        .map((url, index) => `- { id: ${group}-${index}, url: "${url}", every: 1d }`)
        .join("\n"),
    });
    await service.until(async () => (await sourcesVisited(service)) > before);
    await stallMs(service);
    const busy = await load(address, etag);
    const busyStall = await stallMs(service);
    const visited = (await sourcesVisited(service)) - before;
    console.log(
      [
        `${name.padEnd(16)} at rest ${idle.perSecond.toFixed(0)}/s p99 ${idle.p99.toFixed(2)} ms, stall ${idleStall.toFixed(0)} ms`,
        `visiting ${busy.perSecond.toFixed(0)}/s p99 ${busy.p99.toFixed(2)} ms, stall ${busyStall.toFixed(0)} ms`,
        `${(busy.p99 / idle.p99).toFixed(1)}x while ${visited} of ${SOURCES} sources were read`,
      ].join(" | "),
    );
    isKept &&= busy.p99 <= 2 * idle.p99 && busyStall <= STALL_MS;
    await service.end("SIGTERM");
  }
  process.exitCode = isKept ? 0 : 1;
}

await (options.role === "origin" ? serveOrigin() : main());
