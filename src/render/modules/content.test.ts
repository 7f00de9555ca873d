import { expect, it } from "vitest";
import { safeHtml, story } from "../../../tests/support/feed-documents.ts";
import { linesOf, preparedEntry } from "../../../tests/support/render-module.ts";
import { addRssContent } from "./content.ts";

const contentHtml = safeHtml("<p>R&amp;D ]]&gt; x</p>");

it("writes the summary before the content, as HTML", () => {
  const entry = preparedEntry(story({ summary: "R&D < 5", contentHtml }));
  expect(linesOf((item) => addRssContent(item, entry))).toEqual([
    "<description><![CDATA[R&amp;D &lt; 5]]></description>",
    "<content:encoded><![CDATA[<p>R&amp;D ]]&gt; x</p>]]></content:encoded>",
  ]);
});

it("describes a story without summary by its content", () => {
  expect(linesOf((item) => addRssContent(item, preparedEntry(story({ contentHtml }))))).toEqual([
    "<description><![CDATA[<p>R&amp;D ]]&gt; x</p>]]></description>",
  ]);
});

it("keeps the summary's own markup", () => {
  const entry = preparedEntry(story({ summary: "x y", summaryHtml: safeHtml("<p>x <i>y</i></p>") }));
  expect(linesOf((item) => addRssContent(item, entry))).toEqual([
    "<description><![CDATA[<p>x <i>y</i></p>]]></description>",
  ]);
});

it("gives a feed of summaries the beginning of a story that has no summary, and no content", () => {
  const entry = preparedEntry(story({ contentHtml: safeHtml("<p>Only this.</p>") }), { content: "summary" });
  expect(linesOf((item) => addRssContent(item, entry))).toEqual(["<description>Only this.</description>"]);
});
