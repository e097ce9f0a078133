-- Up Migration

-- What a customer proves who they are by (class 1 of 003 §4): keyed hashes of its written forms, to be compared and never read.
create table identity_item (
  customer_id uuid not null references customer (id) on delete cascade,
  item text not null check (item in ('name', 'birth-date', 'id-number', 'mobile', 'address', 'bank-card', 'amount')),
  digests text[] not null check (cardinality(digests) > 0),
  set_at timestamptz not null,
  set_by uuid references staff (id),
  primary key (customer_id, item)
);

-- Each try in a call, whatever came of it; never what was said.
create table identity_check (
  attempt_id uuid not null references call_attempt (id),
  item text not null,
  try smallint not null check (try > 0),
  agent_id uuid not null references staff (id),
  at timestamptz not null,
  matched boolean not null,
  primary key (attempt_id, item, try)
);

-- What the agent has typed so far: given back when a browser died.
create table desk_draft (
  task_id uuid primary key references call_task (id),
  agent_id uuid not null references staff (id),
  content jsonb not null,
  saved_at timestamptz not null
);

-- What came of a call, as its agent wrote it down (B9).
create table call_note (
  id uuid primary key,
  task_id uuid not null references call_task (id),
  attempt_id uuid references call_attempt (id),
  customer_id uuid not null references customer (id),
  agent_id uuid not null references staff (id),
  at timestamptz not null,
  result text not null,
  -- The branches of the script that the talk took, in their order, like AC.
  branches text not null default '',
  -- How interested the customer seemed to the agent; null where nobody said.
  interest smallint check (interest between 1 and 5),
  note text not null default '',
  promised_at timestamptz,
  promise_is_personal boolean not null default false,
  identity text not null check (identity in ('not-asked', 'open', 'passed', 'failed'))
);
create index call_note_of_customer on call_note (customer_id, at);
create index call_note_of_task on call_note (task_id, at);
create index call_note_of_agent on call_note (agent_id, at);

-- One wish of a supervisor at a time; one whose end is wanted makes room for the next.
drop index supervision_one;
create unique index supervision_one on supervision (supervisor_id) where state <> 'ended' and end_wanted_at is null;

-- Daily reports read a day of everybody.
create index agent_stretch_day on agent_stretch (to_at);
create index call_attempt_of_agent on call_attempt (agent_id, wanted_at) where agent_id is not null;
