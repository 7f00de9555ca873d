import type { FeedSlug } from "../model/feed.ts";
import type { Story, StoryId } from "../model/story.ts";
import { enterFeeds, feedsCrediting, feedsShowing, removeEntries, touchFeeds } from "./feed-lists.ts";
import { keysOf, keysText, parseOwn, recordText } from "./rows.ts";
import { indexStories, unindexStories } from "./search.ts";
import { savePolls } from "./sources.ts";
import { type Cell, insertRows, query, queryParts, type Sql, updateStoryRows } from "./sql.ts";
import { distinctStamps } from "./stamps.ts";
import type { PollChanges, StoryUpdate } from "./store.ts";
import { nextNumbers } from "./story-numbers.ts";

/** A feed that changed, and when. */
type Touch = readonly [FeedSlug, number];

/** Writes what polls found out: the same as one poll after the other. */
export async function applyPolls(sql: Sql, changes: readonly PollChanges[]): Promise<void> {
  for (const group of groupsOf(changes)) await applyGroup(sql, group);
}

/** A story that is revised leaves its stamp: the polls after it begin another group, so that they find what it left. */
function groupsOf(changes: readonly PollChanges[]): readonly (readonly PollChanges[])[] {
  const groups: PollChanges[][] = [[]];
  for (const change of changes) {
    groups.at(-1)?.push(change);
    if (change.updates.some((update) => update.revised !== undefined)) groups.push([]);
  }
  return groups.filter((group) => group.length > 0);
}

/** Each kind of row for all polls of a group at once. */
async function applyGroup(sql: Sql, changes: readonly PollChanges[]): Promise<void> {
  const created = await insertStories(sql, changes);
  const known = await knownRows(sql, changes, created);
  const touched = [...(await updateStories(sql, changes, known)), ...(await creditTouches(sql, changes))];
  const numbers = new Map([...created, ...[...known].map(([id, { n }]) => [id, n] as const)]);
  await insertSightings(sql, changes, { numbers, created });
  await touchFeeds(sql, [...touched, ...(await enter(sql, changes, numbers))]);
  await savePolls(sql, changes);
}

// --- new stories

async function insertStories(sql: Sql, changes: readonly PollChanges[]): Promise<ReadonlyMap<StoryId, number>> {
  const created = changes.flatMap((change) => change.newStories);
  if (created.length === 0) return new Map();
  const stamps = await distinctStamps(
    sql,
    changes.map(({ newStories }) => newStories.map(({ story }) => story)),
  );
  const next = await nextNumbers(sql, created.length);
  const rows = created.map((one, index) => ({ ...one, n: next[index] ?? 0 }));
  await insertRows(
    sql,
    "stories",
    rows.map(({ n, story, keys, rawDigest, origins }) => ({
      n,
      id: story.id,
      source_id: story.sourceId,
      title: story.title,
      published_at: story.publishedAt,
      position: story.position,
      stamp_at: stamps.get(story) ?? story.stampAt,
      first_seen_at: story.firstSeenAt,
      last_seen_at: story.lastSeenAt,
      present: 1,
      raw_digest: rawDigest,
      digest: story.contentDigest,
      dates: JSON.stringify(story.dates),
      keys: keysText(keys),
      record: recordText(story),
      origins: origins === undefined ? null : JSON.stringify(origins),
    })),
  );
  await insertRows(
    sql,
    "story_keys",
    rows.flatMap(({ n, story, keys }) => keys.map(({ key }) => ({ source_id: story.sourceId, key, n }))),
    "on conflict do nothing",
  );
  await indexStories(sql, rows);
  return new Map(rows.map(({ n, story }) => [story.id, n]));
}

// --- known stories

interface KnownRow {
  readonly n: number;
  readonly keys: string;
}

/** What updates, sightings and memberships name and this poll did not create. */
async function knownRows(
  sql: Sql,
  changes: readonly PollChanges[],
  created: ReadonlyMap<StoryId, number>,
): Promise<ReadonlyMap<StoryId, KnownRow>> {
  const named = changes.flatMap(({ updates, sightings, memberships }) => [
    ...updates.map(({ id }) => id),
    ...sightings.map(({ storyId }) => storyId),
    ...memberships.map(({ storyId }) => storyId),
  ]);
  const ids = [...new Set(named)].filter((id) => !created.has(id));
  const text = "select id, n, keys from stories where id in @texts";
  const rows = await queryParts<KnownRow & { id: StoryId }>(sql, text, ids);
  return new Map(rows.map((row) => [row.id, row]));
}

