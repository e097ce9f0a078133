-- Up Migration

-- When all that a campaign's process owes it was done: the ledger is closed and, where two people had signed, the archive is made.
-- Until then, and while the campaign may still be signed or sent, its process must live.
alter table campaign add closed_at timestamptz;
update campaign c set closed_at = finished_at
  where finished_at is not null and (state = 'archived' or exists (select from archive a where a.campaign_id = c.id));

-- A process that was lost and started again from the database: when last, and how often within the hour before.
alter table campaign
  add process_lost_at timestamptz,
  add process_losses smallint not null default 0,
  -- What the process has in hand is of another time (the database was restored): it is ended, and a new one begins.
  add process_stale boolean not null default false;

create index campaign_live on campaign (id)
  where closed_at is null and state not in ('draft', 'rejected', 'withdrawn', 'expired');
create index test_send_open on test_send (created_at) where state in ('open', 'calling');
create index draft_estimate_open on draft_estimate (wanted_at) where fault is null and counted is distinct from wanted;

-- What one process of the installation does at a time: whoever holds the row, until its time is over.
create table duty (
  name text primary key,
  owner uuid not null,
  held_until timestamptz not null
);
