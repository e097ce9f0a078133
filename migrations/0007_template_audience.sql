-- Up Migration

-- Counting a filter over a large base takes seconds, so it is done beside the request and kept with its time
-- (src/audience/count.command.ts). `key` is the digest of a filter, or the id of an audience that came from a file.
create table audience_count (
  key text primary key,
  started_at timestamptz not null,
  counted_at timestamptz,
  failed_at timestamptz,
  total int,
  -- People by the reason not to write to them; the key '' counts those who may be written to.
  marketing jsonb,
  notice jsonb,
  -- Up to five customers. Numbers stay in their own table.
  sample uuid[] not null default '{}'
);

create index audience_state on audience (state, id);
create index campaign_audience on campaign (audience_id);
create index campaign_frozen_audience on campaign (frozen_audience_id) where frozen_audience_id is not null;
