import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { startOrigin } from "../../tests/support/origin.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import { type ConnectTarget, type OpenSocket, openSocket } from "./connect.ts";
import { createFetcher, DEFAULT_FETCH_LIMITS, type Fetcher } from "./fetch.ts";

interface WatchOptions {
  readonly allow?: readonly string[];
  readonly open?: OpenSocket;
  readonly connectMs?: number;
}

interface Watched {
  readonly fetcher: Fetcher;
  /** Every connection that would have been opened. */
  readonly attempts: ConnectTarget[];
  readonly lookups: string[];
}

/**
 * A fetcher whose look-ups are answered from a list, in turn, and whose connections are only noted: no socket is
 * opened, nothing leaves the machine. `open` plays the servers where a test needs one.
 */
function watch(answers: Readonly<Record<string, string[][]>>, options: WatchOptions = {}): Watched {
  const { allow = [], open = refuseAll, connectMs = 10_000 } = options;
  const attempts: ConnectTarget[] = [];
  const lookups: string[] = [];
  const fetcher = createFetcher({
    limits: { ...DEFAULT_FETCH_LIMITS, connectMs },
    userAgent: "Storywire/test",
    allowAddresses: allow,
    filesRoot: ".",
    now: () => 0,
    resolve: async (host) => {
      lookups.push(host);
      const turns = answers[host] ?? [];
      return (turns.length > 1 ? turns.shift() : turns[0]) ?? [];
    },
    connect: (target) => {
      attempts.push(target);
      return open(target);
    },
  });
  return { fetcher, attempts, lookups };
}

function refuseAll(): Socket {
  return new Socket().destroy(Object.assign(new Error("nobody there"), { code: "ECONNREFUSED" }));
}

/** Literal addresses as they may be written in a URL. */
const SPELLINGS = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "2130706433",
  "017700000001",
  "0x7f000001",
  "0x7f.0.0.1",
  "0177.0.0.1",
  "127.0.0.1.",
  "127%2e0%2e0%2e1",
  "①②⑦.⓪.⓪.①",
  "127。0。0。1",
  "0",
  "0.0.0.0",
  "10.0.0.1",
  "167772161",
  "169.254.169.254",
  "2852039166",
  "0xa9.0xfe.0xa9.0xfe",
  "192.168.0.1",
  "100.64.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "[::1]",
  "[::]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::127.0.0.1]",
  "[64:ff9b::127.0.0.1]",
  "[2002:7f00:1::]",
  "[fe80::1]",
  "[fd00::1]",
  "[ff02::1]",
  "[::ffff:169.254.169.254]",
];

