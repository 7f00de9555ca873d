import { gunzipSync } from "node:zlib";
import type { FeedSlug, FormatName } from "../model/feed.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

export interface StoredSnapshot {
  readonly snapshot: Snapshot;
  readonly revision: number;
}

export async function findSnapshot(
  { db }: Database,
  slug: FeedSlug,
  format: FormatName,
): Promise<StoredSnapshot | null> {
  const row = await db
    .selectFrom("snapshots")
    .selectAll()
    .where("slug", "=", slug)
    .where("format", "=", format)
    .executeTakeFirst();
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
export async function saveSnapshots({ db }: Database, snapshots: readonly StoredSnapshot[]): Promise<void> {
  if (snapshots.length === 0) return;
  await db.transaction().execute(async (trx) => {
    for (const { snapshot, revision } of snapshots) {
      const row: Omit<Tables["snapshots"], "slug" | "format"> = {
        revision,
        media_type: snapshot.mediaType,
        tag: snapshot.tag,
        last_modified_at: snapshot.lastModifiedAt,
        gzip: snapshot.gzip,
        zstd: snapshot.zstd,
      };
      await trx
        .insertInto("snapshots")
        .values({ slug: snapshot.slug, format: snapshot.format, ...row })
        .onConflict((conflict) =>
          conflict.columns(["slug", "format"]).doUpdateSet(row).where("snapshots.revision", "<=", revision),
        )
        .execute();
    }
  });
}
