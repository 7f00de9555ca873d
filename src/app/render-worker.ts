import { parentPort, workerData } from "node:worker_threads";
import type { Configuration } from "../config/settings.ts";
import { RequestError, StoreError } from "../errors.ts";
import type { FeedSlug, FormatName } from "../model/feed.ts";
import { makeDocument, type Publication } from "../publish/publish.ts";
import { openStore } from "../store/sql-store.ts";
import type { FeedHead } from "../store/store.ts";
import { bySlug, factsReader, siteOf } from "./parts.ts";

/** What the thread that serves asks for. */
export interface FeedJob {
  readonly kind: "feed";
  readonly slug: FeedSlug;
  readonly format: FormatName;
  readonly head: FeedHead;
}

export type RenderJob = FeedJob;

export type RenderAnswer<Job extends RenderJob> = Job extends FeedJob ? Publication : never;

/** What it is told. */
export type WorkerMessage =
  | { readonly value: unknown }
  | {
      readonly error: {
        readonly kind: "store" | "request";
        readonly code: string;
        readonly message: string;
        readonly status: number;
      };
    };

/** The worker at work: documents from the store, or rendered from it over a connection of its own that only reads. */
function serveJobs(configuration: Configuration, port: NonNullable<typeof parentPort>): void {
  const store = openStore(configuration.settings.database, { readOnly: true, connections: 2 });
  const factsOf = factsReader(configuration);
  const feeds = bySlug(configuration.feeds);
  const tools = { store, site: siteOf(configuration), factsOf: factsOf.of };

  async function carryOut({ slug, format, head }: RenderJob): Promise<Publication> {
    if (await store.changedSinceAsked()) await factsOf.refresh(store);
    const feed = feeds.get(slug);
    return feed === undefined ? { faults: [], findings: [] } : makeDocument(feed, head, format, tools);
  }

  port.on("message", async (job: RenderJob) => {
    try {
      const value = movable(await carryOut(job));
      port.postMessage({ value } satisfies WorkerMessage, bodiesOf(value));
    } catch (error) {
      port.postMessage({ error: told(error) } satisfies WorkerMessage);
    }
  });
}

function told(error: unknown): Extract<WorkerMessage, { error: unknown }>["error"] {
  if (error instanceof StoreError) return { kind: "store", code: error.code, message: error.message, status: 503 };
  if (error instanceof RequestError) {
    return { kind: "request", code: error.code, message: error.message, status: error.status };
  }
  throw error;
}

/** The same with bodies that can be handed over without being copied: each alone in its memory. */
function movable(made: Publication): Publication {
  if (made.snapshot === undefined) return made;
  const { identity, gzip, zstd } = made.snapshot;
  return { ...made, snapshot: { ...made.snapshot, identity: alone(identity), gzip: alone(gzip), zstd: alone(zstd) } };
}

function alone(bytes: Buffer): Buffer {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
}

function bodiesOf({ snapshot }: Publication): ArrayBuffer[] {
  if (snapshot === undefined) return [];
  // `alone` gave each a memory of its own; SharedArrayBuffers do not come from zlib or text.
  return [snapshot.identity, snapshot.gzip, snapshot.zstd].map((body) => body.buffer as ArrayBuffer);
}

// The configuration comes from app/renderer.ts, by structured clone.
if (parentPort !== null) serveJobs(workerData as Configuration, parentPort);
