-- Up Migration

-- People. The five tables of the sign-in library under our names (docs/adr/0003-sign-in.md); roles are ours.
create table staff (
  id uuid primary key,
  name text not null,
  email text not null unique,
  email_verified boolean not null default false,
  image text,
  unit text not null,
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table staff_role (
  staff_id uuid not null references staff,
  role text not null check (role in ('applicant','liaison','leader','operator','auditor','administrator')),
  primary key (staff_id, role)
);
create table session (
  id uuid primary key,
  token text not null unique,
  staff_id uuid not null references staff on delete cascade,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table account (
  id uuid primary key,
  account_id text not null,
  provider_id text not null,
  staff_id uuid not null references staff on delete cascade,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  password text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table verification (
  id uuid primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table api_key (
  id uuid primary key,
  config_id text not null default 'default',
  name text,
  start text,
  reference_id uuid not null references staff on delete cascade,
  prefix text,
  key text not null unique,
  refill_interval bigint,
  refill_amount bigint,
  last_refill_at timestamptz,
  enabled boolean default true,
  rate_limit_enabled boolean default false,
  rate_limit_time_window bigint,
  rate_limit_max bigint,
  request_count bigint default 0,
  remaining bigint,
  last_request timestamptz,
  expires_at timestamptz,
  permissions text,
  metadata text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index api_key_reference on api_key (reference_id);

-- What people sign with. Only an administrator who is somebody else makes it active.
create table credential (
  id uuid primary key,
  staff_id uuid not null references staff,
  kind text not null check (kind in ('ed25519','passkey')),
  label text not null,
  public_key bytea not null,
  webauthn jsonb,
  fingerprint text not null unique,
  state text not null default 'requested' check (state in ('requested','active','revoked')),
  requested_at timestamptz not null default now(),
  decided_at timestamptz,
  decided_by uuid references staff,
  revoked_at timestamptz,
  check (decided_by is null or decided_by <> staff_id),
  check (state <> 'active' or decided_by is not null)
);

-- Every act of a person or of the system, each row carrying the hash of the one before (src/house/audit/audit.rule.ts).
create table audit (
  seq bigint primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  object_kind text not null,
  object_id text not null,
  details jsonb not null,
  previous_hash text not null,
  hash text not null unique
);
create index audit_object on audit (object_kind, object_id, seq);

create table idempotency_key (
  staff_id uuid not null references staff,
  key text not null,
  request_digest text not null,
  status smallint,
  body jsonb,
  created_at timestamptz not null default now(),
  primary key (staff_id, key)
);

-- Customers and what they agreed to.
create table customer (
  id uuid primary key,
  external_id text unique,
  phone text not null unique,
  name text,
  tier text check (tier in ('diamond','gold','silver','bronze')),
  attributes jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table consent (
  customer_id uuid not null references customer on delete cascade,
  purpose text not null check (purpose in ('marketing')),
  granted boolean not null,
  source text not null,
  changed_at timestamptz not null default now(),
  primary key (customer_id, purpose)
);
create table topic (
  code text primary key,
  name text not null,
  created_at timestamptz not null default now()
);
create table topic_subscription (
  customer_id uuid not null references customer on delete cascade,
  topic text not null references topic,
  subscribed boolean not null,
  source text not null,
  changed_at timestamptz not null default now(),
  primary key (customer_id, topic)
);
-- Keyed by number, not by customer: a number that said no stays silent whoever owns the row.
create table suppression (
  id uuid primary key,
  phone text not null,
  kind text not null check (kind in ('opt-out','dnc','complaint','dead-number','gateway-blacklist')),
  scope text not null check (scope in ('all','sms','marketing')),
  source text not null,
  reason text,
  created_at timestamptz not null default now(),
  created_by uuid references staff,
  expires_at timestamptz,
  lifted_at timestamptz,
  lifted_by uuid references staff,
  lift_reason text
);
create index suppression_phone on suppression (phone) where lifted_at is null;

-- Files on their way in: staged, checked, and only then accepted.
create table import (
  id uuid primary key,
  kind text not null check (kind in ('customers','audience')),
  file_name text not null,
  options jsonb not null default '{}',
  state text not null check (state in ('reading','checked','accepting','accepted','discarded','failed')),
  encoding text,
  columns jsonb,
  total_rows int not null default 0,
  good_rows int not null default 0,
  bad_rows int not null default 0,
  new_rows int,
  changed_rows int,
  same_rows int,
  result_id uuid,
  fault text,
  created_by uuid not null references staff,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create table import_row (
  import_id uuid not null references import on delete cascade,
  line int not null,
  phone text not null,
  payload jsonb not null,
  primary key (import_id, line),
  unique (import_id, phone)
);
create table import_error (
  import_id uuid not null references import on delete cascade,
  line int not null,
  column_name text not null,
  masked_value text not null,
  reason text not null
);
create index import_error_import on import_error (import_id, line);

-- An open audience is a definition (a filter) or a stored file; a frozen one is numbered, batched and digested, and never changes.
create table audience (
  id uuid primary key,
  name text not null,
  state text not null check (state in ('open','freezing','frozen')),
  filter jsonb,
  frozen_from uuid references audience,
  size int,
  batch_size int,
  merkle_root text,
  -- Keys the members' salts, so that a leaf digest tells nothing about a number (src/domain/audience-digest.ts).
  salt_key bytea,
  excluded jsonb,
  created_by uuid not null references staff,
  created_at timestamptz not null default now(),
  frozen_at timestamptz,
  check (state <> 'frozen' or (size is not null and merkle_root is not null and salt_key is not null))
);
create table audience_member (
  audience_id uuid not null references audience on delete cascade,
  seq int not null,
  customer_id uuid,
  phone text not null,
  variables jsonb not null,
  primary key (audience_id, seq),
  unique (audience_id, phone)
);
-- Who was a candidate and is not on the frozen list, and why: the answer to "why was this person not contacted?".
create table audience_exclusion (
  audience_id uuid not null references audience on delete cascade,
  phone text not null,
  reason text not null,
  primary key (audience_id, phone)
);
create table audience_batch (
  audience_id uuid not null references audience on delete cascade,
  batch int not null,
  first_seq int not null,
  size int not null,
  digest text not null,
  primary key (audience_id, batch)
);

-- The edge.
create table gateway_account (
  id uuid primary key,
  name text not null unique,
  provider text not null check (provider in ('aliyun')),
  settings jsonb not null,
  rate_per_second int not null check (rate_per_second > 0),
  price_milli_yuan int not null check (price_milli_yuan >= 0),
  webhook_token text not null unique,
  state text not null default 'active' check (state in ('active','stopped')),
  stop_code text,
  stopped_until timestamptz,
  created_at timestamptz not null default now()
);

-- One row a version; a version is never changed.
-- One row a version; a version is never changed.
create table template (
  id uuid primary key,
  name text not null,
  version int not null,
  kind text not null check (kind in ('marketing','notice')),
  source text not null,
  variables jsonb not null,
  sign_name text not null,
  gateway_account_id uuid not null references gateway_account,
  gateway_code text not null,
  created_by uuid not null references staff,
  created_at timestamptz not null default now(),
  unique (name, version)
);

create table calendar (
  version text primary key,
  covered_from date not null,
  covered_until date not null,
  source text not null,
  active boolean not null default false,
  created_at timestamptz not null default now()
);
create unique index calendar_one_active on calendar (active) where active;
create table calendar_day (
  version text not null references calendar,
  day date not null,
  kind text not null check (kind in ('holiday','workday')),
  primary key (version, day)
);

create table campaign (
  id uuid primary key,
  -- Short and without meaning: it stands in out ids that leave the house.
  key int generated always as identity unique,
  number text not null unique,
  name text not null,
  unit text not null,
  purpose text not null,
  applicant_id uuid not null references staff,
  -- As they stood at submission: the form is built again from these columns before every batch.
  applicant_name text not null,
  template_id uuid not null references template,
  audience_id uuid not null references audience,
  frozen_audience_id uuid references audience,
  variable_sources jsonb not null default '{}',
  topic text references topic,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  daily_from text not null,
  daily_to text not null,
  days text not null check (days in ('every-day','working-days')),
  rate_per_second int not null check (rate_per_second > 0),
  requests text not null default 'single' check (requests in ('single','batched')),
  cost_ceiling_fen bigint not null check (cost_ceiling_fen >= 0),
  sign_by timestamptz not null,
  calendar_version text references calendar,
  segments int,
  estimate_fen bigint,
  checks jsonb,
  state text not null check (state in ('draft','freezing','awaiting-liaison','awaiting-leader','scheduled','sending','paused','settling',
    'completed','archived','rejected','withdrawn','expired','voided','cancelled')),
  state_reason jsonb,
  created_at timestamptz not null default now(),
  submitted_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz
);
create index campaign_state on campaign (state);

create table form (
  id uuid primary key,
  campaign_id uuid not null unique references campaign,
  applicant_id uuid not null references staff,
  canonical text not null,
  digest text not null unique,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  unique (id, applicant_id)
);
-- Applicant, liaison and leader are three people: the keys below make the database say so too.
create table signature (
  id uuid primary key,
  form_id uuid not null,
  applicant_id uuid not null,
  role text not null check (role in ('liaison','leader')),
  staff_id uuid not null references staff,
  credential_id uuid not null references credential,
  digest text not null,
  evidence jsonb not null,
  signed_at timestamptz not null,
  foreign key (form_id, applicant_id) references form (id, applicant_id),
  unique (form_id, role),
  unique (form_id, staff_id),
  check (staff_id <> applicant_id)
);

-- The ledger: one narrow row a recipient. Only the primary key is indexed and pages keep room, so every move is a heap-only update.
create table message (
  campaign_key int not null references campaign (key),
  seq int not null,
  state text not null default 'pending' check (state in ('pending','claimed','accepted','delivered','failed','unknown','suppressed','cancelled','expired')),
  reason text,
  attempt smallint not null default 0,
  -- First member of the request that carried it: with the attempt it makes the out id (src/sms/out-id.rule.ts).
  request_seq int,
  biz_id text,
  code text,
  due_at timestamptz,
  claimed_at timestamptz,
  changed_at timestamptz,
  asked smallint not null default 0,
  primary key (campaign_key, seq),
  check (state not in ('suppressed','failed') or reason is not null)
) with (fillfactor = 55);

-- Who sends a span of batches now: a second attempt takes the lease over and the first one stops claiming.
create table span_lease (
  campaign_key int not null references campaign (key),
  span int not null,
  owner uuid not null,
  taken_at timestamptz not null,
  primary key (campaign_key, span)
);
-- Token buckets: one a gateway account, which all its campaigns share, and one a campaign, for the rate that was signed.
create table rate_bucket (
  owner uuid primary key,
  tokens double precision not null,
  updated_at timestamptz not null
);

-- One row a touch in any channel: what the caps count.
create table contact (
  phone text not null,
  channel text not null check (channel in ('sms','call','survey')),
  kind text not null check (kind in ('marketing','notice')),
  at timestamptz not null,
  campaign_key int,
  seq int
);
create index contact_phone on contact (phone, at);

-- What providers push: kept raw before it is answered, taken in afterwards, repeatable.
create table webhook_delivery (
  id bigint generated always as identity primary key,
  gateway_account_id uuid not null references gateway_account,
  kind text not null check (kind in ('receipts','replies')),
  body text not null,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  fault text
);
create index webhook_delivery_waiting on webhook_delivery (id) where processed_at is null;
create table receipt (
  biz_id text not null,
  phone text not null,
  out_id text,
  delivered boolean not null,
  error_code text not null,
  segments smallint not null,
  sent_at timestamptz,
  reported_at timestamptz,
  received_at timestamptz not null default now(),
  repeats int not null default 0,
  matched boolean not null default false,
  primary key (biz_id, phone)
);
create table inbound_sms (
  gateway_account_id uuid not null references gateway_account,
  sequence_id text not null,
  phone text not null,
  content text not null,
  dest_code text not null,
  meaning text not null check (meaning in ('opt-out','other')),
  received_at timestamptz not null,
  taken_in_at timestamptz not null default now(),
  primary key (gateway_account_id, sequence_id)
);
create index inbound_sms_phone on inbound_sms (phone);

create table setting (
  key text primary key,
  value jsonb not null,
  changed_at timestamptz not null default now()
);

create table archive (
  campaign_id uuid primary key references campaign,
  digest text not null,
  body bytea not null,
  created_at timestamptz not null default now()
);
