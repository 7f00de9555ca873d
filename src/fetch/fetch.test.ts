import type { RequestListener } from "node:http";
import { createServer, type Socket } from "node:net";
import zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Origin, startOrigin } from "../../tests/support/origin.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import { openSocket } from "./connect.ts";
import {
  createFetcher,
  DEFAULT_FETCH_LIMITS,
  type Fetcher,
  type FetcherOptions,
  type FetchOutcome,
  type FetchRequest,
  formatUserAgent,
} from "./fetch.ts";

const NOW = Date.UTC(2026, 10, 22, 12);

function startFetcher(overrides: Partial<FetcherOptions> = {}): Fetcher {
  return createFetcher({
    limits: DEFAULT_FETCH_LIMITS,
    userAgent: formatUserAgent("1.2.3", "mailto:ops@wire.example"),
    allowAddresses: ["127.0.0.0/8", "::1/128"],
    filesRoot: ".",
    now: () => NOW,
    ...overrides,
  });
}

/** One visit of a fetcher of its own. */
async function visit(request: FetchRequest): Promise<FetchOutcome> {
  await using fetcher = startFetcher();
  return await fetcher.fetch(request);
}

async function visitAt(listener: RequestListener, request: Omit<FetchRequest, "url"> = {}): Promise<FetchOutcome> {
  await using origin = await startOrigin(listener);
  return await visit({ ...request, url: origin.url("/feed") });
}

/** The headers that a server was sent. */
async function headersSent(request: Omit<FetchRequest, "url">): Promise<Record<string, unknown>> {
  await using origin = await startOrigin((_request, response) => response.end("x"));
  await visit({ ...request, url: origin.url("/") });
  return { ...origin.requests[0]?.headers };
}

function bodyOf(outcome: FetchOutcome): string {
  return outcome.kind === "fetched" ? Buffer.from(outcome.body).toString() : "";
}

/** A server that answers by path from a table of status and location or body. */
function startTable(table: Readonly<Record<string, [status: number, text: string]>>): Promise<Origin> {
  return startOrigin((request, response) => {
    const [status, text] = table[request.url ?? ""] ?? [404, ""];
    if (status >= 300 && status < 400) response.writeHead(status, { location: text }).end("moved");
    else response.writeHead(status, { "content-type": "text/plain" }).end(text);
  });
}

