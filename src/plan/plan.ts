import type { Configuration } from "../config/settings.ts";
import { ParseError } from "../errors.ts";
import type { Feed, FeedSlug } from "../model/feed.ts";
import type { Source, SourceId } from "../model/source.ts";
import type { Story } from "../model/story.ts";
import { clusterOf } from "../normalize/identity.ts";
import { compileSelector, type Selector } from "../select/select.ts";
import type { KeptBody, SourceState, Store } from "../store/store.ts";
import type { AppliedFiles } from "./applied.ts";
import type { SourceDifference } from "./diff.ts";
import { compareFiles, type FeedDifference, type FilesDifference, isReadAnew, isSelectedAnew } from "./diff.ts";
import { type ArrivingItem, compareFindings, type Finding, noEffects, type SourceEffects } from "./effects.ts";
import { type FeedEffects, type FeedItem, planFeed } from "./feed-effects.ts";

/** What was done to find out what a change does to a source: see docs/commands.md. */
type ReplayState = "replayed" | "never_visited" | "no_body" | "unread" | "suspect" | "none";

interface SourcePlan extends SourceDifference {
  readonly replay: ReplayState;
  /** Why its document cannot be read, or would not be believed. */
  readonly fault?: { readonly code: string; readonly message: string };
  /** The document can be read under the rules in force, or nothing could be tried: an operator should know. */
  readonly breaks?: true;
  /** Readers have stories of it, and there is no document on which the change could be tried. */
  readonly isUntried?: true;
  /** When the document came that was read, milliseconds since 1970 UTC. */
  readonly fetchedAt?: number;
  /** Items found in it. */
  readonly seen?: number;
  readonly effects: SourceEffects;
}

interface FeedPlan {
  readonly slug: FeedSlug;
  /** `same`: the feed's file stays; its entries change all the same. */
  readonly change: FeedDifference["change"] | "same";
  readonly formerly?: FeedSlug;
  readonly fields: readonly string[];
  readonly effects: FeedEffects;
}

export interface FilesPlan {
  readonly difference: FilesDifference;
  readonly sources: readonly SourcePlan[];
  readonly feeds: readonly FeedPlan[];
}

