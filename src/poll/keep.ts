import { promisify } from "node:util";
import { constants, zstdCompress } from "node:zlib";
import type { FetchOutcome } from "../fetch/fetch.ts";
import type { KeptBody } from "../store/store.ts";

const compress = promisify(zstdCompress);

/** Quick rather than small: most documents come compressed, and are kept as they came. */
const QUICK = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** How much a document shrinks at best; what is larger by more than that is not even tried. */
const SHRINKS = 12;

/** What the answer said of its document, beside its type. */
const KEPT_HEADERS = ["content-language", "content-location"] as const;

/**
 * The document of an answer as it is kept: in the codings it came in, else compressed here. Undefined where that is more
 * than `bytesMax`, or where the answer holds only what changed (226, RFC 3229).
 */
export async function keepBody(
  outcome: Extract<FetchOutcome, { kind: "fetched" }>,
  { at, bytesMax }: { readonly at: number; readonly bytesMax: number },
): Promise<KeptBody | undefined> {
  const { coded, body, finalUrl, contentType, headers, deltaBase } = outcome;
  if (deltaBase === true || bytesMax === 0) return undefined;
  if (coded === undefined && body.length > bytesMax * SHRINKS) return undefined;
  const { encoding, bytes } = coded ?? { encoding: "zstd", bytes: await compress(body, QUICK) };
  if (bytes.length > bytesMax) return undefined;
  const told = KEPT_HEADERS.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    at,
    finalUrl,
    ...(contentType === undefined ? {} : { contentType }),
    headers: Object.fromEntries(told),
    encoding,
    bytes,
  };
}
