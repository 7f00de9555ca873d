import { hash } from "node:crypto";
import { promisify } from "node:util";
import { constants, gzip, zstdCompress } from "node:zlib";
import type { Feed, FeedDocument, FeedSlug, FormatName } from "../model/feed.ts";
import type { Fault } from "../model/parsed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Finding } from "../render/check.ts";
import { formats } from "../render/formats.ts";
import { renderChecked } from "../render/render.ts";
import type { FeedHead, Store } from "../store/store.ts";
import { type FeedTtl, FORMAT_NAMES, feedDocument, type Site, type SourceFacts } from "./document.ts";

const gzipAsync = promisify(gzip);
const zstdAsync = promisify(zstdCompress);

/** What one rendering found: documents that passed the gate, and why others did not. */
export interface Publication {
  readonly snapshot?: Snapshot;
  readonly faults: readonly Fault[];
  /** Errors and warnings of the gate; where there is one, the last good document stays. */
  readonly findings: readonly Finding[];
}

/** Renders one format of a feed, checks it, and makes its bodies (gzip level 6, zstd level 3). */
export async function publishDocument(
  slug: FeedSlug,
  document: FeedDocument,
  format: FormatName,
): Promise<Publication> {
  const { text, faults, findings } = renderChecked(document, format);
  if (findings.length > 0) return { faults, findings };
  const identity = Buffer.from(text, "utf8");
  const [gzipped, zstd] = await Promise.all([
    gzipAsync(identity, { level: 6 }),
    zstdAsync(identity, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
  ]);
  return {
    snapshot: {
      slug,
      format,
      mediaType: formats[format].mediaType,
      tag: hash("sha256", identity, "base64url").slice(0, 22),
      lastModifiedAt: Math.floor(document.updatedAt / 1000) * 1000,
      identity,
      gzip: gzipped,
      zstd,
    },
    faults,
    findings,
  };
}

export interface PublishTools {
  readonly store: Pick<Store, "newestEntries">;
  readonly site: Site;
  readonly factsOf: SourceFacts;
  readonly ttlOf: FeedTtl;
}

/**
 * The document of a feed at a revision: as it was stored, else rendered now. Where the gate refuses it, the stored one of
 * an earlier revision stands (promise 5).
 */
export async function makeDocument(
  feed: Feed,
  head: FeedHead,
  format: FormatName,
  tools: PublishTools & { readonly store: Pick<Store, "snapshot"> },
): Promise<Publication> {
  const stored = await tools.store.snapshot(feed.slug, format);
  if (stored !== null && stored.revision === head.revision) {
    return { snapshot: stored.snapshot, faults: [], findings: [] };
  }
  const publication = await publishDocument(feed.slug, await documentOf(feed, head, tools), format);
  if (publication.snapshot !== undefined || stored === null) return publication;
  return { ...publication, snapshot: stored.snapshot };
}

/** All formats of one feed over one reading of its entries. */
export async function publishFormats(feed: Feed, head: FeedHead, tools: PublishTools): Promise<readonly Publication[]> {
  const document = await documentOf(feed, head, tools);
  return Promise.all(FORMAT_NAMES.map((format) => publishDocument(feed.slug, document, format)));
}

async function documentOf(
  feed: Feed,
  head: FeedHead,
  { store, site, factsOf, ttlOf }: PublishTools,
): Promise<FeedDocument> {
  const stories = await store.newestEntries(feed.slug, feed.limit);
  return feedDocument(feed, { stories, changedAt: head.changedAt, site, factsOf, ttlMs: ttlOf(feed) });
}