describe("a document", () => {
  test("comes with its status, address, type, validators, freshness and size on the wire", async () => {
    const outcome = await visitAt((_request, response) => {
      response.setHeader("content-type", "application/rss+xml; charset=utf-8");
      response.setHeader("etag", 'W/"v1"');
      response.setHeader("last-modified", "Sun, 22 Nov 2026 11:00:00 GMT");
      response.setHeader("cache-control", "max-age=600");
      response.end("<rss/>");
    });
    expect(outcome).toMatchObject({
      kind: "fetched",
      status: 200,
      contentType: "application/rss+xml; charset=utf-8",
      validators: { etag: 'W/"v1"', lastModified: "Sun, 22 Nov 2026 11:00:00 GMT" },
      freshUntilMs: NOW + 600_000,
      redirects: [],
    });
    expect(bodyOf(outcome)).toBe("<rss/>");
    expect(outcome.kind === "fetched" && outcome.wireBytes).toBeGreaterThan(200);
    expect(outcome).not.toHaveProperty("permanentUrl");
    expect(outcome).not.toHaveProperty("deltaBase");
  });

  test.each([
    ["gzip", zlib.gzipSync],
    ["x-gzip", zlib.gzipSync],
    ["br", zlib.brotliCompressSync],
    ["zstd", zlib.zstdCompressSync],
    ["deflate", zlib.deflateSync],
    ["deflate", zlib.deflateRawSync],
  ])("coded with %s is decoded, and the coding is offered", async (coding, pack) => {
    const text = "<rss>äöü</rss>".repeat(20_000);
    const outcome = await visitAt((request, response) => {
      expect(request.headers["accept-encoding"]).toContain(coding.replace("x-", ""));
      response.writeHead(200, { "content-encoding": coding }).end(pack(Buffer.from(text)));
    });
    expect(bodyOf(outcome)).toBe(text);
    expect(outcome.kind === "fetched" && outcome.wireBytes).toBeLessThan(text.length / 4);
  });

  test("of 8 MB is ordinary, coded or not", async () => {
    const body = Buffer.alloc(8_000_000, "story ");
    await using origin = await startOrigin((request, response) => {
      if (request.url === "/gzip") response.writeHead(200, { "content-encoding": "gzip" }).end(zlib.gzipSync(body));
      else response.end(body);
    });
    await using fetcher = startFetcher();
    for (const path of ["/plain", "/gzip"]) {
      const outcome = await fetcher.fetch({ url: origin.url(path) });
      expect(outcome.kind === "fetched" && Buffer.from(outcome.body).equals(body)).toBe(true);
    }
  });

  test("is cut without error where only its beginning is wanted", async () => {
    await using origin = await startOrigin((_request, response) => {
      const more = () => response.write("x".repeat(10_000), more);
      more();
      response.on("error", () => {});
    });
    expect(bodyOf(await visit({ url: origin.url("/"), keepBytes: 25_000 }))).toBe("x".repeat(25_000));
  });

  test("that is coded is cut as well, short or large", async () => {
    const noise = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 7919 * (index >> 3)) & 0xff));
    for (const body of [noise.subarray(0, 30_000), noise]) {
      const answer: RequestListener = (_request, response) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end(zlib.gzipSync(body));
      const outcome = await visitAt(answer, { keepBytes: 25_000 });
      expect(outcome.kind === "fetched" && Buffer.from(outcome.body).equals(body.subarray(0, 25_000))).toBe(true);
    }
  });

  test("repeated headers are joined, Set-Cookie is not kept, contradicting validators are none", async () => {
    const outcome = await visitAt((_request, response) => {
      response.setHeader("x-list", ["a", "b"]);
      response.setHeader("set-cookie", ["session=secret"]);
      response.setHeader("etag", ['"1"', '"2"']);
      response.setHeader("last-modified", ["Sun, 22 Nov 2026 11:00:00 GMT", "Sun, 22 Nov 2026 11:00:00 GMT"]);
      response.end("x");
    });
    expect(outcome.headers).toMatchObject({ "x-list": "a, b" });
    expect(outcome.headers).not.toHaveProperty("set-cookie");
    expect(outcome).toMatchObject({ validators: { lastModified: "Sun, 22 Nov 2026 11:00:00 GMT" } });
    expect(outcome).not.toHaveProperty("validators.etag");
  });

  test("with a validator too long to send back has none", async () => {
    const outcome = await visitAt((_request, response) => response.setHeader("etag", `"${"x".repeat(2000)}"`).end("x"));
    expect(outcome).toMatchObject({ kind: "fetched", validators: {} });
  });
});

describe("a conditional request", () => {
  const odd = 'W/"a b\u00e9\u00ff,;"';

  test("carries the validators byte for byte, and 304 is not_modified with the same ones", async () => {
    await using origin = await startOrigin((request, response) => {
      const isKnown = request.headers["if-none-match"] === odd;
      response.writeHead(isKnown ? 304 : 200, { etag: isKnown ? '"another"' : odd }).end();
    });
    const first = await visit({ url: origin.url("/") });
    expect(first).toMatchObject({ kind: "fetched", validators: { etag: odd } });
    const validators = { etag: odd, lastModified: "last tuesday, about noon" };
    const second = await visit({ url: origin.url("/"), validators });
    expect(second).toMatchObject({ kind: "not_modified", status: 304, validators });
    expect(origin.requests[1]?.headers["if-modified-since"]).toBe("last tuesday, about noon");
  });

  test("without validators sends none, and asks for no delta", async () => {
    const headers = await headersSent({});
    expect(headers).not.toHaveProperty("if-none-match");
    expect(headers).not.toHaveProperty("if-modified-since");
    expect(headers).not.toHaveProperty("a-im");
  });

  test("accepts a delta it asked for (RFC 3229)", async () => {
    const outcome = await visitAt(
      (request, response) => {
        expect(request.headers["a-im"]).toBe("feed");
        response.writeHead(226, { im: "feed", etag: '"2"' }).end("<rss/>");
      },
      { validators: { etag: '"1"' } },
    );
    expect(outcome).toMatchObject({ kind: "fetched", status: 226, deltaBase: true, validators: { etag: '"2"' } });
  });

  test("refuses a delta of another kind", async () => {
    const delta: RequestListener = (_request, response) => response.writeHead(226, { im: "vcdiff" }).end("x");
    await expect(visitAt(delta, { validators: { etag: '"1"' } })).rejects.toMatchObject({ code: "http_status" });
  });
});

