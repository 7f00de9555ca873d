import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Origin, startOrigin } from "../support/origin.ts";
import { createWorkplace, type Service, type Workplace } from "../support/service.ts";

const feedOf = (name: string) =>
  `<rss version="2.0"><channel><title>${name}</title><link>https://${name}.example/</link><description>x</description><item><title>${name} story</title><link>https://${name}.example/1</link></item></channel></rss>`;

describe("files that change while the service runs", () => {
  let upstream: Origin;
  let workplace: Workplace;
  let service: Service;

  beforeAll(async () => {
    upstream = await startOrigin((request, response) => {
      response.writeHead(200, { "content-type": "application/rss+xml" }).end(feedOf((request.url ?? "").slice(1)));
    });
    workplace = createWorkplace({
      "config/storywire.yaml": "polling: { minimum: 1s, perHost: { perSecond: 1000 } }",
      "config/sources/town.yaml": source("town"),
      "feeds/town.yaml": "title: Town\nselect: { sources: [town] }",
    });
    service = await workplace.serve();
    await service.until(async () => (await text("/feeds/town.rss")).includes("town story"));
  }, 60_000);
  afterAll(async () => {
    expect(await service.end("SIGTERM")).toBe(0);
    workplace[Symbol.dispose]();
    await upstream[Symbol.asyncDispose]();
  });

  function source(name: string): string {
    return `{ id: ${name}, url: "${upstream.url(`/${name}`)}", every: 1h }`;
  }
  const text = async (path: string) => (await service.get(path)).text();
  const visits = (name: string) => upstream.requests.filter(({ url }) => url === `/${name}`).length;
  const configuration = async () => JSON.parse(await text("/readyz")).configuration;
  const isRunning = (state: string) => service.until(async () => (await configuration()) === state);

  it("bring a new source and its feed, while readers are answered and nobody is visited twice", async () => {
    const before = await service.get("/feeds/town.rss");
    const answers: number[] = [];
    let reading = true;
    const reader = (async () => {
      while (reading) answers.push((await service.get("/feeds/town.rss")).status, (await service.get("/")).status);
    })();
    workplace.write({
      "config/sources/sea.yaml": source("sea"),
      "feeds/sea.yaml": "title: Sea\nselect: { sources: [sea] }",
    });
    await service.until(async () => (await text("/feeds/sea.rss")).includes("sea story"));
    reading = false;
    await reader;
    expect(new Set(answers)).toEqual(new Set([200]));
    expect((await service.get("/feeds/town.rss")).headers.get("etag")).toBe(before.headers.get("etag"));
    expect([visits("town"), visits("sea")]).toEqual([1, 1]);
  }, 60_000);

  it("that are wrong change nothing, and that is told until they are right", async () => {
    workplace.write({ "feeds/sea.yaml": "title: Ocean\nselect: { sources: [see] }", "feeds/new.yaml": "title: New" });
    await isRunning("bad_settings");
    expect((await service.get("/readyz")).status).toBe(200);
    expect((await service.get("/feeds/new.rss")).status).toBe(404);
    expect(await text("/feeds/sea.rss")).toContain("<title>Sea</title>");
    expect(await text("/metrics")).toContain("storywire_configuration_ok 0");
    expect(service.log.join("\n")).toContain("feeds/sea.yaml:2:21: select.sources[0]");
    workplace.write({ "feeds/sea.yaml": "title: Ocean\nselect: { sources: [sea] }" });
    await isRunning("ok");
    await service.until(async () => (await text("/feeds/sea.rss")).includes("<title>Ocean</title>"));
    expect((await service.get("/feeds/new.rss")).status).not.toBe(404);
  }, 60_000);

  it("that a running service cannot take over are told", async () => {
    workplace.write({ "config/storywire.yaml": "polling: { minimum: 1s }\nservice: { title: Another }" });
    await isRunning("needs_restart");
    workplace.write({ "config/storywire.yaml": "polling: { minimum: 1s, perHost: { perSecond: 1000 } }" });
    await isRunning("ok");
  }, 60_000);

  it("that delete a feed leave word that it is gone, until it comes back", async () => {
    const feed = "title: Sea\nselect: { sources: [sea] }\nformerly: [ocean]";
    workplace.write({ "feeds/sea.yaml": feed });
    await service.until(async () => (await service.get("/feeds/ocean.rss")).status === 301);
    rmSync(join(workplace.folder, "feeds/sea.yaml"));
    await service.until(async () => (await service.get("/feeds/sea.rss")).status === 410);
    expect(await (await service.get("/feeds/sea.atom")).json()).toMatchObject({ status: 410, code: "feed_gone" });
    expect((await service.get("/feeds/never-there.rss")).status).toBe(404);
    workplace.write({ "feeds/sea.yaml": feed });
    await service.until(async () => (await text("/feeds/sea.rss")).includes("sea story"));
  }, 60_000);

  it("that no longer hold a source leave its stories", async () => {
    const page = /urn:storywire:(\w+)</.exec(await text("/feeds/sea.rss"))?.[1];
    rmSync(join(workplace.folder, "feeds/sea.yaml"));
    rmSync(join(workplace.folder, "config/sources/sea.yaml"));
    await service.until(async () => (await service.get("/feeds/sea.rss")).status === 410);
    expect(await text(`/stories/${page}`)).toContain("sea story");
  }, 60_000);

  it("are read again at SIGHUP, which ends nobody", async () => {
    const { pid } = service.child;
    service.child.kill("SIGHUP");
    workplace.write({ "config/sources/sea.yaml": source("sea"), "feeds/sea.yaml": "title: Sea" });
    service.child.kill("SIGHUP");
    await service.until(async () => (await text("/feeds/sea.rss")).includes("town story"));
    expect(service.child.pid).toBe(pid);
    expect([visits("town"), visits("sea")]).toEqual([1, 1]);
  }, 60_000);
});
