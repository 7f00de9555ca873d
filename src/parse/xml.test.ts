import { readFileSync } from "node:fs";
import Parser from "rss-parser";
import { describe, expect, test, vi } from "vitest";
import { parseXml } from "./xml.ts";

const CONTEXT = { timeZone: "UTC", capturedAt: 0 };

/** rss-parser's mapping is reached through methods it does not document. */
describe("the seam to rss-parser", () => {
  test("is the version that was looked into", () => {
    const { dependencies } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(dependencies["rss-parser"]).toBe("3.13.0");
  });

  test.each([
    ["buildRSS2", "<rss><channel><item><title>a</title></item></channel></rss>"],
    ["buildAtomFeed", "<feed><entry><title>a</title></entry></feed>"],
  ])("%s maps the tree, and rss-parser's own XML reader is never asked", (method, text) => {
    // The cast: the method is not in the types, which is why it is guarded here.
    const map = vi.spyOn(Parser.prototype as unknown as Record<string, () => unknown>, method);
    const read = vi.spyOn(Parser.prototype, "parseString");
    expect(parseXml(text, CONTEXT).items).toMatchObject([{ title: "a" }]);
    expect(map).toHaveBeenCalledOnce();
    const mapped = map.mock.results[0]?.value as { items: object[] };
    expect(Object.keys(mapped.items[0] ?? {}).filter((key) => /snippet/i.test(key))).toEqual([]);
    expect(read).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
