import type { Express, Request, Response } from "express";
import { RequestError } from "../errors.ts";
import type { Origin } from "../select/feed-request.ts";
import { formatOf, splitName } from "./addresses.ts";
import { addRead } from "./reads.ts";
import { chooseAnswer, type RequestAnswers, readQuery } from "./request-answer.ts";

/** A source's id (config/values.ts): whatever else is asked for, there is no such source. */
const SOURCE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Characters of a tag. */
const TAG_CHARACTERS_MAX = 200;

const unknownFeed = () => new RequestError("There is no such feed", { code: "unknown_feed", status: 404 });

const missingQuery = () =>
  new RequestError("Cannot search for nothing; wanted: words in the parameter q", {
    code: "missing_query",
    status: 400,
  });

/** `/sources/:id`, `/tags/:tag`, `/search?q=`: feeds nobody had to define, each with every suffix and query of a feed. */
export function addRequestRoutes(app: Express, requests: RequestAnswers): void {
  function add(path: string, originOf: (name: string, words: string) => Origin): void {
    addRead(app, path, async (request: Request, response: Response) => {
      const { name, suffix } = nameOf(String(request.params.name ?? ""));
      const { reader, format, words } = readQuery(request);
      const asked = { origin: originOf(name, words), query: reader };
      await requests.answer(request, response, asked, chooseAnswer(request, suffix, format));
    });
  }

  add("/sources/:name", (id) => {
    if (!SOURCE_ID.test(id)) throw unknownFeed();
    return { kind: "source", id };
  });
  add("/tags/:name", (tag) => {
    if (tag === "" || tag.length > TAG_CHARACTERS_MAX) throw unknownFeed();
    return { kind: "tag", tag: tag.toWellFormed() };
  });
  // The name is all that may follow: "" or a suffix.
  add("/search{:name}", (name, words) => {
    if (name !== "") throw unknownFeed();
    if (words === "") throw missingQuery();
    return { kind: "search", words };
  });
}

/** A name and the suffix behind it; tags may hold dots, so only what we answer in counts as one. */
function nameOf(text: string): { readonly name: string; readonly suffix: string } {
  const { slug, suffix } = splitName(text);
  return suffix === "html" || formatOf(suffix) !== undefined ? { name: slug, suffix } : { name: text, suffix: "" };
}
