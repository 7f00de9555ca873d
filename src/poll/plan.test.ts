import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aReading, aSource, NOW, numberedItem, url } from "../../tests/support/stories.ts";
import type { DateInterval } from "../model/date.ts";
import type { ParsedFeed, ParsedItem } from "../model/parsed.ts";
import { freshMemory, type SourceMemory } from "../model/poll.ts";
import type { Source } from "../model/source.ts";
import type { Story, StoryId } from "../model/story.ts";
import type { KnownStory, PollChanges } from "../store/store.ts";
import { planPoll } from "./plan.ts";

const HOUR = 3_600_000;

/** What a store would know, kept in memory: applies plans as the store does. */
class Memory {
  memory: SourceMemory = freshMemory;
  readonly stories = new Map<StoryId, Story>();
  readonly known = new Map<StoryId, KnownStory>();
  readonly digests = new Map<StoryId, string[]>();
  source: Source;
  now = NOW;

  constructor(source: Source = aSource()) {
    this.source = source;
  }

  poll(
    items: readonly ParsedItem[],
    document: Partial<ParsedFeed> & { readonly complete?: boolean } = {},
  ): PollChanges {
    this.now += HOUR;
    const { complete, ...overrides } = document;
    const present = [...this.known.values()].filter((story) => story.present && story.held === undefined);
    const reading = aReading(items, new Set(present.map((story) => story.rawDigest)), overrides);
    const changes = planPoll({
      source: this.source,
      knowledge: {
        memory: this.memory,
        stories: [...this.known.values()],
        whole: this.stories,
        digestsBefore: this.digests,
      },
      reading,
      visit: { at: this.now, durationMs: 1, ...(complete === undefined ? {} : { complete }) },
      nextPollAt: this.now + HOUR,
      membershipsOf: () => [],
    });
    this.apply(changes);
    return changes;
  }

  private apply(changes: PollChanges): void {
    this.memory = changes.memory;
    for (const { story, keys, rawDigest } of changes.newStories) {
      expect(this.stories.has(story.id)).toBe(false);
      this.stories.set(story.id, story);
      const { id, title, dates, publishedAt, contentDigest } = story;
      this.known.set(id, {
        id,
        keys,
        rawDigest,
        contentDigest,
        title,
        dates,
        publishedAt,
        present: true,
        withdrawn: false,
        deleted: false,
      });
    }
    for (const update of changes.updates) {
      const known = this.known.get(update.id)!;
      const { held: _held, ...rest } = known;
      const held = update.held === undefined ? known.held : (update.held ?? undefined);
      const story = update.revised?.story;
      if (story !== undefined) {
        this.digests.set(update.id, [known.contentDigest, ...(this.digests.get(update.id) ?? [])]);
        this.stories.set(update.id, story);
      }
      this.known.set(update.id, {
        ...rest,
        ...(held === undefined ? {} : { held }),
        keys: [...known.keys, ...(update.newKeys ?? [])],
        rawDigest: update.rawDigest ?? known.rawDigest,
        contentDigest: story?.contentDigest ?? known.contentDigest,
        title: story?.title ?? known.title,
        dates: update.dates ?? known.dates,
        present: update.present ?? known.present,
        withdrawn: update.withdrawnAt === undefined ? known.withdrawn : update.withdrawnAt !== null,
      });
    }
  }

