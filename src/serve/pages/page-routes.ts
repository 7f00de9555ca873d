import type { Express } from "express";
import { RequestError } from "../../errors.ts";
import { renderOpml } from "../opml.ts";
import { addRead } from "../reads.ts";
import { answerText } from "../text-answer.ts";
import type { Wire } from "../wire.ts";
import type { Asset } from "./assets.ts";
import { renderCatalogue } from "./catalogue.ts";
import type { PageContext } from "./layout.ts";
import { answerPage } from "./page-answer.ts";
import { renderStoryPage } from "./story-page.ts";

/** Characters of a search that count. */
const QUERY_CHARACTERS_MAX = 200;
const PAGE = /^[1-9]\d{0,5}$/;
/** A story's id, and the suffix of its record (model/story.ts). */
const STORY_NAME = /^([a-z0-9]{1,64})(\.json)?$/;

interface PageRoutesParts {
  readonly wire: Wire;
  readonly context: PageContext;
}

/** What a URL's query says, without what Express would make of it: no objects, no arrays. */
function queryOf(url: string): URLSearchParams {
  const mark = url.indexOf("?");
  return new URLSearchParams(mark < 0 ? "" : url.slice(mark));
}

/** `/`, `/opml.xml`, `/stories/:id`, `/stories/:id.json` and the pages' assets. */
export function addPageRoutes(app: Express, { wire, context }: PageRoutesParts): void {
  addRead(app, "/", async (request, response) => {
    const query = queryOf(request.url);
    const page = query.get("page") ?? "1";
    const asked = {
      query: (query.get("q") ?? "").slice(0, QUERY_CHARACTERS_MAX).trim(),
      page: PAGE.test(page) ? Number(page) : 1,
    };
    await answerPage(request, response, renderCatalogue(context, await wire.listFeeds(), asked));
  });

  addRead(app, "/opml.xml", async (request, response) => {
    await answerText(request, response, {
      body: renderOpml(wire.site.title, await wire.listFeeds(), context.addresses),
      mediaType: "text/x-opml; charset=utf-8",
      headers: { "Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff" },
    });
  });

  addRead(app, "/stories/:name", async (request, response) => {
    const [, id, suffix] = STORY_NAME.exec(String(request.params.name)) ?? [];
    const found = id === undefined ? null : await wire.findStory(id);
    if (found === null) throw new RequestError("There is no such story", { code: "unknown_story", status: 404 });
    if (suffix === undefined) return answerPage(request, response, renderStoryPage(context, found.entry));
    await answerText(request, response, {
      body: `${JSON.stringify(found.json, null, 2)}\n`,
      mediaType: "application/json; charset=utf-8",
      headers: { "Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff" },
    });
  });

  const assets = new Map(Object.values(context.assets).map((asset: Asset) => [asset.name, asset]));
  addRead(app, "/assets/:name", async (request, response) => {
    const asset = assets.get(String(request.params.name));
    if (asset === undefined) throw new RequestError("There is no such asset", { code: "unknown_asset", status: 404 });
    await answerText(request, response, {
      ...asset,
      headers: { "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff" },
    });
  });
}
