import { hash } from "node:crypto";
import { FetchError, ParseError, StoreError, StorywireError } from "../errors.ts";
import type { FetchOutcome, FetchRequest } from "../fetch/fetch.ts";
import type { Reading } from "../model/candidate.ts";
import { freshMemory, type PollRecord, type SourceMemory } from "../model/poll.ts";
import type { Source, SourceKind } from "../model/source.ts";
import type { Story } from "../model/story.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import type { Membership, PollChanges, SourceState, Store } from "../store/store.ts";
import { followNew } from "./follow.ts";
import { jobOf } from "./job.ts";
import { keepBody } from "./keep.ts";
import { findKnown, readChanging } from "./knowledge.ts";
import { intervalOf, nextTry, nextVisit } from "./next-visit.ts";
import type { OutageWatch } from "./outage.ts";
import { withoutOwnOutput } from "./own-output.ts";
import { joinParts, limitParts, withoutWhole } from "./parts.ts";
import { planMissing, planPoll, type VisitFacts } from "./plan.ts";
import type { ReadingJob } from "./read.ts";
import { digestOfRules, memoryUnderRules } from "./rules.ts";

/** What polling needs of the rest; edges are handed in by app.ts. */
export interface PollTools {
  readonly store: Pick<Store, "storiesForPoll" | "rawDigests" | "digestsBefore" | "storiesById">;
  /** Behind the host queue; `robots`: ask robots.txt first (rejects with FetchError `robots_disallowed`). */
  readonly fetch: (request: FetchRequest, options: { readonly robots: boolean }) => Promise<FetchOutcome>;
  /** Bytes to candidates, wherever that runs; rejects with ParseError. */
  readonly read: (job: ReadingJob) => Promise<Reading>;
  /** Resolves once the changes are stored. */
  readonly commit: (changes: PollChanges) => Promise<void>;
  readonly membershipsOf: (story: Story) => readonly Membership[];
  readonly now: () => number;
  readonly random: () => number;
  readonly nextCronAt: (expression: string, timeZone: string) => number | null;
  readonly minimumMs: number;
  /** Documents of at most so many bytes, compressed, are kept for plans; absent: none. */
  readonly keptBytesMax?: number;
  /** Told how each request to another host ended; answers whether our own network seems to be down. */
  readonly outage: OutageWatch;
  /** A fault of ours, to be told: its text goes into no record. */
  readonly onBug: (error: unknown, source: Source) => void;
}

/**
 * One visit to one source: fetch → read → plan → store. Every visit ends in a stored record; whatever the source did
 * wrong is data on it (`failed`, `suspect`). Throws StoreError only: then nothing of the visit was stored.
 */
export async function pollSource(
  source: Source,
  state: SourceState | undefined,
  tools: PollTools,
): Promise<PollRecord> {
  const startedAt = tools.now();
  const { memory, sameRules } = memoryUnderRules(source, state?.memory ?? freshMemory);
  const visit: Visit = { source, memory, sameRules, startedAt, tools };
  try {
    const outcome = await tools.fetch(requestOf(visit), { robots: isPage(visit) });
    tools.outage.told(hostOf(source), startedAt, true);
    const fetchedAt = tools.now();
    if (outcome.kind === "gone") return await finish(visit, await withMissing(visit, planGone(visit, outcome)));
    if (outcome.kind === "not_modified") return await finish(visit, planUnchanged(visit, outcome, "not_modified"));
    using _body = { [Symbol.dispose]: () => outcome.release?.() };
    const bodyDigest = digestOfBody(outcome.body);
    if (sameRules && bodyDigest === memory.bodyDigest)
      return await finish(visit, planUnchanged(visit, outcome, "unchanged"));
    return await finish(visit, await planDocument(visit, { outcome, bodyDigest, fetchedAt }));
  } catch (error) {
    if (error instanceof StoreError) throw error;
    if (error instanceof StorywireError) return await finish(visit, await withMissing(visit, planFailed(visit, error)));
    tools.onBug(error, source);
    const bug = new ParseError("The visit failed by a fault of this program; the log has it", { code: "internal" });
    return await finish(visit, planFailed(visit, bug));
  }
}

interface Visit {
  readonly source: Source;
  readonly memory: SourceMemory;
  /** The operator did not change how the source is read: validators and digests still stand. */
  readonly sameRules: boolean;
  readonly startedAt: number;
  readonly tools: PollTools;
}

async function finish({ tools }: Visit, changes: PollChanges): Promise<PollRecord> {
  await tools.commit(changes);
  return changes.poll;
}

