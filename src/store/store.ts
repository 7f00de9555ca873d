import type { IdentityKey } from "../model/candidate.ts";
import type { Corrections } from "../model/correction.ts";
import type { DateInterval } from "../model/date.ts";
import type { FeedSlug, FormatName } from "../model/feed.ts";
import type { PollRecord, SourceMemory } from "../model/poll.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { SourceId } from "../model/source.ts";
import type { Story, StoryDates, StoryId } from "../model/story.ts";
import type { AbsoluteUrl } from "../model/url.ts";

/** What a plan needs of a story the source may have shown before; narrow, so that 50 known items cost little. */
export interface KnownStory {
  readonly id: StoryId;
  readonly keys: readonly IdentityKey[];
  readonly rawDigest: string;
  readonly contentDigest: string;
  /** A change that is held back (a stale or cut copy, perhaps), and how many polls in a row showed it. */
  readonly held?: { readonly digest: string; readonly times: number };
  readonly title: string;
  readonly dates: StoryDates;
  readonly publishedAt: number;
  /** In the source's list at its last good poll. */
  readonly present: boolean;
  /** By its source, or by its page that is missing; what an operator withdrew is not told here. */
  readonly withdrawn: boolean;
  /** Fields that an operator corrected: visits leave them alone. */
  readonly corrected?: readonly string[];
  /** An operator deleted it: it is never imported again. */
  readonly deleted: boolean;
}

/** What one poll said of one story that is worth remembering: a date, a guid, an address that was new. */
export interface Sighting {
  readonly storyId: StoryId;
  /** `published`, `updated`, `guid`, `url`, `content`, `withdrawn`, … */
  readonly field: string;
  readonly text: string;
  readonly interval?: DateInterval;
  /** The rule that kept or dropped it: `first`, `narrowed`, `contradicts`, `churn`, `stale-copy`, … */
  readonly rule: string;
}

export interface NewStory {
  /** `stampAt` is what the plan asks for; the store moves it by milliseconds until it is distinct. */
  readonly story: Story;
  readonly keys: readonly IdentityKey[];
  readonly rawDigest: string;
  /** Identity of the canonical address: equal for the same story of another source. */
  readonly cluster?: string;
  readonly origins?: Readonly<Record<string, string>>;
}

export interface StoryUpdate {
  readonly id: StoryId;
  /** The whole story after a material change, with its fields that changed; absent where the content stays. */
  readonly revised?: {
    readonly story: Story;
    readonly changed: readonly string[];
    /** Who said the fields that were taken over; fields not named keep theirs. */
    readonly origins?: Readonly<Record<string, string>>;
  };
  readonly rawDigest?: string;
  readonly dates?: StoryDates;
  readonly newKeys?: readonly IdentityKey[];
  /** null: nothing is held back any more. */
  readonly held?: { readonly digest: string; readonly times: number } | null;
  /** In the source's list, or no longer. While it is, the source's last good poll is when it was last seen. */
  readonly present?: boolean;
  readonly lastSeenAt?: number;
  /** Milliseconds since 1970 UTC; null takes a withdrawal back. */
  readonly withdrawnAt?: number | null;
}

/** All that one poll changes; written in one transaction or not at all. */
export interface PollChanges {
  readonly sourceId: SourceId;
  readonly poll: PollRecord;
  readonly memory: SourceMemory;
  /** Milliseconds since 1970 UTC; null: not before the operator asks. */
  readonly nextPollAt: number | null;
  readonly newStories: readonly NewStory[];
  readonly updates: readonly StoryUpdate[];
  readonly sightings: readonly Sighting[];
  /** Which feeds each new or returning story enters. */
  readonly memberships: readonly Membership[];
  /** The source's own facts changed: what credits it is made anew. */
  readonly creditChanged?: boolean;
  /** The document that the visit brought. */
  readonly kept?: KeptBody;
}

