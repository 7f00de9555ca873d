import { z } from "zod";

/** Types and members of JSON Schema 2020-12 that the reference tells; others are left unsaid. */
export interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly format?: string | undefined;
  readonly description?: string | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[] | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly items?: Schema | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly allOf?: readonly Schema[] | undefined;
}

const schemaSchema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    format: z.string().optional(),
    description: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    default: z.unknown().optional(),
    examples: z.array(z.unknown()).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    minLength: z.number().optional(),
    maxLength: z.number().optional(),
    maxItems: z.number().optional(),
    items: schemaSchema.optional(),
    properties: z.record(z.string(), schemaSchema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), schemaSchema]).optional(),
    anyOf: z.array(schemaSchema).optional(),
    oneOf: z.array(schemaSchema).optional(),
    allOf: z.array(schemaSchema).optional(),
  }),
);

const contentSchema = z.record(
  z.string(),
  z.object({
    schema: schemaSchema.optional(),
    example: z.unknown().optional(),
    examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
  }),
);

const operationSchema = z.object({
  summary: z.string().default(""),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.enum(["path", "query", "header", "cookie"]),
        required: z.boolean().default(false),
        description: z.string().optional(),
        schema: schemaSchema.default({}),
        example: z.unknown().optional(),
      }),
    )
    .default([]),
  requestBody: z
    .object({ description: z.string().optional(), required: z.boolean().default(false), content: contentSchema })
    .optional(),
  responses: z.record(z.string(), z.object({ description: z.string().default(""), content: contentSchema.optional() })),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
});

/** The parts of an OpenAPI 3.1 description that the reference shows. */
const descriptionSchema = z.object({
  info: z.object({ title: z.string(), version: z.string(), description: z.string().optional() }),
  tags: z.array(z.object({ name: z.string(), description: z.string().default("") })).default([]),
  paths: z.record(
    z.string(),
    z
      .object({
        get: operationSchema,
        post: operationSchema,
        put: operationSchema,
        patch: operationSchema,
        delete: operationSchema,
      })
      .partial(),
  ),
  components: z.object({ schemas: z.record(z.string(), schemaSchema).default({}) }).optional(),
});

export type ApiDescription = z.output<typeof descriptionSchema>;
export type Operation = z.output<typeof operationSchema>;
export type Content = z.output<typeof contentSchema>;

/** Reads our own OpenAPI object; throws zod's error where it is none, or refers to what it does not hold. */
export function readDescription(openApi: object): ApiDescription {
  return descriptionSchema.parse(openApi);
}

const REFERENCE = "#/components/schemas/";

/** The name of the schema that a reference means. */
export function referenceName(reference: string): string {
  return reference.startsWith(REFERENCE) ? reference.slice(REFERENCE.length) : reference;
}

/** Levels of an example; below them stands an empty value. Schemas may refer to themselves. */
const EXAMPLE_DEPTH_MAX = 6;

const EXAMPLES_BY_FORMAT: Readonly<Record<string, string>> = {
  "date-time": "2026-03-09T08:30:00Z",
  date: "2026-03-09",
  uri: "https://news.example/politics",
  email: "desk@news.example",
};

const EXAMPLES_BY_TYPE: Readonly<Record<string, (schema: Schema, value: (schema: Schema) => unknown) => unknown>> = {
  string: ({ format = "" }) => EXAMPLES_BY_FORMAT[format] ?? "…",
  integer: ({ minimum = 0 }) => Math.max(minimum, 1),
  number: ({ minimum = 0 }) => Math.max(minimum, 1),
  boolean: () => true,
  array: ({ items }, value) => (items === undefined ? [] : [value(items)]),
  object: ({ properties = {} }, value) =>
    Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, value(property)])),
};

/** A value that fits the schema: its own example where it gives one, else the plainest there is. */
export function exampleOf(schema: Schema, schemas: Readonly<Record<string, Schema>>, depth = 0): unknown {
  const [given = schema.default ?? schema.const ?? schema.enum?.[0]] = schema.examples ?? [];
  if (given !== undefined) return given;
  if (depth > EXAMPLE_DEPTH_MAX) return null;
  const value = (part: Schema) => exampleOf(part, schemas, depth + 1);
  if (schema.$ref !== undefined) return value(schemas[referenceName(schema.$ref)] ?? {});
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first !== undefined) return value(first);
  if (schema.allOf !== undefined) return Object.assign({}, ...schema.allOf.map(value));
  const type = typeof schema.type === "object" ? schema.type[0] : schema.type;
  return EXAMPLES_BY_TYPE[type ?? (schema.properties === undefined ? "" : "object")]?.(schema, value) ?? null;
}
