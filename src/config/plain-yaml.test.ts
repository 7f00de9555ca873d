import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readPlainYaml } from "./plain-yaml.ts";

/** Texts that are read. */
const plainValues = fc.constantFrom(
  "true",
  "0",
  "15m",
  "a-b_c",
  "yes",
  '"two words"',
  "'it is # so'",
  "[a, b]",
  "[ 1,'x' ]",
);
const plainPairs = fc.tuple(fc.constantFrom("id", "url", "every", "tags", "constructor"), plainValues);
/** Texts near to what is read, some of them within it. */
const values = fc.oneof(
  fc.constantFrom(
    "true",
    "false",
    "null",
    "Null",
    "TRUE",
    "0",
    "007",
    "15m",
    "0x1f",
    "1e5",
    "12e",
    "a-b_c",
    "yes",
    "~",
  ),
  fc.constantFrom(
    '"two words"',
    "'it is # so'",
    '"a\\n"',
    "'it''s'",
    "https://a.example/b?c=d#e",
    "http://a.example:",
    "",
  ),
  fc.constantFrom(
    "[a, b]",
    "[ 1,'x' ]",
    "[]",
    "[a,]",
    "{ b: c }",
    "*a",
    "&a b",
    "!t c",
    "a b",
    "a # b",
    "https://a.example, b",
  ),
  fc.string({ unit: fc.constantFrom(..."ab1 :#,-'\"[]{}/.é\t"), maxLength: 8 }),
);
const pairs = fc.tuple(fc.constantFrom("id", "url", "every", "tags", "constructor", "__proto__", "1st", "a b"), values);
const pairTexts = fc
  .oneof({ weight: 4, arbitrary: plainPairs }, { weight: 1, arbitrary: pairs })
  .map(([key, value]) => `${key}: ${value}`);
const entries = fc.oneof(
  fc.array(pairTexts, { minLength: 1, maxLength: 4 }).map((lines) => `- ${lines.join("\n  ")}`),
  fc.array(pairTexts, { minLength: 1, maxLength: 4 }).map((list) => `- { ${list.join(", ")} }`),
  pairTexts,
  pairTexts.map((line) => `  ${line}`),
  fc.constantFrom("# told", "  # told", "", "---", "- - a", "-", "- a", "    deep: a", "- {}"),
);

describe("readPlainYaml", () => {
  test("reads nothing otherwise than a reader of all of YAML does", () => {
    let read = 0;
    fc.assert(
      fc.property(fc.array(entries, { minLength: 1, maxLength: 4 }), (lines) => {
        const text = lines.join("\n");
        const value = readPlainYaml(text);
        if (value === null) return;
        read += 1;
        expect(value).toEqual(parse(text));
      }),
      { numRuns: 5_000 },
    );
    expect(read).toBeGreaterThan(300);
  });

  test("reads lists of sources in both forms, with comments between them", () => {
    const text = `# ours
- { id: one, url: "https://one.example/feed?a=b, c", every: 1h, tags: [news, 'two words'] }

- id: two
  # named by its page
  url: https://two.example/feed#top
  robots: false
`;
    expect(readPlainYaml(text)).toEqual([
      { id: "one", url: "https://one.example/feed?a=b, c", every: "1h", tags: ["news", "two words"] },
      { id: "two", url: "https://two.example/feed#top", robots: false },
    ]);
  });

  test("reads one mapping, and leaves to others what is not plain", () => {
    expect(readPlainYaml("id: one\nurl: https://one.example\n")).toEqual({ id: "one", url: "https://one.example" });
    for (const text of [
      "",
      "id: one\nid: two",
      "- id: one\n  id: two",
      "id: &a one",
      "title: Zoë",
      "a: { b: c }",
      "a:\n  b: c",
    ])
      expect(readPlainYaml(text)).toBeNull();
  });
});
