import { type Overview, readOverview } from "../app/overview.ts";
import { standingOf } from "../app/standing.ts";
import type { Configuration } from "../config/settings.ts";
import type { SourceStatus } from "../poll/status.ts";
import { openStore } from "../store/sql-store.ts";
import type { Store } from "../store/store.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";
import { formatTable, type TableCell } from "./table.ts";
import { formatBytes, formatDistance, type Paint, paint, plainText } from "./terminal.ts";

export interface StatusOptions extends GlobalOptions {
  /** Every source in the table, however many there are. */
  readonly all?: boolean;
}

/** Up to so many sources are told one by one; of more, those that are not well. */
const SOURCES_MAX = 40;

/** How the service is doing at a glance; 1 where a source fails or is suspect. */
export async function status(options: StatusOptions): Promise<ExitCode> {
  const configuration = await configurationOf(options);
  await using store = openStore(configuration.settings.database, { readOnly: true });
  const now = Date.now();
  const waiting = await waitingOf(configuration, store);
  const pending = new Set<string>(waiting.sources);
  const isPending = (id: string) => pending.has(id);
  const { overview, sources } = await readOverview(configuration, store, { measure: { now }, isPending });
  const shown = { all: options.all === true, now };
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ...overview, configuration: waiting, sources })}\n`
      : `${[...parts(overview, sources, shown), ...changeOf(waiting)].join("\n\n")}\n`,
  );
  return overview.troubled.length > 0 ? 1 : 0;
}

/** What the files say that is not in force: nothing where it moves no entry, or is what was applied. */
interface Waiting {
  readonly state: "applied" | "differs";
  readonly sources: readonly string[];
  readonly feeds: readonly string[];
}

async function waitingOf(configuration: Configuration, store: Store): Promise<Waiting> {
  const { isOpen, difference } = await standingOf(configuration, store);
  if (!isOpen) return { state: "applied", sources: [], feeds: [] };
  return {
    state: "differs",
    sources: difference.sources.map(({ id }) => id),
    feeds: difference.feeds.map(({ slug }) => slug),
  };
}

function changeOf({ state, sources, feeds }: Waiting): readonly string[] {
  if (state === "applied") return [];
  const told = `${counted(sources.length, "source")} and ${counted(feeds.length, "feed")}`;
  return [paint("yellow", `The files differ from what is applied, in ${told}: see storywire plan`)];
}

const PAINTS: Readonly<Record<string, Paint>> = {
  ok: "green",
  failing: "red",
  suspect: "yellow",
  paused: "dim",
  pending: "cyan",
};

interface Shown {
  readonly all: boolean;
  readonly now: number;
}

function parts(overview: Overview, sources: readonly SourceStatus[], shown: Shown): readonly string[] {
  return [
    sourcesTable(sources, shown),
    summaryOf(overview, sources.length),
    nextVisits(overview, shown),
    newestStories(overview, shown),
    diskUse(overview),
  ].filter((part) => part !== "");
}

function sourcesTable(sources: readonly SourceStatus[], { all, now }: Shown): string {
  const isShort = all || sources.length <= SOURCES_MAX;
  const told = isShort ? sources : sources.filter(({ state }) => state !== "ok" && state !== "paused");
  if (told.length === 0) return "";
  const rows = told.map((source): readonly TableCell[] => [
    source.id,
    { text: source.state, as: PAINTS[source.state] ?? "bold" },
    distance(source.lastPoll?.at, now) || "never",
    [source.lastPoll?.outcome, source.lastPoll?.code].filter((word) => word !== undefined).join(" "),
    source.failures === 0 ? "" : String(source.failures),
    distance(source.nextPollAt, now),
  ]);
  const table = formatTable(["source", "state", "last visit", "outcome", "failures", "next visit"], rows);
  return isShort ? table : `${table}\n(--all tells the ${sources.length - told.length} others)`;
}

function distance(at: unknown, now: number): string {
  return typeof at === "string" ? formatDistance(Date.parse(at), now) : "";
}

function summaryOf({ counts, feeds }: Overview, sources: number): string {
  const states = Object.entries(counts).map(([state, count]) => paint(PAINTS[state] ?? "bold", `${count} ${state}`));
  const told = states.length === 0 ? "" : `: ${states.join(", ")}`;
  return `${counted(sources, "source")}${told}; ${counted(feeds, "feed")}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : [paint("bold", title), ...lines.map((line) => `  ${line}`)].join("\n");
}

function nextVisits({ nextPolls }: Overview, { now }: Shown): string {
  return section(
    "next visits",
    nextPolls.map(
      ({ source, at }) => `${Date.parse(at) <= now ? "now" : formatDistance(Date.parse(at), now)}  ${source}`,
    ),
  );
}

function newestStories({ newestStories: stories }: Overview, { now }: Shown): string {
  return section(
    "newest stories",
    stories.map(
      ({ firstSeenAt, source, title }) =>
        `${formatDistance(Date.parse(firstSeenAt), now)}  ${source}  ${plainText(title) || "(no title)"}`,
    ),
  );
}

function diskUse({ disk }: Overview): string {
  const total = `${formatBytes(disk.databaseBytes)}${disk.stories === undefined ? "" : `, about ${disk.stories} stories`}`;
  const rows = disk.sources.map(
    ({ id, stories, bytes }) => `${formatBytes(bytes).padStart(8)}  ${id}  (${stories} stories)`,
  );
  return section(`database: ${total}`, rows) || paint("bold", `database: ${total}`);
}