/** A document as a visit brought it: what changed rules are tried on without asking for it again. */
export interface KeptBody {
  /** When it came, milliseconds since 1970 UTC. */
  readonly at: number;
  readonly finalUrl: AbsoluteUrl;
  readonly contentType?: string;
  /** `content-language` and `content-location`, where the answer had them. */
  readonly headers: Readonly<Record<string, string>>;
  /** The codings of `bytes`, as Content-Encoding names them (RFC 9110 §8.4). */
  readonly encoding?: string;
  readonly bytes: Uint8Array;
}

/** How much is kept of the documents that visits bring; bytes as they are kept, compressed. */
export interface KeptLimits {
  /** Documents of each source; 0: none. */
  readonly count: number;
  /** Of each source; a document larger than that is not kept. */
  readonly sourceBytesMax: number;
  /** Of all sources: the oldest go first. */
  readonly bytesMax: number;
}

/** What was accepted last of the configuration, as text of whoever wrote it. */
export interface AppliedConfiguration {
  readonly digest: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly text: string;
}

export interface Membership {
  readonly slug: FeedSlug;
  readonly storyId: StoryId;
  readonly publishedAt: number;
  readonly position: number;
  readonly cluster?: string;
  /** When the entry ages out of the feed (`since`), milliseconds since 1970 UTC. */
  readonly leavesAt?: number;
  /** The feed shows one entry of a cluster only. */
  readonly firstOnly: boolean;
}

/** A feed as the store keeps it: when it changed, and how often. */
export interface FeedHead {
  readonly slug: FeedSlug;
  /** Grows with every change of what the feed shows. */
  readonly revision: number;
  /** Moment of the newest change, milliseconds since 1970 UTC. */
  readonly changedAt: number;
  /** Grows over all feeds: "which feeds changed since". */
  readonly touched: number;
}

export interface SourceState {
  readonly id: SourceId;
  readonly memory: SourceMemory;
  /** null: not before the operator asks. */
  readonly nextPollAt: number | null;
  /** Since when the operator wants no visits, milliseconds since 1970 UTC. */
  readonly pausedAt?: number;
  /** When what its stories show last changed, milliseconds since 1970 UTC; absent: not since that is written down. */
  readonly changedAt?: number;
  readonly lastPoll?: PollRecord;
}

/** A story with all that `explain` tells of it. */
export interface StoryHistory {
  readonly story: Story;
  readonly keys: readonly IdentityKey[];
  readonly origins: Readonly<Record<string, string>>;
  /** A change that is held back, and how many polls in a row showed it. */
  readonly held?: { readonly digest: string; readonly times: number };
  readonly revisions: readonly {
    readonly revision: number;
    readonly at: number;
    readonly changed: readonly string[];
  }[];
  readonly sightings: readonly (Sighting & { readonly at: number; readonly pollId: string })[];
  readonly feeds: readonly FeedSlug[];
  readonly corrections: Corrections;
  /** Since when the operator has withdrawn it, milliseconds since 1970 UTC. */
  readonly retractedAt?: number;
}

/** What an operator's correction makes of a story. */
export interface StoryCorrection {
  /** As it stands from now on; `stampAt` is what the correction asks for. */
  readonly story: Story;
  readonly corrections: Corrections;
  /** Material fields that changed: the story has a new revision then. */
  readonly changed: readonly string[];
  /** A field is the source's again: the next visit reads the story's item anew. */
  readonly reread: boolean;
  /** Which feeds show it from now on. */
  readonly memberships: readonly Membership[];
  readonly now: number;
}

/** About how much is kept of one source. */
export interface SourceUsage {
  readonly sourceId: SourceId;
  readonly stories: number;
  readonly bytes: number;
  /** When it was measured, milliseconds since 1970 UTC. */
  readonly at: number;
}

/** A feed's definition as the store knows it; another digest means its membership must be rebuilt. */
export interface FeedDefinition {
  readonly slug: FeedSlug;
  readonly digest: string;
  /** Only who has a token may know that it is, or was, there. */
  readonly isPrivate?: boolean;
}

/** A slug that a feed has or had. */
export interface PublishedSlug {
  readonly slug: FeedSlug;
  readonly isPrivate: boolean;
}

