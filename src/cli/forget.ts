import { openWritableStore } from "../app/parts.ts";
import { forgetSource } from "../app/planning.ts";
import { findApplied } from "../app/standing.ts";
import { SettingsError, StoreError } from "../errors.ts";
import type { SourceId } from "../model/source.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";

/** Removes the stories of a source that the files do not hold any more, and all that is known of it. */
export async function forget(id: string, options: GlobalOptions): Promise<ExitCode> {
  const configuration = await configurationOf(options);
  if (configuration.sources.some((source) => source.id === id)) {
    throw new SettingsError(
      [{ file: "command line", path: "SOURCE", value: id, wanted: "a source that the files do not hold any more" }],
      "source_configured",
    );
  }
  await using store = await openWritableStore(configuration);
  const applied = await findApplied(store);
  if (applied?.files?.sources.some((source) => source.id === id)) {
    throw new StoreError(`Cannot forget ${id}: the change that removes it is not applied yet (storywire apply)`, {
      code: "source_configured",
      concerns: id,
    });
  }
  // The cast holds: what no source is called is not known to the store.
  const stories = await forgetSource(id as SourceId, store, Date.now());
  if (stories === null) {
    throw new StoreError(`Cannot forget ${id}: nothing is known of it`, { code: "unknown_source", concerns: id });
  }
  process.stdout.write(
    options.json ? `${JSON.stringify({ forgotten: id, stories })}\n` : `forgot ${id} and its ${stories} stories\n`,
  );
  return 0;
}
