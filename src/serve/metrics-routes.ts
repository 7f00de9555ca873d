import type { Express, NextFunction, Request, Response } from "express";
import { countAnswer, type Metrics } from "./metrics.ts";
import { addRead } from "./reads.ts";
import { answerText, prepareText } from "./text-answer.ts";
import type { TextMemory } from "./text-memory.ts";

/** Counts every answer by the pattern of its route; what came to no route is `none`. */
export function countAnswers(metrics: Metrics) {
  return (request: Request, response: Response, next: NextFunction): void => {
    response.once("close", () => countAnswer(metrics.answers(routeOf(request)), response.statusCode));
    next();
  };
}

function routeOf({ route, baseUrl }: Request): string {
  // Express gives no type to the route that matched.
  const pattern: unknown = route?.path;
  return typeof pattern === "string" ? `${baseUrl}${pattern}` : "none";
}

/** `/metrics` for Prometheus, to anybody: it names no source, no feed, no story. */
export function addMetricsRoute(app: Express, metrics: Metrics, memory: TextMemory): void {
  addRead(app, "/metrics", async (request, response) => {
    const text = await memory.recall("metrics", async () => prepareText(await metrics.render(), metrics.mediaType));
    answerText(request, response, text, { "Cache-Control": "no-store" });
  });
}
