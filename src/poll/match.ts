import type { Candidate, IdentityKey } from "../model/candidate.ts";
import type { IdentityMemory } from "../model/poll.ts";
import type { IdentityRule, Source } from "../model/source.ts";
import { fold } from "../normalize/identity.ts";
import type { KnownStory } from "../store/store.ts";

/** Which known story each candidate is; candidates that are none of them are new. */
export interface Matching {
  /** By index of the candidate. */
  readonly stories: ReadonlyMap<number, KnownStory>;
  /** Which known story owns a key; keys never change hands. */
  readonly owners: ReadonlyMap<string, KnownStory>;
}

/** Published dates this far apart speak against one story; only equal ones speak for it. */
const NEAR_MS = 26 * 3_600_000;

const SAME_KEY = 2;

/** Recognises the stories of a poll under the rules of its source. */
export function matchPoll(
  { identity: fixed }: Pick<Source, "identity">,
  memory: IdentityMemory | undefined,
  poll: { readonly candidates: readonly Candidate[]; readonly known: readonly KnownStory[] },
): Matching {
  const isNewRule = isNewlyFixed(fixed, memory);
  return matchStories(poll.candidates, poll.known, rulesInForce(fixed, memory), isNewRule ? undefined : fixed);
}

/** The operator's rule is a new one: its keys are learnt from the stories as they are known, before it parts any. */
function isNewlyFixed(fixed: IdentityRule | undefined, memory: IdentityMemory | undefined): boolean {
  return fixed !== undefined && fixed !== memory?.fixed;
}

/**
 * Recognises the stories of a poll. Each shared key speaks for a story, as do equal titles and dates; an address, a
 * title or a date that both have and that differ speak against it. Pairs are taken best first, each story and each
 * candidate once; at equal weight the rule in force decides. A pair with as much against it is two stories, unless the
 * candidate has no key of its own to be a story by; so is one whose keys of the kind that the operator fixed differ.
 */
function matchStories(
  candidates: readonly Candidate[],
  known: readonly KnownStory[],
  rules: readonly IdentityRule[],
  fixed?: IdentityRule,
): Matching {
  const owners = new Map<string, KnownStory>();
  for (const story of known) for (const key of story.keys) owners.set(nameOf(key), story);
  const pairs = candidates.flatMap((candidate, index) =>
    pairsOf(candidate, index, owners, rules).filter(({ story }) => agrees(candidate, story, fixed)),
  );
  pairs.sort((a, b) => b.weight - a.weight || a.order - b.order || a.index - b.index);
  const stories = new Map<number, KnownStory>();
  const taken = new Set<string>();
  for (const { index, story } of pairs) {
    if (stories.has(index) || taken.has(story.id)) continue;
    stories.set(index, story);
    taken.add(story.id);
  }
  return { stories, owners };
}

export function nameOf(key: IdentityKey): string {
  return `${key.kind}:${key.key}`;
}

interface Pair {
  readonly index: number;
  readonly story: KnownStory;
  readonly weight: number;
  /** Rank of the strongest shared key under the rule in force. */
  readonly order: number;
}

function pairsOf(
  candidate: Candidate,
  index: number,
  owners: ReadonlyMap<string, KnownStory>,
  rules: readonly IdentityRule[],
): readonly Pair[] {
  const shared = new Map<KnownStory, Set<IdentityRule>>();
  for (const key of candidate.keys) {
    const story = rules.includes(key.kind) ? owners.get(nameOf(key)) : undefined;
    if (story !== undefined) shared.set(story, (shared.get(story) ?? new Set()).add(key.kind));
  }
  const isKnownByAll = candidate.keys.every((key) => owners.has(nameOf(key)));
  return [...shared].flatMap(([story, kinds]) => {
    const weight = kinds.size * SAME_KEY + likeness(candidate, story);
    const order = Math.min(...[...kinds].map((kind) => rules.indexOf(kind)));
    return weight > 0 || isKnownByAll ? [{ index, story, weight, order }] : [];
  });
}

