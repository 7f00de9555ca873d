import type { Corrections } from "../model/correction.ts";
import { dateJson, instantJson, intervalJson } from "../model/story-json.ts";
import type { StoryHistory } from "../store/store.ts";

/** The ledger and the history of a story (promise 9), as `/stories/:id.json`, the API and `explain` tell them. */
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
