import { STATUS_CODES } from "node:http";
import { z } from "zod";
import { VERSION } from "../../version.ts";
import { type Operation, operations } from "./operations.ts";
import { components } from "./schemas.ts";

/** Problems that every operation may answer, by status. */
const COMMON_PROBLEMS: Readonly<Record<number, readonly string[]>> = {
  401: ["unauthorized"],
  429: ["too_many_attempts"],
  503: ["store_unavailable"],
};
const QUERY_PROBLEMS = { 400: ["bad_query"] } as const;
const BODY_PROBLEMS = { 400: ["bad_body"], 413: ["body_too_large"], 415: ["unsupported_media_type"] } as const;

const GROUPS: Readonly<Record<string, string>> = {
  Service: "How the service is doing, and its configuration",
  Sources: "Addresses that are visited",
  Feeds: "Documents that are published",
  Stories: "Single stories: find, explain, correct, withdraw, delete",
};

type Json = Readonly<Record<string, unknown>>;

/** OpenAPI 3.1 of `/api/v1`, made of the operations that answer and of their zod schemas. */
export function describeApi(): Json {
  const paths = Map.groupBy(operations, ({ path }) => `/api/v1${path}`);
  return {
    openapi: "3.1.0",
    info: {
      title: "Storywire",
      version: VERSION,
      description:
        "The operator's API. Every operation but this description needs the token: `Authorization: Bearer …` (STORYWIRE_TOKEN, else the file `token` in the data folder).",
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    tags: Object.entries(GROUPS).map(([name, description]) => ({ name, description })),
    paths: Object.fromEntries(
      [...paths].map(([path, all]) => [path, Object.fromEntries(all.map((one) => [one.method, operationOf(one)]))]),
    ),
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: Object.fromEntries(Object.entries(components).map(([name, schema]) => [name, inlined(schema, name)])),
    },
  };
}

function operationOf(one: Operation): Json {
  const parameters = [...(one.path.includes("{id}") ? [ID_PARAMETER] : []), ...queryParameters(one.query)];
  return {
    operationId: one.name,
    tags: [one.group],
    summary: one.summary,
    ...(one.description === undefined ? {} : { description: one.description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(one.body === undefined ? {} : { requestBody: requestBodyOf(one.body, one.example) }),
    responses: {
      "200": { description: one.summary, content: { "application/json": { schema: inlined(one.answer) } } },
      ...problemsOf(one),
    },
  };
}

const ID_PARAMETER = { name: "id", in: "path", required: true, schema: { type: "string" } } as const;

function queryParameters(query: z.ZodObject | undefined): readonly Json[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = typeof schema === "boolean" ? {} : schema;
    return {
      name,
      in: "query",
      ...(description === undefined ? {} : { description }),
      ...(required.includes(name) ? { required: true } : {}),
      schema: rest,
    };
  });
}

function requestBodyOf(body: z.ZodObject, example: object | undefined): Json {
  const schema = withoutDialect(z.toJSONSchema(body, { io: "input" }));
  return {
    required: !body.safeParse({}).success,
    content: { "application/json": { schema, ...(example === undefined ? {} : { example }) } },
  };
}

function problemsOf({ query, body, problems }: Operation): Json {
  const all = [COMMON_PROBLEMS, query && QUERY_PROBLEMS, body && BODY_PROBLEMS, problems];
  const byStatus = new Map<string, readonly string[]>();
  for (const some of all)
    for (const [status, codes] of Object.entries(some ?? {}))
      byStatus.set(status, [...(byStatus.get(status) ?? []), ...codes]);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: `${STATUS_CODES[status] ?? "Problem"}: ${codes.map((code) => `\`${code}\``).join(", ")}`,
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/problem" } } },
      },
    ]),
  );
}

/** A schema in which the components that it holds are references; `name`: of a component itself, which stands whole. */
function inlined(schema: z.ZodType, name?: string): Json {
  const { $defs = {}, ...made } = z.toJSONSchema(schema, PLAIN) as Json & {
    readonly $defs?: Readonly<Record<string, object>>;
  };
  return pointed(withoutDialect((name === undefined ? undefined : $defs[name]) ?? made)) as Json;
}

/** Without the bounds that every whole number of the language has. */
const PLAIN = {
  override({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  },
} as const;

/** `#/$defs/poll` becomes `#/components/schemas/poll`; what zod noted for itself goes. */
function pointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) => {
      if (key === "$ref" && typeof one === "string") return [[key, one.replace("#/$defs/", "#/components/schemas/")]];
      return key === "id" && typeof one === "string" ? [] : [[key, pointed(one)]];
    }),
  );
}

function withoutDialect(schema: object & { readonly $schema?: unknown }): Json {
  const { $schema: _dialect, ...rest } = schema;
  return rest as Json;
}
