import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FeedFacts, ParsedItem } from "../../src/model/parsed.ts";
import { createFeedTtl, type Site, type SourceFacts } from "../../src/publish/document.ts";
import { publishFormats } from "../../src/publish/publish.ts";
import { type DatabaseAddress, migrate, openDatabase } from "../../src/store/database.ts";
import { createSqlStore } from "../../src/store/sql-store.ts";
import type { PollChanges, Store } from "../../src/store/store.ts";
import { aFeed, aSource, NOW, numberedItem, url } from "../support/stories.ts";
import { useDatabases } from "./databases.ts";
import { startPlayer } from "./player.ts";

const HOUR = 3_600_000;
const sources = [aSource(), aSource({ id: "village" }), aSource({ id: "harbour", tags: ["sea"] })];
const feeds = [
  aFeed(),
  aFeed({ slug: "single", duplicates: "first", limit: 8 }),
  aFeed({ slug: "sea", select: { ...aFeed().select, tags: ["sea"], sinceMs: 30 * HOUR } }),
];
const site: Site = { title: "Wire", baseUrl: "https://wire.example", language: "en" };

const databases = useDatabases();

/** What a publisher shows at one visit: some of its stories, in some order, some of them edited or without their date. */
const shown = fc.record({
  number: fc.nat(12),
  edition: fc.nat(2),
  dated: fc.boolean(),
  guid: fc.constantFrom("own", "other", "none"),
  shared: fc.boolean(),
});
const visit = fc.record({ source: fc.nat(sources.length - 1), items: fc.array(shown, { maxLength: 8 }) });
/** Visits of one group end together: they are stored in one commit where the store may do so. */
const history = fc.array(fc.array(visit, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 });

type Shown = typeof shown extends fc.Arbitrary<infer T> ? T : never;

function itemOf({ number, edition, dated, guid, shared }: Shown, source: string): ParsedItem {
  const {
    guid: _guid,
    published,
    ...item
  } = numberedItem(number, {
    url: url(`https://${shared ? "shared" : source}.example/${number}`),
    ...(edition === 0 ? {} : { title: `Story ${number} — “edition” ${edition}`, summary: `Übrigens: ${edition} 🌊` }),
  });
  return {
    ...item,
    ...(guid === "none" ? {} : { guid: `tag:${source}:${guid}:${number}` }),
    ...(dated && published !== undefined ? { published } : {}),
  };
}

interface Replica {
  readonly address: () => Promise<DatabaseAddress>;
  /** Polls that end together are stored in one commit. */
  readonly grouped: boolean;
}

const replicas: Readonly<Record<string, Replica>> = {
  SQLite: { address: databases.SQLite, grouped: true },
  "SQLite, poll by poll": {
    address: databases.SQLite,
    grouped: false,
  },
  Postgres: { address: databases.Postgres, grouped: true },
};

/** Every document and validator after each group of visits. */
async function play(
  { address, grouped }: Replica,
  groups: readonly (readonly { readonly source: number; readonly items: readonly Shown[] }[])[],
): Promise<readonly string[]> {
  const database = openDatabase(await address(), { connections: 2 });
  await migrate(database);
  await using store = createSqlStore(database);
  const player = await startPlayer(store, sources, feeds);
  const told: string[] = [];
  for (const [index, group] of groups.entries()) {
    const changes: PollChanges[] = [];
    const visited = new Set<number>();
    for (const [place, { source: number, items }] of group.entries()) {
      const source = sources[number]!;
      // A source is never visited twice at once.
      if (visited.has(number)) continue;
      visited.add(number);
      const list = items.map((item) => itemOf(item, source.id));
      changes.push(await player.plan(list, NOW + index * 7 * HOUR + place, source.id));
    }
    if (grouped) await store.apply(changes);
    else for (const one of changes) await store.apply([one]);
    await store.expireEntries(NOW + index * 7 * HOUR);
    told.push(...(await documentsOf(store)));
  }
  return told;
}

async function documentsOf(store: Store): Promise<readonly string[]> {
  const facts = new Map<string, FeedFacts | undefined>(
    (await store.sourceStates()).map((state) => [state.id, state.memory.facts]),
  );
  const factsOf: SourceFacts = (id) => {
    const source = sources.find((one) => one.id === id);
    const known = facts.get(id);
    return { ...(source === undefined ? {} : { source }), ...(known === undefined ? {} : { facts: known }) };
  };
  const told: string[] = [];
  for (const feed of feeds) {
    const head = (await store.feedHeads()).find((one) => one.slug === feed.slug)!;
    for (const { snapshot, findings } of await publishFormats(feed, head, {
      store,
      site,
      factsOf,
      ttlOf: createFeedTtl(sources),
    })) {
      expect(findings).toEqual([]);
      told.push(`${feed.slug}.${snapshot?.format} ${snapshot?.tag} ${snapshot?.lastModifiedAt} ${snapshot?.identity}`);
    }
  }
  return told;
}

describe("the same polls, played on several databases", () => {
  it("give byte-equal documents and equal validators", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (groups) => {
        const [first, ...others] = await Promise.all(Object.values(replicas).map((replica) => play(replica, groups)));
        for (const other of others) expect(other).toEqual(first);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  }, 120_000);
});
