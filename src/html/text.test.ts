import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { htmlToText, textOf } from "./text.ts";
import { parseHtmlFragment } from "./tree.ts";

describe("htmlToText", () => {
  test.each([
    ["a > inside quotes ends no tag", '<a title="x > y">link</a>', "link"],
    ["an apostrophe outside a value opens no quote", "<p class=x'>it</p>", "it"],
    ["comments and declarations say nothing", "a<!-- <b> -->b<!DOCTYPE x>c<?php echo ?>d", "abcd"],
    ["a bracket that begins no tag is text", "1 < 2 and <3", "1 < 2 and <3"],
    ["a tag cut off is dropped", "end <img src=", "end"],
    ["references are decoded once", "&amp;lt;b&amp;gt; &eacute;", "&lt;b&gt; é"],
    ["scripts never closed swallow the rest", "a<script>b", "a"],
    ["self-closing scripts swallow nothing", "a<svg/>b", "ab"],
  ])("%s", (_promise, html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  test("agrees with the tree on HTML that is well nested", () => {
    const word = fc.constantFrom("Quay", "ferry &amp; crew", " late ", "&eacute;t&eacute;", "2 &lt; 3");
    const { html } = fc.letrec<{ html: string; element: string }>((tie) => ({
      html: fc.array(fc.oneof({ maxDepth: 4 }, word, tie("element")), { maxLength: 4 }).map((parts) => parts.join("")),
      element: fc
        .tuple(fc.constantFrom("div", "section", "ul", "em", "span", "b"), tie("html"))
        .map(([name, inner]) => `<${name} title='a > "b"'>${inner}</${name}>`),
    }));
    fc.assert(
      fc.property(html, (text) => {
        expect(htmlToText(text)).toBe(textOf(parseHtmlFragment(text).children));
      }),
    );
  });
});
