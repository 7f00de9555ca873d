import type { Candidate } from "../model/candidate.ts";
import { settleDate } from "../model/date.ts";
import type { FeedSlug } from "../model/feed.ts";
import type { Story, StoryId } from "../model/story.ts";
import type { KnownStory, PollChanges } from "../store/store.ts";

/** What one visit would find and change; see poll/replay.ts. */
export interface Finding {
  readonly changes: PollChanges;
  readonly candidates: readonly Candidate[];
  readonly matched: ReadonlyMap<number, KnownStory>;
  readonly known: readonly KnownStory[];
}

/** A story as a plan names it. */
export interface PlannedItem {
  readonly id: StoryId;
  readonly title: string;
  readonly url?: string;
  /** Milliseconds since 1970 UTC. */
  readonly publishedAt: number;
}

/** A new story, and the feeds that it would enter. */
export interface ArrivingItem extends PlannedItem {
  readonly position: number;
  readonly slugs: readonly FeedSlug[];
  readonly cluster?: string;
}

/** A known story that would be announced again, under another id. */
export interface ChangedId {
  readonly from: StoryId;
  readonly to: ArrivingItem;
  readonly title: string;
}

/** A story whose date is read as another one; what is published keeps its date, what comes is dated so. */
export interface ChangedDate {
  readonly id: StoryId;
  readonly title: string;
  readonly from: number;
  /** Absent: no date is read any more. */
  readonly to?: number;
}

/** A story that would be told as updated, with its fields that change. */
export interface ChangedStory {
  readonly id: StoryId;
  readonly title: string;
  readonly fields: readonly string[];
}

/** What other rules do to the stories of a source. */
export interface SourceEffects {
  /** New stories that are none of the known ones. */
  readonly appear: readonly ArrivingItem[];
  /** Stories that are not found in the document any more; feeds go on showing them. */
  readonly vanish: readonly Omit<PlannedItem, "url">[];
  readonly changeId: readonly ChangedId[];
  readonly redate: readonly ChangedDate[];
  readonly update: readonly ChangedStory[];
}

export const noEffects: SourceEffects = { appear: [], vanish: [], changeId: [], redate: [], update: [] };

/**
 * What is found in one document under other rules beside what is found under those in force. `before` absent: it cannot be
 * read under these; then the comparison is with what is known. Instants are settled as of `now`, in each rule's own zone.
 */
export function compareFindings({
  before,
  after,
  now,
  timeZones,
}: {
  readonly before: Finding | undefined;
  readonly after: Finding;
  readonly now: number;
  readonly timeZones: { readonly before: string; readonly after: string };
}): SourceEffects {
  const [old, next] = [idsOf(before?.changes), idsOf(after.changes)];
  const isNew = (id: StoryId) => !old.created.has(id);
  const arriving = after.changes.newStories.filter(({ story }) => isNew(story.id));
  const left = after.known.filter(({ id }) => next.left.has(id) && !old.left.has(id));
  const pairs = pairStories(arriving, { left, candidates: after.candidates });
  const announcedAgain = new Set([...pairs.values()].map(({ id }) => id));
  const item = arrivingItems(after.changes);
  return {
    appear: arriving.filter(({ story }) => !pairs.has(story.id)).map(({ story }) => item(story)),
    vanish: left
      .filter(({ id }) => !announcedAgain.has(id))
      .map(({ id, title, publishedAt }) => ({ id, title, publishedAt })),
    changeId: arriving.flatMap(({ story }) => {
      const from = pairs.get(story.id);
      return from === undefined ? [] : [{ from: from.id, to: item(story), title: story.title }];
    }),
    redate: [
      ...changedDates({ before, after, now, timeZones }),
      ...arriving.flatMap(({ story }): ChangedDate[] => {
        const from = pairs.get(story.id);
        if (from === undefined || from.publishedAt === story.publishedAt) return [];
        return [{ id: story.id, title: story.title, from: from.publishedAt, to: story.publishedAt }];
      }),
    ],
    update: after.changes.updates.flatMap(({ id, revised }) =>
      revised === undefined || old.revised.has(id) ? [] : [{ id, title: revised.story.title, fields: revised.changed }],
    ),
  };
}

