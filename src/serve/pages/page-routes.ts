import type { Express } from "express";
import { RequestError } from "../../errors.ts";
import { renderOpml } from "../opml.ts";
import { addRead } from "../reads.ts";
import { answerText, prepareText } from "../text-answer.ts";
import type { TextMemory } from "../text-memory.ts";
import type { Wire } from "../wire.ts";
import type { Asset } from "./assets.ts";
import { type CatalogueRequest, renderCatalogue } from "./catalogue.ts";
import type { PageContext } from "./layout.ts";
import { answerPage, preparePage } from "./page-answer.ts";
import { WORDS_CHARACTERS_MAX } from "./search-form.ts";
import { renderStoryPage } from "./story-page.ts";

const OPML = "text/x-opml; charset=utf-8";
/** Scripts of other sites may read what is meant for programs. */
const OPEN = { "Access-Control-Allow-Origin": "*" };
const PAGE = /^[1-9]\d{0,5}$/;
/** A story's id, and the suffix of its record (model/story.ts). */
const STORY_NAME = /^([a-z0-9]{1,64})(\.json)?$/;

interface PageRoutesParts {
  readonly wire: Wire;
  readonly context: PageContext;
  readonly memory: TextMemory;
}

/** What a URL's query says, without what Express would make of it: no objects, no arrays. */
function queryOf(url: string): URLSearchParams {
  const mark = url.indexOf("?");
  return new URLSearchParams(mark < 0 ? "" : url.slice(mark));
}

/** What the catalogue is asked for; what makes no sense is as if it were not there. */
function catalogueRequest(url: string): CatalogueRequest {
  const query = queryOf(url);
  const page = query.get("page") ?? "";
  return {
    query: (query.get("q") ?? "").slice(0, WORDS_CHARACTERS_MAX).trim(),
    page: PAGE.test(page) ? Number(page) : 1,
  };
}

const unknownStory = () => new RequestError("There is no such story", { code: "unknown_story", status: 404 });

const unknownAsset = () => new RequestError("There is no such asset", { code: "unknown_asset", status: 404 });

/** `/`, `/opml.xml`, `/stories/:id`, `/stories/:id.json` and the pages' assets. */
export function addPageRoutes(app: Express, { wire, context, memory }: PageRoutesParts): void {
  addRead(app, "/", async (request, response) => {
    const asked = catalogueRequest(request.url);
    const page = await memory.recall(`catalogue ${asked.page} ${asked.query}`, async () => {
      return preparePage(renderCatalogue(context, await wire.listFeeds(), asked));
    });
    answerPage(request, response, page);
  });

  addRead(app, "/opml.xml", async (request, response) => {
    const opml = await memory.recall("opml", async () => {
      return prepareText(renderOpml(wire.site.title, await wire.listFeeds(), context.addresses), OPML);
    });
    answerText(request, response, opml, OPEN);
  });

  addRead(app, "/stories/:name", async (request, response) => {
    const [name, id, suffix] = STORY_NAME.exec(String(request.params.name)) ?? [];
    if (id === undefined) throw unknownStory();
    const text = await memory.recall(`story ${name}`, async () => {
      const found = await wire.findStory(id);
      if (found === null) throw unknownStory();
      if (suffix === undefined) return preparePage(renderStoryPage(context, found));
      return prepareText(`${JSON.stringify(found.json, null, 2)}\n`, "application/json; charset=utf-8");
    });
    if (suffix === undefined) answerPage(request, response, text);
    else answerText(request, response, text, OPEN);
  });

  const assets = new Map(Object.values(context.assets).map((asset: Asset) => [asset.name, asset]));
  addRead(app, "/assets/:name", async (request, response) => {
    const asset = assets.get(String(request.params.name));
    if (asset === undefined) throw unknownAsset();
    const text = await memory.recall(`asset ${asset.name}`, () => prepareText(asset.body, asset.mediaType));
    answerText(request, response, text, { "Cache-Control": "public, max-age=31536000, immutable" });
  });
}
