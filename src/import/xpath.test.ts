import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSelector } from "../extract/selector.ts";
import { selectorOfXPath } from "./xpath.ts";

describe("an XPath expression", () => {
  it.each([
    ['//div[@class="story"]', 'div[class="story"]'],
    ["//div[contains(@class, 'story')]/article", 'div[class*="story"] > article'],
    ["//li[contains(concat(' ', normalize-space(@class), ' '), ' post ')]", 'li[class~="post"]'],
    ["descendant::h2/a[1]/@href", "h2 > a:nth-of-type(1)"],
    [".//a[starts-with(@href, '/news/')]", 'a[href^="/news/"]'],
    ["./time/@datetime", "time"],
    ["normalize-space(.//h3//span/text())", "h3 span"],
    ["//main//*[@id='list']/li[last()]", 'main [id="list"] > li:last-of-type'],
    ["//h2[@class and @id='x'] | //h3", 'h2[class][id="x"], h3'],
  ])("%s becomes %s", (xpath, selector) => {
    expect(selectorOfXPath(xpath)).toBe(selector);
    expect(isSelector(selector)).toBe(true);
  });

  it.each([
    "",
    ".",
    "@href",
    "concat('a', .//b)",
    "//a[text()='x']",
    "//a/following-sibling::b",
    "../x",
    "//a[not(@b)]",
    "count(//a)",
  ])("%s has no selector", (xpath) => expect(selectorOfXPath(xpath)).toBeNull());

  it("of any text gives a selector that can be read, or none", () => {
    const pieces = fc.constantFrom(
      "/",
      "//",
      "a",
      "*",
      "[",
      "]",
      "@b",
      "='c'",
      "(",
      ")",
      "contains(",
      ",",
      "'",
      '"',
      "|",
      ".",
      "1",
      " and ",
      "text()",
      "\\",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
        const selector = selectorOfXPath(parts.join(""));
        return selector === null || isSelector(selector);
      }),
      { numRuns: 3000 },
    );
  });
});
