import { hash } from "node:crypto";
import type { Candidate, IdentityKey, Reading } from "../model/candidate.ts";
import {
  contradicts,
  type DateInterval,
  firstSeen,
  meetIntervals,
  type SettledDate,
  settleDate,
} from "../model/date.ts";
import type { Fault, FeedFacts } from "../model/parsed.ts";
import type { PollRecord, SourceMemory } from "../model/poll.ts";
import type { Source, SourceKind } from "../model/source.ts";
import type { Story, StoryContent, StoryDates, StoryId } from "../model/story.ts";
import { contentDigest } from "../normalize/digest.ts";
import { clusterOf } from "../normalize/identity.ts";
import type { KnownStory, Membership, NewStory, PollChanges, Sighting, StoryUpdate } from "../store/store.ts";
import { judgeDocument } from "./guard.ts";
import { isReliable, learnIdentity, type Matching, matchPoll, nameOf } from "./match.ts";

/** What the store knows of a source, as far as this poll's items need it. */
interface Knowledge {
  readonly memory: SourceMemory;
  readonly stories: readonly KnownStory[];
  /** The whole stories of those whose text this poll may change. */
  readonly whole: ReadonlyMap<StoryId, Story>;
  /** Content digests each of them had before. */
  readonly digestsBefore: ReadonlyMap<StoryId, readonly string[]>;
}

/** What the visit brought, beside the reading: all that the record and the memory keep. */
export interface VisitFacts {
  readonly at: number;
  readonly durationMs: number;
  readonly httpStatus?: number;
  readonly finalUrl?: string;
  readonly wireBytes?: number;
  readonly stageMs?: Readonly<Record<string, number>>;
  readonly validators?: { readonly etag?: string; readonly lastModified?: string };
  readonly bodyDigest?: string;
  /** The document is all there is: what is missing was withdrawn (RFC 5005 §2, fh:complete). */
  readonly complete?: boolean;
  /** The answer holds only what changed (226, RFC 3229): what is missing is not gone. */
  readonly partial?: boolean;
}

export interface PlanInput {
  readonly source: Source;
  readonly knowledge: Knowledge;
  readonly reading: Reading;
  readonly visit: VisitFacts;
  readonly nextPollAt: number | null;
  /** Which feeds a story enters. */
  readonly membershipsOf: (story: Story) => readonly Membership[];
}

/**
 * What one poll that brought a document changes (promises 1 to 4 of DESIGN.md): new stories, narrowed dates, material
 * changes, stories that left the list or came back. Pure. A document that the guard finds suspect changes nothing but
 * the record and the memory.
 */
export function planPoll(told: PlanInput): PollChanges {
  const input = withoutCutItem(told);
  const { source, knowledge, reading, visit } = input;
  const { memory } = knowledge;
  const matching = matchPoll(source, memory.identity, {
    candidates: reading.candidates,
    known: knowledge.stories,
  });
  const judgement = judgeDocument({
    format: kindOf(reading.format),
    usual: memory.kind,
    seen: reading.candidates.length,
    recognised: matching.stories.size,
    counts: memory.counts,
    suspectPolls: memory.suspectPolls,
    complete: visit.complete === true,
  });
  if (judgement !== null && visit.partial !== true) return planSuspect(input, judgement);

  const faults: Fault[] = [...reading.faults];
  const decided = reading.candidates.map((candidate, position) => {
    const story = matching.stories.get(position);
    return story === undefined
      ? planNew(input, { candidate, position, matching, faults })
      : planKnown(input, { candidate, story, matching });
  });
  const newStories = decided.flatMap((one) => one.created ?? []);
  const updates = [
    ...decided.flatMap((one) => one.update ?? []),
    ...(visit.partial === true ? [] : planLeft(input, matching)),
  ];
  const revised = updates.filter((update) => update.revised !== undefined).length;
  const returning = updates.filter((update) => update.withdrawnAt === null);
  const { suspectPolls: _suspect, failingSince: _since, missing: _missing, gone: _gone, ...lasting } = memory;
  return {
    sourceId: source.id,
    poll: recordOf(input, {
      outcome: newStories.length + revised > 0 ? "new" : "unchanged",
      stories: { seen: reading.candidates.length, new: newStories.length, updated: revised },
      faults,
    }),
    memory: {
      ...lasting,
      ...validatorsOf(visit),
      ...(visit.bodyDigest === undefined ? {} : { bodyDigest: visit.bodyDigest }),
      kind: kindOf(reading.format),
      facts: reading.feed,
      identity: learnIdentity(source, memory.identity, { matching, candidates: reading.candidates }),
      counts: visit.partial === true ? memory.counts : [reading.candidates.length, ...memory.counts].slice(0, 10),
      suspectPolls: 0,
      failures: 0,
      lastSuccessAt: visit.at,
    },
    nextPollAt: input.nextPollAt,
    creditChanged: memory.facts !== undefined && creditOf(memory.facts) !== creditOf(reading.feed),
    newStories,
    updates,
    sightings: decided.flatMap((one) => one.sightings),
    memberships: [
      ...newStories.flatMap(({ story }) => input.membershipsOf(story)),
      ...returning.flatMap((update) => {
        const story = update.revised?.story ?? knowledge.whole.get(update.id);
        return story === undefined ? [] : input.membershipsOf(story);
      }),
    ],
  };
}

