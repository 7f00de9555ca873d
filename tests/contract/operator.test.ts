import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planCorrection } from "../../src/correct/correct.ts";
import type { StoryPatch } from "../../src/model/correction.ts";
import type { FeedSlug } from "../../src/model/feed.ts";
import type { Story } from "../../src/model/story.ts";
import { clusterOf } from "../../src/normalize/identity.ts";
import { compileMemberships } from "../../src/select/membership.ts";
import { copyDatabase } from "../../src/store/copy.ts";
import { migrate, openDatabase } from "../../src/store/database.ts";
import { createSqlStore } from "../../src/store/sql-store.ts";
import type { Store } from "../../src/store/store.ts";
import { aFeed, aSource, NOW, numberedItem } from "../support/stories.ts";
import { useDatabases } from "./databases.ts";
import { startPlayer } from "./player.ts";

const HOUR = 3_600_000;
const databases = useDatabases();

const source = aSource();
const feeds = [
  aFeed(),
  aFeed({
    slug: "bridges",
    select: { sources: [], tags: [], include: { title: "bridge" }, exclude: {}, languages: [] },
  }),
];
const memberships = compileMemberships(feeds, [source], clusterOf);
const titles = (stories: readonly Story[]) => stories.map((story) => story.title);
const numbered = (...numbers: readonly number[]) => numbers.map((number) => `Story number ${number} of the town`);

