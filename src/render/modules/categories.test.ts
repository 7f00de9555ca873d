import { expect, it } from "vitest";
import { story } from "../../../tests/support/feed-documents.ts";
import { linesOf, preparedEntry } from "../../../tests/support/render-module.ts";
import { addAtomCategories, addRssCategories } from "./categories.ts";

const entry = preparedEntry(
  story({ section: 'Harbour & "town"', tags: ["ferry", " ferry ", 'Harbour & "town"', "", "<b>"] }),
);

it("writes section and tags once each in RSS, told apart by their domain", () => {
  expect(linesOf((item) => addRssCategories(item, entry))).toEqual([
    '<category domain="urn:storywire:section">Harbour &#x26; &#x22;town&#x22;</category>',
    '<category domain="urn:storywire:tag">ferry</category>',
    '<category domain="urn:storywire:tag">&#x3C;\u2060b&#x3E;</category>',
  ]);
});

it("writes section and tags with term, scheme and label in Atom", () => {
  expect(linesOf((element) => addAtomCategories(element, entry))).toEqual([
    '<category term="Harbour &#x26; &#x22;town&#x22;" scheme="urn:storywire:section" label="Harbour &#x26; &#x22;town&#x22;"/>',
    '<category term="ferry" scheme="urn:storywire:tag" label="ferry"/>',
    '<category term="&#x3C;\u2060b&#x3E;" scheme="urn:storywire:tag" label="&#x3C;\u2060b&#x3E;"/>',
  ]);
});