/** A feed whose membership must be rebuilt, and after which story: a rebuild that was broken off goes on. */
export interface FeedRebuild {
  readonly slug: FeedSlug;
  readonly after: number;
}

export interface RebuildStep {
  readonly memberships: readonly Membership[];
  /** The last story looked at. */
  readonly after: number;
  /** No story was left behind it when it was read. */
  readonly done: boolean;
  readonly digest: string;
  readonly now: number;
}

/** Both absent: kept for ever. */
export interface RetentionRule {
  readonly maxAgeMs?: number;
  /** For each source; of revisions, for each story. */
  readonly maxCount?: number;
}

/** How long what is kept. Stories that their source still lists stay in any case. */
export interface Retention {
  readonly stories: RetentionRule;
  readonly revisions: RetentionRule;
  readonly polls: RetentionRule;
}

/**
 * Everything we remember. Reads are shaped for one decision each, writes as one; every method throws StoreError with the
 * codes `locked`, `disk_full`, `read_only`, `corrupt`, `unavailable`, `newer_schema`, `store_failed`.
 */
export interface Store extends AsyncDisposable {
  /** Stories of a source that one of these keys names, and those present in its list. */
  storiesForPoll(sourceId: SourceId, keys: readonly IdentityKey[]): Promise<readonly KnownStory[]>;
  /** Raw digests of the stories present in the source's list: their items need no second reading. */
  rawDigests(sourceId: SourceId): Promise<ReadonlySet<string>>;
  /** Which content digests a story had before, newest first. */
  digestsBefore(ids: readonly StoryId[]): Promise<ReadonlyMap<StoryId, readonly string[]>>;
  storiesById(ids: readonly StoryId[]): Promise<readonly Story[]>;
  /** One transaction for all of them: stories, memberships, validators, poll records; documents within limits, if any. */
  apply(changes: readonly PollChanges[], limits?: KeptLimits): Promise<void>;

  /** The operator's word: out of every feed and search, and never imported again. False where there is no such story. */
  deleteStory(id: StoryId, now: number): Promise<boolean>;
  /** The operator's word in the place of the source's, in every feed that shows the story. False where there is no such story. */
  correctStory(correction: StoryCorrection): Promise<boolean>;
  /**
   * Out of every feed and search until the operator restores it, whatever its source shows; or, with the feeds it enters,
   * back into them. False where there is no such story.
   */
  retractStory(
    id: StoryId,
    change: { readonly now: number; readonly restoredTo?: readonly Membership[] },
  ): Promise<boolean>;
  /** Visits a source only when the operator asks (null: as its rhythm says), until said otherwise. */
  pauseSource(id: SourceId, pause: { readonly pausedAt: number | null; readonly now: number }): Promise<void>;

  sourceStates(ids?: readonly SourceId[]): Promise<readonly SourceState[]>;
  /** When each source is due, milliseconds since 1970 UTC; null: not before the operator asks. */
  nextPolls(): Promise<ReadonlyMap<SourceId, number | null>>;
  /** Takes a lease on each of these sources that nobody holds; answers those taken. */
  leaseSources(
    ids: readonly SourceId[],
    lease: { readonly owner: string; readonly now: number; readonly untilMs: number },
  ): Promise<readonly SourceId[]>;
  /** Needed only where no poll was stored: `apply` ends the lease of its source. */
  releaseSources(ids: readonly SourceId[], owner: string): Promise<void>;
  /** Records of the visits to a source, newest first. */
  listPolls(sourceId: SourceId, limit: number): Promise<readonly PollRecord[]>;
  /** Documents kept of a source, newest first. */
  keptBodies(sourceId: SourceId): Promise<readonly KeptBody[]>;
  /**
   * One bounded step of forgetting a source as if it had never been: stories, keys, visits, documents. Answers how many
   * stories went, and whether nothing is left.
   */
  forgetSource(id: SourceId, now: number): Promise<{ readonly stories: number; readonly done: boolean }>;

