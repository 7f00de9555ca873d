create table sources (
  id text primary key,
  memory text not null,
  next_poll_at integer,
  last_success_at integer,
  last_poll text,
  lease_owner text,
  lease_until integer
) without rowid;

-- Other tables name a story by its number, which only grows: their rows stand where their story's neighbours stand.
create table stories (
  n integer primary key,
  id text not null,
  source_id text not null,
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
  keys text not null,
  withdrawn_at integer,
  deleted_at integer,
  record text not null,
  origins text
);
create unique index stories_id on stories (id);
create unique index stories_stamp on stories (stamp_at);
create index stories_source on stories (source_id, published_at desc, position, id);
create index stories_present on stories (source_id) where present = 1;

create table story_keys (
  source_id text not null,
  key text not null,
  n integer not null,
  primary key (source_id, key)
) without rowid;

create table revisions (
  n integer not null,
  revision integer not null,
  at integer not null,
  changed text not null,
  digest text not null,
  title text not null,
  record text not null,
  primary key (n, revision)
) without rowid;

create table sightings (
  n integer not null,
  field text not null,
  rule text not null,
  text text not null,
  at integer not null,
  poll_id text not null,
  interval text,
  primary key (n, field, rule, text)
) without rowid;

create table polls (
  source_id text not null,
  at integer not null,
  record text not null,
  primary key (source_id, at)
) without rowid;

-- list: the entries that are served; building: those of a definition that is not in force yet, as far as story building_after.
create table feeds (
  slug text primary key,
  digest text not null,
  list integer not null,
  building integer,
  building_digest text,
  building_after integer not null,
  revision integer not null,
  changed_at integer not null,
  touched integer not null,
  sequence integer not null
) without rowid;
create index feeds_touched on feeds (touched);

-- hidden: another entry of its cluster came first, in a feed that shows one of them.
create table feed_entries (
  list integer not null,
  published_at integer not null,
  position integer not null,
  story_id text not null,
  n integer not null,
  sequence integer not null,
  hidden integer not null,
  cluster text,
  leaves_at integer,
  primary key (list, published_at desc, position, story_id)
) without rowid;
create index feed_entries_story on feed_entries (n);
create index feed_entries_sequence on feed_entries (list, sequence);
create index feed_entries_cluster on feed_entries (list, cluster) where cluster is not null;
create index feed_entries_leaves on feed_entries (leaves_at) where leaves_at is not null;

-- Lists that no feed uses any more; their entries are removed little by little.
create table stale_lists (list integer primary key);

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

-- The program normalizes words and parts them by spaces, for both databases alike; nobody asks where in a text they stand.
create virtual table story_search using fts5 (words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