function requestOf({ source, memory, sameRules }: Visit): FetchRequest {
  return {
    ...requestFor(source, targetOf(source, memory)),
    ...(sameRules && memory.validators !== undefined ? { validators: memory.validators } : {}),
  };
}

/** How a source asks for an address: its headers, cookies and credentials go to its own origin alone. */
function requestFor(source: Source, url: AbsoluteUrl): FetchRequest {
  const isOwn = new URL(url).origin === new URL(source.url).origin;
  return {
    url,
    holdBody: true,
    ...(isOwn ? { headers: source.headers, cookies: source.cookies } : {}),
    ...(isOwn && source.auth !== undefined ? { auth: source.auth } : {}),
    ...(source.userAgent === undefined ? {} : { userAgent: source.userAgent }),
    ...(source.proxy === undefined ? {} : { proxy: source.proxy }),
  };
}

/** Sightings of a permanent redirect after which its target is visited instead. */
const ADOPTED_AFTER = 3;

/** Where a visit goes: the address that a permanent redirect named often enough, the feed that the page named, or the source's own. */
function targetOf(source: Source, { moved, feedUrl }: SourceMemory): AbsoluteUrl {
  const learnt = moved !== undefined && moved.times >= ADOPTED_AFTER ? moved.to : feedUrl;
  return resolveWebUrl(learnt) ?? source.url;
}

/** A permanent redirect (301, 308) seen once more; any other answer under the source's own address forgets it. */
function movedOf({ source, memory }: Visit, outcome: Answered): Pick<SourceMemory, "moved"> {
  const { moved } = memory;
  if (moved !== undefined && moved.times >= ADOPTED_AFTER) return { moved };
  if (outcome.permanentUrl === undefined || source.url.startsWith("file:")) return {};
  const times = moved?.to === outcome.permanentUrl ? moved.times + 1 : 1;
  return { moved: { to: outcome.permanentUrl, times } };
}

function hostOf(source: Source): string {
  return new URL(source.url).host;
}

/** robots.txt is for pages; what was found to be a feed is there to be polled. */
function isPage({ source, memory }: Visit): boolean {
  return source.robots && source.kind !== "feed" && memory.kind !== "feed";
}

type Fetched = Extract<FetchOutcome, { kind: "fetched" }>;
type Answered = Exclude<FetchOutcome, { kind: "gone" }>;

interface FetchedDocument {
  readonly outcome: Fetched;
  readonly bodyDigest: string;
  readonly fetchedAt: number;
}

/** A document that cannot be read is kept all the same: it is what the operator tries other rules on. */
async function planDocument(visit: Visit, fetched: FetchedDocument): Promise<PollChanges> {
  try {
    return await planRead(visit, await readBest(visit, fetched));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const failed = planFailed(visit, error);
    return UNKEPT_CODES.has(error.code) ? failed : { ...failed, ...(await kept(visit, fetched)) };
  }
}

/** Documents that no rules make readable, or that were not read at all. */
const UNKEPT_CODES = new Set(["parse_timeout", "parse_memory", "parse_crashed", "stopped"]);

async function kept(
  { tools }: Visit,
  { outcome, fetchedAt }: Pick<FetchedDocument, "outcome" | "fetchedAt">,
): Promise<Pick<PollChanges, "kept">> {
  const body = await keepBody(outcome, { at: fetchedAt, bytesMax: tools.keptBytesMax ?? 0 });
  return body === undefined ? {} : { kept: body };
}

async function planRead(visit: Visit, document: ReadDocument): Promise<PollChanges> {
  const { source, tools, startedAt } = visit;
  const { outcome, bodyDigest, fetchedAt } = document;
  const memory = { ...document.memory, rulesDigest: digestOfRules(source) };
  const readAt = tools.now();
  const read = await withoutOwnOutput(document.read, tools.store);
  const { stories, matched } = await findKnown(source, { memory, read }, tools.store);
  const readPart = limitParts((url) => readFollowed(visit, url));
  const readWhole = async (url: AbsoluteUrl) => (await joinParts(await readFollowed(visit, url), readPart)).reading;
  const { reading: joined, isWhole } = await joinParts(read, readPart);
  const told = isWhole ? joined : withoutWhole(joined, matched.has(0));
  const reading = source.listing.follow ? await followNew(told, (index) => !matched.has(index), readWhole) : told;
  const changing = await readChanging(reading.candidates, matched, tools.store);
  const facts: VisitFacts = {
    at: startedAt,
    durationMs: tools.now() - startedAt,
    httpStatus: outcome.status,
    finalUrl: outcome.finalUrl,
    wireBytes: outcome.wireBytes,
    stageMs: { fetch: fetchedAt - startedAt, read: readAt - fetchedAt },
    // An article that lacks a part is asked for again.
    ...(isWhole ? { validators: validatorsOf(outcome), bodyDigest } : {}),
    ...(reading.complete === true ? { complete: true } : {}),
    ...(outcome.deltaBase === true ? { partial: true } : {}),
  };
  const changes = planPoll({
    source,
    knowledge: { memory, stories, ...changing },
    reading,
    visit: facts,
    nextPollAt: nextPollAt(visit, { reading, outcome }),
    membershipsOf: tools.membershipsOf,
  });
  return { ...changes, ...(await kept(visit, document)) };
}

