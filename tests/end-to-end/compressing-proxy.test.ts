import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createServer, type WebServer } from "../../src/serve/server.ts";
import { addFeed, createFakeWire } from "../support/fake-wire.ts";
import { ask } from "../support/http-client.ts";

const NGINX = "/usr/sbin/nginx";
const isThere = existsSync(NGINX);
if (!isThere)
  console.warn(`compressing-proxy.test.ts is skipped: there is no ${NGINX} (Debian: apt-get install nginx-light)`);

let folder: string;
let server: WebServer;
let proxy: ChildProcess;
let origin: string;

async function freePort(): Promise<number> {
  const taken = http.createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  // A listening TCP server has an AddressInfo.
  const { port } = taken.address() as AddressInfo;
  taken.close();
  await once(taken, "close");
  return port;
}

/** nginx that compresses by itself: it asks us for no coding, and weakens the tag of what it compressed. */
async function startProxy(upstream: string): Promise<string> {
  const port = await freePort();
  folder = mkdtempSync(path.join(tmpdir(), "storywire-proxy-"));
  writeFileSync(
    path.join(folder, "nginx.conf"),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr error; events {}
http { access_log off; gzip on; gzip_proxied any; gzip_min_length 1; gzip_types application/rss+xml;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen 127.0.0.1:${port};
    location / { proxy_pass ${upstream}; proxy_set_header Accept-Encoding ""; }
    location /passing/ { proxy_pass ${upstream}/; } } }`,
  );
  proxy = spawn(NGINX, ["-p", folder, "-c", `${folder}/nginx.conf`], { stdio: ["ignore", "ignore", "pipe"] });
  const address = `http://127.0.0.1:${port}`;
  await vi.waitFor(async () => expect((await ask(address, "/healthz")).status).toBe(200), { timeout: 10_000 });
  return address;
}

beforeAll(async () => {
  if (!isThere) return;
  const wire = createFakeWire();
  addFeed(wire, "top");
  server = createServer(wire, { log: console, closeGraceMs: 500 });
  origin = await startProxy((await server.listen({ host: "127.0.0.1", port: 0 })).url);
});

afterAll(async () => {
  if (!isThere) return;
  proxy.kill();
  await once(proxy, "exit");
  await server.close();
  rmSync(folder, { recursive: true });
});

describe.skipIf(!isThere)("behind nginx", () => {
  test("that compresses and weakens the tag, a client that speaks gzip still gets its 304", async () => {
    const headers = { "Accept-Encoding": "gzip" };
    const first = await ask(origin, "/feeds/top.rss", { headers });
    expect(first.headers["content-encoding"]).toBe("gzip");
    expect(first.headers.etag).toMatch(/^W\//);
    expect(gunzipSync(first.body).toString()).toContain("rss document of top");
    const again = await ask(origin, "/feeds/top.rss", {
      headers: { ...headers, "If-None-Match": String(first.headers.etag) },
    });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  test("that passes Accept-Encoding on, our own bytes and strong tag come through", async () => {
    const headers = { "Accept-Encoding": "gzip" };
    const first = await ask(origin, "/passing/feeds/top.rss", { headers });
    expect([first.headers["content-encoding"], first.headers.etag]).toEqual(["gzip", '"r1.rss.gz"']);
    const again = await ask(origin, "/passing/feeds/top.rss", {
      headers: { ...headers, "If-None-Match": '"r1.rss.gz"' },
    });
    expect(again.status).toBe(304);
  });
});
