-- What an operator said beside what sources say: visits leave it as it is.
alter table sources add column paused_at bigint;
alter table stories add column corrections text collate "C";
alter table stories add column retracted_at bigint;

-- About how much each source holds, as it was measured last.
create table source_usage (
  source_id text collate "C" primary key,
  stories bigint not null,
  bytes bigint not null,
  at bigint not null
);