/**
 * A document that was cut off is a part of the list: what is missing did not leave, and an item that it breaks off in is
 * not one to believe. Nothing is remembered that would keep the next visit from bringing the whole.
 */
function withoutCutItem(input: PlanInput): PlanInput {
  const { faults, candidates } = input.reading;
  const cut = faults.find((fault) => fault.code === "cut_short");
  if (cut === undefined) return input;
  const { validators: _validators, bodyDigest: _digest, ...visit } = input.visit;
  const isLeftOut = faults.some((fault) => fault !== cut && fault.item === cut.item);
  const kept = cut.item === undefined || isLeftOut ? candidates : candidates.slice(0, -1);
  return { ...input, visit: { ...visit, partial: true }, reading: { ...input.reading, candidates: kept } };
}

/** What an address turned out to be: `auto` decided, and remembered for `explain` and for robots.txt. */
function kindOf(format: string): SourceKind {
  if (format === "article" || format === "text") return "page";
  return format === "listing" ? "listing" : "feed";
}

/** What documents say of a source. */
function creditOf({ title, link, self }: FeedFacts): string {
  return JSON.stringify([title, link, self]);
}

interface Decision {
  readonly created?: NewStory;
  readonly update?: StoryUpdate;
  readonly sightings: readonly Sighting[];
}

/** A suspect document is remembered as such; its validators are not, so that the next visit asks again. */
function planSuspect(input: PlanInput, judgement: { readonly code: string; readonly message: string }): PollChanges {
  const { memory } = input.knowledge;
  return {
    sourceId: input.source.id,
    poll: recordOf(input, {
      outcome: "suspect",
      stories: { seen: input.reading.candidates.length, new: 0, updated: 0 },
      faults: input.reading.faults,
      ...judgement,
    }),
    memory: { ...memory, suspectPolls: memory.suspectPolls + 1, failures: 0 },
    nextPollAt: input.nextPollAt,
    newStories: [],
    updates: [],
    sightings: [],
    memberships: [],
  };
}

function recordOf(
  { source, visit }: PlanInput,
  result: Pick<PollRecord, "outcome" | "stories"> & Partial<Pick<PollRecord, "code" | "message" | "faults">>,
): PollRecord {
  const { faults, ...rest } = result;
  return {
    id: `${source.id}@${visit.at}`,
    at: visit.at,
    ...rest,
    durationMs: visit.durationMs,
    ...(visit.httpStatus === undefined ? {} : { httpStatus: visit.httpStatus }),
    ...(visit.finalUrl === undefined ? {} : { finalUrl: visit.finalUrl }),
    ...(visit.wireBytes === undefined ? {} : { wireBytes: visit.wireBytes }),
    ...(visit.stageMs === undefined ? {} : { stageMs: visit.stageMs }),
    ...(faults === undefined || faults.length === 0 ? {} : { faults: faults.slice(0, 50) }),
  };
}

/** Validators cover exactly the document just read: an answer without them takes the old ones away. */
function validatorsOf(visit: VisitFacts): {
  readonly validators?: { readonly etag?: string; readonly lastModified?: string };
} {
  return { validators: visit.validators ?? {} };
}

// --- new stories

interface NewContext {
  readonly candidate: Candidate;
  readonly position: number;
  readonly matching: Matching;
  readonly faults: Fault[];
}

