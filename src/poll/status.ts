import { showUrl } from "../fetch/failure.ts";
import type { PollRecord } from "../model/poll.ts";
import type { Source } from "../model/source.ts";
import { instantJson } from "../model/story-json.ts";
import type { SourceState } from "../store/store.ts";

export const sourceConditions = ["ok", "failing", "suspect", "paused", "pending"] as const;
export type SourceCondition = (typeof sourceConditions)[number];

/** How a source is doing, as the API and `storywire status` show it; instants as RFC 3339. */
export interface SourceStatus {
  readonly id: string;
  readonly state: SourceCondition;
  readonly lastPoll?: Readonly<Record<string, unknown>>;
  readonly failures: number;
  readonly failingSince?: string;
  /** Since when the operator wants no visits; absent where the file says so, or a 410 did. */
  readonly pausedAt?: string;
  readonly nextPollAt?: string;
}

/** `isPending`: a change of its configuration waits to be applied. */
export function sourceStatus(source: Source, state: SourceState | undefined, isPending = false): SourceStatus {
  const { memory, lastPoll, nextPollAt, pausedAt } = state ?? {};
  return {
    id: source.id,
    state: conditionOf(source, state, isPending),
    ...(lastPoll === undefined ? {} : { lastPoll: pollJson(lastPoll) }),
    failures: memory?.failures ?? 0,
    ...(memory?.failingSince === undefined ? {} : { failingSince: instantJson(memory.failingSince) }),
    ...(pausedAt === undefined ? {} : { pausedAt: instantJson(pausedAt) }),
    ...(nextPollAt == null || source.paused ? {} : { nextPollAt: instantJson(nextPollAt) }),
  };
}

/** How a source is doing, in one word. */
export function conditionOf(source: Source, state: SourceState | undefined, isPending = false): SourceCondition {
  if (source.paused || state?.pausedAt !== undefined || state?.memory.gone === true) return "paused";
  if (isPending || state?.lastPoll === undefined) return "pending";
  if (state.lastPoll.outcome === "suspect") return "suspect";
  return state.lastPoll.outcome === "failed" || state.memory.failures > 0 ? "failing" : "ok";
}

/** One visit's record; everything in it that came from outside is text. What a query holds may be a secret. */
export function pollJson({ at, finalUrl, ...record }: PollRecord): Readonly<Record<string, unknown>> {
  return {
    at: instantJson(at),
    ...record,
    ...(finalUrl === undefined ? {} : { finalUrl: showUrl(new URL(finalUrl)) }),
  };
}
