import type { IncomingMessage, ServerResponse } from "node:http";
import { RequestError } from "../errors.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Addresses } from "./addresses.ts";
import { statusFor, type Validators } from "./conditional.ts";
import { type Coding, chooseCoding } from "./negotiate.ts";

/** Longest time an answer counts as fresh, however far away the next poll is. */
const FRESH_SECONDS_MAX = 86_400;
/** How long a cache may answer with what it has while it asks us (RFC 5861 §3). */
const STALE_WHILE_REVALIDATE_SECONDS = 300;
/** How long a cache may answer with what it has while we cannot be reached (RFC 5861 §4). */
const STALE_IF_ERROR_SECONDS = 604_800;

/** Suffix of the entity tag by coding. Not `-gzip`: that is how proxies mark a tag when they compress. */
const TAG_SUFFIXES: Readonly<Record<Coding, string>> = { identity: "", gzip: ".gz", zstd: ".zst" };
const CODINGS: readonly Coding[] = ["identity", "gzip", "zstd"];

/** One coding of a snapshot, ready to be written: flat header arrays as writeHead takes them without copying. */
interface PreparedCoding {
  readonly validators: Validators;
  readonly body: Buffer;
  /** Headers of 200 and of 304; the value of Cache-Control, in place 1, is set when its seconds change. */
  readonly found: string[];
  readonly notModified: string[];
  readonly scope: "public" | "private";
  seconds: number;
}

/** Codings are prepared when they are first asked for: most feeds are only ever read in one. */
type PreparedSnapshot = { [coding in Coding]?: PreparedCoding };

// Accept-Encoding values are few and short; the memory of them is emptied when somebody makes up many.
const CODING_MEMORY_MAX = 1000;
const REMEMBERED_CHARACTERS_MAX = 200;
const codingMemory = new Map<string, Coding>();

/** `chooseCoding`, remembering: the header is the same text in nearly every request. */
function codingFor(acceptEncoding: string | undefined): Coding | undefined {
  if (acceptEncoding === undefined) return "identity";
  const known = codingMemory.get(acceptEncoding);
  if (known !== undefined) return known;
  const coding = chooseCoding(acceptEncoding);
  if (codingMemory.size >= CODING_MEMORY_MAX) codingMemory.clear();
  if (coding !== undefined && acceptEncoding.length <= REMEMBERED_CHARACTERS_MAX)
    codingMemory.set(acceptEncoding, coding);
  return coding;
}

/** Whole seconds to our own next poll. */
function freshSeconds(freshForMs: number): number {
  return freshForMs > 0 ? Math.floor(Math.min(freshForMs / 1000, FRESH_SECONDS_MAX)) : 0;
}

/** Cache-Control that ends with our own next poll (RFC 9111 §5.2.2.1, RFC 5861). */
function cacheControlFor(seconds: number, scope: "public" | "private"): string {
  return `${scope}, max-age=${seconds}, stale-while-revalidate=${STALE_WHILE_REVALIDATE_SECONDS}, stale-if-error=${STALE_IF_ERROR_SECONDS}`;
}

function etagOf(snapshot: Snapshot, coding: Coding): string {
  // The format is part of the tag: `/feeds/:slug` answers all of them under one address.
  return `"${snapshot.tag}.${snapshot.format}${TAG_SUFFIXES[coding]}"`;
}

/** What an answer says of the address it was asked at. */
interface Place {
  readonly vary: string;
  /** Behind a token: only the reader's own cache may keep it. */
  readonly isPrivate?: boolean;
  /** Link of the document itself (RFC 8288). */
  readonly link: string;
  /** The document's own address, where it was asked at another (RFC 9110 §8.7). */
  readonly contentLocation?: string;
}

/** Where a document stands that a reader asked for by more than a feed's name. */
interface RequestedPlace {
  /** Its one path, with the prefix of the base URL. */
  readonly path: string;
  /** It was asked for at an address without a suffix, and Accept chose the format. */
  readonly isNegotiated: boolean;
  /** Behind a token: only the reader's own cache may keep it. */
  readonly isPrivate: boolean;
  readonly freshForMs: number;
}

function prepareCoding(snapshot: Snapshot, coding: Coding, place: Place): PreparedCoding {
  const validators: Validators = {
    etag: etagOf(snapshot, coding),
    revisionEtags: CODINGS.map((each) => etagOf(snapshot, each)),
    ...(snapshot.isUndated === true
      ? {}
      : { lastModifiedAt: snapshot.lastModifiedAt, lastModified: new Date(snapshot.lastModifiedAt).toUTCString() }),
  };
  const body = snapshot[coding];
  // RFC 9110 §15.4.5: no more than what a cache updates its copy by. Every field costs each of many polls.
  const notModified = [
    ...["Cache-Control", ""],
    ...["Vary", place.vary],
    ...["ETag", validators.etag],
    ...(validators.lastModified === undefined ? [] : ["Last-Modified", validators.lastModified]),
    ...["Access-Control-Allow-Origin", "*"],
    ...(place.contentLocation === undefined ? [] : ["Content-Location", place.contentLocation]),
  ];
  const found = [
    ...notModified,
    ...["Content-Type", snapshot.mediaType],
    ...["Content-Length", String(body.length)],
    ...(coding === "identity" ? [] : ["Content-Encoding", coding]),
    ...["Link", place.link],
    ...["Access-Control-Expose-Headers", "ETag, Link"],
    ...["X-Content-Type-Options", "nosniff"],
  ];
  return { validators, body, found, notModified, scope: place.isPrivate === true ? "private" : "public", seconds: -1 };
}

