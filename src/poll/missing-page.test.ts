import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aSource, NOW, url } from "../../tests/support/stories.ts";
import { FetchError } from "../errors.ts";
import type { FetchOutcome } from "../fetch/fetch.ts";
import { migrate, openDatabase } from "../store/database.ts";
import { createSqlStore } from "../store/sql-store.ts";
import type { Store } from "../store/store.ts";
import { createOutageWatch } from "./outage.ts";
import { pollSource } from "./poll.ts";
import { readDocument } from "./read.ts";

const address = url("https://town.example/bridge");
const page = `<html><head><title>Bridge reopens</title></head><body><article><h1>Bridge reopens</h1>
  ${"<p>The bridge over the river was opened again on Monday, after two years of work that cost more than was planned.</p>".repeat(6)}
  </article></body></html>`;

describe("an article's page that is not there any more", () => {
  const source = aSource({ id: "bridge", url: address, kind: "page" });
  let store: Store;
  let now = NOW;
  beforeEach(async () => {
    const database = openDatabase({ kind: "sqlite", path: ":memory:" });
    await migrate(database);
    store = createSqlStore(database);
  });
  afterEach(() => store[Symbol.asyncDispose]());

  async function visit(status: 200 | 404 | 410 | 500) {
    now += 3_600_000;
    const [state] = await store.sourceStates([source.id]);
    const facts = { status, finalUrl: address, headers: {}, redirects: [], wireBytes: 0 };
    const outcome: Partial<Record<number, FetchOutcome>> = {
      200: {
        ...facts,
        kind: "fetched",
        validators: { etag: '"1"' },
        contentType: "text/html",
        body: new TextEncoder().encode(page),
      },
      410: { ...facts, kind: "gone" },
    };
    const answered = outcome[status];
    const code = status === 404 ? "not_found" : "http_status";
    return pollSource(source, state, {
      store,
      fetch: async () => answered ?? Promise.reject(new FetchError("no page", { code, httpStatus: status })),
      read: async (job) => readDocument(job),
      commit: (changes) => store.apply([changes]),
      membershipsOf: () => [],
      now: () => now,
      random: () => 0,
      nextCronAt: () => null,
      minimumMs: 300_000,
      outage: createOutageWatch(),
      onBug: (error) => expect.unreachable(String(error)),
    });
  }
  const shown = async () => (await store.newestOfSource(source.id, 10)).map((story) => story.title);

  it("withdraws the story once three visits since the last good one found it missing, and brings it back as it was", async () => {
    await visit(200);
    const before = await store.newestOfSource(source.id, 10);
    expect(before).toHaveLength(1);
    for (const status of [404, 404, 200, 404, 404, 500, 404] as const) await visit(status);
    expect(await shown()).toEqual([]);
    expect((await store.storyHistory(before[0]!.id))?.sightings).toMatchObject([{ rule: "page-missing", text: "404" }]);
    await visit(200);
    expect(await store.newestOfSource(source.id, 10)).toMatchObject([
      { id: before[0]!.id, publishedAt: before[0]!.publishedAt, revision: 1 },
    ]);
  });

  it("withdraws it at once where the server says that it is gone for good", async () => {
    await visit(200);
    await visit(410);
    expect(await shown()).toEqual([]);
  });

  it("keeps it through faults of another kind", async () => {
    await visit(200);
    for (let times = 0; times < 6; times += 1) await visit(500);
    expect(await shown()).toHaveLength(1);
  });
});
