import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storyHtml } from "../../tests/support/hostile-documents.ts";
import { judgeHtml, publishableHtml } from "./html-rules.ts";

describe("publishableHtml", () => {
  it.each([
    '<p>R&amp;D <a href="https://a.example/?b=1&amp;c=2">x</a></p>',
    '<figure><img src="https://a.example/a.jpg" alt="A &quot;b&quot;"><figcaption>C</figcaption></figure>',
    "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>",
    "<ul><li>a<ol><li>b</li></ol></li></ul>",
  ])("leaves %s as it is", (html) => {
    expect(publishableHtml(html)).toBe(html);
  });

  it.each([
    ["what does not parse", "<p>R&D <b>bold<p>more", "<p>R&amp;D <b>bold</b></p><p><b>more</b></p>"],
    [
      "active content",
      '<p onclick="x()">a<script>b</script><iframe src="https://c.example/"></iframe></p>',
      "<p>a</p>",
    ],
    ["styles", '<p style="color:red">a</p>', "<p>a</p>"],
    ["relative addresses", '<p><a href="/x">a</a><img src="y.jpg" alt="b"></p>', '<p><a>a</a><img alt="b"></p>'],
    ["elements that are not for readers", "<article><custom-tag>a</custom-tag></article>", "<article>a</article>"],
    ["comments", "<p>a<!-- b --></p>", "<p>a</p>"],
    [
      "forms in tables",
      "<table><form></form><tr><td>a</td></tr></table>",
      "<table><tbody><tr><td>a</td></tr></tbody></table>",
    ],
    ["control characters, written out too", "<p>a\u0001&#1;&#xFFFE;b</p>", "<p>ab</p>"],
    [
      "addresses hidden in other attributes",
      '<p><img src="https://a.example/b.jpg" alt="src=x"></p>',
      '<p><img src="https://a.example/b.jpg"></p>',
    ],
  ])("mends %s", (_what, html, expected) => {
    expect(publishableHtml(html)).toBe(expected);
  });

  it("gives nothing where nothing is left to read or see", () => {
    expect(publishableHtml("<script>a</script><p> </p>")).toBe("");
    expect(publishableHtml("")).toBe("");
  });

  it("gives the text of what is nested too deep", () => {
    expect(publishableHtml(`${"<div>".repeat(10_000)}deep &lt;b>`)).toBe("<p>deep &lt;b&gt;</p>");
  });

  it("gives HTML without any problem for any HTML, and leaves that as it is", () => {
    fc.assert(
      fc.property(storyHtml, (html) => {
        const published = publishableHtml(html);
        expect(judgeHtml(published).problems).toEqual([]);
        expect(publishableHtml(published)).toBe(published);
      }),
    );
  });
});

describe("judgeHtml", () => {
  it.each([
    "<p>a<p>b",
    "<ul><li>a<li>b</ul>",
    "<table><tr><td>a</table>",
    "a<br/>b",
    "<P CLASS=x>a</P>",
    "<p>5 &lt; 6",
  ])("finds nothing wrong with %s, which is right though unusual", (html) => {
    expect(judgeHtml(html).problems).toEqual([]);
  });

  it("gives the beginning of the text, one space for each run of white space", () => {
    expect(judgeHtml("<h2>Head</h2>\n<p>It  <b>is</b>n’t.</p><script>no</script>").text).toBe("Head It isn’t.");
  });
});
