-- Up Migration

-- `browser_id`: the page that the agent works in; another page of the same person takes over, and the first is told.
-- `after_*`: what was asked for during a call (a break, the end of the shift, a supervisor's word); it happens after the write-up.
alter table agent_session
  add column browser_id uuid,
  add column signed_in_at timestamptz,
  add column after_state text check (after_state in ('busy', 'away')),
  add column after_reason text,
  add constraint agent_session_after check ((after_state is null) = (after_reason is null));

-- The agent's or a supervisor's wish; whoever holds the line hangs up.
alter table call_attempt add column hang_up_wanted_at timestamptz;

-- A supervisor who listens, whispers or barges in: a wish for whoever holds the line. The id is that of the leg to the supervisor's phone.
create table supervision (
  id uuid primary key,
  account_id uuid not null references voice_account (id),
  attempt_id uuid not null references call_attempt (id),
  agent_id uuid not null references staff (id),
  supervisor_id uuid not null references staff (id),
  extension text not null,
  how text not null check (how in ('listen', 'whisper', 'barge')),
  state text not null default 'wanted' check (state in ('wanted', 'running', 'ended')),
  wanted_at timestamptz not null,
  started_at timestamptz,
  end_wanted_at timestamptz,
  ended_at timestamptz,
  end_reason text,
  check ((state = 'ended') = (ended_at is not null))
);
create index supervision_open on supervision (account_id) where state <> 'ended';
create unique index supervision_one on supervision (supervisor_id) where state <> 'ended';
create index supervision_of_attempt on supervision (attempt_id);
