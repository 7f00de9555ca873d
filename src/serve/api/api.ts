import express, { type NextFunction, type Request, type RequestHandler, type Response, Router } from "express";
import type { z } from "zod";
import { RequestError } from "../../errors.ts";
import type { ClientAddress } from "../client-address.ts";
import { describeApi } from "./openapi.ts";
import { type Api, type Operation, operations } from "./operations.ts";
import { requireToken } from "./token.ts";

/** Bytes of a request's body at most: a story's content fits in. */
const BODY_BYTES_MAX = 1024 * 1024;

/**
 * `/api/v1`: the operations of operations.ts, each behind the operator's token; the description is for anybody. Problems
 * of every operation: `unauthorized`, `too_many_attempts`; of their requests: `bad_query`, `bad_body`, `body_too_large`,
 * `unsupported_media_type`, `method_not_allowed`, `not_found`.
 */
export function createApiRouter(api: Api, addressOf: ClientAddress): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const description = describeApi();
  router.use(noStore);
  router.get("/openapi.json", (_request, response) => void response.json(description));
  router.use(requireToken(api.token, addressOf));
  for (const [path, all] of Map.groupBy(operations, (one) => one.path)) addPath(router, path, all, api);
  router.use(() => {
    throw new RequestError("There is nothing at this address of the API", { code: "not_found", status: 404 });
  });
  router.use(refuseBody);
  return router;
}

function addPath(router: Router, path: string, all: readonly Operation[], api: Api): void {
  const methods = all.flatMap(({ method }) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()]));
  const allow = [...methods, "OPTIONS"].join(", ");
  const route = router.route(path.replaceAll("{id}", ":id"));
  for (const one of all) {
    const readBody = one.body === undefined ? [] : [requireJson, express.json({ limit: BODY_BYTES_MAX, strict: true })];
    route[one.method](...readBody, answer(one, api));
  }
  route.options((_request, response) => void response.writeHead(204, { Allow: allow }).end());
  route.all((request, response) => {
    response.setHeader("Allow", allow);
    throw new RequestError(`Cannot ${request.method} this address; it allows ${allow}`, {
      code: "method_not_allowed",
      status: 405,
    });
  });
}

function noStore(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader("Cache-Control", "no-store");
  next();
}

function answer(operation: Operation, api: Api): RequestHandler {
  return async (request, response) => {
    const { id } = request.params;
    const given = {
      id: typeof id === "string" ? id : "",
      query: operation.query === undefined ? {} : queryOf(request, operation.query),
      body: operation.body === undefined ? {} : bodyOf(request, operation.body),
    };
    const told = await operation.run(api, given);
    if (told === null) throw unknownThing(operation);
    response.json(told);
  };
}

function unknownThing({ problems }: Operation): RequestError {
  const code = problems?.[404]?.[0] ?? "not_found";
  return new RequestError(`There is no such ${code.replace("unknown_", "")}`, { code, status: 404 });
}

function queryOf<T extends z.ZodObject>(request: Request, schema: T): z.output<T> {
  const { searchParams } = new URL(request.url, "http://localhost");
  const parsed = schema.safeParse(Object.fromEntries(searchParams));
  if (parsed.success) return parsed.data;
  throw new RequestError(`Cannot read the query: ${complaint(parsed.error)}`, { code: "bad_query", status: 400 });
}

function bodyOf<T extends z.ZodObject>(request: Request, schema: T): z.output<T> {
  // A request without a body says nothing.
  const parsed = schema.safeParse(request.body ?? {});
  if (parsed.success) return parsed.data;
  throw new RequestError(`Cannot read the body: ${complaint(parsed.error)}`, { code: "bad_body", status: 400 });
}

/** Every complaint on one line: where, and what was wanted. */
function complaint({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message }) => [path.join("."), message].filter((part) => part !== "").join(": "))
    .join("; ");
}

/** A body of another kind would be passed over unread. */
function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  const hasBody = coding !== undefined || (length !== undefined && length !== "0");
  if (hasBody && !request.is("application/json")) {
    throw new RequestError("Cannot read this body; wanted: Content-Type: application/json", {
      code: "unsupported_media_type",
      status: 415,
    });
  }
  next();
}

/** Codes of bodies that cannot be read, by the status that the reader of bodies gives them. */
const BODY_CODES: Readonly<Record<number, string>> = {
  400: "bad_body",
  413: "body_too_large",
  415: "unsupported_media_type",
};

const BODY_WANTED: Readonly<Record<number, string>> = {
  400: "a JSON object",
  413: `at most ${BODY_BYTES_MAX} bytes`,
  415: "JSON in UTF-8, as it is or in gzip, deflate or br",
};

function refuseBody(error: unknown, _request: Request, _response: Response, next: NextFunction): void {
  const status = error instanceof Error && "status" in error && "type" in error ? Number(error.status) : 0;
  const code = BODY_CODES[status];
  const isOurs = error instanceof RequestError || code === undefined;
  next(isOurs ? error : new RequestError(`Cannot read this body; wanted: ${BODY_WANTED[status]}`, { code, status }));
}