describe.each(Object.entries(databases))("what an operator says, on %s,", (_name, open) => {
  let store: Store;

  beforeEach(async () => {
    const database = openDatabase(await open());
    await migrate(database);
    store = createSqlStore(database);
  });
  afterEach(() => store[Symbol.asyncDispose]());

  async function correct(story: Story, patch: StoryPatch, now: number): Promise<void> {
    const history = await store.storyHistory(story.id);
    const planned = planCorrection({
      story: history!.story,
      corrections: history!.corrections,
      patch,
      now,
      timeZone: "UTC",
      membershipsOf: memberships.of,
    });
    if (planned !== null) expect(await store.correctStory(planned)).toBe(true);
  }

  const revisions = async () =>
    new Map((await store.feedHeads()).map(({ slug, revision }) => [slug as string, revision]));

  it("stands in documents, search and history, and survives what visits bring", async () => {
    const play = await startPlayer(store, [source], feeds);
    await play.poll([numberedItem(1), numberedItem(2)], NOW);
    const [story] = await play.entries();
    const before = await revisions();
    await correct(story!, { title: "A bridge opens", tags: ["mended"] }, NOW + HOUR);
    const after = await revisions();
    expect(after.get("top")).toBeGreaterThan(before.get("top")!);
    expect(titles(await play.entries("bridges"))).toEqual(["A bridge opens"]);
    await play.poll([numberedItem(1, { title: "Their third headline" }), numberedItem(2)], NOW + 2 * HOUR);
    expect(await revisions()).toEqual(after);
    const [now] = await play.entries();
    expect(now).toMatchObject({
      id: story!.id,
      title: "A bridge opens",
      tags: ["mended"],
      revision: 2,
      updatedAt: NOW + HOUR,
    });
    expect(titles(await store.search("opens", 5))).toEqual(["A bridge opens"]);
    const history = await store.storyHistory(story!.id);
    expect(history?.corrections.title?.was).toEqual({ title: story!.title });
    expect(history?.revisions).toEqual([{ revision: 1, at: NOW + HOUR, changed: ["title"] }]);
    expect(history?.sightings).toContainEqual(
      expect.objectContaining({ field: "title", rule: "corrected", text: "Their third headline" }),
    );
  });

  it("of a date moves the story to its place in every feed", async () => {
    const play = await startPlayer(store, [source], feeds);
    await play.poll([numberedItem(1), numberedItem(2), numberedItem(3)], NOW);
    const [story] = await play.entries();
    await correct(story!, { published: "2020-05-01" }, NOW + HOUR);
    expect(titles(await play.entries())).toEqual(numbered(2, 3, 1));
    expect(titles(await store.newestOfSource(source.id, 9))).toEqual(numbered(2, 3, 1));
    await play.poll([numberedItem(1), numberedItem(2), numberedItem(3)], NOW + 2 * HOUR);
    expect(titles(await play.entries())).toEqual(numbered(2, 3, 1));
    await correct(story!, { published: null }, NOW + 3 * HOUR);
    expect(titles(await play.entries())).toEqual(numbered(1, 2, 3));
  });

  it("taken back brings what the source says by then", async () => {
    const play = await startPlayer(store, [source], feeds);
    await play.poll([numberedItem(1)], NOW);
    const [story] = await play.entries();
    await correct(story!, { title: "Mended" }, NOW + HOUR);
    const theirs = [numberedItem(1, { title: "Their third headline" })];
    await play.poll(theirs, NOW + 2 * HOUR);
    await correct(story!, { title: null }, NOW + 3 * HOUR);
    expect(titles(await play.entries())).toEqual(numbered(1));
    await play.poll(theirs, NOW + 4 * HOUR);
    expect(titles(await play.entries())).toEqual(["Their third headline"]);
  });

  it("withdrawn stays withdrawn while its source shows it, until it is restored", async () => {
    const play = await startPlayer(store, [source], feeds);
    await play.poll([numberedItem(1), numberedItem(2)], NOW);
    const [story] = await play.entries();
    expect(await store.retractStory(story!.id, { now: NOW + HOUR })).toBe(true);
    expect(titles(await play.entries())).toEqual(numbered(2));
    expect(await store.search("number 1", 5)).toHaveLength(0);
    await play.poll([numberedItem(1, { title: "It is shown again" }), numberedItem(2)], NOW + 2 * HOUR);
    expect(titles(await play.entries())).toEqual(numbered(2));
    expect((await store.storyHistory(story!.id))?.retractedAt).toBe(NOW + HOUR);
    const held = (await store.storyHistory(story!.id))!.story;
    const { withdrawnAt: _at, ...standing } = held;
    await store.retractStory(story!.id, { now: NOW + 3 * HOUR, restoredTo: memberships.of(standing) });
    expect(titles(await play.entries())).toEqual(["It is shown again", ...numbered(2)]);
    expect((await store.storyHistory(story!.id))?.retractedAt).toBeUndefined();
  });

  it("deleted never comes back, corrected or not", async () => {
    const play = await startPlayer(store, [source], feeds);
    await play.poll([numberedItem(1)], NOW);
    const [story] = await play.entries();
    await correct(story!, { title: "Mended" }, NOW + HOUR);
    await store.deleteStory(story!.id, NOW + HOUR);
    await play.poll([numberedItem(1)], NOW + 2 * HOUR);
    expect(await play.entries()).toEqual([]);
    expect(await store.retractStory(story!.id, { now: NOW })).toBe(false);
  });

  it("pauses a source, known or not, until it is resumed; visits do not undo it", async () => {
    const play = await startPlayer(store, [source], feeds);
    await store.pauseSource(source.id, { pausedAt: NOW, now: NOW });
    expect((await store.nextPolls()).get(source.id)).toBeNull();
    await play.poll([numberedItem(1)], NOW + HOUR);
    expect((await store.nextPolls()).get(source.id)).toBeNull();
    expect(await store.sourceStates()).toMatchObject([{ nextPollAt: null, pausedAt: NOW }]);
    await store.pauseSource(source.id, { pausedAt: null, now: NOW + 2 * HOUR });
    const [state] = await store.sourceStates();
    expect(state).toMatchObject({ nextPollAt: NOW + 2 * HOUR });
    expect(state?.pausedAt).toBeUndefined();
  });

  it("resumes a source that its publisher called gone", async () => {
    const play = await startPlayer(store, [source], feeds);
    const changes = await play.plan([numberedItem(1)], NOW);
    await store.apply([{ ...changes, memory: { ...changes.memory, gone: true }, nextPollAt: null }]);
    await store.pauseSource(source.id, { pausedAt: null, now: NOW + HOUR });
    const [state] = await store.sourceStates();
    expect(state?.nextPollAt).toBe(NOW + HOUR);
    expect(state?.memory.gone).toBeUndefined();
  });

  it("measures how much a source holds, and keeps the figures", async () => {
    const play = await startPlayer(store, [source], feeds);
    await play.poll([numberedItem(1), numberedItem(2)], NOW);
    const measured = await store.measureSource(source.id, NOW);
    expect(measured).toMatchObject({ stories: 2, at: NOW });
    expect(measured.bytes).toBeGreaterThan(1_000);
    expect(measured.bytes).toBeLessThan(10_000);
    expect(await store.sourceUsage()).toEqual([]);
    await store.prune({ stories: {}, revisions: {}, polls: {} }, { now: NOW + HOUR, after: null });
    expect(await store.sourceUsage()).toEqual([{ ...measured, at: NOW + HOUR }]);
    const prune = (now: number) => store.prune({ stories: {}, revisions: {}, polls: {} }, { now, after: null });
    await prune(NOW + 2 * HOUR);
    expect(await store.sourceUsage()).toMatchObject([{ stories: 2, at: NOW + HOUR }]);
    await play.poll([numberedItem(1), numberedItem(2), numberedItem(3)], NOW + 3 * HOUR);
    await prune(NOW + 3 * HOUR);
    expect(await store.sourceUsage()).toMatchObject([{ stories: 3, at: NOW + 3 * HOUR }]);
    await prune(NOW + 10 * HOUR);
    expect(await store.sourceUsage()).toMatchObject([{ stories: 3, at: NOW + 10 * HOUR }]);
    expect(await store.diskBytes()).toBeGreaterThan(10_000);
  });

  it("estimates a source with many stories from slices", async () => {
    const play = await startPlayer(store, [source], feeds);
    const all = Array.from({ length: 1_400 }, (_, number) => numberedItem(number));
    await play.poll(all, NOW);
    const { stories, bytes } = await store.measureSource(source.id, NOW);
    expect(stories).toBe(1_400);
    const few = await store.measureSource(source.id, NOW);
    expect(few.bytes).toBe(bytes);
    expect(bytes / stories).toBeGreaterThan(500);
    expect(bytes / stories).toBeLessThan(3_000);
    expect((await store.newestEntries("top" as FeedSlug, 2_000)).length).toBeGreaterThan(0);
  });
});

