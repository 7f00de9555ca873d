-- The newest documents of each source as they came, compressed: what changed rules are tried on.
create table kept_bodies (
  source_id text not null,
  at integer not null,
  bytes integer not null,
  facts text not null,
  body blob not null
);
create unique index kept_bodies_source on kept_bodies (source_id, at);
create index kept_bodies_at on kept_bodies (at, bytes);

-- What was accepted last of what the files say of sources and feeds; no secrets.
create table configurations (
  name text primary key,
  digest text not null,
  at integer not null,
  text text not null
) without rowid;
