-- Up Migration

-- Ways out of the console. `secret` is sealed with the installation's key (src/house/notice/sealed.ts): robot addresses are credentials, too.
create table notice_channel (
  id uuid primary key,
  kind text not null check (kind in ('email','wecom','dingtalk','feishu','sms','webhook')),
  name text not null unique,
  settings jsonb not null default '{}',
  secret bytea not null,
  -- What its group or system hears of; people choose for themselves what they get by e-mail and SMS.
  kinds text[] not null default '{}',
  enabled boolean not null default true,
  -- Failures in a row; the third raises an alarm through the other channels.
  failures int not null default 0,
  last_state text,
  last_code text,
  last_at timestamptz,
  -- No call before: the gap between two, or what the provider asked for.
  next_at timestamptz,
  created_at timestamptz not null
);

-- Where a person is reached, when that is not the address that an administrator entered. Used only once it is verified.
create table notice_address (
  staff_id uuid not null references staff on delete cascade,
  channel text not null check (channel in ('email','sms')),
  address text not null,
  code_hash text,
  code_expires_at timestamptz,
  tries int not null default 0,
  verified_at timestamptz,
  primary key (staff_id, channel)
);
-- What a person chose against the default.
create table notice_choice (
  staff_id uuid not null references staff on delete cascade,
  kind text not null,
  channel text not null check (channel in ('email','sms')),
  wanted boolean not null,
  primary key (staff_id, kind, channel)
);
create table notice_quiet (
  staff_id uuid primary key references staff on delete cascade,
  quiet_from text not null,
  quiet_to text not null,
  rest_days boolean not null
);

-- One row a notice and channel: what went out, what became of it. Addresses masked, never a text.
create table notice_delivery (
  id uuid primary key,
  notice_id uuid not null references notice on delete cascade,
  channel_id uuid not null references notice_channel on delete cascade,
  staff_id uuid references staff on delete cascade,
  -- 0 at once, 1 the group, 2 the SMS: later steps of what is urgent and unread.
  level smallint not null default 0,
  address text not null default '',
  state text not null default 'queued' check (state in ('queued','sending','accepted','failed','unknown','dropped','merged')),
  reason text,
  due_at timestamptz not null,
  attempts smallint not null default 0,
  repeated boolean not null default false,
  lease_until timestamptz,
  merged_into uuid references notice_delivery on delete cascade,
  template_version smallint,
  body_hash text,
  created_at timestamptz not null,
  finished_at timestamptz,
  unique (notice_id, channel_id)
);
create index notice_delivery_due on notice_delivery (channel_id, due_at) where state = 'queued';
create index notice_delivery_leased on notice_delivery (lease_until) where state = 'sending';
create index notice_delivery_channel on notice_delivery (channel_id, id desc);
create table notice_attempt (
  delivery_id uuid not null references notice_delivery on delete cascade,
  attempt smallint not null,
  at timestamptz not null,
  outcome text,
  code text,
  primary key (delivery_id, attempt)
);
alter table notice add column escalate_at timestamptz;
create index notice_escalate on notice (escalate_at) where escalate_at is not null;
