import { readFile } from "node:fs/promises";
import { basename, extname, join, relative } from "node:path";
import { configurationPlace } from "../config/settings.ts";
import { sourceSchema } from "../config/sources.ts";
import { formatYaml } from "../config/yaml.ts";
import { ParseError, SettingsError } from "../errors.ts";
import { parseOpml, type Subscription } from "../import/opml.ts";
import { deriveSourceId } from "../import/source-id.ts";
import { decode } from "../text/decode.ts";
import { writeNewFiles } from "./new-files.ts";
import { configurationOf, type ExitCode, type GlobalOptions } from "./options.ts";

/** What became of one subscription. */
interface Imported {
  readonly source: Readonly<Record<string, unknown>>;
  readonly lost: readonly string[];
}

interface Skipped {
  readonly url: string;
  readonly why: string;
}

/**
 * Writes the subscriptions of an OPML file as sources, into a file of its own that must not be there yet. Addresses that
 * are configured already, and what is no source, are left out and told. 2 where the file cannot be read as OPML.
 */
export async function importOpml(file: string, options: GlobalOptions): Promise<ExitCode> {
  const { sources } = await configurationOf(options);
  const subscriptions = await readOpml(file);
  const taken = new Set<string>(sources.map(({ id }) => id));
  const known = new Set<string>(sources.map(({ url }) => url));
  const imported: Imported[] = [];
  const skipped: Skipped[] = [];
  for (const subscription of subscriptions) {
    const url = URL.parse(subscription.url)?.href ?? subscription.url;
    if (known.has(url)) {
      skipped.push({ url, why: "it is a source already" });
      continue;
    }
    const made = toSource(subscription, taken);
    if ("why" in made) skipped.push(made);
    else imported.push(made);
    known.add(url);
  }
  const { configDir } = configurationPlace(options, process.env, process.cwd());
  const target = join(
    configDir,
    "sources",
    `${deriveSourceId({ title: basename(file, extname(file)), url: "" }, new Set())}.yaml`,
  );
  if (imported.length > 0)
    writeNewFiles(
      new Map([
        [
          target,
          `# Imported from ${basename(file).replace(/\p{Cc}/gu, " ")}\n${formatYaml(imported.map(({ source }) => source))}`,
        ],
      ]),
    );
  print({ target, imported, skipped }, options.json === true);
  return imported.length > 0 ? 0 : 1;
}

async function readOpml(file: string): Promise<readonly Subscription[]> {
  try {
    const { text } = decode(await readFile(file), { markup: "xml" });
    return parseOpml(text, file);
  } catch (error) {
    if (error instanceof ParseError) throw wrongFile(file, error.code, error.message.replace(/^.* as OPML: /, ""));
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw wrongFile(file, "file_unreadable", code);
  }
}

function wrongFile(file: string, code: string, why: string): SettingsError {
  const problem = { file, path: "", value: "not readable as OPML", wanted: `OPML with subscriptions (${why})` };
  return new SettingsError([problem], code);
}

function toSource(subscription: Subscription, taken: Set<string>): Imported | Skipped {
  const { url, title, tags, lost, ...rest } = subscription;
  const written = {
    url,
    ...(title === "" ? {} : { title }),
    ...(tags.length === 0 ? {} : { tags }),
    ...rest,
  };
  const judged = sourceSchema.safeParse({ id: "judged", ...written });
  if (!judged.success) {
    const [issue] = judged.error.issues;
    return { url, why: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` };
  }
  return { source: { id: deriveSourceId({ title, url }, taken), ...written }, lost };
}

function print(
  {
    target,
    imported,
    skipped,
  }: { readonly target: string; readonly imported: readonly Imported[]; readonly skipped: readonly Skipped[] },
  json: boolean,
): void {
  if (json) {
    const told = imported.map(({ source, lost }) => ({ id: source.id, url: source.url, lost }));
    process.stdout.write(`${JSON.stringify({ file: imported.length > 0 ? target : null, imported: told, skipped })}\n`);
    return;
  }
  for (const { source, lost } of imported)
    for (const what of lost) process.stdout.write(`${source.id}: not taken over: ${what}\n`);
  for (const { url, why } of skipped) process.stdout.write(`left out ${url}: ${why}\n`);
  const where = imported.length > 0 ? ` into ${relative(process.cwd(), target)}` : "";
  process.stdout.write(`imported ${imported.length} sources${where}, left out ${skipped.length}\n`);
}
