import { describe, expect, it } from "vitest";
import { entry, feedDocument, richStory, story, url } from "../../tests/support/feed-documents.ts";
import type { AbsoluteUrl } from "../model/url.ts";
import { renderChecked, renderDocument } from "./render.ts";

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

describe("renderChecked", () => {
  it("leaves out an entry that breaks a rule of the format, and keeps the others", () => {
    const nowhere = entry(story({ number: 2, title: "Nowhere" }), { link: "file:///srv/page.html" as AbsoluteUrl });
    const entries = [entry(story()), nowhere, entry(story({ number: 3 }))];
    const { text, faults, findings } = renderChecked(feedDocument([], { entries }), "json");
    expect(findings).toEqual([]);
    expect(faults).toEqual([expect.objectContaining({ code: "entry_invalid", item: 1 })]);
    expect(text).toContain("Story 1");
    expect(text).toContain("Story 3");
    expect(text).not.toContain("Nowhere");
  });

  it("tells what is wrong with the feed itself", () => {
    const document = feedDocument([story()], { homeUrl: "nowhere" as AbsoluteUrl });
    expect(renderChecked(document, "json").findings).toEqual([expect.objectContaining({ rule: "url-relative" })]);
  });
});

describe("a link that RSS cannot say", () => {
  it("is left out there, not its story", () => {
    const document = feedDocument([story({ url: url("http://[2001:db8::1]/a") })]);
    expect(renderChecked(document, "rss")).toMatchObject({ faults: [], findings: [] });
    expect(renderChecked(document, "rss").text).not.toContain("2001:db8");
    expect(renderChecked(document, "atom").text).toContain("http://[2001:db8::1]/a");
  });
});