function planNew(input: PlanInput, { candidate, position, matching, faults }: NewContext): Decision {
  const keys = candidate.keys.filter((key) => !matching.owners.has(nameOf(key)));
  const first = keys[0];
  if (candidate.content === undefined || candidate.contentDigest === undefined || first === undefined) {
    faults.push({ code: "ambiguous_item", message: "The item shares every key with another story", item: position });
    return { sightings: [] };
  }
  if (saysNothing(candidate.content)) {
    faults.push({
      code: "empty_item",
      message: "The item has no title, text, link, picture or enclosure",
      item: position,
    });
    return { sightings: [] };
  }
  const story = storyOf(input, {
    candidate,
    content: candidate.content,
    digest: candidate.contentDigest,
    key: first,
    position,
  });
  return {
    created: {
      story,
      keys,
      rawDigest: candidate.rawDigest,
      ...optionalCluster(candidate.content),
      ...(candidate.origins === undefined ? {} : { origins: candidate.origins }),
    },
    sightings: firstSightings(story, candidate),
  };
}

/** A story that a reader could neither read nor open. */
function saysNothing(content: StoryContent): boolean {
  const { title, url, summary, contentHtml, images, enclosures } = content;
  return (
    title === "" &&
    url === undefined &&
    summary === undefined &&
    contentHtml === undefined &&
    images.length + enclosures.length === 0
  );
}

/** 26 base-32 characters over the source's id and the first identity key. */
export function deriveStoryId(sourceId: string, key: IdentityKey): StoryId {
  const digest = hash("sha256", `${sourceId}\n${key.kind}\n${key.key}`, "buffer");
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  let id = "";
  let bits = 0;
  let value = 0;
  for (const byte of digest) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) id += alphabet[(value >>> (bits - 5)) & 31];
    value &= 31;
  }
  // The cast makes the brand: this function is where story ids come from.
  return id.slice(0, 26) as StoryId;
}

function optionalCluster(content: StoryContent): { readonly cluster?: string } {
  const cluster = clusterOf(content);
  return cluster === null ? {} : { cluster };
}

interface StoryInput {
  readonly candidate: Candidate;
  readonly content: StoryContent;
  readonly digest: string;
  readonly key: IdentityKey;
  readonly position: number;
}

function storyOf({ source, visit }: PlanInput, { candidate, content, digest, key, position }: StoryInput): Story {
  const settle = (seen: DateInterval | undefined) =>
    seen === undefined ? null : settleDate(seen, visit.at, source.timeZone);
  const updated = settle(candidate.updated);
  const published = settle(candidate.published) ?? asPublished(updated) ?? firstSeen(visit.at);
  const later = updated !== null && updated.at > published.at ? updated : null;
  return {
    ...content,
    id: deriveStoryId(source.id, key),
    sourceId: source.id,
    publishedAt: published.at,
    ...(published.day === undefined ? {} : { publishedDay: published.day }),
    ...(later === null ? {} : { updatedAt: later.at, ...(later.day === undefined ? {} : { updatedDay: later.day }) }),
    stampAt: later?.at ?? published.at,
    position,
    dates: { published: published.interval, ...(updated === null ? {} : { updated: updated.interval }) },
    firstSeenAt: visit.at,
    lastSeenAt: visit.at,
    revision: 1,
    contentDigest: digest,
  };
}

/** Only an update is known: that value, and it says so. */
function asPublished(updated: SettledDate | null): SettledDate | null {
  return updated === null ? null : { ...updated, interval: { ...updated.interval, origin: "updated" } };
}

function firstSightings(story: Story, candidate: Candidate): readonly Sighting[] {
  const sightings: Sighting[] = [];
  for (const field of ["published", "updated"] as const) {
    const seen = candidate[field];
    if (seen !== undefined) {
      const rule = (seen.from ?? seen.to) > story.firstSeenAt ? "future" : "first";
      sightings.push({ storyId: story.id, field, text: seen.text ?? "", interval: seen, rule });
    }
  }
  for (const [field, text] of Object.entries(candidate.unreadDates ?? {})) {
    sightings.push({ storyId: story.id, field, text, rule: "unreadable" });
  }
  return sightings;
}

// --- known stories

interface KnownContext {
  readonly candidate: Candidate;
  readonly story: KnownStory;
  readonly matching: Matching;
}

function planKnown(input: PlanInput, context: KnownContext): Decision {
  const { candidate, story } = context;
  if (story.deleted) return { sightings: [] };
  const dates = narrowed(story, candidate);
  const change = planChange(input, context);
  const newKeys = keysToAdd(input, context);
  const update: StoryUpdate = {
    id: story.id,
    ...change.update,
    ...(dates.dates === undefined ? {} : { dates: dates.dates }),
    ...(newKeys.length === 0 ? {} : { newKeys }),
    ...(story.present ? {} : { present: true }),
    ...(story.withdrawn ? { withdrawnAt: null } : {}),
  };
  const sightings = [
    ...dates.sightings,
    ...change.sightings,
    ...newKeys.map((key) => keySighting(story, candidate, key)),
  ];
  return Object.keys(update).length === 1 ? { sightings } : { update, sightings };
}

