import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aFeed, aSource, NOW, url } from "../../tests/support/stories.ts";
import type { Configuration } from "../config/settings.ts";
import { freshMemory } from "../model/poll.ts";
import type { Source, SourceId } from "../model/source.ts";
import { migrate, openDatabase } from "../store/database.ts";
import { createSqlStore } from "../store/sql-store.ts";
import type { Store } from "../store/store.ts";
import { acceptConfiguration, standingOf } from "./standing.ts";

const HOUR = 3_600_000;

/** A configuration as far as its standing depends on it. */
function files(...sources: readonly Source[]): Configuration {
  const settings = { polling: { everyMs: HOUR, minimumMs: 300_000 } } as Configuration["settings"];
  return { settings, sources, feeds: [aFeed()] };
}

describe("what the files say beside what was accepted", () => {
  let store: Store;

  beforeEach(async () => {
    const database = openDatabase({ kind: "sqlite", path: ":memory:" });
    await migrate(database);
    store = createSqlStore(database);
  });
  afterEach(() => store[Symbol.asyncDispose]());

  const accept = async (wanted: Configuration, at = NOW) =>
    acceptConfiguration(await standingOf(wanted, store), store, at);

  async function visited(id: string, at: number, nextPollAt: number | null): Promise<void> {
    const poll = {
      id: `${id}@${at}`,
      at,
      outcome: "new",
      stories: { seen: 0, new: 0, updated: 0 },
      durationMs: 1,
    } as const;
    const nothing = { newStories: [], updates: [], sightings: [], memberships: [] };
    await store.apply([{ sourceId: id as SourceId, poll, memory: freshMemory, nextPollAt, ...nothing }]);
  }

  it("is in force where nothing was accepted yet, and then accepted", async () => {
    const wanted = files(aSource());
    expect(await standingOf(wanted, store)).toMatchObject({ configuration: wanted, replaces: null, isOpen: false });
    await accept(wanted);
    expect(await store.appliedConfiguration()).toMatchObject({ at: NOW });
    const standing = await standingOf(wanted, store);
    expect(standing).toMatchObject({ configuration: wanted, isOpen: false, replaces: standing.digest });
  });

  it("runs what was accepted while a plan has to say whether it surprises", async () => {
    await accept(files(aSource()));
    const standing = await standingOf(files(aSource({ timeZone: "Asia/Tokyo", userAgent: "another" })), store);
    expect(standing.isOpen).toBe(true);
    expect(standing.configuration.sources).toMatchObject([{ timeZone: "UTC", userAgent: "another" }]);
    expect(standing.difference.sources).toMatchObject([{ id: "town-news", fields: ["timeZone"] }]);
    await accept(files(aSource({ timeZone: "Asia/Tokyo" })), NOW + 1);
    expect(await store.appliedConfiguration()).toMatchObject({ at: NOW });
  });

  it("is in force where no program of this version wrote what was accepted", async () => {
    await store.saveApplied({ digest: "old", at: 1, text: '{"format":0}' }, { due: new Map(), replaces: null });
    const wanted = files(aSource());
    expect(await standingOf(wanted, store)).toMatchObject({ isOpen: false, replaces: "old" });
    await accept(wanted);
    expect((await store.appliedConfiguration())?.digest).toBe((await standingOf(wanted, store)).digest);
  });

  it("is not accepted in the place of what was not seen when it was decided", async () => {
    const decided = await standingOf(files(aSource()), store);
    await accept(files(aSource({ title: "Decided meanwhile" })));
    const before = await store.appliedConfiguration();
    await acceptConfiguration(decided, store, NOW + 1);
    expect(await store.appliedConfiguration()).toEqual(before);
  });

  it("has sources visited soon that are read differently, and by a new rhythm those that have one", async () => {
    const [zone, often, same, rare] = ["zone", "often", "same", "rare"].map((id) => aSource({ id }));
    await accept(files(zone!, often!, same!, rare!));
    for (const { id } of [zone!, often!, same!, rare!]) await visited(id, NOW, NOW + 24 * HOUR);
    const wanted = files(
      aSource({ id: "zone", url: url("https://new.example/") }),
      aSource({ id: "often", rhythm: { kind: "every", everyMs: 600_000 } }),
      aSource({ id: "same", title: "Same" }),
      aSource({ id: "rare", rhythm: { kind: "every", everyMs: 48 * HOUR } }),
    );
    await acceptConfiguration({ configuration: wanted, replaces: await store.appliedDigest() }, store, NOW + 1_000);
    expect(Object.fromEntries(await store.nextPolls())).toEqual({
      zone: NOW + 300_000,
      often: NOW + 600_000,
      same: NOW + 24 * HOUR,
      rare: NOW + 24 * HOUR,
    });
  });

  it("takes a new rhythm over even while another change of the files waits", async () => {
    await accept(files(aSource()));
    await visited("town-news", NOW, NOW + 24 * HOUR);
    await accept(files(aSource({ timeZone: "Asia/Tokyo", rhythm: { kind: "every", everyMs: 600_000 } })), NOW + 1_000);
    expect(Object.fromEntries(await store.nextPolls())).toEqual({ "town-news": NOW + 600_000 });
    expect(await store.appliedConfiguration()).toMatchObject({ at: NOW });
  });
});
