import { FetchError } from "../errors.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import { type AddressRange, parseAddressRanges } from "./address.ts";
import { type BodyTurns, createBodyTurns } from "./body-reader.ts";
import { Connector, type OpenSocket, openSocket } from "./connect.ts";
import { urlCredentials } from "./credentials.ts";
import { type Answer, Exchange } from "./exchange.ts";
import { failure, showUrl } from "./failure.ts";
import { readLocalFile } from "./file.ts";
import { freshUntil, retryAfterMs } from "./freshness.ts";
import { Lanes } from "./lanes.ts";
import { buildHeaders } from "./request-headers.ts";
import { createResolver, type ResolveHost } from "./resolve.ts";

/** Times in milliseconds, sizes in bytes; each has an error code of its own. */
export interface FetchLimits {
  /** Name look-up, TCP and TLS of one connection: `connect_timeout`. */
  readonly connectMs: number;
  /** From the request to the end of the answer's headers: `headers_timeout`. */
  readonly headersMs: number;
  /** Between two pieces of a body: `idle_timeout`. */
  readonly idleMs: number;
  /** The whole visit, redirects included, from name look-up to last byte: `timeout`. At most 60,000. */
  readonly totalMs: number;
  /** One answer as it arrives, headers and framing included: `too_large`. */
  readonly wireBytesMax: number;
  /** One body after decoding: `too_large`. */
  readonly bodyBytesMax: number;
  /** `too_many_redirects`. At most 20. */
  readonly redirectsMax: number;
  /** Header names and values of one answer: `headers_too_large`. */
  readonly headerBytesMax: number;
}

export const DEFAULT_FETCH_LIMITS: FetchLimits = {
  connectMs: 10_000,
  headersMs: 15_000,
  idleMs: 15_000,
  totalMs: 30_000,
  wireBytesMax: 16 * 1024 * 1024,
  bodyBytesMax: 16 * 1024 * 1024,
  redirectsMax: 10,
  headerBytesMax: 64 * 1024,
};

/** What no operator can raise a limit above (HOSTILE.md, Limits). */
const TOTAL_MS_CEILING = 60_000;
const BYTES_CEILING = 32 * 1024 * 1024;
const REDIRECTS_CEILING = 20;

/** Longer validators are not kept: sent back, they would make the request's headers too large. */
const VALIDATOR_CHARACTERS_MAX = 1024;

/** Validators byte for byte as received, one character a byte. */
interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

export interface FetchRequest {
  /** http, https or file. A user and password in it are sent as Basic credentials and shown nowhere. */
  readonly url: AbsoluteUrl;
  /** Of the stories that are stored: sent as If-None-Match and If-Modified-Since. */
  readonly validators?: Validators | undefined;
  /** The operator's; like cookies and auth they go to the origin of `url` alone. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly cookies?: Readonly<Record<string, string>> | undefined;
  readonly auth?: { readonly username: string; readonly password: string } | { readonly bearer: string } | undefined;
  readonly userAgent?: string | undefined;
  /** http or https URL of the operator's proxy. */
  readonly proxy?: string | undefined;
  readonly accept?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Reading ends, without error, after this many decoded bytes. Default: the whole body. */
  readonly keepBytes?: number | undefined;
  /**
   * A large body keeps its turn among the few that may be in memory at once until the outcome's `release` is called; so
   * bodies that wait to be read do not pile up. Default: its turn ends with its last byte.
   */
  readonly holdBody?: boolean | undefined;
  /** Asked before a redirect is followed, so that the host queue can set the pace. */
  readonly beforeRedirect?: ((to: URL) => Promise<void>) | undefined;
}

interface Redirect {
  readonly status: number;
  readonly from: AbsoluteUrl;
  readonly to: AbsoluteUrl;
}

