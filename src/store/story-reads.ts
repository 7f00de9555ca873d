import type { FeedSlug } from "../model/feed.ts";
import type { SourceId } from "../model/source.ts";
import { newestFirst, type Story, type StoryId } from "../model/story.ts";
import { correctionsOf, keysOf, parseOwn, STORY_COLUMNS, type StoryRow, storyOf } from "./rows.ts";
import { query, queryParts, type Sql } from "./sql.ts";
import type { Sighting, StoryHistory } from "./store.ts";
import type { Tables } from "./tables.ts";

export async function storiesById(sql: Sql, ids: readonly StoryId[]): Promise<readonly Story[]> {
  const text = `select ${STORY_COLUMNS} from stories where id in @texts`;
  return (await queryParts<StoryRow>(sql, text, ids)).map(storyOf);
}

export async function newestEntries(sql: Sql, slug: FeedSlug, limit: number): Promise<readonly Story[]> {
  // The newest entries are found first, so that no more than `limit` stories are read.
  const text = `select ${STORY_COLUMNS} from (
      select n from feed_entries where list = (select list from feeds where slug = ?) and hidden = 0
      order by published_at desc, position, story_id limit ?
    ) as newest join stories on stories.n = newest.n`;
  return (await query<StoryRow>(sql, text, [slug, limit])).map(storyOf).sort(newestFirst);
}

export async function newestOfSource(sql: Sql, sourceId: SourceId, limit: number): Promise<readonly Story[]> {
  const text = `select ${STORY_COLUMNS} from stories
    where source_id = ? and deleted_at is null and withdrawn_at is null
    order by published_at desc, position, id limit ?`;
  return (await query<StoryRow>(sql, text, [sourceId, limit])).map(storyOf);
}

export async function newestStories(sql: Sql, limit: number): Promise<readonly Story[]> {
  const text = `select ${STORY_COLUMNS} from stories where deleted_at is null order by n desc limit ?`;
  return (await query<StoryRow>(sql, text, [limit])).map(storyOf);
}

export async function countEntries(sql: Sql, slug: FeedSlug, max: number): Promise<number> {
  const text = `select count(*) as entries from (
      select 1 from feed_entries where list = (select list from feeds where slug = ?) and hidden = 0 limit ?
    ) as shown`;
  return (await query<{ entries: number }>(sql, text, [slug, max]))[0]?.entries ?? 0;
}

export async function scanStories(
  sql: Sql,
  after: number,
  limit: number,
): Promise<{ readonly stories: readonly Story[]; readonly after: number; readonly done: boolean }> {
  const text = `select ${STORY_COLUMNS} from stories
    where n > ? and deleted_at is null and withdrawn_at is null order by n limit ?`;
  const rows = await query<StoryRow>(sql, text, [after, limit]);
  const [last] = await query<{ n: number | null }>(sql, "select max(n) as n from stories");
  const done = rows.length < limit;
  return { stories: rows.map(storyOf), after: done ? Math.max(after, last?.n ?? 0) : (rows.at(-1)?.n ?? after), done };
}

/** While a story is in its source's list, the source's last good poll is when it was last seen. */
export async function findStory(sql: Sql, id: string): Promise<Story | null> {
  const text = `select ${STORY_COLUMNS}, stories.present, sources.last_success_at
    from stories left join sources on sources.id = stories.source_id
    where stories.id = ? and stories.deleted_at is null`;
  const [row] = await query<StoryRow & { present: number; last_success_at: number | null }>(sql, text, [id]);
  if (row === undefined) return null;
  const story = storyOf(row);
  return row.present === 1 ? { ...story, lastSeenAt: Math.max(story.lastSeenAt, row.last_success_at ?? 0) } : story;
}

/** One index look-up for each source: keys are looked up within a source. */
export async function storiesByKey(
  sql: Sql,
  key: string,
): Promise<readonly { readonly story: Story; readonly deletedAt?: number }[]> {
  const text = `select ${STORY_COLUMNS}, stories.deleted_at from sources
    join story_keys on story_keys.source_id = sources.id and story_keys.key = ?
    join stories on stories.n = story_keys.n order by stories.n`;
  const rows = await query<StoryRow & { deleted_at: number | null }>(sql, text, [key]);
  return rows.map((row) => ({
    story: storyOf(row),
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at }),
  }));
}

/** Sightings told of one story at most. */
const SIGHTINGS = 200;

export async function storyHistory(sql: Sql, id: string): Promise<StoryHistory | null> {
  const story = await findStory(sql, id);
  const [row] = await query<HistoryRow>(
    sql,
    "select n, keys, origins, held, corrections, retracted_at from stories where id = ?",
    [id],
  );
  if (story === null || row === undefined) return null;
  const revisions = await query<{ revision: number; at: number; changed: string }>(
    sql,
    "select revision, at, changed from revisions where n = ? order by revision",
    [row.n],
  );
  const sightings = await query<SightingRow>(
    sql,
    `select field, rule, text, at, poll_id, interval from sightings where n = ? order by at, field, rule, text limit ${SIGHTINGS}`,
    [row.n],
  );
  const feeds = await query<{ slug: FeedSlug }>(
    sql,
    `select distinct feeds.slug from feed_entries join feeds on feeds.list = feed_entries.list
      where feed_entries.n = ? and feed_entries.hidden = 0 order by feeds.slug`,
    [row.n],
  );
  return {
    story,
    keys: keysOf(row.keys),
    origins: row.origins === null ? {} : parseOwn<Record<string, string>>(row.origins),
    ...(row.held === null ? {} : { held: parseOwn<NonNullable<StoryHistory["held"]>>(row.held) }),
    revisions: revisions.map(({ revision, at, changed }) => ({ revision, at, changed: parseOwn<string[]>(changed) })),
    sightings: sightings.map((sighting) => sightingOf(sighting, story.id)),
    feeds: feeds.map(({ slug }) => slug),
    corrections: correctionsOf(row),
    ...(row.retracted_at === null ? {} : { retractedAt: row.retracted_at }),
  };
}

type HistoryRow = Pick<Tables["stories"], "n" | "keys" | "origins" | "held" | "corrections" | "retracted_at">;

interface SightingRow {
  readonly field: string;
  readonly rule: string;
  readonly text: string;
  readonly at: number;
  readonly poll_id: string;
  readonly interval: string | null;
}

function sightingOf(row: SightingRow, storyId: StoryId): StoryHistory["sightings"][number] {
  return {
    storyId,
    field: row.field,
    rule: row.rule,
    text: row.text,
    at: row.at,
    pollId: row.poll_id,
    ...(row.interval === null ? {} : { interval: parseOwn<NonNullable<Sighting["interval"]>>(row.interval) }),
  };
}
