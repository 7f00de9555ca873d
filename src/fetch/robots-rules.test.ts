import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAllowed, parseRobots, ROBOTS_BYTES_MAX } from "./robots-rules.ts";

function allows(text: string, path: string, token = "Storywire"): boolean {
  return isAllowed(parseRobots(text, token), new URL(path, "http://news.example"));
}

describe("parseRobots and isAllowed", () => {
  test.each<[text: string, path: string, allowed: boolean]>([
    ["", "/", true],
    ["User-agent: *\nDisallow: /", "/x", false],
    ["User-agent: *\nDisallow:", "/x", true],
    ["user-agent:*\ndisallow:/private", "/private/x", false],
    ["User-agent: *\nDisallow: /private", "/privateer", false],
    ["User-agent: *\nDisallow: /private", "/Private", true],
    ["User-agent: *\nDisallow: /private/ # hush", "/private", true],
    ["User-agent: *\r\nDisallow: /a\r\n\r\nDisallow: /b", "/b", false],
    ["User-agent: *\rDisallow: /a", "/a", false],
    ["\ufeffUser-agent: *\nDisallow: /", "/", false],
    ["Disallow: /", "/", true],
    ["nonsense\nUser-agent: *\nSitemap: http://x.example/\nDisallow: /a", "/a", false],
    ["<html><title>Not found</title></html>", "/", true],
    ["User-agent: *\nDisallow: /", "/robots.txt", true],
  ])("%j decides %s: %s", (text, path, allowed) => {
    expect(allows(text, path)).toBe(allowed);
  });

  test.each<[text: string, path: string, allowed: boolean]>([
    ["Disallow: /\nAllow: /news", "/news/1", true],
    ["Allow: /news\nDisallow: /news/secret", "/news/secret/1", false],
    ["Disallow: /page\nAllow: /page", "/page", true],
    ["Allow: /page\nDisallow: /*.html", "/page.html", false],
    ["Disallow: *", "/x", false],
    ["Disallow: /*.gif$", "/a/b.gif", false],
    ["Disallow: /*.gif$", "/a/b.gif?x", true],
    ["Disallow: /a$", "/a", false],
    ["Disallow: /a$", "/ab", true],
    ["Disallow: /*/*/c", "/a/b/c", false],
    ["Disallow: /a*z", "/abc", true],
    ["Disallow: /a*z*", "/a/z/q", false],
    ["Disallow: /ab*ba$", "/aba", true],
    ["Disallow: /?", "/?q=1", false],
    ["Disallow: /search?q=", "/search?q=x", false],
    ["Disallow: /caf%C3%A9", "/café", false],
    ["Disallow: /café", "/caf%C3%A9", false],
    ["Disallow: /a%2Fb", "/a/b", true],
    ["Disallow: /a%2fb", "/a%2Fb", false],
    ["Disallow: /%7Euser", "/~user", false],
  ])("the longest rule decides, wildcards and escapes understood: %j, %s: %s", (rules, path, allowed) => {
    expect(allows(`User-agent: *\n${rules}`, path)).toBe(allowed);
  });

  test("all groups that name us are ours, in any case and with any version; others are not", () => {
    const text = [
      "User-agent: other\nDisallow: /other",
      "User-agent: STORYWIRE/2.0\nUser-agent: second\nDisallow: /one",
      "User-agent: *\nDisallow: /",
      "User-agent: storywire\nDisallow: /two",
    ].join("\n\n");
    expect(["/one", "/two", "/other", "/free"].map((path) => allows(text, path))).toEqual([false, false, true, true]);
    expect(allows(text, "/one", "second")).toBe(false);
    expect(allows(text, "/free", "stranger")).toBe(false);
    expect(allows("User-agent: storywirebot\nDisallow: /", "/")).toBe(true);
  });

  test("a crawl delay is read and bounded", () => {
    const delay = (value: string) => parseRobots(`User-agent: *\nCrawl-delay: ${value}`, "Storywire").crawlDelayMs;
    expect([delay("10"), delay("0.5"), delay("99999"), delay("-1"), delay("soon"), delay("")]).toEqual([
      10_000,
      500,
      300_000,
      undefined,
      undefined,
      undefined,
    ]);
    expect(parseRobots("User-agent: other\nCrawl-delay: 5", "Storywire").crawlDelayMs).toBeUndefined();
  });

  test("what stands behind 500 KiB is not read", () => {
    const text = `User-agent: *\n${"#".repeat(ROBOTS_BYTES_MAX)}\nDisallow: /`;
    expect(allows(text, "/")).toBe(true);
  });

  test("matches as a plain pattern does", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 12 });
    const path = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 20 });
    fc.assert(
      fc.property(text, fc.boolean(), path, (pattern, anchored, rest) => {
        const source = pattern.replaceAll("*", ".*").replace(/(?:\.\*)+/g, ".*");
        const expected = new RegExp(`^/${source}${anchored ? "$" : ""}`).test(`/${rest}`);
        const rules = parseRobots(`User-agent: *\nDisallow: /${pattern}${anchored ? "$" : ""}`, "Storywire");
        // Not through URL: it would fold "//" away.
        expect(isAllowed(rules, { pathname: `/${rest}`, search: "" } as URL)).toBe(!expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["rules of one star after another", `Disallow: ${"/*a".repeat(170_000)}`],
    ["twenty-five thousand rules", "Disallow: /*a*a*a*b\n".repeat(25_000)],
    ["long parts that almost match", `Disallow: /*${"a".repeat(1_500)}b\n`.repeat(330)],
    ["nothing but colons", ":".repeat(500_000)],
    ["half a million agents", "User-agent: x\n".repeat(35_000)],
    ["half a million groups", "User-agent: *\nDisallow: /x\n".repeat(18_000)],
  ])("%s are read and matched without a stall", (_name, rules) => {
    const path = `/${"a".repeat(8_000)}`;
    const before = performance.now();
    allows(`User-agent: *\n${rules}`, path);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
