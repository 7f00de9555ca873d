-- Every slug that a feed ever had: what is asked for under one that is no feed's any more is gone, not unknown.
create table published_slugs (
  slug text primary key,
  is_private integer not null
) without rowid;
insert into published_slugs (slug, is_private) select slug, 0 from feeds;

-- When what a source's stories show last changed; null: not since this was written down.
alter table sources add column changed_at integer;
