import type { Express, Request, Response } from "express";
import { RequestError } from "../errors.ts";
import type { FeedSlug, FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { formatOf, splitName } from "./addresses.ts";
import { chooseVariant } from "./negotiate.ts";
import { renderFeedPage } from "./pages/feed-page.ts";
import type { PageContext } from "./pages/layout.ts";
import { answerPage, preparePage } from "./pages/page-answer.ts";
import { addRead } from "./reads.ts";
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
}

const unknownFeed = () => new RequestError("There is no such feed", { code: "unknown_feed", status: 404 });

const goneFeed = () => new RequestError("This feed was deleted", { code: "feed_gone", status: 410 });

const notReady = () =>
  new RequestError("This feed has no document yet; its sources are being read", {
    code: "feed_not_ready",
    status: 503,
  });

const notAcceptable = () =>
  new RequestError("Cannot answer in a media type of the Accept header; there are RSS, Atom, JSON Feed and HTML", {
    code: "not_acceptable",
    status: 406,
  });

/** Feeds by name: `/feeds/:slug`, `.rss`, `.atom`, `.json`, `.html`. */
export function addFeedRoutes(app: Express, { wire, answers, context, memory }: FeedRoutesParts): void {
  const { addresses } = context;

  /** The slug, when it is a feed's; answers 301 for a former name (null), throws 404 and 410. */
  function resolve(slug: string, suffix: string, response: Response): FeedSlug | null {
    const lookup = wire.lookUp(slug);
    if (lookup.kind === "unknown") throw unknownFeed();
    if (lookup.kind === "gone") throw goneFeed();
    // "found" says that the text is the slug of a feed: this is where it gets its brand.
    if (lookup.kind === "found") return slug as FeedSlug;
    response
      .writeHead(301, {
        Location: addresses.feed(lookup.to, suffix),
        "Cache-Control": `public, max-age=${MOVED_SECONDS}`,
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

  async function answerNegotiated(request: Request, response: Response, slug: FeedSlug): Promise<void> {
    const variant = chooseVariant(request.headers.accept);
    if (variant === undefined) throw notAcceptable();
    if (variant === "html") {
      const headers = { Vary: "Accept, Accept-Encoding", "Content-Location": addresses.feedPage(slug) };
      return answerFeedPage(request, response, slug, headers);
    }
    answers.answerNegotiated(request, response, await findSnapshot(slug, variant), wire.freshForMs(slug));
  }

  addRead(app, FEED_ROUTE, async (request, response) => {
    const { slug: asked, suffix } = splitName(String(request.params.name));
    const format = formatOf(suffix);
    if (format === undefined && suffix !== "" && suffix !== "html") throw unknownFeed();
    const slug = resolve(asked, suffix, response);
    if (slug === null) return;
    if (format !== undefined) {
      answers.answer(request, response, await findSnapshot(slug, format), wire.freshForMs(slug));
    } else if (suffix === "html") {
      await answerFeedPage(request, response, slug);
    } else {
      await answerNegotiated(request, response, slug);
    }
  });
}
