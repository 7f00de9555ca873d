import { type AddressInfo, createServer, type Socket } from "node:net";
import zlib from "node:zlib";
import type { AbsoluteUrl } from "../../src/model/url.ts";

/** A server on loopback that breaks HTTP in every way we know; each path is one way (`hostileWays`). */
export interface HostileOrigin extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** Heads of the requests so far, in order. */
  readonly requests: readonly string[];
  /** Connections open now. */
  readonly open: number;
  /** Bytes sent so far on connections that are closed by now. */
  readonly sentBytes: number;
  url(path: string): AbsoluteUrl;
}

/** What a way gets: the connection, the query of the path, the head of the request. */
interface Visitor {
  readonly socket: Socket;
  readonly query: URLSearchParams;
  readonly head: string;
}

type Way = (visitor: Visitor) => void;

const FEED = '<rss version="2.0"><channel><title>t</title><item><title>one</title></item></channel></rss>';

/** Bytes that a bomb of one layer yields. */
const BOMB_BYTES = 16 * 1024 * 1024;

function head(status: string, headers: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join("")}\r\n`;
}

/** A whole, right answer. */
function answer(
  socket: Socket,
  status: string,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer = "",
): void {
  socket.write(head(status, { ...headers, "content-length": Buffer.byteLength(body) }));
  socket.write(body);
}

/** Sends pieces for ever, each as soon as the last one is gone. */
function endless(socket: Socket, piece: string | Buffer): void {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
    if (!socket.destroyed) socket.once("drain", more);
  };
  more();
}

/** Sends a piece every few milliseconds for ever. */
function drip(socket: Socket, piece: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(piece), everyMs);
  socket.once("close", () => clearInterval(timer));
}

/** A body of zeros packed in one coding after another. */
function bomb(pack: (bytes: Buffer) => Buffer, layers: number, bytes = BOMB_BYTES): Buffer {
  let body: Buffer = Buffer.alloc(bytes);
  for (let layer = 0; layer < layers; layer += 1) body = pack(body);
  return body;
}

function coded(coding: string, body: () => Buffer): Way {
  let packed: Buffer | undefined;
  return ({ socket }) => {
    packed ??= body();
    answer(socket, "200 OK", { "content-encoding": coding }, packed);
  };
}

const zip = (bytes: Buffer) => zlib.gzipSync(bytes);

/** Every way by its path; a name says what the server does. */
export const hostileWays: Readonly<Record<string, Way>> = {
  // Time.
  "/never": () => {},
  "/drip-headers": ({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    drip(socket, "x-more: 1\r\n", 5);
  },
  "/drip-interim": ({ socket }) => drip(socket, "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", 5),
  "/drip-body": ({ socket }) => {
    socket.write(head("200 OK", { "content-length": 100_000 }));
    drip(socket, "x", 5);
  },
  "/stall-body": ({ socket }) => socket.write(`${head("200 OK", { "content-length": 100_000 })}<rss>`),
  "/stall-redirect-body": ({ socket }) =>
    socket.write(`${head("302 Found", { location: "/fine", "content-length": 100_000 })}moved`),

  // Size.
  "/endless-body": ({ socket }) => {
    socket.write(head("200 OK", { connection: "close" }));
    endless(socket, "x".repeat(65_536));
  },
  "/endless-gzip": ({ socket }) => {
    socket.write(head("200 OK", { connection: "close", "content-encoding": "gzip" }));
    const packer = zlib.createGzip({ level: 1 });
    packer.pipe(socket);
    socket.once("close", () => packer.destroy());
    const zeros = Buffer.alloc(1024 * 1024);
    const more = () => {
      if (!packer.destroyed) packer.write(zeros, () => setImmediate(more));
    };
    more();
  },
  "/endless-header": ({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\nx-long: ");
    endless(socket, "x".repeat(65_536));
  },
  "/endless-headers": ({ socket }) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    endless(socket, "x-more: 1\r\n".repeat(4096));
  },
  "/endless-status-line": ({ socket }) => {
    socket.write("HTTP/1.1 200 ");
    endless(socket, "x".repeat(65_536));
  },
  "/endless-interim": ({ socket }) => endless(socket, "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(1024)),
  "/endless-chunk-extension": ({ socket }) => {
    socket.write(`${head("200 OK", { "transfer-encoding": "chunked" })}1;x=`);
    endless(socket, "x".repeat(65_536));
  },
  "/endless-trailer": ({ socket }) => {
    socket.write(`${head("200 OK", { "transfer-encoding": "chunked" })}1\r\nx\r\n0\r\nx-trailer: `);
    endless(socket, "x".repeat(65_536));
  },
  "/tiny-chunks": ({ socket }) => {
    socket.write(head("200 OK", { "transfer-encoding": "chunked" }));
    endless(socket, "1\r\nx\r\n".repeat(8192));
  },
  "/claims-much": ({ socket }) => socket.write(head("200 OK", { "content-length": "999999999999" })),
  "/bomb-gzip": coded("gzip", () => bomb(zip, 1)),
  "/bomb-deflate": coded("deflate", () => bomb((bytes) => zlib.deflateSync(bytes), 1)),
  "/bomb-raw-deflate": coded("deflate", () => bomb((bytes) => zlib.deflateRawSync(bytes), 1)),
  "/bomb-br": coded("br", () =>
    bomb((bytes) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }), 1),
  ),
  "/bomb-zstd": coded("zstd", () => bomb((bytes) => zlib.zstdCompressSync(bytes), 1)),
  "/bomb-two-layers": coded("gzip, gzip", () => bomb(zip, 2)),
  "/bomb-four-layers": coded("gzip, x-gzip, gzip, gzip", () => bomb(zip, 4)),
  "/twenty-layers": coded(Array(20).fill("gzip").join(", "), () => bomb(zip, 20, 100)),

  // Broken HTTP.
  "/nothing": ({ socket }) => socket.end(),
  "/reset": ({ socket }) => socket.resetAndDestroy(),
  "/cut-headers": ({ socket }) => socket.end("HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n"),
  "/reset-body": ({ socket }) => {
    socket.write(`${head("200 OK", { "content-length": 100_000 })}${FEED}`, () => socket.resetAndDestroy());
  },
  "/reset-body-without-length": ({ socket }) => {
    socket.write(`${head("200 OK", { connection: "close" })}${FEED.slice(0, 60)}`, () => {
      setTimeout(() => socket.resetAndDestroy(), 5);
    });
  },
  "/length-too-long": ({ socket }) => socket.end(`${head("200 OK", { "content-length": FEED.length + 10 })}${FEED}`),
  "/length-too-long-close": ({ socket }) =>
    socket.end(`${head("200 OK", { "content-length": FEED.length + 10, connection: "close" })}${FEED}`),
  "/length-too-short": ({ socket }) => socket.write(`${head("200 OK", { "content-length": FEED.length - 20 })}${FEED}`),
  "/length-too-short-close": ({ socket }) =>
    socket.end(`${head("200 OK", { "content-length": FEED.length - 20, connection: "close" })}${FEED}`),
  "/length-not-a-number": ({ socket }) => socket.end(`${head("200 OK", { "content-length": "ten" })}${FEED}`),
  "/length-negative": ({ socket }) => socket.end(`${head("200 OK", { "content-length": "-5" })}${FEED}`),
  "/two-lengths": ({ socket }) =>
    socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 9\r\n\r\n${FEED}`),
  "/length-and-chunked": ({ socket }) =>
    socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`),
  "/cut-chunks": ({ socket }) =>
    socket.end(`${head("200 OK", { "transfer-encoding": "chunked" })}50\r\n${FEED.slice(0, 20)}`),
  "/no-last-chunk": ({ socket }) => socket.end(`${head("200 OK", { "transfer-encoding": "chunked" })}5\r\nhello\r\n`),
  "/bad-chunk-size": ({ socket }) =>
    socket.end(`${head("200 OK", { "transfer-encoding": "chunked" })}zz\r\nhello\r\n0\r\n\r\n`),
  "/huge-chunk-size": ({ socket }) =>
    socket.write(`${head("200 OK", { "transfer-encoding": "chunked" })}ffffffffffffffffff\r\nhello`),
  "/not-http": ({ socket }) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"),
  "/http-0.9": ({ socket }) => socket.end(FEED),
  "/bad-header-name": ({ socket }) => socket.end(`HTTP/1.1 200 OK\r\nbad header: 1\r\n\r\n${FEED}`),
  "/header-without-colon": ({ socket }) => socket.end(`HTTP/1.1 200 OK\r\nnonsense\r\n\r\n${FEED}`),
  "/control-in-header": ({ socket }) => socket.end(`HTTP/1.1 200 OK\r\netag: "a\u0000b"\r\n\r\n${FEED}`),
  "/status-not-a-number": ({ socket }) => socket.end(`HTTP/1.1 OK OK\r\n\r\n${FEED}`),
  "/upgrade": ({ socket }) =>
    socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: foo\r\nconnection: upgrade\r\n\r\n"),
  "/continue": ({ socket }) => socket.write("HTTP/1.1 100 Continue\r\n\r\n"),
  "/status": ({ socket, query }) =>
    answer(socket, `${query.get("is")} X`, { "retry-after": query.get("after") ?? "" }, "no"),
  "/partial": ({ socket }) => answer(socket, "206 Partial Content", { "content-range": "bytes 0-4/90" }, "<rss>"),

  // Content coding.
  "/transfer-gzip": ({ socket }) =>
    socket.end(`${head("200 OK", { "transfer-encoding": "gzip, chunked" })}5\r\nhello\r\n0\r\n\r\n`),
  "/unknown-coding": ({ socket }) => answer(socket, "200 OK", { "content-encoding": "rot13" }, FEED),
  "/false-gzip": ({ socket }) => answer(socket, "200 OK", { "content-encoding": "gzip" }, FEED),
  "/false-br": ({ socket }) => answer(socket, "200 OK", { "content-encoding": "br" }, FEED),
  "/false-zstd": ({ socket }) => answer(socket, "200 OK", { "content-encoding": "zstd" }, FEED),
  "/cut-gzip": ({ socket }) =>
    answer(socket, "200 OK", { "content-encoding": "gzip" }, zlib.gzipSync(FEED.repeat(50)).subarray(0, -12)),
  "/cut-br": ({ socket }) =>
    answer(socket, "200 OK", { "content-encoding": "br" }, zlib.brotliCompressSync(FEED.repeat(50)).subarray(0, -4)),
  "/cut-zstd": ({ socket }) =>
    answer(socket, "200 OK", { "content-encoding": "zstd" }, zlib.zstdCompressSync(FEED.repeat(50)).subarray(0, -4)),

  // Answers nobody asked for.
  "/two-answers": ({ socket }) => {
    const evil = `${head("200 OK", { "content-length": 4 })}EVIL`;
    socket.write(`${head("200 OK", { "content-length": 4 })}good${evil}`);
  },
  "/late-answer": ({ socket }) => {
    socket.write(`${head("200 OK", { "content-length": 4 })}good`);
    setTimeout(() => socket.write(`${head("200 OK", { "content-length": 4 })}EVIL`), 5);
  },
  "/body-on-304": ({ socket }) => socket.write(`${head("304 Not Modified", { "content-length": 4 })}EVIL`),
  "/fine": ({ socket }) => answer(socket, "200 OK", { "content-type": "application/rss+xml" }, FEED),
  "/close-after": ({ socket }) => {
    answer(socket, "200 OK", {}, "good");
    setTimeout(() => socket.end(), 5);
  },

  // Meanings.
  "/not-modified": ({ socket }) => socket.write(head("304 Not Modified", {})),
  "/delta": ({ socket }) => answer(socket, "226 IM Used", { im: "feed", etag: '"2"' }, FEED),
  "/redirect": ({ socket, query }) =>
    answer(socket, `${query.get("status") ?? 302} X`, { location: query.get("to") ?? "" }),
  "/endless-404": ({ socket }) => {
    socket.write(head("404 Not Found", { connection: "close" }));
    endless(socket, "x".repeat(65_536));
  },
  "/large-404": ({ socket }) => answer(socket, "404 Not Found", {}, "x".repeat(1_000_000)),
  "/redirect-nowhere": ({ socket }) => answer(socket, "302 Found", {}),
  "/two-locations": ({ socket }) => answer(socket, "302 Found\r\nlocation: /never", { location: "/fine" }),
  "/circle-a": ({ socket }) => answer(socket, "301 Moved", { location: "/circle-b" }),
  "/circle-b": ({ socket }) => answer(socket, "301 Moved", { location: "/circle-a" }),
  "/onward": ({ socket, query }) =>
    answer(socket, "302 Found", { location: `/onward?n=${Number(query.get("n")) + 1}` }),
};

/** Starts the hostile server. */
export async function startHostileOrigin(): Promise<HostileOrigin> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let sentBytes = 0;
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true));
    socket.on("close", () => {
      sockets.delete(socket);
      sentBytes += socket.bytesWritten;
    });
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        requests.push(text.slice(0, end));
        receive(socket, text.slice(0, end));
        text = text.slice(end + 4);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    requests,
    get sentBytes() {
      return sentBytes;
    },
    get open() {
      return sockets.size;
    },
    url: (path) => new URL(path, origin).href as AbsoluteUrl,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function receive(socket: Socket, requestHead: string): void {
  const target = requestHead.split(" ", 2)[1] ?? "/";
  const { pathname, searchParams } = new URL(target, "http://origin.invalid");
  const way = hostileWays[pathname];
  if (way === undefined) answer(socket, "404 Not Found", {}, "no such way");
  else way({ socket, query: searchParams, head: requestHead });
}
