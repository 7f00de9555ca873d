import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  addFeed,
  createFakeWire,
  entryOf,
  type FakeWire,
  MORNING,
  slugOf,
  snapshotOf,
  storyOf,
} from "../../tests/support/fake-wire.ts";
import { ask, exchange } from "../../tests/support/http-client.ts";
import { StoreError } from "../errors.ts";
import { createServer, type ServerOptions, type WebServer } from "./server.ts";

const STORY = "k7m2qd5xw3ztb4nfyhc6pja2ue";
const CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

let wire: FakeWire;
let server: WebServer;
let origin: string;
let port: number;
let logged: { fields: object; message: string }[];

async function start(options: Partial<ServerOptions> = {}): Promise<void> {
  const record = (fields: object, message: string) => logged.push({ fields, message });
  server = createServer(wire, { log: { warn: record, error: record }, closeGraceMs: 2000, ...options });
  ({ url: origin, port } = await server.listen({ host: "127.0.0.1", port: 0 }));
}

beforeEach(async () => {
  logged = [];
  wire = createFakeWire();
  addFeed(wire, "top", { title: "Top stories", description: "What matters at the quay" }, [entryOf(storyOf(STORY))]);
  await start();
});

afterEach(() => server.close());

const get = (path: string, headers: Record<string, string> = {}) => ask(origin, path, { headers });

function problemIn(text: string): Record<string, unknown> {
  return JSON.parse(text.slice(text.indexOf("{")));
}

