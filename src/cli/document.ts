import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { FetchError } from "../errors.ts";
import { resolveWebUrl } from "../model/url.ts";
import { mediaTypeOf } from "../text/media-type.ts";

/** A document named on the command line: a URL is visited politely, a file is read wherever it lies. */
export interface NamedDocument {
  readonly bytes: Uint8Array;
  /** Address it came from: the final URL, or the file's. */
  readonly base: string;
  readonly contentType?: string;
  /** Only of documents from the web. */
  readonly url?: string;
  readonly mediaType?: string;
}

/** Throws FetchError with the visitor's codes; `file_missing` and `file_unreadable` for files. */
export async function fetchDocument(address: string): Promise<NamedDocument> {
  const url = isWebAddress(address) ? resolveWebUrl(address) : null;
  if (url === null) return readNamedFile(address);
  const { createToolFetcher } = await import("../app/tool-fetcher.ts");
  await using fetcher = createToolFetcher();
  const outcome = await fetcher.fetch({ url });
  if (outcome.kind !== "fetched")
    throw new FetchError(`Cannot read ${address}: the server says it is gone`, { code: "gone", concerns: address });
  return {
    bytes: outcome.body,
    base: outcome.finalUrl,
    url: outcome.finalUrl,
    ...(outcome.contentType === undefined ? {} : { contentType: outcome.contentType, mediaType: outcome.contentType }),
  };
}

export function isWebAddress(address: string): boolean {
  return /^https?:/i.test(address);
}

/** A file of this machine, by path or `file:` address. Throws FetchError: `file_missing`, `file_unreadable`. */
export async function readNamedFile(address: string): Promise<NamedDocument> {
  const path = /^file:/i.test(address) ? new URL(address) : resolve(address);
  try {
    const contentType = mediaTypeOf(address);
    return {
      bytes: await readFile(path),
      base: typeof path === "string" ? pathToFileURL(path).href : path.href,
      ...(contentType === undefined ? {} : { contentType }),
    };
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new FetchError(`Cannot read ${address}: ${missing ? "there is no such file" : error}`, {
      code: missing ? "file_missing" : "file_unreadable",
      concerns: address,
      cause: error,
    });
  }
}
