import type { Socket } from "node:net";
import { Client } from "undici";
import type { Connector, Route } from "./connect.ts";
import type { PieceBudget } from "./piece-budget.ts";

/** How long a connection is kept after an answer where the server does not say, and at most, in milliseconds. */
const KEPT_MS = 4_000;
const KEPT_MAX_MS = 30_000;

/** Connections kept for reuse over all origins; the one idle longest goes first. */
const KEPT_CONNECTIONS_MAX = 1024;

/** Who uses a lane. */
interface LaneListener {
  /** Bytes arrived. */
  onBytes(): void;
  /** The parser gave these bytes back unread. */
  onLeftover(bytes: Uint8Array): void;
}

interface LaneOptions {
  readonly key: string;
  readonly route: Route;
  readonly connector: Connector;
  readonly headerBytesMax: number;
  readonly pieces: PieceBudget;
  /** Told when the connection is gone. */
  readonly onClose: (lane: Lane) => void;
}

/** One connection to one origin: at most one exchange at a time, none shared between origins. */
export class Lane {
  readonly key: string;
  readonly client: Client;
  /** Set once a connection is being opened. */
  socket: Socket | undefined;
  /** An answer was read from this connection before. */
  used = false;
  listener: LaneListener | undefined;
  readonly #onClose: (lane: Lane) => void;
  readonly #pieces: PieceBudget;
  #isWaiting = false;

  constructor(options: LaneOptions) {
    const { key, route, connector, headerBytesMax, pieces, onClose } = options;
    this.key = key;
    this.#onClose = onClose;
    this.#pieces = pieces;
    this.client = new Client(clientOrigin(route), {
      allowH2: false,
      pipelining: 1,
      maxHeaderSize: headerBytesMax,
      // Our own timers watch each phase: undici's are coarse and start again with every 1xx answer.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: KEPT_MS,
      keepAliveMaxTimeout: KEPT_MAX_MS,
      connect: (_options, callback) => {
        connector
          .connect(route, (socket) => this.#hold(socket))
          .then(
            (socket) => callback(null, socket),
            (error: Error) => callback(error, null),
          );
      },
    });
  }

  #hold(socket: Socket): void {
    this.socket = socket;
    this.used = false;
    socket.on("readable", () => this.listener?.onBytes());
    socket.once("close", () => this.#onClose(this));
    const unshift = socket.unshift.bind(socket);
    socket.unshift = (bytes, encoding) => {
      this.listener?.onLeftover(bytes);
      unshift(bytes, encoding);
    };
    const read = socket.read.bind(socket);
    // A read of nothing only tells the socket to go on listening.
    socket.read = (size) => (this.#pieces.isSpent && size !== 0 ? this.#readLater(socket) : read(size));
  }

  /** As if nothing had come yet: it stays with the socket until there is time for it. */
  #readLater(socket: Socket): null {
    if (this.#isWaiting) return null;
    this.#isWaiting = true;
    this.#pieces.wait(() => {
      this.#isWaiting = false;
      socket.emit("readable");
    });
    return null;
  }

  /** Ends the connection and whatever waits for it. */
  discard(): void {
    this.socket?.destroy();
    this.client.destroy().catch(() => {});
  }
}

/** Whom the HTTP request is sent to: a proxy takes requests for http origins itself, and tunnels https. */
function clientOrigin({ origin, proxy }: Route): string {
  return proxy !== undefined && origin.protocol === "http:" ? proxy.origin : origin.origin;
}

/** The connections of every origin: those in use and those kept. */
export class Lanes {
  readonly #connector: Connector;
  readonly #headerBytesMax: number;
  readonly #pieces: PieceBudget;
  readonly #busy = new Set<Lane>();
  /** Idle longest first. */
  readonly #idle = new Set<Lane>();
  readonly #idleByKey = new Map<string, Lane[]>();

  constructor(connector: Connector, options: { readonly headerBytesMax: number; readonly pieces: PieceBudget }) {
    this.#connector = connector;
    this.#headerBytesMax = options.headerBytesMax;
    this.#pieces = options.pieces;
  }

  /** A kept connection to the origin, else (or where `fresh` is wanted) a new one. */
  take(route: Route, fresh = false): Lane {
    const key = route.proxy === undefined ? route.origin.origin : `${route.proxy.href} ${route.origin.origin}`;
    const kept = fresh ? undefined : this.#idleByKey.get(key)?.at(-1);
    if (kept !== undefined) this.#forget(kept);
    const lane = kept ?? this.#open(key, route);
    this.#busy.add(lane);
    return lane;
  }

  /** Takes a lane back after a whole answer; it is kept while its connection lives. */
  keep(lane: Lane): void {
    this.#busy.delete(lane);
    lane.listener = undefined;
    lane.used = true;
    const { socket } = lane;
    if (socket === undefined || socket.destroyed) {
      lane.discard();
      return;
    }
    this.#idle.add(lane);
    const siblings = this.#idleByKey.get(lane.key);
    if (siblings === undefined) this.#idleByKey.set(lane.key, [lane]);
    else siblings.push(lane);
    const [oldest] = this.#idle;
    if (this.#idle.size > KEPT_CONNECTIONS_MAX && oldest !== undefined) this.discard(oldest);
  }

  /** Ends a lane whose exchange failed or was cut. */
  discard(lane: Lane): void {
    this.#busy.delete(lane);
    this.#forget(lane);
    lane.listener = undefined;
    lane.discard();
  }

  /** Ends every connection. */
  discardAll(): void {
    for (const lane of [...this.#busy, ...this.#idle]) this.discard(lane);
  }

  #open(key: string, route: Route): Lane {
    const onClose = (lane: Lane) => this.#forget(lane);
    const headerBytesMax = this.#headerBytesMax;
    return new Lane({ key, route, connector: this.#connector, headerBytesMax, pieces: this.#pieces, onClose });
  }

  #forget(lane: Lane): void {
    if (!this.#idle.delete(lane)) return;
    const siblings = this.#idleByKey.get(lane.key)?.filter((sibling) => sibling !== lane) ?? [];
    if (siblings.length === 0) this.#idleByKey.delete(lane.key);
    else this.#idleByKey.set(lane.key, siblings);
  }
}
