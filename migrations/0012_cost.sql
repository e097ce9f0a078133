-- Up Migration

-- Segments that receipts have billed beyond our own count, by campaign: while it is nothing, nobody has to sum a ledger to know that
-- the ceiling holds. And which worker processes live: each writes its row every second.
create table campaign_cost (
  campaign_key int primary key references campaign (key),
  extra_segments bigint not null
);
create table worker_beat (
  id uuid primary key,
  task_queue text not null,
  -- What it takes: 'people' (signatures, freezes, tests, reminders), 'senders'.
  serves text[] not null,
  beat_at timestamptz not null
);
