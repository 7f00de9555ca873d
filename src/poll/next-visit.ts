import type { PollingHints } from "../model/parsed.ts";
import type { Rhythm } from "../model/source.ts";

/** The operator's bounds, in milliseconds. */
interface VisitBounds {
  /** No source is visited more often. */
  readonly minimumMs: number;
}

/** No wait is longer, whatever a server asks: there is always a next try. */
const WAIT_MAX_MS = 24 * 3_600_000;

/** A visit is moved by at most this share of its interval, so that sources do not fall due together. */
const JITTER_SHARE = 0.1;

export interface NextVisitInput {
  readonly rhythm: Rhythm;
  readonly now: number;
  readonly bounds: VisitBounds;
  /** What the document asks for. */
  readonly hints?: PollingHints;
  /** What the answer's headers ask for: fresh until this instant. */
  readonly freshUntilMs?: number;
  /** Instants at which newest stories were published, newest first: the rhythm that `adaptive` follows. */
  readonly publishedAt?: readonly number[];
  /** 0 to 1, from outside. */
  readonly random: number;
  /** Next instant of a cron expression. */
  readonly nextCronAt: (expression: string) => number | null;
}

/**
 * When a source is visited next after a visit that went well: the operator's rhythm, but no sooner than the document
 * (`ttl`, sy:*) and the headers (RFC 9111 §4.2) ask, not in hours or days it names (RSS `skipHours`, `skipDays`), never
 * more often than the operator's minimum, and at most a day later than the rhythm.
 */
export function nextVisit(input: NextVisitInput): number {
  const { now, rhythm, bounds, hints } = input;
  const own = rhythmAt(input);
  const asked = Math.max(now + (hints?.intervalMs ?? 0), input.freshUntilMs ?? 0);
  const latest = Math.max(own, now + WAIT_MAX_MS);
  const earliest = now + bounds.minimumMs;
  const due = Math.max(Math.min(Math.max(own, asked), latest), rhythm.kind === "cron" ? own : earliest);
  return afterSkipped(Math.round(due), hints);
}

function rhythmAt({ rhythm, now, random, publishedAt, nextCronAt }: NextVisitInput): number {
  switch (rhythm.kind) {
    case "every":
      return now + jittered(rhythm.everyMs, random);
    case "adaptive":
      return now + jittered(adaptiveMs(publishedAt ?? [], rhythm), random);
    case "cron":
      return nextCronAt(rhythm.expression) ?? now + WAIT_MAX_MS;
    default:
      return rhythm satisfies never;
  }
}

/** Between all of the interval and a tenth less. */
function jittered(intervalMs: number, random: number): number {
  return intervalMs * (1 - JITTER_SHARE * random);
}

/** Half the usual gap between two stories (median of the last 20), within the operator's bounds. */
function adaptiveMs(
  publishedAt: readonly number[],
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
): number {
  const newest = publishedAt.slice(0, 21);
  const gaps = newest
    .slice(1)
    .map((at, index) => (newest[index] ?? at) - at)
    .sort((a, b) => a - b);
  const median = gaps[Math.floor(gaps.length / 2)];
  return median === undefined ? maxMs : Math.min(Math.max(median / 2, minMs), maxMs);
}

const HOUR_MS = 3_600_000;

/** The first whole hour from `due` that is not skipped; a source that skips every hour of the week is not believed. */
function afterSkipped(due: number, hints: PollingHints | undefined): number {
  const hours = hints?.skipHours ?? [];
  const days = hints?.skipDays ?? [];
  if (hours.length === 0 && days.length === 0) return due;
  for (let step = 0; step < 7 * 24; step += 1) {
    const at = step === 0 ? due : Math.floor(due / HOUR_MS) * HOUR_MS + step * HOUR_MS;
    const date = new Date(at);
    if (!hours.includes(date.getUTCHours()) && !days.includes(date.getUTCDay())) return at;
  }
  return due;
}

export interface RetryInput {
  readonly now: number;
  /** The source's ordinary interval, in milliseconds. */
  readonly intervalMs: number;
  /** Failures in a row, this one included. */
  readonly failures: number;
  /** What Retry-After asks, in milliseconds (RFC 9110 §10.2.3). */
  readonly retryAfterMs?: number;
  readonly minimumMs: number;
  readonly random: number;
}

/** When a source that failed is tried again: its interval doubled by each failure, at most a day, with full jitter. */
export function nextTry({ now, intervalMs, failures, retryAfterMs, minimumMs, random }: RetryInput): number {
  const cap = Math.min(intervalMs * 2 ** Math.min(failures, 12), WAIT_MAX_MS);
  const backoff = Math.max(intervalMs, minimumMs) + Math.max(cap - intervalMs, 0) * random;
  const asked = Math.min(retryAfterMs ?? 0, WAIT_MAX_MS);
  return Math.round(now + Math.max(Math.min(backoff, WAIT_MAX_MS), asked, minimumMs));
}

/** The interval a rhythm stands for where one is needed, in milliseconds. */
export function intervalOf(rhythm: Rhythm): number {
  switch (rhythm.kind) {
    case "every":
      return rhythm.everyMs;
    case "adaptive":
      return rhythm.minMs;
    case "cron":
      return HOUR_MS;
    default:
      return rhythm satisfies never;
  }
}
