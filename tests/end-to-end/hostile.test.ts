import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HostileOrigin, hostileWays, startHostileOrigin } from "../support/hostile-origin.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { createWorkplace, type Service, type Workplace } from "../support/service.ts";

const WELL = 6;
const item = (number: number) =>
  `<item><title>Story ${number}</title><link>https://well.example/${number}</link></item>`;

/** Bodies that are made to hurt whoever reads them; each is answered with 200. */
const documents: Readonly<Record<string, () => readonly [string, string]>> = {
  "deep-html": () => ["text/html", `<html><body>${"<div>".repeat(200_000)}x`],
  "wide-html": () => ["text/html", `<html><body>${"<p>a</p>".repeat(300_000)}`],
  "one-line": () => ["text/html", `<html><body><p>${"word ".repeat(1_500_000)}`],
  "open-tags": () => ["application/rss+xml", `<rss version="2.0"><channel>${"<item>".repeat(300_000)}`],
  "angle-brackets": () => [
    "application/rss+xml",
    `<rss version="2.0"><channel><title>x</title><item><title>a</title><description><![CDATA[${"<".repeat(400_000)}]]></description></item></channel></rss>`,
  ],
  entities: () => [
    "application/rss+xml",
    `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 12 }, (_, index) => `<!ENTITY ${String.fromCharCode(98 + index)} "${`&${String.fromCharCode(97 + index)};`.repeat(10)}">`).join("")}]><rss version="2.0"><channel><title>&m;</title><item><title>&m;</title></item></channel></rss>`,
  ],
  external: () => [
    "application/rss+xml",
    `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><title>&x;</title><item><title>t &x;</title><link>https://h.example/1</link></item></channel></rss>`,
  ],
  prototype: () => [
    "application/feed+json",
    `{"version":"https://jsonfeed.org/version/1.1","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"items":[{"id":"1","title":"__proto__","url":"https://h.example/2"}]}`,
  ],
  "deep-json": () => ["application/feed+json", `{"items":${"[".repeat(300_000)}`],
  "script-everywhere": () => [
    "application/rss+xml",
    `<rss version="2.0"><channel><title>&lt;script&gt;alert(1)&lt;/script&gt;</title><item><title>&lt;img src=x onerror=alert(1)&gt;Title</title><link>javascript:alert(1)</link><guid>x-1</guid><author>&lt;script&gt;</author><category>&lt;svg onload=alert(1)&gt;</category><description>&lt;p onclick="alert(1)"&gt;Text&lt;iframe srcdoc="x"&gt;&lt;/iframe&gt;&lt;a href="java&amp;#10;script:alert(1)"&gt;y&lt;/a&gt;&lt;/p&gt;</description><enclosure url="data:text/html,x" type="text/html" length="1"/></item></channel></rss>`,
  ],
  controls: () => [
    "application/rss+xml",
    `<rss version="2.0"><channel><title>c\u0000\u0001\u000b</title><item><title>a\ufffe\ud800 ]]&gt; b</title><link>https://h.example/3</link></item></channel></rss>`,
  ],
};

const idOf = (way: string) => `way-${way.slice(1).replace(/[^a-z0-9-]/gi, "-")}`;

/** Proportional size of a process and all that it started, in MiB: pages that several share are counted once. */
function sizeMib(root: number): number {
  const rows = execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const inside = new Set([root]);
  for (let pass = 0; pass < 4; pass += 1)
    for (const [pid = 0, parent = 0] of rows) if (inside.has(parent)) inside.add(pid);
  return [...inside].reduce((sum, pid) => sum + proportionalKib(pid) / 1024, 0);
}