/** What every answer says. */
interface AnswerFacts {
  readonly status: number;
  /** Without credentials and fragment. */
  readonly finalUrl: AbsoluteUrl;
  /** By lower-case name; Set-Cookie is left out. Of text from outside: for the record only. */
  readonly headers: Readonly<Record<string, string>>;
  readonly redirects: readonly Redirect[];
  /**
   * Where an unbroken chain of 301 and 308 from the start leads, never from https to http (RFC 9110 §15.4.2). Absent
   * where whoever adopts it would lose the credentials of the old address, or send the operator's secrets to another
   * origin.
   */
  readonly permanentUrl?: AbsoluteUrl;
}

interface Document extends AnswerFacts {
  /** Bytes of the last answer as they arrived. */
  readonly wireBytes: number;
  readonly validators: Validators;
  readonly contentType?: string;
  /** Asking again before this instant (milliseconds since 1970 UTC) brings nothing (RFC 9111 §4.2). */
  readonly freshUntilMs?: number;
}

/** A body as it came. */
interface CodedBody {
  /** As Content-Encoding names its codings (RFC 9110 §8.4). */
  readonly encoding: string;
  readonly bytes: Uint8Array;
}

export type FetchOutcome =
  | (Document & {
      readonly kind: "fetched";
      /** Decoded. */
      readonly body: Uint8Array;
      /** A small body as it came, with the codings it came in: whoever keeps it need not compress it. */
      readonly coded?: CodedBody;
      /** Where `holdBody` was asked for: the body is needed no more. */
      readonly release?: () => void;
      /** 226: the body holds only what changed since our validators (RFC 3229 with `feed`). */
      readonly deltaBase?: boolean;
    })
  | (Document & { readonly kind: "not_modified" })
  | (AnswerFacts & { readonly kind: "gone" });

export interface Fetcher extends AsyncDisposable {
  /**
   * One conditional GET (RFC 9110 §13), redirects followed, within limits.
   *
   * @throws FetchError `bad_url`, `unsupported_scheme`, `refused_address`, `dns_failed`, `connect_failed`,
   *   `tls_failed`, `connect_timeout`, `headers_timeout`, `idle_timeout`, `timeout`, `connection_lost`, `too_large`,
   *   `headers_too_large`, `too_many_redirects`, `redirect_loop`, `bad_redirect`, `bad_encoding`, `truncated`,
   *   `bad_response`, `bad_header`, `unauthorized` (401, 403), `not_found` (404), `rate_limited` (429), `unavailable`
   *   (503), `http_status`, `file_missing`, `file_outside_root`, `file_unreadable`, `aborted`
   */
  fetch(request: FetchRequest): Promise<FetchOutcome>;
}

export interface FetcherOptions {
  readonly limits: FetchLimits;
  /** `Storywire/<version> (+contact)`; see `formatUserAgent`. */
  readonly userAgent: string;
  /** CIDR ranges that the address guard lets through. */
  readonly allowAddresses: readonly string[];
  /** The directory that `file:` addresses must lie below. */
  readonly filesRoot: string;
  /** Name look-up and the opening of connections: edges that tests replace. */
  readonly resolve?: ResolveHost;
  readonly connect?: OpenSocket;
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number;
}

/** `Storywire/1.2.3 (+mailto:ops@wire.example)`; without a contact the name and version alone. */
export function formatUserAgent(version: string, contact?: string): string {
  return contact === undefined ? `Storywire/${version}` : `Storywire/${version} (+${contact})`;
}

/** A fetcher with connections of its own; disposing it ends them. */
export function createFetcher(options: FetcherOptions): Fetcher {
  const limits = withinCeilings(options.limits);
  const allow: readonly AddressRange[] = parseAddressRanges(options.allowAddresses);
  const { resolve = createResolver(), connect: open = openSocket } = options;
  const turns = createBodyTurns();
  const connector = new Connector({ connectMs: limits.connectMs, allow, resolve, open });
  const lanes = new Lanes(connector, { headerBytesMax: limits.headerBytesMax, pieces: turns.pieces });
  const context: Context = { ...options, limits, lanes, turns, visits: new Set() };
  return {
    fetch: (request) => fetchOne(request, context),
    async [Symbol.asyncDispose]() {
      for (const visit of context.visits) visit.giveUp();
      lanes.discardAll();
    },
  };
}

