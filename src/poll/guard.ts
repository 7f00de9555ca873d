/** A document with less than this share of the source's norm is no news, it is a fault. */
const NORM_SHARE = 0.2;

/** Sources with shorter lists than this are judged by "nothing at all" only. */
const NORM_MIN = 5;

/** So many suspect documents in a row that hold items are the source's new norm. */
const SUSPECT_POLLS_MAX = 3;

export interface CountInput {
  /** Items in the document. */
  readonly seen: number;
  /** Of those, stories known before. */
  readonly recognised: number;
  /** Items of the last good polls, newest first. */
  readonly counts: readonly number[];
  readonly suspectPolls: number;
}

/**
 * Judges how many items a document has against the norm (median) of the source's last good polls: null where it may be
 * believed; else the code `empty_document` or `far_below_norm` (promise 4 of DESIGN.md). A short list is believed once
 * several visits in a row showed it; an empty one never is.
 */
export function judgeCount({
  seen,
  recognised,
  counts,
  suspectPolls,
}: CountInput): { readonly code: string; readonly message: string } | null {
  const norm = median(counts);
  if (norm === 0) return null;
  if (seen === 0) return { code: "empty_document", message: `The document has no items; ${norm} are usual` };
  if (norm < NORM_MIN || seen >= norm * NORM_SHARE || suspectPolls >= SUSPECT_POLLS_MAX) return null;
  const known = recognised === 0 ? "none of them known" : `${recognised} of them known`;
  return { code: "far_below_norm", message: `The document has ${seen} items, ${known}; ${norm} are usual` };
}

function median(counts: readonly number[]): number {
  const sorted = [...counts].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
