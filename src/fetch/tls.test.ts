import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeCertificate } from "../../tests/support/certificate.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import { type ConnectTarget, openSocket } from "./connect.ts";
import { createFetcher, DEFAULT_FETCH_LIMITS, type Fetcher, type FetchOutcome } from "./fetch.ts";

const trusted = makeCertificate("news.example");
const roots = getCACertificates("default");
const resumed: boolean[] = [];
let server: Server;
let port: number;

beforeAll(async () => {
  setDefaultCACertificates([...roots, trusted.cert]);
  server = createServer(trusted, (request, response) => {
    resumed.push(
      "isSessionReused" in request.socket &&
        (request.socket as never as { isSessionReused(): boolean }).isSessionReused(),
    );
    const path = request.url ?? "";
    if (path === "/down") response.writeHead(301, { location: "http://news.example/plain" }).end();
    else if (path === "/up") response.writeHead(301, { location: "https://news.example/end" }).end();
    else response.writeHead(200, { connection: "close" }).end(path);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  setDefaultCACertificates(roots);
  server.closeAllConnections();
  server.close();
});

/** A fetcher that finds every name at the server of this test. */
function startFetcher(plainPort = 0, allowAddresses: readonly string[] = [], connectMs = 10_000): Fetcher {
  return createFetcher({
    limits: { ...DEFAULT_FETCH_LIMITS, connectMs },
    userAgent: "Storywire/test",
    allowAddresses,
    filesRoot: ".",
    now: () => 0,
    resolve: async () => ["93.184.215.14"],
    connect: (target: ConnectTarget) =>
      openSocket({ ...target, addresses: ["127.0.0.1"], port: target.secure ? port : plainPort }),
  });
}

async function visit(url: string, plainPort?: number, allowAddresses?: readonly string[]): Promise<FetchOutcome> {
  await using fetcher = startFetcher(plainPort, allowAddresses);
  return await fetcher.fetch({ url: url as AbsoluteUrl });
}

/** A server that answers every connection the same way. */
async function startTcp(onSocket: (socket: Socket) => void): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>();
  const tcp = createTcpServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  return {
    port: (tcp.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => tcp.close(resolve));
    },
  };
}

describe("https", () => {
  test("works with a certificate that is trusted and names the host", async () => {
    expect(await visit("https://news.example/x")).toMatchObject({
      kind: "fetched",
      finalUrl: "https://news.example/x",
    });
  });

  test("is tls_failed where the certificate names another host", async () => {
    await expect(visit("https://other.example/")).rejects.toMatchObject({ code: "tls_failed" });
    // No name, so the address itself would have to stand in it.
    await expect(visit(`https://127.0.0.1:${port}/`, 0, ["127.0.0.0/8"])).rejects.toMatchObject({ code: "tls_failed" });
  });

  test("is tls_failed where nobody vouches for the certificate", async () => {
    setDefaultCACertificates(roots);
    await expect(visit("https://news.example/")).rejects.toMatchObject({ code: "tls_failed" });
    setDefaultCACertificates([...roots, trusted.cert]);
  });

  test("is tls_failed where the server speaks something else, and given up where it says nothing", async () => {
    await using chatty = await startTcp((socket) => socket.write("220 mail.example ESMTP\r\n"));
    await using silent = await startTcp(() => {});
    const served = port;
    port = chatty.port;
    await expect(visit("https://news.example/")).rejects.toMatchObject({ code: "tls_failed" });
    port = silent.port;
    await using hasty = startFetcher(0, [], 50);
    const never = hasty.fetch({ url: "https://news.example/" as AbsoluteUrl });
    await expect(never).rejects.toMatchObject({ code: "connect_timeout" });
    port = served;
  });

  test("resumes the session on the next connection", async () => {
    await using fetcher = startFetcher();
    resumed.length = 0;
    for (let time = 0; time < 2; time += 1) {
      await fetcher.fetch({ url: "https://news.example/" as AbsoluteUrl });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(resumed).toEqual([false, true]);
  });

  test("moved to http for good is followed and never adopted; moved from http is", async () => {
    await using plain = await startTcp((socket) =>
      socket.once("data", (bytes) => {
        const isUp = bytes.toString().startsWith("GET /up");
        const head = isUp ? "HTTP/1.1 301 Moved\r\nlocation: https://news.example/end" : "HTTP/1.1 200 OK";
        socket.end(`${head}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi`);
      }),
    );
    const down = await visit("https://news.example/down", plain.port);
    expect(down.finalUrl).toBe("http://news.example/plain");
    expect(down).not.toHaveProperty("permanentUrl");
    const up = await visit("http://news.example/up", plain.port);
    expect(up.permanentUrl).toBe("https://news.example/end");
  });

  test("goes through a proxy's tunnel, and the certificate is still the target's", async () => {
    const heads: string[] = [];
    await using proxy = await startTcp((socket) =>
      socket.once("data", (bytes) => {
        heads.push(bytes.toString());
        const upstream = openSocket({ host: "127.0.0.1", port, secure: false, addresses: ["127.0.0.1"] });
        upstream.on("error", () => {});
        socket.write("HTTP/1.1 200 Connected\r\n\r\n");
        socket.pipe(upstream).pipe(socket);
      }),
    );
    await using fetcher = createFetcher({
      limits: { ...DEFAULT_FETCH_LIMITS, connectMs: 10_000 },
      userAgent: "Storywire/test",
      allowAddresses: [],
      filesRoot: ".",
      now: () => 0,
      resolve: async () => ["93.184.215.14"],
    });
    const through = { proxy: `http://127.0.0.1:${proxy.port}` };
    const outcome = await fetcher.fetch({ url: "https://news.example/tunnelled" as AbsoluteUrl, ...through });
    expect(outcome).toMatchObject({ kind: "fetched" });
    expect(heads[0]).toMatch(/^CONNECT news\.example:443 HTTP\/1\.1\r\n/);
    const wrong = fetcher.fetch({ url: "https://other.example/" as AbsoluteUrl, ...through });
    await expect(wrong).rejects.toMatchObject({ code: "tls_failed" });
  });
});
