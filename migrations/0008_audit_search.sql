-- Up Migration

-- The audit page, newest first: who, what act, when.
create index audit_actor on audit (actor, seq);
create index audit_action on audit (action, seq);
create index audit_at on audit (at);

-- Recomputing the chain of a big record takes seconds, so it is done beside the request and kept with its time.
create table audit_check (
  id uuid primary key,
  staff_id uuid not null references staff,
  started_at timestamptz not null,
  -- Moves while it runs; one that stands still has lost its process.
  touched_at timestamptz not null,
  rows bigint not null default 0,
  of_rows bigint not null,
  finished_at timestamptz,
  holds boolean,
  broken_at bigint,
  last_hash text
);
create index audit_check_started on audit_check (started_at);
