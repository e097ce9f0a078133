-- Up Migration

-- What calls are made by: a PBX or a cloud's voice service. `settings` are sealed as those of a gateway account are.
create table voice_account (
  id uuid primary key,
  name text not null unique,
  provider text not null check (provider in ('asterisk', 'aliyun-voice')),
  settings jsonb not null,
  caller_numbers text[] not null check (cardinality(caller_numbers) > 0),
  -- Calls at once, those that still ring among them.
  lines integer not null check (lines between 1 and 10000),
  calls_per_second integer not null default 10 check (calls_per_second between 1 and 1000),
  webhook_token text not null unique,
  state text not null default 'active' check (state in ('active', 'stopped')),
  stop_code text,
  stopped_until timestamptz,
  created_at timestamptz not null default now()
);

-- What is said in a call. Each version is a row and a form of its own (subject kind `script`); what was signed never changes.
create table script (
  id uuid primary key,
  family uuid not null,
  version integer not null check (version > 0),
  number text not null unique,
  name text not null,
  unit text not null,
  purpose text not null check (purpose in ('marketing', 'service', 'repayment', 'survey', 'callback', 'care')),
  content jsonb not null,
  state text not null default 'draft'
    check (state in ('draft', 'awaiting-liaison', 'awaiting-leader', 'signed', 'rejected', 'withdrawn', 'expired', 'voided')),
  created_by uuid not null references staff (id),
  created_at timestamptz not null default now(),
  unique (family, version)
);

create table call_list (
  id uuid primary key,
  number text not null unique,
  name text not null,
  unit text not null,
  -- What its tasks are, unless a task says otherwise: each kind has its own clock (src/call/kind.rule.ts).
  kind text not null,
  purpose text not null check (purpose in ('marketing', 'service', 'repayment', 'survey', 'callback', 'care')),
  state text not null default 'draft' check (state in ('draft', 'open', 'paused', 'closed')),
  state_reason jsonb,
  mode text not null check (mode in ('preview', 'progressive', 'predictive')),
  script_id uuid not null references script (id),
  account_id uuid not null references voice_account (id),
  caller_number text not null,
  ring_seconds integer not null default 30 check (ring_seconds between 15 and 60),
  wrap_up_seconds integer not null default 30 check (wrap_up_seconds between 5 and 900),
  abandon_cap numeric not null default 0.03 check (abandon_cap >= 0 and abandon_cap <= 0.1),
  -- Where its people come from: {"filter": …}, {"audience": id}, or null for cases by file and API alone.
  source jsonb,
  retry jsonb not null default '{}',
  opens_at timestamptz,
  closes_at timestamptz,
  cloned_from uuid references call_list (id),
  created_by uuid not null references staff (id),
  created_at timestamptz not null default now(),
  opened_at timestamptz,
  closed_at timestamptz
);

-- One case: a person to be called about something. It belongs to a customer, not to a number.
create table call_task (
  id uuid primary key,
  list_id uuid not null references call_list (id),
  customer_id uuid not null references customer (id),
  kind text not null,
  -- What the agent reads: why this person is called. No class-1 data.
  reason text not null default '',
  -- The caller's own key: a file or a request that comes again makes no second task.
  source_key text not null,
  promised_at timestamptz,
  promised_by uuid references staff (id),
  -- Only the one who promised may call, until fifteen minutes after it.
  promise_is_personal boolean not null default false,
  -- When its clock breaks.
  due_at timestamptz,
  -- Higher comes first among those without a promise and without a clock about to break: the customer's tier.
  weight smallint not null default 0,
  not_before timestamptz not null default now(),
  state text not null default 'waiting'
    check (state in ('waiting', 'offered', 'calling', 'wrap-up', 'done', 'given-up', 'removed')),
  -- Of `given-up` and `removed` always, from closed sets.
  state_reason text,
  state_at timestamptz not null default now(),
  agent_id uuid references staff (id),
  lease_until timestamptz,
  attempts integer not null default 0,
  last_disposition text,
  result text,
  created_at timestamptz not null default now(),
  unique (list_id, source_key),
  check (state not in ('given-up', 'removed') or state_reason is not null),
  check ((state in ('offered', 'wrap-up')) <= (agent_id is not null))
);
create index call_task_promised on call_task (list_id, promised_at) where state = 'waiting' and promised_at is not null;
create index call_task_clock on call_task (list_id, due_at) where state = 'waiting' and promised_at is null and due_at is not null;
create index call_task_rest on call_task (list_id, weight desc, not_before, id) where state = 'waiting' and promised_at is null;
create index call_task_held on call_task (agent_id) where state in ('offered', 'calling', 'wrap-up');
create index call_task_customer on call_task (customer_id, created_at);

