import { ParseError } from "../errors.ts";
import { CodingError, decodeWhole } from "../fetch/content-coding.ts";
import { showUrl } from "../fetch/failure.ts";
import type { Candidate, Reading } from "../model/candidate.ts";
import { freshMemory } from "../model/poll.ts";
import type { Source } from "../model/source.ts";
import type { Story } from "../model/story.ts";
import type { KeptBody, KnownStory, Membership, PollChanges, SourceState, Store } from "../store/store.ts";
import { jobOf } from "./job.ts";
import { findKnown, readChanging } from "./knowledge.ts";
import { withoutOwnOutput } from "./own-output.ts";
import { planPoll } from "./plan.ts";
import type { ReadingJob } from "./read.ts";
import { memoryUnderRules } from "./rules.ts";

export interface ReplayTools {
  readonly store: Pick<Store, "storiesForPoll" | "digestsBefore" | "storiesById" | "rawDigests">;
  /** Bytes to candidates, wherever that runs; rejects with ParseError. */
  readonly read: (job: ReadingJob) => Promise<Reading>;
  /** Which feeds a story enters. */
  readonly membershipsOf: (story: Story) => readonly Membership[];
  readonly now: number;
  /** A document larger than this after decompression is not read. */
  readonly bodyBytesMax: number;
}

/** What a visit would find in a document that is kept, and change. */
export interface Replay {
  readonly changes: PollChanges;
  /** Items of the document, and which known story each of them is. */
  readonly candidates: readonly Candidate[];
  readonly matched: ReadonlyMap<number, KnownStory>;
  readonly known: readonly KnownStory[];
}

/**
 * A visit over a kept document in the place of the network: the same reading, the same plan, nothing stored. Null where
 * the source as it is described would go on to another document (the feed that a page names). Rejects with ParseError,
 * where the document cannot be read: the reader's codes, `bad_encoding`, `truncated`, `too_large`.
 */
export async function replayBody(
  source: Source,
  { state, body }: { readonly state: SourceState | undefined; readonly body: KeptBody },
  tools: ReplayTools,
): Promise<Replay | null> {
  const { memory } = memoryUnderRules(source, state?.memory ?? freshMemory);
  // What is kept is the feed that a page named: not what is at the source's own address.
  const isOfAnother = state?.memory.feedUrl !== undefined && source.url !== body.finalUrl;
  if (isOfAnother && source.kind !== "auto") return null;
  const document = { ...body, body: await decoded(body, tools.bodyBytesMax) };
  const read = (known: ReadonlySet<string>) =>
    tools.read(jobOf(source, document, { kind: source.kind, capturedAt: body.at, known }));
  // An item that says what it said is recognised, not sanitized again: most of a reading's cost.
  const quick = await read(await tools.store.rawDigests(source.id));
  if (quick.feedUrl !== undefined && quick.format !== "article") return null;
  const first = await recognise(quick);
  const isWhole = first.reading.candidates.every(
    ({ content }, index) => content !== undefined || first.matched.has(index),
  );
  const { reading, stories, matched } = isWhole ? first : await recognise(await read(new Set()));
  const changing = await readChanging(reading.candidates, matched, tools.store);
  const changes = planPoll({
    source,
    knowledge: { memory, stories, ...changing },
    reading,
    visit: { at: tools.now, durationMs: 0, ...(reading.complete === true ? { complete: true } : {}) },
    nextPollAt: null,
    membershipsOf: tools.membershipsOf,
  });
  return { changes, candidates: reading.candidates, matched, known: stories };

  async function recognise(whole: Reading) {
    const reading = await withoutOwnOutput(whole, tools.store);
    return { reading, ...(await findKnown(source, { memory, read: reading }, tools.store)) };
  }
}

async function decoded({ encoding, bytes, finalUrl }: KeptBody, bodyBytesMax: number): Promise<Uint8Array> {
  try {
    return await decodeWhole(encoding, bytes, bodyBytesMax);
  } catch (error) {
    if (!(error instanceof CodingError)) throw error;
    const shown = showUrl(new URL(finalUrl));
    throw new ParseError(`Cannot read the kept document of ${shown}: ${error.message}`, {
      code: error.code,
      concerns: shown,
      cause: error,
    });
  }
}
