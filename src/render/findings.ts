/** One rule that a document breaks. Lines and columns count from 1. */
export interface Finding {
  /** error: invalid; warning: readers are known to trip over it; info: could be better. */
  readonly level: "error" | "warning" | "info";
  /** Stable name of the rule, lower case with hyphens. */
  readonly rule: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  /** Where in the document: `rss/channel/item[3]/title`, `$.items[3].url`. Items count from 0. */
  readonly path?: string;
}

/** Where a rule is broken; a function where that costs something to find out. */
export type Place = Position | (() => Position);
type Position = Pick<Finding, "line" | "column" | "path">;

/** A document that breaks a rule everywhere is not told so more often than this. */
const FINDINGS_MAX = 1_000;

/** Collects findings, and knows what rules are judged against. */
export interface Report {
  readonly findings: readonly Finding[];
  /** Milliseconds since 1970 UTC; undefined: dates in the future pass. */
  readonly now: number | undefined;
  /** Public address of the document; undefined: nobody knows. */
  readonly selfUrl: string | undefined;
  error(rule: string, message: string, place?: Place): void;
  warning(rule: string, message: string, place?: Place): void;
  info(rule: string, message: string, place?: Place): void;
}

/** An empty report. */
export function createReport(now: number | undefined, selfUrl: string | undefined): Report {
  const findings: Finding[] = [];
  const add =
    (level: Finding["level"]) =>
    (rule: string, message: string, place: Place = {}) => {
      if (findings.length >= FINDINGS_MAX) return;
      findings.push({ level, rule, message, ...(typeof place === "function" ? place() : place) });
    };
  return { findings, now, selfUrl, error: add("error"), warning: add("warning"), info: add("info") };
}

/** A value as a message shows it: on one line, not endless. */
export function shown(value: string): string {
  const line = JSON.stringify(value.replace(/\s+/g, " "));
  return line.length <= 82 ? line : `${line.slice(0, 80)}…"`;
}