function proportionalKib(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

describe("a service with many hostile sources", () => {
  let hostile: HostileOrigin;
  let upstream: Origin;
  let workplace: Workplace;
  let service: Service;
  const ways = Object.keys(hostileWays);
  const ids = [...ways.map((way) => idOf(way)), ...Object.keys(documents).map((name) => `document-${name}`)];

  beforeAll(async () => {
    hostile = await startHostileOrigin();
    upstream = await startOrigin((request, response) => {
      const name = (request.url ?? "").slice(1);
      const [type, body] = documents[name]?.() ?? [
        "application/rss+xml",
        `<rss version="2.0"><channel><title>Well</title>${item(Number(name))}</channel></rss>`,
      ];
      response.writeHead(name === "robots.txt" ? 404 : 200, { "content-type": type }).end(body);
    });
    const sources = [
      ...Array.from(
        { length: WELL },
        (_, index) => `- { id: well-${index}, url: "${upstream.url(`/${index}`)}", every: 1h, kind: feed }`,
      ),
      ...ways.map((way) => `- { id: ${idOf(way)}, url: "${hostile.origin}${way}", every: 1h, kind: feed }`),
      ...Object.keys(documents).map(
        (name) => `- { id: document-${name}, url: "${upstream.url(`/${name}`)}", every: 1h }`,
      ),
    ];
    workplace = createWorkplace(
      {
        "config/storywire.yaml":
          "polling: { minimum: 1s, perHost: { perSecond: 1000, inFlight: 32 } }\nlimits: { bodyBytes: 8MiB, fetchSeconds: 3 }",
        "config/sources/all.yaml": sources.join("\n"),
        "feeds/top.yaml": "title: Top\nlimit: 200",
      },
      { STORYWIRE_TOKEN: "t" },
    );
    service = await workplace.serve();
  }, 60_000);
  afterAll(async () => {
    workplace[Symbol.dispose]();
    await hostile[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  });

  interface Status {
    readonly id: string;
    readonly state: string;
    readonly lastPoll?: { readonly outcome: string; readonly code?: string };
  }
  async function statuses(): Promise<readonly Status[]> {
    const response = await service.get("/api/v1/sources", { authorization: "Bearer t" });
    return ((await response.json()) as { sources: Status[] }).sources;
  }

  it("ends every visit in a recorded outcome, publishes what is well, and stays small", async () => {
    let peakMib = 0;
    const end = performance.now() + 100_000;
    for (;;) {
      peakMib = Math.max(peakMib, sizeMib(service.child.pid ?? 0));
      const waiting = (await statuses()).filter((status) => status.lastPoll === undefined);
      if (waiting.length === 0) break;
      if (performance.now() > end)
        throw new Error(`never visited: ${waiting.map((status) => status.id)}\n${service.log.slice(-5).join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    const all = new Map((await statuses()).map((status) => [status.id, status]));
    expect([...all.keys()].filter((id) => id.startsWith("well-") && all.get(id)?.state !== "ok")).toEqual([]);
    expect(
      ids.filter((id) => all.get(id)?.lastPoll?.outcome === "failed" && all.get(id)?.lastPoll?.code === undefined),
    ).toEqual([]);
    expect(ids.filter((id) => ["internal", "parse_failed"].includes(all.get(id)?.lastPoll?.code ?? ""))).toEqual([]);
    expect(service.child.exitCode).toBeNull();
    expect(peakMib).toBeLessThan(512);
  }, 120_000);

  it("publishes nothing that could run, and documents that can be read", async () => {
    const texts = await Promise.all(
      ["rss", "atom", "json"].map(async (format) => (await service.get(`/feeds/top.${format}`)).text()),
    );
    for (const text of texts) {
      expect(text).not.toMatch(/onerror|onload|onclick|javascript:|<script|srcdoc|root:x:/i);
      for (const number of Array.from({ length: WELL }, (_, index) => index)) expect(text).toContain(`Story ${number}`);
    }
    const { checkDocument } = await import("../../src/render/check.ts");
    const formats = ["rss", "atom", "json"] as const;
    for (const [index, format] of formats.entries()) {
      expect(checkDocument(texts[index] ?? "", format).filter((finding) => finding.level !== "info")).toEqual([]);
    }
  });
});
