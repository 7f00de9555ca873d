import type { SourceKind } from "../model/source.ts";

/** A document with less than this share of the source's norm is no news, it is a fault. */
const NORM_SHARE = 0.2;

/** The same for a list that says it is complete (RFC 5005 §2): what it lacks would be withdrawn. */
const COMPLETE_SHARE = 0.5;

/** Sources with shorter lists than this are judged by "nothing at all" only. */
const NORM_MIN = 5;

/** So many suspect documents in a row that hold items are the source's new norm. */
const SUSPECT_POLLS_MAX = 3;

export interface DocumentInput {
  /** What the document was found to be, and what the source's documents were until now. */
  readonly format: SourceKind;
  readonly usual: SourceKind | undefined;
  /** Items in the document. */
  readonly seen: number;
  /** Of those, stories known before. */
  readonly recognised: number;
  /** Items of the last good polls, newest first. */
  readonly counts: readonly number[];
  readonly suspectPolls: number;
  /** The document says that it holds all there is. */
  readonly complete: boolean;
}

/** Why a document is not believed. */
export interface Judgement {
  readonly code: "empty_document" | "far_below_norm" | "other_format" | "nothing_known";
  readonly message: string;
}

/**
 * Judges a document against what the source used to send (promise 4 of DESIGN.md): null where it may be believed.
 * Nothing at all is never believed, nor is a page in the place of a feed while it tells none of the known stories (an
 * error, a login, a consent page). A list far below the norm (median of the last good polls), or a page on which nothing
 * is known any more, is believed once several visits in a row showed it.
 */
export function judgeDocument({
  format,
  usual,
  seen,
  recognised,
  counts,
  suspectPolls,
  complete,
}: DocumentInput): Judgement | null {
  const norm = median(counts);
  if (norm === 0) return null;
  if (seen === 0) return { code: "empty_document", message: `The document has no items; ${norm} are usual` };
  if (usual === "feed" && format !== "feed" && recognised === 0)
    return { code: "other_format", message: `The document is no feed but a ${format}, and tells no known story` };
  if (norm < NORM_MIN || suspectPolls >= SUSPECT_POLLS_MAX) return null;
  if (seen < norm * (complete ? COMPLETE_SHARE : NORM_SHARE)) {
    const known = recognised === 0 ? "none of them known" : `${recognised} of them known`;
    return { code: "far_below_norm", message: `The document has ${seen} items, ${known}; ${norm} are usual` };
  }
  if (format !== "feed" && recognised === 0)
    return { code: "nothing_known", message: `The page has ${seen} stories, and none of the ${norm} that are usual` };
  return null;
}

function median(counts: readonly number[]): number {
  const sorted = [...counts].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
