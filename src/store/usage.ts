import type { SourceId } from "../model/source.ts";
import type { Database } from "./database.ts";
import { query, type Sql } from "./sql.ts";
import type { SourceUsage } from "./store.ts";

/** Up to so many stories are measured each; of more, slices that lie evenly among them. */
const MEASURED_MAX = 1_000;
const SLICES = 20;
const SLICE_ROWS = MEASURED_MAX / SLICES;

/** Figures older than this are taken anew when retention comes by. */
const USAGE_AGE_MS = 6 * 3_600_000;
const CHANGED_SHARE = 0.2;

const STORY_BYTES = `octet_length(record) + octet_length(title) + octet_length(dates) + octet_length(keys)
  + coalesce(octet_length(origins), 0)
  + coalesce((select sum(octet_length(revisions.record) + octet_length(revisions.title)) from revisions
      where revisions.n = sampled.n), 0)
  + coalesce((select sum(octet_length(sightings.text) + octet_length(sightings.field) + coalesce(octet_length(interval), 0))
      from sightings where sightings.n = sampled.n), 0)`;

/** What is kept of one source, its visits and documents included, indexes not: exact for few stories, about right for many. */
export async function measureSource(sql: Sql, id: SourceId, now: number): Promise<SourceUsage> {
  const stories = await countStories(sql, id);
  const isSampled = stories > MEASURED_MAX;
  const rows = isSampled ? SLICE_ROWS : MEASURED_MAX;
  let measured = 0;
  let bytes = 0;
  for (let slice = 0; slice < (isSampled ? SLICES : 1); slice += 1) {
    const text = `select count(*) as measured, coalesce(sum(${STORY_BYTES}), 0) as bytes from (
        select n, record, title, dates, keys, origins from stories where source_id = ?
        order by published_at desc, position, id limit ? offset ?
      ) as sampled`;
    const from = Math.floor((slice * stories) / SLICES);
    const [part] = await query<{ measured: number; bytes: number }>(sql, text, [id, rows, from]);
    measured += Number(part?.measured ?? 0);
    bytes += Number(part?.bytes ?? 0);
  }
  const [others] = await query<{ visits: number; documents: number }>(
    sql,
    `select (select coalesce(sum(octet_length(record)), 0) from polls where source_id = ?) as visits,
      (select coalesce(sum(bytes), 0) from kept_bodies where source_id = ?) as documents`,
    [id, id],
  );
  const ofStories = measured === 0 ? 0 : (bytes / measured) * stories;
  const ofOthers = Number(others?.visits ?? 0) + Number(others?.documents ?? 0);
  return { sourceId: id, stories, bytes: Math.round(ofStories + ofOthers), at: now };
}

async function countStories(sql: Sql, id: SourceId): Promise<number> {
  const [counted] = await query<{ stories: number }>(
    sql,
    "select count(*) as stories from stories where source_id = ?",
    [id],
  );
  return Number(counted?.stories ?? 0);
}

/**
 * Measures a source anew, as of `now`, where its figures are old, or its stories have become many more or fewer since. One
 * that was never visited holds nothing yet.
 */
export async function refreshUsage(database: Database, id: SourceId, now: number): Promise<void> {
  const [known] = await query<{ at: number | null; stories: number | null; last_poll: string | null }>(
    database,
    `select source_usage.at, source_usage.stories, sources.last_poll from sources
      left join source_usage on source_usage.source_id = sources.id where sources.id = ?`,
    [id],
  );
  if (known === undefined || known.last_poll === null) return;
  if (known.at !== null && known.stories !== null && now - known.at < USAGE_AGE_MS) {
    const change = Math.abs((await countStories(database, id)) - known.stories);
    if (change <= known.stories * CHANGED_SHARE) return;
  }
  const { stories, bytes } = await measureSource(database, id, now);
  await query(
    database,
    `insert into source_usage (source_id, stories, bytes, at) values (?, ?, ?, ?)
      on conflict (source_id) do update set stories = excluded.stories, bytes = excluded.bytes, at = excluded.at`,
    [id, stories, bytes, now],
  );
}

export async function sourceUsage(sql: Sql): Promise<readonly SourceUsage[]> {
  const rows = await query<{ source_id: SourceId; stories: number; bytes: number; at: number }>(
    sql,
    "select source_id, stories, bytes, at from source_usage order by source_id",
  );
  return rows.map(({ source_id: sourceId, ...figures }) => ({ sourceId, ...figures }));
}

export async function diskBytes(database: Database): Promise<number> {
  const { sqlite } = database;
  if (sqlite !== undefined) {
    const pragma = (name: string) => Number(sqlite.pragma(name, { simple: true }));
    return pragma("page_count") * pragma("page_size");
  }
  const [row] = await query<{ bytes: number }>(database, "select pg_database_size(current_database()) as bytes");
  return Number(row?.bytes ?? 0);
}
