import { describe, expect, test } from "vitest";
import { HTML_LIMITS, parseHtml } from "./tree.ts";

describe("parseHtml", () => {
  const hostile: readonly (readonly [code: string, html: string])[] = [
    ["too_deep", "<div>".repeat(100_000)],
    ["too_deep", "<a><b><i>".repeat(30_000)],
    ["too_many_elements", "<i></i>".repeat(1_000_000)],
    ["too_large", " ".repeat(HTML_LIMITS.charactersMax + 1)],
  ];
  test.each(hostile)("ends with %s instead of the process", (code, html) => {
    expect(() => parseHtml(html)).toThrow(expect.objectContaining({ code }));
  });

  test("reads a page of ordinary depth", () => {
    expect(parseHtml("<div>".repeat(200)).children).not.toHaveLength(0);
  });
});