/**
 * A churning guid is learnt only while guids can be trusted: a source that makes them up would fill the store. Keys of
 * the kind that the operator fixed are always learnt: under that rule a story is known by nothing else.
 */
function keysToAdd(
  { source, knowledge }: PlanInput,
  { candidate, story, matching }: KnownContext,
): readonly IdentityKey[] {
  const { identity } = knowledge.memory;
  const held = story.keys.map((key) => key.kind);
  return candidate.keys.filter(
    (key) =>
      !matching.owners.has(nameOf(key)) &&
      (key.kind === source.identity ||
        ((key.kind !== "guid" || isReliable("guid", identity)) &&
          held.filter((kind) => kind === key.kind).length < KEYS_OF_A_KIND)),
  );
}

const KEYS_OF_A_KIND = 8;

function keySighting(story: KnownStory, candidate: Candidate, key: IdentityKey): Sighting {
  const told = key.kind === "guid" ? candidate.content?.guid : key.kind === "url" ? candidate.content?.url : undefined;
  return { storyId: story.id, field: key.kind, text: told ?? key.key, rule: "churn" };
}

function narrowed(
  story: KnownStory,
  candidate: Candidate,
): { readonly dates?: StoryDates; readonly sightings: readonly Sighting[] } {
  const dates: { published?: DateInterval; updated?: DateInterval } = { ...story.dates };
  const sightings: Sighting[] = [];
  let moved = false;
  const seen = candidate.published;
  const known = dates.published;
  if (seen !== undefined && known !== undefined) {
    const met = meetIntervals(known, seen);
    moved = met !== known;
    dates.published = met;
    const sighting = { storyId: story.id, field: "published", text: seen.text ?? "", interval: seen };
    if (contradicts(known, seen)) sightings.push({ ...sighting, rule: "contradicts" });
    else if (met.precision !== known.precision) sightings.push({ ...sighting, rule: "narrowed" });
  }
  return { ...(moved ? { dates } : {}), sightings };
}

/** Polls in a row that must show a change which looks like a stale or cut copy before it is believed. */
const HELD_POLLS = 3;

/** A text that lost more than this share at once looks like a cut copy. */
const SHRUNK_SHARE = 0.5;
const SHRUNK_MIN = 200;

function planChange(
  input: PlanInput,
  { candidate, story }: KnownContext,
): { readonly update: Partial<StoryUpdate>; readonly sightings: readonly Sighting[] } {
  const none = { update: {}, sightings: [] };
  const { content, contentDigest: digest } = candidate;
  if (content === undefined || digest === undefined)
    return story.held === undefined ? none : { update: { held: null }, sightings: [] };
  const whole = input.knowledge.whole.get(story.id);
  const settled = { rawDigest: candidate.rawDigest, ...(story.held === undefined ? {} : { held: null }) };
  if (digest === story.contentDigest || whole === undefined) return { update: settled, sightings: [] };

  const { corrected = [] } = story;
  const merged = mergeContent(whole, content, corrected);
  const overruled = overruledSightings(story, content, whole);
  const changed = changedFields(whole, merged);
  const mergedDigest = contentDigest(merged);
  if (changed.length === 0 || mergedDigest === story.contentDigest) return { update: settled, sightings: overruled };

  const doubt = doubtOf(input, { story, whole, merged, digest: mergedDigest, candidate });
  const times = story.held?.digest === mergedDigest ? story.held.times + 1 : 1;
  if (doubt !== null && times < HELD_POLLS) {
    const sighting: Sighting = { storyId: story.id, field: "content", text: mergedDigest, rule: doubt };
    return { update: { held: { digest: mergedDigest, times } }, sightings: [sighting] };
  }
  const { source, visit } = input;
  const updated = candidate.updated === undefined ? null : settleDate(candidate.updated, visit.at, source.timeZone);
  const moved = updated !== null && updated.at > (whole.updatedAt ?? whole.publishedAt) ? updated : { at: visit.at };
  const { updatedDay: _day, ...lasting } = merged;
  const revisedStory: Story = {
    ...lasting,
    updatedAt: moved.at,
    ...("day" in moved && moved.day !== undefined ? { updatedDay: moved.day } : {}),
    stampAt: moved.at,
    revision: whole.revision + 1,
    contentDigest: mergedDigest,
  };
  const origins = originsOf(candidate, corrected);
  const revised = { story: revisedStory, changed, ...(origins === undefined ? {} : { origins }) };
  return { update: { ...settled, revised }, sightings: overruled };
}

