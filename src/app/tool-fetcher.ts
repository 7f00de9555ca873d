import { createFetcher, DEFAULT_FETCH_LIMITS, type Fetcher, formatUserAgent } from "../fetch/fetch.ts";
import { VERSION } from "../version.ts";

/** A fetcher for documents named on the command line; STORYWIRE_ALLOW_ADDRESSES holds for it too. */
export function createToolFetcher(): Fetcher {
  return createFetcher({
    limits: DEFAULT_FETCH_LIMITS,
    userAgent: formatUserAgent(VERSION),
    allowAddresses: (process.env.STORYWIRE_ALLOW_ADDRESSES ?? "").split(/[\s,]+/).filter((range) => range !== ""),
    filesRoot: process.cwd(),
    now: Date.now,
  });
}
