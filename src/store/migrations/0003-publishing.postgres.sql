create table published_slugs (
  slug text collate "C" primary key,
  is_private integer not null
);
insert into published_slugs (slug, is_private) select slug, 0 from feeds;

alter table sources add column changed_at bigint;
