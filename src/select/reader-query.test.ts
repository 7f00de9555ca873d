import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storyOf } from "../../tests/support/fake-wire.ts";
import { canonicalQuery, cutAt, parseReaderQuery, pickStories } from "./reader-query.ts";

const parse = (text: string) => parseReaderQuery(new URLSearchParams(text));

/** A parameter that readers may send: known, unknown or empty. */
const parameter = fc.oneof(
  fc.tuple(
    fc.constantFrom("filter", "filter_title", "filter_author", "filterout", "filterout_category", "utm_source", "x"),
    fc.string({ maxLength: 20 }),
  ),
  fc.tuple(fc.constantFrom("limit", "filter_time"), fc.integer({ min: 1, max: 5_000 }).map(String)),
  fc.tuple(fc.constantFrom("sorted", "filter_case_sensitive"), fc.constantFrom("true", "false", "")),
  fc.tuple(fc.constant("brief"), fc.integer({ min: 100, max: 5_000 }).map(String)),
);
const query = fc.uniqueArray(parameter, { selector: ([name]) => name, maxLength: 8 });

describe("the canonical query", () => {
  it("is the same for every order of parameters, and is its own canonical query", () => {
    fc.assert(
      fc.property(query, fc.infiniteStream(fc.nat()), (parameters, keys) => {
        const shuffled = parameters
          .map((one) => ({ one, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const canonical = canonicalQuery(parseReaderQuery(new URLSearchParams(parameters)));
        expect(canonicalQuery(parseReaderQuery(new URLSearchParams(shuffled)))).toBe(canonical);
        expect(canonicalQuery(parse(canonical))).toBe(canonical);
      }),
    );
  });

  it("is empty where nothing is asked for", () => {
    for (const text of ["", "utm_source=x", "filter=", "sorted=true", "filter_case_sensitive=false", "limit="]) {
      expect(canonicalQuery(parse(text))).toBe("");
    }
  });
});

describe("cutAt", () => {
  it("moves by a sixtieth of the time asked for, by a minute at least", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 0, max: 2 ** 41 }), (seconds, now) => {
        const asked = parse(`filter_time=${seconds}`);
        const step = Math.max(60_000, Math.floor(seconds / 60) * 1000);
        const cut = cutAt(asked, now) ?? Number.NaN;
        expect(cut % step === 0).toBe(true);
        expect(now - seconds * 1000 - cut).toBeGreaterThanOrEqual(0);
        expect(now - seconds * 1000 - cut).toBeLessThan(step);
      }),
    );
  });
});

describe("pickStories", () => {
  it("takes time in proportion to the text, whatever the expression", () => {
    const stories = [storyOf("one", { title: "x".repeat(50_000), summary: "a".repeat(50_000) })];
    for (const expression of ["(a+)+$b", "(x+x+)+y", "(a|a)*b", "(.*)*c{1,100}d"]) {
      const begun = performance.now();
      expect(pickStories(parse(`filter=${encodeURIComponent(expression)}`), stories, undefined).stories).toEqual([]);
      expect(performance.now() - begun).toBeLessThan(5_000);
    }
  });

  it("refuses expressions that cannot be read, naming the parameter", () => {
    for (const expression of ["(", "a(?=b)", "(a)\\1", "a{1000}{1000}"]) {
      const asked = parse(`filterout_title=${encodeURIComponent(expression)}`);
      expect(() => pickStories(asked, [], undefined)).toThrow(/filterout_title/);
    }
  });

  it("never breaks a character in two", () => {
    const [story] = pickStories(parse("brief=100"), [storyOf("one", { summary: "🌊".repeat(200) })], undefined).stories;
    expect(story?.summary).toBe(`${"🌊".repeat(100)}…`);
  });

  it("tells when the last story left by age", () => {
    const stories = [storyOf("new", { publishedAt: 900_000 }), storyOf("old", { publishedAt: 100_000 })];
    const picked = pickStories(parse("filter_time=600"), stories, cutAt(parse("filter_time=600"), 1_000_000));
    expect(picked.stories.map(({ id }) => id)).toEqual(["new"]);
    expect(picked.agedAt).toBe(700_000);
  });
});
