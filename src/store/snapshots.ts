import { gunzipSync } from "node:zlib";
import type { FeedSlug, FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Database } from "./database.ts";
import { inTransaction, query, type Sql } from "./sql.ts";
import type { Tables } from "./tables.ts";

export interface StoredSnapshot {
  readonly snapshot: Snapshot;
  readonly revision: number;
}

type Row = Tables["snapshots"];

export async function findSnapshot(
  database: Database,
  slug: FeedSlug,
  format: FormatName,
): Promise<StoredSnapshot | null> {
  const [row] = await query<Row>(database, "select * from snapshots where slug = ? and format = ?", [slug, format]);
  if (row === undefined) return null;
  const snapshot: Snapshot = {
    slug,
    format,
    mediaType: row.media_type,
    tag: row.tag,
    lastModifiedAt: row.last_modified_at,
    identity: gunzipSync(row.gzip),
    gzip: row.gzip,
    zstd: row.zstd,
  };
  return { snapshot, revision: row.revision };
}

/** A document never replaces one of a later revision. */
export async function saveSnapshots(database: Database, snapshots: readonly StoredSnapshot[]): Promise<void> {
  if (snapshots.length === 0) return;
  await inTransaction(database, async (sql) => {
    for (const { snapshot, revision } of snapshots) {
      const { slug, format, mediaType, tag, lastModifiedAt, gzip, zstd } = snapshot;
      const names = { media_type: mediaType, last_modified_at: lastModifiedAt };
      await writeSnapshot(sql, { slug, format, revision, tag, gzip, zstd, ...names });
    }
  });
}

/** As it stands in the table. */
export async function writeSnapshot(sql: Sql, row: Row): Promise<void> {
  const text = `insert into snapshots (slug, format, revision, media_type, tag, last_modified_at, gzip, zstd)
    values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (slug, format) do update set revision = excluded.revision,
    media_type = excluded.media_type, tag = excluded.tag, last_modified_at = excluded.last_modified_at,
    gzip = excluded.gzip, zstd = excluded.zstd where snapshots.revision <= excluded.revision`;
  const { slug, format, revision, media_type, tag, last_modified_at, gzip, zstd } = row;
  await query(sql, text, [slug, format, revision, media_type, tag, last_modified_at, gzip, zstd]);
}
