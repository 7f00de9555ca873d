import type { Source, SourceKind } from "../model/source.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import { mediaTypeOf } from "../text/media-type.ts";
import type { ReadingJob } from "./read.ts";

/** A document and what its answer said of it. */
export interface AnsweredDocument {
  readonly body: Uint8Array;
  readonly finalUrl: AbsoluteUrl;
  readonly contentType?: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** How a source's document is read: as its operator says, else as its answer does. */
export function jobOf(
  source: Source,
  document: AnsweredDocument,
  { kind, capturedAt, known }: { readonly kind: SourceKind; readonly capturedAt: number } & Pick<ReadingJob, "known">,
): ReadingJob {
  const { body, finalUrl, headers } = document;
  const contentType = source.contentType ?? document.contentType ?? mediaTypeOf(new URL(finalUrl).pathname);
  return {
    bytes: body,
    ...(contentType === undefined ? {} : { contentType }),
    url: baseOf(source, document),
    ...(headers["content-language"] === undefined ? {} : { language: headers["content-language"] }),
    kind,
    timeZone: source.timeZone,
    capturedAt: source.capturedAt ?? capturedAt,
    listing: source.listing,
    more: source.more,
    known,
  };
}

/** A file stands for the page it was saved from; a Content-Location names the document itself (RFC 9110 §8.7). */
function baseOf(source: Source, { finalUrl, headers }: AnsweredDocument): AbsoluteUrl {
  return source.documentUrl ?? resolveWebUrl(headers["content-location"], finalUrl) ?? finalUrl;
}
