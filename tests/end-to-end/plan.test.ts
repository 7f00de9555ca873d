import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PlanJson } from "../../src/plan/plan-json.ts";
import { type Origin, startOrigin } from "../support/origin.ts";
import { createWorkplace, type Service, type Workplace } from "../support/service.ts";

const STORIES = 15;

const card = (place: string, number: number) =>
  `<li class="card"><h3><a href="/${place}/${number}">Story ${number} of ${place}</a></h3><a class="other" href="/${place}/other/${number}">more</a><p>About ${number}.</p><time datetime="2026-02-${10 + number}T10:00:00">x</time></li>`;

const pageOf = (place: string) =>
  `<html lang="en"><body><h1>News</h1><ul>${Array.from({ length: STORIES }, (_, number) => card(place, number)).join("")}</ul></body></html>`;

function sourceOf(origin: string, place: string, more: string | { readonly link: string } = ""): string {
  const link = typeof more === "string" ? "h3 a" : more.link;
  return `id: ${place}
url: "${origin}/${place}"
kind: listing
every: 1h
tags: [${place}]
listing: { items: li.card, title: h3, link: "${link}", summary: p, date: time }
${typeof more === "string" ? more : ""}
`;
}

async function upstreamOf(): Promise<Origin> {
  return startOrigin((request, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(pageOf((request.url ?? "").slice(1)));
  });
}

const FAST = "polling: { minimum: 1s, perHost: { perSecond: 1000 } }\n";