type Updating = StoryUpdate & KnownRow & Pick<PollChanges, "sourceId" | "poll">;

/** Writes what polls found out about known stories; answers the feeds whose entries changed. */
async function updateStories(
  sql: Sql,
  changes: readonly PollChanges[],
  known: ReadonlyMap<StoryId, KnownRow>,
): Promise<readonly Touch[]> {
  const updates = changes.flatMap(({ sourceId, poll, updates: told }) =>
    told.flatMap((update): Updating[] => {
      const row = known.get(update.id);
      return row === undefined ? [] : [{ ...update, ...row, sourceId, poll }];
    }),
  );
  if (updates.length === 0) return [];
  await saveRevisions(sql, updates);
  const stamps = await stampsOfRevised(sql, changes);
  const origins = await revisedOrigins(sql, updates);
  await updateStoryRows(
    sql,
    updates.map((update) => ({
      n: update.n,
      ...columnsOf(update),
      ...revisedColumns(update, stamps),
      ...origins.get(update.n),
    })),
  );
  await insertRows(
    sql,
    "story_keys",
    updates.flatMap(({ n, sourceId, newKeys = [] }) => newKeys.map(({ key }) => ({ source_id: sourceId, key, n }))),
    "on conflict do nothing",
  );
  const revised = updates.flatMap(({ n, revised: one }) => (one === undefined ? [] : [{ n, story: one.story }]));
  await unindexStories(
    sql,
    revised.map(({ n }) => n),
  );
  await indexStories(sql, revised);
  return touchesOf(sql, updates);
}

async function touchesOf(sql: Sql, updates: readonly Updating[]): Promise<readonly Touch[]> {
  const visible = updates.filter(
    ({ revised, withdrawnAt }) => revised !== undefined || typeof withdrawnAt === "number",
  );
  const momentOf = new Map(visible.map(({ n, poll }) => [n, poll.at]));
  const shown = await feedsShowing(sql, [...momentOf.keys()]);
  await removeEntries(
    sql,
    visible.flatMap(({ n, withdrawnAt }) => (typeof withdrawnAt === "number" ? [n] : [])),
  );
  return shown.map(({ slug, n }) => [slug, momentOf.get(n) ?? 0]);
}

function columnsOf(update: Updating): Readonly<Record<string, Cell>> {
  const { rawDigest, dates, held, present, lastSeenAt, withdrawnAt, newKeys = [] } = update;
  return {
    ...(rawDigest === undefined ? {} : { raw_digest: rawDigest }),
    ...(dates === undefined ? {} : { dates: JSON.stringify(dates) }),
    ...(held === undefined ? {} : { held: held === null ? null : JSON.stringify(held) }),
    ...(present === undefined ? {} : { present: present ? 1 : 0 }),
    ...(lastSeenAt === undefined ? {} : { last_seen_at: lastSeenAt }),
    ...(withdrawnAt === undefined ? {} : { withdrawn_at: withdrawnAt }),
    ...(newKeys.length === 0 ? {} : { keys: keysText([...keysOf(update.keys), ...newKeys]) }),
  };
}

function revisedColumns({ revised }: StoryUpdate, stamps: ReadonlyMap<Story, number>): Readonly<Record<string, Cell>> {
  if (revised === undefined) return {};
  const { story } = revised;
  return {
    title: story.title,
    digest: story.contentDigest,
    stamp_at: stamps.get(story) ?? story.stampAt,
    record: recordText(story),
  };
}

