import type { Configuration } from "../config/settings.ts";
import { instantJson } from "../model/story-json.ts";
import { type SourceStatus, sourceStatus } from "../poll/status.ts";
import type { SourceState, SourceUsage, Store } from "../store/store.ts";

/** Entries of each list. */
const TROUBLED = 20;
const NEXT = 5;
const NEWEST = 5;
const LARGEST = 10;
/** Sources measured while somebody waits. */
const MEASURED = 20;

/** The service at a glance, as JSON. */
export interface Overview {
  /** Sources by state. */
  readonly counts: Readonly<Record<string, number>>;
  readonly troubled: readonly SourceStatus[];
  readonly nextPolls: readonly { readonly source: string; readonly at: string }[];
  readonly newestStories: readonly {
    readonly id: string;
    readonly source: string;
    readonly title: string;
    readonly firstSeenAt: string;
    readonly url?: string;
  }[];
  readonly feeds: number;
  readonly disk: {
    readonly databaseBytes: number;
    readonly stories?: number;
    readonly sources: readonly {
      readonly id: string;
      readonly stories: number;
      readonly bytes: number;
      readonly measuredAt: string;
    }[];
  };
}

interface OverviewOptions {
  /** Whether a change of a source's configuration waits to be applied. */
  readonly isPending?: (id: string) => boolean;
  /** Measure now, as of `now`, some sources that were never measured. */
  readonly measure?: { readonly now: number };
}

export interface Glance {
  readonly overview: Overview;
  /** Every source, in the order of the configuration. */
  readonly sources: readonly SourceStatus[];
}

/** How the service is doing: a few reads, none of which grows with the number of stories. */
export async function readOverview(
  { sources, feeds }: Configuration,
  store: Store,
  { isPending = () => false, measure }: OverviewOptions = {},
): Promise<Glance> {
  const [states, stories, measured, databaseBytes] = await Promise.all([
    store.sourceStates(),
    store.newestStories(NEWEST),
    store.sourceUsage(),
    store.diskBytes(),
  ]);
  const usage = measure === undefined ? measured : await measureOthers(measured, states, store, measure.now);
  const byId = new Map(states.map((state) => [state.id, state]));
  const told = sources.map((source) => sourceStatus(source, byId.get(source.id), isPending(source.id)));
  const largest = usage.toSorted((a, b) => b.bytes - a.bytes).slice(0, LARGEST);
  const overview = {
    counts: countBy(told),
    troubled: told
      .filter(({ state }) => state === "failing" || state === "suspect")
      .sort((a, b) => b.failures - a.failures)
      .slice(0, TROUBLED),
    nextPolls: told
      .flatMap(({ id, nextPollAt }) => (nextPollAt === undefined ? [] : [{ source: id, at: nextPollAt }]))
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .slice(0, NEXT),
    newestStories: stories.map(({ id, sourceId, title, firstSeenAt, url }) => ({
      id,
      source: sourceId,
      title,
      firstSeenAt: instantJson(firstSeenAt),
      ...(url === undefined ? {} : { url }),
    })),
    feeds: feeds.length,
    disk: {
      databaseBytes,
      ...(usage.length === 0 ? {} : { stories: usage.reduce((sum, one) => sum + one.stories, 0) }),
      sources: largest.map(({ sourceId, stories: held, bytes, at }) => ({
        id: sourceId,
        stories: held,
        bytes,
        measuredAt: instantJson(at),
      })),
    },
  };
  return { overview, sources: told };
}

/** Sources that retention did not come by yet: a few are measured at once. */
async function measureOthers(
  measured: readonly SourceUsage[],
  states: readonly SourceState[],
  store: Store,
  now: number,
): Promise<readonly SourceUsage[]> {
  const known = new Set(measured.map(({ sourceId }) => sourceId));
  const others = states.filter(({ id }) => !known.has(id)).slice(0, MEASURED);
  return [...measured, ...(await Promise.all(others.map(({ id }) => store.measureSource(id, now))))];
}

function countBy(told: readonly SourceStatus[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(told, ({ state }) => state)].map(([state, all]) => [state, all.length]));
}
