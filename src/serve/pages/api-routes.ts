import type { Express } from "express";
import { addRead } from "../reads.ts";
import type { Text } from "../text-answer.ts";
import { renderApiPage } from "./api-page.ts";
import type { PageContext } from "./layout.ts";
import { answerPage, preparePage } from "./page-answer.ts";

/**
 * `/api/v1` and `/api/v1/`: the reference of the API, open to everybody as its description is. Stands before the API's
 * own routes. Made at its first request, and never again: the description does not change.
 */
export function addApiPage(app: Express, describe: () => object, context: PageContext): void {
  let page: Promise<Text> | undefined;
  addRead(app, "/api/v1{/}", async (request, response) => {
    page ??= preparePage(renderApiPage(context, describe()));
    answerPage(request, response, await page);
  });
}
