import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aSource, NOW, url } from "../../tests/support/stories.ts";
import { ParseError } from "../errors.ts";
import type { Source } from "../model/source.ts";
import { migrate, openDatabase } from "../store/database.ts";
import { createSqlStore } from "../store/sql-store.ts";
import type { KeptBody, Store } from "../store/store.ts";
import { createOutageWatch } from "./outage.ts";
import { pollSource } from "./poll.ts";
import { readDocument } from "./read.ts";
import { replayBody } from "./replay.ts";

const HOUR = 3_600_000;
const LIMITS = { count: 2, sourceBytesMax: 100_000, bytesMax: 1_000_000 };

const page = (numbers: readonly number[], link = "a") =>
  `<html lang="en"><body>${numbers
    .map(
      (number) =>
        `<div class="card"><h3>Story ${number} of the harbour town</h3><a href="/s/${number}">read</a><b data-to="/other/${number}">more</b><time datetime="2026-02-2${number}T10:00:00">x</time></div>`,
    )
    .join("")}${link}</body></html>`;

describe("replayBody", () => {
  const source = aSource({
    id: "town",
    url: url("https://town.example/news"),
    kind: "listing",
    listing: { items: ".card", title: "h3", link: "a", date: "time", follow: false },
  });
  let store: Store;

  beforeEach(async () => {
    const database = openDatabase({ kind: "sqlite", path: ":memory:" });
    await migrate(database);
    store = createSqlStore(database);
  });
  afterEach(() => store[Symbol.asyncDispose]());

  async function visit(text: string, at = NOW - HOUR): Promise<void> {
    const [state] = await store.sourceStates([source.id]);
    await pollSource(source, state, {
      store,
      fetch: async (request) => ({
        kind: "fetched",
        status: 200,
        finalUrl: request.url,
        headers: {},
        redirects: [],
        wireBytes: 0,
        validators: {},
        contentType: "text/html; charset=utf-8",
        body: Buffer.from(text),
      }),
      read: async (job) => readDocument(job),
      commit: (changes) => store.apply([changes], LIMITS),
      membershipsOf: () => [],
      now: () => at,
      random: () => 0,
      nextCronAt: () => null,
      minimumMs: 300_000,
      keptBytesMax: LIMITS.sourceBytesMax,
      outage: createOutageWatch(),
      onBug: (error) => expect.fail(String(error)),
    });
  }

  async function replay(by: Source, given?: KeptBody) {
    const [state] = await store.sourceStates([source.id]);
    const [kept] = await store.keptBodies(source.id);
    const tools = {
      store,
      read: async (job: Parameters<typeof readDocument>[0]) => readDocument(job),
      membershipsOf: () => [],
      now: NOW,
      bodyBytesMax: 1_000_000,
    };
    return replayBody(by, { state, body: given ?? kept ?? expect.fail("nothing is kept") }, tools);
  }

  it("finds under the rules in force what the visit found, and changes nothing", async () => {
    await visit(page([1, 2, 3]));
    const before = await store.sourceStates();
    const found = await replay(source);
    expect(found?.candidates).toHaveLength(3);
    expect(found?.changes).toMatchObject({ newStories: [], updates: [], poll: { outcome: "unchanged" } });
    expect(await store.sourceStates()).toEqual(before);
    expect((await store.listPolls(source.id, 10)).length).toBe(1);
  });

  it("finds under other rules what a visit would find, without another document", async () => {
    await visit(page([1, 2, 3]));
    const zone = await replay({ ...source, timeZone: "Asia/Tokyo" });
    expect([...(zone?.matched.keys() ?? [])]).toEqual([0, 1, 2]);
    expect(zone?.candidates[0]?.published?.from).toBe(Date.parse("2026-02-21T10:00:00+09:00"));
    const titles = await replay({ ...source, listing: { ...source.listing, title: "b" } });
    expect(titles?.changes.updates.filter(({ revised }) => revised !== undefined)).toHaveLength(3);
  });

  it("rejects what other rules cannot read with their code, and what is damaged", async () => {
    await visit(page([1, 2, 3]));
    const wrong = { ...source, listing: { ...source.listing, items: ".nothing" } };
    await expect(replay(wrong)).rejects.toMatchObject({ name: "ParseError", code: "selector_matched_nothing" });
    const [kept] = await store.keptBodies(source.id);
    const cut = { ...(kept as KeptBody), encoding: "gzip", bytes: gzipSync(page([1])).subarray(0, 40) };
    await expect(replay(source, cut)).rejects.toBeInstanceOf(ParseError);
  });

  it("is nothing where the source would go on to a feed that the page names", async () => {
    await visit(page([1, 2, 3]));
    const named = `<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head><body><p>Hello</p></body></html>`;
    const [kept] = await store.keptBodies(source.id);
    const body = { ...(kept as KeptBody), encoding: "gzip", bytes: gzipSync(named) };
    expect(await replay({ ...source, kind: "auto", listing: { follow: false } }, body)).toBeNull();
  });
});
