import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aReading, aSource, NOW, numberedItem } from "../../tests/support/stories.ts";
import type { Corrections, StoryPatch } from "../model/correction.ts";
import { freshMemory } from "../model/poll.ts";
import type { Story } from "../model/story.ts";
import { planPoll } from "../poll/plan.ts";
import type { KnownStory } from "../store/store.ts";
import { planCorrection } from "./correct.ts";

const HOUR = 3_600_000;
const source = aSource();

function poll(
  items: Parameters<typeof aReading>[0],
  at: number,
  stories: readonly KnownStory[] = [],
  whole: readonly Story[] = [],
) {
  return planPoll({
    source,
    knowledge: {
      memory: freshMemory,
      stories,
      whole: new Map(whole.map((one) => [one.id, one])),
      digestsBefore: new Map(),
    },
    reading: aReading(items),
    visit: { at, durationMs: 1 },
    nextPollAt: null,
    membershipsOf: () => [],
  });
}

const [first] = poll([numberedItem(3)], NOW).newStories;
const story = first!.story;

function correct(
  patch: StoryPatch,
  held: { readonly story?: Story; readonly corrections?: Corrections; readonly now?: number } = {},
) {
  return planCorrection({
    story: held.story ?? story,
    corrections: held.corrections ?? {},
    patch,
    now: held.now ?? NOW + HOUR,
    timeZone: "Europe/Vienna",
    membershipsOf: () => [],
  });
}

/** The same story as the next poll finds it in the store. */
function knownAs(now: Story, corrections: Corrections): KnownStory {
  return {
    id: now.id,
    keys: first!.keys,
    rawDigest: first!.rawDigest,
    contentDigest: now.contentDigest,
    title: now.title,
    dates: now.dates,
    publishedAt: now.publishedAt,
    present: true,
    withdrawn: false,
    deleted: false,
    corrected: Object.keys(corrections),
  };
}

describe("a correction", () => {
  it("of the title is a revision, moves `updated`, and remembers what stood there", () => {
    const made = correct({ title: " The bridge \u0007 is open " });
    expect(made?.story).toMatchObject({
      title: "The bridge is open",
      revision: 2,
      updatedAt: NOW + HOUR,
      stampAt: NOW + HOUR,
    });
    expect(made?.story.publishedAt).toBe(story.publishedAt);
    expect(made?.changed).toEqual(["title"]);
    expect(made?.corrections).toEqual({ title: { was: { title: story.title }, at: NOW + HOUR } });
  });

  it("of what is not material leaves revision, `updated` and stamp alone", () => {
    const made = correct({ tags: ["bridges"], section: "Town", language: "de" });
    expect(made?.story).toMatchObject({ tags: ["bridges"], section: "Town", language: "de", revision: 1 });
    expect(made?.story.updatedAt).toBeUndefined();
    expect(made?.story.stampAt).toBe(story.stampAt);
    expect(made?.changed).toEqual([]);
  });

  it("of the date moves the published instant and nothing else; a day stands at noon of the source's zone", () => {
    const made = correct({ published: "2026-02-10" });
    expect(made?.story).toMatchObject({
      publishedAt: Date.parse("2026-02-10T11:00:00Z"),
      publishedDay: "2026-02-10",
      revision: 1,
    });
    expect(made?.story.dates.published).toMatchObject({ precision: "day", origin: "operator" });
    expect(made?.story.stampAt).toBe(made?.story.publishedAt);
    expect(correct({ published: "2026-02-10T08:30:00+01:00" })?.story.publishedAt).toBe(
      Date.parse("2026-02-10T07:30:00Z"),
    );
  });

  it.each(["2999-01-01", "yesterday", "", "2026-13-01"])("of the date to %j is refused", (published) => {
    expect(() => correct({ published })).toThrow(expect.objectContaining({ code: "bad_correction", status: 400 }));
  });

  it("of the content passes the allow-list", () => {
    const made = correct({ contentHtml: '<p onclick="x()">Mended.</p><script>alert(1)</script>' });
    expect(made?.story.contentHtml).toBe("<p>Mended.</p>");
    expect(made?.changed).toEqual(["contentHtml"]);
    expect(correct({ contentHtml: "" })?.story.contentHtml).toBeUndefined();
  });

  it("that says what stands there already and is kept already changes nothing", () => {
    const made = correct({ title: "Mended" })!;
    expect(correct({ title: "Mended" }, made)).toBeNull();
    expect(correct({ title: null })).toBeNull();
    expect(correct({})).toBeNull();
  });

  it("taken back gives the source's word again, as a change of its own", () => {
    const made = correct({ title: "Mended", published: "2026-02-10" })!;
    const back = correct({ title: null, published: null }, { ...made, now: NOW + 2 * HOUR })!;
    expect(back.corrections).toEqual({});
    expect(back.reread).toBe(true);
    expect(back.story).toMatchObject({
      title: story.title,
      publishedAt: story.publishedAt,
      revision: 3,
      updatedAt: NOW + 2 * HOUR,
    });
    expect(back.story.publishedDay).toBeUndefined();
  });

  it("corrected again keeps what the source said, not the first correction", () => {
    const made = correct({ title: "Mended" })!;
    const again = correct({ title: "Mended well" }, made)!;
    expect(again.corrections.title?.was).toEqual({ title: story.title });
  });
});

