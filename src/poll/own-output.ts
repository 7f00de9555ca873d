import type { Candidate, Reading } from "../model/candidate.ts";
import type { StoryId } from "../model/story.ts";
import type { Store } from "../store/store.ts";

/** The guid that our documents give a story, whatever the format and the base URL. */
const OWN_GUID = /^urn:storywire:([a-z2-7]{26})$/;

/**
 * Leaves out what we published ourselves, come back by a feed of our own or through another service: the story is told
 * already, and would be told again, as another one, at every turn (HOSTILE.md, loops). Items of another installation
 * stay: its stories are not ours.
 */
export async function withoutOwnOutput(reading: Reading, store: Pick<Store, "storiesById">): Promise<Reading> {
  const named = new Set(reading.candidates.flatMap((candidate) => ownId(candidate) ?? []));
  if (named.size === 0) return reading;
  const ours = new Set((await store.storiesById([...named])).map(({ id }) => id));
  const isOwn = (candidate: Candidate) => {
    const id = ownId(candidate);
    return id !== undefined && ours.has(id);
  };
  const faults = reading.candidates.flatMap((candidate, item) =>
    isOwn(candidate) ? { code: "own_output", message: "The item is a story that we published ourselves", item } : [],
  );
  return {
    ...reading,
    candidates: reading.candidates.filter((candidate) => !isOwn(candidate)),
    faults: [...reading.faults, ...faults],
  };
}

function ownId({ content }: Candidate): StoryId | undefined {
  // The pattern is that of our ids.
  return OWN_GUID.exec(content?.guid ?? "")?.[1] as StoryId | undefined;
}
