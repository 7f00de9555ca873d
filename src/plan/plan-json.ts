import { instantJson } from "../model/story-json.ts";
import type { ChangedDate, ChangedId, ChangedStory, PlannedItem } from "./effects.ts";
import type { FilesPlan } from "./plan.ts";
import type { Surprise } from "./surprises.ts";

interface ItemJson {
  readonly id: string;
  readonly title: string;
  readonly url?: string;
  readonly published: string;
}

interface EffectsJson {
  readonly appear: readonly ItemJson[];
  readonly vanish: readonly ItemJson[];
  readonly changeId: readonly { readonly from: string; readonly to: string; readonly title: string }[];
  readonly redate: readonly {
    readonly id: string;
    readonly title: string;
    readonly from: string;
    readonly to?: string;
  }[];
  readonly update: readonly { readonly id: string; readonly title: string; readonly fields: readonly string[] }[];
}

/** A plan as `storywire plan --json` and the API give it; instants as RFC 3339. */
export interface PlanJson {
  /** Of what the files say. */
  readonly digest: string;
  /** Of what was accepted last; absent: nothing was yet. */
  readonly applied?: string;
  readonly appliedAt?: string;
  /** The files say what was accepted: nothing to do. */
  readonly isCurrent: boolean;
  /** An operator has to say yes. */
  readonly isSurprising: boolean;
  readonly surprises: readonly Surprise[];
  readonly sources: readonly (EffectsJson & {
    readonly id: string;
    readonly change: string;
    readonly fields: readonly string[];
    readonly replay: string;
    readonly code?: string;
    readonly message?: string;
    readonly fetchedAt?: string;
    readonly seen?: number;
  })[];
  readonly feeds: readonly (EffectsJson & {
    readonly slug: string;
    readonly change: string;
    readonly formerly?: string;
    readonly fields: readonly string[];
    readonly entries: { readonly before: number; readonly after: number };
  })[];
}

export interface PlanContext {
  readonly digest: string;
  readonly applied: { readonly digest: string; readonly at: number } | null;
  readonly surprises: readonly Surprise[];
}

export function planJson(plan: FilesPlan, { digest, applied, surprises }: PlanContext): PlanJson {
  return {
    digest,
    ...(applied === null ? {} : { applied: applied.digest, appliedAt: instantJson(applied.at) }),
    isCurrent: applied?.digest === digest,
    isSurprising: surprises.length > 0,
    surprises,
    sources: plan.sources.map(({ id, change, fields, replay, fault, fetchedAt, seen, effects }) => ({
      id,
      change,
      fields,
      replay,
      ...(fault === undefined ? {} : fault),
      ...(fetchedAt === undefined ? {} : { fetchedAt: instantJson(fetchedAt) }),
      ...(seen === undefined ? {} : { seen }),
      ...effectsJson(effects),
    })),
    feeds: plan.feeds.map(({ slug, change, formerly, fields, effects }) => ({
      slug,
      change,
      ...(formerly === undefined ? {} : { formerly }),
      fields,
      entries: effects.entries,
      ...effectsJson(effects),
    })),
  };
}

interface Effects {
  readonly appear: readonly PlannedItem[];
  readonly vanish: readonly PlannedItem[];
  readonly changeId: readonly ChangedId[];
  readonly redate: readonly ChangedDate[];
  readonly update: readonly ChangedStory[];
}

function effectsJson({ appear, vanish, changeId, redate, update }: Effects): EffectsJson {
  return {
    appear: appear.map(itemJson),
    vanish: vanish.map(itemJson),
    changeId: changeId.map(({ from, to, title }) => ({ from, to: to.id, title })),
    redate: redate.map(({ id, title, from, to }) => ({
      id,
      title,
      from: instantJson(from),
      ...(to === undefined ? {} : { to: instantJson(to) }),
    })),
    update: update.map(({ id, title, fields }) => ({ id, title, fields })),
  };
}

function itemJson({ id, title, url, publishedAt }: PlannedItem): ItemJson {
  return { id, title, ...(url === undefined ? {} : { url }), published: instantJson(publishedAt) };
}