describe("documents", () => {
  test.each([
    ["rss", "application/rss+xml; charset=utf-8"],
    ["atom", "application/atom+xml; charset=utf-8"],
    ["json", "application/feed+json; charset=utf-8"],
  ])("answers .%s with its media type, validators, cache rules, self link and CORS", async (format, mediaType) => {
    const answer = await get(`/feeds/top.${format}`);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(`${format} document of top`);
    expect(answer.headers).toMatchObject({
      "content-type": mediaType,
      "content-length": String(answer.body.length),
      etag: expect.stringMatching(/^"[^"]+"$/),
      "last-modified": new Date(MORNING).toUTCString(),
      "cache-control": "public, max-age=600, stale-while-revalidate=300, stale-if-error=604800",
      vary: "Accept-Encoding",
      link: `<https://wire.example/feeds/top.${format}>; rel="self"; type="${mediaType.split(";")[0]}"`,
      "access-control-allow-origin": "*",
      "x-content-type-options": "nosniff",
    });
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  test("sends gzip and zstd to whoever asks, each with a tag of its own", async () => {
    const [identity, gzip, zstd] = await Promise.all([
      get("/feeds/top.rss"),
      get("/feeds/top.rss", { "Accept-Encoding": "gzip, br" }),
      get("/feeds/top.rss", { "Accept-Encoding": "zstd" }),
    ]);
    expect(gzip.headers["content-encoding"]).toBe("gzip");
    expect(zstd.headers["content-encoding"]).toBe("zstd");
    expect(gunzipSync(gzip.body).equals(identity.body)).toBe(true);
    expect(zstdDecompressSync(zstd.body).equals(identity.body)).toBe(true);
    expect(new Set([identity, gzip, zstd].map(({ headers }) => headers.etag)).size).toBe(3);
  });

  test("answers 304 with the same validators and no body to whoever has it, in each coding", async () => {
    for (const coding of ["identity", "gzip", "zstd"]) {
      const first = await get("/feeds/top.atom", { "Accept-Encoding": coding });
      const again = await get("/feeds/top.atom", {
        "Accept-Encoding": coding,
        "If-None-Match": String(first.headers.etag),
      });
      expect(again.status).toBe(304);
      expect(again.body).toHaveLength(0);
      for (const name of ["etag", "cache-control", "vary", "last-modified", "access-control-allow-origin"]) {
        expect(again.headers[name]).toBe(first.headers[name]);
      }
      expect(again.headers["content-length"]).toBeUndefined();
      expect(again.headers["content-type"]).toBeUndefined();
    }
    const dated = await get("/feeds/top.atom", { "If-Modified-Since": new Date(MORNING).toUTCString() });
    expect(dated.status).toBe(304);
  });

  test("changes the tag with the document, so that a reader sees it at once", async () => {
    const first = await get("/feeds/top.rss");
    wire.ready.set("top.rss", snapshotOf("top", "rss", "a new document", "r2", MORNING + 1000));
    const second = await get("/feeds/top.rss", { "If-None-Match": String(first.headers.etag) });
    expect([second.status, second.text]).toEqual([200, "a new document"]);
    expect(second.headers["last-modified"]).toBe(new Date(MORNING + 1000).toUTCString());
  });

  test("answers HEAD with the headers of GET and nothing else", async () => {
    for (const path of ["/feeds/top.rss", "/feeds/top", "/feeds/top.html", "/", "/opml.xml", "/readyz", "/nowhere"]) {
      const [read, head] = await Promise.all([get(path), ask(origin, path, { method: "HEAD" })]);
      const { date: _, ...wanted } = read.headers;
      expect(head.status).toBe(read.status);
      expect(head.body).toHaveLength(0);
      expect(head.headers).toMatchObject(wanted);
    }
  });

  test("answers the same whether the document was ready or had to be found", async () => {
    const ready = await get("/feeds/top.json");
    wire.rendered.set("top.json", snapshotOf("top", "json", ready.text));
    wire.ready.delete("top.json");
    const found = await get("/feeds/top.json");
    const { date: _, ...wanted } = ready.headers;
    expect(found.headers).toMatchObject(wanted);
    expect(Object.keys(found.headers).sort()).toEqual(Object.keys(ready.headers).sort());
    expect(found.text).toBe(ready.text);
  });

  test("ignores a query that it does not know", async () => {
    const answer = await get("/feeds/top.rss?utm_source=x&a[b]=c&__proto__=1");
    expect([answer.status, answer.headers.etag]).toEqual([200, (await get("/feeds/top.rss")).headers.etag]);
  });

  test.each([
    [0, 0],
    [-5000, 0],
    [1999, 1],
    [Number.POSITIVE_INFINITY, 86_400],
  ])("with the next poll in %d ms may be kept for %d s", async (freshMs, seconds) => {
    wire.freshMs = freshMs;
    expect((await get("/feeds/top.rss")).headers["cache-control"]).toMatch(new RegExp(`^public, max-age=${seconds},`));
  });

  test("answers 406 where every coding is refused, and 412 where another document is wanted", async () => {
    const refused = await get("/feeds/top.rss", { "Accept-Encoding": "*;q=0" });
    expect([refused.status, problemIn(refused.text).code]).toEqual([406, "no_acceptable_coding"]);
    const other = await get("/feeds/top.rss", { "If-Match": '"old"' });
    expect([other.status, problemIn(other.text).code]).toEqual([412, "precondition_failed"]);
  });
});

describe("names of feeds", () => {
  test("unknown ones are 404, deleted ones 410, unfinished ones 503 with a time to come back", async () => {
    wire.lookups.set("old-news", { kind: "gone" });
    wire.lookups.set("fresh", { kind: "found" });
    for (const suffix of [".rss", ".atom", ".json", ".html", ""]) {
      const [unknown, gone, fresh] = await Promise.all(
        ["nobody", "old-news", "fresh"].map((slug) => get(`/feeds/${slug}${suffix}`)),
      );
      expect([unknown, gone, fresh].map((answer) => answer?.status)).toEqual([404, 410, 503]);
      for (const answer of [unknown, gone, fresh]) {
        expect(answer?.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
        expect(answer?.headers["cache-control"]).toBe("no-store");
      }
      expect(fresh?.headers["retry-after"]).toMatch(/^\d+$/);
    }
  });

  test("former ones are 301 to the same format of the new one, whatever host was asked", async () => {
    wire.lookups.set("headlines", { kind: "moved", to: slugOf("top") });
    for (const suffix of [".rss", ".atom", ".json", ".html", ""]) {
      const answer = await get(`/feeds/headlines${suffix}?x=%0d%0aSet-Cookie:a`, { Host: "evil.example" });
      expect([answer.status, answer.headers.location]).toEqual([301, `/feeds/top${suffix}`]);
    }
  });

  test.each([
    "/feeds/top.exe",
    "/feeds/top.rss.bak",
    "/feeds/.rss",
    "/feeds/",
    "/feeds",
    "/feeds/top.rss/",
    "/feeds/TOP.rss",
    "/feeds/__proto__.rss",
    "/feeds/top.rss%00",
  ])("%s is nothing", async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});

describe("negotiation at /feeds/:slug", () => {
  test.each([
    [CHROME, "text/html; charset=utf-8", "/feeds/top.html"],
    ["*/*", "application/rss+xml; charset=utf-8", "/feeds/top.rss"],
    ["application/atom+xml, application/rss+xml;q=0.9", "application/atom+xml; charset=utf-8", "/feeds/top.atom"],
    ["application/feed+json", "application/feed+json; charset=utf-8", "/feeds/top.json"],
  ])("answers Accept: %s with %s", async (accept, mediaType, location) => {
    const answer = await get("/feeds/top", { Accept: accept });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      "content-type": mediaType,
      "content-location": location,
      vary: "Accept, Accept-Encoding",
    });
    const again = await get("/feeds/top", { Accept: accept, "If-None-Match": String(answer.headers.etag) });
    expect([again.status, again.headers.vary]).toEqual([304, "Accept, Accept-Encoding"]);
  });

  test("never gives two formats one tag, and refuses what it cannot be", async () => {
    const tags = await Promise.all(
      ["application/rss+xml", "application/atom+xml", "application/feed+json", "text/html"].map(
        async (accept) => (await get("/feeds/top", { Accept: accept })).headers.etag,
      ),
    );
    expect(new Set(tags).size).toBe(4);
    expect((await get("/feeds/top", { Accept: "image/png" })).status).toBe(406);
  });
});

describe("methods", () => {
  test("all but GET, HEAD and OPTIONS are 405 with Allow, for every address there is", async () => {
    for (const path of [
      "/",
      "/feeds/top.rss",
      "/feeds/top",
      "/feeds/nobody.rss",
      "/stories/x",
      "/opml.xml",
      "/healthz",
      "/readyz",
    ]) {
      for (const method of ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "M-SEARCH"]) {
        const answer = await ask(origin, path, { method });
        expect([method, path, answer.status, answer.headers.allow]).toEqual([method, path, 405, "GET, HEAD, OPTIONS"]);
        expect(problemIn(answer.text).code).toBe("method_not_allowed");
      }
    }
  });

  test("OPTIONS tells them, and lets scripts of other sites send validators", async () => {
    const answer = await ask(origin, "/feeds/top.rss", {
      method: "OPTIONS",
      headers: { Origin: "https://reader.example", "Access-Control-Request-Headers": "if-none-match" },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      allow: "GET, HEAD, OPTIONS",
      "access-control-allow-origin": "*",
      "access-control-allow-headers": expect.stringContaining("If-None-Match"),
    });
    expect((await ask(origin, "*", { method: "OPTIONS" })).status).toBe(204);
  });

  test("CONNECT is 405, a method nobody knows 501", async () => {
    expect(await exchange(port, "CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n")).toMatch(
      /^HTTP\/1.1 405 [\s\S]*Allow: GET/,
    );
    expect(await exchange(port, "BREW /feeds/top.rss HTTP/1.1\r\nHost: a\r\n\r\n")).toMatch(/^HTTP\/1.1 501 /);
  });

  test("a body that nobody reads ends the connection, so that it is never taken for a request", async () => {
    const smuggled = "GET /feeds/top.rss HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const path of ["/feeds/top.rss", "/"]) {
      const received = await exchange(
        port,
        `GET ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      );
      expect(received).toMatch(/^HTTP\/1.1 200 [\s\S]*Connection: close/);
      expect(received.split("HTTP/1.1 200").length).toBe(2);
    }
  });
});

describe("pages and lists", () => {
  test("the catalogue offers every feed in every format to discovery", async () => {
    addFeed(wire, "sport", { title: `Sport & "games" <now>` });
    const { text, headers } = await get("/");
    for (const slug of ["top", "sport"]) {
      for (const format of ["rss", "atom", "json"])
        expect(text).toContain(`href="https://wire.example/feeds/${slug}.${format}"`);
    }
    expect(text.match(/<link rel="alternate"/g)).toHaveLength(6);
    expect(text).toContain("Sport &amp; &quot;games&quot; &lt;now&gt;");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["content-security-policy"]).not.toContain("unsafe");
    expect(headers["set-cookie"]).toBeUndefined();
  });

  test("pages and lists are not sent again to whoever has them", async () => {
    for (const path of ["/", "/feeds/top.html", `/stories/${STORY}`, `/stories/${STORY}.json`, "/opml.xml"]) {
      const first = await get(path, { "Accept-Encoding": "gzip" });
      const again = await get(path, { "Accept-Encoding": "gzip", "If-None-Match": String(first.headers.etag) });
      expect([path, first.status, again.status, again.headers.etag]).toEqual([path, 200, 304, first.headers.etag]);
    }
  });

  test("a page loads nothing but its own assets, which may be kept for ever", async () => {
    const { text } = await get("/feeds/top.html");
    const assets = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
    expect(assets).toHaveLength(3);
    for (const path of assets) {
      const asset = await get(path);
      expect([asset.status, asset.headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
    }
    expect(text).not.toMatch(/<script(?! src=)|<style|\son\w+=|javascript:/);
    expect((await get("/assets/style.css")).status).toBe(404);
    expect((await get("/assets/..%2f..%2fserver.ts")).status).toBe(404);
  });

  test("a story has a page and a record; what is no id has neither", async () => {
    const page = await get(`/stories/${STORY}`);
    expect(page.text).toContain("Ferry returns to the old quay");
    const record = await get(`/stories/${STORY}.json`);
    expect(record.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(JSON.parse(record.text)).toEqual({ id: STORY, title: "Ferry returns to the old quay" });
    for (const id of ["nobody", "..%2f..%2fetc%2fpasswd", "a".repeat(500), "constructor", `${STORY}.xml`]) {
      expect((await get(`/stories/${id}`)).status).toBe(404);
    }
  });

  test("the OPML holds every feed and no way to break out of it", async () => {
    addFeed(wire, "odd", { title: `"/><outline xmlUrl="javascript:1` });
    const { text, headers } = await get("/opml.xml");
    expect(headers["content-type"]).toBe("text/x-opml; charset=utf-8");
    expect(text.match(/<outline /g)).toHaveLength(2);
    expect(text).toContain('xmlUrl="https://wire.example/feeds/odd.rss"');
    expect(text).toContain("&quot;/&gt;&lt;outline");
  });

  test("health says in its status how things are, and in its body why", async () => {
    expect((await get("/healthz")).status).toBe(200);
    expect(JSON.parse((await get("/readyz")).text)).toMatchObject({ sources: { ok: 1 } });
    wire.healthNow = { live: true, ready: false, details: { reason: "first round is under way" } };
    expect((await get("/healthz")).status).toBe(200);
    const ready = await get("/readyz");
    expect([ready.status, ready.headers["cache-control"]]).toEqual([503, "no-store"]);
    expect(JSON.parse(ready.text)).toMatchObject({ reason: "first round is under way" });
    wire.healthNow = { live: false, ready: true, details: {} };
    expect([(await get("/healthz")).status, (await get("/readyz")).status]).toEqual([503, 503]);
  });
});

describe("addresses", () => {
  test("come from the configured base URL alone, path and all", async () => {
    await server.close();
    wire = createFakeWire({ baseUrl: "https://news.example/wire/" });
    addFeed(wire, "top", {}, [entryOf(storyOf(STORY))]);
    await start();
    const forged = {
      Host: "evil.example",
      "X-Forwarded-Host": "evil.example",
      "X-Forwarded-Proto": "gopher",
      Forwarded: "host=evil.example",
      "X-Original-URL": "/evil",
      "X-Forwarded-Prefix": "/evil",
    };
    for (const path of [
      "/",
      "/feeds/top.rss",
      "/feeds/top",
      "/feeds/top.html",
      `/stories/${STORY}`,
      "/opml.xml",
      "/feeds/nobody",
    ]) {
      const plain = await get(path);
      const answer = await get(path, forged);
      expect(answer.text).toBe(plain.text);
      expect(`${answer.text}${JSON.stringify(answer.headers)}`).not.toMatch(/evil|gopher/);
    }
    expect((await get("/")).text).toContain('href="https://news.example/wire/feeds/top.rss"');
    expect((await get("/")).text).toContain('href="/wire/feeds/top.html"');
  });

  test("that are malformed or reach for files are refused without a stumble", async () => {
    for (const [path, status] of [
      ["/feeds/%ff.rss", 400],
      ["/stories/%", 400],
      ["/../../../etc/passwd", 404],
      ["/feeds/../../etc/passwd", 404],
      ["/feeds/..%2f..%2fetc%2fpasswd", 404],
      ["//evil.example/feeds/top.rss", 404],
      ["/feeds/top.rss/../../x", 404],
      ["/.env", 404],
    ] as const) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    }
  });

  test("that are too long are 414, header fields that are too large 431", async () => {
    const long = await get(`/feeds/top.rss?q=${"x".repeat(9000)}`);
    expect([long.status, problemIn(long.text).code]).toEqual([414, "address_too_long"]);
    const longer = await exchange(port, `GET /feeds/top.rss?q=${"x".repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(longer).toMatch(/^HTTP\/1.1 414 URI Too Long\r\n[\s\S]*"address_too_long"/);
    const large = await exchange(port, `GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${"x".repeat(100_000)}\r\n\r\n`);
    expect(large).toMatch(/^HTTP\/1.1 431 [\s\S]*"headers_too_large"/);
  });

  test("in absolute form are answered as their path", async () => {
    const received = await exchange(
      port,
      "GET http://evil.example/feeds/top.rss HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    );
    expect(received).toMatch(/^HTTP\/1.1 200 [\s\S]*rss document of top/);
    expect(received).not.toContain("evil");
  });
});

describe("proxies", () => {
  let asked = 0;

  /** Statuses of a flood of ever new documents that a proxy passes on, told as coming from `clients` in turn. */
  async function flood(clients: readonly string[]): Promise<ReadonlySet<number>> {
    const statuses = new Set<number>();
    for (let number = 0; number < 120; number += 1) {
      const path = `/feeds/top.rss?limit=${(asked += 1)}`;
      wire.requested.set(path, snapshotOf("top", "rss", `document ${number}`));
      statuses.add((await get(path, { "X-Forwarded-For": clients[number % clients.length] ?? "" })).status);
    }
    return statuses;
  }

  test("that nobody trusts cannot make one client look like many", async () => {
    expect(await flood(["198.51.100.1", "198.51.100.2"])).toEqual(new Set([200, 429]));
  });

  test("that are trusted tell whom a flood comes from, so that others are not refused for it", async () => {
    await server.close();
    await start({ trustProxy: ["127.0.0.0/8"] });
    expect(await flood(["198.51.100.1", "198.51.100.2"])).toEqual(new Set([200]));
    expect(await flood(["192.0.2.7", "made-up, 192.0.2.7"])).toEqual(new Set([200, 429]));
  });
});

describe("broken requests", () => {
  test.each([
    ["no request at all", "hello\r\n\r\n", 400],
    ["TLS on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400],
    ["a folded line", "GET / HTTP/1.1\r\nHost: a\r\n X: b\r\nContent-Length : 3\r\n\r\n", 400],
    ["no Host", "GET /feeds/top.rss HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
    ["two Hosts", "GET /feeds/top.rss HTTP/1.1\r\nHost: a\r\nhost: b\r\nConnection: close\r\n\r\n", 400],
    ["an obscured coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501],
    ["an address without a host", "GET http:// HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400],
    ["an address that is a query", "GET http://?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 400],
    ["lines that end half", "GET /feeds/top.rss HTTP/1.1\nHost: a\n\n", 400],
    ["no version", "GET /feeds/top.rss\r\nHost: a\r\n\r\n", 505],
    ["an odd version", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505],
    ["the start of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ])("%s: a problem document with the status it deserves", async (_what, bytes, status) => {
    const received = await exchange(port, bytes);
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*application/problem\\+json`));
    expect(problemIn(received).status).toBe(status);
    expect((await get("/feeds/top.rss")).status).toBe(200);
  });

  test("behind one that is sound leave its answer whole, and are answered by the end of the connection", async () => {
    const sound = "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const bytes of [
      `${sound}nonsense\r\n\r\n`,
      sound.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"),
    ]) {
      const received = await exchange(port, bytes);
      expect(received).toMatch(/^HTTP\/1.1 404 /);
      expect(received.split("HTTP/1.1 ")).toHaveLength(2);
      expect(problemIn(received).code).toBe("not_found");
    }
  });

  test("HTTP/1.0 needs no Host", async () => {
    expect(await exchange(port, "GET /feeds/top.rss HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 200 [\s\S]*rss document/);
  });

  test("an expectation that nobody can meet is 417", async () => {
    const answer = await get("/feeds/top.rss", { Expect: "the-impossible" });
    expect([answer.status, problemIn(answer.text).code]).toEqual([417, "unknown_expectation"]);
  });

  test("a reader who takes nothing is hung up on, so that its answer does not wait for ever", async () => {
    await server.close();
    await start({ stalledTimeoutMs: 100 });
    wire.ready.set("top.rss", snapshotOf("top", "rss", "x".repeat(20_000_000)));
    const socket = net.connect(port, "127.0.0.1", () => socket.write("GET /feeds/top.rss HTTP/1.1\r\nHost: a\r\n\r\n"));
    const [connection] = await once(server.http, "connection");
    socket.on("error", () => {});
    await once(connection, "close");
    socket.destroy();
  });

  test("a half-sent request is told off after its time, and blocks nobody meanwhile", async () => {
    await server.close();
    await start({ headersTimeoutMs: 100, requestTimeoutMs: 200, checkIntervalMs: 20 });
    const half = Promise.all(
      Array.from({ length: 50 }, () => exchange(port, "GET /feeds/top.rss HTTP/1.1\r\nHost: a\r\nX-Slow:")),
    );
    const halfBody = exchange(port, "POST /feeds/top.rss HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
    expect((await get("/feeds/top.rss")).status).toBe(200);
    for (const received of await half) expect(received).toMatch(/^HTTP\/1.1 408 [\s\S]*"request_timeout"/);
    expect(await halfBody).toMatch(/^HTTP\/1.1 405 /);
  });
});

describe("any request at all", () => {
  // What a header value or a request target may hold once it got through the parser of HTTP.
  const value = fc.string({
    unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 0x20 : code)),
  });
  const near = fc.constantFrom(
    '"r1.rss"',
    'W/"r1.rss-gzip"',
    "*",
    "gzip;q=0",
    "*/*;q=0",
    "text/html",
    "Mon, 09 Mar 2026 08:30:00 GMT",
    "bytes=0-1",
  );
  const header = fc.array(fc.oneof(value, near), { maxLength: 5 }).map((members) => members.join(","));
  const names = [
    "If-None-Match",
    "If-Match",
    "If-Modified-Since",
    "If-Unmodified-Since",
    "Accept",
    "Accept-Encoding",
    "Range",
    "Cookie",
  ];
  const headers = fc.dictionary(fc.constantFrom(...names), header, { maxKeys: 4 });
  const piece = fc.oneof(
    fc.stringMatching(/^[!-~]{0,8}$/),
    fc.constantFrom("feeds/top", ".rss", ".html", "stories/", "%", "%00", "%2e", "..", "//", "?", "#", "assets/", ";"),
  );
  const target = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join("")}`);

  test("gets an answer that is no failure of ours, and a problem document where it is a fault of theirs", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("GET", "HEAD"),
        fc.oneof(target, fc.constant("/feeds/top.rss")),
        headers,
        async (method, path, fields) => {
          const answer = await ask(origin, path, { method, headers: fields });
          expect(answer.status).toBeLessThan(500);
          expect([200, 301, 304, 400, 404, 406, 412, 414]).toContain(answer.status);
          const isPage = answer.headers["content-type"] === "text/html; charset=utf-8";
          if (answer.status >= 400 && !isPage) {
            expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(logged).toEqual([]);
  });

  test("that is made of any bytes is answered or hung up on, and the next one is served", async () => {
    const line = fc.oneof(
      value,
      fc.constantFrom(
        "GET / HTTP/1.1",
        "Host: a",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        "0",
        "",
        "Connection: close",
      ),
    );
    const bytes = fc.array(line, { maxLength: 6 }).map((lines) => `${lines.join("\r\n")}\r\n\r\n`);
    await fc.assert(
      fc.asyncProperty(bytes, async (text) => {
        expect(await exchange(port, text, { isEnded: true })).toMatch(/^(?:HTTP\/1\.1 [2345]\d\d |$)/);
      }),
      { numRuns: 200 },
    );
    expect((await get("/feeds/top.rss")).status).toBe(200);
  });
});

describe("failures", () => {
  test("of the store are 503, of anything else 500; their text is logged and never told", async () => {
    wire.findStory = async () => {
      throw new StoreError("Cannot open /var/lib/secret.db", { code: "database_locked" });
    };
    wire.listFeeds = async () => {
      throw new TypeError("secret is undefined");
    };
    wire.readySnapshot = () => {
      throw new RangeError("secret out of range");
    };
    const answers = await Promise.all([get(`/stories/${STORY}`), get("/"), get("/feeds/top.rss")]);
    expect(answers.map(({ status }) => status)).toEqual([503, 500, 500]);
    expect(answers[0]?.headers["retry-after"]).toBe("10");
    for (const { text, headers } of answers) {
      expect(text).not.toContain("secret");
      expect(headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    }
    expect(logged).toHaveLength(3);
    expect(logged.map(({ fields }) => String(Object.values(fields)[0]))).toContain("TypeError: secret is undefined");
  });

  test("are pages for people, as strict as all pages", async () => {
    const answer = await get("/feeds/nobody", { Accept: CHROME });
    expect(answer.status).toBe(404);
    expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
    expect(answer.text).toContain("There is no such feed");
  });
});

describe("closing", () => {
  test("gives the answers under way, then closes every connection, silent and half-sent ones too", async () => {
    let finish = (_page: null) => {};
    const asked = new Promise<void>((resolve) => {
      wire.findFeedPage = () => {
        resolve();
        return new Promise((answer) => {
          finish = answer;
        });
      };
    });
    const agent = new http.Agent({ keepAlive: true });
    const idle = http.get(`${origin}/feeds/top.rss`, { agent });
    const [response] = await once(idle, "response");
    await response.resume().toArray();
    const silent = exchange(port, "");
    const half = exchange(port, "GET /feeds/top.rss HT");
    const underWay = get("/feeds/top.html");
    await asked;

    const closed = server.close();
    await Promise.all([silent, half]);
    await expect(get("/feeds/top.rss")).rejects.toThrow("ECONNREFUSED");
    finish(null);
    expect((await underWay).status).toBe(503);
    await closed;
    agent.destroy();
  });

  test("does not wait for a connection to go stale that was busy when it began", async () => {
    let finish = (_page: null) => {};
    const asked = new Promise<void>((resolve) => {
      wire.findFeedPage = () => {
        resolve();
        return new Promise((answer) => {
          finish = answer;
        });
      };
    });
    await server.close();
    await start({ closeGraceMs: 3_600_000 });
    const answered = exchange(port, "GET /feeds/top.html HTTP/1.1\r\nHost: a\r\n\r\n");
    await asked;
    const closed = server.close();
    finish(null);
    expect(await answered).toMatch(/^HTTP\/1.1 503 /);
    await closed;
  });

  test("does not wait for ever for an answer that never comes", async () => {
    wire.findFeedPage = () => new Promise(() => {});
    await server.close();
    await start({ closeGraceMs: 100 });
    const asked = exchange(port, "GET /feeds/top.html HTTP/1.1\r\nHost: a\r\n\r\n");
    await exchange(port, "GET /feeds/top.rss HTTP/1.0\r\n\r\n");
    await server.close();
    expect(await asked).toBe("");
  });

  test("a port that is taken is an error, not a crash", async () => {
    const second = createServer(wire, { log: { warn: () => {}, error: () => {} } });
    await expect(second.listen({ host: "127.0.0.1", port })).rejects.toThrow("EADDRINUSE");
  });

  test("a reader who goes away in the middle disturbs nobody", async () => {
    wire.ready.set("top.rss", snapshotOf("top", "rss", "x".repeat(5_000_000)));
    const socket = net.connect(port, "127.0.0.1", () => socket.write("GET /feeds/top.rss HTTP/1.1\r\nHost: a\r\n\r\n"));
    await once(socket, "data");
    socket.resetAndDestroy();
    expect((await get("/feeds/top.atom")).status).toBe(200);
    expect(logged).toEqual([]);
  });
});