  /** What was accepted last of the configuration; null where nothing was yet. */
  appliedConfiguration(): Promise<AppliedConfiguration | null>;
  /** Cheap: the digest alone. */
  appliedDigest(): Promise<string | null>;
  /**
   * Accepts a configuration in the place of the one with the digest `replaces` (null: there is none); false where another
   * stands there by now. The sources named in `due` are visited at that moment at the latest, gone (410) or not.
   */
  saveApplied(
    configuration: AppliedConfiguration,
    change: { readonly due: ReadonlyMap<SourceId, number>; readonly replaces: string | null },
  ): Promise<boolean>;

  /** Makes the store know exactly these feeds; answers those whose membership must be rebuilt. */
  defineFeeds(feeds: readonly FeedDefinition[], now: number): Promise<readonly FeedRebuild[]>;
  /** Stories after a story number, in the order they came, for rebuilding membership. */
  scanStories(
    after: number,
    limit: number,
  ): Promise<{ readonly stories: readonly Story[]; readonly after: number; readonly done: boolean }>;
  /**
   * Adds entries to the list that a feed is getting, beside the one that is served. A step that is `done` puts the list
   * in force, in one swap, unless stories came meanwhile. True: nothing is left to rebuild.
   */
  rebuildFeed(slug: FeedSlug, step: RebuildStep): Promise<boolean>;
  /** Removes the entries whose time has come; the feed changed at the moment the last of them left. */
  expireEntries(now: number): Promise<readonly FeedSlug[]>;

  /** Every slug that a feed ever had, those of deleted feeds among them. */
  publishedSlugs(): Promise<readonly PublishedSlug[]>;
  feedHeads(touchedAfter?: number): Promise<readonly FeedHead[]>;
  /** Newest first: published, position, id. */
  newestEntries(slug: FeedSlug, limit: number): Promise<readonly Story[]>;
  newestOfSource(sourceId: SourceId, limit: number): Promise<readonly Story[]>;
  /** The stories that came last, of any source. */
  newestStories(limit: number): Promise<readonly Story[]>;
  /** Entries of a feed, counted no further than `max`. */
  countEntries(slug: FeedSlug, max: number): Promise<number>;
  /** Of the stories that hold all these words in title or opening, those that came last; newest first. */
  search(query: string, limit: number): Promise<readonly Story[]>;
  findStory(id: string): Promise<Story | null>;
  /** Stories of any source that an identity key names, in the order they came; of deleted ones little is left. */
  storiesByKey(key: string): Promise<readonly { readonly story: Story; readonly deletedAt?: number }[]>;
  storyHistory(id: string): Promise<StoryHistory | null>;

  snapshot(
    slug: FeedSlug,
    format: FormatName,
  ): Promise<{ readonly snapshot: Snapshot; readonly revision: number } | null>;
  saveSnapshots(snapshots: readonly { readonly snapshot: Snapshot; readonly revision: number }[]): Promise<void>;

  /**
   * One bounded step of retention, for the source that follows `after` (null: the first); `next` is where to go on, null
   * at the end. A story whose time has come leaves nothing but its keys, so that it is never announced again.
   */
  prune(
    rules: Retention,
    step: { readonly now: number; readonly after: SourceId | null },
  ): Promise<{ readonly removed: number; readonly next: SourceId | null }>;

  /** About how much is kept of each source, as retention measured it last: at most six hours ago where a poller runs. */
  sourceUsage(): Promise<readonly SourceUsage[]>;
  /** The same of one source, measured now. */
  measureSource(id: SourceId, now: number): Promise<SourceUsage>;
  /** Bytes that the database takes on its disk, free pages included. */
  diskBytes(): Promise<number>;

  /** Writes something small and takes it back: throws where the database takes no writes. */
  probe(): Promise<void>;
  /** Cheap: whether another connection committed since the last call. */
  changedSinceAsked(): Promise<boolean>;
  /**
   * A consistent copy while others read and write, into a new file: one statement, which the process that calls it waits
   * for. Codes `file_exists`; `unsupported` on Postgres.
   */
  backup(file: string): Promise<void>;
}