export interface PlanTools {
  readonly store: Pick<Store, "sourceStates" | "keptBodies" | "newestEntries" | "newestOfSource" | "storiesById">;
  /** A visit over a kept document, nothing stored; `wanted`: memberships as the files say, else as they are. */
  readonly replay: (
    source: Source,
    document: { readonly state: SourceState | undefined; readonly body: KeptBody },
  ) => Promise<Finding | null>;
  readonly now: number;
  /** Told how many of the sources to be read are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Sources tried at once: as many as keep the reading processes busy. */
const AT_ONCE = 6;

/** Stories looked at for the entries of one feed whose selection changes, of all its sources together and of each. */
const LOOKED_AT = 20_000;
const LOOKED_AT_EACH = 20;

/**
 * What a configuration would do that is not in force yet: its changed sources are tried on the documents kept of them,
 * its feeds on the stories that are stored. No network; nothing is written. `running` is what is in force, as it runs.
 */
export async function planFiles(
  {
    applied,
    running,
    wanted,
  }: { readonly applied: AppliedFiles; readonly running: Configuration; readonly wanted: Configuration },
  tools: PlanTools,
): Promise<FilesPlan> {
  const difference = compareFiles(applied, wanted);
  const states = new Map((await tools.store.sourceStates()).map((state) => [state.id, state]));
  const before = new Map(running.sources.map((source) => [source.id, source]));
  const after = new Map(wanted.sources.map((source) => [source.id, source]));
  let done = 0;
  const sources = await inParallel(difference.sources, async (one) => {
    const planned = await planSource(
      one,
      { before: before.get(one.id), after: after.get(one.id), state: states.get(one.id) },
      tools,
    );
    done += 1;
    tools.onProgress?.(done, difference.sources.length);
    return planned;
  });
  const feeds = await planFeeds({ difference, sources, running, wanted, known: [...states.keys()] }, tools);
  return { difference, sources, feeds };
}

// --- sources

interface SourceSides {
  readonly before: Source | undefined;
  readonly after: Source | undefined;
  readonly state: SourceState | undefined;
}

async function planSource(
  difference: SourceDifference,
  { before, after, state }: SourceSides,
  tools: PlanTools,
): Promise<SourcePlan> {
  const plain = { ...difference, effects: noEffects };
  if (difference.change === "added" && state === undefined) return { ...plain, replay: "never_visited" };
  if (before === undefined || after === undefined || !isReadAnew(difference)) return { ...plain, replay: "none" };
  if (state?.lastPoll === undefined) return { ...plain, replay: "never_visited" };
  for (const body of await tools.store.keptBodies(difference.id)) {
    const old = await tryFinding(before, { state, body }, tools);
    const next = await tryFinding(after, { state, body }, tools);
    // A document that no rules can read: the one before it may be better.
    if (isUnreadable(next) && isUnreadable(old)) continue;
    return { ...difference, fetchedAt: body.at, ...sourcePlan(old, next, { before, after, now: tools.now }) };
  }
  // What another address holds is never known; that is no reason to wait.
  const isUntried = state.memory.lastSuccessAt !== undefined && difference.fields.some((field) => field !== "url");
  return { ...plain, replay: "no_body", ...(isUntried ? { isUntried } : {}) };
}

type Tried =
  | { readonly kind: "found"; readonly finding: Finding }
  | { readonly kind: "elsewhere" }
  | { readonly kind: "unread"; readonly fault: { readonly code: string; readonly message: string } };

/** What could not be tried at all is no fault of the document: nobody knows then what the change does. */
const UNTRIED_CODES = new Set(["parse_timeout", "parse_memory", "parse_crashed", "stopped"]);

function isUnreadable(tried: Tried): boolean {
  return tried.kind === "unread" && !UNTRIED_CODES.has(tried.fault.code);
}

async function tryFinding(
  source: Source,
  document: { readonly state: SourceState; readonly body: KeptBody },
  tools: PlanTools,
): Promise<Tried> {
  try {
    const finding = await tools.replay(source, document);
    return finding === null ? { kind: "elsewhere" } : { kind: "found", finding };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return { kind: "unread", fault: { code: error.code, message: error.message } };
  }
}

function sourcePlan(
  old: Tried,
  next: Tried,
  { before, after, now }: { readonly before: Source; readonly after: Source; readonly now: number },
): Omit<SourcePlan, keyof SourceDifference> {
  const wasRead = old.kind === "found" && !isSuspect(old.finding);
  const breaks = wasRead || (next.kind === "unread" && !isUnreadable(next)) ? ({ breaks: true } as const) : {};
  if (next.kind === "elsewhere") return { replay: "no_body", effects: noEffects, isUntried: true };
  if (next.kind === "unread") return { replay: "unread", fault: next.fault, effects: noEffects, ...breaks };
  const { finding } = next;
  const seen = finding.candidates.length;
  if (isSuspect(finding)) {
    const { code = "suspect", message = "" } = finding.changes.poll;
    return { replay: "suspect", fault: { code, message }, seen, effects: noEffects, ...breaks };
  }
  const effects = compareFindings({
    before: wasRead ? old.finding : undefined,
    after: finding,
    now,
    timeZones: { before: before.timeZone, after: after.timeZone },
  });
  return { replay: "replayed", seen, effects };
}

function isSuspect({ changes }: Finding): boolean {
  return changes.poll.outcome === "suspect";
}

// --- feeds

interface FeedsInput {
  readonly difference: FilesDifference;
  readonly sources: readonly SourcePlan[];
  readonly running: Configuration;
  readonly wanted: Configuration;
  /** Sources of which the store holds something. */
  readonly known: readonly SourceId[];
}

async function planFeeds(input: FeedsInput, tools: PlanTools): Promise<readonly FeedPlan[]> {
  const { difference, sources, running, wanted } = input;
  const changed = new Map(difference.feeds.map((feed) => [feed.slug, feed]));
  const [before, after] = [bySlug(running.feeds), bySlug(wanted.feeds)];
  const effects = new Map(sources.map(({ id, effects: found }) => [id, found]));
  const touched = new Set(sources.filter(({ effects: found }) => isSomething(found)).map(({ id }) => id));
  const arriving = sources.flatMap(({ effects: { appear, changeId } }) => [...appear, ...changeId.map(({ to }) => to)]);
  const bySlugArriving = groupBySlug(arriving);
  const plans: FeedPlan[] = [];
  for (const slug of [...new Set([...changed.keys(), ...after.keys()])].sort()) {
    const feed = after.get(slug);
    const told = changed.get(slug);
    const selector = feed === undefined ? undefined : compileSelector(feed, wanted.sources);
    const old = before.get(told?.formerly ?? slug);
    const isAnew = (told !== undefined && isSelectedAnew(told)) || drawsElsewhere(old, selector, running);
    const drawn = [...touched].filter((id) => selector?.drawsFrom(id) === true);
    if (told === undefined && !isAnew && drawn.length === 0) continue;
    const shown = old === undefined ? [] : (await tools.store.newestEntries(old.slug, old.limit)).map(itemOf);
    const planned = planFeed({
      shown,
      ...(feed === undefined ? {} : { feed }),
      ...(selector === undefined || !isAnew ? {} : { taken: await takenBy(selector, { input, shown }, tools) }),
      arriving: bySlugArriving.get(slug) ?? [],
      sources: drawn.map((id) => effects.get(id) ?? noEffects),
    });
    if (told === undefined && !isSeen(planned)) continue;
    const { change = "same", fields = [], formerly } = told ?? {};
    plans.push({ slug, change, fields, ...(formerly === undefined ? {} : { formerly }), effects: planned });
  }
  return plans;
}

/** Whether readers of the feed would see anything of it. */
function isSeen({ appear, vanish, changeId, redate, update }: FeedEffects): boolean {
  return appear.length + vanish.length + changeId.length + redate.length + update.length > 0;
}

function isSomething({ appear, changeId, redate, update }: SourceEffects): boolean {
  return appear.length + changeId.length + redate.length + update.length > 0;
}

function bySlug(feeds: readonly Feed[]): ReadonlyMap<FeedSlug, Feed> {
  return new Map(feeds.map((feed) => [feed.slug, feed]));
}

function groupBySlug(items: readonly ArrivingItem[]): ReadonlyMap<FeedSlug, readonly ArrivingItem[]> {
  const grouped = new Map<FeedSlug, ArrivingItem[]>();
  for (const item of items)
    for (const slug of item.slugs) {
      const group = grouped.get(slug);
      if (group === undefined) grouped.set(slug, [item]);
      else group.push(item);
    }
  return grouped;
}

/** The same file, but other sources have its tags now, or there are others. */
function drawsElsewhere(old: Feed | undefined, selector: Selector | undefined, running: Configuration): boolean {
  if (old === undefined || selector === undefined || selector.drawsFrom(null)) return false;
  const { sourceIds } = compileSelector(old, running.sources);
  return sourceIds.size !== selector.sourceIds.size || [...sourceIds].some((id) => !selector.sourceIds.has(id));
}

/** The stored stories that a feed would take, as far as they may stand in it. */
async function takenBy(
  selector: Selector,
  { input, shown }: { readonly input: FeedsInput; readonly shown: readonly FeedItem[] },
  { store, now }: PlanTools,
): Promise<readonly FeedItem[]> {
  const { select, limit } = selector.feed;
  const known = new Set(input.known);
  const named = new Set<SourceId>(select.sources);
  const drawn = [...(selector.drawsFrom(null) ? known : new Set([...selector.sourceIds, ...named]))].filter((id) =>
    known.has(id),
  );
  const depth = Math.max(LOOKED_AT_EACH, Math.min(limit, Math.ceil(LOOKED_AT / Math.max(drawn.length, 1))));
  const taken = new Map<string, FeedItem>();
  for (const id of drawn)
    for (const story of await store.newestOfSource(id, depth)) if (takes(story)) taken.set(story.id, itemOf(story));
  // What is deeper in its source than was looked at stays, where the source is still drawn from.
  const deep = shown.filter(({ id }) => !taken.has(id));
  for (const story of await deepStories(deep)) if (takes(story)) taken.set(story.id, itemOf(story));
  return [...taken.values()];

  function takes(story: Story): boolean {
    return selector.matches(story) && (selector.leavesAt(story) ?? Number.POSITIVE_INFINITY) > now;
  }

  async function deepStories(items: readonly FeedItem[]): Promise<readonly Story[]> {
    return items.length === 0 ? [] : store.storiesById(items.map(({ id }) => id));
  }
}

function itemOf(story: Story): FeedItem {
  const { id, title, url, publishedAt, position } = story;
  const cluster = clusterOf(story);
  return {
    id,
    title,
    ...(url === undefined ? {} : { url }),
    publishedAt,
    position,
    ...(cluster === null ? {} : { cluster }),
  };
}

/** Some at a time, answers in order. */
async function inParallel<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = values.entries();
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (const [index, value] of queue) results[index] = await work(value);
  });
  await Promise.all(workers);
  return results;
}
