import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { RequestError } from "../errors.ts";
import { addressesOf } from "./addresses.ts";
import { admit, requireTarget } from "./admit.ts";
import { createApiRouter } from "./api/api.ts";
import { describeApi } from "./api/openapi.ts";
import type { Api } from "./api/operations.ts";
import { type ClientAddress, createClientAddress } from "./client-address.ts";
import { answerBrokenRequests } from "./connection.ts";
import { addFeedRoutes, FEED_ROUTE } from "./feed-routes.ts";
import { addHealthRoutes } from "./health-routes.ts";
import { createHotPath } from "./hot-path.ts";
import type { Log } from "./log.ts";
import { countAnswer, type Metrics } from "./metrics.ts";
import { addMetricsRoute, countAnswers } from "./metrics-routes.ts";
import { addApiPage } from "./pages/api-routes.ts";
import { loadAssets } from "./pages/assets.ts";
import { securePage } from "./pages/page-answer.ts";
import { addPageRoutes } from "./pages/page-routes.ts";
import { renderProblemPage } from "./pages/problem-page.ts";
import { createErrorAnswer, type ProblemPage } from "./problem.ts";
import { createRenderAllowance } from "./render-allowance.ts";
import { createRequestAnswers } from "./request-answer.ts";
import { addRequestRoutes } from "./request-routes.ts";
import { createShutdown, type Shutdown } from "./shutdown.ts";
import { createSnapshotAnswers } from "./snapshot-answer.ts";
import { createTextMemory } from "./text-memory.ts";
import type { Wire } from "./wire.ts";

/** Limits of the HTTP server; all have defaults. */
export interface ServerOptions {
  readonly log: Log;
  /** `/api/v1`; absent: there is none. */
  readonly api?: Api;
  /** What answers are counted in, and `/metrics`; absent: neither. */
  readonly metrics?: Metrics;
  /** CIDR ranges of proxies whose X-Forwarded-For is believed. Default: none. */
  readonly trustProxy?: readonly string[];
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
  /** How long a page once made is answered again without asking the wire. Default 1 s. */
  readonly pageAgeMs?: number;
  /** How long answers under way may take once the server closes. Default 8 s. */
  readonly closeGraceMs?: number;
}

/** Where to listen; `reusePort`: beside other processes that say so, too (SO_REUSEPORT). */
interface ListenAddress {
  readonly host: string;
  readonly port: number;
  readonly reusePort?: boolean;
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
  listen(address: ListenAddress): Promise<BoundAddress>;
  /** Answers from another wire, all requests from the next one on; those under way end as they began. */
  replace(wire: Wire, api?: Api): void;
  /** Takes no new connection, closes idle ones, and resolves once the answers under way are given or their time is up. */
  close(): Promise<void>;
}

/** Bytes of all header fields and the address of a request. */
const HEAD_BYTES_MAX = 16_384;
function createApp(
  wire: Wire,
  parts: Parameters<typeof addFeedRoutes>[1],
  { api, metrics, clientOf }: Pick<ServerOptions, "api" | "metrics"> & { readonly clientOf: ClientAddress },
): Express {
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.set("query parser", false);
  app.set("trust proxy", false);
  app.enable("case sensitive routing");
  app.enable("strict routing");

  if (metrics !== undefined) app.use(countAnswers(metrics));
  app.use(admit);
  addFeedRoutes(app, parts);
  addRequestRoutes(app, parts.requests);
  addHealthRoutes(app, wire);
  if (metrics !== undefined) addMetricsRoute(app, metrics, parts.memory);
  if (api !== undefined) {
    addApiPage(app, describeApi, parts.context);
    app.use("/api/v1", createApiRouter(api, clientOf));
  }
  addPageRoutes(app, parts);
  app.use(() => {
    throw new RequestError("There is nothing at this address", { code: "not_found", status: 404 });
  });
  return app;
}

function listen(server: http.Server, address: ListenAddress): Promise<BoundAddress> {
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

/** Bytes sent on all connections, those that are open included. */
function countBytes(server: http.Server): () => number {
  const open = new Set<Socket>();
  let sent = 0;
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => {
      sent += socket.bytesWritten;
      open.delete(socket);
    });
  });
  return () => [...open].reduce((sum, socket) => sum + socket.bytesWritten, sent);
}

/** RFC 9110 §10.1.1: there is only 100-continue, which node answers. */
function unknownExpectation(): RequestError {
  return new RequestError("Cannot do what Expect asks for", { code: "unknown_expectation", status: 417 });
}

interface Site {
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void;
  readonly answerError: ReturnType<typeof createErrorAnswer>;
}

/** What answers requests with one wire. */
function createSite(wire: Wire, options: ServerOptions, shutdown: () => Pick<Shutdown, "expect">): Site {
  const addresses = addressesOf(wire.site.baseUrl);
  const context = { site: wire.site, addresses, assets: loadAssets() };
  const answers = createSnapshotAnswers(addresses);
  const memory = createTextMemory(options.pageAgeMs ?? 1000, () => performance.now());
  const problemPage: ProblemPage = (problem, request, response) => {
    securePage(request, response);
    return renderProblemPage(context, problem);
  };
  const answerError = createErrorAnswer(problemPage, options.log);
  const allowance = createRenderAllowance(() => performance.now());
  const clientOf = createClientAddress(options.trustProxy ?? []);
  const requests = createRequestAnswers({ wire, answers, context, memory, allowance, clientOf });
  const app = createApp(wire, { wire, answers, context, memory, requests }, { ...options, clientOf });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    answerError(error, request, response);
  });
  const feedCounts = options.metrics?.answers(FEED_ROUTE) ?? new Float64Array();
  const hot = createHotPath(wire, answers, feedCounts);

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    try {
      if (hot(request, response)) return;
      requireTarget(request);
    } catch (error) {
      answerError(error, request, response);
      countAnswer(feedCounts, response.statusCode);
      return;
    }
    shutdown().expect(request, response);
    app(request, response);
  };
  return { serve, answerError };
}

/**
 * The HTTP side of the service, not yet listening. Documents that are ready are answered before Express, in
 * hot-path.ts; everything else goes through the routes in the order of `createApp`. Whatever is thrown becomes a
 * problem document (problem.ts). No answer depends on Host, nor on forwarding fields but for whom 429 is meant.
 */
export function createServer(wire: Wire, options: ServerOptions): WebServer {
  let site = createSite(wire, options, () => shutdown);
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
    (request, response) => site.serve(request, response),
  );
  server.timeout = options.stalledTimeoutMs ?? 60_000;
  options.metrics?.readBytes(countBytes(server));
  const shutdown = createShutdown(server);
  answerBrokenRequests(server);
  server.on("checkExpectation", (request, response) => site.answerError(unknownExpectation(), request, response));

  const close = () => shutdown.close(options.closeGraceMs ?? 8000);
  return {
    http: server,
    listen: (address) => listen(server, address),
    replace(next, api) {
      site = createSite(next, { ...options, ...(api === undefined ? {} : { api }) }, () => shutdown);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
