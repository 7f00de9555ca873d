import { expect, it } from "vitest";
import { story } from "../../../tests/support/feed-documents.ts";
import { linesOf, preparedEntry } from "../../../tests/support/render-module.ts";
import { addDublinCore } from "./dc.ts";

it("names every author, the rights, and the language where it is not the feed's", () => {
  const authors = [{ name: "Zoë & Co" }, { name: " " }, { name: "田中 健" }];
  const entry = preparedEntry(story({ authors, language: "nb", rights: "© 2025" }));
  expect(linesOf((item) => addDublinCore(item, entry))).toEqual([
    "<dc:creator>Zoë &#x26; Co</dc:creator>",
    "<dc:creator>田中 健</dc:creator>",
    "<dc:language>nb</dc:language>",
    "<dc:rights>© 2025</dc:rights>",
  ]);
});

it("writes nothing for a story that has none of it", () => {
  expect(linesOf((item) => addDublinCore(item, preparedEntry(story({ language: "en" }))))).toEqual([]);
});