/** Who said each field, after the fields that revisions take over. */
async function revisedOrigins(
  sql: Sql,
  updates: readonly Updating[],
): Promise<ReadonlyMap<number, { readonly origins: string }>> {
  const told = updates.filter(({ revised }) => revised?.origins !== undefined);
  if (told.length === 0) return new Map();
  const text = "select n, origins from stories where n in @numbers";
  const rows = await queryParts<{ n: number; origins: string | null }>(
    sql,
    text,
    told.map(({ n }) => n),
  );
  const known = new Map(rows.map(({ n, origins }) => [n, origins === null ? {} : parseOwn<object>(origins)]));
  return new Map(
    told.map(({ n, revised }) => [n, { origins: JSON.stringify({ ...known.get(n), ...revised?.origins }) }]),
  );
}

function stampsOfRevised(sql: Sql, changes: readonly PollChanges[]): Promise<ReadonlyMap<Story, number>> {
  return distinctStamps(
    sql,
    changes.map(({ updates }) => updates.flatMap(({ revised }) => (revised === undefined ? [] : [revised.story]))),
  );
}

/** Keeps what each revised story said before, as it stands in its row. */
async function saveRevisions(sql: Sql, updates: readonly Updating[]): Promise<void> {
  for (const { n, poll, revised } of updates)
    if (revised !== undefined) await saveRevision(sql, n, { ...revised, at: poll.at });
}

/** Keeps what a story said before, as it stands in its row; `story` is what it says from now on. */
export async function saveRevision(
  sql: Sql,
  n: number,
  { story, changed, at }: { readonly story: Story; readonly changed: readonly string[]; readonly at: number },
): Promise<void> {
  const text = `insert into revisions (n, revision, at, changed, digest, title, record)
    select n, ?, ?, ?, digest, title, record from stories where n = ? on conflict do nothing`;
  await query(sql, text, [story.revision - 1, at, JSON.stringify(changed), n]);
}

// --- sightings

/** Sightings kept of one story: what comes after them is more of the same. */
const SIGHTINGS_MAX = 100;
const SIGHTING_TEXT_MAX = 500;

async function insertSightings(
  sql: Sql,
  changes: readonly PollChanges[],
  {
    numbers,
    created,
  }: { readonly numbers: ReadonlyMap<StoryId, number>; readonly created: ReadonlyMap<StoryId, number> },
): Promise<void> {
  const told = changes.flatMap(({ sightings, poll }) => sightings.map((sighting) => ({ ...sighting, poll })));
  const seenBefore = [...new Set(told.map(({ storyId }) => storyId))].flatMap((id) =>
    created.has(id) ? [] : (numbers.get(id) ?? []),
  );
  const counts = await queryParts<{ n: number; kept: number }>(
    sql,
    "select n, count(*) as kept from sightings where n in @numbers group by n",
    seenBefore,
  );
  const full = new Set(counts.filter((row) => row.kept >= SIGHTINGS_MAX).map((row) => row.n));
  await insertRows(
    sql,
    "sightings",
    told.flatMap(({ storyId, field, rule, text, interval, poll }) => {
      const n = numbers.get(storyId);
      if (n === undefined || full.has(n)) return [];
      return [
        {
          n,
          field,
          rule,
          text: text.slice(0, SIGHTING_TEXT_MAX),
          at: poll.at,
          poll_id: poll.id,
          interval: interval === undefined ? null : JSON.stringify(interval),
        },
      ];
    }),
    "on conflict do nothing",
  );
}

// --- feeds

async function enter(
  sql: Sql,
  changes: readonly PollChanges[],
  numbers: ReadonlyMap<StoryId, number>,
): Promise<readonly Touch[]> {
  const memberships = changes.flatMap((change) => change.memberships);
  if (memberships.length === 0) return [];
  const moments = new Map(
    changes.flatMap(({ memberships: told, poll }) => told.map(({ storyId }) => [storyId, poll.at] as const)),
  );
  const entered = await enterFeeds(sql, memberships, numbers);
  return entered.map(({ slug, storyId }) => [slug, moments.get(storyId) ?? 0] as const);
}

async function creditTouches(sql: Sql, changes: readonly PollChanges[]): Promise<readonly Touch[]> {
  const touches: Touch[] = [];
  for (const { sourceId, poll, creditChanged } of changes)
    if (creditChanged === true) for (const slug of await feedsCrediting(sql, sourceId)) touches.push([slug, poll.at]);
  return touches;
}