interface Context {
  readonly limits: FetchLimits;
  readonly userAgent: string;
  readonly filesRoot: string;
  readonly lanes: Lanes;
  readonly turns: BodyTurns;
  /** Under way now. */
  readonly visits: Set<Visit>;
  readonly now: () => number;
}

function withinCeilings(limits: FetchLimits): FetchLimits {
  return {
    ...limits,
    totalMs: Math.min(limits.totalMs, TOTAL_MS_CEILING),
    wireBytesMax: Math.min(limits.wireBytesMax, BYTES_CEILING),
    bodyBytesMax: Math.min(limits.bodyBytesMax, BYTES_CEILING),
    redirectsMax: Math.min(limits.redirectsMax, REDIRECTS_CEILING),
  };
}

async function fetchOne(request: FetchRequest, context: Context): Promise<FetchOutcome> {
  const url = URL.parse(request.url);
  if (url === null) {
    throw new FetchError("Cannot fetch: not an absolute URL", { code: "bad_url" });
  }
  if (url.protocol === "file:") return fetchFile(url, request, context);
  if (!isWeb(url)) throw failure("unsupported_scheme", url, "wanted: http, https or file");
  const visit = new Visit(request, url, context);
  context.visits.add(visit);
  try {
    return await visit.run();
  } finally {
    context.visits.delete(visit);
    visit.close();
  }
}

function isWeb(url: URL): boolean {
  return url.protocol === "http:" || url.protocol === "https:";
}

async function fetchFile(url: URL, request: FetchRequest, context: Context): Promise<FetchOutcome> {
  const { filesRoot, limits } = context;
  const asked = { url, filesRoot, bodyBytesMax: limits.bodyBytesMax, etag: request.validators?.etag };
  const { etag, body } = await readLocalFile(asked);
  const facts = { finalUrl: request.url, headers: {}, redirects: [], validators: { etag } };
  return body === undefined
    ? { ...facts, kind: "not_modified", status: 304, wireBytes: 0 }
    : { ...facts, kind: "fetched", status: 200, wireBytes: body.length, body };
}

