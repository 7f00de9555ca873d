import pino from "pino";
import { startPolling } from "../app/polling.ts";
import { findNearest } from "../config/problems.ts";
import type { Configuration } from "../config/settings.ts";
import { SettingsError } from "../errors.ts";
import type { PollRecord } from "../model/poll.ts";
import type { Source } from "../model/source.ts";
import { dueSources } from "../poll/schedule.ts";
import { pollJson } from "../poll/status.ts";
import { decidedConfiguration, tellPending } from "./decided.ts";
import type { ExitCode, GlobalOptions } from "./options.ts";
import { formatTable } from "./table.ts";
import { createProgress, type Paint, plainText } from "./terminal.ts";

export interface PollOptions extends GlobalOptions {
  readonly all?: boolean;
}

/** Visits sources once, commits, prints a table; 1 where a visit failed or was suspect. */
export async function poll(ids: readonly string[], options: PollOptions): Promise<ExitCode> {
  const { configuration, isPending } = await decidedConfiguration(options);
  tellPending(isPending);
  const named = ids.map(
    (id) => configuration.sources.find((source) => source.id === id) ?? unknownSource(id, configuration),
  );
  await using polling = await startPolling(configuration, pino({ level: "silent" }));
  await polling.defineFeeds();
  const wanted = named.length > 0 ? named : options.all ? await notPaused() : await dueNow();
  const rows: { readonly source: Source; readonly record: PollRecord }[] = [];
  {
    using progress = createProgress("sources", wanted.length);
    await polling.poll(wanted, (source, record) => {
      rows.push({ source, record });
      progress.at(rows.length);
    });
  }
  rows.sort((a, b) => (a.source.id < b.source.id ? -1 : 1));
  print(rows, options.json === true);
  // A long table hides what stood before it.
  if (rows.length > 0) tellPending(isPending);
  return rows.some(({ record }) => record.outcome === "failed" || record.outcome === "suspect") ? 1 : 0;

  async function notPaused(): Promise<readonly Source[]> {
    const states = await polling.store.sourceStates();
    const resting = new Set(states.flatMap(({ id, pausedAt }) => (pausedAt === undefined ? [] : [id])));
    return configuration.sources.filter((source) => !source.paused && !resting.has(source.id));
  }

  async function dueNow(): Promise<readonly Source[]> {
    const states = await polling.store.sourceStates();
    return dueSources({
      sources: configuration.sources,
      states: new Map(states.map((state) => [state.id, state])),
      now: Date.now(),
      busy: new Set(),
    });
  }
}

function unknownSource(id: string, { sources }: Configuration): never {
  const nearest = findNearest(
    id,
    sources.map((source) => source.id),
  );
  const wanted = `the id of a configured source${nearest === null ? "" : `, such as ${nearest}`}`;
  throw new SettingsError([{ file: "command line", path: "SOURCE", value: id, wanted }], "unknown_source");
}

const PAINTS: Readonly<Record<PollRecord["outcome"], Paint>> = {
  new: "green",
  unchanged: "dim",
  not_modified: "dim",
  failed: "red",
  suspect: "yellow",
};

function print(rows: readonly { readonly source: Source; readonly record: PollRecord }[], json: boolean): void {
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ polls: rows.map(({ source, record }) => ({ source: source.id, ...pollJson(record) })) })}\n`,
    );
    return;
  }
  const table = rows.map(({ source, record }) => [
    source.id,
    { text: record.outcome, as: PAINTS[record.outcome] },
    record.code ?? String(record.httpStatus ?? ""),
    String(record.stories.seen),
    String(record.stories.new),
    String(record.stories.updated),
    `${record.durationMs} ms`,
  ]);
  process.stdout.write(`${formatTable(["source", "outcome", "code", "seen", "new", "updated", "time"], table)}\n`);
  for (const { source, record } of rows)
    if (record.message !== undefined) process.stdout.write(`${source.id}: ${plainText(record.message)}\n`);
}
