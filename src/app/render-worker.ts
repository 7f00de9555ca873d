import { parentPort, workerData } from "node:worker_threads";
import type { Configuration } from "../config/settings.ts";
import { RequestError, StoreError } from "../errors.ts";
import type { FeedDocument, FeedSlug, FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { createFeedTtl } from "../publish/document.ts";
import { makeDocument, type Publication } from "../publish/publish.ts";
import { gatherRequest, publishRequest, type RequestedDocument } from "../publish/requested.ts";
import type { FeedRequest } from "../select/feed-request.ts";
import { compileVisibility } from "../select/visibility.ts";
import { openStore } from "../store/sql-store.ts";
import type { FeedHead } from "../store/store.ts";
import { bySlug, factsReader, siteOf } from "./parts.ts";

/** Entries on one page: it is made, as HTML, by the thread that serves. */
const PAGE_ENTRIES_MAX = 100;

/** What the thread that serves asks for. */
export interface FeedJob {
  readonly kind: "feed";
  readonly slug: FeedSlug;
  readonly format: FormatName;
  readonly head: FeedHead;
}

/** What a reader made up: its document in a format, `known` being the digest of the one at hand. */
export interface RequestJob {
  readonly kind: "request";
  readonly request: FeedRequest;
  readonly format: FormatName;
  readonly known?: string | undefined;
  readonly now: number;
}

/** The same to be shown as a page. */
export interface PageJob {
  readonly kind: "page";
  readonly request: FeedRequest;
  readonly now: number;
}

export type RenderJob = FeedJob | RequestJob | PageJob;

interface Answers {
  readonly feed: Publication;
  readonly request: RequestedDocument;
  readonly page: FeedDocument | null;
}

export type RenderAnswer<Job extends RenderJob> = Answers[Job["kind"]];

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
  const { feeds, sources } = configuration;
  const tools = {
    store,
    site: siteOf(configuration),
    factsOf: factsOf.of,
    ttlOf: createFeedTtl(sources),
    feeds: bySlug(feeds),
    sources,
    isVisible: compileVisibility(feeds, sources),
  };

  const carryOut: {
    readonly [Kind in RenderJob["kind"]]: (job: Extract<RenderJob, { kind: Kind }>) => Promise<Answers[Kind]>;
  } = {
    async feed({ slug, format, head }) {
      const feed = tools.feeds.get(slug);
      return feed === undefined ? { faults: [], findings: [] } : makeDocument(feed, head, format, tools);
    },
    request: async ({ request, ...asked }) => publishRequest(request, asked, tools),
    async page({ request, now }) {
      const document = (await gatherRequest(request, now, tools))?.document;
      return document === undefined ? null : { ...document, entries: document.entries.slice(0, PAGE_ENTRIES_MAX) };
    },
  };

  async function answer(job: RenderJob): Promise<void> {
    if (await store.changedSinceAsked()) await factsOf.refresh(store);
    // The table holds each kind's own function; TypeScript cannot follow the pair.
    const value = await (carryOut[job.kind] as (job: RenderJob) => Promise<Answers[RenderJob["kind"]]>)(job);
    const bodies: ArrayBuffer[] = [];
    port.postMessage({ value: movable(value, bodies) } satisfies WorkerMessage, bodies);
  }

  port.on("message", (job: RenderJob) => {
    answer(job).catch((error: unknown) => port.postMessage({ error: told(error) } satisfies WorkerMessage));
  });
}

function told(error: unknown): Extract<WorkerMessage, { error: unknown }>["error"] {
  if (error instanceof StoreError) return { kind: "store", code: error.code, message: error.message, status: 503 };
  if (error instanceof RequestError) {
    return { kind: "request", code: error.code, message: error.message, status: error.status };
  }
  throw error;
}

/** The answer with bodies that are handed over without being copied: each alone in its memory, and told in `bodies`. */
function movable<Value>(value: Value, bodies: ArrayBuffer[]): Value {
  if (typeof value !== "object" || value === null) return value;
  if ("publication" in value) return { ...value, publication: movable(value.publication, bodies) };
  if (!("snapshot" in value)) return value;
  // Answers carry snapshots under this name only.
  const snapshot = value.snapshot as Snapshot;
  const [identity, gzip, zstd] = [snapshot.identity, snapshot.gzip, snapshot.zstd].map((body) => {
    const own = body.byteLength === body.buffer.byteLength ? new Uint8Array(body.buffer) : new Uint8Array(body);
    bodies.push(own.buffer as ArrayBuffer);
    return own;
  });
  return { ...value, snapshot: { ...snapshot, identity, gzip, zstd } };
}

// The configuration comes from app/renderer.ts, by structured clone.
if (parentPort !== null) serveJobs(workerData as Configuration, parentPort);
