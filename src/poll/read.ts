import type { Reading } from "../model/candidate.ts";
import type { DocumentContext, ParsedFeed } from "../model/parsed.ts";
import type { Source, SourceKind } from "../model/source.ts";
import { normalizeFeed } from "../normalize/normalize.ts";
import { parseFeed, sniffFeed } from "../parse/parse.ts";
import { decode } from "../text/decode.ts";

/** One document to be read: bytes as they came, and how the operator wants them read. */
export interface ReadingJob {
  readonly bytes: Uint8Array;
  readonly contentType?: string;
  /** Where it came from; base of relative references. */
  readonly url: string;
  /** What the answer said of its language (Content-Language, RFC 9110 §8.5). */
  readonly language?: string;
  readonly kind: SourceKind;
  readonly timeZone: string;
  /** The moment relative dates count from. */
  readonly capturedAt: number;
  readonly listing: Source["listing"];
  readonly more: boolean;
  /** Raw digests of items that are stored already: they are recognised, not sanitized again. */
  readonly known: ReadonlySet<string>;
  /**
   * Whether somebody asks for this very document: items that a feed repeats are shown too, and a page of which no part
   * reads like an article yields the best there is. A poll leaves repeats out, and would rather tell that a page is none.
   */
  readonly repeats?: boolean;
}

/**
 * Bytes to candidates: decode, parse or extract, normalize. Pure and bounded by the limits of its stages, which never yield;
 * rejects with ParseError and their codes.
 */
export async function readDocument(job: ReadingJob): Promise<Reading> {
  const parsed = await parseDocument(job);
  const repeats = job.repeats === true && !PAGE_FORMATS.has(parsed.format);
  const { feedUrl } = parsed;
  return { ...normalizeFeed(parsed, job.known, { repeats }), ...(feedUrl === undefined ? {} : { feedUrl }) };
}

/**
 * The same up to what the document said, before normalizing.
 * @internal Tests use it by itself.
 */
export async function parseDocument(job: ReadingJob): Promise<ParsedFeed> {
  const { text } = decode(job.bytes, { contentType: job.contentType, markup: markupOf(job) });
  const isFeed = job.kind === "feed" || (job.kind === "auto" && sniffFeed(text) !== null);
  return isFeed ? parseFeed(text, contextOf(job)) : extract(job, text);
}

/** A page that shows a story twice lists it once. */
const PAGE_FORMATS = new Set(["article", "listing", "text", "page"]);

function contextOf({ url, timeZone, capturedAt, contentType, language }: ReadingJob): DocumentContext {
  return {
    url,
    timeZone,
    capturedAt,
    ...(contentType === undefined ? {} : { contentType }),
    ...(language === undefined ? {} : { language }),
  };
}

/** Readers of pages are loaded with the first page: most processes read feeds alone. */
async function extract(job: ReadingJob, text: string): Promise<ParsedFeed> {
  const { extractDocument } = await import("../extract/extract.ts");
  return extractDocument(text, contextOf(job), {
    kind: job.kind === "feed" ? "auto" : job.kind,
    more: job.more,
    guess: job.repeats,
    ...(job.listing.heading === undefined ? {} : { heading: job.listing.heading }),
    ...(job.listing.items === undefined ? {} : { selectors: job.listing }),
  });
}

/** Which of the three ways of naming a charset inside the document is looked for. */
function markupOf({ kind, contentType, bytes }: ReadingJob): "xml" | "html" | "text" {
  if (kind === "feed") return "xml";
  if (/^text\/plain\b/i.test(contentType ?? "")) return "text";
  if (/\bhtml\b/i.test(contentType ?? "") && !/xhtml/i.test(contentType ?? "")) return "html";
  return /^[^<]*<\?xml/.test(Buffer.from(bytes.subarray(0, 512)).toString("latin1")) ? "xml" : "html";
}