it("what an operator said goes along from SQLite to Postgres", async () => {
  const from = openDatabase(await databases.SQLite());
  const to = openDatabase(await databases.Postgres());
  await migrate(from);
  await migrate(to);
  await using before = createSqlStore(from);
  await using after = createSqlStore(to);
  const play = await startPlayer(before, [source], feeds);
  await play.poll([numberedItem(1), numberedItem(2)], NOW);
  const [first, second] = await play.entries();
  const history = (await before.storyHistory(first!.id))!;
  const planned = planCorrection({
    ...history,
    patch: { title: "Mended", published: "2026-02-01" },
    now: NOW + HOUR,
    timeZone: "UTC",
    membershipsOf: memberships.of,
  });
  await before.correctStory(planned!);
  await before.retractStory(second!.id, { now: NOW + HOUR });
  await before.pauseSource(source.id, { pausedAt: NOW, now: NOW });
  await before.prune({ stories: {}, revisions: {}, polls: {} }, { now: NOW, after: null });
  await copyDatabase(from, to);
  expect(await after.storyHistory(first!.id)).toEqual(await before.storyHistory(first!.id));
  expect(await after.storyHistory(second!.id)).toEqual(await before.storyHistory(second!.id));
  expect(await after.sourceStates()).toEqual(await before.sourceStates());
  expect(await after.sourceUsage()).toEqual(await before.sourceUsage());
});