/** Who said the fields that a revision takes over: not the first date, nor what stays as it was. */
function originsOf({ origins }: Candidate, corrected: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (origins === undefined) return undefined;
  const kept = new Set(["published", ...KEPT_FIELDS, ...corrected]);
  return Object.fromEntries(Object.entries(origins).filter(([field]) => !kept.has(field)));
}

/** What the source says in the place of an operator's word: told by `explain`, changes nothing. */
function overruledSightings({ id, corrected = [] }: KnownStory, told: StoryContent, whole: Story): readonly Sighting[] {
  return corrected.flatMap((field) => {
    const text: unknown = Reflect.get(told, field);
    return typeof text !== "string" || text === Reflect.get(whole, field)
      ? []
      : [{ storyId: id, field, text, rule: "corrected" }];
  });
}

interface Doubt {
  readonly story: KnownStory;
  readonly whole: Story;
  readonly merged: Story;
  readonly digest: string;
  readonly candidate: Candidate;
}

/** Why a change may be a stale or cut copy rather than an edit; null: it is an edit. */
function doubtOf({ knowledge }: PlanInput, { story, whole, merged, digest, candidate }: Doubt): string | null {
  const newer = candidate.updated !== undefined && candidate.updated.to > (whole.updatedAt ?? whole.publishedAt);
  if (newer) return null;
  if (knowledge.digestsBefore.get(story.id)?.includes(digest)) return "stale-copy";
  const before = whole.contentHtml?.length ?? 0;
  const after = merged.contentHtml?.length ?? 0;
  return before >= SHRUNK_MIN && after < before * SHRUNK_SHARE ? "shrunk" : null;
}

/** What the story says now: what the item tells, and where it tells nothing, or an operator said otherwise, what was known. */
function mergeContent(whole: Story, told: StoryContent, corrected: readonly string[]): Story {
  const merged: Record<string, unknown> = { ...whole };
  for (const [field, value] of Object.entries(told)) {
    const empty = value === "" || (Array.isArray(value) && value.length === 0);
    // The markup of a summary goes with it.
    const isKept = KEPT_FIELDS.has(field) || corrected.includes(field === "summaryHtml" ? "summary" : field);
    if (!empty && !isKept) merged[field] = value;
  }
  if (told.kind === "listed" && whole.kind !== "listed") merged.kind = whole.kind;
  // The cast holds: only fields of StoryContent were replaced, each by a value of its own type.
  return merged as unknown as Story;
}

/** The first guid and addresses stay: readers hold them. */
const KEPT_FIELDS = new Set(["guid", "url", "canonicalUrl"]);

const MATERIAL = ["title", "summary", "summaryHtml", "contentHtml"] as const;

function changedFields(before: Story, after: Story): readonly string[] {
  return MATERIAL.filter((field) => before[field] !== after[field]);
}

// --- stories that left the list

function planLeft({ knowledge, visit }: PlanInput, matching: Matching): readonly StoryUpdate[] {
  const matched = new Set([...matching.stories.values()].map((story) => story.id));
  return knowledge.stories
    .filter((story) => story.present && !matched.has(story.id))
    .map((story) => ({
      id: story.id,
      present: false,
      lastSeenAt: knowledge.memory.lastSuccessAt ?? visit.at,
      ...(visit.complete === true && !story.withdrawn ? { withdrawnAt: visit.at } : {}),
    }));
}

/** Visits in a row that have to find an article's page missing (404) before its story is withdrawn; 410 says it once. */
const MISSING_POLLS = 3;

/**
 * What a visit that found an article's page missing changes beside its record: the story is withdrawn once that is no
 * passing fault. `articles` are the stories that the page itself told; what it listed beside them stays.
 */
export function planMissing(
  changes: PollChanges,
  { isGone, articles }: { readonly isGone: boolean; readonly articles: readonly Story[] },
): PollChanges {
  const missing = (changes.memory.missing ?? 0) + 1;
  const memory = { ...changes.memory, missing };
  if (!isGone && missing < MISSING_POLLS) return { ...changes, memory };
  const { at } = changes.poll;
  const text = isGone ? "410" : "404";
  // The page has to be read when it comes back, even if it is what it was.
  const { validators: _validators, bodyDigest: _digest, ...lasting } = memory;
  return {
    ...changes,
    memory: lasting,
    updates: articles.map(({ id }) => ({ id, withdrawnAt: at })),
    sightings: articles.map(({ id }) => ({ storyId: id, field: "withdrawn", text, rule: "page-missing" })),
  };
}
