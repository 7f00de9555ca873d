import { extractDocument } from "../extract/extract.ts";
import type { Reading } from "../model/candidate.ts";
import type { ParsedFeed } from "../model/parsed.ts";
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
  readonly kind: SourceKind;
  readonly timeZone: string;
  /** The moment relative dates count from. */
  readonly capturedAt: number;
  readonly listing: Source["listing"];
  readonly more: boolean;
  /** Raw digests of items that are stored already: they are recognised, not sanitized again. */
  readonly known: ReadonlySet<string>;
}

/**
 * Bytes to candidates: decode, parse or extract, normalize. Pure, synchronous and bounded by the limits of its stages;
 * throws ParseError with their codes.
 */
export function readDocument(job: ReadingJob): Reading {
  return normalizeFeed(parseDocument(job), job.known);
}

/** The same up to what the document said, before normalizing. */
export function parseDocument(job: ReadingJob): ParsedFeed {
  const { text } = decode(job.bytes, { contentType: job.contentType, markup: markupOf(job) });
  const context = {
    url: job.url,
    timeZone: job.timeZone,
    capturedAt: job.capturedAt,
    ...(job.contentType === undefined ? {} : { contentType: job.contentType }),
  };
  if (job.kind === "feed" || (job.kind === "auto" && sniffFeed(text) !== null)) return parseFeed(text, context);
  return extractDocument(text, context, {
    kind: job.kind,
    more: job.more,
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