describe("an answer without a document", () => {
  test.each([
    [401, "unauthorized"],
    [403, "unauthorized"],
    [404, "not_found"],
    [429, "rate_limited"],
    [503, "unavailable"],
    [500, "http_status"],
    [502, "http_status"],
  ])("%i is %s", async (httpStatus, code) => {
    const answer: RequestListener = (_request, response) => response.writeHead(httpStatus).end("sorry");
    await expect(visitAt(answer)).rejects.toMatchObject({ name: "FetchError", code, httpStatus });
  });

  test("says when to come back, in seconds or as a date, nonsense bounded", async () => {
    const waits = [];
    for (const after of ["120", "Sun, 22 Nov 2026 12:05:00 GMT", "999999999999", "soon"]) {
      const answer: RequestListener = (_request, response) => response.writeHead(503, { "retry-after": after }).end();
      waits.push(await visitAt(answer).catch(({ retryAfterMs }) => retryAfterMs));
    }
    expect(waits).toEqual([120_000, 300_000, 86_400_000, undefined]);
  });

  test("410 is gone", async () => {
    const outcome = await visitAt((_request, response) => response.writeHead(410).end("gone"));
    expect(outcome).toMatchObject({ kind: "gone", status: 410 });
  });
});

describe("redirects", () => {
  test("are followed and told", async () => {
    await using origin = await startTable({ "/a": [302, "b"], "/b": [307, "/c?x=1#part"], "/c?x=1": [200, "there"] });
    const outcome = await visit({ url: origin.url("/a") });
    expect(bodyOf(outcome)).toBe("there");
    expect(outcome.finalUrl).toBe(`${origin.origin}/c?x=1`);
    expect(outcome.redirects).toEqual([
      { status: 302, from: `${origin.origin}/a`, to: `${origin.origin}/b` },
      { status: 307, from: `${origin.origin}/b`, to: `${origin.origin}/c?x=1` },
    ]);
    expect(outcome).not.toHaveProperty("permanentUrl");
  });

  test.each([
    ["one 301", { "/a": [301, "/z"] }, "/z"],
    ["301 and 308 in a row", { "/a": [301, "/b"], "/b": [308, "/z"] }, "/z"],
    ["a 301 before a 302", { "/a": [301, "/b"], "/b": [302, "/z"] }, "/b"],
    ["a 302 before a 301", { "/a": [302, "/b"], "/b": [301, "/z"] }, undefined],
    ["303", { "/a": [303, "/z"] }, undefined],
  ] as const)("%s may be adopted as far as the chain is permanent", async (_name, table, permanent) => {
    const steps = Object.entries(table).map(([path, [status, to]]) => [path, [status, to]]);
    await using origin = await startTable({ ...Object.fromEntries(steps), "/z": [200, "end"] });
    const outcome = await visit({ url: origin.url("/a") });
    expect(outcome.permanentUrl).toBe(permanent === undefined ? undefined : `${origin.origin}${permanent}`);
  });

  test("addresses in UTF-8 are understood", async () => {
    await using origin = await startOrigin((request, response) => {
      if (request.url === "/a") response.writeHead(301, { location: Buffer.from("/köln").toString("latin1") }).end();
      else response.end(request.url);
    });
    expect(bodyOf(await visit({ url: origin.url("/a") }))).toBe("/k%C3%B6ln");
  });

  test("ten are followed, eleven are too many", async () => {
    await using origin = await startOrigin((request, response) => {
      const left = Number(request.url?.slice(1));
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end();
      else response.end("end");
    });
    expect(bodyOf(await visit({ url: origin.url("/10") }))).toBe("end");
    await expect(visit({ url: origin.url("/11") })).rejects.toMatchObject({ code: "too_many_redirects" });
  });

  test("each waits for the caller's leave, within the total deadline", async () => {
    await using origin = await startTable({ "/a": [302, "/b"], "/b": [200, "end"] });
    const asked: string[] = [];
    const outcome = await visit({
      url: origin.url("/a"),
      beforeRedirect: async (to) => void asked.push(to.pathname),
    });
    expect([bodyOf(outcome), asked]).toEqual(["end", ["/b"]]);
    await using hasty = startFetcher({ limits: { ...DEFAULT_FETCH_LIMITS, totalMs: 300 } });
    const never = hasty.fetch({ url: origin.url("/a"), beforeRedirect: () => new Promise(() => {}) });
    await expect(never).rejects.toMatchObject({ code: "timeout" });
    expect(origin.requests).toHaveLength(3);
  });
});

