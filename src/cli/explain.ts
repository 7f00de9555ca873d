import { type Explanation, explain as explainName } from "../app/explain.ts";
import { StoreError } from "../errors.ts";
import { openStore } from "../store/sql-store.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";
import { formatTable } from "./table.ts";

type Json = Readonly<Record<string, unknown>>;

/** Why a story is what it is, or why an address yielded none (app/explain.ts). 1 where no story and no source is known. */
export async function explain(name: string, options: GlobalOptions): Promise<ExitCode> {
  const configuration = await configurationOf(options);
  await using store = openStore(configuration.settings.database, { readOnly: true });
  const answer = await explainName(name, { configuration, store, now: Date.now() });
  if (options.json) process.stdout.write(`${JSON.stringify(answer)}\n`);
  else print(answer);
  const { stories, deleted, sources } = answer;
  return stories.length + deleted.length > 0 || sources.some(({ isNamed }) => isNamed) ? 0 : 1;
}

function print({ asked, stories, deleted, sources }: Explanation): void {
  const line = (text: string) => process.stdout.write(`${text}\n`);
  for (const story of stories) {
    line(`${story.id}  ${story.title}`);
    for (const [name, value] of Object.entries(story))
      if (value !== undefined && !LONG.has(name) && typeof value !== "object") line(`  ${name}: ${value}`);
    printRows(
      "dates",
      Object.entries(asRecord(story.dates)).map(([field, value]) => ({ field, ...asRecord(value) })),
    );
    printRows(
      "origins",
      Object.entries(asRecord(story.origins)).map(([field, origin]) => ({ field, origin })),
    );
    printRows(
      "corrections",
      Object.entries(asRecord(story.corrections)).map(([field, value]) => ({ field, ...asRecord(value) })),
    );
    for (const name of ["keys", "revisions", "sightings", "feeds"]) printRows(name, asRows(story[name]));
  }
  printRows("deleted", deleted);
  for (const { polls, ...source } of sources) {
    line(`source ${source.id} (${source.url}): ${source.rule}`);
    line(`  read as: ${source.kind ?? "not known yet"}, ${source.kindOrigin}`);
    if (source.feedUrl !== undefined) line(`  visits go to the feed that its page names: ${source.feedUrl}`);
    if (source.moved !== undefined)
      line(`  permanent redirect to ${asRecord(source.moved).to}, seen ${asRecord(source.moved).times} times`);
    if (source.gone === true) line("  gone for good (410): visited no more until you poll it by name");
    printRows(
      "visits",
      asRows(polls).map(({ at, outcome, code, httpStatus, stories: seen, message, faults }) => ({
        at,
        outcome,
        code,
        httpStatus,
        seen: asRecord(seen).seen,
        message,
        faults: asRows(faults)
          .map((fault) => fault.code)
          .join(" "),
      })),
    );
  }
  if (stories.length + deleted.length + sources.length === 0) {
    throw new StoreError(`Nothing is known of ${asked}: no story, and no source of its host`, {
      code: "unknown_story",
    });
  }
}

const LONG = new Set(["id", "title", "contentHtml", "summary", "summaryHtml", "description"]);

function printRows(name: string, rows: readonly Json[]): void {
  const [first] = rows;
  if (first === undefined) return;
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => cellOf(row[column])));
  process.stdout.write(`  ${name}:\n${formatTable(columns, cells).replace(/^/gm, "    ")}\n`);
}

function cellOf(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// Our own JSON, read back by name: the casts only say that a part of it is an object or a list of objects.
const asRecord = (value: unknown) => (value ?? {}) as Json;
const asRows = (value: unknown) => (value ?? []) as readonly Json[];
