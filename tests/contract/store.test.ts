import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Feed, FeedSlug } from "../../src/model/feed.ts";
import type { ParsedItem } from "../../src/model/parsed.ts";
import { freshMemory, type SourceMemory } from "../../src/model/poll.ts";
import type { Source, SourceId } from "../../src/model/source.ts";
import type { Story, StoryId } from "../../src/model/story.ts";
import { clusterOf } from "../../src/normalize/identity.ts";
import { type DatabaseAddress, migrate, openDatabase } from "../../src/store/database.ts";
import { createSqlStore } from "../../src/store/sql-store.ts";
import type { PollChanges, Retention, Store } from "../../src/store/store.ts";
import { aFeed, aSource, NOW, numberedItem, url } from "../support/stories.ts";
import { useDatabases } from "./databases.ts";
import { type Player, startPlayer } from "./player.ts";

const HOUR = 3_600_000;
const databases = useDatabases();

const titles = (stories: readonly Story[]) => stories.map((story) => story.title);

describe.each(Object.entries(databases))("the store on %s", (_name, open) => {
  let store: Store;
  let address: DatabaseAddress;

  beforeEach(async () => {
    address = await open();
    const database = openDatabase(address);
    await migrate(database);
    store = createSqlStore(database);
  });
  afterEach(() => store[Symbol.asyncDispose]());

  const player = (sources?: readonly Source[], feeds?: readonly Feed[]) => startPlayer(store, sources, feeds);

  /** Everything that retention removes, step by step. */
  async function prunedAll(rules: Partial<Retention> = {}, now = NOW): Promise<number> {
    let removed = 0;
    for (let after: SourceId | null = null, steps = 0; steps < 100; steps += 1) {
      const pruned = await store.prune({ stories: {}, revisions: {}, polls: {}, ...rules }, { now, after });
      removed += pruned.removed;
      after = pruned.next;
      if (after === null && pruned.removed === 0) return removed;
    }
    throw new Error("retention does not end");
  }

  it("keeps stories in the order of a feed: published, then place in the list", async () => {
    const play = await player();
    await play.poll([numberedItem(3), numberedItem(1), numberedItem(2)], NOW);
    expect(titles(await play.entries())).toEqual([1, 2, 3].map((number) => `Story number ${number} of the town`));
  });

  it("gives undated stories of one poll the order of the list and distinct stamps", async () => {
    const play = await player();
    const undated = (number: number): ParsedItem => {
      const { published: _published, ...item } = numberedItem(number);
      return item;
    };
    await play.poll([undated(7), undated(5), undated(6)], NOW);
    const entries = await play.entries();
    expect(titles(entries)).toEqual([7, 5, 6].map((number) => `Story number ${number} of the town`));
    expect(new Set(entries.map((story) => story.stampAt)).size).toBe(3);
    expect(entries.every((story) => story.publishedAt === NOW)).toBe(true);
    expect(entries.map((story) => story.stampAt)).toEqual([NOW + 2, NOW + 1, NOW]);
  });

  it("writes a poll whole or not at all", async () => {
    const play = await player();
    const changes = await play.plan([numberedItem(1)], NOW);
    const broken: PollChanges = { ...changes, memory: { ...changes.memory, counts: [1n as unknown as number] } };
    await expect(store.apply([broken])).rejects.toMatchObject({ name: "StoreError" });
    expect(await play.entries()).toEqual([]);
    expect(await store.sourceStates()).toEqual([]);
  });

  it("keeps validators byte for byte with the stories they cover", async () => {
    const play = await player();
    const memory: SourceMemory = {
      ...freshMemory,
      validators: { etag: 'W/"a\\"b ü"', lastModified: "Sun, 01 Mar 2026  12:00:00 GMT" },
    };
    const changes = await play.plan([numberedItem(1)], NOW);
    await store.apply([{ ...changes, memory }]);
    expect((await store.sourceStates())[0]?.memory.validators).toEqual(memory.validators);
  });

  it("changes nothing that readers see when the same list is seen again, re-ordered", async () => {
    const play = await player();
    await play.poll([numberedItem(1), numberedItem(2), numberedItem(3)], NOW);
    const before = await play.entries();
    const [head] = await store.feedHeads();
    const again = await play.poll([numberedItem(3), numberedItem(1), numberedItem(2)], NOW + HOUR);
    expect(again.poll.outcome).toBe("unchanged");
    expect(await play.entries()).toEqual(before);
    expect(await store.feedHeads()).toEqual([head]);
  });

  it("keeps stories that left the source's window", async () => {
    const play = await player();
    await play.poll([numberedItem(1), numberedItem(2)], NOW);
    await play.poll([numberedItem(0), numberedItem(1)], NOW + HOUR);
    expect(titles(await play.entries())).toHaveLength(3);
    const left = await store.findStory((await play.entries())[2]!.id);
    expect(left?.lastSeenAt).toBe(NOW);
  });

  it("keeps every material change as a revision and moves `updated` with it", async () => {
    const play = await player();
    await play.poll([numberedItem(1), numberedItem(2)], NOW);
    await play.poll([numberedItem(1, { title: "Story number 1, corrected" }), numberedItem(2)], NOW + HOUR);
    const [story] = await play.entries();
    expect(story).toMatchObject({
      title: "Story number 1, corrected",
      revision: 2,
      updatedAt: NOW + HOUR,
      stampAt: NOW + HOUR,
    });
    const history = await store.storyHistory(story!.id);
    expect(history?.revisions).toEqual([{ revision: 1, at: NOW + HOUR, changed: ["title"] }]);
    expect(await store.search("corrected", 10)).toHaveLength(1);
    expect(titles(await store.search("number", 10))).toHaveLength(2);
  });

  it("tells of each field who said it last, where a revision takes it over", async () => {
    const play = await player();
    const origins = { title: "link", url: "link", published: "listing" };
    await play.poll([numberedItem(1, { origins })], NOW);
    const followed = { title: "h1", url: "page", contentHtml: "page", published: "json-ld" };
    await play.poll([numberedItem(1, { title: "Story number 1, in full", origins: followed })], NOW + HOUR);
    const [story] = await play.entries();
    expect((await store.storyHistory(story!.id))?.origins).toEqual({
      title: "h1",
      url: "link",
      contentHtml: "page",
      published: "listing",
    });
    await play.poll([numberedItem(1, { title: "Story number 1, in full and mended" })], NOW + 2 * HOUR);
    expect((await store.storyHistory(story!.id))?.origins).toMatchObject({ title: "h1" });
  });

  it("finds stories by words of title and opening, whatever their case and accents", async () => {
    const play = await player();
    await play.poll([numberedItem(1, { title: "Über die Brücke" }), numberedItem(2)], NOW);
    expect(titles(await store.search("BRÜCKE über", 10))).toEqual(["Über die Brücke"]);
    expect(await store.search("council", 10)).toHaveLength(2);
    expect(await store.search('nothing-of-it " OR *', 10)).toEqual([]);
  });

  it("shows one entry of a story that two sources tell, where the feed wants the first", async () => {
    const sources = [aSource(), aSource({ id: "other" })];
    const play = await player(sources, [aFeed(), aFeed({ slug: "single", duplicates: "first" })]);
    const shared = url("https://town.example/shared?utm_source=rss");
    await play.poll([numberedItem(1, { url: shared })], NOW, sources[0]!.id);
    await play.poll(
      [numberedItem(9, { url: url("http://www.town.example/shared"), guid: "other-guid" })],
      NOW + 1,
      sources[1]!.id,
    );
    expect(await play.entries("top")).toHaveLength(2);
    const single = await play.entries("single");
    expect(single.map((story) => story.sourceId)).toEqual(["town-news"]);
  });

  it("takes withdrawn stories out of feeds and lets them return", async () => {
    const play = await player();
    await play.poll([numberedItem(1), numberedItem(2)], NOW);
    const changes = await play.plan([numberedItem(2)], NOW + HOUR);
    const gone = changes.updates.find((update) => update.present === false)!;
    await store.apply([{ ...changes, updates: [{ ...gone, withdrawnAt: NOW + HOUR }] }]);
    expect(titles(await play.entries())).toEqual(["Story number 2 of the town"]);
    expect((await store.findStory(gone.id))?.withdrawnAt).toBe(NOW + HOUR);
    await play.poll([numberedItem(1), numberedItem(2)], NOW + 2 * HOUR);
    const back = await play.entries();
    expect(back).toHaveLength(2);
    expect(back[0]).toMatchObject({ id: gone.id, revision: 1 });
    expect(back[0]?.withdrawnAt).toBeUndefined();
  });

  it("removes entries whose time has come, and says when the feed changed", async () => {
    const sinceMs = 90 * 60_000;
    const play = await player([aSource()], [aFeed({ select: { ...aFeed().select, sinceMs } })]);
    await play.poll([numberedItem(1), numberedItem(0)], NOW);
    expect(await play.entries()).toHaveLength(2);
    expect(await store.expireEntries(NOW + 29 * 60_000)).toEqual([]);
    expect(await store.expireEntries(NOW + 31 * 60_000)).toEqual(["top"]);
    expect(titles(await play.entries())).toEqual(["Story number 0 of the town"]);
    expect((await store.feedHeads())[0]?.changedAt).toBe(NOW + 30 * 60_000);
  });

  it("rebuilds a feed's membership beside the one that is served", async () => {
    const play = await player();
    await play.poll([numberedItem(1), numberedItem(2)], NOW);
    const slug = "top" as FeedSlug;
    const definition = { slug, digest: "another" };
    expect(await store.defineFeeds([definition], NOW)).toEqual([{ slug, after: 0 }]);
    const scan = await store.scanStories(0, 1);
    const [story] = scan.stories;
    const entry = { slug, storyId: story!.id, publishedAt: story!.publishedAt, position: 0, firstOnly: false };
    const step = { memberships: [entry], after: scan.after, done: scan.done, digest: "another", now: NOW + 1 };
    expect(await store.rebuildFeed(slug, step)).toBe(false);
    expect(await play.entries()).toHaveLength(2);
    // Broken off and begun again, it goes on where it was.
    expect(await store.defineFeeds([definition], NOW)).toEqual([{ slug, after: scan.after }]);
    const rest = await store.scanStories(scan.after, 10);
    const last = { ...step, memberships: [], after: rest.after, done: rest.done };
    expect(await store.rebuildFeed(slug, last)).toBe(true);
    expect(await play.entries()).toHaveLength(1);
    expect(await store.defineFeeds([definition], NOW)).toEqual([]);
    expect(await store.countEntries(slug, 10)).toBe(1);
    expect(await prunedAll()).toBe(2);
  });

  it("knows every slug that a feed ever had, and who may know of it", async () => {
    const [top, board] = ["top" as FeedSlug, "board" as FeedSlug];
    await store.defineFeeds(
      [
        { slug: top, digest: "a" },
        { slug: board, digest: "b", isPrivate: true },
      ],
      NOW,
    );
    const known = [
      { slug: board, isPrivate: true },
      { slug: top, isPrivate: false },
    ];
    expect(await store.publishedSlugs()).toEqual(known);
    await store.defineFeeds([], NOW);
    expect(await store.publishedSlugs()).toEqual(known);
    await store.defineFeeds([{ slug: board, digest: "b" }], NOW);
    expect(await store.publishedSlugs()).toEqual(known.map((one) => ({ ...one, isPrivate: false })));
  });

  it("tells when what a source's stories show last changed, and nothing else moves that", async () => {
    const play = await player();
    const changedAt = async () => (await store.sourceStates())[0]?.changedAt;
    const { newStories } = await play.poll([numberedItem(1), numberedItem(2)], NOW);
    expect(await changedAt()).toBe(NOW);
    await play.poll([numberedItem(2), numberedItem(1)], NOW + HOUR);
    expect(await changedAt()).toBe(NOW);
    await play.poll([numberedItem(2, { title: "Another title altogether" }), numberedItem(1)], NOW + 2 * HOUR);
    expect(await changedAt()).toBe(NOW + 2 * HOUR);
    await store.deleteStory(newStories[0]!.story.id, NOW + 3 * HOUR);
    expect(await changedAt()).toBe(NOW + 3 * HOUR);
    await store.retractStory(newStories[1]!.story.id, { now: NOW + 4 * HOUR });
    expect(await changedAt()).toBe(NOW + 4 * HOUR);
  });

  it("puts a rebuilt list in force only when it has seen every story", async () => {
    const play = await player();
    const slug = "top" as FeedSlug;
    await play.poll([numberedItem(1)], NOW);
    await store.defineFeeds([{ slug, digest: "another" }], NOW);
    const scan = await store.scanStories(0, 10);
    await play.poll([numberedItem(2), numberedItem(1)], NOW + 1);
    const step = { memberships: [], after: scan.after, done: true, digest: "another", now: NOW + 2 };
    expect(await store.rebuildFeed(slug, step)).toBe(false);
    const rest = await store.scanStories(scan.after, 10);
    expect(titles(rest.stories)).toEqual(["Story number 2 of the town"]);
    expect(await store.rebuildFeed(slug, { ...step, after: rest.after })).toBe(true);
  });

  it("leases a source to one visitor at a time", async () => {
    const id = "town-news" as SourceId;
    expect(await store.leaseSources([id], { owner: "a", now: NOW, untilMs: NOW + 100 })).toEqual([id]);
    expect(await store.leaseSources([id], { owner: "b", now: NOW + 50, untilMs: NOW + 150 })).toEqual([]);
    expect(await store.leaseSources([id], { owner: "b", now: NOW + 100, untilMs: NOW + 200 })).toEqual([id]);
    await store.releaseSources([id], "b");
    expect(await store.leaseSources([id], { owner: "c", now: NOW + 101, untilMs: NOW + 200 })).toEqual([id]);
  });

  it("keeps snapshots as they were, bodies included", async () => {
    await player();
    const { gzipSync, zstdCompressSync } = await import("node:zlib");
    const identity = Buffer.from("<rss/>");
    const snapshot = {
      slug: "top" as FeedSlug,
      format: "rss" as const,
      mediaType: "application/rss+xml",
      tag: "t",
      lastModifiedAt: NOW,
      identity,
      gzip: gzipSync(identity),
      zstd: zstdCompressSync(identity),
    };
    await store.saveSnapshots([{ snapshot, revision: 3 }]);
    await store.saveSnapshots([{ snapshot: { ...snapshot, tag: "u" }, revision: 4 }]);
    expect(await store.snapshot("top" as FeedSlug, "rss")).toEqual({
      snapshot: { ...snapshot, tag: "u" },
      revision: 4,
    });
  });

  it("refuses a schema newer than this program", async () => {
    const database = openDatabase(address);
    await migrate(database);
    await database.run("insert into schema_migrations (number, name) values (9999, 'from the future')");
    await expect(migrate(database)).rejects.toMatchObject({ code: "newer_schema" });
    await database.close();
  });

  it("never imports again what an operator deleted", async () => {
    const play = await player();
    await play.poll([numberedItem(1), numberedItem(2)], NOW);
    const [story] = await play.entries();
    await store.deleteStory(story!.id as StoryId, NOW + 1);
    await play.poll([numberedItem(1), numberedItem(2)], NOW + HOUR);
    await play.poll([numberedItem(1, { guid: "tag:changed" }), numberedItem(2)], NOW + 2 * HOUR);
    expect(titles(await play.entries())).toEqual(["Story number 2 of the town"]);
    expect(await store.findStory(story!.id)).toBeNull();
  });

  it("shows the next of a cluster when the one that came first is withdrawn", async () => {
    const sources = [aSource(), aSource({ id: "other" })];
    const play = await player(sources, [aFeed({ duplicates: "first" })]);
    const shared = { url: url("https://town.example/shared") };
    await play.poll([numberedItem(1, shared)], NOW, sources[0]!.id);
    await play.poll([numberedItem(2, { ...shared, guid: "other-guid" })], NOW + 1, sources[1]!.id);
    const [first] = await play.entries();
    expect(first?.sourceId).toBe("town-news");
    const changes = await play.plan([numberedItem(1, shared)], NOW + 2);
    await store.apply([{ ...changes, updates: [{ id: first!.id, withdrawnAt: NOW + 2 }] }]);
    expect((await play.entries()).map((story) => story.sourceId)).toEqual(["other"]);
    expect(await store.countEntries("top" as FeedSlug, 10)).toBe(1);
  });

  it("writes several polls at once as it writes one after the other", async () => {
    const sources = [aSource(), aSource({ id: "other" })];
    const undated = (number: number, guid: string) => {
      const { published: _published, ...item } = numberedItem(number, { guid: `tag:${guid}` });
      return item;
    };
    const polls = async (play: Player) => [
      await play.plan([undated(1, "a1"), undated(2, "a2")], NOW, sources[0]!.id),
      await play.plan([undated(3, "b3"), undated(4, "b4")], NOW, sources[1]!.id),
    ];
    const together = await player(sources);
    await store.apply(await polls(together));
    const other = openDatabase(await open());
    await migrate(other);
    await using apart = createSqlStore(other);
    for (const changes of await polls(await startPlayer(apart, sources))) await apart.apply([changes]);
    expect(await together.entries()).toEqual(await apart.newestEntries("top" as FeedSlug, 50));
  });

  it("sets stories of one moment apart, however many there are", async () => {
    const play = await player();
    const many = Array.from({ length: 1_200 }, (_, index) =>
      numberedItem(index, { published: numberedItem(0).published! }),
    );
    await play.poll(many.slice(0, 600), NOW);
    await play.poll(many.slice(600), NOW + HOUR);
    const stories = await store.newestOfSource(aSource().id, 2_000);
    expect(stories).toHaveLength(1_200);
    expect(new Set(stories.map((story) => story.stampAt)).size).toBe(1_200);
    expect(Math.max(...stories.map((story) => story.stampAt))).toBe(NOW + 1_199);
  });

  describe("retention", () => {
    const DAY = 24 * HOUR;

    it("empties stories that are too old and out of their list, and never announces them again", async () => {
      const play = await player();
      await play.poll([numberedItem(1), numberedItem(50), numberedItem(60)], NOW);
      await play.poll([numberedItem(0), numberedItem(50)], NOW + HOUR);
      const rule = { stories: { maxAgeMs: 30 * HOUR } };
      // Number 50 is as old, but its source lists it still.
      expect(await prunedAll(rule, NOW + HOUR)).toBe(1);
      expect(titles(await play.entries())).toEqual([0, 1, 50].map((number) => `Story number ${number} of the town`));
      expect(titles(await store.search("number", 10))).toHaveLength(3);
      const again = await play.poll([numberedItem(60), numberedItem(50)], NOW + 2 * HOUR);
      expect(again.newStories).toEqual([]);
      expect(await play.entries()).toHaveLength(3);
    });

    it("keeps the newest stories of each source", async () => {
      const play = await player();
      await play.poll(
        [1, 2, 3, 4].map((number) => numberedItem(number)),
        NOW,
      );
      await play.poll([numberedItem(0)], NOW + HOUR);
      expect(await prunedAll({ stories: { maxCount: 2 } })).toBe(3);
      expect(titles(await play.entries())).toEqual([0, 1].map((number) => `Story number ${number} of the town`));
    });

    it("keeps revisions and records of polls by age and count", async () => {
      const play = await player();
      for (const edition of [0, 1, 2, 3, 4])
        await play.poll([numberedItem(1, { title: `Edition ${edition}` })], NOW + edition * DAY);
      const [story] = await play.entries();
      expect(await prunedAll({ revisions: { maxCount: 2 } }, NOW)).toBe(2);
      expect((await store.storyHistory(story!.id))?.revisions.map(({ revision }) => revision)).toEqual([3, 4]);
      expect(await prunedAll({ polls: { maxAgeMs: 2.5 * DAY, maxCount: 4 } }, NOW + 4 * DAY)).toBe(2);
      expect((await store.listPolls(aSource().id, 10)).map(({ at }) => at)).toEqual(
        [4, 3, 2].map((day) => NOW + day * DAY),
      );
    });

    it("removes nothing where nothing is said", async () => {
      const play = await player();
      await play.poll([numberedItem(1)], NOW);
      await play.poll([numberedItem(2)], NOW + HOUR);
      expect(await prunedAll({}, NOW + 10_000 * DAY)).toBe(0);
    });
  });

  it("finds the stories of an address whichever source told it", async () => {
    const sources = [aSource(), aSource({ id: "other" })];
    const play = await player(sources);
    const shared = { url: url("https://town.example/shared") };
    await play.poll([numberedItem(1, shared)], NOW, sources[0]!.id);
    await play.poll([numberedItem(2, { ...shared, guid: "other-guid" })], NOW + 1, sources[1]!.id);
    const key = clusterOf({ url: url("http://www.town.example/shared?utm_source=x") })!;
    expect((await store.storiesByKey(key)).map(({ story }) => story.sourceId)).toEqual(["town-news", "other"]);
  });

  it("ends the lease of a source with its poll", async () => {
    const play = await player();
    const { id } = aSource();
    await store.leaseSources([id], { owner: "a", now: NOW, untilMs: NOW + HOUR });
    await play.poll([numberedItem(1)], NOW);
    expect(await store.leaseSources([id], { owner: "b", now: NOW + 1, untilMs: NOW + HOUR })).toEqual([id]);
  });

  it("stores text with characters that a database may not like", async () => {
    const play = await player();
    const title = `Sign \u0000 of ${"long".repeat(2_000)} \ud800 times`;
    const plan = await play.plan([numberedItem(1)], NOW);
    const story = { ...plan.newStories[0]!.story, title };
    await store.apply([{ ...plan, newStories: [{ ...plan.newStories[0]!, story }] }]);
    expect(await store.search("sign times", 5)).toHaveLength(1);
  });
});
