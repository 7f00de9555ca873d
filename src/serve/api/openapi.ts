import { z } from "zod";
import { VERSION } from "../../version.ts";

const instant = z.iso.datetime().meta({ description: "RFC 3339 in UTC" });

const poll = z.object({
  at: instant,
  outcome: z.enum(["new", "unchanged", "not_modified", "failed", "suspect"]),
  code: z
    .string()
    .optional()
    .meta({ description: "Stable code of the error, or of the guard's rule; see docs/errors.md" }),
  message: z.string().optional(),
  httpStatus: z.int().optional(),
  stories: z.object({ seen: z.int(), new: z.int(), updated: z.int() }),
  finalUrl: z.string().optional(),
  durationMs: z.number(),
});

const source = z.object({
  id: z.string(),
  state: z.enum(["ok", "failing", "suspect", "paused", "pending"]),
  lastPoll: poll.optional(),
  failures: z.int().meta({ description: "Failed visits in a row" }),
  failingSince: instant.optional(),
  nextPollAt: instant.optional(),
});

const feed = z.object({
  slug: z.string(),
  title: z.string(),
  description: z.string(),
  language: z.string(),
  updatedAt: z.number().optional().meta({ description: "Milliseconds since 1970 UTC" }),
  entries: z.int(),
});

const story = z.looseObject({
  id: z.string(),
  sourceId: z.string(),
  title: z.string(),
  published: z.string().meta({ description: "RFC 3339 instant, or YYYY-MM-DD where only the day is known" }),
  revision: z.int(),
});

const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  code: z.string().optional(),
});

const components = { poll, source, feed, story, problem };

interface Operation {
  readonly summary: string;
  readonly answer: object;
  readonly parameters?: readonly object[];
}

const ref = (name: keyof typeof components) => ({ $ref: `#/components/schemas/${name}` });
const listOf = (name: string, item: keyof typeof components) => ({
  type: "object",
  required: [name],
  properties: { [name]: { type: "array", items: ref(item) } },
});
const path = (name: string) => ({ name, in: "path", required: true, schema: { type: "string" } });
const query = (name: string, schema: object) => ({ name, in: "query", schema });
const limit = query("limit", { type: "integer", minimum: 1, maximum: 200, default: 50 });

const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  "/sources": { get: { summary: "Every source and how it is doing", answer: listOf("sources", "source") } },
  "/sources/{id}": { get: { summary: "One source", answer: ref("source"), parameters: [path("id")] } },
  "/sources/{id}/polls": {
    get: { summary: "Its visits, newest first", answer: listOf("polls", "poll"), parameters: [path("id"), limit] },
  },
  "/sources/{id}/poll": { post: { summary: "Visit it now", answer: ref("poll"), parameters: [path("id")] } },
  "/feeds": { get: { summary: "Every published feed", answer: listOf("feeds", "feed") } },
  "/stories": {
    get: {
      summary: "Newest stories, or those that hold the words of q",
      answer: listOf("stories", "story"),
      parameters: [query("q", { type: "string" }), query("source", { type: "string" }), limit],
    },
  },
  "/stories/{id}": {
    get: { summary: "A story with its ledger and explanation", answer: ref("story"), parameters: [path("id")] },
    delete: {
      summary: "Take it out of every feed for good",
      answer: { type: "object", properties: { deleted: { const: true } } },
      parameters: [path("id")],
    },
  },
};

/** OpenAPI 3.1 of `/api/v1`, its schemas generated from zod. */
export function describeApi(): object {
  const paths = Object.fromEntries(
    Object.entries(operations).map(([address, methods]) => [
      `/api/v1${address}`,
      Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, operationOf(operation)])),
    ]),
  );
  return {
    openapi: "3.1.0",
    info: { title: "Storywire", version: VERSION },
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: Object.fromEntries(
        Object.entries(components).map(([name, schema]) => [name, withoutDialect(z.toJSONSchema(schema))]),
      ),
    },
  };
}

function operationOf({ summary, answer, parameters }: Operation): object {
  const problemAnswer = {
    description: "A problem (RFC 9457)",
    content: { "application/problem+json": { schema: ref("problem") } },
  };
  return {
    summary,
    ...(parameters === undefined ? {} : { parameters }),
    responses: {
      "200": { description: summary, content: { "application/json": { schema: answer } } },
      default: problemAnswer,
    },
  };
}

function withoutDialect({ $schema: _dialect, ...schema }: object & { readonly $schema?: unknown }): object {
  return schema;
}
