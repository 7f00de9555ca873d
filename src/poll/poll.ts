import { hash } from "node:crypto";
import { FetchError, ParseError, StoreError, StorywireError } from "../errors.ts";
import type { FetchOutcome, FetchRequest } from "../fetch/fetch.ts";
import type { Candidate, Reading } from "../model/candidate.ts";
import { freshMemory, type PollRecord, type SourceMemory } from "../model/poll.ts";
import type { Source, SourceKind } from "../model/source.ts";
import type { Story, StoryId } from "../model/story.ts";
import { type AbsoluteUrl, resolveWebUrl } from "../model/url.ts";
import type { KnownStory, Membership, PollChanges, SourceState, Store } from "../store/store.ts";
import { mediaTypeOf } from "../text/media-type.ts";
import { followNew } from "./follow.ts";
import { matchPoll } from "./match.ts";
import { intervalOf, nextTry, nextVisit } from "./next-visit.ts";
import type { OutageWatch } from "./outage.ts";
import { withoutOwnOutput } from "./own-output.ts";
import { planMissing, planPoll, type VisitFacts } from "./plan.ts";
import type { ReadingJob } from "./read.ts";

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
  const memory = state?.memory ?? freshMemory;
  const rulesDigest = digestOfRules(source);
  const sameRules = memory.rulesDigest === rulesDigest;
  const visit: Visit = { source, memory: sameRules ? memory : { ...memory, rulesDigest }, sameRules, startedAt, tools };
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

/** What decides how a document is read: when it changes, an unchanged document is read again. */
function digestOfRules({ url, kind, listing, more, timeZone, capturedAt, documentUrl, contentType }: Source): string {
  const rules = { url, kind, listing, more, timeZone, capturedAt, documentUrl, contentType, reader: READER };
  return hash("sha256", JSON.stringify(rules), "base64url").slice(0, 22);
}

/** Grows when our reading of documents changes so that unchanged ones deserve another look. */
const READER = 1;

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

async function planDocument(visit: Visit, fetched: FetchedDocument): Promise<PollChanges> {
  const { source, tools, startedAt } = visit;
  const { outcome, bodyDigest, fetchedAt, memory, ...best } = await readBest(visit, fetched);
  const readAt = tools.now();
  const read = await withoutOwnOutput(best.read, tools.store);
  const stories = await tools.store.storiesForPoll(
    source.id,
    read.candidates.flatMap((candidate) => candidate.keys),
  );
  const { stories: matched } = matchPoll(source, memory.identity, { candidates: read.candidates, known: stories });
  const reading = source.listing.follow
    ? await followNew(
        read,
        (index) => !matched.has(index),
        (url) => readFollowed(visit, url),
      )
    : read;
  const changed = [...matched]
    .filter(([index, story]) => mayChange(reading.candidates[index], story))
    .map(([, story]) => story.id);
  const whole = new Map<StoryId, Story>((await tools.store.storiesById(changed)).map((story) => [story.id, story]));
  const facts: VisitFacts = {
    at: startedAt,
    durationMs: tools.now() - startedAt,
    httpStatus: outcome.status,
    finalUrl: outcome.finalUrl,
    wireBytes: outcome.wireBytes,
    stageMs: { fetch: fetchedAt - startedAt, read: readAt - fetchedAt },
    validators: validatorsOf(outcome),
    bodyDigest,
    ...(reading.complete === true ? { complete: true } : {}),
    ...(outcome.deltaBase === true ? { partial: true } : {}),
  };
  return planPoll({
    source,
    knowledge: { memory, stories, whole, digestsBefore: await tools.store.digestsBefore(changed) },
    reading,
    visit: facts,
    nextPollAt: nextPollAt(visit, { reading, outcome }),
    membershipsOf: tools.membershipsOf,
  });
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
  const contentType = source.contentType ?? outcome.contentType ?? mediaTypeOf(new URL(outcome.finalUrl).pathname);
  // The next large body may come once this one is read, well or not.
  using _body = { [Symbol.dispose]: () => outcome.release?.() };
  return await tools.read({
    bytes: outcome.body,
    ...(contentType === undefined ? {} : { contentType }),
    url: baseOf(source, outcome),
    ...(outcome.headers["content-language"] === undefined ? {} : { language: outcome.headers["content-language"] }),
    kind,
    timeZone: source.timeZone,
    capturedAt: source.capturedAt ?? startedAt,
    listing: source.listing,
    more: source.more,
    known: sameRules ? await tools.store.rawDigests(source.id) : new Set(),
  });
}

/** A file stands for the page it was saved from; a Content-Location names the document itself (RFC 9110 §8.7). */
function baseOf(source: Source, outcome: Fetched): AbsoluteUrl {
  return source.documentUrl ?? resolveWebUrl(outcome.headers["content-location"], outcome.finalUrl) ?? outcome.finalUrl;
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

/** Whether a poll may change what is known of a story, or brings it back: then its whole content is needed. */
function mayChange(candidate: Candidate | undefined, story: KnownStory): boolean {
  const digest = candidate?.contentDigest;
  return story.withdrawn || (digest !== undefined && digest !== story.contentDigest);
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
  const { failingSince: _since, moved: _moved, missing: _missing, ...memory } = visit.memory;
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
