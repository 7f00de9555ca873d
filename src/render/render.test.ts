import { describe, expect, it } from "vitest";
import { feedDocument, richStory, story } from "../../tests/support/feed-documents.ts";
import { renderDocument } from "./render.ts";

const FORMATS = ["rss", "atom", "json"] as const;

describe("renderDocument", () => {
  it.each(FORMATS)("writes the same %s for the same input", (format) => {
    const stories = [richStory(1), story({ number: 2 })];
    expect(renderDocument(feedDocument(stories), format)).toEqual(renderDocument(feedDocument(stories), format));
  });

  it.each(FORMATS)("leaves a second entry of the same id out of %s with a fault, not the feed", (format) => {
    const { text, faults } = renderDocument(feedDocument([story(), story({ title: "Again" })]), format);
    expect(faults).toEqual([expect.objectContaining({ code: "duplicate_entry", item: 1 })]);
    expect(text).toContain("Story 1");
    expect(text).not.toContain("Again");
  });

  it.each(FORMATS)("leaves an entry whose id is no URN out of %s with a fault, not the feed", (format) => {
    const document = feedDocument([story(), story({ number: 2 })]);
    const [first, second] = document.entries;
    if (first === undefined || second === undefined) throw new Error("two entries");
    const { text, faults } = renderDocument({ ...document, entries: [{ ...first, urn: "no urn" }, second] }, format);
    expect(faults).toEqual([expect.objectContaining({ code: "entry_inexpressible", item: 0 })]);
    expect(text).toContain("Story 2");
  });
});
