import { expect, it } from "vitest";
import { entry, feedDocument, story, url } from "../../../tests/support/feed-documents.ts";
import { linesOf } from "../../../tests/support/render-module.ts";
import type { EntrySource } from "../../model/feed.ts";
import type { SourceId } from "../../model/source.ts";
import type { AbsoluteUrl } from "../../model/url.ts";
import { prepareDocument } from "../prepared.ts";
import { addAtomSource, addRssSource } from "./source.ts";

function from(source: Partial<EntrySource>) {
  const id = "quay-news" as SourceId;
  const of = entry(story(), { source: { id, title: "Quay & News", url: url("https://news.example/"), ...source } });
  const [prepared] = prepareDocument(feedDocument([], { entries: [of] })).entries;
  if (prepared === undefined) throw new Error("the entry was left out");
  return prepared;
}

it("names the source in RSS, without its user name and password", () => {
  const one = from({ url: url("https://me:secret@news.example/rss") });
  expect(linesOf((item) => addRssSource(item, one))).toEqual([
    '<source url="https://news.example/rss">Quay &#x26; News</source>',
  ]);
});

it("names the source in Atom with id, title, date and links", () => {
  const facts = { authors: [], self: url("https://news.example/rss"), updated: "2025-01-02T03:04:05Z" };
  expect(linesOf((element) => addAtomSource(element, from({ facts })))).toEqual([
    "<source>",
    "<id>urn:storywire:source:quay-news</id>",
    "<title>Quay &#x26; News</title>",
    "<updated>2025-01-02T03:04:05.000Z</updated>",
    '<link rel="alternate" href="https://news.example/"/>',
    '<link rel="self" href="https://news.example/rss"/>',
    "</source>",
  ]);
});

it("tells nobody the path of a file", () => {
  const file = from({ url: "file:///srv/private/page.html" as AbsoluteUrl });
  expect(linesOf((item) => addRssSource(item, file))).toEqual([]);
  expect(linesOf((element) => addAtomSource(element, file))).toEqual([]);
});
