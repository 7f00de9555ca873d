import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { RequestError } from "../errors.ts";
import { addressesOf } from "./addresses.ts";
import { answerBrokenRequests } from "./connection.ts";
import { addFeedRoutes } from "./feed-routes.ts";
import { addHealthRoutes } from "./health-routes.ts";
import { createHotPath } from "./hot-path.ts";
import type { Log } from "./log.ts";
import { loadAssets } from "./pages/assets.ts";
import { securePage } from "./pages/page-answer.ts";
import { addPageRoutes } from "./pages/page-routes.ts";
import { renderProblemPage } from "./pages/problem-page.ts";
import { createErrorAnswer, type ProblemPage } from "./problem.ts";
import { createSnapshotAnswers } from "./snapshot-answer.ts";
import type { Wire } from "./wire.ts";

/** Limits of the HTTP server; all have defaults. */
export interface ServerOptions {
  readonly log: Log;
  /** Time for the head of a request to arrive. Default 15 s. */
  readonly headersTimeoutMs?: number;
  /** Time for a whole request to arrive. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** How long a connection may stay open without a request. Default 65 s, above the 60 s of common proxies. */
  readonly keepAliveTimeoutMs?: number;
  /** How long a client may take nothing of an answer. Default 60 s. */
  readonly stalledTimeoutMs?: number;
  /** How often the first two time-outs are looked for. Default 2 s. */
  readonly checkIntervalMs?: number;
  /** How long answers under way may take once the server closes. Default 8 s. */
  readonly closeGraceMs?: number;
}

/** Where the server listens. */
export interface BoundAddress {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
}

export interface WebServer extends AsyncDisposable {
  readonly http: http.Server;
  /** Starts to listen; port 0 takes a free one. Rejects with node's error (`EADDRINUSE`, …). */
  listen(address: { readonly host: string; readonly port: number }): Promise<BoundAddress>;
  /** Takes no new connection, closes idle ones, and resolves once the answers under way are given or their time is up. */
  close(): Promise<void>;
}

/** Bytes of all header fields and the address of a request. */
const HEAD_BYTES_MAX = 16_384;
/** Characters of an address. RFC 9110 §4.1 asks for 8000 at least. */
const ADDRESS_CHARACTERS_MAX = 8192;
const CLOSE_CHECK_MS = 50;

/** Refuses what no route should see; a body that nobody reads ends the connection, so that it is not taken for a request. */
function admit(request: Request, response: Response, next: NextFunction): void {
  if (request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined) {
    response.setHeader("Connection", "close");
  }
  // RFC 9112 §3.2: without Host, or with two, the request may be meant for somebody else.
  const hosts = request.headersDistinct.host?.length ?? 0;
  if (hosts > 1 || (hosts === 0 && request.httpVersion === "1.1")) {
    throw new RequestError("Cannot read this request: it needs one Host field", { code: "bad_host", status: 400 });
  }
  if (request.url.length > ADDRESS_CHARACTERS_MAX) {
    throw new RequestError("The address of this request is too long", { code: "address_too_long", status: 414 });
  }
  next();
}

function createApp(wire: Wire, parts: Parameters<typeof addFeedRoutes>[1]): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.set("query parser", false);
  app.set("trust proxy", false);
  app.enable("case sensitive routing");
  app.enable("strict routing");

  app.use(admit);
  addFeedRoutes(app, parts);
  addHealthRoutes(app, wire);
  addPageRoutes(app, parts);
  app.use(() => {
    throw new RequestError("There is nothing at this address", { code: "not_found", status: 404 });
  });
  return app;
}

/** Waits until all connections are closed: idle ones at once, the others when they are answered or `graceMs` is up. */
function closeServer(server: http.Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    // node closes connections that are idle now; those that become idle later would linger for their keep-alive time.
    const sweep = setInterval(() => server.closeIdleConnections(), CLOSE_CHECK_MS);
    const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(deadline);
      resolve();
    });
  });
}

function listen(server: http.Server, address: { readonly host: string; readonly port: number }): Promise<BoundAddress> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      server.off("error", reject);
      // A TCP server that listens has an AddressInfo, never a pipe's name.
      const { address: host, port, family } = server.address() as AddressInfo;
      resolve({ host, port, url: `http://${family === "IPv6" ? `[${host}]` : host}:${port}` });
    });
  });
}

/**
 * The HTTP side of the service, not yet listening. Documents that are ready are answered before Express, in
 * hot-path.ts; everything else goes through the routes in the order of `createApp`. Whatever is thrown becomes a
 * problem document (problem.ts). No answer depends on Host or on forwarding fields.
 */
export function createServer(wire: Wire, options: ServerOptions): WebServer {
  const addresses = addressesOf(wire.site.baseUrl);
  const context = { site: wire.site, addresses, assets: loadAssets() };
  const answers = createSnapshotAnswers(addresses);
  const problemPage: ProblemPage = (problem, request, response) => {
    securePage(request, response);
    return renderProblemPage(context, problem);
  };
  const answerError = createErrorAnswer(problemPage, options.log);
  const app = createApp(wire, { wire, answers, context });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    answerError(error, request, response);
  });
  const hot = createHotPath(wire, answers);

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    try {
      hot(request, response) || app(request, response);
    } catch (error) {
      answerError(error, request, response);
    }
  };
  const server = http.createServer(
    {
      optimizeEmptyRequests: true,
      requireHostHeader: false,
      maxHeaderSize: HEAD_BYTES_MAX,
      headersTimeout: options.headersTimeoutMs ?? 15_000,
      requestTimeout: options.requestTimeoutMs ?? 30_000,
      keepAliveTimeout: options.keepAliveTimeoutMs ?? 65_000,
      connectionsCheckingInterval: options.checkIntervalMs ?? 2000,
    },
    serve,
  );
  server.timeout = options.stalledTimeoutMs ?? 60_000;
  answerBrokenRequests(server);

  const close = () => closeServer(server, options.closeGraceMs ?? 8000);
  return { http: server, listen: (address) => listen(server, address), close, [Symbol.asyncDispose]: close };
}
