import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freshMemory } from "../../src/model/poll.ts";
import type { SourceId } from "../../src/model/source.ts";
import { copyDatabase } from "../../src/store/copy.ts";
import { type DatabaseAddress, migrate, openDatabase } from "../../src/store/database.ts";
import { createSqlStore } from "../../src/store/sql-store.ts";
import type { KeptBody, KeptLimits, PollChanges, Store } from "../../src/store/store.ts";
import { aFeed, aSource, NOW, numberedItem, url } from "../support/stories.ts";
import { useDatabases } from "./databases.ts";
import { startPlayer } from "./player.ts";

const databases = useDatabases();

const LIMITS: KeptLimits = { count: 2, sourceBytesMax: 1_000, bytesMax: 100_000 };

function aBody(at: number, bytes: Uint8Array = Buffer.from(`document of ${at}`)): KeptBody {
  return {
    at,
    finalUrl: url("https://town-news.example/feed"),
    contentType: "application/rss+xml",
    headers: { "content-language": "en" },
    encoding: "gzip",
    bytes,
  };
}

function aVisit(kept: KeptBody, id = "town-news"): PollChanges {
  return {
    sourceId: id as SourceId,
    poll: {
      id: `${id}@${kept.at}`,
      at: kept.at,
      outcome: "unchanged",
      stories: { seen: 0, new: 0, updated: 0 },
      durationMs: 1,
    },
    memory: freshMemory,
    nextPollAt: kept.at + 1,
    newStories: [],
    updates: [],
    sightings: [],
    memberships: [],
    kept,
  };
}

