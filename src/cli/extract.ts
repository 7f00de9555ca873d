import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { StorywireError } from "../errors.ts";
import { type SourceKind, sourceKinds } from "../model/source.ts";
import { isTimeZone } from "../model/zone.ts";
import { createLanes, type Lanes } from "../poll/pool.ts";
import { fetchDocument, isWebAddress } from "./document.ts";
import type { ArticlePart, ExtractJob } from "./extract-worker.ts";
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

/** Where documents are read: a process beside this one, which writes the answers as JSON. */
type Reader = Lanes<ExtractJob, string>;

const MIB = 1024 * 1024;

/** One process reads, ordinary documents and huge ones; a document may take so much time and memory. */
const READER_LIMITS = { timeoutMs: 5_000, idleMs: 30_000, bytesMax: 176 * MIB, nurseryMib: 8 } as const;

function createReader(): Reader & AsyncDisposable {
  const lanes: Reader = createLanes(1, { ...READER_LIMITS, worker: join(import.meta.dirname, "extract-worker.ts") });
  return { ...lanes, [Symbol.asyncDispose]: () => lanes.end() };
}

/** One JSON object per document on stdout: `{feed, items}`; an error on stderr and exit code 1 for those that fail. */
export async function extract(addresses: readonly string[], options: ExtractOptions): Promise<ExitCode> {
  if (addresses.length === 0 || !isKnownZone(options.timeZone)) {
    process.stderr.write("storywire: extract needs a FILE or URL (or --jsonl), and --time-zone an IANA name\n");
    return 2;
  }
  let exitCode: ExitCode = 0;
  await using reader = createReader();
  for (const address of addresses) {
    const answer = await answerTo(address, { ...options, indent: 2 }, reader);
    if (typeof answer === "string") process.stdout.write(`${answer}\n`);
    else {
      exitCode = 1;
      process.stderr.write(`storywire: ${address}: ${answer.error.code}: ${answer.error.message}\n`);
    }
  }
  return exitCode;
}

/** Requests taken in before the first of them is answered, so that documents are at hand when the reader is free. */
const AHEAD = 4;

/** Answers each line of stdin with a line on stdout, in order, as soon as it is known. Always 0: errors are answers. */
export async function extractLines(options: ExtractOptions): Promise<ExitCode> {
  await using reader = createReader();
  const answers: Promise<string>[] = [];
  let writing = Promise.resolve();
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    const answer = answerLine(line, options, reader);
    answers.push(answer);
    writing = writing.then(async () => writeLine(await answer));
    if (answers.length >= AHEAD) await answers.shift();
  }
  await writing;
  return 0;
}

async function writeLine(answer: string): Promise<void> {
  const isTaken = process.stdout.write(`${answer}\n`);
  if (!isTaken) await new Promise((resolve) => process.stdout.once("drain", resolve));
}

async function answerLine(line: string, options: ExtractOptions, reader: Reader): Promise<string> {
  const request = readRequest(line);
  if ("error" in request) return JSON.stringify(request);
  const { id, address, given } = request;
  const answer = await answerTo(address, { ...options, ...given, id }, reader);
  return typeof answer === "string" ? answer : JSON.stringify({ id, ...answer });
}

// ---- request lines

interface Failure {
  readonly error: { readonly code: string; readonly message: string };
}

interface Request {
  readonly id: string | number;
  /** A path, or a URL. */
  readonly address: string;
  readonly given: Partial<ExtractOptions>;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const KINDS: readonly unknown[] = sourceKinds;

/**
 * What a request line may hold, and what is wanted of it. A table instead of a schema of zod's: this process stands beside
 * the one that reads, and is a third smaller without.
 */
const FIELDS: Readonly<Record<string, { readonly wanted: string; readonly check: Check }>> = {
  id: { wanted: "a string or a number", check: (value) => typeof value === "string" || typeof value === "number" },
  path: { wanted: "a string", check: isText },
  url: { wanted: "an http or https address", check: (value) => typeof value === "string" && isWebAddress(value) },
  contentType: { wanted: "a media type", check: isText },
  kind: { wanted: sourceKinds.join(", "), check: (value) => KINDS.includes(value) },
  documentUrl: { wanted: "an absolute URL", check: (value) => typeof value === "string" && URL.canParse(value) },
  capturedAt: {
    wanted: "an RFC 3339 instant, a day, or milliseconds since 1970",
    check: (value) => !Number.isNaN(instantOf(value)),
  },
  heading: { wanted: "a string", check: isText },
  timeZone: { wanted: "an IANA time zone", check: (value) => typeof value === "string" && isKnownZone(value) },
};

const INSTANT = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d))?$/i;

