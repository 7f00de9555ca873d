import type { Corrections } from "../model/correction.ts";
import type { Story } from "../model/story.ts";
import { dateJson, instantJson, intervalJson, storyJson } from "../model/story-json.ts";
import type { StoryHistory } from "../store/store.ts";

/** The ledger and the history of a story (promise 9), as the API and `explain` tell them. */
export function historyJson({
  origins,
  revisions,
  sightings,
  feeds,
  keys,
  corrections,
  retractedAt,
}: StoryHistory): Readonly<Record<string, unknown>> {
  return {
    origins,
    keys,
    revisions: revisions.map(({ at, ...revision }) => ({ ...revision, at: instantJson(at) })),
    sightings: sightings.map(({ storyId: _story, at, interval, pollId, ...sighting }) => ({
      ...sighting,
      at: instantJson(at),
      poll: pollId,
      ...(interval === undefined ? {} : { interval: intervalJson(interval) }),
    })),
    feeds,
    corrections: correctionsJson(corrections),
    ...(retractedAt === undefined ? {} : { retractedAt: instantJson(retractedAt) }),
  };
}

/**
 * The record as anybody may read it: of a story that is withdrawn its name and where it stood, as on its page; of what an
 * operator corrected not what stood there, nor what its source says instead, since that may be why it was corrected.
 */
export function publicRecord({ story, ...history }: StoryHistory): Readonly<Record<string, unknown>> {
  const sightings = history.sightings.filter(({ rule }) => rule !== "corrected");
  const shown = story.withdrawnAt === undefined ? story : withoutText(story);
  const corrections = Object.entries(history.corrections).map(([field, { at }]) => [field, { at: instantJson(at) }]);
  return {
    ...storyJson(shown),
    ...historyJson({ ...history, story, sightings }),
    corrections: Object.fromEntries(corrections),
  };
}

function withoutText(story: Story): Story {
  const { summary: _s, summaryHtml: _sh, description: _d, contentHtml: _c, ...rest } = story;
  return { ...rest, images: [], enclosures: [] };
}

/** By field: when it was corrected, and what its source had said by then, in the fields of a story's record. */
function correctionsJson(corrections: Corrections): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(corrections).map(([field, { was, at }]) => {
      const { publishedAt, publishedDay, dates: _dates, ...fields } = was;
      const published = publishedAt === undefined ? {} : { published: dateJson(publishedAt, publishedDay) };
      return [field, { at: instantJson(at), was: { ...fields, ...published } }];
    }),
  );
}
