import type { Express, Response } from "express";
import { addRead } from "./reads.ts";
import type { Wire } from "./wire.ts";

function answerState(response: Response, isWell: boolean, details: Readonly<Record<string, unknown>>): void {
  const body = Buffer.from(`${JSON.stringify({ status: isWell ? "ok" : "unavailable", ...details })}\n`);
  response
    .writeHead(isWell ? 200 : 503, {
      "Content-Type": "application/json; charset=utf-8",
      "Content-Length": body.length,
      "Cache-Control": "no-store",
    })
    .end(response.req.method === "HEAD" ? undefined : body);
}

/** `/healthz`: is the process to be left alone (200) or restarted (503); `/readyz`: is it to be sent readers. */
export function addHealthRoutes(app: Express, wire: Wire): void {
  addRead(app, "/healthz", (_request, response) => {
    const { live, details } = wire.health();
    answerState(response, live, details);
  });
  addRead(app, "/readyz", (_request, response) => {
    const { live, ready, details } = wire.health();
    answerState(response, live && ready, details);
  });
}
