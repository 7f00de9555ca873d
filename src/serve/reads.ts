import type { Express, RequestHandler } from "express";
import { RequestError } from "../errors.ts";

const ALLOW = "GET, HEAD, OPTIONS";

/** Refuses a method that the address does not know (RFC 9110 §15.5.6). */
const refuseMethod: RequestHandler = (request, response) => {
  response.setHeader("Allow", ALLOW);
  throw new RequestError(`Cannot ${request.method} this address; it allows ${ALLOW}`, {
    code: "method_not_allowed",
    status: 405,
  });
};

/** Tells which methods there are, and lets scripts of other sites read with our validators (Fetch, CORS preflight). */
export const tellMethods: RequestHandler = (_request, response) => {
  response
    .writeHead(204, {
      Allow: ALLOW,
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Methods": "GET, HEAD",
      "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since, Cache-Control",
      "Access-Control-Max-Age": "86400",
    })
    .end();
};

/** Adds an address that can only be read: GET and HEAD by `handler`, OPTIONS, and 405 for all other methods. */
export function addRead(app: Express, path: string, handler: RequestHandler): void {
  app.route(path).get(handler).options(tellMethods).all(refuseMethod);
}
