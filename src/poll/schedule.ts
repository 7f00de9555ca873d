import { createTask, validate } from "node-cron";
import type { Source, SourceId } from "../model/source.ts";
import type { SourceState } from "../store/store.ts";

/** Whether node-cron reads this expression. */
export function isCronExpression(expression: string): boolean {
  return validate(expression);
}

/** Next instant of a cron expression in a zone, milliseconds since 1970 UTC; null where it never comes. */
export function nextCronRun(expression: string, timeZone: string): number | null {
  const task = createTask(expression, () => {}, { timezone: timeZone, suppressMissedWarning: true });
  try {
    return task.getNextRuns(1)[0]?.getTime() ?? null;
  } finally {
    void task.destroy();
  }
}

/** Between the end of one look at what is due and the next. */
const TICK_MS = 1_000;

/**
 * Calls `tick` at once, and again a second after each has ended, until stopped. By a timer, not by the clock on the wall:
 * a clock that is put back, or a machine that wakes, neither stops the ticks nor brings them in a burst.
 */
export function startTicking(tick: () => Promise<void>): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const beat = () => {
    void tick().finally(() => {
      if (!isStopped) timer = setTimeout(beat, TICK_MS);
    });
  };
  beat();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** No source waits longer on the word of a clock that was wrong when it was visited last; cron says its own days. */
const TRUSTED_WAIT_MS = 8 * 24 * 3_600_000;

/** The two clocks, in milliseconds: the one on the wall, which may be set, and one that only runs. */
export interface Clocks {
  readonly wall: number;
  readonly steady: number;
}

/**
 * Remembers by the steady clock when each source falls due. `dueAt` answers it by the wall's, which `now` is compared
 * with: as stored, or sooner where the wall clock was put back meanwhile, so that the interval holds.
 */
export function createAgenda(): { dueAt(source: Source, nextPollAt: number, clocks: Clocks): number } {
  const known = new Map<SourceId, { readonly nextPollAt: number; readonly steadyDue: number }>();
  return {
    dueAt({ id, rhythm }, nextPollAt, { wall, steady }) {
      let entry = known.get(id);
      if (entry?.nextPollAt !== nextPollAt) {
        const longest = rhythm.kind === "cron" ? Number.POSITIVE_INFINITY : TRUSTED_WAIT_MS;
        entry = { nextPollAt, steadyDue: steady + Math.min(nextPollAt - wall, longest) };
        known.set(id, entry);
      }
      return Math.min(nextPollAt, wall + entry.steadyDue - steady);
    },
  };
}

export interface DueInput {
  readonly sources: readonly Source[];
  readonly states: ReadonlyMap<SourceId, SourceState>;
  readonly now: number;
  /** Sources being visited now. */
  readonly busy: ReadonlySet<SourceId>;
}

/**
 * The sources to visit now, longest overdue first: not paused, not gone, not being visited, and due; a source never seen
 * is due at once. A visit that was missed while nothing ran is caught up once, not once per interval.
 */
export function dueSources({ sources, states, now, busy }: DueInput): readonly Source[] {
  return sources
    .filter((source) => !source.paused && !busy.has(source.id) && dueAt(states.get(source.id)) <= now)
    .sort((a, b) => dueAt(states.get(a.id)) - dueAt(states.get(b.id)) || (a.id < b.id ? -1 : 1));
}

function dueAt(state: SourceState | undefined): number {
  if (state === undefined) return 0;
  return state.memory.gone === true ? Number.POSITIVE_INFINITY : (state.nextPollAt ?? Number.POSITIVE_INFINITY);
}

/** The same sources, hosts taking turns; each host's own keep their order. */
export function interleaveHosts(sources: readonly Source[]): readonly Source[] {
  const seen = new Map<string, number>();
  const ranked = sources.map((source) => {
    const { host } = new URL(source.url);
    const rank = seen.get(host) ?? 0;
    seen.set(host, rank + 1);
    return { source, rank };
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ source }) => source);
}

export interface FreeTurns {
  /** Sources being visited now. */
  readonly visiting: readonly Source[];
  /** How many visits more there may be. */
  readonly free: number;
  /** Visits to one host at once; files are of no host. */
  readonly perHost: number;
}

/**
 * Whom to visit next of those that are due: hosts take turns, and none gets more turns than it can use, so that the many
 * sources of one slow host never stand in the way of the others'.
 */
export function nextTurns(due: readonly Source[], { visiting, free, perHost }: FreeTurns): readonly Source[] {
  const used = new Map<string, number>();
  const take = (source: Source): boolean => {
    const { host } = new URL(source.url);
    const count = (used.get(host) ?? 0) + 1;
    if (host !== "" && count > perHost) return false;
    used.set(host, count);
    return true;
  };
  for (const source of visiting) take(source);
  return interleaveHosts(due).filter(take).slice(0, free);
}
