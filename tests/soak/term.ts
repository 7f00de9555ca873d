/**
 * Ends the service with SIGTERM at random moments while it takes stories in and answers readers: it has to answer what
 * was asked before, and to exit with code 0 within 15 s.
 *
 *     node tests/soak/term.ts [--rounds 100] [--seed 1]
 */
import { parseArgs } from "node:util";
import { createWorkplace, type Service } from "../support/service.ts";
import { startGrowingOrigin } from "./growing-origin.ts";
import { MOMENT_MS, momentOf, seeded } from "./kill.ts";
import { ReaderLedger } from "./ledger.ts";

const SOURCES = 6;
const READERS = 4;
const EXIT_MS = 15_000;

export interface TermResult {
  readonly rounds: number;
  readonly answered: number;
  readonly slowestExitMs: number;
  readonly broken: readonly string[];
}

export async function soakTerm(options: {
  readonly rounds: number;
  readonly random: () => number;
  readonly onRound?: (round: number, broken: number) => void;
}): Promise<TermResult> {
  await using stack = new AsyncDisposableStack();
  const origin = stack.use(await startGrowingOrigin(SOURCES, { slowMs: 700 }));
  const workplace = stack.use(
    createWorkplace({
      "config/storywire.yaml": "polling: { minimum: 1s, perHost: { inFlight: 10, perSecond: 1000 } }",
      "config/sources/all.yaml": origin.ids
        .map((id) => `- { id: ${id}, url: "${origin.urlOf(id)}", every: 1s }`)
        .join("\n"),
      "feeds/all.yaml": "title: All\nlimit: 10000",
    }),
  );
  const ledger = new ReaderLedger();
  const broken: string[] = [];
  let answered = 0;
  let slowestExitMs = 0;
  for (let round = 1; round <= options.rounds; round += 1) {
    const service = await workplace.serve();
    const readers = startReaders(service, ledger);
    await momentOf(round, { origin, waitMs: options.random() * MOMENT_MS });
    const signalledAt = performance.now();
    readers.stop();
    const code = await service.end("SIGTERM");
    const exitMs = performance.now() - signalledAt;
    const result = await readers.result;
    answered += result.answered;
    slowestExitMs = Math.max(slowestExitMs, exitMs);
    broken.push(...result.failures.map((failure) => `round ${round}: ${failure}`));
    if (code !== 0) broken.push(`round ${round}: exit code ${code}: ${service.log.slice(-3).join(" | ")}`);
    if (exitMs > EXIT_MS) broken.push(`round ${round}: took ${Math.round(exitMs)} ms to end`);
    options.onRound?.(round, broken.length);
  }
  return { rounds: options.rounds, answered, slowestExitMs, broken: [...broken, ...ledger.broken] };
}

interface Readers {
  /** No request begins after this; those that did must be answered. */
  stop(): void;
  readonly result: Promise<{ readonly answered: number; readonly failures: readonly string[] }>;
}

const PATHS = ["/feeds/all.json", "/feeds/all.rss", "/", "/feeds/all"];

function startReaders(service: Service, ledger: ReaderLedger): Readers {
  let over = false;
  let answered = 0;
  const failures: string[] = [];
  async function readOn(path: string): Promise<void> {
    while (!over) {
      try {
        const answer = await service.get(path);
        const text = await answer.text();
        // 503 is an answer too: on a first start there is no document yet.
        if (answer.status === 500) failures.push(`${path} answered 500`);
        // The cast holds: it is our own document.
        else if (path.endsWith(".json") && answer.status === 200)
          ledger.read(JSON.parse(text) as Parameters<ReaderLedger["read"]>[0]);
        answered += 1;
      } catch (error) {
        failures.push(`${path} got no answer: ${error instanceof Error ? String(error.cause ?? error) : error}`);
      }
    }
  }
  const reading = Promise.all(
    Array.from({ length: READERS }, (_, index) => readOn(PATHS[index % PATHS.length] ?? "/")),
  );
  return {
    stop: () => {
      over = true;
    },
    result: reading.then(() => ({ answered, failures })),
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { rounds: { type: "string", default: "100" }, seed: { type: "string", default: "1" } },
  });
  const result = await soakTerm({
    rounds: Number(values.rounds),
    random: seeded(Number(values.seed)),
    onRound: (round, broken) => process.stderr.write(`\rround ${round}: ${broken} broken`),
  });
  process.stdout.write(`\n${JSON.stringify({ ...result, broken: result.broken.slice(0, 20) }, null, 2)}\n`);
  process.exitCode = result.broken.length === 0 ? 0 : 1;
}