/** Milliseconds since 1970 UTC; NaN for what is no instant. */
function instantOf(value: unknown): number {
  if (typeof value === "string") return INSTANT.test(value) ? Date.parse(value) : Number.NaN;
  return typeof value === "number" && Number.isFinite(value) ? value : Number.NaN;
}

/** Asking for UTC needs none of the tables of Intl. */
function isKnownZone(name: string): boolean {
  return name === "UTC" || isTimeZone(name);
}

function readRequest(line: string): Request | (Failure & { readonly id: unknown }) {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return badRequest(null, `Cannot read the line as JSON: ${error}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return badRequest(null, "Cannot read the line: wanted an object");
  }
  // The cast is right: an object of JSON is a record; its members are checked below.
  const fields = value as Readonly<Record<string, unknown>>;
  const id = FIELDS.id?.check(fields.id) === true ? fields.id : null;
  for (const [name, { wanted, check }] of Object.entries(FIELDS)) {
    if ((name === "id" || fields[name] !== undefined) && !check(fields[name])) {
      return badRequest(id, `Cannot read "${name}": wanted ${wanted}`);
    }
  }
  return (fields.path === undefined) === (fields.url === undefined)
    ? badRequest(id, 'Cannot tell the document: wanted either "path" or "url"')
    : requestOf(fields);
}

/** The request of a line whose fields are checked: hence the casts. */
function requestOf({ id, path, url, capturedAt, ...rest }: Readonly<Record<string, unknown>>): Request {
  const given: Record<string, unknown> = capturedAt === undefined ? {} : { capturedAt: instantOf(capturedAt) };
  for (const name of ["contentType", "kind", "documentUrl", "heading", "timeZone"]) {
    if (rest[name] !== undefined) given[name] = rest[name];
  }
  return { id: id as string | number, address: (path ?? url) as string, given: given as Partial<ExtractOptions> };
}

function badRequest(id: unknown, message: string): Failure & { readonly id: unknown } {
  return { id, error: { code: "bad_request", message } };
}

// ---- answers

/** How an answer is written. */
type Shape = Pick<ExtractJob, "id" | "indent">;

/** The reader's JSON, or why there is none. */
async function answerTo(address: string, options: ExtractOptions & Shape, reader: Reader): Promise<string | Failure> {
  try {
    const job = await jobOf(address, options);
    return isWebAddress(address) ? await readWithParts(job, reader) : await reader.run(job);
  } catch (error) {
    if (error instanceof StorywireError) return { error: { code: error.code, message: error.message } };
    return { error: { code: "internal", message: error instanceof Error ? error.message : String(error) } };
  }
}

/** Between two requests to the host of an article with several parts. */
const PART_PAUSE_MS = 1_000;

/** An article with the further parts that its pages name, visited one after the other. */
async function readWithParts(job: ExtractJob, reader: Reader): Promise<string> {
  // Only who visits the web needs it: it brings what joins stories, 16 MB.
  const { PARTS_MAX } = await import("../poll/parts.ts");
  const parts: ArticlePart[] = [];
  let answer = await reader.run(job);
  for (let url = nextPartIn(answer); url !== null && parts.length < PARTS_MAX; url = nextPartIn(answer)) {
    await sleep(PART_PAUSE_MS);
    parts.push(await fetchPart(url));
    answer = await reader.run({ ...job, parts });
  }
  return answer;
}

/** The part that an answered article lacks. */
function nextPartIn(answer: string): string | null {
  // The cast is right: the reader writes these members so, or not at all.
  const { items, nextUrl } = JSON.parse(answer) as { items: readonly { kind: string }[]; nextUrl?: string };
  return items[0]?.kind === "article" ? (nextUrl ?? null) : null;
}

async function fetchPart(url: string): Promise<ArticlePart> {
  try {
    const { bytes, base, contentType } = await fetchDocument(url);
    return { bytes, url: base, ...(contentType === undefined ? {} : { contentType }) };
  } catch (error) {
    if (!(error instanceof StorywireError)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

/** What lies on the web is visited here; files are read by the process that reads documents. */
async function jobOf(address: string, options: ExtractOptions & Shape): Promise<ExtractJob> {
  const job = { ...options, capturedAt: options.capturedAt ?? Date.now(), url: address };
  if (!isWebAddress(address)) return job;
  const { bytes, base, contentType } = await fetchDocument(address);
  return { ...(contentType === undefined ? {} : { contentType }), ...job, bytes, url: base };
}