describe("a visit after a correction", () => {
  const made = correct({ title: "Mended" })!;
  const known = knownAs(made.story, made.corrections);

  it("changes nothing while the source says what it said, or only what was corrected", () => {
    for (const items of [[numberedItem(3)], [numberedItem(3, { title: "Another headline of theirs" })]]) {
      const changes = poll(items, NOW + 2 * HOUR, [known], [made.story]);
      expect(changes.newStories).toEqual([]);
      expect(changes.updates.filter((update) => update.revised !== undefined)).toEqual([]);
    }
  });

  it("tells what the source says instead", () => {
    const changes = poll(
      [numberedItem(3, { title: "Another headline of theirs" })],
      NOW + 2 * HOUR,
      [known],
      [made.story],
    );
    expect(changes.sightings).toContainEqual({
      storyId: story.id,
      field: "title",
      text: "Another headline of theirs",
      rule: "corrected",
    });
  });

  it("takes over what else changed, under the operator's title", () => {
    const text = { untrusted: `<p>${"The bridge is wide and open to everybody. ".repeat(8)}</p>` };
    const changes = poll(
      [numberedItem(3, { title: "Theirs", contentHtml: text })],
      NOW + 2 * HOUR,
      [known],
      [made.story],
    );
    const revisions = changes.updates.flatMap((update) => update.revised ?? []);
    expect(revisions).toHaveLength(1);
    expect(revisions[0]).toMatchObject({ changed: ["contentHtml"], story: { title: "Mended", revision: 3 } });
  });
});

it("what is corrected and taken back again, in any order, is what it was but for revision and stamp", () => {
  const patches = fc.record(
    {
      title: fc.string({ maxLength: 30 }),
      summary: fc.string({ maxLength: 30 }),
      section: fc.string({ maxLength: 10 }),
      tags: fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 3 }),
      published: fc.constantFrom("2026-01-01", "2025-12-24T18:00:00Z"),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(patches, { minLength: 1, maxLength: 4 }), (said) => {
      let held: { readonly story: Story; readonly corrections: Corrections } = { story, corrections: {} };
      for (const patch of said) held = correct(patch, held) ?? held;
      const nothing = Object.fromEntries(Object.keys(held.corrections).map((field) => [field, null]));
      const back = correct(nothing, held) ?? held;
      const { revision: _r, stampAt: _s, updatedAt: _u, ...rest } = back.story;
      const { revision: _r0, stampAt: _s0, updatedAt: _u0, ...before } = story;
      expect(rest).toEqual(before);
      expect(back.corrections).toEqual({});
    }),
    { numRuns: 300 },
  );
});
