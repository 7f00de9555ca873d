import { expect, it } from "vitest";
import { story, url } from "../../../tests/support/feed-documents.ts";
import { linesOf, preparedEntry } from "../../../tests/support/render-module.ts";
import { addAtomAuthors } from "./authors.ts";

it("names every author, with page and address where they are sound", () => {
  const authors = [
    { name: "Zoë & Co", url: url("https://news.example/zoë"), email: "zoe@news.example" },
    { name: "Bob <bob@news.example>", email: "no address" },
    { name: "" },
  ];
  expect(linesOf((element) => addAtomAuthors(element, preparedEntry(story({ authors }))))).toEqual([
    "<author>",
    "<name>Zoë &#x26; Co</name>",
    "<uri>https://news.example/zo%C3%AB</uri>",
    "<email>zoe@news.example</email>",
    "</author>",
    "<author>",
    "<name>Bob &#x3C;\u2060bob@news.example&#x3E;</name>",
    "</author>",
  ]);
});
