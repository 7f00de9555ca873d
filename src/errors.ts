/**
 * Our error classes. Each carries a stable `code` (lower snake case, documented in docs/errors.md), what it concerns
 * (a URL, a source, a file with line and column) and its cause. A message says what could not be done, the value, and
 * what was wanted.
 */
interface ErrorDetails {
  readonly code: string;
  /** What the error is about: a URL, a source id, `file:line:column`. */
  readonly concerns?: string | undefined;
  readonly cause?: unknown;
}

export abstract class StorywireError extends Error {
  readonly code: string;
  readonly concerns: string | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.concerns = details.concerns;
  }
}

/** One complaint about a configuration file or a setting. Lines and columns count from 1. */
export interface SettingsProblem {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** Where in the file: `sources[2].every`. */
  readonly path: string;
  readonly value?: string | undefined;
  readonly wanted: string;
}

/** Wrong configuration: every problem found, not only the first. */
export class SettingsError extends StorywireError {
  readonly problems: readonly SettingsProblem[];

  constructor(problems: readonly SettingsProblem[], code = "bad_settings") {
    super(problems.map(formatProblem).join("\n"), { code, concerns: problems[0]?.file });
    this.problems = problems;
  }
}

function formatProblem(problem: SettingsProblem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(":");
  const subject = problem.path === "" ? "the file" : problem.path;
  const value = problem.value === undefined ? "" : ` is ${problem.value}`;
  return `${place}: ${subject}${value}; wanted: ${problem.wanted}`;
}

/** A visit that brought no document: network, limits, refused addresses, HTTP statuses. */
export class FetchError extends StorywireError {
  /** The status that was answered, where one was. */
  readonly httpStatus: number | undefined;
  /** Earliest next visit in milliseconds from the answer, as Retry-After asks (RFC 9110 §10.2.3). */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    details: ErrorDetails & { readonly httpStatus?: number | undefined; readonly retryAfterMs?: number | undefined },
  ) {
    super(message, details);
    this.httpStatus = details.httpStatus;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** A document that could not be read as what it should be: `not_a_feed`, `too_deep`, `empty`, `no_listing`, … */
export class ParseError extends StorywireError {}

/** The database could not be opened, read or written; or holds a schema this program does not know. */
export class StoreError extends StorywireError {}

/** A request we cannot answer as asked. `status` is the HTTP status of the problem document (RFC 9457). */
export class RequestError extends StorywireError {
  readonly status: number;

  constructor(message: string, details: ErrorDetails & { readonly status: number }) {
    super(message, details);
    this.status = details.status;
  }
}
