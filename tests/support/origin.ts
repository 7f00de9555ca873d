import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { AbsoluteUrl } from "../../src/model/url.ts";

/** A well-behaved HTTP server on loopback that a test runs itself. */
export interface Origin extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  /** What was asked so far, in order. */
  readonly requests: readonly IncomingMessage[];
  /** Connections accepted so far. */
  readonly connections: number;
  url(path: string): AbsoluteUrl;
}

/** Starts a server; `host` is any address of this machine. */
export async function startOrigin(listener: RequestListener, host = "127.0.0.1"): Promise<Origin> {
  const requests: IncomingMessage[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    origin,
    requests,
    get connections() {
      return connections;
    },
    url: (path) => new URL(path, origin).href as AbsoluteUrl,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