  /** All that a published document shows of the stories. */
  shown(): readonly unknown[] {
    return [...this.stories.values()].map(({ dates: _dates, lastSeenAt: _seen, ...shown }) => shown);
  }
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const items = (count: number, overrides: (number: number) => Partial<ParsedItem> = () => ({})) =>
  numbers(count).map((number) => numberedItem(number, overrides(number)));

function without<K extends keyof ParsedItem>(item: ParsedItem, ...fields: readonly K[]): ParsedItem {
  // Only optional fields are left out.
  return Object.fromEntries(
    Object.entries(item).filter(([name]) => !fields.some((field) => field === name)),
  ) as unknown as ParsedItem;
}

const relative = (days: number, at: number): DateInterval => ({
  from: at - (days + 1) * 24 * HOUR,
  to: at - (days - 1) * 24 * HOUR,
  precision: "relative",
  origin: "listing",
  text: `${days} days ago`,
});

describe("planPoll", () => {
  it("announces each story of a first list, in list order where dates are equal", () => {
    const store = new Memory();
    const changes = store.poll(items(3).map((item) => without(item, "published")));
    expect(changes.poll).toMatchObject({ outcome: "new", stories: { seen: 3, new: 3, updated: 0 } });
    expect(changes.newStories.map(({ story }) => [story.position, story.publishedAt])).toEqual(
      [0, 1, 2].map((place) => [place, store.now]),
    );
  });

  it("keeps the first date of an undated story when it is seen again", () => {
    const store = new Memory();
    const undated = items(2).map((item) => without(item, "published"));
    store.poll(undated);
    const before = store.shown();
    store.poll(undated);
    expect(store.shown()).toEqual(before);
  });

  it("narrows the interval of a relative date and never moves the published instant", () => {
    const store = new Memory();
    const aged = (days: number, at: number) => items(1, () => ({ published: relative(days, at) }));
    store.poll(aged(2, NOW + HOUR));
    const [story] = store.stories.values();
    store.now += 20 * HOUR;
    store.poll(aged(3, store.now + HOUR));
    const [known] = store.known.values();
    expect(known?.dates.published?.to).toBeLessThan(story!.dates.published!.to);
    expect([...store.stories.values()][0]?.publishedAt).toBe(story?.publishedAt);
  });

  it("takes a date in the future for first seen, and remembers what was said", () => {
    const store = new Memory();
    const at = NOW + 1000 * HOUR;
    const changes = store.poll(
      items(1, () => ({ published: { from: at, to: at, precision: "exact", origin: "feed", text: "later" } })),
    );
    expect(changes.newStories[0]?.story).toMatchObject({
      publishedAt: store.now,
      dates: { published: { precision: "first-seen" } },
    });
    expect(changes.sightings).toMatchObject([{ rule: "future", text: "later" }]);
  });

  it("uses the update's date where only that is known", () => {
    const store = new Memory();
    const at = NOW - 50 * HOUR;
    const updated: DateInterval = { from: at, to: at, precision: "exact", origin: "meta" };
    const changes = store.poll(items(1).map((item) => ({ ...without(item, "published"), updated })));
    expect(changes.newStories[0]?.story).toMatchObject({
      publishedAt: at,
      dates: { published: { origin: "updated" } },
    });
  });

  it("learns that a source makes up its guids, and goes by addresses from then on", () => {
    const store = new Memory();
    for (const round of numbers(6)) store.poll(items(5, (number) => ({ guid: `random-${round}-${number}` })));
    expect(store.stories.size).toBe(5);
    expect(store.memory.identity?.rule).toBe("url");
    expect(
      [...store.known.values()].every((story) => story.keys.filter((key) => key.kind === "guid").length <= 8),
    ).toBe(true);
  });

  it("recognises guids that are places in the list, not names", () => {
    const store = new Memory();
    const placed = (first: number) =>
      numbers(5).map((place) => numberedItem(first + place, { guid: `item-number-${place}` }));
    for (const round of numbers(6)) store.poll(placed(10 - round));
    expect(store.stories.size).toBe(10);
  });

  it("keeps a story whose headline and address were edited under the same guid", () => {
    const store = new Memory();
    store.poll(items(3));
    const changes = store.poll(
      items(3, (number) =>
        number === 2 ? { title: "A quite different headline", url: url("https://town.example/stories/renamed") } : {},
      ),
    );
    expect(changes.poll.stories).toEqual({ seen: 3, new: 0, updated: 1 });
    expect(store.stories.size).toBe(3);
  });

  it("obeys the operator's identity rule", () => {
    const store = new Memory(aSource({ identity: "guid" }));
    const live = (round: number) => [
      numberedItem(1, { guid: `broadcast-${round}`, title: "Live now", url: url("https://town.example/live") }),
    ];
    for (const round of numbers(4)) store.poll(live(round));
    expect(store.stories.size).toBe(4);
  });

  it("records a material change with what changed and moves `updated`, once", () => {
    const store = new Memory();
    store.poll(items(2));
    const edited = items(2, (number) => (number === 1 ? { summary: "The mayor resigned." } : {}));
    const changes = store.poll(edited);
    expect(changes.updates[0]?.revised).toMatchObject({
      changed: ["summary"],
      story: { revision: 2, updatedAt: store.now },
    });
    expect(store.poll(edited).poll.outcome).toBe("unchanged");
  });

  it("does not take markup, counters and clocks for a change", () => {
    const store = new Memory();
    const dressed = (extra: string) =>
      items(2, (number) => ({
        contentHtml: {
          untrusted: `<p class="x${extra}">The council met about bridge ${number}, and much was said by all who came to the hall that evening in the rain.</p><p>${extra} comments</p><p>${extra} hours ago</p>`,
        },
      }));
    store.poll(dressed("3"));
    const before = store.shown();
    expect(store.poll(dressed("14")).poll.outcome).toBe("unchanged");
    expect(store.shown()).toEqual(before);
  });

  it("does not believe a copy that went back to an earlier text until it stays", () => {
    const store = new Memory();
    const told = (text: string) => items(2, () => ({ summary: text }));
    store.poll(told("Two are missing."));
    store.poll(told("All were found."));
    const before = store.shown();
    store.poll(told("Two are missing."));
    store.poll(told("All were found."));
    store.poll(told("Two are missing."));
    store.poll(told("Two are missing."));
    expect(store.shown()).toEqual(before);
    expect(store.poll(told("Two are missing.")).poll.stories.updated).toBe(2);
  });

  it("does not believe a text that lost most of itself at once", () => {
    const store = new Memory();
    store.poll(items(2));
    const before = store.shown();
    store.poll(items(2, () => ({ contentHtml: { untrusted: "<p>The council met for the</p>" } })));
    expect(store.shown()).toEqual(before);
  });

  it.each([
    ["no items", 0, "empty_document"],
    ["far fewer items than usual", 1, "far_below_norm"],
  ])("changes nothing when a document has %s, and calls it suspect", (_name, left, code) => {
    const store = new Memory();
    store.poll(items(20));
    store.poll(items(20));
    const before = store.shown();
    const changes = store.poll(items(left), { complete: true });
    expect(changes.poll).toMatchObject({ outcome: "suspect", code });
    expect([changes.newStories, changes.updates]).toEqual([[], []]);
    expect(store.shown()).toEqual(before);
    expect(store.poll(items(20)).poll.outcome).toBe("unchanged");
  });

  it("marks what a complete list no longer holds as withdrawn, and takes it back when it returns", () => {
    const store = new Memory();
    store.poll(items(3), { complete: true });
    const gone = store.poll(items(2), { complete: true });
    expect(gone.updates).toMatchObject([{ present: false, withdrawnAt: store.now }]);
    const back = store.poll(items(3), { complete: true });
    expect(back.updates).toMatchObject([{ present: true, withdrawnAt: null }]);
    expect(store.stories.size).toBe(3);
  });

  it("does not withdraw most of a complete list at once before several visits showed it", () => {
    const store = new Memory();
    store.poll(items(10), { complete: true });
    for (const _round of numbers(3))
      expect(store.poll(items(4), { complete: true }).poll).toMatchObject({
        outcome: "suspect",
        code: "far_below_norm",
      });
    expect(store.poll(items(4), { complete: true }).updates).toHaveLength(6);
  });

  it("does not withdraw what leaves an ordinary window", () => {
    const store = new Memory();
    store.poll(items(3));
    expect(store.poll(items(2)).updates).toMatchObject([{ present: false }]);
    expect([...store.known.values()].some((story) => story.withdrawn)).toBe(false);
  });

  describe("a document that was cut off", () => {
    const cut = (item?: number) => ({
      faults: [{ code: "cut_short", message: "cut", ...(item === undefined ? {} : { item }) }],
    });

    it("tells nothing of the item that it breaks off in", () => {
      const store = new Memory();
      store.poll(items(3));
      const before = store.shown();
      const broken = items(3, (number) => (number === 3 ? { summary: "It began wi" } : {}));
      const changes = store.poll(broken, cut(2));
      expect(changes.poll.faults).toMatchObject([{ code: "cut_short" }]);
      expect(store.shown()).toEqual(before);
      expect(store.poll([numberedItem(9), numberedItem(8, { title: "Half a hea" })], cut(1)).newStories).toHaveLength(
        1,
      );
    });

    it("makes no story leave, and is asked for again", () => {
      const store = new Memory();
      store.poll(items(10), { complete: true });
      const { counts } = store.memory;
      const changes = store.poll(items(4), { complete: true, ...cut() });
      expect(changes.updates).toEqual([]);
      expect(changes.memory).toMatchObject({ counts, validators: {} });
    });
  });

  it("maps its stories when the operator fixes another rule, and parts them by it from then on", () => {
    const store = new Memory();
    for (const round of numbers(12)) store.poll(items(3, (number) => ({ guid: `made-up-${round}-${number}` })));
    expect(store.stories.size).toBe(3);
    store.source = aSource({ identity: "guid" });
    const lasting = items(3, (number) => ({ guid: `lasting-${number}` }));
    store.poll(lasting);
    store.poll(lasting);
    expect(store.stories.size).toBe(3);
    store.poll(items(3, (number) => ({ guid: `edition-2-${number}` })));
    expect(store.stories.size).toBe(6);
  });

  it("keeps stories apart that a broken site gives one canonical address", () => {
    const store = new Memory();
    const canonicalUrl = url("https://town.example/");
    const undated = (number: number) => without(numberedItem(number, { canonicalUrl }), "published", "guid");
    store.poll([undated(1)]);
    store.poll([undated(2)]);
    store.poll([undated(1), undated(2), undated(3)]);
    expect(store.stories.size).toBe(3);
  });

  it("gives one story that moved to another address under its canonical one no second entry", () => {
    const store = new Memory();
    const canonicalUrl = url("https://town.example/canonical");
    const shown = (path: string) => [
      without(numberedItem(1, { canonicalUrl, url: url(`https://town.example/${path}`) }), "guid"),
    ];
    store.poll(shown("old"));
    store.poll(shown("new"));
    expect(store.stories.size).toBe(1);
  });

  it("takes no page for a story where a feed used to be", () => {
    const store = new Memory();
    store.poll(items(2));
    const login = { ...numberedItem(77, { title: "Please log in" }), kind: "article" as const };
    for (const _round of numbers(6))
      expect(store.poll([login], { format: "article" }).poll).toMatchObject({
        outcome: "suspect",
        code: "other_format",
      });
    expect(store.stories.size).toBe(2);
    expect(store.poll(items(2)).poll.outcome).toBe("unchanged");
  });

  it("believes a page on which nothing is known any more only when it stays", () => {
    const store = new Memory();
    const listed = (from: number) => numbers(8).map((number) => numberedItem(from + number));
    store.poll(listed(0), { format: "listing" });
    for (const _round of numbers(3))
      expect(store.poll(listed(100), { format: "listing" }).poll).toMatchObject({ code: "nothing_known" });
    expect(store.poll(listed(100), { format: "listing" }).newStories).toHaveLength(8);
  });
});

/** What publishers do to a list between two polls without telling a new story. */
const churns: Readonly<Record<string, (item: ParsedItem, salt: number) => ParsedItem>> = {
  "guid churn": (item, salt) => ({ ...item, guid: `${item.guid}-${salt}` }),
  "tracking parameters": (item, salt) => ({
    ...item,
    url: url(`${item.url}?utm_source=feed-${salt}&fbclid=${salt}#top`),
  }),
  "http and www": (item, salt) => ({
    ...item,
    url: url(`${item.url}`.replace("https://", salt % 2 === 0 ? "http://www." : "https://m.")),
  }),
  "markup noise": (item, salt) => ({
    ...item,
    contentHtml: {
      untrusted: `<div data-n="${salt}">${(item.contentHtml as { untrusted: string }).untrusted}</div><p>${salt} comments</p>`,
    },
  }),
  "re-dating": (item, salt) => ({ ...item, published: { ...relative((salt % 5) + 1, NOW), text: `${salt} days ago` } }),
  "lost date": (item) => without(item, "published"),
  "lost guid": (item) => without(item, "guid"),
};

const churn = fc.record({
  name: fc.constantFrom(...Object.keys(churns)),
  salt: fc.nat(1000),
  share: fc.integer({ min: 1, max: 3 }),
});
const step = fc.record({
  order: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
  churns: fc.array(churn, { maxLength: 2 }),
  fault: fc.option(fc.constantFrom("empty", "truncated"), { freq: 5 }),
  hidden: fc.option(fc.nat(7), { freq: 4 }),
});

describe("planPoll, whatever publishers do", () => {
  it("announces each story once, moves no date and changes no document without a material change", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const store = new Memory();
        store.poll(items(8));
        const before = store.shown();
        for (const { order, churns: chosen, fault, hidden } of steps) {
          let list = items(8).filter((_, index) => index !== hidden);
          for (const { name, salt, share } of chosen)
            list = list.map((item, index) => (index % share === 0 ? churns[name]!(item, salt) : item));
          if (fault === "empty") list = [];
          if (fault === "truncated") list = list.slice(0, 1);
          const ranks = new Map(list.map((item) => [item, order.next().value]));
          store.poll([...list].sort((a, b) => ranks.get(a)! - ranks.get(b)!));
        }
        expect(store.shown()).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it("only ever narrows what is known of a date", () => {
    const interval = fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 96 })).map(
      ([age, width]): DateInterval => ({
        from: NOW - (age + width) * HOUR,
        to: NOW - age * HOUR,
        precision: "relative",
        origin: "listing",
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.option(interval, { nil: undefined }), { minLength: 1, maxLength: 10 }), (sightings) => {
        const store = new Memory();
        let before: DateInterval | undefined;
        for (const published of sightings) {
          const item = without(numberedItem(1), "published");
          store.poll([published === undefined ? item : { ...item, published }]);
          const [known] = store.known.values();
          const after = known?.dates.published;
          if (before !== undefined) {
            expect(after?.to).toBeLessThanOrEqual(before.to);
            expect(after?.from ?? Number.NEGATIVE_INFINITY).toBeGreaterThanOrEqual(
              before.from ?? Number.NEGATIVE_INFINITY,
            );
          }
          before = after;
        }
        expect(store.stories.size).toBe(1);
      }),
    );
  });

  it("keeps each edit of a story apart and ends with the last one", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 8 }), (edits) => {
        const store = new Memory();
        let revisions = 0;
        const told = edits.filter((edit, index) => edits.indexOf(edit) === index);
        for (const edit of told) {
          store.poll([numberedItem(1, { title: `Edition ${edit} of the story` }), numberedItem(2)]);
          revisions += 1;
        }
        const story = [...store.stories.values()].find((one) => one.title.startsWith("Edition"));
        expect(story).toMatchObject({ title: `Edition ${told.at(-1)} of the story`, revision: revisions });
      }),
    );
  });
});