describe("the operator's secrets", () => {
  const secrets = {
    headers: { "X-Api-Key": "key", Accept: "text/special" },
    cookies: { session: "s1", theme: "dark" },
    auth: { username: "ann", password: "pä:ss" },
  };

  test("are sent to the origin they were given for", async () => {
    expect(await headersSent(secrets)).toMatchObject({
      "x-api-key": "key",
      accept: "text/special",
      cookie: "session=s1; theme=dark",
      authorization: `Basic ${Buffer.from("ann:pä:ss").toString("base64")}`,
      "user-agent": "Storywire/1.2.3 (+mailto:ops@wire.example)",
    });
    expect(await headersSent({ auth: { bearer: "t0k" }, userAgent: "Special/1" })).toMatchObject({
      authorization: "Bearer t0k",
      "user-agent": "Special/1",
    });
  });

  test("cannot break the frame of a request", async () => {
    const headers = {
      host: "evil.example",
      "Content-Length": "5",
      "transfer-encoding": "chunked",
      connection: "close",
    };
    const sent = await headersSent({ headers });
    expect(sent.host).toMatch(/^127\.0\.0\.1:/);
    expect(sent).not.toHaveProperty("content-length");
    await expect(visitAt(() => {}, { headers: { "x-bad": "a\r\nb: c" } })).rejects.toMatchObject({
      code: "bad_header",
    });
  });

  test("stay on the origin: another port gets none, not even on the way back", async () => {
    await using other = await startOrigin((request, response) => {
      const back = request.url?.slice(1);
      response.writeHead(302, { location: decodeURIComponent(back ?? "") }).end();
    });
    await using home = await startOrigin((request, response) => {
      if (request.url === "/feed") response.writeHead(302, { location: "/here" }).end();
      else if (request.url === "/here")
        response.writeHead(302, { location: other.url(`/${encodeURIComponent(home.url("/back"))}`) }).end();
      else response.end("done");
    });
    expect(bodyOf(await visit({ ...secrets, url: home.url("/feed") }))).toBe("done");
    expect(home.requests.map((request) => request.headers["x-api-key"])).toEqual(["key", "key", undefined]);
    for (const { headers } of [...other.requests, ...home.requests.slice(2)]) {
      expect(headers).not.toHaveProperty("authorization");
      expect(headers).not.toHaveProperty("cookie");
      expect(headers).not.toHaveProperty("x-api-key");
    }
  });

  test("in the address are sent as credentials and shown nowhere", async () => {
    await using origin = await startTable({ "/a": [301, "/b"], "/b": [200, "end"], "/bad?token=hush": [500, ""] });
    const url = (path: string) => origin.url(path).replace("http://", "http://ann:hush%3A@") as AbsoluteUrl;
    const outcome = await visit({ url: url("/a") });
    expect(origin.requests[1]?.headers.authorization).toBe(`Basic ${Buffer.from("ann:hush:").toString("base64")}`);
    expect(JSON.stringify(outcome)).not.toContain("hush");
    expect(outcome).not.toHaveProperty("permanentUrl");
    const error = await visit({ url: url("/bad?token=hush") }).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: "http_status" });
    expect(`${error} ${JSON.stringify(error)}`).not.toContain("hush");
  });

  test("are not taken along by whoever adopts a permanent redirect to another origin", async () => {
    await using target = await startOrigin((_request, response) => response.end("x"));
    await using origin = await startTable({
      "/out": [301, target.url("/new")],
      "/in": [301, "/new"],
      "/new": [200, "x"],
    });
    const permanent = async (path: string, request: Omit<FetchRequest, "url">) =>
      (await visit({ ...request, url: origin.url(path) })).permanentUrl;
    for (const one of [{ auth: secrets.auth }, { cookies: secrets.cookies }, { headers: secrets.headers }]) {
      expect(await permanent("/out", one)).toBeUndefined();
      expect(await permanent("/in", one)).toBe(origin.url("/new"));
    }
    expect(await permanent("/out", { headers: {}, cookies: {} })).toBe(target.url("/new"));
  });

  test("a redirect cannot bring credentials of its own", async () => {
    await using target = await startOrigin((_request, response) => response.end("x"));
    await using origin = await startTable({ "/a": [302, target.url("/").replace("http://", "http://eve:evil@")] });
    const outcome = await visit({ url: origin.url("/a") });
    expect(target.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(outcome.finalUrl).toBe(target.url("/"));
  });
});

