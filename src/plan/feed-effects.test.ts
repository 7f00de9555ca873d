import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoryId } from "../model/story.ts";
import { noEffects } from "./effects.ts";
import { type FeedInput, type FeedItem, planFeed } from "./feed-effects.ts";
import { surprisesOf } from "./surprises.ts";

function anItem(number: number, overrides: Partial<FeedItem> = {}): FeedItem {
  const id = `story-${String(number).padStart(3, "0")}` as StoryId;
  return { id, title: `Story ${number}`, publishedAt: 1_000 - number, position: 0, ...overrides };
}

const items = (...numbers: readonly number[]) => numbers.map((number) => anItem(number));
const arriving = (...numbers: readonly number[]) => items(...numbers).map((item) => ({ ...item, slugs: [] }));
const ids = (told: readonly { readonly id: string }[]) => told.map(({ id }) => Number(id.slice(6)));
const input = (more: Partial<FeedInput> = {}): FeedInput => ({
  shown: items(1, 2, 3),
  feed: { limit: 5, duplicates: "all" },
  arriving: [],
  sources: [],
  ...more,
});

const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 25 });

describe("planFeed", () => {
  it("finds nothing where nothing changes", () => {
    const { entries, ...effects } = planFeed(input());
    expect(entries).toEqual({ before: 3, after: 3 });
    expect(effects).toEqual(noEffects);
  });

  it("leads from what is shown to what will be shown, whatever is taken and comes", () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, fc.integer({ min: 1, max: 30 }), (shown, taken, coming, limit) => {
        const sorted = [...shown].sort((a, b) => a - b).slice(0, limit);
        const feed = { limit, duplicates: "all" as const };
        const planned = planFeed(
          input({ shown: items(...sorted), feed, taken: items(...taken), arriving: arriving(...coming) }),
        );
        const expected = [...new Set([...taken, ...coming])].sort((a, b) => a - b).slice(0, limit);
        expect(planned.entries).toEqual({ before: sorted.length, after: expected.length });
        expect(ids(planned.appear)).toEqual(expected.filter((number) => !sorted.includes(number)));
        // What vanishes is taken no more, or lies beyond a limit; never what newer entries push out.
        for (const number of ids(planned.vanish)) expect(sorted.includes(number) && !taken.includes(number)).toBe(true);
      }),
    );
  });

  it("counts what a lower limit cuts off as vanished, and not what newer entries push over the limit", () => {
    expect(ids(planFeed(input({ feed: { limit: 1, duplicates: "all" }, taken: items(1, 2, 3) })).vanish)).toEqual([
      2, 3,
    ]);
    const pushed = planFeed(input({ feed: { limit: 3, duplicates: "all" }, arriving: arriving(0) }));
    expect([ids(pushed.appear), ids(pushed.vanish)]).toEqual([[0], []]);
  });

  it("takes everything out of a feed that is no feed any more", () => {
    const { feed: _feed, ...gone } = input();
    const planned = planFeed(gone);
    expect([planned.entries, ids(planned.vanish)]).toEqual([{ before: 3, after: 0 }, [1, 2, 3]]);
  });

  it("tells a story under another id as that, not as one that appears", () => {
    const [to] = arriving(7);
    const changeId = [{ from: anItem(1).id, to: to!, title: "Story 1" }];
    const planned = planFeed(input({ arriving: arriving(7), sources: [{ ...noEffects, changeId }] }));
    expect([planned.appear, planned.changeId]).toEqual([[], changeId]);
  });

  it("lets another source's version of a story that is shown wait, where the feed shows one of them", () => {
    const shown = [anItem(1, { cluster: "a" })];
    const coming = [{ ...anItem(0, { cluster: "a" }), slugs: [] }];
    const single = planFeed(input({ shown, arriving: coming, feed: { limit: 5, duplicates: "first" } }));
    expect(single.appear).toEqual([]);
    expect(ids(planFeed(input({ shown, arriving: coming })).appear)).toEqual([0]);
  });

  it("tells dates and texts of the stories it shows only", () => {
    const update = [1, 9].map((number) => ({ ...anItem(number), fields: ["title"] }));
    const redate = [1, 9].map((number) => ({ ...anItem(number), from: 1, to: 2 }));
    const planned = planFeed(input({ sources: [{ ...noEffects, update, redate }] }));
    expect([ids(planned.update), ids(planned.redate)]).toEqual([[1], [1]]);
  });
});

describe("surprisesOf", () => {
  const atMost = (entriesMax: number, isKeeping = true) => ({ entriesMax, isKeeping });
  const feed = (count: number, change: "changed" | "added" | "removed" = "changed", isFeedless = false) => ({
    difference: { sources: [], feeds: [], isFeedless },
    sources: [],
    feeds: [
      {
        slug: "top" as never,
        change,
        fields: [],
        effects: { ...planFeed(input()), appear: items(...Array.from({ length: count }, (_, number) => number)) },
      },
    ],
  });

  it("begin above the number of entries that an operator allows, in feeds that have readers", () => {
    expect(surprisesOf(feed(10), atMost(10))).toEqual([]);
    expect(surprisesOf(feed(11), atMost(10))).toMatchObject([{ feed: "top", code: "appear", count: 11 }]);
    expect(surprisesOf(feed(11, "added"), atMost(10))).toEqual([]);
  });

  it("are not that a feed was taken away, but that none of several is left", () => {
    expect(surprisesOf(feed(11, "removed"), atMost(10))).toEqual([]);
    expect(surprisesOf(feed(11, "removed", true), atMost(10))).toMatchObject([{ code: "vanish", count: 1 }]);
  });

  it("are any id, any date, and a document that only the new rules cannot read", () => {
    const plan = (effects: object, more: object = {}) => ({
      difference: { sources: [], feeds: [], isFeedless: false },
      feeds: [],
      sources: [
        {
          id: "town" as never,
          change: "changed" as const,
          fields: ["listing"],
          replay: "replayed" as const,
          effects: { ...noEffects, ...effects },
          ...more,
        },
      ],
    });
    const changeId = [{ from: anItem(1).id, to: arriving(2)[0]!, title: "x" }];
    expect(surprisesOf(plan({ changeId }), atMost(10))).toMatchObject([
      { source: "town", code: "ids_change", count: 1 },
    ]);
    const redate = [{ ...anItem(1), from: 1, to: 2 }];
    expect(surprisesOf(plan({ redate }), atMost(10))).toMatchObject([{ source: "town", code: "dates_move", count: 1 }]);
    const fault = { code: "selector_matched_nothing", message: "x" };
    expect(surprisesOf(plan({}, { fault }), atMost(10))).toEqual([]);
    expect(surprisesOf(plan({}, { fault, breaks: true }), atMost(10))).toMatchObject([{ code: "unreadable" }]);
    expect(surprisesOf(plan({}, { isUntried: true }), atMost(10))).toMatchObject([{ code: "untried" }]);
    expect(surprisesOf(plan({}, { isUntried: true }), atMost(10, false))).toEqual([]);
    expect(surprisesOf(plan({ vanish: items(1, 2, 3), appear: arriving(5) }), atMost(0))).toEqual([]);
  });
});
