import { expect, it } from "vitest";
import { NOON, story } from "../../../tests/support/feed-documents.ts";
import { linesOf, preparedEntry } from "../../../tests/support/render-module.ts";
import { addAtomUpdated } from "./atom-in-rss.ts";

it("says when a story changed, only where it did", () => {
  expect(linesOf((item) => addAtomUpdated(item, preparedEntry(story({ updatedAt: NOON }))))).toEqual([
    "<atom:updated>2025-06-01T12:00:00.000Z</atom:updated>",
  ]);
  expect(linesOf((item) => addAtomUpdated(item, preparedEntry(story())))).toEqual([]);
});

it("never says that a story changed before it was published", () => {
  const entry = preparedEntry(story({ publishedAt: NOON, updatedAt: NOON - 1 }));
  expect(linesOf((item) => addAtomUpdated(item, entry))).toEqual([]);
});