describe.each(Object.entries(databases))("what %s keeps beside stories", (_name, open) => {
  let store: Store;
  let address: DatabaseAddress;

  beforeEach(async () => {
    address = await open();
    const database = openDatabase(address);
    await migrate(database);
    store = createSqlStore(database);
  });
  afterEach(() => store[Symbol.asyncDispose]());

  const source = "town-news" as SourceId;
  const moments = async (id = source) => (await store.keptBodies(id)).map(({ at }) => at);

  it("is the newest documents of a source, byte for byte", async () => {
    for (const at of [1, 2, 3]) await store.apply([aVisit(aBody(at))], LIMITS);
    const [newest] = await store.keptBodies(source);
    expect(await moments()).toEqual([3, 2]);
    expect({ ...newest, bytes: Buffer.from(newest?.bytes ?? []) }).toEqual(aBody(3));
  });

  it("is nothing where nothing may be kept, or a document is larger than all that may be kept of a source", async () => {
    await store.apply([aVisit(aBody(1))]);
    await store.apply([aVisit(aBody(2))], { ...LIMITS, count: 0 });
    await store.apply([aVisit(aBody(3, Buffer.alloc(1_001)))], LIMITS);
    expect(await moments()).toEqual([]);
  });

  it("is one document where two take more than a source may", async () => {
    await store.apply([aVisit(aBody(1, Buffer.alloc(600)))], LIMITS);
    await store.apply([aVisit(aBody(2, Buffer.alloc(600)))], LIMITS);
    expect(await moments()).toEqual([2]);
  });

  it("stays within the bound of all sources: the oldest documents go", async () => {
    const visits = Array.from({ length: 120 }, (_, at) => aVisit(aBody(at, Buffer.alloc(1_000)), `source-${at}`));
    for (const visit of visits) await store.apply([visit], { ...LIMITS, bytesMax: 20_000 });
    expect(await moments("source-0" as SourceId)).toEqual([]);
    expect(await moments("source-119" as SourceId)).toEqual([119]);
    const kept = await Promise.all(visits.map(({ sourceId }) => store.keptBodies(sourceId)));
    // Looked at after every fifty documents.
    expect(kept.flat().length).toBeLessThan(20 + 50);
  });

  it("is written with its visit or not at all", async () => {
    const broken = { ...aVisit(aBody(1)), memory: { ...freshMemory, counts: [1n as unknown as number] } };
    await expect(store.apply([broken], LIMITS)).rejects.toMatchObject({ name: "StoreError" });
    expect(await moments()).toEqual([]);
  });

  it("is the configuration that was accepted last", async () => {
    expect(await store.appliedConfiguration()).toBeNull();
    expect(await store.appliedDigest()).toBeNull();
    const due = new Map();
    expect(await store.saveApplied({ digest: "a", at: NOW, text: "{}" }, { due, replaces: null })).toBe(true);
    expect(await store.saveApplied({ digest: "b", at: NOW + 1, text: '{"b":1}' }, { due, replaces: "a" })).toBe(true);
    expect(await store.appliedConfiguration()).toEqual({ digest: "b", at: NOW + 1, text: '{"b":1}' });
    expect(await store.appliedDigest()).toBe("b");
    // Decided against what stands there no more.
    for (const replaces of ["a", null])
      expect(await store.saveApplied({ digest: "c", at: NOW, text: "{}" }, { due, replaces })).toBe(false);
    expect(await store.appliedDigest()).toBe("b");
  });

  it("makes the sources of a change due, gone or not, and none of them later than it was", async () => {
    const gone = { ...aVisit(aBody(1), "gone"), nextPollAt: null, memory: { ...freshMemory, gone: true } };
    const soon = { ...aVisit(aBody(1), "soon"), nextPollAt: 100 };
    const late = { ...aVisit(aBody(1), "late"), nextPollAt: 10_000 };
    await store.apply([gone, soon, late]);
    const due = new Map(["gone", "soon", "late", "unknown"].map((id) => [id as SourceId, 500]));
    await store.saveApplied({ digest: "a", at: NOW, text: "{}" }, { due, replaces: null });
    expect(Object.fromEntries(await store.nextPolls())).toEqual({ gone: 500, soon: 100, late: 500 });
    expect((await store.sourceStates()).some(({ memory }) => memory.gone === true)).toBe(false);
  });

  it("is not the feeds that are removed: one that comes in the place of the last is found by whoever knew that", async () => {
    await startPlayer(store, [aSource()], [aFeed({ slug: "first" })]);
    const play = await startPlayer(store, [aSource()], [aFeed({ slug: "second" })]);
    await play.poll([numberedItem(1)], NOW);
    const [known] = await store.feedHeads();
    await store.defineFeeds([], NOW + 1);
    await store.defineFeeds([{ slug: aFeed({ slug: "third" }).slug, digest: "x", isPrivate: false }], NOW + 2);
    expect((await store.feedHeads(known?.touched)).map(({ slug }) => slug)).toEqual(["third"]);
  });

  it("goes with a source that is forgotten, whose stories leave feeds and may come back as new", async () => {
    const sources = [aSource(), aSource({ id: "other" })];
    const play = await startPlayer(store, sources, [aFeed()]);
    await play.poll([numberedItem(1), numberedItem(2)], NOW);
    await play.poll([numberedItem(7)], NOW, sources[1]!.id);
    await store.apply([aVisit(aBody(NOW + 1))], LIMITS);
    const [before] = await store.feedHeads();
    let stories = 0;
    for (let step = 0, done = false; !done && step < 20; step += 1) {
      const forgotten = await store.forgetSource(source, NOW + 5);
      stories += forgotten.stories;
      done = forgotten.done;
    }
    expect(stories).toBe(2);
    expect((await play.entries()).map(({ title }) => title)).toEqual(["Story number 7 of the town"]);
    expect((await store.feedHeads())[0]?.revision).toBeGreaterThan(before?.revision ?? 0);
    expect(await moments()).toEqual([]);
    expect(await store.listPolls(source, 10)).toEqual([]);
    expect((await store.sourceStates()).map(({ id }) => id)).toEqual(["other"]);
    expect(await store.search("number 1", 10)).toEqual([]);
    const again = await play.poll([numberedItem(1)], NOW + 10);
    expect(again.poll.stories.new).toBe(1);
    expect(await play.entries()).toHaveLength(2);
  });
});

describe("what is kept beside stories", () => {
  it("goes along when SQLite is copied to Postgres", async () => {
    const from = openDatabase(await databases.SQLite());
    await migrate(from);
    const source = createSqlStore(from);
    await source.apply([aVisit(aBody(1, Buffer.from([0, 255, 10])))], LIMITS);
    await source.saveApplied({ digest: "a", at: NOW, text: "{}" }, { due: new Map(), replaces: null });
    const to = openDatabase(await databases.Postgres());
    await migrate(to);
    await copyDatabase(from, to);
    const target = createSqlStore(to);
    const [kept] = await target.keptBodies("town-news" as SourceId);
    expect([...(kept?.bytes ?? [])]).toEqual([0, 255, 10]);
    expect(await target.appliedDigest()).toBe("a");
    await source[Symbol.asyncDispose]();
    await target[Symbol.asyncDispose]();
  });
});
