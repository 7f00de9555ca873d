import { setTimeout as wait } from "node:timers/promises";
import type { Configuration } from "../config/settings.ts";
import { planCorrection } from "../correct/correct.ts";
import { RequestError } from "../errors.ts";
import type { StoryPatch } from "../model/correction.ts";
import type { SourceId } from "../model/source.ts";
import type { Story } from "../model/story.ts";
import { clusterOf } from "../normalize/identity.ts";
import { compileMemberships, type Memberships } from "../select/membership.ts";
import type { Store, StoryHistory } from "../store/store.ts";
import { siteOf } from "./parts.ts";

/** What an operator may ask of sources and stories beside visits. */
export type OperatorQuestion =
  | { readonly ask: "pause" | "resume"; readonly source: string }
  | { readonly ask: "correct"; readonly story: string; readonly patch: StoryPatch }
  | { readonly ask: "withdraw" | "restore" | "delete"; readonly story: string };

export interface OperatorParts {
  readonly configuration: Configuration;
  readonly store: Store;
  readonly now: () => number;
  /** Told apart from whoever visits sources: a source that is visited is not written to beside the visit. */
  readonly owner: string;
}

/** A visit takes this long at the most; who corrects a story of its source waits for it. */
const VISIT_MS = 60_000;
const LOOK_MS = 50;

/**
 * Does what an operator asks, in the process that writes. Answers false where there is no such story. RequestError
 * `paused_by_file`, `bad_correction`, and `busy` where a visit to the story's source does not end.
 */
export function createOperator({ configuration, store, now, owner }: OperatorParts) {
  const { sources, feeds } = configuration;
  let memberships: Memberships | undefined;

  function membershipsOf(story: Story) {
    memberships ??= compileMemberships(feeds, sources, clusterOf, siteOf(configuration));
    return memberships.of(story);
  }

  /** While no visit to the source is under way, and none begins: a visit writes what it read when it began. */
  async function betweenVisits<T>(id: SourceId, work: () => Promise<T>): Promise<T> {
    const endAt = now() + VISIT_MS;
    while ((await store.leaseSources([id], { owner, now: now(), untilMs: now() + VISIT_MS })).length === 0) {
      if (now() > endAt) throw new RequestError(`${id} is being visited`, { code: "busy", concerns: id, status: 409 });
      await wait(LOOK_MS);
    }
    try {
      return await work();
    } finally {
      await store.releaseSources([id], owner);
    }
  }

  async function ofStory(id: string, work: (history: StoryHistory) => Promise<boolean>): Promise<boolean> {
    const found = await store.findStory(id);
    if (found === null) return false;
    return betweenVisits(found.sourceId, async () => {
      const history = await store.storyHistory(id);
      return history === null ? false : work(history);
    });
  }

  async function correct({ story, corrections }: StoryHistory, patch: StoryPatch): Promise<boolean> {
    const timeZone = sources.find((source) => source.id === story.sourceId)?.timeZone ?? "UTC";
    const planned = planCorrection({ story, corrections, patch, now: now(), timeZone, membershipsOf });
    return planned === null || store.correctStory(planned);
  }

  async function restore({ story }: StoryHistory): Promise<boolean> {
    if (story.withdrawnAt === undefined) return true;
    const { withdrawnAt: _withdrawn, ...standing } = story;
    return store.retractStory(story.id, { now: now(), restoredTo: membershipsOf(standing) });
  }

  return async (question: OperatorQuestion): Promise<boolean> => {
    switch (question.ask) {
      case "pause":
      case "resume": {
        const source = sources.find(({ id }) => id === question.source);
        if (source === undefined) return false;
        if (source.paused && question.ask === "resume") {
          throw new RequestError(`Cannot resume ${source.id}: its file says paused: true`, {
            code: "paused_by_file",
            concerns: source.id,
            status: 409,
          });
        }
        await store.pauseSource(source.id, { pausedAt: question.ask === "pause" ? now() : null, now: now() });
        return true;
      }
      case "correct":
        return ofStory(question.story, (history) => correct(history, question.patch));
      case "withdraw":
        return ofStory(question.story, ({ story, retractedAt }) =>
          retractedAt === undefined ? store.retractStory(story.id, { now: now() }) : Promise.resolve(true),
        );
      case "restore":
        return ofStory(question.story, restore);
      case "delete":
        return ofStory(question.story, ({ story }) => store.deleteStory(story.id, now()));
      default:
        return question satisfies never;
    }
  };
}
