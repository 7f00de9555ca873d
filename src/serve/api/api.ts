import { hash, timingSafeEqual } from "node:crypto";
import express, { type NextFunction, type Request, type RequestHandler, type Response, Router } from "express";
import { z } from "zod";
import { RequestError } from "../../errors.ts";

/** What the API may ask and do; app.ts implements it over the store and the poller. Answers are JSON as it goes out. */
export interface Api {
  /** The operator's bearer token. */
  readonly token: string;
  listSources(): Promise<readonly object[]>;
  findSource(id: string): Promise<object | null>;
  /** Records of a source's visits, newest first. */
  listPolls(id: string, limit: number): Promise<readonly object[]>;
  /** Visits a source now and answers the record; null where there is no such source. */
  pollSource(id: string): Promise<object | null>;
  listFeeds(): Promise<readonly object[]>;
  /** Newest first; `query` searches title and opening. */
  listStories(selection: {
    readonly query?: string;
    readonly source?: string;
    readonly limit: number;
  }): Promise<readonly object[]>;
  findStory(id: string): Promise<object | null>;
  /** Out of every feed, and never imported again. False where there is no such story. */
  deleteStory(id: string): Promise<boolean>;
  openApi(): object;
}

/** Bytes of a request's body at most. */
const BODY_BYTES_MAX = 64 * 1024;

/** A failed token costs its sender this long, in milliseconds. */
const REFUSAL_MS = 500;

const limitSchema = z.coerce.number().int().min(1).max(200).default(50);
const storiesSchema = z.strictObject({
  q: z.string().max(500).optional(),
  source: z.string().max(64).optional(),
  limit: limitSchema,
});
const pollsSchema = z.strictObject({ limit: limitSchema });

/** `/api/v1`: everything but the description needs the token as `Authorization: Bearer` (RFC 6750 §2.1). */
export function createApiRouter(api: Api): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.use(noStore);
  router.get("/openapi.json", (_request, response) => void response.json(api.openApi()));
  router.use(requireToken(api.token));
  router.use(express.json({ limit: BODY_BYTES_MAX, strict: true }));
  router.get(
    "/sources",
    answer(async () => ({ sources: await api.listSources() })),
  );
  router.get(
    "/sources/:id",
    answer(async ({ params }) => found(await api.findSource(text(params.id)), "source")),
  );
  router.get(
    "/sources/:id/polls",
    answer(async (request) => ({
      polls: await api.listPolls(text(request.params.id), queryOf(request, pollsSchema).limit),
    })),
  );
  router.post(
    "/sources/:id/poll",
    answer(async ({ params }) => found(await api.pollSource(text(params.id)), "source")),
  );
  router.get(
    "/feeds",
    answer(async () => ({ feeds: await api.listFeeds() })),
  );
  router.get(
    "/stories",
    answer(async (request) => {
      const { q, source, limit } = queryOf(request, storiesSchema);
      return {
        stories: await api.listStories({
          ...(q === undefined ? {} : { query: q }),
          ...(source === undefined ? {} : { source }),
          limit,
        }),
      };
    }),
  );
  router.get(
    "/stories/:id",
    answer(async ({ params }) => found(await api.findStory(text(params.id)), "story")),
  );
  router.delete(
    "/stories/:id",
    answer(async ({ params }) => {
      if (!(await api.deleteStory(text(params.id)))) throw unknown("story");
      return { deleted: true };
    }),
  );
  router.use(() => {
    throw new RequestError("There is nothing at this address of the API", { code: "not_found", status: 404 });
  });
  return router;
}

function noStore(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader("Cache-Control", "no-store");
  next();
}

/** Compared in constant time; whoever guesses waits. */
function requireToken(token: string): RequestHandler {
  const wanted = digest(token);
  return (request, response, next) => {
    const [, given] = /^Bearer ([\x21-\x7e]{1,1024})$/i.exec(request.headers.authorization ?? "") ?? [];
    if (given !== undefined && timingSafeEqual(digest(given), wanted)) return next();
    response.setHeader("WWW-Authenticate", 'Bearer realm="storywire"');
    const refuse = () =>
      next(new RequestError("This needs the operator's token", { code: "unauthorized", status: 401 }));
    setTimeout(refuse, given === undefined ? 0 : REFUSAL_MS).unref();
  };
}

function digest(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

function answer(work: (request: Request) => Promise<object>): RequestHandler {
  return async (request, response) => {
    response.json(await work(request));
  };
}

function queryOf<T>(request: Request, schema: z.ZodType<T>): T {
  const { searchParams } = new URL(request.url, "http://localhost");
  const parsed = schema.safeParse(Object.fromEntries(searchParams));
  if (parsed.success) return parsed.data;
  throw new RequestError(`Cannot read the query: ${z.prettifyError(parsed.error)}`, { code: "bad_query", status: 400 });
}

function found(value: object | null, what: string): object {
  if (value === null) throw unknown(what);
  return value;
}

function unknown(what: string): RequestError {
  return new RequestError(`There is no such ${what}`, { code: `unknown_${what}`, status: 404 });
}

/** A path parameter is one text; Express types it as possibly several. */
function text(parameter: string | string[] | undefined): string {
  return typeof parameter === "string" ? parameter : "";
}
