-- Up Migration

-- Customer and agent were put into one bridge: from here on they hear each other.
alter table call_attempt add column bridged_at timestamptz;

-- Which process holds the line to an engine. A dial is begun only by the one that stands here: whoever was replaced begins none.
create table line_keeper (
  account_id uuid primary key references voice_account (id),
  holder uuid not null,
  since timestamptz not null,
  line text not null check (line in ('up', 'down')),
  seen_at timestamptz not null
);
