import type { Express, Request, Response } from "express";
import { RequestError } from "../errors.ts";
import type { FeedSlug, FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { canonicalQuery } from "../select/reader-query.ts";
import { formatOf, splitName, withToken } from "./addresses.ts";
import { renderFeedPage } from "./pages/feed-page.ts";
import type { PageContext } from "./pages/layout.ts";
import { answerPage, preparePage } from "./pages/page-answer.ts";
import { addRead } from "./reads.ts";
import { type AskedQuery, type Chosen, chooseAnswer, type RequestAnswers, readQuery } from "./request-answer.ts";
import type { SnapshotAnswers } from "./snapshot-answer.ts";
import type { TextMemory } from "./text-memory.ts";
import type { Wire } from "./wire.ts";

/** All addresses of feeds; documents that are ready are answered before it comes to a route. */
export const FEED_ROUTE = "/feeds/:name";

/** How long a cache may remember that a feed has a new name. */
const MOVED_SECONDS = 3600;

interface FeedRoutesParts {
  readonly wire: Wire;
  readonly answers: SnapshotAnswers;
  readonly context: PageContext;
  readonly memory: TextMemory;
  readonly requests: RequestAnswers;
}

const unknownFeed = () => new RequestError("There is no such feed", { code: "unknown_feed", status: 404 });

const goneFeed = () => new RequestError("This feed was deleted", { code: "feed_gone", status: 410 });

const notReady = () =>
  new RequestError("This feed has no document yet; its sources are being read", {
    code: "feed_not_ready",
    status: 503,
  });

/** Feeds by name: `/feeds/:slug`, `.rss`, `.atom`, `.json`, `.html`, each under a reader's query too. */
export function addFeedRoutes(app: Express, parts: FeedRoutesParts): void {
  const { wire, answers, context, memory, requests } = parts;
  const { addresses } = context;

  /** The slug, when it is a feed's; answers 301 for a former name (null), throws 404 and 410. */
  function resolve(
    slug: string,
    suffix: string,
    { reader, format, token, isTokenInQuery }: AskedQuery,
    response: Response,
  ): { readonly slug: FeedSlug; readonly isPrivate: boolean } | null {
    const lookup = wire.lookUp(slug, token);
    if (lookup.kind === "unknown") throw unknownFeed();
    if (lookup.kind === "gone") throw goneFeed();
    // "found" says that the text is the slug of a feed: this is where it gets its brand.
    if (lookup.kind === "found") return { slug: slug as FeedSlug, isPrivate: lookup.isPrivate === true };
    const path = addresses.requested({ origin: { kind: "feed", slug: lookup.to }, query: reader }, format ?? suffix);
    response
      .writeHead(301, {
        Location: isTokenInQuery ? withToken(path, token ?? "") : path,
        "Cache-Control": token === undefined ? `public, max-age=${MOVED_SECONDS}` : "no-store",
        "Access-Control-Allow-Origin": "*",
      })
      .end();
    return null;
  }

  async function findSnapshot(slug: FeedSlug, format: FormatName): Promise<Snapshot> {
    const snapshot = wire.readySnapshot(slug, format) ?? (await wire.findSnapshot(slug, format));
    if (snapshot === null) throw notReady();
    return snapshot;
  }

  async function answerFeedPage(request: Request, response: Response, slug: FeedSlug, headers = {}): Promise<void> {
    const page = await memory.recall(`feed ${slug}`, async () => {
      const found = await wire.findFeedPage(slug);
      if (found === null) throw notReady();
      return preparePage(renderFeedPage(context, found));
    });
    answerPage(request, response, page, headers);
  }

  async function answerPlain(request: Request, response: Response, slug: FeedSlug, chosen: Chosen): Promise<void> {
    const { variant, isNegotiated } = chosen;
    if (variant === "html") {
      const negotiated = { Vary: "Accept, Accept-Encoding", "Content-Location": addresses.feedPage(slug) };
      return answerFeedPage(request, response, slug, isNegotiated ? negotiated : {});
    }
    const answer = isNegotiated ? answers.answerNegotiated : answers.answer;
    answer(request, response, await findSnapshot(slug, variant), wire.freshForMs(slug));
  }

  addRead(app, FEED_ROUTE, async (request, response) => {
    const { slug: asked, suffix } = splitName(String(request.params.name));
    if (formatOf(suffix) === undefined && suffix !== "" && suffix !== "html") throw unknownFeed();
    const query = readQuery(request);
    const found = resolve(asked, suffix, query, response);
    if (found === null) return;
    const { slug, isPrivate } = found;
    const chosen = chooseAnswer(request, suffix, query.format);
    if (!isPrivate && canonicalQuery(query.reader) === "") await answerPlain(request, response, slug, chosen);
    else
      await requests.answer(
        request,
        response,
        { origin: { kind: "feed", slug }, query: query.reader },
        { ...chosen, token: isPrivate ? query.token : undefined },
      );
  });
}
