import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import type { SettingsProblem } from "../errors.ts";
import { formatPath } from "./problems.ts";
import { line } from "./values.ts";
import type { Located, Path } from "./yaml.ts";

/** A file with a secret above this is another file by mistake. */
const SECRET_BYTES_MAX = 64 * 1024;

const secretFile = z.strictObject({
  file: line.meta({ description: "A file that holds the value, relative to the working directory." }),
});

type SecretFile = z.output<typeof secretFile>;

/** A value that may be a secret: as it is, or `{ file: … }`, the file that holds it. */
export function secret<Schema extends z.ZodType<string>>(schema: Schema, wanted: string) {
  return z.union([schema, secretFile], { error: wanted }).meta({ title: "text or file" });
}

/** Reads a secret's file: without white space around it; null where it cannot be read, or is no short text. */
export type ReadSecret = (file: string) => Promise<string | null>;

export function secretReader(cwd: string): ReadSecret {
  return async (file) => {
    const path = resolve(cwd, file);
    try {
      if ((await stat(path)).size > SECRET_BYTES_MAX) return null;
      return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path)).trim();
    } catch {
      return null;
    }
  };
}

/** The values of one source's secrets, read where they lie in files; every file that fails becomes a problem. */
export class SecretValues {
  readonly problems: SettingsProblem[] = [];
  readonly #located: Located;
  readonly #read: ReadSecret;

  constructor(located: Located, read: ReadSecret) {
    this.#located = located;
    this.#read = read;
  }

  /** `schema`: what the text has to be, wherever it stood. Empty text where there is a problem. */
  async of(value: string | SecretFile, path: Path, schema: z.ZodType<string>): Promise<string> {
    if (typeof value === "string") return value;
    const text = await this.#read(value.file);
    const parsed = text === null || text === "" ? null : schema.safeParse(text);
    if (parsed?.success === true) return parsed.data;
    const [issue] = parsed?.error?.issues ?? [];
    this.problems.push({
      file: this.#located.name,
      ...this.#located.placeOf([...path, "file"], "value"),
      path: formatPath([...path, "file"]),
      value: JSON.stringify(value.file),
      wanted:
        issue === undefined ? "a file with a short text that this user may read" : `a file that holds ${issue.message}`,
    });
    return "";
  }

  async ofAll(
    values: Readonly<Record<string, string | SecretFile>>,
    path: Path,
    schema: z.ZodType<string>,
  ): Promise<Readonly<Record<string, string>>> {
    const read: [string, string][] = [];
    // One after the other: complaints come in the order of the file.
    for (const [name, value] of Object.entries(values))
      read.push([name, await this.of(value, [...path, name], schema)]);
    return Object.fromEntries(read);
  }
}
