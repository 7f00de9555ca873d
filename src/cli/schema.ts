import { configurationSchemas } from "../config/schemas.ts";
import type { ExitCode } from "./options.ts";

const schemaNames = ["storywire", "source", "feed"] as const;

/** Prints the JSON Schema of one kind of configuration file, or of all by name. */
export function schema(name: (typeof schemaNames)[number] | undefined): ExitCode {
  const schemas = configurationSchemas();
  const byName = Object.fromEntries(schemaNames.map((each) => [each, schemas[`${each}.schema.json`]]));
  process.stdout.write(`${JSON.stringify(name === undefined ? byName : byName[name], null, 2)}\n`);
  return 0;
}
