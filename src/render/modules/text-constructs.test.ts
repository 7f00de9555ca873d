import { expect, it } from "vitest";
import { safeHtml, story } from "../../../tests/support/feed-documents.ts";
import { linesOf, preparedEntry } from "../../../tests/support/render-module.ts";
import type { Story } from "../../model/story.ts";
import { addAtomTexts } from "./text-constructs.ts";

function textsOf(given: Partial<Story>): string[] {
  const entry = preparedEntry(story(given));
  return linesOf((element) => addAtomTexts(element, entry), "<entry><title><![CDATA[x]]></title>\n</entry>");
}

it("writes plain text as text, references in hexadecimal", () => {
  expect(textsOf({ title: "5 < 6 & <b>", summary: "R&D", rights: "© Q" })).toEqual([
    "<rights>© Q</rights>",
    "<summary>R&#x26;D</summary>",
  ]);
});

it("writes what has markup as html", () => {
  const contentHtml = safeHtml("<p>c</p>");
  expect(textsOf({ summaryHtml: safeHtml("<p>s</p>"), contentHtml })).toEqual([
    '<summary type="html"><![CDATA[<p>s</p>]]></summary>',
    '<content type="html"><![CDATA[<p>c</p>]]></content>',
  ]);
});

it("gives an entry that has only a title the title for a summary", () => {
  expect(textsOf({ title: "Only this" })).toEqual(["<summary>Only this</summary>"]);
});
