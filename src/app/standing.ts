import type { Configuration } from "../config/settings.ts";
import type { SourceId } from "../model/source.ts";
import { type AppliedFiles, describeFiles, heldConfiguration, readApplied } from "../plan/applied.ts";
import { compareFiles, isPlain, isReadAnew } from "../plan/diff.ts";
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
  /** Null: nothing was accepted yet, or by a version of this program that wrote it in another way. */
  readonly applied: (AppliedConfiguration & { readonly files: AppliedFiles }) | null;
  /** The files differ, and it takes a plan to say whether they surprise. */
  readonly isOpen: boolean;
}

/** Compares the files with what was accepted last; reads of the store no more than that and which sources it knows. */
export async function standingOf(
  wanted: Configuration,
  store: Pick<Store, "appliedConfiguration" | "nextPolls">,
): Promise<FilesStanding> {
  const { digest } = describeFiles(wanted);
  const applied = await findApplied(store);
  const accepting = { digest, applied, configuration: wanted, replaces: applied?.digest ?? null, isOpen: false };
  if (applied === null || applied.digest === digest) return accepting;
  const known = new Set<string>((await store.nextPolls()).keys());
  if (isPlain(compareFiles(applied.files, wanted), known)) return accepting;
  return { digest, applied, configuration: heldConfiguration(wanted, applied.files), isOpen: true };
}

export async function findApplied(store: Pick<Store, "appliedConfiguration">): Promise<FilesStanding["applied"]> {
  const applied = await store.appliedConfiguration();
  const files = applied === null ? null : readApplied(applied.text);
  return applied === null || files === null ? null : { ...applied, files };
}

/**
 * Writes that a configuration is accepted. Sources that are read differently are visited as soon as politeness allows.
 * Nothing is written where it was accepted already, nor where another was since it was decided.
 */
export async function acceptConfiguration(
  { configuration: wanted, replaces }: Decision,
  store: Pick<Store, "appliedConfiguration" | "sourceStates" | "saveApplied">,
  now: number,
): Promise<void> {
  if (replaces === undefined) return;
  const { digest, text } = describeFiles(wanted);
  const applied = await findApplied(store);
  if (applied?.digest === digest || (applied?.digest ?? null) !== replaces) return;
  const changed = applied === null ? [] : compareFiles(applied.files, wanted).sources.filter(isReadAnew);
  const states = await store.sourceStates(changed.map(({ id }) => id));
  const { minimumMs } = wanted.settings.polling;
  const due = new Map<SourceId, number>(
    states.map(({ id, lastPoll }) => [id, Math.max(now, (lastPoll?.at ?? 0) + minimumMs)]),
  );
  await store.saveApplied({ digest, at: now, text }, due);
}
