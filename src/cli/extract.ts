import { createInterface } from "node:readline";
import { z } from "zod";
import { StorywireError } from "../errors.ts";
import { bodyText } from "../html/text.ts";
import type { Candidate, Reading } from "../model/candidate.ts";
import { settleDate } from "../model/date.ts";
import { type SourceKind, sourceKinds } from "../model/source.ts";
import { unstoredStoryJson } from "../model/story-json.ts";
import { isTimeZone } from "../model/zone.ts";
import { deriveStoryId } from "../poll/plan.ts";
import { createReadingPool, type ReadingPool } from "../poll/pool.ts";
import { fetchDocument } from "./document.ts";
import type { ExitCode } from "./options.ts";

export interface ExtractOptions {
  readonly kind: SourceKind;
  readonly documentUrl?: string;
  /** Milliseconds since 1970 UTC. */
  readonly capturedAt?: number;
  readonly contentType?: string;
  readonly heading?: string;
  readonly timeZone: string;
}

/** Story ids are derived from the source's id; documents named by hand have this one. */
const NAMED_SOURCE = "extract";

/** One JSON object per document on stdout: `{feed, items}`; an error on stderr and exit code 1 for those that fail. */
export async function extract(addresses: readonly string[], options: ExtractOptions): Promise<ExitCode> {
  if (addresses.length === 0 || !isTimeZone(options.timeZone)) {
    process.stderr.write("storywire: extract needs a FILE or URL (or --jsonl), and --time-zone an IANA name\n");
    return 2;
  }
  let exitCode: ExitCode = 0;
  await using pool = createReadingPool(ONE_LANE);
  for (const address of addresses) {
    const answer = await answerTo(address, options, pool);
    if ("error" in answer) {
      exitCode = 1;
      process.stderr.write(`storywire: ${address}: ${answer.error.code}: ${answer.error.message}\n`);
    } else process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  }
  return exitCode;
}

const lineSchema = z
  .object({
    id: z.union([z.string(), z.number()]),
    path: z.string().optional(),
    url: z.string().optional(),
    contentType: z.string().optional(),
    kind: z.enum(sourceKinds).optional(),
    documentUrl: z.string().optional(),
    capturedAt: z.union([z.iso.datetime({ offset: true }), z.iso.date(), z.number()]).optional(),
    heading: z.string().optional(),
    timeZone: z.string().refine(isTimeZone).optional(),
  })
  .refine(({ path, url }) => (path === undefined) !== (url === undefined), { error: "either path or url" });

/** One process reads; each document may take this long. */
const ONE_LANE = { timeoutMs: 5_000, smallLanes: 1 } as const;

/** Requests taken in before the first of them is answered, so that files are at hand when the reader is free. */
const AHEAD = 4;

/** Answers each line of stdin with a line on stdout, in order, as soon as it is known. Always 0: errors are answers. */
export async function extractLines(options: ExtractOptions): Promise<ExitCode> {
  await using pool = createReadingPool(ONE_LANE);
  const answers: Promise<object>[] = [];
  let writing = Promise.resolve();
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    const answer = answerLine(line, options, pool);
    answers.push(answer);
    writing = writing.then(async () => writeLine(await answer));
    if (answers.length >= AHEAD) await answers.shift();
  }
  await writing;
  return 0;
}

async function writeLine(answer: object): Promise<void> {
  const isTaken = process.stdout.write(`${JSON.stringify(answer)}\n`);
  if (!isTaken) await new Promise((resolve) => process.stdout.once("drain", resolve));
}

async function answerLine(line: string, options: ExtractOptions, pool: ReadingPool): Promise<object> {
  const request = parseLine(line);
  if ("error" in request) return request;
  const { id, path, url, capturedAt, ...rest } = request;
  const at = typeof capturedAt === "string" ? Date.parse(capturedAt) : capturedAt;
  const given = { ...options, ...definedOf(rest), ...(at === undefined ? {} : { capturedAt: at }) };
  return { id, ...(await answerTo(path ?? url ?? "", given, pool)) };
}

function parseLine(
  line: string,
):
  | z.output<typeof lineSchema>
  | { readonly id: unknown; readonly error: { readonly code: string; readonly message: string } } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { id: null, error: { code: "bad_request", message: `Cannot read the line as JSON: ${error}` } };
  }
  const parsed = lineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : null;
  return { id, error: { code: "bad_request", message: z.prettifyError(parsed.error) } };
}

function definedOf<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // What is undefined is left out, so no value of the result is.
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

type Answer =
  | { readonly feed: object; readonly items: readonly object[] }
  | { readonly error: { readonly code: string; readonly message: string } };

async function answerTo(address: string, options: ExtractOptions, pool: ReadingPool): Promise<Answer> {
  try {
    const document = await fetchDocument(address);
    const capturedAt = options.capturedAt ?? Date.now();
    const contentType = options.contentType ?? document.contentType;
    const reading = await pool.read({
      bytes: document.bytes,
      ...(contentType === undefined ? {} : { contentType }),
      url: options.documentUrl ?? document.base,
      kind: options.kind,
      timeZone: options.timeZone,
      capturedAt,
      listing: { follow: false, ...(options.heading === undefined ? {} : { heading: options.heading }) },
      more: true,
      known: new Set(),
      repeats: true,
    });
    return answerOf(reading, capturedAt, options.timeZone);
  } catch (error) {
    if (error instanceof StorywireError) return { error: { code: error.code, message: error.message } };
    return { error: { code: "internal", message: error instanceof Error ? error.message : String(error) } };
  }
}

function answerOf(reading: Reading, capturedAt: number, timeZone: string): Answer {
  return {
    feed: reading.feed,
    items: reading.candidates.flatMap((candidate) => itemOf(candidate, capturedAt, timeZone) ?? []),
    ...(reading.faults.length === 0 ? {} : { faults: reading.faults }),
  };
}

function itemOf(candidate: Candidate, capturedAt: number, timeZone: string): object | null {
  const [key] = candidate.keys;
  const { content, contentDigest, origins } = candidate;
  if (content === undefined || contentDigest === undefined || key === undefined) return null;
  const updated = candidate.updated === undefined ? null : settleDate(candidate.updated, capturedAt, timeZone);
  const told = candidate.published === undefined ? null : settleDate(candidate.published, capturedAt, timeZone);
  const published =
    told ?? (updated === null ? null : { ...updated, interval: { ...updated.interval, origin: "updated" } });
  const story = unstoredStoryJson(content, {
    id: deriveStoryId(NAMED_SOURCE, key),
    sourceId: NAMED_SOURCE,
    contentDigest,
    ...(published === null ? {} : { published }),
    ...(updated === null ? {} : { updated }),
    ...(origins === undefined ? {} : { origins }),
  });
  // The running text alone, without captions: what those who judge extraction compare.
  return content.kind === "article" && content.contentHtml !== undefined
    ? { ...story, contentText: bodyText(content.contentHtml) }
    : story;
}
