import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, ask } from "../support/http-client.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { createWorkplace, type Service, type Workplace } from "../support/service.ts";

/** Connections enough that each of two processes has some of them, however the system deals (but once in 10^9). */
const CONNECTIONS = 32;

const feedOf = (titles: readonly string[]) =>
  `<rss version="2.0"><channel><title>Town</title><link>https://town.example/</link><description>x</description>${titles
    .map(
      (title) => `<item><title>${title}</title><link>https://town.example/${encodeURIComponent(title)}</link></item>`,
    )
    .join("")}</channel></rss>`;

describe("a service with two web processes", () => {
  let upstream: Origin;
  let workplace: Workplace;
  let service: Service;
  const titles = ["Bridge opens"];

  beforeAll(async () => {
    upstream = await startOrigin((_request, response) => {
      response.writeHead(200, { "content-type": "application/rss+xml" }).end(feedOf(titles));
    });
    workplace = createWorkplace({
      "config/storywire.yaml": "polling: { minimum: 1s, perHost: { perSecond: 1000 } }",
      "config/sources/town.yaml": `{ id: town, url: "${upstream.url("/town")}", every: 1h }`,
      "feeds/town.yaml": "title: Town\nselect: { sources: [town] }",
      "feeds/board.yaml": "title: Board\naccess: token\nselect: { sources: [town] }",
    });
    service = await workplace.serve(["--web-workers", "2"]);
    await service.ready();
  }, 60_000);
  afterAll(async () => {
    expect(await service.end("SIGTERM")).toBe(0);
    workplace[Symbol.dispose]();
    await upstream[Symbol.asyncDispose]();
  });

  /** The same asked over many connections at once. */
  const askAll = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<readonly Answer[]> =>
    Promise.all(Array.from({ length: CONNECTIONS }, () => ask(service.origin, path, { headers })));
  const everywhere = async (path: string, test: (answer: Answer) => boolean) => (await askAll(path)).every(test);
  const metric = async (pattern: RegExp) => pattern.exec((await ask(service.origin, "/metrics")).text)?.[1];
  const token = () => readFileSync(join(workplace.folder, "data/token"), "utf8").trim();
  /** Process ids of those that serve. */
  const webPids = () => childrenOf(service.child.pid).filter(({ command }) => command.includes("--role web"));

  it("is ready when both are, and answers the same bytes under the same validators", async () => {
    await service.until(() => everywhere("/readyz", ({ status }) => status === 200));
    expect(await everywhere("/readyz", ({ status }) => status === 200)).toBe(true);
    const answers = await askAll("/feeds/town.rss", { "accept-encoding": "gzip" });
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.toString("base64"))).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => `${headers.etag} ${headers["last-modified"]}`)).size).toBe(1);
    const headers = { "accept-encoding": "gzip", "if-none-match": answers[0]?.headers.etag ?? "" };
    expect(new Set((await askAll("/feeds/town.rss", headers)).map(({ status }) => status))).toEqual(new Set([304]));
    expect(webPids()).toHaveLength(2);
  }, 60_000);

  it("polls once for both, through whichever is asked, and both show the commit within two seconds", async () => {
    titles.unshift("Ferry returns");
    const before = upstream.requests.length;
    const polled = await ask(service.origin, "/api/v1/sources/town/poll", {
      method: "POST",
      headers: { authorization: `Bearer ${token()}` },
    });
    const committedAt = performance.now();
    expect([polled.status, upstream.requests.length - before]).toEqual([200, 1]);
    await service.until(() => everywhere("/feeds/town.json", ({ text }) => text.includes("Ferry returns")));
    expect(performance.now() - committedAt).toBeLessThan(2_000);
  }, 60_000);

  it("opens a feed behind a token in both", async () => {
    const told = await workplace.run(["token", "board", "--json"]);
    const path = /\/feeds\/board[^"\s]*token=[\w-]+/.exec(told.stdout)?.[0] ?? "";
    expect(await everywhere(path.replace("/feeds/board", "/feeds/board.rss"), ({ status }) => status === 200)).toBe(
      true,
    );
    expect(await everywhere("/feeds/board.rss", ({ status }) => status === 404)).toBe(true);
  }, 60_000);

  it("counts what each answered under its number, and what they share once", async () => {
    await askAll("/feeds/town.atom");
    const text = (await ask(service.origin, "/metrics")).text;
    for (const worker of ["1", "2"]) {
      const own = new RegExp(
        `storywire_http_requests_total{route="/feeds/:name",status="200",worker="${worker}"} (\\d+)`,
      );
      expect(Number(own.exec(text)?.[1])).toBeGreaterThan(0);
    }
    expect(text.match(/^storywire_polls_total\{.*$/gm)).toEqual(['storywire_polls_total{outcome="new",code=""} 2']);
    expect(text.match(/^storywire_sources\{state="ok"\} 1$/gm)).toHaveLength(1);
    expect(text.match(/^storywire_ready 1$/gm)).toHaveLength(1);
  }, 60_000);

  it("takes over files that change in both, or in none", async () => {
    workplace.write({ "feeds/town.yaml": "title: Town and county\nselect: { sources: [town] }" });
    await service.until(() => everywhere("/feeds/town.rss", ({ text }) => text.includes("<title>Town and county<")));
    workplace.write({ "feeds/town.yaml": "title: [wrong" });
    await service.until(() => everywhere("/readyz", ({ text }) => text.includes('"configuration":"bad_settings"')));
    expect(await everywhere("/feeds/town.rss", ({ text }) => text.includes("<title>Town and county<"))).toBe(true);
    expect(await metric(/^storywire_configuration_ok (\d)$/m)).toBe("0");
    workplace.write({ "feeds/town.yaml": "title: Town\nselect: { sources: [town] }" });
    await service.until(() => everywhere("/feeds/town.rss", ({ text }) => text.includes("<title>Town<")));
  }, 60_000);

  it("answers what concerns the configuration, and what is written, through whichever is asked", async () => {
    const authorization = `Bearer ${token()}`;
    const told = await Promise.all(
      Array.from({ length: 8 }, () => ask(service.origin, "/api/v1/configuration", { headers: { authorization } })),
    );
    expect(new Set(told.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(told.map(({ text }) => text)).size).toBe(1);
    const reload = await ask(service.origin, "/api/v1/configuration/reload", {
      method: "POST",
      headers: { authorization },
    });
    expect(reload.status).toBe(200);
    const pause = await ask(service.origin, "/api/v1/sources/town/pause", {
      method: "POST",
      headers: { authorization },
    });
    expect(pause.status).toBe(200);
    const states = await askAll("/api/v1/sources/town", { authorization });
    expect(states.every(({ text }) => text.includes('"state":"paused"'))).toBe(true);
    const resume = await ask(service.origin, "/api/v1/sources/town/resume", {
      method: "POST",
      headers: { authorization },
    });
    expect(resume.status).toBe(200);
  }, 60_000);

  it("replaces one that dies, with the configuration that runs by then", async () => {
    const [first] = webPids();
    const before = (await ask(service.origin, "/feeds/town.rss")).headers.etag;
    process.kill(first?.pid ?? 0, "SIGKILL");
    await service.until(async () => webPids().every(({ pid }) => pid !== first?.pid) && webPids().length === 2);
    await service.until(async () =>
      (
        await Promise.allSettled(Array.from({ length: CONNECTIONS }, () => ask(service.origin, "/feeds/town.rss")))
      ).every((answer) => answer.status === "fulfilled" && answer.value.headers.etag === before),
    );
    expect(service.log.join("\n")).toContain("a web process ended");
    expect((await ask(service.origin, "/readyz")).status).toBe(200);
  }, 60_000);

  it("refuses a second service on its port", async () => {
    using other = createWorkplace({}, { STORYWIRE_LISTEN: new URL(service.origin).host });
    const refused = await other.run(["serve", "--web-workers", "2"]);
    expect([refused.code, refused.stderr.includes("EADDRINUSE")]).toEqual([1, true]);
    expect((await other.run(["serve", "--web-workers", "0"])).code).toBe(2);
  }, 60_000);
});

function childrenOf(pid: number | undefined): readonly { readonly pid: number; readonly command: string }[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
  return pids.map((child) => ({
    pid: child,
    command: readFileSync(`/proc/${child}/cmdline`, "utf8").replaceAll("\0", " "),
  }));
}
