import type { Generated } from "kysely";

/** The tables as both databases hold them; instants in milliseconds since 1970 UTC, JSON as text. */
export interface Tables {
  sources: {
    id: string;
    memory: string;
    next_poll_at: number | null;
    last_success_at: number | null;
    last_poll: string | null;
    lease_owner: string | null;
    lease_until: number | null;
  };
  stories: {
    n: Generated<number>;
    id: string;
    source_id: string;
    cluster: string | null;
    title: string;
    published_at: number;
    position: number;
    stamp_at: number;
    first_seen_at: number;
    last_seen_at: number;
    present: number;
    raw_digest: string;
    digest: string;
    held: string | null;
    dates: string;
    withdrawn_at: number | null;
    deleted_at: number | null;
    record: string;
  };
  story_keys: { source_id: string; kind: string; key: string; story_id: string };
  story_origins: { story_id: string; origins: string };
  revisions: { story_id: string; revision: number; at: number; changed: string; digest: string; record: string };
  sightings: {
    story_id: string;
    field: string;
    rule: string;
    text: string;
    at: number;
    poll_id: string;
    interval: string | null;
  };
  polls: { id: string; source_id: string; at: number; record: string };
  feeds: {
    slug: string;
    digest: string;
    revision: number;
    changed_at: number;
    touched: number;
    generation: number;
    sequence: number;
  };
  feed_entries: {
    slug: string;
    generation: number;
    published_at: number;
    position: number;
    story_id: string;
    cluster: string | null;
    sequence: number;
    leaves_at: number | null;
  };
  snapshots: {
    slug: string;
    format: string;
    revision: number;
    media_type: string;
    tag: string;
    last_modified_at: number;
    gzip: Buffer;
    zstd: Buffer;
  };
}
