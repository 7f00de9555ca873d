/** A line of a plain text document that says something, without the signs that mark it. */
export interface TextLine {
  readonly text: string;
  /** The line before, without a blank one between, belongs to the same group. */
  readonly joined: boolean;
  /** What the signs around it say: `# Heading`, a heading underlined, one of several lines that begin with `-`, `*`, `1.`. */
  readonly mark?: "heading" | "item";
  /** Place among all lines, counted from 0. */
  readonly at: number;
}

const HEADING = /^#{1,6}\s+(\S.*?)(?:\s+#+)?$/;
const UNDERLINE = /^(?:={3,}|-{3,}|~{3,})$/;
const RULE = /^(?:[-*_=#~+]\s?){3,200}$/;
const ITEM = /^(?:[-+*•◦‣▪·]|\d{1,3}[.)])\s+(\S.*)$/;
/** Signs that begin nothing but an item. */
const SURE_ITEM = /^[*•◦‣▪]\s/;

/** The lines of a plain text that say something: Markdown's headings, lists and rules (CommonMark §4.1 to §4.3, §5.2) are read, not shown. */
export function listTextLines(lines: readonly string[]): readonly TextLine[] {
  const said: TextLine[] = [];
  let joined = false;
  for (const [at, line] of lines.entries()) {
    const text = line.replace(/\s+/g, " ").trim();
    const last = said.at(-1);
    if (UNDERLINE.test(text) && joined && last !== undefined && !last.joined) {
      said[said.length - 1] = { ...last, mark: "heading" };
    }
    const heading = HEADING.exec(text)?.[1];
    const isSaid = text !== "" && !RULE.test(text);
    if (isSaid) said.push({ text: heading ?? text, joined, at, ...(heading !== undefined && { mark: "heading" }) });
    joined = isSaid && heading === undefined;
  }
  return said.map((line, index) => asItem(line, said[index - 1], said[index + 1]));
}

/** One line that begins with a dash may be speech, one with a number a date; several are a list. */
function asItem(line: TextLine, before: TextLine | undefined, after: TextLine | undefined): TextLine {
  const text = line.mark === undefined ? ITEM.exec(line.text)?.[1] : undefined;
  const among = [before, after].some((one) => one !== undefined && ITEM.test(one.text));
  if (text === undefined || !(among || SURE_ITEM.test(line.text))) return line;
  return { ...line, text, mark: "item" };
}

/** What a text tells of itself before it begins: fields of a letter (RFC 5322 §2.2) or of front matter, by lower-case name. */
export interface TextHeader {
  readonly fields: ReadonlyMap<string, string>;
  /** The line at which the text itself begins. */
  readonly start: number;
}

const FIELD = /^([A-Za-z][A-Za-z-]{1,30}):\s+(\S.*)$/;
const FIELDS_MAX = 60;
/** A text that begins with one of these names, a colon and words has a header. */
const TITLE_FIELDS = ["title", "subject", "headline"];

/** The header of a text; null where it begins with none that names a title. */
export function readTextHeader(lines: readonly string[]): TextHeader | null {
  const first = lines.findIndex((line) => line.trim() !== "");
  const fenced = lines[first]?.trim() === "---";
  const fields = new Map<string, string>();
  let at = fenced ? first + 1 : first;
  for (; at >= 0 && at < Math.min(lines.length, first + FIELDS_MAX); at++) {
    const line = lines[at]?.trim() ?? "";
    if (fenced ? line === "---" : line === "") break;
    const [, name = "", value = ""] = FIELD.exec(line) ?? [];
    // Lists and folded lines of a header tell nothing that is asked for.
    if (name === "" && !fenced && fields.size === 0) return null;
    if (name !== "" && !fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), unquoted(value));
  }
  return TITLE_FIELDS.some((name) => fields.has(name)) ? { fields, start: at + 1 } : null;
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}

/** The first of these fields that the header has. */
export function fieldOf(header: TextHeader | null, names: readonly string[]): string | undefined {
  return names.map((name) => header?.fields.get(name)).find((value) => value !== undefined);
}

export function titleOf(header: TextHeader | null): string | undefined {
  return fieldOf(header, TITLE_FIELDS);
}