-- One dial. Its id is the channel's id at the engine; the row is committed before anybody is dialled.
create table call_attempt (
  id uuid primary key,
  task_id uuid not null references call_task (id),
  list_id uuid not null references call_list (id),
  customer_id uuid not null references customer (id),
  account_id uuid not null references voice_account (id),
  phone text not null,
  caller_number text not null,
  mode text not null check (mode in ('preview', 'progressive', 'predictive', 'ivr')),
  agent_id uuid references staff (id),
  script_id uuid not null references script (id),
  state text not null default 'wanted' check (state in ('wanted', 'dialling', 'ringing', 'answered', 'connected', 'ended')),
  wanted_at timestamptz not null default now(),
  dialled_at timestamptz,
  ringing_at timestamptz,
  answered_at timestamptz,
  connected_at timestamptz,
  ended_at timestamptz,
  -- Our word for how it ended (src/voice/disposition.rule.ts); the carrier's and the engine's stand beside it as they came.
  disposition text,
  sip_code integer,
  cause integer,
  engine_text text,
  hung_up_by text check (hung_up_by in ('customer', 'agent', 'us', 'engine')),
  keys text not null default '',
  -- A dial that the pacer took back, or that never left: it costs the person no attempt.
  is_charged boolean not null default true,
  check ((state = 'ended') = (disposition is not null))
);
create unique index call_attempt_live on call_attempt (task_id) where state <> 'ended';
create index call_attempt_of_task on call_attempt (task_id, wanted_at);
create index call_attempt_open on call_attempt (account_id) where state <> 'ended';
create index call_attempt_ended on call_attempt (list_id, ended_at) where state = 'ended';

-- An agent at work: one row a person, kept when they leave.
create table agent_session (
  staff_id uuid primary key references staff (id),
  account_id uuid not null references voice_account (id),
  -- The phone at the PBX, as its engine names it, like PJSIP/1001.
  extension text not null,
  state text not null default 'away' check (state in ('away', 'busy', 'ready', 'calling', 'talking', 'wrap-up')),
  -- Why they are busy or away, from a closed set.
  reason text,
  since timestamptz not null default now(),
  -- The leg to the agent's phone, kept up while they are at work: a customer who answers is bridged to it at once.
  leg_id uuid,
  leg_state text not null default 'down' check (leg_state in ('down', 'wanted', 'ringing', 'up')),
  list_ids uuid[] not null default '{}',
  attempt_id uuid references call_attempt (id),
  -- The page has asked lately: a browser that is gone leaves nobody ready.
  seen_at timestamptz not null default now()
);
create unique index agent_session_extension on agent_session (account_id, extension) where state <> 'away';

-- Each stretch that an agent spent in a state, for the floor and the daily report.
create table agent_stretch (
  staff_id uuid not null references staff (id),
  state text not null,
  reason text,
  from_at timestamptz not null,
  to_at timestamptz not null,
  check (to_at >= from_at)
);
create index agent_stretch_of on agent_stretch (staff_id, from_at);

create table recording (
  id uuid primary key,
  attempt_id uuid not null references call_attempt (id),
  account_id uuid not null references voice_account (id),
  -- As the engine names it: a path of ids, no number and no name of anybody.
  name text not null unique,
  state text not null check (state in ('wanted', 'running', 'stored', 'failed', 'deleted')),
  started_at timestamptz,
  stopped_at timestamptz,
  seconds integer,
  bytes bigint,
  failure text
);
create index recording_of_attempt on recording (attempt_id);

-- What the pacer of a list has learned, and its rolling window of abandoned calls: both outlive the process.
create table call_pacing (
  list_id uuid primary key references call_list (id),
  learned jsonb not null,
  at timestamptz not null
);
