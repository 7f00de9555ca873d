import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Configuration } from "../../src/config/settings.ts";
import type { Feed } from "../../src/model/feed.ts";
import type { ParsedItem } from "../../src/model/parsed.ts";
import type { Source } from "../../src/model/source.ts";
import type { StoryId } from "../../src/model/story.ts";
import { migrate, openDatabase } from "../../src/store/database.ts";
import { createSqlStore, openStore } from "../../src/store/sql-store.ts";
import type { Store } from "../../src/store/store.ts";
import { startPlayer } from "../contract/player.ts";
import { NOW, numberedItem } from "./stories.ts";

export interface StoredFeeds extends AsyncDisposable {
  readonly configuration: Configuration;
  /** A connection that only reads. */
  readonly store: Store;
  /** Visits a source once more. */
  visit(sourceId: string, items: readonly ParsedItem[], at?: number): Promise<void>;
  /** As the operator does. */
  deleteStory(id: string, at: number): Promise<void>;
}

/** A database in a folder of its own, after one visit of each source, with the configuration that goes with it. */
export async function storeFeeds(
  sources: readonly Source[],
  feeds: readonly Feed[],
  itemsOf: (source: Source) => readonly ParsedItem[] = () => [1, 2, 3].map((number) => numberedItem(number)),
): Promise<StoredFeeds> {
  const folder = mkdtempSync(join(tmpdir(), "storywire-stored-"));
  const path = join(folder, "storywire.db");
  const database = openDatabase({ kind: "sqlite", path });
  await migrate(database);
  const writing = createSqlStore(database);
  const player = await startPlayer(writing, sources, feeds);
  const visit: StoredFeeds["visit"] = async (sourceId, items, at = NOW) => {
    const source = sources.find(({ id }) => id === sourceId)!;
    await writing.apply([await player.plan(items, at, source.id)]);
  };
  for (const source of sources) await visit(source.id, itemsOf(source));
  const store = openStore({ kind: "sqlite", path }, { readOnly: true });
  const configuration: Configuration = {
    settings: {
      service: {
        title: "Harbour wire",
        baseUrl: "https://wire.example",
        listen: { host: "127.0.0.1", port: 0 },
        language: "en",
        webWorkers: 1,
        metricsBySource: false,
        trustProxy: [],
      },
      database: { kind: "sqlite", path },
      dataDir: folder,
      filesRoot: folder,
      polling: { everyMs: 1_800_000, minimumMs: 300_000, perHost: { inFlight: 2, perSecond: 1 }, inFlight: 64 },
      limits: {
        bodyBytes: 16_777_216,
        totalMs: 30_000,
        redirects: 10,
        parseMs: 5_000,
        kept: { count: 0, sourceBytesMax: 0, bytesMax: 0 },
      },
      surprises: { entries: 10 },
      retention: { stories: {}, revisions: {}, polls: {} },
      allowAddresses: [],
      logLevel: "silent",
    },
    sources,
    feeds,
  };
  return {
    configuration,
    store,
    visit,
    // Tests name ids that documents told.
    deleteStory: async (id, at) => void (await writing.deleteStory(id as StoryId, at)),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await writing[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
