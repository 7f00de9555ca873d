import type { FeedFacts } from "./parsed.ts";
import type { IdentityRule, SourceKind } from "./source.ts";

type PollOutcome = "new" | "unchanged" | "not_modified" | "failed" | "suspect";

/** One visit, as its record is kept. Durations in milliseconds, sizes in bytes. */
export interface PollRecord {
  /** Source id and moment: unique. */
  readonly id: string;
  readonly at: number;
  readonly outcome: PollOutcome;
  /** Why it failed or is suspect: the stable code of the error or of the guard's rule. */
  readonly code?: string;
  readonly message?: string;
  readonly httpStatus?: number;
  readonly finalUrl?: string;
  readonly stories: { readonly seen: number; readonly new: number; readonly updated: number };
  readonly durationMs: number;
  /** Milliseconds by stage: fetch, read, store. */
  readonly stageMs?: Readonly<Record<string, number>>;
  readonly wireBytes?: number;
  readonly faults?: readonly { readonly code: string; readonly message: string; readonly item?: number }[];
}

/** How far each kind of key was right for a source, counted over its polls. */
export interface IdentityMemory {
  /** The rule in force: the strongest key that has not shown itself unreliable. */
  readonly rule: IdentityRule;
  /** A known key came back with the story it named before. */
  readonly confirmed: Readonly<Record<IdentityRule, number>>;
  /** The key was new, or another, although a second key knew the story. */
  readonly churned: Readonly<Record<IdentityRule, number>>;
  /** The rule that the operator had fixed at the last good poll: under another one, stories are recognised by any key once. */
  readonly fixed?: IdentityRule;
}

/** What we remember of a source between polls. */
export interface SourceMemory {
  /** Validators byte for byte as received; only ever stored together with the stories they cover. */
  readonly validators?: { readonly etag?: string; readonly lastModified?: string };
  /** Digest of the last body that was read whole. */
  readonly bodyDigest?: string;
  /** Digest of how the operator wants the source read; another digest makes the validators worthless. */
  readonly rulesDigest?: string;
  /** What `kind: auto` decided. */
  readonly kind?: SourceKind;
  /** The feed that the page of a `kind: auto` source names: visited in the page's place. */
  readonly feedUrl?: string;
  readonly facts?: FeedFacts;
  readonly identity?: IdentityMemory;
  /** How many items the last good polls had, newest first, at most 10. */
  readonly counts: readonly number[];
  /** Polls in a row that the guard held back. */
  readonly suspectPolls: number;
  readonly failures: number;
  /** Since when it fails, milliseconds since 1970 UTC. */
  readonly failingSince?: number;
  readonly lastSuccessAt?: number;
  /** Visits to an article's page since the last good one that answered 404 or 410. */
  readonly missing?: number;
  /** 410: no visits until the operator asks. */
  readonly gone?: boolean;
  /** Where a permanent redirect led, and how often in a row. */
  readonly moved?: { readonly to: string; readonly times: number };
}

export const freshMemory: SourceMemory = { counts: [], suspectPolls: 0, failures: 0 };
