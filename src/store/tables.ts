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
    changed_at: number | null;
    paused_at: number | null;
  };
  stories: {
    n: number;
    id: string;
    source_id: string;
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
    keys: string;
    withdrawn_at: number | null;
    deleted_at: number | null;
    record: string;
    origins: string | null;
    corrections: string | null;
    retracted_at: number | null;
  };
  story_keys: { source_id: string; key: string; n: number };
  revisions: {
    n: number;
    revision: number;
    at: number;
    changed: string;
    digest: string;
    title: string;
    record: string;
  };
  sightings: {
    n: number;
    field: string;
    rule: string;
    text: string;
    at: number;
    poll_id: string;
    interval: string | null;
  };
  polls: { source_id: string; at: number; record: string };
  feeds: {
    slug: string;
    digest: string;
    list: number;
    building: number | null;
    building_digest: string | null;
    building_after: number;
    revision: number;
    changed_at: number;
    touched: number;
    sequence: number;
  };
  feed_entries: {
    list: number;
    published_at: number;
    position: number;
    story_id: string;
    n: number;
    sequence: number;
    hidden: number;
    cluster: string | null;
    leaves_at: number | null;
  };
  /** Every slug that a feed ever had. */
  published_slugs: { slug: string; is_private: number };
  stale_lists: { list: number };
  source_usage: { source_id: string; stories: number; bytes: number; at: number };
  kept_bodies: { source_id: string; at: number; bytes: number; facts: string; body: Buffer };
  configurations: { name: string; digest: string; at: number; text: string };
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
