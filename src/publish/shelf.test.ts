import { describe, expect, it } from "vitest";
import { slugOf, snapshotOf } from "../../tests/support/fake-wire.ts";
import type { FeedHead } from "../store/store.ts";
import { createShelf } from "./shelf.ts";

const head = (touched: number, revision = 1): FeedHead => ({ slug: slugOf("top"), revision, changedAt: 0, touched });

function shelfOver(heads: () => readonly FeedHead[], refuses: () => boolean = () => false) {
  return createShelf({
    store: { feedHeads: async (after = -1) => heads().filter(({ touched }) => touched > after) },
    make: async ({ touched }, format) =>
      refuses()
        ? { faults: [], findings: [] }
        : { snapshot: snapshotOf("top", format, `as of ${touched}`), faults: [], findings: [] },
    bytesMax: 1_000_000,
    onProblem: () => {},
  });
}

describe("a shelf", () => {
  it("has a document at hand until its feed changes", async () => {
    let heads = [head(1)];
    const shelf = shelfOver(() => heads);
    await shelf.refresh();
    expect(shelf.ready("top", "rss")).toBeUndefined();
    await shelf.find(slugOf("top"), "rss");
    expect(String(shelf.ready("top", "rss")?.identity)).toBe("as of 1");
    heads = [head(2, 2)];
    await shelf.refresh();
    expect(shelf.ready("top", "rss")).toBeUndefined();
  });

  it("does not answer for a feed that came back what it was before it was removed", async () => {
    let heads = [head(1)];
    const shelf = shelfOver(() => heads);
    await shelf.refresh();
    await shelf.find(slugOf("top"), "rss");
    // The same slug, another feed: its revisions count from the start again.
    heads = [head(7)];
    await shelf.refresh();
    expect(shelf.ready("top", "rss")).toBeUndefined();
    expect(String((await shelf.find(slugOf("top"), "rss"))?.identity)).toBe("as of 7");
  });

  it("keeps the last good document where the gate refuses the new one", async () => {
    let heads = [head(1)];
    let isRefused = false;
    const shelf = shelfOver(
      () => heads,
      () => isRefused,
    );
    await shelf.refresh();
    await shelf.find(slugOf("top"), "rss");
    heads = [head(2, 2)];
    isRefused = true;
    await shelf.refresh();
    expect(String((await shelf.find(slugOf("top"), "rss"))?.identity)).toBe("as of 1");
  });
});