describe("a change of the files, without a service", () => {
  let upstream: Origin;
  let workplace: Workplace;

  beforeAll(async () => {
    upstream = await upstreamOf();
    workplace = createWorkplace({
      "config/storywire.yaml": FAST,
      "config/sources/town.yaml": sourceOf(upstream.origin, "town"),
      "config/sources/sea.yaml": sourceOf(upstream.origin, "sea"),
      "feeds/town.yaml": "title: Town\nselect: { tags: [town] }",
    });
    expect((await workplace.run(["poll", "--all"])).code).toBe(0);
  }, 60_000);
  afterAll(async () => {
    workplace[Symbol.dispose]();
    await upstream[Symbol.asyncDispose]();
  });

  async function plan(): Promise<PlanJson> {
    const { code, stdout } = await workplace.run(["plan", "--json"]);
    expect(code).toBe(0);
    return JSON.parse(stdout) as PlanJson;
  }
  const visits = () => upstream.requests.filter(({ url }) => url !== "/robots.txt").length;
  const shown = async () => {
    const { stdout } = await workplace.run(["export", "stories"]);
    return stdout.trim().split("\n").length;
  };
  const back = () =>
    workplace.write({
      "config/storywire.yaml": FAST,
      "config/sources/town.yaml": sourceOf(upstream.origin, "town"),
      "config/sources/sea.yaml": sourceOf(upstream.origin, "sea"),
      "feeds/town.yaml": "title: Town\nselect: { tags: [town] }",
    });

  it("that is none is told as such", async () => {
    expect(await plan()).toMatchObject({ isCurrent: true, isSurprising: false, sources: [], feeds: [] });
    expect((await workplace.run(["plan"])).stdout).toContain("nothing to do");
  }, 60_000);

  it("of a selector is told story by story, from what was kept, without network", async () => {
    const before = visits();
    workplace.write({ "config/sources/town.yaml": sourceOf(upstream.origin, "town", { link: "a.other" }) });
    const told = await plan();
    expect(told).toMatchObject({ isCurrent: false, isSurprising: true });
    expect(told.sources).toMatchObject([{ id: "town", fields: ["listing"], replay: "replayed", seen: STORIES }]);
    expect(told.sources[0]?.changeId).toHaveLength(STORIES);
    expect(told.feeds).toMatchObject([{ slug: "town", change: "same", entries: { before: 15, after: 30 } }]);
    expect(told.surprises).toMatchObject([{ source: "town", code: "ids_change", count: STORIES }]);
    expect(visits()).toBe(before);
  }, 60_000);

  it("that surprises is refused, holds nobody's visits up, and is taken when somebody says yes", async () => {
    const refused = await workplace.run(["apply"]);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain("15 stories would be announced again under other ids");
    const visited = await workplace.run(["poll", "--all"]);
    expect(visited.stderr).toContain("storywire plan");
    expect((await workplace.run(["status"])).stdout).toContain("The files differ from what is applied, in 1 source");
    expect(await shown()).toBe(2 * STORIES);
    expect((await workplace.run(["apply", "--yes"])).code).toBe(0);
    expect(await plan()).toMatchObject({ isCurrent: true });
    expect((await workplace.run(["poll", "--all"])).stderr).toBe("");
    expect(await shown()).toBe(3 * STORIES);
  }, 60_000);

  it("that is put back is no change, and one that is harmless needs nobody's word", async () => {
    back();
    expect((await plan()).isCurrent).toBe(false);
    workplace.write({ "config/sources/town.yaml": sourceOf(upstream.origin, "town", { link: "a.other" }) });
    expect((await plan()).isCurrent).toBe(true);
    workplace.write({ "feeds/town.yaml": "title: The town\nselect: { tags: [town] }" });
    expect(await plan()).toMatchObject({ isSurprising: false, feeds: [{ slug: "town", fields: ["title"] }] });
    expect((await workplace.run(["poll", "--all"])).stderr).toBe("");
    expect((await plan()).isCurrent).toBe(true);
  }, 60_000);

  it("of a time zone, a kind and a selector that matches nothing is told for what it does", async () => {
    workplace.write({
      "config/sources/sea.yaml": `${sourceOf(upstream.origin, "sea")}timeZone: Asia/Tokyo\n`,
      "feeds/sea.yaml": "title: Sea\nselect: { sources: [sea] }",
    });
    const zone = await plan();
    expect(zone.sources[0]?.redate).toHaveLength(STORIES);
    expect(zone.sources[0]?.redate[0]).toMatchObject({ to: expect.stringContaining("T01:00:00Z") });
    expect(zone.surprises).toMatchObject([{ source: "sea", code: "dates_move" }]);
    workplace.write({ "config/sources/sea.yaml": sourceOf(upstream.origin, "sea").replace("li.card", "li.none") });
    const broken = await plan();
    expect(broken.sources).toMatchObject([{ id: "sea", replay: "unread", code: "selector_matched_nothing" }]);
    expect(broken.surprises).toMatchObject([{ source: "sea", code: "unreadable" }]);
    rmSync(join(workplace.folder, "feeds/sea.yaml"));
    workplace.write({ "config/sources/sea.yaml": sourceOf(upstream.origin, "sea") });
  }, 60_000);

  it("of tags and selections is tried on the stories that are stored", async () => {
    workplace.write({
      "config/sources/sea.yaml": sourceOf(upstream.origin, "sea").replace("tags: [sea]", "tags: [sea, town]"),
    });
    const tagged = await plan();
    expect(tagged.feeds).toMatchObject([{ slug: "town", change: "same", entries: { before: 30, after: 45 } }]);
    expect(tagged.surprises).toMatchObject([{ feed: "town", code: "appear", count: STORIES }]);
    workplace.write({
      "config/sources/sea.yaml": sourceOf(upstream.origin, "sea"),
      "feeds/town.yaml": "title: The town\nlimit: 12\nselect: { tags: [town], exclude: { title: /Story 14/ } }",
    });
    const limited = await plan();
    expect(limited.feeds[0]).toMatchObject({ slug: "town", fields: ["limit", "select"], entries: { after: 12 } });
    expect(limited.surprises).toMatchObject([{ feed: "town", code: "vanish" }]);
    workplace.write({ "config/storywire.yaml": `${FAST}surprises: { entries: 100 }` });
    expect((await plan()).surprises).toEqual([]);
    workplace.write({ "config/storywire.yaml": FAST, "feeds/town.yaml": "title: The town\nselect: { tags: [town] }" });
  }, 60_000);

  it("of an address keeps the stories, and a source that goes keeps them until it is forgotten", async () => {
    const count = await shown();
    workplace.write({ "config/sources/sea.yaml": sourceOf(upstream.origin, "sea").replace('/sea"', '/sea?new"') });
    expect(await plan()).toMatchObject({ isSurprising: false, sources: [{ id: "sea", fields: ["url"] }] });
    expect((await workplace.run(["forget", "sea"])).code).toBe(2);
    rmSync(join(workplace.folder, "config/sources/sea.yaml"));
    expect(await plan()).toMatchObject({ sources: [{ id: "sea", change: "removed", replay: "none" }], surprises: [] });
    expect((await workplace.run(["poll", "--all"])).stderr).toBe("");
    expect(await shown()).toBe(count);
    const forgotten = await workplace.run(["forget", "sea", "--json"]);
    expect(JSON.parse(forgotten.stdout)).toEqual({ forgotten: "sea", stories: STORIES });
    expect(await shown()).toBe(count - STORIES);
    expect((await workplace.run(["forget", "sea"])).code).toBe(1);
    back();
    expect(await plan()).toMatchObject({ sources: [{ id: "sea", change: "added", replay: "never_visited" }, {}] });
  }, 90_000);
});

describe("a folder without data", () => {
  it("can be planned before the first start: everything is new", async () => {
    using fresh = createWorkplace({
      "config/sources/a.yaml": sourceOf("http://127.0.0.1:9", "a"),
      "feeds/a.yaml": "title: A",
    });
    const { code, stdout } = await fresh.run(["plan", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      isSurprising: false,
      sources: [{ id: "a", change: "added", replay: "never_visited" }],
      feeds: [{ slug: "a", change: "added" }],
    });
  }, 60_000);
});