function noAcceptableCoding(): RequestError {
  return new RequestError("Cannot send this document: Accept-Encoding refuses gzip, zstd and no coding alike", {
    code: "no_acceptable_coding",
    status: 406,
  });
}

function write(request: IncomingMessage, response: ServerResponse, prepared: PreparedCoding, freshForMs: number): void {
  const status = statusFor(request.headers, prepared.validators);
  const headers = status === 304 ? prepared.notModified : prepared.found;
  const seconds = freshSeconds(freshForMs);
  if (seconds !== prepared.seconds) {
    prepared.seconds = seconds;
    prepared.found[1] = prepared.notModified[1] = cacheControlFor(seconds, prepared.scope);
  }
  response.writeHead(status, headers);
  if (status === 304 || request.method === "HEAD") response.end();
  else response.end(prepared.body);
}

/** Answers GET and HEAD with snapshots. Keeps what can be made once per snapshot for as long as the snapshot lives. */
export interface SnapshotAnswers {
  /** Answers at `/feeds/:slug.<format>`. RequestError `no_acceptable_coding` (406), `precondition_failed` (412). */
  answer(request: IncomingMessage, response: ServerResponse, snapshot: Snapshot, freshForMs: number): void;
  /** The same at `/feeds/:slug`, where Accept chose the format (RFC 9110 §12.5.5, §8.7). */
  answerNegotiated(request: IncomingMessage, response: ServerResponse, snapshot: Snapshot, freshForMs: number): void;
  /** The same for what a reader put together: a query, a source, a tag, a search, a feed behind a token. */
  answerRequested(request: IncomingMessage, response: ServerResponse, snapshot: Snapshot, place: RequestedPlace): void;
}

/** Answers whose Link and Content-Location stand below the base URL. */
export function createSnapshotAnswers(addresses: Addresses): SnapshotAnswers {
  function placeAt(path: string, snapshot: Snapshot): Place {
    const mediaType = snapshot.mediaType.split(";", 1)[0];
    return { vary: "Accept-Encoding", link: `<${addresses.absolute(path)}>; rel="self"; type="${mediaType}"` };
  }

  function preparedFrom(
    memory: WeakMap<Snapshot, PreparedSnapshot>,
    prepare: (snapshot: Snapshot, coding: Coding) => PreparedCoding,
  ): (request: IncomingMessage, snapshot: Snapshot) => PreparedCoding {
    return (request, snapshot) => {
      const coding = codingFor(request.headers["accept-encoding"]);
      if (coding === undefined) throw noAcceptableCoding();
      let codings = memory.get(snapshot);
      if (codings === undefined) memory.set(snapshot, (codings = {}));
      return (codings[coding] ??= prepare(snapshot, coding));
    };
  }

  const named = preparedFrom(new WeakMap(), (snapshot, coding) => {
    return prepareCoding(snapshot, coding, placeAt(addresses.feed(snapshot.slug, snapshot.format), snapshot));
  });
  const negotiated = preparedFrom(new WeakMap(), (snapshot, coding) => {
    const contentLocation = addresses.feed(snapshot.slug, snapshot.format);
    const place = placeAt(contentLocation, snapshot);
    return prepareCoding(snapshot, coding, { ...place, vary: "Accept, Accept-Encoding", contentLocation });
  });
  // A snapshot stands at one address, in up to four ways: a memory for each.
  const requested = new Map<string, WeakMap<Snapshot, PreparedSnapshot>>();

  return {
    answer(request, response, snapshot, freshForMs) {
      write(request, response, named(request, snapshot), freshForMs);
    },
    answerNegotiated(request, response, snapshot, freshForMs) {
      write(request, response, negotiated(request, snapshot), freshForMs);
    },
    answerRequested(request, response, snapshot, { path, isNegotiated, isPrivate, freshForMs }) {
      const way = `${isNegotiated} ${isPrivate}`;
      const memory = requested.get(way) ?? new WeakMap<Snapshot, PreparedSnapshot>();
      requested.set(way, memory);
      const vary = [isNegotiated && "Accept", "Accept-Encoding", isPrivate && "Authorization"]
        .filter(Boolean)
        .join(", ");
      const prepared = preparedFrom(memory, (one, coding) =>
        prepareCoding(one, coding, {
          ...placeAt(path, one),
          vary,
          isPrivate,
          ...(isNegotiated ? { contentLocation: path } : {}),
        }),
      );
      write(request, response, prepared(request, snapshot), freshForMs);
    },
  };
}
