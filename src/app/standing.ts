import { isDeepStrictEqual } from "node:util";
import type { Configuration } from "../config/settings.ts";
import type { Rhythm, SourceId } from "../model/source.ts";
import { type AppliedFiles, describeFiles, heldConfiguration, readApplied } from "../plan/applied.ts";
import { compareFiles, type FilesDifference, isPlain, isReadAnew } from "../plan/diff.ts";
import type { AppliedConfiguration, Store } from "../store/store.ts";

/** What runs, and whether running it accepts it in the place of what was accepted until then. */
export interface Decision {
  readonly configuration: Configuration;
  /** Digest of what was accepted when it was decided; null: nothing was. Absent: nothing is accepted by it. */
  readonly replaces?: string | null;
}

/**
 * What the files say beside what was accepted last, and what may run now, whatever a plan would say: the files, where they
 * are in force or move no entry; else what is held.
 */
export interface FilesStanding extends Decision {
  readonly digest: string;
  /** Null: nothing was accepted yet. */
  readonly applied: AppliedConfiguration | null;
  /** The files differ, and it takes a plan to say whether they surprise. */
  readonly isOpen: boolean;
  /** What the files change of what was accepted; nothing where nothing was. */
  readonly difference: FilesDifference;
}

/** Compares the files with what was accepted last; reads of the store no more than that and which sources it knows. */
export async function standingOf(
  wanted: Configuration,
  store: Pick<Store, "appliedConfiguration" | "nextPolls">,
): Promise<FilesStanding> {
  const { digest } = describeFiles(wanted);
  const applied = await store.appliedConfiguration();
  const found = { digest, applied, replaces: applied?.digest ?? null };
  const inForce = { ...found, configuration: wanted, difference: NO_DIFFERENCE, isOpen: false };
  if (applied === null || applied.digest === digest) return inForce;
  const files = readApplied(applied.text);
  if (files === null) return inForce;
  const difference = compareFiles(files, wanted);
  const known = new Set<string>((await store.nextPolls()).keys());
  const isOpen = !isPlain(difference, known);
  return { ...found, configuration: isOpen ? heldConfiguration(wanted, files) : wanted, difference, isOpen };
}

const NO_DIFFERENCE: FilesDifference = { sources: [], feeds: [], isFeedless: false };

/** What was accepted last; `files` null: by a version of this program that wrote it in another way. */
export async function findApplied(
  store: Pick<Store, "appliedConfiguration">,
): Promise<(AppliedConfiguration & { readonly files: AppliedFiles | null }) | null> {
  const applied = await store.appliedConfiguration();
  return applied === null ? null : { ...applied, files: readApplied(applied.text) };
}

/**
 * Writes that a configuration is accepted. Sources that are read differently are visited as soon as politeness allows, and
 * those whose rhythm changed when the new one wants it. Nothing is written where it was accepted already, nor where
 * another was since it was decided.
 */
export async function acceptConfiguration(
  { configuration: wanted, replaces }: Decision,
  store: Pick<Store, "appliedConfiguration" | "sourceStates" | "saveApplied">,
  now: number,
): Promise<void> {
  if (replaces === undefined) return;
  const { digest, text } = describeFiles(wanted);
  const applied = await store.appliedConfiguration();
  if (applied?.text === text || (applied?.digest ?? null) !== replaces) return;
  const files = applied === null ? null : readApplied(applied.text);
  const due = files === null ? new Map<SourceId, number>() : await dueAnew(files, wanted, { store, now });
  await store.saveApplied({ digest, at: applied?.digest === digest ? applied.at : now, text }, { due, replaces });
}

/** When the sources are to be visited of which something changed that a visit brings out. */
async function dueAnew(
  applied: AppliedFiles,
  wanted: Configuration,
  { store, now }: { readonly store: Pick<Store, "sourceStates">; readonly now: number },
): Promise<ReadonlyMap<SourceId, number>> {
  const readAnew = new Set(compareFiles(applied, wanted).sources.flatMap((one) => (isReadAnew(one) ? [one.id] : [])));
  const rhythms = new Map(applied.sources.map(({ id, rhythm }) => [id, rhythm]));
  const { minimumMs } = wanted.settings.polling;
  const waits = new Map<SourceId, number>(
    wanted.sources.flatMap(({ id, rhythm }) => {
      if (readAnew.has(id)) return [[id, minimumMs] as const];
      const old = rhythms.get(id);
      return old === undefined || isDeepStrictEqual(old, rhythm) ? [] : [[id, waitOf(rhythm, minimumMs)] as const];
    }),
  );
  const states = await store.sourceStates([...waits.keys()]);
  return new Map(states.map(({ id, lastPoll }) => [id, Math.max(now, (lastPoll?.at ?? 0) + (waits.get(id) ?? 0))]));
}

/** A rhythm that is not counted from the last visit is asked at once: the visit finds the next moment. */
function waitOf(rhythm: Rhythm, minimumMs: number): number {
  return rhythm.kind === "every" ? rhythm.everyMs : minimumMs;
}