describe("the address guard", () => {
  test.each(SPELLINGS)("refuses http://%s/ before a connection is made", async (host) => {
    const { fetcher, attempts, lookups } = watch({});
    await expect(fetcher.fetch({ url: `http://${host}/feed` as AbsoluteUrl })).rejects.toMatchObject({
      code: "refused_address",
    });
    await expect(fetcher.fetch({ url: `https://${host}:8443/feed` as AbsoluteUrl })).rejects.toMatchObject({
      code: "refused_address",
    });
    expect(attempts).toEqual([]);
    expect(lookups).toEqual([]);
  });

  test.each(SPELLINGS)("refuses a redirect to http://%s/", async (host) => {
    await using server = await startOrigin((_request, response) => {
      response.writeHead(302, { location: Buffer.from(`http://${host}/x`).toString("latin1") }).end();
    });
    const toServer = () =>
      openSocket({ host: "127.0.0.1", port: portOf(server.origin), secure: false, addresses: ["127.0.0.1"] });
    const { fetcher, attempts } = watch({ "news.example": [["93.184.215.14"]] }, { open: toServer });
    await expect(fetcher.fetch({ url: "http://news.example/" as AbsoluteUrl })).rejects.toMatchObject({
      code: "refused_address",
    });
    expect(attempts.map((attempt) => attempt.host)).toEqual(["news.example"]);
  });

  test("refuses a name that resolves to a private address, and says which", async () => {
    const { fetcher, attempts } = watch({ "inside.example": [["10.1.2.3", "fd00::5"]] });
    const refused = fetcher.fetch({ url: "https://inside.example/feed?token=hush" as AbsoluteUrl });
    await expect(refused).rejects.toThrow(/10\.1\.2\.3 \(private\), fd00::5 \(unique-local\)/);
    await expect(refused).rejects.not.toThrow(/hush/);
    expect(attempts).toEqual([]);
  });

  test("connects to nothing but the judged addresses when a name has several", async () => {
    const { fetcher, attempts } = watch({
      "mixed.example": [["127.0.0.1", "93.184.215.14", "::ffff:10.0.0.1", "2606:2800::1"]],
    });
    await expect(fetcher.fetch({ url: "http://mixed.example/" as AbsoluteUrl })).rejects.toMatchObject({
      code: "connect_failed",
    });
    expect(attempts.map(({ addresses }) => addresses)).toEqual([["93.184.215.14", "2606:2800::1"]]);
  });

  test("judges every connection anew: a name that answers differently the second time is caught", async () => {
    const { fetcher, attempts } = watch({ "rebind.example": [["93.184.215.14"], ["127.0.0.1"]] });
    const url = "http://rebind.example/" as AbsoluteUrl;
    await expect(fetcher.fetch({ url })).rejects.toMatchObject({ code: "connect_failed" });
    await expect(fetcher.fetch({ url })).rejects.toMatchObject({ code: "refused_address" });
    expect(attempts).toHaveLength(1);
    expect(attempts[0]?.addresses).toEqual(["93.184.215.14"]);
  });

  test("a name without an address is dns_failed, and so is one whose look-up fails", async () => {
    const { fetcher } = watch({ "none.example": [[]] });
    await expect(fetcher.fetch({ url: "http://none.example/" as AbsoluteUrl })).rejects.toMatchObject({
      code: "dns_failed",
    });
    await using failing = createFetcher({
      limits: DEFAULT_FETCH_LIMITS,
      userAgent: "Storywire/test",
      allowAddresses: [],
      filesRoot: ".",
      now: () => 0,
      resolve: () => Promise.reject(Object.assign(new Error("no such host"), { code: "ENOTFOUND" })),
    });
    await expect(failing.fetch({ url: "http://gone.example/" as AbsoluteUrl })).rejects.toMatchObject({
      code: "dns_failed",
    });
  });

  test("a look-up that never ends is given up, and asked once for all who wait", async () => {
    let asked = 0;
    await using fetcher = createFetcher({
      limits: { ...DEFAULT_FETCH_LIMITS, connectMs: 20 },
      userAgent: "Storywire/test",
      allowAddresses: [],
      filesRoot: ".",
      now: () => 0,
      resolve: () => {
        asked += 1;
        return new Promise(() => {});
      },
    });
    const url = "http://hangs.example/" as AbsoluteUrl;
    const codes = await Promise.all([1, 2, 3].map(() => fetcher.fetch({ url }).catch(({ code }) => code)));
    expect(codes).toEqual(["connect_timeout", "connect_timeout", "connect_timeout"]);
    expect(asked).toBe(1);
  });

  test("a connection that is never made is given up", async () => {
    const { fetcher } = watch({ "deaf.example": [["93.184.215.14"]] }, { open: () => new Socket(), connectMs: 20 });
    await expect(fetcher.fetch({ url: "http://deaf.example/" as AbsoluteUrl })).rejects.toMatchObject({
      code: "connect_timeout",
    });
  });

  test("lets through the very range the operator lists", async () => {
    const { fetcher, attempts } = watch({}, { allow: ["10.0.0.0/8"] });
    await expect(fetcher.fetch({ url: "http://10.1.2.3/" as AbsoluteUrl })).rejects.toMatchObject({
      code: "connect_failed",
    });
    await expect(fetcher.fetch({ url: "http://192.168.0.1/" as AbsoluteUrl })).rejects.toMatchObject({
      code: "refused_address",
    });
    expect(attempts.map(({ host }) => host)).toEqual(["10.1.2.3"]);
  });

  describe("with a proxy", () => {
    const proxy = "http://proxy.internal:3128";
    const names = {
      "proxy.internal": [["10.0.0.9"]],
      "inside.example": [["10.1.1.1"]],
      "news.example": [["93.184.215.14"]],
    };

    test("the proxy's own address is the operator's choice", async () => {
      const { fetcher, attempts } = watch(names);
      for (const url of ["http://news.example/", "https://news.example/"]) {
        await expect(fetcher.fetch({ url: url as AbsoluteUrl, proxy })).rejects.toMatchObject({
          code: "connect_failed",
        });
      }
      expect(attempts.map(({ host, port, addresses }) => ({ host, port, addresses }))).toEqual(
        Array(2).fill({ host: "proxy.internal", port: 3128, addresses: ["10.0.0.9"] }),
      );
    });

    test("the target is judged all the same", async () => {
      const { fetcher, attempts } = watch(names);
      for (const url of ["http://127.0.0.1/", "https://[::1]/", "http://inside.example/", "https://inside.example/"]) {
        await expect(fetcher.fetch({ url: url as AbsoluteUrl, proxy })).rejects.toMatchObject({
          code: "refused_address",
        });
      }
      expect(attempts).toEqual([]);
    });

    test("a target that only the proxy can look up is left to it", async () => {
      const { fetcher, attempts } = watch(names);
      const unknown = fetcher.fetch({ url: "https://only-the-proxy-knows.example/" as AbsoluteUrl, proxy });
      await expect(unknown).rejects.toMatchObject({ code: "connect_failed" });
      expect(attempts.map(({ host }) => host)).toEqual(["proxy.internal"]);
    });
  });
});

function portOf(origin: string): number {
  return Number(new URL(origin).port);
}