function idsOf(
  changes: PollChanges | undefined,
): Readonly<Record<"created" | "left" | "revised", ReadonlySet<StoryId>>> {
  const { newStories = [], updates = [] } = changes ?? {};
  return {
    created: new Set(newStories.map(({ story }) => story.id)),
    left: new Set(updates.filter(({ present }) => present === false).map(({ id }) => id)),
    revised: new Set(updates.filter(({ revised }) => revised !== undefined).map(({ id }) => id)),
  };
}

function arrivingItems({ memberships }: PollChanges): (story: Story) => ArrivingItem {
  const entering = Map.groupBy(memberships, ({ storyId }) => storyId);
  return ({ id, title, url, publishedAt, position }) => {
    const feeds = entering.get(id) ?? [];
    const cluster = feeds.find((membership) => membership.cluster !== undefined)?.cluster;
    return {
      id,
      title,
      ...(url === undefined ? {} : { url }),
      publishedAt,
      position,
      slugs: feeds.map(({ slug }) => slug),
      ...(cluster === undefined ? {} : { cluster }),
    };
  };
}

/**
 * Which story that left the list each new one is: the one with which it shares a key, its text, or, where nobody else has
 * it, its title.
 */
function pairStories(
  arriving: PollChanges["newStories"],
  { left, candidates }: { readonly left: readonly KnownStory[]; readonly candidates: readonly Candidate[] },
): ReadonlyMap<StoryId, KnownStory> {
  const owners = new Map<string, KnownStory | null>();
  const claim = (name: string, story: KnownStory) => owners.set(name, owners.has(name) ? null : story);
  for (const story of left) for (const name of namesOfKnown(story)) claim(name, story);
  const pairs = new Map<StoryId, KnownStory>();
  const taken = new Set<StoryId>();
  for (const { story } of arriving) {
    const keys = candidates[story.position]?.keys ?? [];
    const names = [...keys.map(({ kind, key }) => `${kind} ${key}`), `text ${story.contentDigest}`, titleName(story)];
    const owner = names.map((name) => owners.get(name)).find((one) => one != null && !taken.has(one.id));
    if (owner == null) continue;
    pairs.set(story.id, owner);
    taken.add(owner.id);
  }
  return pairs;
}

function namesOfKnown(story: KnownStory): readonly string[] {
  const { keys, contentDigest, title } = story;
  return [
    ...keys.map(({ kind, key }) => `${kind} ${key}`),
    `text ${contentDigest}`,
    ...(title === "" ? [] : [titleName(story)]),
  ];
}

function titleName({ title }: { readonly title: string }): string {
  return `title ${title.toLowerCase()}`;
}

/** Stories that both readings tell, with another date in the second. */
function changedDates({
  before,
  after,
  now,
  timeZones,
}: Parameters<typeof compareFindings>[0]): readonly ChangedDate[] {
  if (before === undefined) return [];
  const settled = ({ published }: Candidate, timeZone: string) =>
    published === undefined ? undefined : settleDate(published, now, timeZone)?.at;
  const dates = new Map(
    [...before.matched].flatMap(([index, { id }]) => {
      const candidate = before.candidates[index];
      return candidate === undefined ? [] : [[id, settled(candidate, timeZones.before)] as const];
    }),
  );
  return [...after.matched].flatMap(([index, { id, title, publishedAt }]): ChangedDate[] => {
    const candidate = after.candidates[index];
    if (candidate === undefined || !dates.has(id)) return [];
    const [from, to] = [dates.get(id), settled(candidate, timeZones.after)];
    if (from === to) return [];
    return [{ id, title, from: from ?? publishedAt, ...(to === undefined ? {} : { to }) }];
  });
}