interface ReadDocument extends FetchedDocument {
  readonly read: Reading;
  readonly memory: SourceMemory;
}

/** What the address holds; where that is a list or nothing on a page which names its feed, the feed (`kind: auto`). */
async function readBest(visit: Visit, fetched: FetchedDocument): Promise<ReadDocument> {
  const { source, memory: known, tools } = visit;
  const { moved: _moved, ...lasting } = known;
  const memory = { ...lasting, ...movedOf(visit, fetched.outcome) };
  const read = await readOne(visit, fetched.outcome, source.kind);
  if (read.feedUrl === undefined || read.format === "article" || memory.feedUrl !== undefined)
    return { ...fetched, read, memory };
  try {
    const outcome = await tools.fetch(requestFor(source, read.feedUrl), { robots: false });
    if (outcome.kind !== "fetched") return { ...fetched, read, memory };
    const named = await readOne(visit, outcome, "feed");
    const bodyDigest = digestOfBody(outcome.body);
    return { outcome, bodyDigest, fetchedAt: tools.now(), read: named, memory: { ...memory, feedUrl: read.feedUrl } };
  } catch (error) {
    if (!(error instanceof StorywireError) || error instanceof StoreError) throw error;
    // A feed that cannot be read leaves the page as it is.
    if (read.format === "page") throw error;
    return { ...fetched, read, memory };
  }
}

function digestOfBody(body: Uint8Array): string {
  return hash("sha256", body, "base64url").slice(0, 22);
}

/** One document, however it was come by. */
async function readOne(
  { source, sameRules, startedAt, tools }: Visit,
  outcome: Fetched,
  kind: SourceKind,
): Promise<Reading> {
  // The next large body may come once this one is read, well or not.
  using _body = { [Symbol.dispose]: () => outcome.release?.() };
  const known = sameRules ? await tools.store.rawDigests(source.id) : new Set<string>();
  return await tools.read(jobOf(source, outcome, { kind, capturedAt: startedAt, known }));
}

/** A listed story's own page: the operator's headers and cookies go along to the source's own origin only. */
async function readFollowed(visit: Visit, url: AbsoluteUrl): Promise<Reading> {
  const { source, tools, startedAt } = visit;
  const outcome = await tools.fetch({ ...requestFor(source, url), holdBody: false }, { robots: source.robots });
  if (outcome.kind !== "fetched")
    throw new FetchError(`Cannot read ${url}: it is gone`, { code: "gone", concerns: url });
  return tools.read({
    bytes: outcome.body,
    ...(outcome.contentType === undefined ? {} : { contentType: outcome.contentType }),
    url: outcome.finalUrl,
    kind: "page",
    timeZone: source.timeZone,
    capturedAt: startedAt,
    listing: { follow: false },
    more: false,
    known: new Set(),
  });
}

