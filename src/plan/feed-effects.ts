import type { Feed } from "../model/feed.ts";
import type { StoryId } from "../model/story.ts";
import type { ArrivingItem, ChangedDate, ChangedId, ChangedStory, PlannedItem, SourceEffects } from "./effects.ts";

/** A story as far as its place in a feed needs. */
export interface FeedItem extends PlannedItem {
  readonly position: number;
  readonly cluster?: string;
}

export interface FeedInput {
  /** What readers see now, newest first. */
  readonly shown: readonly FeedItem[];
  /** The feed as the files describe it; absent: it is no feed any more. */
  readonly feed?: Pick<Feed, "limit" | "duplicates">;
  /** Stored stories that it would take; absent: its selection stays, and so do its entries. */
  readonly taken?: readonly FeedItem[];
  /** What would come into it by sources that are read differently, and what happens to their known stories. */
  readonly arriving: readonly ArrivingItem[];
  readonly sources: readonly SourceEffects[];
}

/** What readers of a feed would see of a change. */
export interface FeedEffects {
  readonly entries: { readonly before: number; readonly after: number };
  readonly appear: readonly PlannedItem[];
  readonly vanish: readonly PlannedItem[];
  readonly changeId: readonly ChangedId[];
  readonly redate: readonly ChangedDate[];
  readonly update: readonly ChangedStory[];
}

/**
 * What a change does to one feed. What newer entries push over its limit does not count as vanished: it would leave by
 * itself, and readers keep it.
 */
export function planFeed({ shown, feed, taken, arriving, sources }: FeedInput): FeedEffects {
  const before = new Set(shown.map(({ id }) => id));
  if (feed === undefined) return { ...nothing, entries: { before: shown.length, after: 0 }, vanish: shown.map(item) };
  const base = taken ?? shown;
  const after = single([...base, ...arriving], feed).slice(0, feed.limit);
  const entering = new Set(arriving.map(({ id }) => id));
  const renamed = sources
    .flatMap(({ changeId }) => changeId)
    .filter(({ from, to }) => before.has(from) || entering.has(to.id));
  const again = new Set(renamed.map(({ to }) => to.id));
  const kept = new Set(base.map(({ id }) => id));
  const staying = new Set(
    shown
      .filter(({ id }) => kept.has(id))
      .slice(0, feed.limit)
      .map(({ id }) => id),
  );
  const visible = new Set([...before, ...after.map(({ id }) => id)]);
  return {
    entries: { before: shown.length, after: after.length },
    appear: after.filter(({ id }) => !before.has(id) && !again.has(id)).map(item),
    vanish: shown.filter(({ id }) => !staying.has(id)).map(item),
    changeId: renamed,
    redate: sources.flatMap(({ redate }) => redate).filter(({ id }) => visible.has(id)),
    update: sources.flatMap(({ update }) => update).filter(({ id }) => before.has(id)),
  };
}

const nothing = { appear: [], vanish: [], changeId: [], redate: [], update: [] } as const;

function item({ id, title, url, publishedAt }: FeedItem): PlannedItem {
  return { id, title, ...(url === undefined ? {} : { url }), publishedAt };
}

/** In the order of a feed, each story once; of a cluster the one that stands there already, else the first. */
function single(items: readonly FeedItem[], { duplicates }: Pick<Feed, "duplicates">): readonly FeedItem[] {
  const seen = new Set<StoryId>();
  const clusters = new Set<string>();
  return items
    .filter(({ id, cluster }) => {
      const isDouble = seen.has(id) || (duplicates === "first" && cluster !== undefined && clusters.has(cluster));
      seen.add(id);
      if (cluster !== undefined) clusters.add(cluster);
      return !isDouble;
    })
    .sort((a, b) => b.publishedAt - a.publishedAt || a.position - b.position || (a.id < b.id ? -1 : 1));
}
