import { expect, it } from "vitest";
import { entry, feedDocument, story, url } from "../../../tests/support/feed-documents.ts";
import { linesOf } from "../../../tests/support/render-module.ts";
import { prepareDocument } from "../prepared.ts";
import { addAtomRelated } from "./related.ts";

const linked = (canonical: string | undefined) => {
  const of = story({
    url: url("https://short.example/x"),
    ...(canonical === undefined ? {} : { canonicalUrl: url(canonical) }),
  });
  const document = feedDocument([], { entries: [entry(of, { link: url("https://short.example/x") })] });
  return linesOf((element) => {
    for (const prepared of prepareDocument(document).entries) addAtomRelated(element, prepared);
  }, "<entry/>");
};

it("names the publisher's own address of a story that is linked to at another", () => {
  expect(linked("https://news.example/a?b=1&c=2")).toEqual([
    '<link rel="related" type="text/html" href="https://news.example/a?b=1&#x26;c=2"/>',
  ]);
});

it("names none that is the story's link already, or not known", () => {
  expect([linked("https://short.example/x"), linked(undefined)]).toEqual([[], []]);
});
