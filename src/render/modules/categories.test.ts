import { expect, it } from "vitest";
import { story } from "../../../tests/support/feed-documents.ts";
import { linesOf, preparedEntry } from "../../../tests/support/render-module.ts";
import { addAtomCategories, addRssCategories } from "./categories.ts";

const entry = preparedEntry(story({ section: 'Harbour & "town"', tags: ["ferry", " ferry ", "", "<b>"] }));

it("writes section and tags once each in RSS", () => {
  expect(linesOf((item) => addRssCategories(item, entry))).toEqual([
    "<category>Harbour &#x26; &#x22;town&#x22;</category>",
    "<category>ferry</category>",
    "<category>&#x3C;\u2060b&#x3E;</category>",
  ]);
});

it("writes section and tags with term and label in Atom", () => {
  expect(linesOf((element) => addAtomCategories(element, entry))).toEqual([
    '<category term="Harbour &#x26; &#x22;town&#x22;" label="Harbour &#x26; &#x22;town&#x22;"/>',
    '<category term="ferry" label="ferry"/>',
    '<category term="&#x3C;\u2060b&#x3E;" label="&#x3C;\u2060b&#x3E;"/>',
  ]);
});