function validatorsOf(outcome: Answered): { readonly etag?: string; readonly lastModified?: string } {
  const { etag, lastModified } = outcome.validators;
  return { ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
}

function nextPollAt(
  { source, startedAt, tools }: Visit,
  seen: { readonly reading?: Reading; readonly outcome: Answered },
): number {
  const published = [
    ...(seen.reading?.candidates.flatMap((candidate) =>
      candidate.published === undefined ? [] : [candidate.published.to],
    ) ?? []),
  ].sort((a, b) => b - a);
  return nextVisit({
    rhythm: source.rhythm,
    now: startedAt,
    bounds: { minimumMs: tools.minimumMs },
    ...(seen.reading === undefined ? {} : { hints: seen.reading.hints }),
    ...(seen.outcome.freshUntilMs === undefined ? {} : { freshUntilMs: seen.outcome.freshUntilMs }),
    publishedAt: published,
    random: tools.random(),
    nextCronAt: (expression) => tools.nextCronAt(expression, source.timeZone),
  });
}

/** What changes when a visit brings no new document: the record, the memory, the next visit. */
function without(
  visit: Visit,
  result: Omit<PollRecord, "id" | "at" | "stories" | "durationMs">,
  rest: Pick<PollChanges, "memory" | "nextPollAt">,
): PollChanges {
  const { source, startedAt, tools } = visit;
  return {
    sourceId: source.id,
    poll: {
      id: `${source.id}@${startedAt}`,
      at: startedAt,
      ...result,
      stories: { seen: 0, new: 0, updated: 0 },
      durationMs: tools.now() - startedAt,
    },
    ...rest,
    newStories: [],
    updates: [],
    sightings: [],
    memberships: [],
  };
}

function planUnchanged(visit: Visit, outcome: Answered, result: "not_modified" | "unchanged"): PollChanges {
  const { failingSince: _since, moved: _moved, missing: _missing, gone: _gone, ...memory } = visit.memory;
  const validators = result === "unchanged" ? { validators: validatorsOf(outcome) } : {};
  return without(
    visit,
    { outcome: result, httpStatus: outcome.status, finalUrl: outcome.finalUrl, wireBytes: outcome.wireBytes },
    {
      memory: { ...memory, ...movedOf(visit, outcome), ...validators, failures: 0, lastSuccessAt: visit.startedAt },
      nextPollAt: nextPollAt(visit, { outcome }),
    },
  );
}

/** 410: the publisher asks never to come again (RFC 9110 §15.5.11). */
function planGone(visit: Visit, outcome: Extract<FetchOutcome, { kind: "gone" }>): PollChanges {
  return without(
    visit,
    {
      outcome: "failed",
      code: "gone",
      message: "The server says that this address is gone for good",
      httpStatus: outcome.status,
      finalUrl: outcome.finalUrl,
    },
    { memory: { ...visit.memory, ...failing(visit), gone: true }, nextPollAt: null },
  );
}

/** An article's page that is not there any more takes its story along. */
async function withMissing({ source, memory, tools }: Visit, changes: PollChanges): Promise<PollChanges> {
  const isGone = changes.poll.code === "gone";
  if (memory.kind !== "page" || !(isGone || changes.poll.code === "not_found")) return changes;
  const listed = await tools.store.storiesForPoll(source.id, []);
  const open = listed.filter((story) => !story.withdrawn && !story.deleted).map((story) => story.id);
  const articles = (await tools.store.storiesById(open)).filter((story) => story.kind === "article");
  return planMissing(changes, { isGone, articles });
}

/** Failures of the way there, which our own network may be the cause of. */
const NETWORK_CODES = new Set([
  "dns_failed",
  "connect_failed",
  "connect_timeout",
  "tls_failed",
  "timeout",
  "headers_timeout",
]);

/** What a learnt address answers when it was not worth learning. */
const UNLEARNT_CODES = new Set(["not_found", "not_a_feed", "empty", "refused_address"]);

function planFailed(visit: Visit, error: StorywireError): PollChanges {
  const { source, startedAt, tools, memory } = visit;
  const http = error instanceof FetchError ? error : undefined;
  const isOutage = NETWORK_CODES.has(error.code) && tools.outage.told(hostOf(source), startedAt, false);
  const { feedUrl: _feedUrl, moved: _moved, ...unlearnt } = memory;
  const kept = UNLEARNT_CODES.has(error.code) ? unlearnt : memory;
  return without(
    visit,
    {
      outcome: "failed",
      code: isOutage ? "outage" : error.code,
      message: isOutage ? `Our own network seems to be down: ${error.message}` : error.message,
      ...(http?.httpStatus === undefined ? {} : { httpStatus: http.httpStatus }),
    },
    {
      // An outage of ours is charged to no source.
      memory: isOutage ? memory : { ...kept, ...failing(visit) },
      nextPollAt: nextTry({
        now: startedAt,
        intervalMs: isOutage ? tools.minimumMs : intervalOf(source.rhythm),
        failures: isOutage ? 1 : memory.failures + 1,
        ...(http?.retryAfterMs === undefined ? {} : { retryAfterMs: http.retryAfterMs }),
        minimumMs: tools.minimumMs,
        random: tools.random(),
      }),
    },
  );
}

function failing({ memory, startedAt }: Visit): Pick<SourceMemory, "failures" | "failingSince"> {
  return { failures: memory.failures + 1, failingSince: memory.failingSince ?? startedAt };
}
