import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type buildConnector, Client } from "undici";
import type { FetchError } from "../errors.ts";
import { type AddressRange, judgeAddress } from "./address.ts";
import { urlCredentials } from "./credentials.ts";
import { causeText, failure } from "./failure.ts";
import type { ResolveHost } from "./resolve.ts";

/** A connection about to be opened. Only `addresses` may be connected to: they were judged, the name was not. */
export interface ConnectTarget {
  /** Host name or IP address as the URL has it (IPv6 without brackets). */
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly addresses: readonly string[];
  /** TLS session of an earlier connection to the same host and port. */
  readonly session?: Buffer | undefined;
  /** Speak TLS over this connection (a proxy's tunnel) instead of opening one. */
  readonly tunnel?: Socket | undefined;
}

/** Opens a socket; an edge that tests replace. */
export type OpenSocket = (target: ConnectTarget) => Socket;

/** From where to where: the origin asked, and the operator's proxy on the way. */
export interface Route {
  readonly origin: URL;
  readonly proxy?: URL | undefined;
}

export interface ConnectorOptions {
  /** Name look-up, TCP and TLS together, in milliseconds. */
  readonly connectMs: number;
  readonly allow: readonly AddressRange[];
  readonly resolve: ResolveHost;
  readonly open: OpenSocket;
}

/** How long one of several addresses is tried before the next, in milliseconds. */
const ATTEMPT_MS = 1_500;

/** TLS sessions kept for resumption; each is a few kilobytes. */
const SESSIONS_MAX = 512;

/** Opens TCP or TLS to the judged addresses, the next one when one does not answer (RFC 8305). */
export function openSocket(target: ConnectTarget): Socket {
  const { host, port, addresses } = target;
  // The one address itself, else the name with a look-up that knows the judged addresses alone.
  const [only] = addresses.length === 1 ? addresses : [host];
  const options = {
    host: only,
    port,
    lookup: answerWith(addresses),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
    noDelay: true,
  };
  if (!target.secure) return connectTcp(options);
  return connectTls({
    ...options,
    ...(target.tunnel === undefined ? {} : { socket: target.tunnel }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(target.session === undefined ? {} : { session: target.session }),
    ALPNProtocols: ["http/1.1"],
  });
}

/** A look-up that asks nobody: what was judged is what is connected to. */
function answerWith(addresses: readonly string[]): LookupFunction {
  const answers = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, { all }, callback) => {
    const [first] = answers;
    if (first === undefined) callback(new Error("no address"), "");
    else if (all) callback(null, answers);
    else callback(null, first.address, first.family);
  };
}

/**
 * Opens guarded connections: the host's addresses are looked up, each is judged, and only those that pass are
 * connected to, so that no second look-up can answer differently (DNS rebinding).
 */
