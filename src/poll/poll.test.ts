import { zstdDecompressSync } from "node:zlib";
import nock from "nock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { aSource, NOW, url } from "../../tests/support/stories.ts";
import { FetchError } from "../errors.ts";
import type { FetchOutcome, FetchRequest } from "../fetch/fetch.ts";
import { migrate, openDatabase } from "../store/database.ts";
import { createSqlStore } from "../store/sql-store.ts";
import type { Store } from "../store/store.ts";
import { createOutageWatch } from "./outage.ts";
import { type PollTools, pollSource } from "./poll.ts";
import { readDocument } from "./read.ts";

const HOUR = 3_600_000;
const ITEM = (number: number, title = `Story ${number}`) =>
  `<item><title>${title}</title><link>https://news.example/${number}</link><guid>n-${number}-guid</guid></item>`;
const RSS = (...items: string[]) =>
  `<rss version="2.0"><channel><title>News Example</title><link>https://news.example/</link>${items.join("")}</channel></rss>`;

/** A foreign server, played by nock, asked by the platform's own fetch: what is tried here is the driver, not the visitor. */
async function fetchForeign(request: FetchRequest): Promise<FetchOutcome> {
  const { etag } = request.validators ?? {};
  const response = await fetch(request.url, { headers: etag === undefined ? {} : { "if-none-match": etag } });
  const facts = { status: response.status, finalUrl: url(request.url), headers: {}, redirects: [], wireBytes: 0 };
  const tag = response.headers.get("etag");
  const validators = tag === null ? {} : { etag: tag };
  if (response.status === 304) return { ...facts, kind: "not_modified", validators };
  if (response.status === 410) return { ...facts, kind: "gone" };
  if (response.status !== 200)
    throw new FetchError(`It answered ${response.status}`, { code: "http_status", httpStatus: response.status });
  return {
    ...facts,
    kind: "fetched",
    validators,
    contentType: response.headers.get("content-type") ?? "",
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

describe("pollSource", () => {
  const source = aSource({ id: "news", url: url("https://news.example/feed"), kind: "feed" });
  const site = () => nock("https://news.example").get("/feed");
  let store: Store;
  let now = NOW;
  const bugs: unknown[] = [];

  beforeAll(() => nock.disableNetConnect());
  afterAll(() => nock.restore());
  beforeEach(async () => {
    now = NOW;
    const database = openDatabase({ kind: "sqlite", path: ":memory:" });
    await migrate(database);
    store = createSqlStore(database);
  });
  afterEach(async () => {
    expect(nock.isDone()).toBe(true);
    nock.cleanAll();
    await store[Symbol.asyncDispose]();
  });

  async function poll(overrides: Partial<PollTools> = {}) {
    now += HOUR;
    const [state] = await store.sourceStates([source.id]);
    return pollSource(source, state, { ...tools(), ...overrides });
  }
  const titles = async () => (await store.newestOfSource(source.id, 10)).map((story) => story.title);

  it("stores what a foreign feed says, with its validators, and asks with them next time", async () => {
    site().reply(200, RSS(ITEM(1), ITEM(2)), { etag: '"a"', "content-type": "application/rss+xml" });
    expect(await poll()).toMatchObject({ outcome: "new", stories: { seen: 2, new: 2, updated: 0 } });
    nock("https://news.example", { reqheaders: { "if-none-match": '"a"' } })
      .get("/feed")
      .reply(304);
    expect(await poll()).toMatchObject({ outcome: "not_modified", httpStatus: 304 });
    expect(await titles()).toEqual(["Story 1", "Story 2"]);
    expect((await store.sourceStates())[0]).toMatchObject({
      nextPollAt: now + 1_800_000,
      memory: { failures: 0, kind: "feed" },
    });
  });

  it("records a failure, keeps what is stored, and backs off", async () => {
    site().reply(200, RSS(ITEM(1)));
    await poll();
    site().times(2).reply(500);
    await poll();
    expect(await poll()).toMatchObject({ outcome: "failed", code: "http_status", httpStatus: 500 });
    expect((await store.sourceStates())[0]?.memory).toMatchObject({ failures: 2, failingSince: NOW + 2 * HOUR });
    expect(await titles()).toEqual(["Story 1"]);
  });

  it("never visits again what is gone", async () => {
    site().reply(410);
    expect(await poll()).toMatchObject({ outcome: "failed", code: "gone" });
    expect((await store.sourceStates())[0]).toMatchObject({ nextPollAt: null, memory: { gone: true } });
  });

  it("reads an unchanged document once, and again when the operator changes how it is read", async () => {
    site()
      .times(2)
      .reply(200, RSS(ITEM(1)));
    await poll();
    expect((await poll()).outcome).toBe("unchanged");
    let reads = 0;
    site().reply(200, RSS(ITEM(1)));
    const [state] = await store.sourceStates([source.id]);
    now += HOUR;
    await pollSource({ ...source, timeZone: "Asia/Tokyo" }, state, {
      ...tools(),
      read: async (job) => {
        reads += 1;
        return readDocument(job);
      },
    });
    expect(reads).toBe(1);
  });

  it("takes over new rules at the first document that can be read, however many visits fail before", async () => {
    site().reply(200, RSS(ITEM(1)), { etag: '"a"' });
    await poll();
    const changed = { ...source, timeZone: "Asia/Tokyo" };
    nock("https://news.example", { badheaders: ["if-none-match"] })
      .get("/feed")
      .reply(500);
    nock("https://news.example", { badheaders: ["if-none-match"] })
      .get("/feed")
      .reply(200, RSS(ITEM(1)), { etag: '"a"' });
    for (const outcome of ["failed", "unchanged"]) {
      now += HOUR;
      const [state] = await store.sourceStates([source.id]);
      expect(await pollSource(changed, state, tools())).toMatchObject({ outcome });
    }
    expect((await store.sourceStates())[0]?.memory.validators).toEqual({ etag: '"a"' });
  });

  it("keeps its documents, read well or not, and none that it was not asked to keep", async () => {
    const limits = { count: 5, sourceBytesMax: 10_000, bytesMax: 100_000 };
    const keeping: Partial<PollTools> = {
      keptBytesMax: 10_000,
      commit: (changes) => store.apply([changes], limits),
    };
    site().reply(200, RSS(ITEM(1)), { "content-type": "text/xml" });
    await poll(keeping);
    site().reply(200, "no feed at all", { "content-type": "text/plain" });
    expect(await poll(keeping)).toMatchObject({ outcome: "failed", code: "not_a_feed" });
    site().reply(200, RSS(ITEM(2)));
    await poll();
    const kept = await store.keptBodies(source.id);
    expect(kept.map(({ at, contentType }) => [at, contentType])).toEqual([
      [NOW + 2 * HOUR, "text/plain"],
      [NOW + HOUR, "text/xml"],
    ]);
    expect(zstdDecompressSync(kept[1]?.bytes ?? new Uint8Array()).toString()).toBe(RSS(ITEM(1)));
  });

  it("visits again by hand what is gone, and believes it is back", async () => {
    site().reply(410);
    await poll();
    site().reply(200, RSS(ITEM(1)));
    await poll();
    expect((await store.sourceStates())[0]?.memory.gone).toBeUndefined();
  });

  function tools(): PollTools {
    return {
      store,
      fetch: fetchForeign,
      read: async (job) => readDocument(job),
      commit: (changes) => store.apply([changes]),
      membershipsOf: () => [],
      now: () => now,
      random: () => 0,
      nextCronAt: () => null,
      minimumMs: 300_000,
      outage: createOutageWatch(),
      onBug: (error) => bugs.push(error),
    };
  }

  it("ends in a record even where the fault is ours, and tells it", async () => {
    site().reply(200, RSS(ITEM(1)));
    const fault = new TypeError("a fault of ours");
    const record = await poll({ read: () => Promise.reject(fault) });
    expect(record).toMatchObject({ outcome: "failed", code: "internal" });
    expect(record.message).not.toContain("a fault of ours");
    expect(bugs).toEqual([fault]);
  });

  it("sends the operator's secrets to the source's own origin alone, and lets go of what cannot be read", async () => {
    const secretive = { ...source, kind: "auto" as const, auth: { bearer: "secret" }, headers: { "x-key": "secret" } };
    const asked: FetchRequest[] = [];
    let released = 0;
    const answers = [
      `<html><head><link rel="alternate" type="application/rss+xml" href="https://feeds.example/f"></head><body><p>Welcome</p></body></html>`,
      "no feed at all",
    ];
    now += HOUR;
    const record = await pollSource(secretive, undefined, {
      ...tools(),
      fetch: async (request) => {
        asked.push(request);
        const body = Buffer.from(answers[asked.length - 1] ?? "");
        const release = () => {
          released += 1;
        };
        return {
          kind: "fetched",
          status: 200,
          finalUrl: request.url,
          headers: {},
          redirects: [],
          wireBytes: 0,
          validators: {},
          contentType: "text/html",
          body,
          release,
        };
      },
    });
    expect(record.outcome).toBe("failed");
    expect(asked.map((request) => [request.url, request.auth, request.headers])).toEqual([
      ["https://news.example/feed", { bearer: "secret" }, { "x-key": "secret" }],
      ["https://feeds.example/f", undefined, undefined],
    ]);
    expect(released).toBeGreaterThanOrEqual(2);
  });
});