const PERMANENT: ReadonlySet<number> = new Set([301, 308]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

const STATUS_CODES: ReadonlyMap<number, string> = new Map([
  [401, "unauthorized"],
  [403, "unauthorized"],
  [404, "not_found"],
  [429, "rate_limited"],
  [503, "unavailable"],
]);

/** One call of `fetch` over the web: the hops, the total deadline and the caller's signal. */
class Visit {
  readonly #request: FetchRequest;
  readonly #context: Context;
  readonly #start: URL;
  readonly #proxy: URL | undefined;
  readonly #redirects: Redirect[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort = () => this.giveUp();
  #exchange: Exchange | undefined;
  #interrupt: ((error: FetchError) => void) | undefined;
  #stopped: FetchError | undefined;
  #permanent: URL | undefined;
  /** Only 301 and 308 so far, none to a worse scheme. */
  #unbroken = true;

  constructor(request: FetchRequest, start: URL, context: Context) {
    this.#request = request;
    this.#context = context;
    this.#start = start;
    this.#proxy = readProxy(request.proxy);
    const { totalMs } = context.limits;
    const onDeadline = () => this.#stop(failure("timeout", this.#start, `not done within ${totalMs} ms`));
    this.#timer = setTimeout(onDeadline, totalMs);
    request.signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (request.signal?.aborted) this.#onAbort();
  }

  giveUp(): void {
    this.#stop(failure("aborted", this.#start, "the visit was called off"));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
  }

  async run(): Promise<FetchOutcome> {
    let url = this.#start;
    // Once the visit left the first origin nothing of the operator's is sent, not even after coming back.
    let trusted = true;
    const seen = new Set([bare(url).href]);
    for (;;) {
      const answer = await this.#ask(url, trusted);
      if (!REDIRECTS.has(answer.status)) return this.#concludeOrRelease(url, answer);
      const next = this.#follow(url, answer, seen);
      if (this.#request.beforeRedirect !== undefined) await this.#pace(this.#request.beforeRedirect(next));
      trusted &&= next.origin === url.origin;
      url = next;
    }
  }

  #stop(error: FetchError): void {
    this.#stopped = error;
    this.#exchange?.fail(error);
    this.#interrupt?.(error);
  }

  /** Waits for the caller's leave, at most until the visit is stopped. */
  #pace(leave: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      leave.then(resolve, reject);
    });
  }

  /** One hop; asked a second time where a kept connection proves to be closed. */
  async #ask(url: URL, trusted: boolean): Promise<Answer> {
    const headers = this.#headers(url, trusted);
    const first = this.#dispatch(url, headers, false);
    try {
      return await first.answer;
    } catch (error) {
      if (this.#stopped !== undefined || !first.wasStale) throw error;
      return await this.#dispatch(url, headers, true).answer;
    }
  }

  #headers(url: URL, trusted: boolean): string[] {
    const { userAgent, accept, validators, headers, cookies, auth } = this.#request;
    const proxy = forwardingProxy(url, this.#proxy);
    return buildHeaders({
      userAgent: userAgent ?? this.#context.userAgent,
      accept,
      validators,
      secrets: trusted ? { url: this.#start, headers, cookies, auth } : undefined,
      forwarding: proxy === undefined ? undefined : { host: url.host, proxy },
    });
  }

  #dispatch(url: URL, headers: string[], fresh: boolean): Exchange {
    if (this.#stopped !== undefined) throw this.#stopped;
    const { lanes, limits, turns } = this.#context;
    const lane = lanes.take({ origin: url, proxy: this.#proxy }, fresh);
    const { keepBytes, holdBody: hold } = this.#request;
    const exchange = new Exchange({ url, ...limits, turns, keepBytes, hold }, lane, lanes);
    this.#exchange = exchange;
    const proxy = forwardingProxy(url, this.#proxy);
    const path = `${proxy === undefined ? "" : url.origin}${url.pathname}${url.search}`;
    lane.client.dispatch({ method: "GET", path, headers }, exchange);
    return exchange;
  }

  /** Judges a redirect and notes it (RFC 9110 §15.4). */
  #follow(from: URL, answer: Answer, seen: Set<string>): URL {
    const to = readLocation(from, answer.headers.location);
    const { redirectsMax } = this.#context.limits;
    if (this.#redirects.length >= redirectsMax) {
      throw failure("too_many_redirects", this.#start, `more than ${redirectsMax} redirects`);
    }
    if (seen.has(to.href)) throw failure("redirect_loop", this.#start, `it leads back to ${showUrl(to)}`);
    seen.add(to.href);
    const worse = from.protocol === "https:" && to.protocol === "http:";
    this.#unbroken &&= PERMANENT.has(answer.status) && !worse;
    if (this.#unbroken) this.#permanent = to;
    this.#redirects.push({ status: answer.status, from: publicUrl(from), to: publicUrl(to) });
    return to;
  }

  #concludeOrRelease(url: URL, answer: Answer): FetchOutcome {
    try {
      return this.#conclude(url, answer);
    } catch (error) {
      answer.release();
      throw error;
    }
  }

  #conclude(url: URL, answer: Answer): FetchOutcome {
    const { status, headers, body, release, wireBytes } = answer;
    const fetched = { kind: "fetched", body, release, ...codedOf(answer) } as const;
    const now = this.#context.now();
    const facts = this.#facts(url, answer);
    if (status === 410) return { ...facts, kind: "gone" };
    const asked = this.#request.validators;
    const contentType = headers["content-type"];
    const freshUntilMs = freshUntil(headers, now);
    const document = {
      ...facts,
      wireBytes,
      ...(contentType === undefined ? {} : { contentType }),
      ...(freshUntilMs === undefined ? {} : { freshUntilMs }),
    };
    if (status === 304) {
      if (!hasValidator(asked)) {
        throw failure("bad_response", url, "304 although no validator was sent", { httpStatus: 304 });
      }
      // What we hold is what our own validators stand for, whatever others a 304 carries.
      return { ...document, kind: "not_modified", validators: asked };
    }
    const validators = readValidators(headers);
    if (status === 200 || status === 203) return { ...document, ...fetched, validators };
    if (status === 226 && asked?.etag !== undefined && hasFeedManipulation(headers)) {
      return { ...document, ...fetched, validators, deltaBase: true };
    }
    throw failure(STATUS_CODES.get(status) ?? "http_status", url, `it answered ${status}`, {
      httpStatus: status,
      retryAfterMs: retryAfterMs(headers, now),
    });
  }

  #facts(url: URL, { status, headers }: Answer): AnswerFacts {
    const permanent = this.#permanent;
    const isAdoptable = permanent !== undefined && (permanent.origin === this.#start.origin || !this.#hasSecrets());
    return {
      status,
      finalUrl: publicUrl(url),
      headers,
      redirects: this.#redirects,
      ...(isAdoptable && urlCredentials(this.#start) === undefined ? { permanentUrl: publicUrl(permanent) } : {}),
    };
  }

  #hasSecrets(): boolean {
    const { headers = {}, cookies = {}, auth } = this.#request;
    return auth !== undefined || Object.keys(headers).length > 0 || Object.keys(cookies).length > 0;
  }
}

function codedOf({ coded, headers }: Answer): { readonly coded?: CodedBody } {
  const encoding = headers["content-encoding"];
  return coded === undefined || encoding === undefined ? {} : { coded: { encoding, bytes: coded } };
}

function hasValidator(validators: Validators | undefined): validators is Validators {
  return validators?.etag !== undefined || validators?.lastModified !== undefined;
}

/** Validators byte for byte. Two that contradict one another, or one too long to send back, are as good as none. */
function readValidators({ etag, "last-modified": lastModified }: Answer["headers"]): Validators {
  return {
    ...(isUsable(etag) ? { etag } : {}),
    ...(isUsable(lastModified) ? { lastModified } : {}),
  };
}

function isUsable(validator: string | undefined): validator is string {
  return validator !== undefined && validator !== "" && validator.length <= VALIDATOR_CHARACTERS_MAX;
}

/** RFC 3229 §10.5.2: `IM` names what was done to the body; nothing but `feed` was asked for. */
function hasFeedManipulation(headers: Answer["headers"]): boolean {
  return (headers.im ?? "feed").trim().toLowerCase() === "feed";
}

/** The address a redirect names: http or https, without credentials and fragment. */
function readLocation(from: URL, location: string | undefined): URL {
  if (!location) throw failure("bad_redirect", from, "a redirect without Location");
  const to = URL.parse(asUtf8(location), from.href);
  if (to === null || !isWeb(to)) throw failure("bad_redirect", from, "a redirect to what is no http or https address");
  return bare(to);
}

/** Header values are bytes; addresses in them are UTF-8 where they are not ASCII, as browsers read them. */
function asUtf8(latin1: string): string {
  const text = Buffer.from(latin1, "latin1").toString("utf8");
  return text.includes("\ufffd") ? latin1 : text;
}

/** The address without what is never asked for and never shown: credentials and fragment. */
function bare(url: URL): URL {
  const copy = new URL(url.href);
  copy.username = "";
  copy.password = "";
  copy.hash = "";
  return copy;
}

function publicUrl(url: URL): AbsoluteUrl {
  const isBare = url.username === "" && url.password === "" && url.hash === "";
  // The cast is the proof: an http(s) URL that URL.parse accepted.
  return (isBare ? url.href : bare(url).href) as AbsoluteUrl;
}

function readProxy(proxy: string | undefined): URL | undefined {
  if (proxy === undefined) return undefined;
  const url = URL.parse(proxy);
  if (url !== null && isWeb(url)) return url;
  throw new FetchError("Cannot use the proxy: wanted an http or https URL", { code: "bad_proxy" });
}

/** The proxy where it takes the request itself; to https origins it only opens a tunnel. */
function forwardingProxy(url: URL, proxy: URL | undefined): URL | undefined {
  return url.protocol === "http:" ? proxy : undefined;
}
