import { FetchError } from "../errors.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import type { FetchOutcome, FetchRequest } from "./fetch.ts";
import { ALLOW_ALL, isAllowed, parseRobots, ROBOTS_BYTES_MAX, type RobotsRules } from "./robots-rules.ts";

/**
 * How long a robots.txt is remembered where it does not say, which is also the longest (RFC 9309 §2.4; freshness ends
 * after a day too), and the shortest time, in milliseconds.
 */
const KEPT_MAX_MS = 86_400_000;
const KEPT_MIN_MS = 3_600_000;

/** How long a robots.txt that could not be had is not asked for again, in milliseconds. */
const FAILURE_KEPT_MS = 300_000;

/** Characters of robots.txt kept over all origins, and origins; the oldest go first. */
const CACHED_CHARACTERS_MAX = 8 * 1024 * 1024;
const CACHED_ORIGINS_MAX = 10_000;

interface RobotsVerdict {
  readonly allowed: boolean;
  readonly crawlDelayMs?: number;
}

type RobotsWay = Pick<FetchRequest, "proxy" | "userAgent">;

export interface Robots {
  /**
   * Whether a robots.txt lets us visit the page. Where there is none (4xx), everything is allowed. `way` is how the
   * page itself would be asked for; secrets have no place in it.
   *
   * @throws FetchError of the visit to robots.txt where it could not be had (5xx, 429, network): then nothing may be
   *   visited (RFC 9309 §2.3.1.4), unless an older copy is at hand
   */
  ask(url: AbsoluteUrl, way?: RobotsWay): Promise<RobotsVerdict>;
}

export interface RobotsOptions {
  /** Fetches a robots.txt: a Fetcher's `fetch`, behind the host queue. */
  readonly fetch: (request: FetchRequest) => Promise<FetchOutcome>;
  /** Our product token. Default `Storywire`. */
  readonly token?: string;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
}

interface CachedRobots {
  /** Absent where none could ever be had. */
  readonly rules: RobotsRules | undefined;
  /** Characters of the text, which the rules keep alive. */
  readonly weight: number;
  readonly failure?: unknown;
  readonly until: number;
}

/** Asks each origin for its robots.txt at most once while the answer is fresh, and remembers it. */
export function createRobots({ fetch, now, token = "Storywire" }: RobotsOptions): Robots {
  const cache = new RobotsCache();
  const pending = new Map<string, Promise<CachedRobots>>();

  async function recall(origin: string, way: RobotsWay): Promise<CachedRobots> {
    const cached = cache.get(origin);
    if (cached !== undefined && cached.until > now()) return cached;
    const loading = pending.get(origin) ?? load(origin, way);
    pending.set(origin, loading);
    return loading;
  }

  async function load(origin: string, way: RobotsWay): Promise<CachedRobots> {
    try {
      return cache.put(origin, await fetchRules(origin, way));
    } catch (failure) {
      const older = cache.get(origin);
      const until = now() + FAILURE_KEPT_MS;
      return cache.put(origin, { rules: older?.rules, weight: older?.weight ?? 0, failure, until });
    } finally {
      pending.delete(origin);
    }
  }

  async function fetchRules(origin: string, way: RobotsWay): Promise<CachedRobots> {
    // The cast is the proof: an http(s) origin with a path.
    const url = `${origin}/robots.txt` as AbsoluteUrl;
    const { proxy, userAgent } = way;
    const request = { proxy, userAgent, url, accept: "text/plain, */*;q=0.5", keepBytes: ROBOTS_BYTES_MAX };
    const outcome = await fetch(request).catch((error: unknown) => {
      if (isUnavailable(error)) return undefined;
      throw error;
    });
    if (outcome?.kind !== "fetched") return { rules: ALLOW_ALL, weight: 0, until: now() + KEPT_MAX_MS };
    const text = new TextDecoder().decode(outcome.body);
    const until = Math.max(outcome.freshUntilMs ?? now() + KEPT_MAX_MS, now() + KEPT_MIN_MS);
    return { rules: parseRobots(text, token), weight: text.length, until };
  }

  return {
    async ask(address, way = {}) {
      const url = new URL(address);
      const { rules, failure } = await recall(url.origin, way);
      if (rules === undefined) throw failure;
      const { crawlDelayMs } = rules;
      const allowed = isAllowed(rules, url);
      return crawlDelayMs === undefined ? { allowed } : { allowed, crawlDelayMs };
    },
  };
}

/** There is no robots.txt for us: any 4xx but 429 (RFC 9309 §2.3.1.3). */
function isUnavailable(error: unknown): boolean {
  if (!(error instanceof FetchError)) return false;
  const status = error.httpStatus ?? 0;
  return status >= 400 && status < 500 && status !== 429;
}

/** Origins asked, oldest first, bounded by their number and by the text behind their rules. */
class RobotsCache {
  readonly #entries = new Map<string, CachedRobots>();
  #characters = 0;

  get(origin: string): CachedRobots | undefined {
    return this.#entries.get(origin);
  }

  put(origin: string, entry: CachedRobots): CachedRobots {
    this.#drop(origin);
    this.#entries.set(origin, entry);
    this.#characters += entry.weight;
    while (this.#entries.size > CACHED_ORIGINS_MAX || this.#characters > CACHED_CHARACTERS_MAX) {
      const [oldest = origin] = this.#entries.keys();
      this.#drop(oldest);
    }
    return entry;
  }

  #drop(origin: string): void {
    this.#characters -= this.#entries.get(origin)?.weight ?? 0;
    this.#entries.delete(origin);
  }
}
