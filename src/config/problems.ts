import { z } from "zod";
import type { SettingsProblem } from "../errors.ts";
import type { Checked, Located, Path } from "./yaml.ts";

const SHOWN_LENGTH_MAX = 120;
/** More complaints about one value, or more unknown keys in one mapping, help nobody. */
export const COMPLAINTS_MAX = 100;
/** Longer names are not compared: nobody mistypes them. */
const NAME_LENGTH_MAX = 64;

/** What stands below these keys is never shown. */
const SECRET_KEYS = new Set<string | number>(["auth", "headers", "cookies", "token", "database"]);

/**
 * Checks one value of a file against its schema. `path` leads to the value from the top of the file. Every complaint
 * becomes a problem with its place; unknown keys name the nearest known one.
 */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  located: Located,
  path: Path,
): Checked<z.output<Schema>> {
  const result = schema.safeParse(valueAt(located.value, path), { error: wantedFor });
  if (result.success) return { value: result.data };
  return {
    problems: result.error.issues.slice(0, COMPLAINTS_MAX).flatMap((issue) => problemsOf(issue, located, path)),
  };
}

/** A complaint about one value: `wanted` says what should stand there. */
export function problemAt(located: Located, path: Path, wanted: string): SettingsProblem {
  const value = valueAt(located.value, path);
  const part = value === undefined ? "key" : "value";
  return {
    file: located.name,
    ...located.placeOf(path, part),
    path: formatPath(path),
    value: path.some((step) => SECRET_KEYS.has(step)) ? describeSecret(value) : describe(value),
    wanted,
  };
}

/** The candidate that a mistyped name probably meant; null where none is near. */
export function findNearest(name: string, candidates: Iterable<string>): string | null {
  if (name.length > NAME_LENGTH_MAX) return null;
  let nearest: string | null = null;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    if (candidate.length > NAME_LENGTH_MAX) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

/** `listing.items`, `[2].headers["x y"]` */
export function formatPath(path: Path): string {
  return shorten(path.map(formatStep).join(""));
}

function formatStep(step: string | number, depth: number): string {
  if (typeof step === "string" && /^[\w-]+$/.test(step)) return depth === 0 ? step : `.${step}`;
  return `[${JSON.stringify(step)}]`;
}

/** The words for complaints that a schema has no words of its own for. */
function wantedFor(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return `${issue.origin === "string" ? "text of " : ""}${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}${sizeWords(issue.origin)}`;
    case "too_big":
      return `${issue.origin === "string" ? "text of " : ""}${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}${sizeWords(issue.origin)}`;
    case "invalid_key":
      return issue.issues[0]?.message;
    case "unrecognized_keys":
      // One line a key: each becomes a problem of its own.
      return issue.keys
        .slice(0, COMPLAINTS_MAX)
        .map((key) => wantedKey(key, issue.inst))
        .join("\n");
    default:
      return undefined;
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping of keys to values",
  record: "a mapping of keys to values",
};

function sizeWords(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" ? " entries" : "";
}

function wantedKey(key: string, schema: unknown): string {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return findNearest(key, known) ?? `one of ${known.join(", ")}`;
}

function problemsOf(issue: z.core.$ZodIssue, located: Located, base: Path): SettingsProblem[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === "number" ? step : String(step)))];
  if (issue.code !== "unrecognized_keys") return [problemAt(located, path, issue.message)];
  const wanted = issue.message.split("\n");
  return issue.keys.slice(0, COMPLAINTS_MAX).map((key, index) => ({
    file: located.name,
    ...located.placeOf([...path, key], "key"),
    path: formatPath([...path, key]),
    value: "not a known key",
    wanted: wanted[index] ?? "",
  }));
}

/** The value a path leads to; undefined where it leads nowhere. */
export function valueAt(top: unknown, path: Path): unknown {
  let value = top;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return typeof value === "string" ? shorten(JSON.stringify(withoutCredentials(value))) : String(value);
}

function describeSecret(value: unknown): string {
  return value === undefined ? "missing" : "(hidden)";
}

/** An address keeps its host; user, password and query may be secrets. */
function withoutCredentials(text: string): string {
  const scheme = /^\s*[a-z][a-z0-9+.-]{0,20}:\/{0,2}/i.exec(text)?.[0];
  if (scheme === undefined) return text;
  const query = text.indexOf("?");
  const address = query < 0 ? text : `${text.slice(0, query)}?…`;
  const at = address.lastIndexOf("@");
  return at < 0 ? address : `${scheme}…${address.slice(at)}`;
}

function shorten(text: string): string {
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}

/** Levenshtein's distance; both names are short. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