describe("a change of the files, beside a service that runs", () => {
  let upstream: Origin;
  let workplace: Workplace;
  let service: Service;
  const token = "operator";

  beforeAll(async () => {
    upstream = await upstreamOf();
    workplace = createWorkplace(
      {
        "config/storywire.yaml": FAST,
        "config/sources/town.yaml": sourceOf(upstream.origin, "town"),
        "feeds/town.yaml": "title: Town\nselect: { sources: [town] }",
      },
      { STORYWIRE_TOKEN: token },
    );
    service = await workplace.serve();
    await service.until(async () => (await entries()) === STORIES);
  }, 60_000);
  afterAll(async () => {
    expect(await service.end("SIGTERM")).toBe(0);
    workplace[Symbol.dispose]();
    await upstream[Symbol.asyncDispose]();
  });

  const text = async (path: string) => (await service.get(path)).text();
  const entries = async () => (await text("/feeds/town.rss")).split("<item>").length - 1;
  const configuration = async () => JSON.parse(await text("/readyz")).configuration;
  const isRunning = (state: string) => service.until(async () => (await configuration()) === state);
  const ask = async (path: string, body?: object) => {
    const response = await fetch(`${service.origin}/api/v1${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
  };
  const surprise = () =>
    workplace.write({ "config/sources/town.yaml": sourceOf(upstream.origin, "town", { link: "a.other" }) });

  it("that surprises leaves the service on what was applied, and is told everywhere", async () => {
    const tag = (await service.get("/feeds/town.rss")).headers.get("etag");
    surprise();
    await isRunning("pending");
    expect((await service.get("/readyz")).status).toBe(200);
    expect(await text("/metrics")).toMatch(/^storywire_configuration_ok 0$.*^storywire_configuration_pending 1$/ms);
    expect(service.log.join("\n")).toContain("15 stories would be announced again under other ids");
    const { body } = await ask("/configuration");
    expect(body).toMatchObject({
      state: "pending",
      pending: { sources: ["town"], surprises: [{ code: "ids_change" }] },
    });
    expect((await ask("/sources")).body.sources).toMatchObject([{ id: "town", state: "pending" }]);
    // A visit meanwhile reads as before.
    expect((await ask("/sources/town/poll", {})).body).toMatchObject({ outcome: "unchanged" });
    expect((await service.get("/feeds/town.rss")).headers.get("etag")).toBe(tag);
    expect(await ask("/configuration/apply", { yes: false })).toMatchObject({
      status: 409,
      body: { code: "surprising_change" },
    });
  }, 60_000);

  it("that surprises goes on waiting over a restart, and takes what says how sources are reached at once", async () => {
    expect(await service.end("SIGTERM")).toBe(0);
    workplace.write({
      "config/sources/town.yaml": sourceOf(upstream.origin, "town", { link: "a.other" }).replace(
        "every: 1h",
        "every: 2s",
      ),
    });
    const before = upstream.requests.length;
    service = await workplace.serve();
    await isRunning("pending");
    await service.until(async () => upstream.requests.length > before + 1);
    expect(await entries()).toBe(STORIES);
  }, 60_000);

  it("is taken within a second once another process applies it, and its source is visited at once", async () => {
    expect((await workplace.run(["apply", "--yes"])).code).toBe(0);
    const appliedAt = performance.now();
    await isRunning("ok");
    expect(performance.now() - appliedAt).toBeLessThan(5_000);
    await service.until(async () => (await entries()) === 2 * STORIES);
    expect((await ask("/configuration")).body).toMatchObject({ state: "applied" });
  }, 60_000);

  it("that is put back is no change any more", async () => {
    workplace.write({ "config/sources/town.yaml": sourceOf(upstream.origin, "town", { link: "p" }) });
    await isRunning("pending");
    surprise();
    await isRunning("ok");
  }, 60_000);

  it("that does not surprise is taken by itself, after it was tried", async () => {
    workplace.write({ "feeds/town.yaml": "title: Town\nlimit: 25\nselect: { sources: [town] }" });
    await service.until(async () => (await entries()) === 25);
    expect(await configuration()).toBe("ok");
  }, 60_000);

  it("is planned and applied through the API; a source that is gone is forgotten there", async () => {
    rmSync(join(workplace.folder, "config/sources/town.yaml"));
    workplace.write({ "feeds/all.yaml": "title: All", "feeds/town.yaml": "title: Town\nlimit: 1" });
    await isRunning("pending");
    expect((await ask("/configuration/plan", {})).body).toMatchObject({
      surprises: [{ feed: "town", code: "vanish", count: 24 }],
    });
    expect((await ask("/configuration/apply", { yes: true })).body).toMatchObject({ applied: true });
    await isRunning("ok");
    await service.until(async () => (await text("/feeds/all.json")).includes("Story 14 of town"));
    rmSync(join(workplace.folder, "feeds/town.yaml"));
    await service.until(async () => (await service.get("/feeds/town.rss")).status === 410);
    const gone = await fetch(`${service.origin}/api/v1/sources/town`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}` },
    });
    expect(gone.status).toBe(200);
    await service.until(async () => !(await text("/feeds/all.json")).includes("Story 14 of town"));
  }, 60_000);
});
