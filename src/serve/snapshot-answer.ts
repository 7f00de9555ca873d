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
  /** Headers of 200 and of 304; the value of Cache-Control, in place 1, is set before each answer. */
  readonly found: string[];
  readonly notModified: string[];
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

/** Cache-Control that ends with our own next poll, in milliseconds (RFC 9111 §5.2.2.1, RFC 5861). */
function cacheControlFor(freshForMs: number): string {
  const seconds = freshForMs > 0 ? Math.floor(Math.min(freshForMs / 1000, FRESH_SECONDS_MAX)) : 0;
  return `public, max-age=${seconds}, stale-while-revalidate=${STALE_WHILE_REVALIDATE_SECONDS}, stale-if-error=${STALE_IF_ERROR_SECONDS}`;
}

function etagOf(snapshot: Snapshot, coding: Coding): string {
  // The format is part of the tag: `/feeds/:slug` answers all of them under one address.
  return `"${snapshot.tag}.${snapshot.format}${TAG_SUFFIXES[coding]}"`;
}

/** What an answer says of the address it was asked at. */
interface Place {
  readonly vary: string;
  /** Link of the document itself (RFC 8288). */
  readonly link: string;
  /** The document's own address, where it was asked at another (RFC 9110 §8.7). */
  readonly contentLocation?: string;
}

function prepareCoding(snapshot: Snapshot, coding: Coding, place: Place): PreparedCoding {
  const validators = {
    etag: etagOf(snapshot, coding),
    revisionEtags: CODINGS.map((each) => etagOf(snapshot, each)),
    lastModifiedAt: snapshot.lastModifiedAt,
    lastModified: new Date(snapshot.lastModifiedAt).toUTCString(),
  };
  const body = snapshot[coding];
  // RFC 9110 §15.4.5: no more than what a cache updates its copy by. Every field costs each of many polls.
  const notModified = [
    ...["Cache-Control", ""],
    ...["Vary", place.vary],
    ...["ETag", validators.etag],
    ...["Last-Modified", validators.lastModified],
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
  return { validators, body, found, notModified };
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
  headers[1] = cacheControlFor(freshForMs);
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
}

/** Answers whose Link and Content-Location stand below the base URL. */
export function createSnapshotAnswers(addresses: Addresses): SnapshotAnswers {
  function placeOf(snapshot: Snapshot): Place & { readonly path: string } {
    const path = addresses.feed(snapshot.slug, snapshot.format);
    const mediaType = snapshot.mediaType.split(";", 1)[0];
    const link = `<${addresses.absolute(path)}>; rel="self"; type="${mediaType}"`;
    return { vary: "Accept-Encoding", link, path };
  }

  function answerFrom(
    memory: WeakMap<Snapshot, PreparedSnapshot>,
    prepare: (snapshot: Snapshot, coding: Coding) => PreparedCoding,
  ): SnapshotAnswers["answer"] {
    return (request, response, snapshot, freshForMs) => {
      const coding = codingFor(request.headers["accept-encoding"]);
      if (coding === undefined) throw noAcceptableCoding();
      let codings = memory.get(snapshot);
      if (codings === undefined) memory.set(snapshot, (codings = {}));
      const prepared = (codings[coding] ??= prepare(snapshot, coding));
      write(request, response, prepared, freshForMs);
    };
  }

  return {
    answer: answerFrom(new WeakMap(), (snapshot, coding) => prepareCoding(snapshot, coding, placeOf(snapshot))),
    answerNegotiated: answerFrom(new WeakMap(), (snapshot, coding) => {
      const { link, path } = placeOf(snapshot);
      return prepareCoding(snapshot, coding, { vary: "Accept, Accept-Encoding", link, contentLocation: path });
    }),
  };
}
