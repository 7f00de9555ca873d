import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aFeed, aReading, aSource, NOW, numberedItem, url } from "../../tests/support/stories.ts";
import type { Candidate } from "../model/candidate.ts";
import type { ParsedItem } from "../model/parsed.ts";
import { freshMemory } from "../model/poll.ts";
import type { Source } from "../model/source.ts";
import { clusterOf } from "../normalize/identity.ts";
import { matchPoll } from "../poll/match.ts";
import { planPoll } from "../poll/plan.ts";
import { compileMemberships } from "../select/membership.ts";
import type { KnownStory } from "../store/store.ts";
import { compareFindings, type Finding } from "./effects.ts";

const source = aSource();
const HOUR = 3_600_000;

/** What a visit finds in a document of these items, by a store that holds the stories of those. */
function find(items: readonly ParsedItem[], stored: readonly ParsedItem[], by: Source = source): Finding {
  const { known, whole } = storeOf(stored);
  const candidates: readonly Candidate[] = aReading(items).candidates;
  const memory = { ...freshMemory, counts: [stored.length] };
  const { stories: matched } = matchPoll(by, undefined, { candidates, known });
  const changes = planPoll({
    source: by,
    knowledge: { memory, stories: known, whole, digestsBefore: new Map() },
    reading: aReading(items),
    visit: { at: NOW, durationMs: 0 },
    nextPollAt: null,
    membershipsOf: compileMemberships([aFeed()], [by], clusterOf).of,
  });
  return { changes, candidates, matched, known };
}

function storeOf(items: readonly ParsedItem[]) {
  const reading = aReading(items);
  const { newStories } = planPoll({
    source,
    knowledge: { memory: freshMemory, stories: [], whole: new Map(), digestsBefore: new Map() },
    reading,
    visit: { at: NOW - HOUR, durationMs: 0 },
    nextPollAt: null,
    membershipsOf: () => [],
  });
  const known = newStories.map(
    ({ story, keys, rawDigest }): KnownStory => ({
      id: story.id,
      keys,
      rawDigest,
      contentDigest: story.contentDigest,
      title: story.title,
      dates: story.dates,
      publishedAt: story.publishedAt,
      present: true,
      withdrawn: false,
      deleted: false,
    }),
  );
  return { known, whole: new Map(newStories.map(({ story }) => [story.id, story])) };
}

const timeZones = { before: "UTC", after: "UTC" };
const compare = (before: Finding | undefined, after: Finding) =>
  compareFindings({ before, after, now: NOW, timeZones });
const numbered = (...numbers: readonly number[]) => numbers.map((number) => numberedItem(number));
const nothing = { appear: [], vanish: [], changeId: [], redate: [], update: [] };

describe("compareFindings", () => {
  it("finds nothing where both rules find the same, whatever the document and the store hold", () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 12 });
    fc.assert(
      fc.property(numbers, numbers, (listed, stored) => {
        const finding = find(numbered(...listed), numbered(...stored));
        expect(compare(finding, finding)).toEqual(nothing);
      }),
      { numRuns: 60 },
    );
  });

  it("tells each story of one effect only, and every new story as appearing or as a known one again", () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 10 });
    fc.assert(
      fc.property(numbers, numbers, fc.boolean(), (listed, stored, isMoved) => {
        const items = numbered(...listed).map((item) => (isMoved ? moved(item) : item));
        const before = find(numbered(...stored), numbered(...stored));
        const after = find(items, numbered(...stored));
        const { appear, vanish, changeId } = compare(before, after);
        const created = after.changes.newStories.map(({ story }) => story.id);
        expect([...appear, ...changeId.map(({ to }) => to)].map(({ id }) => id).sort()).toEqual([...created].sort());
        const gone = [...vanish.map(({ id }) => id), ...changeId.map(({ from }) => from)];
        expect(new Set(gone).size).toBe(gone.length);
      }),
      { numRuns: 60 },
    );
  });

  it("tells stories under another address and guid as known ones that change their id", () => {
    const stored = numbered(1, 2, 3);
    const effects = compare(find(stored, stored), find(stored.map(moved), stored));
    expect(effects.changeId.map(({ title }) => title)).toEqual(stored.map(({ title }) => title));
    expect(effects.changeId.every(({ from, to }) => from !== to.id && to.slugs.includes("top" as never))).toBe(true);
    expect([effects.appear, effects.vanish, effects.redate]).toEqual([[], [], []]);
  });

  it("tells what is found no more, and what is found beside it", () => {
    const stored = numbered(1, 2, 3);
    const effects = compare(find(stored, stored), find(numbered(1, 2, 9), stored));
    expect(effects.vanish.map(({ title }) => title)).toEqual(["Story number 3 of the town"]);
    expect(effects.appear.map(({ title, slugs }) => [title, slugs])).toEqual([["Story number 9 of the town", ["top"]]]);
  });

  it("tells dates that are read differently, and dates that are read no more", () => {
    const stored = numbered(1, 2);
    const at = NOW - 40 * HOUR;
    const [first, second] = [
      numberedItem(1, { published: { from: at, to: at, precision: "exact", origin: "feed" } }),
      numberedItem(2),
    ];
    const { published: _published, ...undated } = second;
    const { redate } = compare(find(stored, stored), find([first, undated], stored));
    expect(redate.map(({ from, to }) => [from, to])).toEqual([
      [NOW - HOUR, at],
      [NOW - 2 * HOUR, undefined],
    ]);
  });

  it("tells a day that is another one in another zone", () => {
    const dayIn = (zone: string, from: number) =>
      numberedItem(1, { published: { from, to: from + 24 * HOUR - 1, precision: "day", origin: zone } });
    const stored = [dayIn("UTC", NOW - 84 * HOUR)];
    const [before, after] = [find(stored, stored), find([dayIn("Asia/Tokyo", NOW - 93 * HOUR)], stored)];
    const { redate } = compareFindings({ before, after, now: NOW, timeZones: { before: "UTC", after: "Asia/Tokyo" } });
    expect(redate).toHaveLength(1);
  });

  it("tells stories that say something else, but not those which the rules in force find changed as well", () => {
    const stored = numbered(1, 2);
    const retold = stored.map((item) => ({ ...item, title: `${item.title}, retold` }));
    expect(compare(find(stored, stored), find(retold, stored)).update.map(({ fields }) => fields)).toEqual([
      ["title"],
      ["title"],
    ]);
    expect(compare(find(retold, stored), find(retold, stored)).update).toEqual([]);
  });

  it("compares with what is known where the document cannot be read under the rules in force", () => {
    const stored = numbered(1, 2);
    expect(compare(undefined, find(stored, stored))).toEqual(nothing);
    expect(compare(undefined, find(numbered(1), stored)).vanish).toHaveLength(1);
  });

  /** Under another address, with another guid and text: nothing but its title tells which story it is. */
  function moved(item: ParsedItem): ParsedItem {
    const contentHtml = { untrusted: `<p>Another text of ${item.title}, which is as long as it has to be.</p>` };
    return { ...item, guid: `${item.guid}-moved`, url: url(`${item.url}-moved`), contentHtml };
  }
});
