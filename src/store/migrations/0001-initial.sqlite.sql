create table sources (
  id text primary key,
  memory text not null,
  next_poll_at integer,
  last_success_at integer,
  last_poll text,
  lease_owner text,
  lease_until integer
) without rowid;

create table stories (
  n integer primary key,
  id text not null,
  source_id text not null,
  cluster text,
  title text not null,
  published_at integer not null,
  position integer not null,
  stamp_at integer not null,
  first_seen_at integer not null,
  last_seen_at integer not null,
  present integer not null,
  raw_digest text not null,
  digest text not null,
  held text,
  dates text not null,
  withdrawn_at integer,
  deleted_at integer,
  record text not null
);
create unique index stories_id on stories (id);
create unique index stories_stamp on stories (stamp_at);
create index stories_source on stories (source_id, published_at desc, position, id);
create index stories_present on stories (source_id) where present = 1;

create table story_keys (
  source_id text not null,
  kind text not null,
  key text not null,
  story_id text not null,
  primary key (source_id, kind, key)
) without rowid;
create index story_keys_story on story_keys (story_id);

create table story_origins (
  story_id text primary key,
  origins text not null
) without rowid;

create table revisions (
  story_id text not null,
  revision integer not null,
  at integer not null,
  changed text not null,
  digest text not null,
  record text not null,
  primary key (story_id, revision)
) without rowid;

create table sightings (
  story_id text not null,
  field text not null,
  rule text not null,
  text text not null,
  at integer not null,
  poll_id text not null,
  interval text,
  primary key (story_id, field, rule, text)
) without rowid;

create table polls (
  id text primary key,
  source_id text not null,
  at integer not null,
  record text not null
) without rowid;
create index polls_source on polls (source_id, at desc);

create table feeds (
  slug text primary key,
  digest text not null,
  revision integer not null,
  changed_at integer not null,
  touched integer not null,
  generation integer not null,
  sequence integer not null
) without rowid;
create index feeds_touched on feeds (touched);

create table feed_entries (
  slug text not null,
  generation integer not null,
  published_at integer not null,
  position integer not null,
  story_id text not null,
  cluster text,
  sequence integer not null,
  leaves_at integer,
  primary key (slug, generation, published_at desc, position, story_id)
) without rowid;
create index feed_entries_story on feed_entries (story_id);
create index feed_entries_cluster on feed_entries (slug, generation, cluster) where cluster is not null;
create index feed_entries_sequence on feed_entries (slug, generation, sequence);
create index feed_entries_leaves on feed_entries (leaves_at) where leaves_at is not null;

create table snapshots (
  slug text not null,
  format text not null,
  revision integer not null,
  media_type text not null,
  tag text not null,
  last_modified_at integer not null,
  gzip blob not null,
  zstd blob not null,
  primary key (slug, format)
) without rowid;

create virtual table story_search using fts5 (title, opening, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');
