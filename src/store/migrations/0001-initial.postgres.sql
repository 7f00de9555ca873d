create table sources (
  id text collate "C" primary key,
  memory text collate "C" not null,
  next_poll_at bigint,
  last_success_at bigint,
  last_poll text collate "C",
  lease_owner text collate "C",
  lease_until bigint
);

create table stories (
  n bigint generated always as identity primary key,
  id text collate "C" not null,
  source_id text collate "C" not null,
  cluster text collate "C",
  title text collate "C" not null,
  published_at bigint not null,
  position bigint not null,
  stamp_at bigint not null,
  first_seen_at bigint not null,
  last_seen_at bigint not null,
  present bigint not null,
  raw_digest text collate "C" not null,
  digest text collate "C" not null,
  held text collate "C",
  dates text collate "C" not null,
  withdrawn_at bigint,
  deleted_at bigint,
  record text collate "C" not null
);
create unique index stories_id on stories (id);
create unique index stories_stamp on stories (stamp_at);
create index stories_source on stories (source_id, published_at desc, position, id);
create index stories_present on stories (source_id) where present = 1;

create table story_keys (
  source_id text collate "C" not null,
  kind text collate "C" not null,
  key text collate "C" not null,
  story_id text collate "C" not null,
  primary key (source_id, kind, key)
);
create index story_keys_story on story_keys (story_id);

create table story_origins (
  story_id text collate "C" primary key,
  origins text collate "C" not null
);

create table revisions (
  story_id text collate "C" not null,
  revision bigint not null,
  at bigint not null,
  changed text collate "C" not null,
  digest text collate "C" not null,
  record text collate "C" not null,
  primary key (story_id, revision)
);

create table sightings (
  story_id text collate "C" not null,
  field text collate "C" not null,
  rule text collate "C" not null,
  text text collate "C" not null,
  at bigint not null,
  poll_id text collate "C" not null,
  interval text collate "C",
  primary key (story_id, field, rule, text)
);

create table polls (
  id text collate "C" primary key,
  source_id text collate "C" not null,
  at bigint not null,
  record text collate "C" not null
);
create index polls_source on polls (source_id, at desc);

create table feeds (
  slug text collate "C" primary key,
  digest text collate "C" not null,
  revision bigint not null,
  changed_at bigint not null,
  touched bigint not null,
  generation bigint not null,
  sequence bigint not null
);
create index feeds_touched on feeds (touched);

create table feed_entries (
  slug text collate "C" not null,
  generation bigint not null,
  published_at bigint not null,
  position bigint not null,
  story_id text collate "C" not null,
  cluster text collate "C",
  sequence bigint not null,
  leaves_at bigint,
  primary key (slug, generation, story_id)
);
create index feed_entries_order on feed_entries (slug, generation, published_at desc, position, story_id);
create index feed_entries_story on feed_entries (story_id);
create index feed_entries_cluster on feed_entries (slug, generation, cluster) where cluster is not null;
create index feed_entries_sequence on feed_entries (slug, generation, sequence);
create index feed_entries_leaves on feed_entries (leaves_at) where leaves_at is not null;

create table snapshots (
  slug text collate "C" not null,
  format text collate "C" not null,
  revision bigint not null,
  media_type text collate "C" not null,
  tag text collate "C" not null,
  last_modified_at bigint not null,
  gzip bytea not null,
  zstd bytea not null,
  primary key (slug, format)
);

create table story_search (
  n bigint primary key,
  document tsvector not null
);
create index story_search_document on story_search using gin (document) with (fastupdate = on);
