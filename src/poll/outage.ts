/** Hosts that fail within the window before we suspect ourselves. */
const HOSTS_MIN = 5;
const WINDOW_MS = 120_000;

/** Tells many hosts failing at once, which is our own outage, from some sources failing. */
export interface OutageWatch {
  /**
   * Remembers how a request to a host ended at an instant (milliseconds); answers whether this looks like an outage of
   * ours: at least five hosts failed within two minutes and none answered.
   */
  told(host: string, at: number, isAnswered: boolean): boolean;
}

export function createOutageWatch(): OutageWatch {
  const failedAt = new Map<string, number>();
  let answeredAt = Number.NEGATIVE_INFINITY;
  return {
    told(host, at, isAnswered) {
      if (isAnswered) {
        answeredAt = Math.max(answeredAt, at);
        failedAt.clear();
        return false;
      }
      failedAt.set(host, at);
      for (const [known, when] of failedAt) if (when < at - WINDOW_MS) failedAt.delete(known);
      return failedAt.size >= HOSTS_MIN && answeredAt < at - WINDOW_MS;
    },
  };
}
