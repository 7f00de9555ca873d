import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Document,
  type ErrorCode,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  stringify,
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { SettingsProblem } from "../errors.ts";
import { readPlainYaml } from "./plain-yaml.ts";

/** A configuration file above this is refused unread: it is a mistake, or made to hurt. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** How often aliases may repeat one anchor, nested ones multiplied ("billion laughs"). */
const ALIAS_COUNT_MAX = 1000;

/** Keys and list positions from the top of a file down to a value. */
export type Path = readonly (string | number)[];

/** Counted from 1; absent for what stands in no file. */
interface Place {
  readonly line?: number;
  readonly column?: number;
}

/** A value with what is needed to complain about it: a file, or the environment. */
export interface Located {
  /** The file as problems name it: relative to the working directory where it lies below it. */
  readonly name: string;
  readonly value: unknown;
  /** Where a value stands, or its key; the nearest enclosing value where the path leads nowhere. */
  readonly placeOf: (path: Path, part: "key" | "value") => Place;
}

/** Everything found, or everything wrong. */
export type Checked<T> = { readonly value: T } | { readonly problems: readonly SettingsProblem[] };

/** The files of a folder that could be read, and the complaints about the others. */
export interface YamlFolder {
  readonly files: readonly Located[];
  readonly problems: readonly SettingsProblem[];
}

/**
 * Reads the YAML files of a folder whose names match (default: all `*.yaml` and `*.yml` that are not hidden; never those
 * of folders below it), in the order of their names. `shown` is the folder as problems name it. Null where there is no such folder.
 * Complaints: not readable, too large, not UTF-8, not YAML 1.2, unknown tags, aliases that multiply.
 */
export async function loadYamlFolder(
  folder: string,
  shown: string,
  names = /^[^.].*\.ya?ml$/i,
): Promise<YamlFolder | null> {
  const files: Located[] = [];
  const problems: SettingsProblem[] = [];
  try {
    const found = (await readdir(folder)).filter((name) => names.test(name)).sort();
    for (const name of found) {
      const read = await loadYaml(join(folder, name), join(shown, name));
      if ("value" in read) files.push(read.value);
      else problems.push(...read.problems);
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    problems.push({
      file: shown,
      path: "the folder",
      value: notReadable(error),
      wanted: "a folder that this user may read",
    });
  }
  return { files, problems };
}

/** A value as an operator would write it in a file. */
export function formatYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0 });
}

/** A folder that has to be there is not. */
export function missingFolder(shown: string, wanted: string): SettingsProblem {
  return { file: shown, path: "the folder", value: "missing", wanted };
}

async function loadYaml(file: string, shown: string): Promise<Checked<Located>> {
  try {
    const bytes = await readFile(file);
    if (bytes.length > FILE_BYTES_MAX) {
      return fileProblem(shown, `${bytes.length} bytes long`, `at most ${FILE_BYTES_MAX} bytes`);
    }
    const text = decodeUtf8(bytes);
    return text === null ? fileProblem(shown, "not UTF-8", "text in UTF-8") : readYaml(text, shown);
  } catch (error) {
    return fileProblem(shown, notReadable(error), "a file that this user may read");
  }
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Where a value stands is only asked when something is wrong: then a plain text is read once more. */
function readYaml(text: string, name: string): Checked<Located> {
  const value = readPlainYaml(text);
  if (value === null) return parseYaml(text, name);
  let whole: Checked<Located> | undefined;
  const placeOf: Located["placeOf"] = (path, part) => {
    whole ??= parseYaml(text, name);
    return "value" in whole ? whole.value.placeOf(path, part) : {};
  };
  return { value: { name, value, placeOf } };
}

function parseYaml(text: string, name: string): Checked<Located> {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const notYaml = (offset: number, why: string) => fileProblem(name, "not valid YAML", `YAML 1.2 (${why})`, at(offset));
  // Without prettyErrors: those quote the source, which may hold secrets.
  // Without uniqueKeys: its check takes quadratic time.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  // Only the first: what follows a broken place is mostly noise.
  const complaint = document.errors[0] ?? document.warnings[0];
  if (complaint !== undefined) return notYaml(complaint.pos[0], explain(complaint));
  const mistake = findMistake(document);
  if (mistake !== null) return notYaml(mistake.offset, mistake.wanted);
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIAS_COUNT_MAX });
    const resolve = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
    return { value: { name, value, placeOf: (path, part) => findPlace(document.contents, path, part, resolve, at) } };
  } catch {
    return fileProblem(name, "too complex", `at most ${ALIAS_COUNT_MAX} uses of an alias`);
  }
}

/** Words of our own where the reader's would quote the source, which may hold secrets. */
const EXPLANATIONS: Partial<Readonly<Record<ErrorCode, string>>> = {
  BAD_DIRECTIVE: "no directive but %YAML",
  BAD_DQ_ESCAPE: "a known escape such as \\n after a backslash in double quotes",
  RESOURCE_EXHAUSTION: "fewer levels of nesting",
  TAG_RESOLVE_FAILED: "no tags; text that begins with ! in quotes",
};

function explain({ code, message }: YAMLError): string {
  // What the reader quotes in its other messages comes after a colon.
  return EXPLANATIONS[code] ?? message.replace(/:.*/s, "");
}

interface Mistake {
  readonly offset: number;
  readonly wanted: string;
}

/**
 * What the reader does not check, or not in linear time: aliases without an anchor before them, more of them than
 * allowed, keys given twice.
 */
function findMistake(document: Document.Parsed): Mistake | null {
  const anchors = new Set<string>();
  let aliasCount = 0;
  let mistake: Mistake | null = null;
  const judge = (node: unknown): Mistake | null => {
    if (isMap(node)) return findRepeatedKey(node);
    if (!isAlias(node)) return null;
    aliasCount += 1;
    const offset = rangeStart(node) ?? 0;
    if (!anchors.has(node.source))
      return { offset, wanted: "an alias after its anchor; text that begins with * in quotes" };
    return aliasCount > ALIAS_COUNT_MAX ? { offset, wanted: `at most ${ALIAS_COUNT_MAX} aliases` } : null;
  };
  visit(document, {
    Node(_key, node) {
      if ("anchor" in node && node.anchor !== undefined) anchors.add(node.anchor);
      mistake = judge(node);
      return mistake === null ? undefined : visit.BREAK;
    },
  });
  return mistake;
}

function findRepeatedKey(map: YAMLMap): Mistake | null {
  const seen = new Set<string>();
  for (const { key } of map.items) {
    const name = String(isScalar(key) ? key.value : key);
    if (seen.has(name)) return { offset: rangeStart(key) ?? 0, wanted: "each key of a mapping once" };
    seen.add(name);
  }
  return null;
}

function findPlace(
  top: Node | null,
  path: Path,
  part: "key" | "value",
  resolve: (node: unknown) => unknown,
  at: (offset: number) => Place,
): Place {
  let node: unknown = top;
  let offset = top?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    const parent = resolve(node);
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      const wantsKey = part === "key" && depth === path.length - 1;
      node = wantsKey ? pair.key : pair.value;
      // An empty value has no place of its own.
      offset = rangeStart(node) ?? rangeStart(pair.key) ?? offset;
    } else if (isSeq(parent)) {
      node = parent.items[Number(step)];
      offset = rangeStart(node) ?? offset;
    } else break;
  }
  return at(offset);
}

function rangeStart(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}

function fileProblem(file: string, value: string, wanted: string, place: Place = {}): Checked<never> {
  return { problems: [{ file, ...place, path: "", value, wanted }] };
}

function notReadable(error: unknown): string {
  return `not readable (${codeOf(error)})`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
