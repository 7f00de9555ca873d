import { describe, expect, it } from "vitest";
import { story, url } from "../../../tests/support/feed-documents.ts";
import { linesOf, preparedEntry } from "../../../tests/support/render-module.ts";
import { addAtomEnclosures, addRssEnclosure } from "./enclosure.ts";

const enclosures = [
  { url: url("http://localhost/a.mp3") },
  { url: url("https://media.example/b"), type: "Audio/MPEG; codecs=x", lengthBytes: 5 },
  { url: url("https://media.example/c.mp4"), type: "no type" },
  { url: url("https://media.example/c.mp4") },
];

describe("addRssEnclosure", () => {
  it("writes the first enclosure that RSS allows, and hands back the rest", () => {
    let others: readonly { readonly url: string }[] = [];
    const lines = linesOf((item) => {
      others = addRssEnclosure(item, preparedEntry(story({ enclosures })));
    });
    expect(lines).toEqual(['<enclosure url="https://media.example/b" length="5" type="audio/mpeg"/>']);
    expect(others.map(({ url: address }) => address)).toEqual([
      "http://localhost/a.mp3",
      "https://media.example/c.mp4",
    ]);
  });
});

describe("addAtomEnclosures", () => {
  it("writes each enclosure once with its real type", () => {
    expect(linesOf((entry) => addAtomEnclosures(entry, preparedEntry(story({ enclosures }))))).toEqual([
      '<link rel="enclosure" type="audio/mpeg" href="http://localhost/a.mp3"/>',
      '<link rel="enclosure" type="audio/mpeg" length="5" href="https://media.example/b"/>',
      '<link rel="enclosure" type="video/mp4" href="https://media.example/c.mp4"/>',
    ]);
  });
});
