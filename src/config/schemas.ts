import { z } from "zod";
import { feedSchema } from "./feeds.ts";
import { settingsSchema } from "./settings.ts";
import { sourceSchema } from "./sources.ts";

/** What one of the schemas may hold, at any depth. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * JSON Schemas (2020-12) of the configuration files, for editors: by the names under which they lie in `schemas/`. They
 * say what can be said of one file; what needs the others (an unknown source, a slug given twice) is left to the loader.
 */
export function configurationSchemas(): Readonly<Record<string, JsonSchema>> {
  const { $schema: _dialect, ...source } = describe(sourceSchema);
  return {
    "storywire.schema.json": describe(settingsSchema),
    "source.schema.json": {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "Storywire: sources",
      description: "config/sources/*.yaml: one source, or a list of them.",
      anyOf: [{ $ref: "#/$defs/source" }, { type: "array", items: { $ref: "#/$defs/source" } }],
      $defs: { source },
    },
    "feed.schema.json": describe(feedSchema),
  };
}

function describe(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    // Ours are as they are written in a file; zod takes them for converted values and leaves them out.
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.examples;
      if (Array.isArray(examples)) jsonSchema.examples = examples;
    },
  });
}
