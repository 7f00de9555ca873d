import { instantJson } from "../model/story-json.ts";
import { sourceStatus } from "../poll/status.ts";
import { openStore } from "../store/sql-store.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";
import { formatTable } from "./table.ts";

/** Stories told at the end. */
const NEWEST = 5;

/** How every source is doing, and what came last; 1 where a source fails or is suspect. */
export async function status(options: GlobalOptions): Promise<ExitCode> {
  const { settings, sources } = await configurationOf(options);
  await using store = openStore(settings.database, { readOnly: true });
  const states = new Map((await store.sourceStates()).map((state) => [state.id, state]));
  const told = sources.map((source) => sourceStatus(source, states.get(source.id)));
  const stories = (await store.newestStories(NEWEST)).map(({ id, sourceId, title, firstSeenAt, url }) => ({
    id,
    source: sourceId,
    title,
    firstSeenAt: instantJson(firstSeenAt),
    ...(url === undefined ? {} : { url }),
  }));
  const counts = Object.fromEntries(
    [...Map.groupBy(told, ({ state }) => state)].map(([state, all]) => [state, all.length]),
  );
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ counts, sources: told, newestStories: stories })}\n`);
  } else {
    const rows = told.map(({ id, state, lastPoll, failures, nextPollAt }) => [
      id,
      state,
      String(lastPoll?.at ?? "never"),
      [lastPoll?.outcome, lastPoll?.code].filter((word) => word !== undefined).join(" "),
      failures === 0 ? "" : String(failures),
      nextPollAt ?? "",
    ]);
    process.stdout.write(
      `${formatTable(["source", "state", "last visit", "outcome", "failures", "next visit"], rows)}\n`,
    );
    const summary = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
    process.stdout.write(`\n${sources.length} sources: ${summary.join(", ")}\n`);
    for (const { firstSeenAt, source, title } of stories) process.stdout.write(`${firstSeenAt}  ${source}  ${title}\n`);
  }
  return told.some(({ state }) => state === "failing" || state === "suspect") ? 1 : 0;
}
