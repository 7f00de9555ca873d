import { availableParallelism } from "node:os";
import type { Configuration } from "../config/settings.ts";
import type { SourceId } from "../model/source.ts";
import { clusterOf } from "../normalize/identity.ts";
import { describeFiles, heldConfiguration } from "../plan/applied.ts";
import { planFiles } from "../plan/plan.ts";
import { type PlanJson, planJson } from "../plan/plan-json.ts";
import { surprisesOf } from "../plan/surprises.ts";
import { createReadingPool } from "../poll/pool.ts";
import { replayBody } from "../poll/replay.ts";
import { compileMemberships } from "../select/membership.ts";
import type { Store } from "../store/store.ts";
import { siteOf } from "./parts.ts";
import { acceptConfiguration, type Decision, findApplied, standingOf } from "./standing.ts";

export interface PlanningOptions {
  readonly now: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What the files would change: tried over kept documents by the reading processes, nothing stored. */
export async function planConfiguration(
  wanted: Configuration,
  store: Store,
  { now, onProgress }: PlanningOptions,
): Promise<PlanJson> {
  const { settings, sources, feeds } = wanted;
  const { digest } = describeFiles(wanted);
  const applied = await findApplied(store);
  const files = applied?.files ?? { sources: [], feeds: [] };
  await using reading = createReadingPool({
    timeoutMs: settings.limits.parseMs,
    smallLanes: Math.min(availableParallelism(), 4),
  });
  const memberships = compileMemberships(feeds, sources, clusterOf, siteOf(wanted));
  const tools = {
    store,
    read: reading.read,
    membershipsOf: memberships.of,
    now,
    bodyBytesMax: settings.limits.bodyBytes,
  };
  const plan = await planFiles(
    { applied: files, running: heldConfiguration(wanted, files), wanted },
    {
      store,
      now,
      replay: (source, document) => replayBody(source, document, tools),
      ...(onProgress === undefined ? {} : { onProgress }),
    },
  );
  // Where nothing was accepted yet, nothing is published that could surprise.
  const limits = { entriesMax: settings.surprises.entries, isKeeping: settings.limits.kept.count > 0 };
  const surprises = applied?.files == null ? [] : surprisesOf(plan, limits);
  return planJson(plan, { digest, applied, surprises });
}

/** What a process runs that may take the time to plan: the files, and accepts them, or what is held while they surprise. */
export async function decideConfiguration(
  wanted: Configuration,
  store: Store,
  now: number,
): Promise<{ readonly configuration: Configuration; readonly pending?: PlanJson }> {
  const standing = await standingOf(wanted, store);
  const plan = standing.isOpen ? await planConfiguration(wanted, store, { now }) : undefined;
  if (plan?.isSurprising === true) {
    await acceptConfiguration(standing, store, now);
    return { configuration: standing.configuration, pending: plan };
  }
  const decision: Decision = { configuration: wanted, replaces: standing.applied?.digest ?? null };
  await acceptConfiguration(decision, store, now);
  return { configuration: wanted };
}

/** The stories of a source that is configured no longer, forgotten with all that is known of it; null: nothing was. */
export async function forgetSource(id: SourceId, store: Store, now: number): Promise<number | null> {
  if ((await store.sourceStates([id])).length === 0) return null;
  let stories = 0;
  for (let isDone = false; !isDone; ) {
    const step = await store.forgetSource(id, now);
    stories += step.stories;
    isDone = step.done;
  }
  return stories;
}
