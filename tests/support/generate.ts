import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { configurationSchemas, type JsonSchema } from "../../src/config/schemas.ts";
import { settingVariables } from "../../src/config/settings.ts";

/** Every committed file that is made from the schemas of the configuration: its path from the top, and its text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const schemas = configurationSchemas();
  return new Map([
    ...Object.entries(schemas).map(
      ([name, schema]) => [join("schemas", name), `${JSON.stringify(schema, null, 2)}\n`] as const,
    ),
    ["docs/configuration.md", configurationPage(schemas)] as const,
  ]);
}

function configurationPage(schemas: Readonly<Record<string, JsonSchema>>): string {
  return `# Configuration

<!-- Written by "npm run generate" from the schemas in src/config. Change it there. -->

\`\`\`
config/storywire.yaml   the service
config/sources/*.yaml   one source, or a list of them, in each file
feeds/*.yaml            one published feed in each file; the file's name is its slug
\`\`\`

The two folders are \`./config\` and \`./feeds\` of the working directory, unless \`--config DIR\` and \`--feeds DIR\`, or
\`STORYWIRE_CONFIG\` and \`STORYWIRE_FEEDS\`, say otherwise. Files are YAML 1.2 in UTF-8, named \`*.yaml\` or \`*.yml\`; hidden files
and folders below are not read. Every file has a JSON Schema in \`schemas/\`; with this first line an editor completes and
checks while you write:

\`\`\`yaml
# yaml-language-server: $schema=../schemas/feed.schema.json
\`\`\`

A mistake is refused with its place, the value, and what was wanted; all mistakes of all files are told at once, and a
running service keeps the configuration it has:

\`\`\`
config/sources/example.yaml:4:3: [0].evry is not a known key; wanted: every
feeds/top.yaml:6:14: select.sources[0] is "exmaple"; wanted: the id of a source, such as example
\`\`\`

## Values

- **duration**: a number and one of \`ms\`, \`s\`, \`m\`, \`h\`, \`d\`, \`w\`: \`90s\`, \`30m\`, \`1d\`.
- **size**: a number and one of \`B\`, \`kB\`, \`MB\`, \`KiB\`, \`MiB\`: \`16MiB\`; or a whole number of bytes.
- **pattern**: words, found anywhere and in any case, or a regular expression between slashes with the flags \`i\`, \`m\`, \`s\`:
  \`/senate|congress/i\`. No look-around and no back-references, so that matching takes linear time.
- **text or file**: a value that may be a secret, as it is or as \`{ file: /run/secrets/name }\`: the file that holds it
  (relative to the working directory, read at the start and at each reload). \`url\` and \`proxy\` of a source take it, too.
  Secrets never reach logs, documents, the API or pages.
- **instant**: a time with its offset (RFC 3339): \`2025-10-17T12:00:00Z\`.
- **id**: 1 to 64 of \`A-Z\`, \`a-z\`, \`0-9\`, \`-\`, \`_\`. **slug**: 1 to 64 of \`a-z\`, \`0-9\`, \`-\`, but not \`status\`.

## The service: config/storywire.yaml

Every key is optional, and so is the file.

${table(rows(schemas["storywire.schema.json"]))}

## Environment

These variables stand over the file; an empty one counts as absent. The value of a secret can also be read from a file:
\`STORYWIRE_TOKEN_FILE=/run/secrets/token\`.

${variableTable()}

## Sources: config/sources/*.yaml

${table(rows(definition(schemas["source.schema.json"], "source")))}

## Feeds: feeds/*.yaml

${table(rows(schemas["feed.schema.json"]))}
`;
}

type Row = readonly [setting: string, type: string, fallback: string, example: string, meaning: string];

function table(lines: readonly Row[]): string {
  const head: Row = ["Setting", "Type", "Default", "Example", "Meaning"];
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function variableTable(): string {
  const own = [
    ["`STORYWIRE_CONFIG`", "the config folder"],
    ["`STORYWIRE_FEEDS`", "the feeds folder"],
    ["`PORT`", "the port of `service.listen`, where `STORYWIRE_LISTEN` is absent"],
  ];
  const settings = settingVariables.map(({ name, path, secret, as }) => [
    secret ? `\`${name}\`, \`${name}_FILE\`` : `\`${name}\``,
    `\`${path.join(".")}\`${as === "list" ? ", parted by commas" : ""}`,
  ]);
  return [["Variable", "Setting"], ["---", "---"], ...settings, ...own]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function rows(schema: JsonSchema | undefined, prefix = ""): Row[] {
  return Object.entries(schema?.properties ?? {}).flatMap(([key, value]) => {
    if (typeof value === "boolean") return [];
    const name = `${prefix}${key}`;
    const required = schema?.required?.includes(key) === true;
    const row: Row = [
      `\`${name}\``,
      typeOf(value),
      required ? "required" : defaultOf(value),
      exampleOf(value),
      meaningOf(value),
    ];
    const parts = [value, ...(value.anyOf ?? [])].flatMap((part) =>
      typeof part === "boolean" || isSecretFile(part) ? [] : rows(part, `${name}.`),
    );
    return [row, ...parts];
  });
}

/** `{ file: … }` in the place of a secret: told once, under "Values". */
function isSecretFile({ properties = {} }: JsonSchema): boolean {
  return Object.keys(properties).join() === "file";
}

function typeOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.title !== undefined) return schema.title;
  if (schema.type === "array")
    return `list: ${typeof schema.items === "object" && !Array.isArray(schema.items) ? typeOf(schema.items) : "text"}`;
  if (schema.type === "integer" || schema.type === "number")
    return `${TYPE_NAMES[schema.type]}, ${schema.minimum} to ${schema.maximum}`;
  return (typeof schema.type === "string" ? TYPE_NAMES[schema.type] : undefined) ?? "mapping";
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  boolean: "true or false",
  integer: "whole number",
  number: "number",
  object: "mapping",
  string: "text",
};

function defaultOf({ default: fallback, properties }: JsonSchema): string {
  return fallback === undefined || properties !== undefined ? "" : code(fallback);
}

function exampleOf({ examples }: JsonSchema): string {
  return Array.isArray(examples) ? examples.map(code).join(" or ") : "";
}

function meaningOf({ description = "" }: JsonSchema): string {
  return description.replaceAll("|", "\\|");
}

/** As it stands in YAML, fit for a cell of a table. */
function code(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value).replaceAll(/[:,](?=["\w{[])/g, "$& ");
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function definition(schema: JsonSchema | undefined, name: string): JsonSchema | undefined {
  const found = schema?.$defs?.[name];
  return typeof found === "object" ? found : undefined;
}

if (import.meta.main) {
  for (const [path, text] of generatedFiles()) {
    const file = join(import.meta.dirname, "../..", path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
