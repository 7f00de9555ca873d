import type { Candidate, Reading } from "../model/candidate.ts";
import type { SourceMemory } from "../model/poll.ts";
import type { Source } from "../model/source.ts";
import type { Story, StoryId } from "../model/story.ts";
import type { KnownStory, Store } from "../store/store.ts";
import { matchPoll } from "./match.ts";

/** The known stories that a document may tell of, and which of its items is which of them. */
export async function findKnown(
  source: Source,
  { memory, read }: { readonly memory: SourceMemory; readonly read: Reading },
  store: Pick<Store, "storiesForPoll">,
): Promise<{ readonly stories: readonly KnownStory[]; readonly matched: ReadonlyMap<number, KnownStory> }> {
  const keys = read.candidates.flatMap((candidate) => candidate.keys);
  const stories = await store.storiesForPoll(source.id, keys);
  const { stories: matched } = matchPoll(source, memory.identity, { candidates: read.candidates, known: stories });
  return { stories, matched };
}

/** Whole stories of those that the items may change, and the digests they had. */
export async function readChanging(
  candidates: readonly Candidate[],
  matched: ReadonlyMap<number, KnownStory>,
  store: Pick<Store, "storiesById" | "digestsBefore">,
): Promise<{
  readonly whole: ReadonlyMap<StoryId, Story>;
  readonly digestsBefore: ReadonlyMap<StoryId, readonly string[]>;
}> {
  const changed = [...matched].filter(([index, story]) => mayChange(candidates[index], story)).map(([, { id }]) => id);
  const whole = new Map((await store.storiesById(changed)).map((story) => [story.id, story]));
  return { whole, digestsBefore: await store.digestsBefore(changed) };
}

/** Whether an item may change what is known of a story, or brings it back: then its whole content is needed. */
function mayChange(candidate: Candidate | undefined, story: KnownStory): boolean {
  const digest = candidate?.contentDigest;
  return story.withdrawn || (digest !== undefined && digest !== story.contentDigest);
}