describe("connections", () => {
  test("are kept and used again for the same origin", async () => {
    await using origin = await startOrigin((request, response) => {
      const [, status = 200] = (request.url ?? "").split("/");
      response.writeHead(Number(status) || 200, { location: "/" }).end("x");
    });
    await using fetcher = startFetcher();
    for (const path of ["/", "/304", "/404", "/302", "/"]) {
      await fetcher.fetch({ url: origin.url(path), validators: { etag: '"1"' } }).catch(() => {});
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(origin.requests).toHaveLength(6);
    expect(origin.connections).toBe(1);
  });

  test("two visits at once get one each, so that neither waits for the other", async () => {
    await using origin = await startOrigin((request, response) => {
      if (request.url !== "/slow") response.end("x");
    });
    const fetcher = startFetcher();
    // One connection is kept already.
    await fetcher.fetch({ url: origin.url("/first") });
    const slow = fetcher.fetch({ url: origin.url("/slow") }).catch((error: unknown) => error);
    expect((await fetcher.fetch({ url: origin.url("/fast") })).kind).toBe("fetched");
    await fetcher[Symbol.asyncDispose]();
    expect(await slow).toMatchObject({ code: "aborted" });
  });

  test("are never shared between origins, even where two names lead to one server", async () => {
    await using origin = await startOrigin((request, response) => response.end(request.headers.host));
    const port = Number(new URL(origin.origin).port);
    await using fetcher = startFetcher({
      resolve: async () => ["93.184.215.14"],
      connect: () => openSocket({ host: "127.0.0.1", port, secure: false, addresses: ["127.0.0.1"] }),
    });
    for (const host of ["one.example", "two.example", "one.example"]) {
      expect(bodyOf(await fetcher.fetch({ url: `http://${host}/` as AbsoluteUrl }))).toBe(host);
    }
    expect(origin.connections).toBe(2);
  });

  test("that nobody accepts are connect_failed", async () => {
    const origin = await startOrigin(() => {});
    await origin[Symbol.asyncDispose]();
    await expect(visit({ url: origin.url("/") })).rejects.toMatchObject({ code: "connect_failed" });
  });

  test("end with the fetcher", async () => {
    await using origin = await startOrigin((request, response) => {
      if (request.url === "/") response.end("x");
    });
    const fetcher = startFetcher();
    await fetcher.fetch({ url: origin.url("/") });
    const pending = fetcher.fetch({ url: origin.url("/never") }).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await fetcher[Symbol.asyncDispose]();
    expect(await pending).toMatchObject({ name: "FetchError", code: "aborted" });
  });

  test("over IPv6 work by their literal address", async () => {
    await using origin = await startOrigin((_request, response) => response.end("six"), "::1");
    expect(bodyOf(await visit({ url: origin.url("/") }))).toBe("six");
  });
});

describe("the caller", () => {
  test("can give up before and during a visit", async () => {
    await using origin = await startOrigin(() => {});
    await expect(visit({ url: origin.url("/"), signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(origin.connections).toBe(0);
    const stop = new AbortController();
    const pending = visit({ url: origin.url("/"), signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await expect(pending).rejects.toMatchObject({ code: "aborted" });
  });

  test.each([
    ["not an address", "bad_url"],
    ["ftp://news.example/feed", "unsupported_scheme"],
    ["data:text/xml,<rss/>", "unsupported_scheme"],
    ["javascript:alert(1)", "unsupported_scheme"],
  ])("is told that %j cannot be visited", async (url, code) => {
    await expect(visit({ url: url as AbsoluteUrl })).rejects.toMatchObject({ name: "FetchError", code });
  });

  test("cannot raise the limits above what the service can bear", async () => {
    await using origin = await startOrigin((request, response) => {
      const left = Number(request.url?.slice(1));
      response.writeHead(302, { location: `/${left + 1}` }).end();
    });
    await using fetcher = startFetcher({ limits: { ...DEFAULT_FETCH_LIMITS, redirectsMax: 1000 } });
    await expect(fetcher.fetch({ url: origin.url("/0") })).rejects.toMatchObject({ code: "too_many_redirects" });
    expect(origin.requests).toHaveLength(21);
  });
});

describe("a proxy", () => {
  /** A proxy that notes what it is asked, forwards http to `target` and tunnels everything there too. */
  async function startProxy(target: Origin): Promise<AsyncDisposable & { url: string; heads: string[] }> {
    const heads: string[] = [];
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on("error", () => {}));
      socket.once("data", (bytes) => {
        heads.push(bytes.toString("latin1"));
        const upstream = openSocket({
          host: "127.0.0.1",
          port: Number(new URL(target.origin).port),
          secure: false,
          addresses: ["127.0.0.1"],
        });
        sockets.add(upstream.on("error", () => {}));
        if (bytes.toString("latin1").startsWith("CONNECT")) socket.write("HTTP/1.1 403 No\r\n\r\n");
        else upstream.write(bytes);
        socket.pipe(upstream).pipe(socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    return {
      url: `http://user:pass@127.0.0.1:${port}`,
      heads,
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  test("is asked with the whole address, and alone sees its credentials", async () => {
    await using target = await startOrigin((request, response) => response.end(`${request.method} ${request.url}`));
    await using proxy = await startProxy(target);
    await using fetcher = startFetcher({ resolve: async () => ["93.184.215.14"] });
    const outcome = await fetcher.fetch({ url: "http://news.example/feed?x=1" as AbsoluteUrl, proxy: proxy.url });
    expect(bodyOf(outcome)).toBe("GET http://news.example/feed?x=1");
    expect(proxy.heads[0]).toContain("GET http://news.example/feed?x=1 HTTP/1.1\r\nhost: news.example\r\n");
    expect(proxy.heads[0]).toContain(`proxy-authorization: Basic ${Buffer.from("user:pass").toString("base64")}\r\n`);
  });

  test("that opens no tunnel is connect_failed, without its credentials in the message", async () => {
    await using target = await startOrigin(() => {});
    await using proxy = await startProxy(target);
    await using fetcher = startFetcher({ resolve: async () => ["93.184.215.14"] });
    const refused = fetcher.fetch({ url: "https://news.example/" as AbsoluteUrl, proxy: proxy.url });
    await expect(refused).rejects.toMatchObject({ code: "connect_failed" });
    await expect(refused).rejects.not.toThrow(/pass/);
    expect(proxy.heads[0]).toContain("CONNECT news.example:443 HTTP/1.1");
  });

  test("of another kind is refused", async () => {
    const request = { url: "http://news.example/" as AbsoluteUrl, proxy: "socks5://127.0.0.1:1080" };
    await expect(visit(request)).rejects.toMatchObject({ code: "bad_proxy" });
  });
});
