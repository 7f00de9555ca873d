/**
 * What one change of a feed costs: 50 entries rendered, finished, checked and compressed in all three formats, as CPU
 * time of this process (all its threads). Each round is another edition, so nothing remembered helps.
 *
 *     node bench/render.ts [--json]
 *
 * Exit code 1 where the median is above the limit.
 */
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import { checkDocument } from "../src/render/check.ts";
import { renderDocument } from "../src/render/render.ts";
import { longFeed } from "../tests/support/feed-documents.ts";

const LIMIT_MS = 80;
const ROUNDS = 30;
const WARM_UP_ROUNDS = 10;
const FORMATS = ["rss", "atom", "json"] as const;

type Step = "render" | "check" | "gzip" | "zstd";

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function measure(edition: number): Record<Step, number> & { readonly bytes: number } {
  const document = longFeed(edition);
  const texts: string[] = [];
  const render = cpuMs(() => {
    for (const format of FORMATS) texts.push(renderDocument(document, format).text);
  });
  const check = cpuMs(() => {
    for (const [index, format] of FORMATS.entries()) {
      const broken = checkDocument(texts[index] ?? "", format, { selfUrl: document.selfUrls[format] });
      if (broken.some(({ level }) => level !== "info")) throw new Error(JSON.stringify(broken[0]));
    }
  });
  const bodies = texts.map((text) => Buffer.from(text));
  const gzip = cpuMs(() => bodies.forEach((body) => void gzipSync(body, { level: 6 })));
  const level = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
  const zstd = cpuMs(() => bodies.forEach((body) => void zstdCompressSync(body, level)));
  return { render, check, gzip, zstd, bytes: Math.round(bodies.reduce((sum, { length }) => sum + length, 0) / 3) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

const rounds = Array.from({ length: WARM_UP_ROUNDS + ROUNDS }, (_, edition) => measure(edition));
const sum = (round: Record<Step, number>) => round.render + round.check + round.gzip + round.zstd;
const warm = rounds.slice(WARM_UP_ROUNDS);
const result = {
  bytesPerDocument: rounds[0]?.bytes ?? 0,
  renderMs: median(warm.map(({ render }) => render)),
  checkMs: median(warm.map(({ check }) => check)),
  gzipMs: median(warm.map(({ gzip }) => gzip)),
  zstdMs: median(warm.map(({ zstd }) => zstd)),
  totalMs: median(warm.map(sum)),
  firstRoundMs: rounds[0] === undefined ? 0 : sum(rounds[0]),
  limitMs: LIMIT_MS,
};

if (process.argv.includes("--json")) process.stdout.write(`${JSON.stringify(result)}\n`);
else
  for (const [name, value] of Object.entries(result)) process.stdout.write(`${name.padEnd(18)} ${value.toFixed(1)}\n`);
process.exitCode = result.totalMs <= LIMIT_MS ? 0 : 1;
