import type { PlanJson } from "../plan/plan-json.ts";
import { formatTable } from "./table.ts";
import { paint, plainText } from "./terminal.ts";

/** Lines told of one kind of effect on one feed or source. */
const LINES = 10;

type Effects = Pick<PlanJson["feeds"][number], "appear" | "vanish" | "changeId" | "redate" | "update">;

/** How each way of trying a change reads to an operator. */
const REPLAYS: Readonly<Record<string, string>> = {
  never_visited: "never visited: what comes is not known",
  no_body: "no document kept: what comes is not known",
  unread: "cannot be read",
  suspect: "would not be believed",
  none: "",
};

/** A plan for people: what changes, what readers would see of it, and what to do. */
export function planText(plan: PlanJson): string {
  if (plan.isCurrent) return "The files say what is applied: nothing to do.\n";
  const parts = [
    sourcesTable(plan),
    feedsTable(plan),
    ...plan.sources.flatMap((source) => details(`source ${source.id}`, { ...source, appear: [], vanish: [] })),
    ...plan.sources
      .filter(({ vanish }) => vanish.length > 0)
      .map(({ id, vanish }) =>
        listing(`source ${id}: not found in its document any more; feeds keep them`, "-", titles(vanish)),
      ),
    ...plan.feeds.flatMap((feed) => details(`feed ${feed.slug}`, feed)),
    summary(plan),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function sourcesTable({ sources }: PlanJson): string {
  if (sources.length === 0) return "";
  const rows = sources.map(({ id, change, fields, replay, code, fetchedAt, seen, ...effects }) => [
    id,
    [change, fields.join(", ")].filter((word) => word !== "").join(": "),
    replay === "replayed"
      ? `${seen} items of ${fetchedAt}`
      : [REPLAYS[replay] ?? replay, code].filter(Boolean).join(" "),
    ...counts(effects),
  ]);
  return formatTable(["source", "change", "tried on", "appear", "vanish", "new id", "date", "updated"], rows);
}

function feedsTable({ feeds }: PlanJson): string {
  if (feeds.length === 0) return "";
  const rows = feeds.map(({ slug, change, formerly, fields, entries, ...effects }) => [
    slug,
    change === "same"
      ? "by its sources"
      : [change, formerly && `was ${formerly}`, fields.join(", ")].filter(Boolean).join(": "),
    `${entries.before} → ${entries.after}`,
    ...counts(effects),
  ]);
  return formatTable(["feed", "change", "entries", "appear", "vanish", "new id", "date", "updated"], rows);
}

function counts({ appear, vanish, changeId, redate, update }: Effects): readonly string[] {
  return [appear, vanish, changeId, redate, update].map(({ length }) => (length === 0 ? "" : String(length)));
}

function details(name: string, { appear, vanish, changeId, redate, update }: Effects): readonly string[] {
  return [
    listing(`${name}: would appear`, "+", titles(appear)),
    listing(`${name}: would vanish`, "-", titles(vanish)),
    listing(
      `${name}: would be announced again under another id`,
      "≠",
      changeId.map(({ title, from, to }) => `${shown(title)}  ${from} → ${to}`),
    ),
    listing(
      `${name}: would be dated differently`,
      "~",
      redate.map(({ title, from, to }) => `${shown(title)}  ${from} → ${to ?? "no date"}`),
    ),
    listing(
      `${name}: would be told as updated`,
      "*",
      update.map(({ title, fields }) => `${shown(title)}  ${fields.join(", ")}`),
    ),
  ].filter((text) => text !== "");
}

function listing(head: string, sign: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  const more = lines.length > LINES ? [`  … and ${lines.length - LINES} more`] : [];
  return [head, ...lines.slice(0, LINES).map((line) => `  ${sign} ${line}`), ...more].join("\n");
}

function titles(items: Effects["appear"]): readonly string[] {
  return items.map(({ title, published }) => `${published.slice(0, 10)}  ${shown(title)}`);
}

const TITLE_MAX = 100;

function shown(title: string): string {
  const text = plainText(title);
  if (text === "") return "(no title)";
  return text.length > TITLE_MAX ? `${text.slice(0, TITLE_MAX)}…` : text;
}

function summary({ surprises }: PlanJson): string {
  if (surprises.length === 0) return "Nothing of it surprises.";
  const lines = surprises.map(
    ({ source, feed, message }) => `  ! ${source === undefined ? `feed ${feed}` : `source ${source}`}: ${message}`,
  );
  return [paint("yellow", "This surprises:"), ...lines].join("\n");
}
