-- What an operator said beside what sources say: visits leave it as it is.
alter table sources add column paused_at integer;
alter table stories add column corrections text;
alter table stories add column retracted_at integer;

-- About how much each source holds, as it was measured last.
create table source_usage (
  source_id text primary key,
  stories integer not null,
  bytes integer not null,
  at integer not null
) without rowid;
