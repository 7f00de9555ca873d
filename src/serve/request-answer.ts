import type { Request, Response } from "express";
import { RequestError } from "../errors.ts";
import type { Snapshot } from "../model/snapshot.ts";
import { type FeedRequest, requestPath } from "../select/feed-request.ts";
import { parseReaderQuery, type ReaderQuery } from "../select/reader-query.ts";
import { formatOf } from "./addresses.ts";
import type { ClientAddress } from "./client-address.ts";
import { chooseVariant, type Variant } from "./negotiate.ts";
import { renderFeedPage } from "./pages/feed-page.ts";
import type { PageContext } from "./pages/layout.ts";
import { answerPage, preparePage } from "./pages/page-answer.ts";
import type { RenderAllowance } from "./render-allowance.ts";
import type { SnapshotAnswers } from "./snapshot-answer.ts";
import type { TextMemory } from "./text-memory.ts";
import type { Wire } from "./wire.ts";

/** What the query of a feed's address says. */
export interface AskedQuery {
  readonly reader: ReaderQuery;
  /** `format`: stands over the suffix and over Accept. */
  readonly format: Variant | undefined;
  /** `token`, else the Bearer credentials (RFC 6750 §2.1). */
  readonly token: string | undefined;
  readonly isTokenInQuery: boolean;
  /** `q`: the words of a search. */
  readonly words: string;
}

/** Characters of a search that count. */
const WORDS_CHARACTERS_MAX = 200;

/** Reads the query of a feed's address; RequestError `bad_parameter` (400). */
export function readQuery({ url, headers }: Request): AskedQuery {
  const mark = url.indexOf("?");
  const parameters = new URLSearchParams(mark < 0 ? "" : url.slice(mark));
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  return {
    reader: parseReaderQuery(parameters),
    format: wantedFormat(parameters.get("format") ?? ""),
    token: parameters.get("token") ?? bearer,
    isTokenInQuery: parameters.has("token"),
    words: wordsOf(parameters.get("q") ?? ""),
  };
}

function wantedFormat(text: string): Variant | undefined {
  if (text === "") return undefined;
  const format = text === "html" ? text : formatOf(text);
  if (format !== undefined) return format;
  throw new RequestError("Cannot read the parameter format; wanted: rss, atom, json or html", {
    code: "bad_parameter",
    status: 400,
  });
}

/** All that search for the same words ask for one document. */
function wordsOf(text: string): string {
  return text.slice(0, WORDS_CHARACTERS_MAX).toWellFormed().normalize("NFC").toLowerCase().trim().replace(/\s+/g, " ");
}

/** How an address is to be answered. */
export interface Chosen {
  readonly variant: Variant;
  /** Accept chose it. */
  readonly isNegotiated: boolean;
}

/** By `format`, else by suffix, else by Accept; RequestError `not_acceptable` (406). */
export function chooseAnswer(request: Request, suffix: string, format: Variant | undefined): Chosen {
  const named = format ?? (suffix === "html" ? suffix : formatOf(suffix));
  if (named !== undefined) return { variant: named, isNegotiated: false };
  const variant = chooseVariant(request.headers.accept);
  if (variant !== undefined) return { variant, isNegotiated: true };
  throw new RequestError(
    "Cannot answer in a media type of the Accept header; there are RSS, Atom, JSON Feed and HTML",
    {
      code: "not_acceptable",
      status: 406,
    },
  );
}

/** Answers what readers put together. */
export interface RequestAnswers {
  /**
   * RequestError `unknown_feed` (404), `feed_not_ready` (503), `bad_parameter` (400), `too_many_requests` (429), which
   * is never in the way of a document at hand nor of a 304. `token`: what opened a feed behind a token.
   */
  answer(
    request: Request,
    response: Response,
    asked: FeedRequest,
    how: Chosen & { readonly token?: string | undefined },
  ): Promise<void>;
}

interface RequestAnswersParts {
  readonly wire: Pick<Wire, "requests">;
  readonly answers: SnapshotAnswers;
  readonly context: PageContext;
  readonly memory: TextMemory;
  readonly allowance: RenderAllowance;
  readonly clientOf: ClientAddress;
}

export function createRequestAnswers({
  wire,
  answers,
  context,
  memory,
  allowance,
  clientOf,
}: RequestAnswersParts): RequestAnswers {
  const { addresses } = context;
  const { requests } = wire;

  async function findSnapshot(
    asked: FeedRequest,
    format: Snapshot["format"],
    client: string,
  ): Promise<{ readonly snapshot: Snapshot; readonly isPaid: boolean }> {
    const ready = requests.ready(asked, format);
    if (ready !== undefined) return { snapshot: ready, isPaid: false };
    allowance.take(client);
    const snapshot = await requests.find(asked, format);
    if (snapshot === null) throw nothingAt(asked);
    return { snapshot, isPaid: true };
  }

  async function answerRequestedPage(
    request: Request,
    response: Response,
    asked: FeedRequest,
    { isNegotiated, token }: Chosen & { readonly token?: string | undefined },
  ): Promise<void> {
    // A page behind a token shows the token that its reader brought, and no other.
    const page = await memory.recall(`asked ${requestPath(asked, "html")} ${token ?? ""}`, async () => {
      allowance.take(clientOf(request));
      const found = await requests.findPage(asked);
      if (found === null) throw nothingAt(asked);
      const feed = token === undefined ? found.feed : { ...found.feed, token };
      return preparePage(renderFeedPage(context, { ...found, feed }));
    });
    answerPage(request, response, page, {
      ...(isNegotiated
        ? { Vary: "Accept, Accept-Encoding", "Content-Location": addresses.requested(asked, "html") }
        : {}),
      ...(token !== undefined ? { "Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer" } : {}),
    });
  }

  return {
    async answer(request, response, asked, how) {
      const { variant, isNegotiated, token } = how;
      if (variant === "html") return answerRequestedPage(request, response, asked, how);
      const client = clientOf(request);
      const { snapshot, isPaid } = await findSnapshot(asked, variant, client);
      answers.answerRequested(request, response, snapshot, {
        path: addresses.requested(asked, variant),
        isNegotiated,
        isPrivate: token !== undefined,
        freshForMs: requests.freshForMs(asked),
      });
      if (isPaid && response.statusCode === 304) allowance.giveBack(client);
    },
  };
}

function nothingAt({ origin }: FeedRequest): RequestError {
  return origin.kind === "feed" || origin.kind === "search"
    ? new RequestError("This feed has no document yet; its sources are being read", {
        code: "feed_not_ready",
        status: 503,
      })
    : new RequestError("There is no such feed", { code: "unknown_feed", status: 404 });
}
