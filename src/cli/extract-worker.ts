import { flushCompileCache } from "node:module";
import { ParseError, StorywireError } from "../errors.ts";
import { bodyText } from "../html/text.ts";
import type { Candidate, Reading } from "../model/candidate.ts";
import { settleDate } from "../model/date.ts";
import { unstoredStoryJson } from "../model/story-json.ts";
import { joinParts } from "../poll/parts.ts";
import { deriveStoryId } from "../poll/plan.ts";
import { type ReadingJob, readDocument } from "../poll/read.ts";
import type { WorkerAnswer } from "../poll/worker.ts";
import { readNamedFile } from "./document.ts";
import { jsonLine } from "./json-line.ts";

/** One document for `extract`: bytes that came from the web, or the path of a file, read where it is needed. */
export interface ExtractJob
  extends Pick<ReadingJob, "kind" | "timeZone" | "capturedAt">,
    Partial<Pick<ReadingJob, "bytes" | "contentType">> {
  /** As it was named: a path, or where the bytes came from. */
  readonly url: string;
  /** Base of relative references, where it is another. */
  readonly documentUrl?: string;
  readonly heading?: string;
  /** Further parts of the article, in the order in which its pages name them. */
  readonly parts?: readonly ArticlePart[];
  /** What the request is called: it stands first in the answer. */
  readonly id?: string | number;
  /** Spaces a level, for people; absent: one line. */
  readonly indent?: number;
}

/** A further part of an article, or why it could not be fetched. */
export type ArticlePart =
  | Pick<ReadingJob, "bytes" | "contentType" | "url">
  | { readonly error: { readonly code: string; readonly message: string } };

/** Story ids are derived from the source's id; documents named by hand have this one. */
const NAMED_SOURCE = "extract";

/** The answer as JSON text, so that the process that asked need not hold it a second time. */
async function answer(job: ExtractJob): Promise<WorkerAnswer<string>> {
  try {
    const { bytes, base, contentType } =
      job.bytes === undefined ? await readNamedFile(job.url) : { ...job, bytes: job.bytes, base: job.url };
    const type = job.contentType ?? contentType;
    const reading = await readDocument({
      bytes,
      ...(type === undefined ? {} : { contentType: type }),
      url: job.documentUrl ?? base,
      kind: job.kind,
      timeZone: job.timeZone,
      capturedAt: job.capturedAt,
      listing: { follow: false, ...(job.heading === undefined ? {} : { heading: job.heading }) },
      more: true,
      known: new Set(),
      repeats: true,
    });
    const { reading: joined } = await joinParts(reading, partsOf(job));
    return { reading: jsonLine(shownOf(joined, job), job.indent) };
  } catch (error) {
    if (error instanceof StorywireError) {
      return { error: { code: error.code, message: error.message, concerns: error.concerns } };
    }
    return { error: { code: "parse_failed", message: `Cannot read ${job.url}: ${error}`, concerns: job.url } };
  }
}

/** Reads the parts that were fetched, one at each call. */
function partsOf(job: ExtractJob): () => Promise<Reading> | null {
  const left = [...(job.parts ?? [])];
  return () => {
    const part = left.shift();
    return part === undefined ? null : readPart(part, job);
  };
}

async function readPart(part: ArticlePart, { timeZone, capturedAt }: ExtractJob): Promise<Reading> {
  if ("error" in part) throw new ParseError(part.error.message, { code: part.error.code });
  const settings = { kind: "page", listing: { follow: false }, more: false, known: new Set<string>() } as const;
  return await readDocument({ ...part, ...settings, timeZone, capturedAt });
}

function shownOf(reading: Reading, job: ExtractJob): object {
  const { feed, candidates, faults, nextUrl, feedUrl } = reading;
  return {
    ...(job.id === undefined ? {} : { id: job.id }),
    feed,
    items: candidates.flatMap((candidate) => itemOf(candidate, job) ?? []),
    ...(nextUrl === undefined ? {} : { nextUrl }),
    ...(feedUrl === undefined ? {} : { feedUrl }),
    ...(faults.length === 0 ? {} : { faults }),
  };
}

function itemOf(candidate: Candidate, { capturedAt, timeZone }: ExtractJob): object | null {
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

// Jobs come one at a time from poll/pool.ts, by structured clone.
process.on("message", async (job) => {
  process.send?.(await answer(job as ExtractJob));
  // This process is ended, not left to end: what it compiled is kept now.
  flushCompileCache();
});