export class Connector {
  readonly #options: ConnectorOptions;
  readonly #sessions = new Map<string, Buffer>();
  /** Look-ups under way: a name is asked for once, however many of its sources wait. */
  readonly #lookups = new Map<string, Promise<readonly string[]>>();

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  /**
   * A connection ready for HTTP. `hold` is told each socket as soon as it exists, so that the caller can end it.
   *
   * @throws FetchError `refused_address`, `dns_failed`, `connect_failed`, `tls_failed`, `connect_timeout`
   */
  connect(route: Route, hold: (socket: Socket) => void): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    let current: Socket | undefined;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      current?.destroy();
      const { connectMs } = this.#options;
      reject(failure("connect_timeout", route.origin, `no connection within ${connectMs} ms`));
    }, this.#options.connectMs);
    const keep = (socket: Socket): Socket => {
      current = socket;
      if (late) socket.destroy();
      else hold(socket);
      return socket;
    };
    this.#route(route, keep)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
    return promise;
  }

  #route(route: Route, keep: (socket: Socket) => Socket): Promise<Socket> {
    return route.proxy === undefined
      ? this.#direct(route.origin, keep)
      : this.#proxied(route.origin, route.proxy, keep);
  }

  async #direct(origin: URL, keep: (socket: Socket) => Socket): Promise<Socket> {
    const known = await this.#addresses(origin);
    if (known.length === 0) throw failure("dns_failed", origin, "its name has no address");
    const addresses = this.#allowed(known);
    if (addresses.length === 0) throw this.#refusal(origin, known);
    return this.#open(origin, { addresses }, keep);
  }

  /** The proxy's own address is the operator's choice; the target is judged as far as we can look it up ourselves. */
  async #proxied(origin: URL, proxy: URL, keep: (socket: Socket) => Socket): Promise<Socket> {
    const known = await this.#addresses(origin).catch(() => []);
    // The proxy may choose any of them.
    if (this.#allowed(known).length < known.length) throw this.#refusal(origin, known);
    const toProxy = await this.#open(proxy, { addresses: await this.#addresses(proxy) }, keep);
    if (origin.protocol === "http:") return toProxy;
    const tunnel = await openTunnel(origin, proxy, toProxy);
    return this.#open(origin, { addresses: [], tunnel }, keep);
  }

  async #open(
    url: URL,
    way: Pick<ConnectTarget, "addresses" | "tunnel">,
    keep: (socket: Socket) => Socket,
  ): Promise<Socket> {
    const secure = url.protocol === "https:";
    const key = url.host;
    const session = secure ? this.#sessions.get(key) : undefined;
    const socket = keep(this.#options.open({ host: hostOf(url), port: portOf(url), secure, session, ...way }));
    if (secure) socket.on("session", (fresh: Buffer) => this.#remember(key, fresh));
    return ready(url, socket, { secure, tunnelled: way.tunnel !== undefined });
  }

  #remember(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > SESSIONS_MAX && oldest !== undefined) this.#sessions.delete(oldest);
  }

  async #addresses(url: URL): Promise<readonly string[]> {
    const host = hostOf(url);
    if (isIP(host) !== 0) return [host];
    const pending = this.#lookups.get(host) ?? this.#lookUp(host);
    try {
      return await pending;
    } catch (cause) {
      throw failure("dns_failed", url, `no address found for ${host} (${causeText(cause)})`, { cause });
    }
  }

  #lookUp(host: string): Promise<readonly string[]> {
    const pending = this.#options.resolve(host).finally(() => this.#lookups.delete(host));
    this.#lookups.set(host, pending);
    return pending;
  }

  #allowed(addresses: readonly string[]): readonly string[] {
    return addresses.filter((address) => judgeAddress(address, this.#options.allow) === "allowed");
  }

  #refusal(url: URL, addresses: readonly string[]): FetchError {
    const reasons = addresses.map((address) => `${address} (${judgeAddress(address, this.#options.allow)})`);
    const wanted = "wanted: a public address, or one that STORYWIRE_ALLOW_ADDRESSES lists";
    return failure("refused_address", url, `refused to connect to ${reasons.slice(0, 8).join(", ")}; ${wanted}`);
  }
}

/** The host without the brackets of IPv6. */
function hostOf(url: URL): string {
  return url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
}

function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

/** Waits for the connection, and for the handshake where there is one. */
function ready(url: URL, socket: Socket, way: { secure: boolean; tunnelled: boolean }): Promise<Socket> {
  const { secure, tunnelled } = way;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  let code = tunnelled ? "tls_failed" : "connect_failed";
  const onError = (cause: Error) => reject(failure(code, url, `no connection (${causeText(cause)})`, { cause }));
  const onClose = () => reject(failure(code, url, "the connection was closed before it was ready"));
  const onReady = () => {
    socket.off("error", onError).off("close", onClose);
    resolve(socket);
  };
  // Stays for the socket's life: an error that nobody listens for would end the process.
  socket.on("error", () => {});
  socket.once("error", onError).once("close", onClose);
  if (secure) socket.once("connect", () => (code = "tls_failed")).once("secureConnect", onReady);
  else socket.once("connect", onReady);
  return promise;
}

/** A tunnel through an HTTP proxy (RFC 9110 §9.3.6). */
async function openTunnel(origin: URL, proxy: URL, toProxy: Socket): Promise<Socket> {
  // undici takes no connection before its connect function has returned.
  const connect: buildConnector.connector = (_options, callback) => queueMicrotask(() => callback(null, toProxy));
  const client = new Client(proxy.origin, { connect, allowH2: false });
  const path = `${origin.hostname}:${portOf(origin)}`;
  const credentials = urlCredentials(proxy);
  const headers = { host: path, ...(credentials === undefined ? {} : { "proxy-authorization": credentials }) };
  const { statusCode, socket } = await client.connect({ path, headers }).catch((cause: unknown) => {
    throw failure("connect_failed", origin, `the proxy opened no tunnel (${causeText(cause)})`, { cause });
  });
  if (statusCode === 200) return toProxy;
  socket.destroy();
  throw failure("connect_failed", origin, `the proxy answered ${statusCode} to CONNECT`);
}