/** Under a rule the operator fixed, two different keys of that kind are two stories whatever else they share. */
function agrees(candidate: Candidate, story: KnownStory, fixed: IdentityRule | undefined): boolean {
  const told = candidate.keys.filter((key) => key.kind === fixed);
  const held = story.keys.filter((key) => key.kind === fixed).map(nameOf);
  return told.length === 0 || held.length === 0 || told.some((key) => held.includes(nameOf(key)));
}

function likeness(candidate: Candidate, story: KnownStory): number {
  if (candidate.rawDigest === story.rawDigest) return SAME_KEY;
  let weight = 0;
  const title = candidate.content?.title;
  if (title !== undefined && title !== "" && story.title !== "") weight += fold(title) === fold(story.title) ? 1 : -1;
  const published = candidate.published;
  if (published?.precision === "exact") weight += dateWeight(Math.abs(published.to - story.publishedAt));
  if (hasOtherUrl(candidate.keys, story.keys) && hasOtherUrl(story.keys, candidate.keys)) weight -= 1;
  return weight;
}

/**
 * Whether the first name an address that the second do not. Where both do, it speaks against one story even if a
 * canonical address is shared: broken sites name their front page as the canonical address of every story.
 */
function hasOtherUrl(keys: readonly IdentityKey[], others: readonly IdentityKey[]): boolean {
  const held = new Set(others.filter((key) => key.kind === "url").map((key) => key.key));
  return keys.some((key) => key.kind === "url" && !held.has(key.key));
}

function dateWeight(apartMs: number): number {
  if (apartMs < 1_000) return 1;
  return apartMs <= NEAR_MS ? 0 : -1;
}

const ALL_RULES: readonly IdentityRule[] = ["guid", "url", "digest"];
const NONE = { guid: 0, url: 0, digest: 0 } as const;

/** Keys in the order they are believed: what the operator fixed, else the rule in force, then the others. */
function rulesInForce(fixed: IdentityRule | undefined, memory: IdentityMemory | undefined): readonly IdentityRule[] {
  const first = fixed ?? memory?.rule ?? "guid";
  return [first, ...ALL_RULES.filter((rule) => rule !== first)];
}

/** A kind of key is unreliable once it churned this often and in more than one of five meetings. */
const CHURN_MIN = 3;
const CHURN_SHARE = 0.2;

export function isReliable(rule: IdentityRule, memory: IdentityMemory | undefined): boolean {
  if (memory === undefined) return true;
  const churned = memory.churned[rule];
  return churned < CHURN_MIN || churned <= (churned + memory.confirmed[rule]) * CHURN_SHARE;
}

/** What this poll taught: each matched candidate confirms the keys the story had and shows those that churned. */
export function learnIdentity(
  { identity: fixed }: Pick<Source, "identity">,
  memory: IdentityMemory | undefined,
  { matching, candidates }: { readonly matching: Matching; readonly candidates: readonly Candidate[] },
): IdentityMemory {
  const confirmed: Record<IdentityRule, number> = { ...(memory?.confirmed ?? NONE) };
  const churned: Record<IdentityRule, number> = { ...(memory?.churned ?? NONE) };
  for (const [index, story] of matching.stories) {
    for (const rule of ALL_RULES) {
      const told = (candidates[index]?.keys ?? []).filter((key) => key.kind === rule);
      const held = story.keys.filter((key) => key.kind === rule).map(nameOf);
      if (told.length === 0 || held.length === 0) continue;
      if (told.some((key) => held.includes(nameOf(key)))) confirmed[rule] += 1;
      else churned[rule] += 1;
    }
  }
  const halve = Math.max(...ALL_RULES.map((rule) => confirmed[rule] + churned[rule])) > 10_000;
  const learnt = halve ? { confirmed: halved(confirmed), churned: halved(churned) } : { confirmed, churned };
  const rule = ALL_RULES.find((kind) => isReliable(kind, { rule: "guid", ...learnt })) ?? "digest";
  return { rule, ...learnt, ...(fixed === undefined ? {} : { fixed }) };
}

function halved(counts: Readonly<Record<IdentityRule, number>>): Record<IdentityRule, number> {
  return { guid: counts.guid >> 1, url: counts.url >> 1, digest: counts.digest >> 1 };
}
