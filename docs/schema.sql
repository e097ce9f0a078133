-- Made from the migrations by test/integration/docs/schema.test.ts.

create table account (
  id uuid not null,
  account_id text not null,
  provider_id text not null,
  staff_id uuid not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamp with time zone,
  refresh_token_expires_at timestamp with time zone,
  scope text,
  password text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint account_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id) ON DELETE CASCADE,
  constraint account_pkey PRIMARY KEY (id)
);

create table agent_session (
  staff_id uuid not null,
  account_id uuid not null,
  extension text not null,
  state text not null default 'away'::text,
  reason text,
  since timestamp with time zone not null default now(),
  leg_id uuid,
  leg_state text not null default 'down'::text,
  list_ids uuid[] not null default '{}'::uuid[],
  attempt_id uuid,
  seen_at timestamp with time zone not null default now(),
  browser_id uuid,
  signed_in_at timestamp with time zone,
  after_state text,
  after_reason text,
  constraint agent_session_after CHECK (((after_state IS NULL) = (after_reason IS NULL))),
  constraint agent_session_after_state_check CHECK ((after_state = ANY (ARRAY['busy'::text, 'away'::text]))),
  constraint agent_session_leg_state_check CHECK ((leg_state = ANY (ARRAY['down'::text, 'wanted'::text, 'ringing'::text, 'up'::text]))),
  constraint agent_session_state_check CHECK ((state = ANY (ARRAY['away'::text, 'busy'::text, 'ready'::text, 'calling'::text, 'talking'::text, 'wrap-up'::text]))),
  constraint agent_session_account_id_fkey FOREIGN KEY (account_id) REFERENCES voice_account(id),
  constraint agent_session_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES call_attempt(id),
  constraint agent_session_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint agent_session_pkey PRIMARY KEY (staff_id)
);

create table agent_stretch (
  staff_id uuid not null,
  state text not null,
  reason text,
  from_at timestamp with time zone not null,
  to_at timestamp with time zone not null,
  constraint agent_stretch_check CHECK ((to_at >= from_at)),
  constraint agent_stretch_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id)
);

create table api_key (
  id uuid not null,
  config_id text not null default 'default'::text,
  name text,
  start text,
  reference_id uuid not null,
  prefix text,
  key text not null,
  refill_interval bigint,
  refill_amount bigint,
  last_refill_at timestamp with time zone,
  enabled boolean default true,
  rate_limit_enabled boolean default false,
  rate_limit_time_window bigint,
  rate_limit_max bigint,
  request_count bigint default 0,
  remaining bigint,
  last_request timestamp with time zone,
  expires_at timestamp with time zone,
  permissions text,
  metadata text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint api_key_reference_id_fkey FOREIGN KEY (reference_id) REFERENCES staff(id) ON DELETE CASCADE,
  constraint api_key_pkey PRIMARY KEY (id),
  constraint api_key_key_key UNIQUE (key)
);

create table archive (
  campaign_id uuid not null,
  digest text not null,
  created_at timestamp with time zone not null default now(),
  audit_seq bigint,
  audit_hash text,
  build uuid not null,
  bytes bigint not null,
  constraint archive_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(id),
  constraint archive_pkey PRIMARY KEY (campaign_id)
);

create table archive_part (
  campaign_id uuid not null,
  build uuid not null,
  no integer not null,
  body bytea not null,
  constraint archive_part_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(id),
  constraint archive_part_pkey PRIMARY KEY (campaign_id, build, no)
);

create table audience (
  id uuid not null,
  name text not null,
  state text not null,
  filter jsonb,
  frozen_from uuid,
  size integer,
  batch_size integer,
  merkle_root text,
  salt_key bytea,
  excluded jsonb,
  created_by uuid not null,
  created_at timestamp with time zone not null default now(),
  frozen_at timestamp with time zone,
  samples jsonb,
  from_campaign uuid,
  from_people jsonb,
  freezing_for uuid,
  constraint audience_check CHECK (((state <> 'frozen'::text) OR ((size IS NOT NULL) AND (merkle_root IS NOT NULL) AND (salt_key IS NOT NULL)))),
  constraint audience_state_check CHECK ((state = ANY (ARRAY['filling'::text, 'open'::text, 'freezing'::text, 'frozen'::text]))),
  constraint audience_created_by_fkey FOREIGN KEY (created_by) REFERENCES staff(id),
  constraint audience_freezing_for_fkey FOREIGN KEY (freezing_for) REFERENCES campaign(id),
  constraint audience_from_campaign_fkey FOREIGN KEY (from_campaign) REFERENCES campaign(id),
  constraint audience_frozen_from_fkey FOREIGN KEY (frozen_from) REFERENCES audience(id),
  constraint audience_pkey PRIMARY KEY (id)
);

create table audience_batch (
  audience_id uuid not null,
  batch integer not null,
  first_seq integer not null,
  size integer not null,
  digest text not null,
  constraint audience_batch_audience_id_fkey FOREIGN KEY (audience_id) REFERENCES audience(id) ON DELETE CASCADE,
  constraint audience_batch_pkey PRIMARY KEY (audience_id, batch)
);

create table audience_count (
  key text not null,
  started_at timestamp with time zone not null,
  counted_at timestamp with time zone,
  failed_at timestamp with time zone,
  total integer,
  marketing jsonb,
  notice jsonb,
  sample uuid[] not null default '{}'::uuid[],
  unread jsonb not null default '{}'::jsonb,
  constraint audience_count_pkey PRIMARY KEY (key)
);

create table audience_exclusion (
  audience_id uuid not null,
  phone text not null,
  reason text not null,
  customer_id uuid,
  constraint audience_exclusion_pkey PRIMARY KEY (audience_id, phone)
);

create table audience_member (
  audience_id uuid not null,
  seq integer not null,
  customer_id uuid,
  phone text not null,
  variables jsonb not null,
  constraint audience_member_pkey PRIMARY KEY (audience_id, seq),
  constraint audience_member_audience_id_phone_key UNIQUE (audience_id, phone)
);

create table audit (
  seq bigint not null,
  at timestamp with time zone not null,
  actor text not null,
  action text not null,
  object_kind text not null,
  object_id text not null,
  details jsonb not null,
  previous_hash text not null,
  hash text not null,
  object_previous_hash text,
  constraint audit_pkey PRIMARY KEY (seq),
  constraint audit_hash_key UNIQUE (hash)
);

create table audit_check (
  id uuid not null,
  staff_id uuid not null,
  started_at timestamp with time zone not null,
  touched_at timestamp with time zone not null,
  rows bigint not null default 0,
  of_rows bigint not null,
  finished_at timestamp with time zone,
  holds boolean,
  broken_at bigint,
  last_hash text,
  fault text,
  sealed_seq bigint,
  sealed_at text,
  constraint audit_check_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint audit_check_pkey PRIMARY KEY (id)
);

create table audit_seal (
  kind text not null,
  seq bigint not null,
  hash text not null,
  at text not null,
  public_key text not null,
  signature text not null,
  constraint audit_seal_kind_check CHECK ((kind = ANY (ARRAY['head'::text, 'act'::text]))),
  constraint audit_seal_pkey PRIMARY KEY (kind, seq, public_key, hash)
);

create table calendar (
  version text not null,
  covered_from date not null,
  covered_until date not null,
  source text not null,
  active boolean not null default false,
  created_at timestamp with time zone not null default now(),
  constraint calendar_pkey PRIMARY KEY (version)
);

create table calendar_day (
  version text not null,
  day date not null,
  kind text not null,
  constraint calendar_day_kind_check CHECK ((kind = ANY (ARRAY['holiday'::text, 'workday'::text]))),
  constraint calendar_day_version_fkey FOREIGN KEY (version) REFERENCES calendar(version),
  constraint calendar_day_pkey PRIMARY KEY (version, day)
);

create table call_attempt (
  id uuid not null,
  task_id uuid not null,
  list_id uuid not null,
  customer_id uuid not null,
  account_id uuid not null,
  phone text not null,
  caller_number text not null,
  mode text not null,
  agent_id uuid,
  script_id uuid not null,
  state text not null default 'wanted'::text,
  wanted_at timestamp with time zone not null default now(),
  dialled_at timestamp with time zone,
  ringing_at timestamp with time zone,
  answered_at timestamp with time zone,
  connected_at timestamp with time zone,
  ended_at timestamp with time zone,
  disposition text,
  sip_code integer,
  cause integer,
  engine_text text,
  hung_up_by text,
  keys text not null default ''::text,
  is_charged boolean not null default true,
  bridged_at timestamp with time zone,
  hang_up_wanted_at timestamp with time zone,
  constraint call_attempt_check CHECK (((state = 'ended'::text) = (disposition IS NOT NULL))),
  constraint call_attempt_hung_up_by_check CHECK ((hung_up_by = ANY (ARRAY['customer'::text, 'agent'::text, 'us'::text, 'engine'::text]))),
  constraint call_attempt_mode_check CHECK ((mode = ANY (ARRAY['preview'::text, 'progressive'::text, 'predictive'::text, 'ivr'::text]))),
  constraint call_attempt_state_check CHECK ((state = ANY (ARRAY['wanted'::text, 'dialling'::text, 'ringing'::text, 'answered'::text, 'connected'::text, 'ended'::text]))),
  constraint call_attempt_account_id_fkey FOREIGN KEY (account_id) REFERENCES voice_account(id),
  constraint call_attempt_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES staff(id),
  constraint call_attempt_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  constraint call_attempt_list_id_fkey FOREIGN KEY (list_id) REFERENCES call_list(id),
  constraint call_attempt_script_id_fkey FOREIGN KEY (script_id) REFERENCES script(id),
  constraint call_attempt_task_id_fkey FOREIGN KEY (task_id) REFERENCES call_task(id),
  constraint call_attempt_pkey PRIMARY KEY (id)
);

create table call_list (
  id uuid not null,
  number text not null,
  name text not null,
  unit text not null,
  kind text not null,
  purpose text not null,
  state text not null default 'draft'::text,
  state_reason jsonb,
  mode text not null,
  script_id uuid not null,
  account_id uuid not null,
  caller_number text not null,
  ring_seconds integer not null default 30,
  wrap_up_seconds integer not null default 30,
  abandon_cap numeric not null default 0.03,
  source jsonb,
  retry jsonb not null default '{}'::jsonb,
  opens_at timestamp with time zone,
  closes_at timestamp with time zone,
  cloned_from uuid,
  created_by uuid not null,
  created_at timestamp with time zone not null default now(),
  opened_at timestamp with time zone,
  closed_at timestamp with time zone,
  process_lost_at timestamp with time zone,
  process_losses integer not null default 0,
  constraint call_list_abandon_cap_check CHECK (((abandon_cap >= (0)::numeric) AND (abandon_cap <= 0.1))),
  constraint call_list_mode_check CHECK ((mode = ANY (ARRAY['preview'::text, 'progressive'::text, 'predictive'::text]))),
  constraint call_list_purpose_check CHECK ((purpose = ANY (ARRAY['marketing'::text, 'service'::text, 'repayment'::text, 'survey'::text, 'callback'::text, 'care'::text]))),
  constraint call_list_ring_seconds_check CHECK (((ring_seconds >= 15) AND (ring_seconds <= 60))),
  constraint call_list_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'open'::text, 'paused'::text, 'closed'::text]))),
  constraint call_list_wrap_up_seconds_check CHECK (((wrap_up_seconds >= 5) AND (wrap_up_seconds <= 900))),
  constraint call_list_account_id_fkey FOREIGN KEY (account_id) REFERENCES voice_account(id),
  constraint call_list_cloned_from_fkey FOREIGN KEY (cloned_from) REFERENCES call_list(id),
  constraint call_list_created_by_fkey FOREIGN KEY (created_by) REFERENCES staff(id),
  constraint call_list_script_id_fkey FOREIGN KEY (script_id) REFERENCES script(id),
  constraint call_list_pkey PRIMARY KEY (id),
  constraint call_list_number_key UNIQUE (number)
);

create table call_note (
  id uuid not null,
  task_id uuid not null,
  attempt_id uuid,
  customer_id uuid not null,
  agent_id uuid not null,
  at timestamp with time zone not null,
  result text not null,
  branches text not null default ''::text,
  interest smallint,
  note text not null default ''::text,
  promised_at timestamp with time zone,
  promise_is_personal boolean not null default false,
  identity text not null,
  constraint call_note_identity_check CHECK ((identity = ANY (ARRAY['not-asked'::text, 'open'::text, 'passed'::text, 'failed'::text]))),
  constraint call_note_interest_check CHECK (((interest >= 1) AND (interest <= 5))),
  constraint call_note_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES staff(id),
  constraint call_note_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES call_attempt(id),
  constraint call_note_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  constraint call_note_task_id_fkey FOREIGN KEY (task_id) REFERENCES call_task(id),
  constraint call_note_pkey PRIMARY KEY (id)
);

create table call_pacing (
  list_id uuid not null,
  learned jsonb not null,
  at timestamp with time zone not null,
  constraint call_pacing_list_id_fkey FOREIGN KEY (list_id) REFERENCES call_list(id),
  constraint call_pacing_pkey PRIMARY KEY (list_id)
);

create table call_task (
  id uuid not null,
  list_id uuid not null,
  customer_id uuid not null,
  kind text not null,
  reason text not null default ''::text,
  source_key text not null,
  promised_at timestamp with time zone,
  promised_by uuid,
  promise_is_personal boolean not null default false,
  due_at timestamp with time zone,
  weight smallint not null default 0,
  not_before timestamp with time zone not null default now(),
  state text not null default 'waiting'::text,
  state_reason text,
  state_at timestamp with time zone not null default now(),
  agent_id uuid,
  lease_until timestamp with time zone,
  attempts integer not null default 0,
  last_disposition text,
  result text,
  created_at timestamp with time zone not null default now(),
  constraint call_task_check CHECK (((state <> ALL (ARRAY['given-up'::text, 'removed'::text])) OR (state_reason IS NOT NULL))),
  constraint call_task_check1 CHECK (((state = ANY (ARRAY['offered'::text, 'wrap-up'::text])) <= (agent_id IS NOT NULL))),
  constraint call_task_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'offered'::text, 'calling'::text, 'wrap-up'::text, 'done'::text, 'given-up'::text, 'removed'::text]))),
  constraint call_task_weight CHECK (((weight >= 0) AND (weight <= 4))),
  constraint call_task_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES staff(id),
  constraint call_task_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id),
  constraint call_task_list_id_fkey FOREIGN KEY (list_id) REFERENCES call_list(id),
  constraint call_task_promised_by_fkey FOREIGN KEY (promised_by) REFERENCES staff(id),
  constraint call_task_pkey PRIMARY KEY (id),
  constraint call_task_list_id_source_key_key UNIQUE (list_id, source_key)
);

create table campaign (
  id uuid not null,
  key integer not null generated always as identity,
  number text not null,
  name text not null,
  unit text not null,
  purpose text not null,
  applicant_id uuid not null,
  applicant_name text not null,
  template_id uuid not null,
  audience_id uuid not null,
  frozen_audience_id uuid,
  variable_sources jsonb not null default '{}'::jsonb,
  topic text,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  daily_from text not null,
  daily_to text not null,
  days text not null,
  rate_per_second integer not null,
  requests text not null default 'single'::text,
  cost_ceiling_fen bigint not null,
  sign_by timestamp with time zone not null,
  calendar_version text,
  segments integer,
  estimate_fen bigint,
  checks jsonb,
  state text not null,
  state_reason jsonb,
  created_at timestamp with time zone not null default now(),
  submitted_at timestamp with time zone,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  draft_id uuid,
  revises uuid,
  text_asked_at timestamp with time zone,
  text_answered_at timestamp with time zone,
  form_unit text,
  closed_at timestamp with time zone,
  process_lost_at timestamp with time zone,
  process_losses smallint not null default 0,
  process_stale boolean not null default false,
  doubt_from timestamp with time zone,
  doubt_until timestamp with time zone,
  stop_conditions jsonb not null default '{"failurePercent": 20, "optOutsPerThousand": 10, "complaintsPerThousand": 1}'::jsonb,
  stop_from timestamp with time zone,
  contact_purpose text,
  constraint campaign_check CHECK (((doubt_from IS NULL) = (doubt_until IS NULL))),
  constraint campaign_contact_purpose_check CHECK ((contact_purpose = ANY (ARRAY['marketing'::text, 'service'::text, 'repayment'::text, 'survey'::text, 'callback'::text, 'care'::text]))),
  constraint campaign_cost_ceiling_fen_check CHECK ((cost_ceiling_fen >= 0)),
  constraint campaign_days_check CHECK ((days = ANY (ARRAY['every-day'::text, 'working-days'::text]))),
  constraint campaign_rate_per_second_check CHECK ((rate_per_second > 0)),
  constraint campaign_requests_check CHECK ((requests = ANY (ARRAY['single'::text, 'batched'::text]))),
  constraint campaign_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'freezing'::text, 'awaiting-liaison'::text, 'awaiting-leader'::text, 'scheduled'::text, 'sending'::text, 'paused'::text, 'settling'::text, 'completed'::text, 'archived'::text, 'rejected'::text, 'withdrawn'::text, 'expired'::text, 'voided'::text, 'cancelled'::text]))),
  constraint campaign_applicant_id_fkey FOREIGN KEY (applicant_id) REFERENCES staff(id),
  constraint campaign_audience_id_fkey FOREIGN KEY (audience_id) REFERENCES audience(id),
  constraint campaign_calendar_version_fkey FOREIGN KEY (calendar_version) REFERENCES calendar(version),
  constraint campaign_frozen_audience_id_fkey FOREIGN KEY (frozen_audience_id) REFERENCES audience(id),
  constraint campaign_revises_fkey FOREIGN KEY (revises) REFERENCES campaign(id),
  constraint campaign_template_id_fkey FOREIGN KEY (template_id) REFERENCES template(id),
  constraint campaign_topic_fkey FOREIGN KEY (topic) REFERENCES topic(code),
  constraint campaign_pkey PRIMARY KEY (id),
  constraint campaign_draft_id_key UNIQUE (draft_id),
  constraint campaign_key_key UNIQUE (key),
  constraint campaign_number_key UNIQUE (number)
);

create table campaign_cost (
  campaign_key integer not null,
  extra_segments bigint not null,
  constraint campaign_cost_campaign_key_fkey FOREIGN KEY (campaign_key) REFERENCES campaign(key),
  constraint campaign_cost_pkey PRIMARY KEY (campaign_key)
);

create table campaign_draft (
  id uuid not null,
  owner_id uuid not null,
  unit text not null,
  name text not null,
  step text not null default 'audience'::text,
  body jsonb not null,
  version integer not null default 1,
  saved_by uuid not null,
  saved_tab text not null,
  saved_since integer not null default 1,
  cloned_from uuid,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint campaign_draft_step_check CHECK ((step = ANY (ARRAY['audience'::text, 'text'::text, 'checks'::text, 'window'::text, 'review'::text]))),
  constraint campaign_draft_unit_check CHECK ((unit <> ''::text)),
  constraint campaign_draft_cloned_from_fkey FOREIGN KEY (cloned_from) REFERENCES campaign(id),
  constraint campaign_draft_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES staff(id),
  constraint campaign_draft_saved_by_fkey FOREIGN KEY (saved_by) REFERENCES staff(id),
  constraint campaign_draft_pkey PRIMARY KEY (id)
);

create table campaign_figures (
  campaign_key integer not null,
  at timestamp with time zone not null,
  body jsonb not null,
  constraint campaign_figures_campaign_key_fkey FOREIGN KEY (campaign_key) REFERENCES campaign(key),
  constraint campaign_figures_pkey PRIMARY KEY (campaign_key)
);

create table consent (
  customer_id uuid not null,
  purpose text not null,
  granted boolean not null,
  source text not null,
  changed_at timestamp with time zone not null default now(),
  constraint consent_purpose_check CHECK ((purpose = 'marketing'::text)),
  constraint consent_pkey PRIMARY KEY (customer_id, purpose)
);

create table console_search (
  id uuid not null,
  staff_id uuid not null,
  page text not null,
  filter jsonb not null,
  created_at timestamp with time zone not null,
  constraint console_search_page_check CHECK ((page = ANY (ARRAY['customers'::text, 'suppressions'::text]))),
  constraint console_search_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint console_search_pkey PRIMARY KEY (id)
);

create table contact (
  phone text not null,
  channel text not null,
  at timestamp with time zone not null,
  campaign_key integer,
  seq integer,
  purpose text not null,
  customer_id uuid,
  constraint contact_channel_check CHECK ((channel = ANY (ARRAY['sms'::text, 'call'::text, 'web'::text]))),
  constraint contact_purpose_check CHECK ((purpose = ANY (ARRAY['marketing'::text, 'service'::text, 'repayment'::text, 'survey'::text, 'callback'::text, 'care'::text])))
);

create table credential (
  id uuid not null,
  staff_id uuid not null,
  kind text not null,
  label text not null,
  public_key bytea not null,
  webauthn jsonb,
  fingerprint text not null,
  state text not null default 'requested'::text,
  requested_at timestamp with time zone not null default now(),
  decided_at timestamp with time zone,
  decided_by uuid,
  revoked_at timestamp with time zone,
  constraint credential_check CHECK (((decided_by IS NULL) OR (decided_by <> staff_id))),
  constraint credential_check1 CHECK (((state <> 'active'::text) OR (decided_by IS NOT NULL))),
  constraint credential_kind_check CHECK ((kind = ANY (ARRAY['ed25519'::text, 'passkey'::text]))),
  constraint credential_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'active'::text, 'revoked'::text]))),
  constraint credential_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES staff(id),
  constraint credential_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint credential_pkey PRIMARY KEY (id),
  constraint credential_fingerprint_key UNIQUE (fingerprint)
);

create table customer (
  id uuid not null,
  external_id text,
  phone text not null,
  name text,
  tier text,
  attributes jsonb not null default '{}'::jsonb,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  time_zone text,
  constraint customer_tier_check CHECK ((tier = ANY (ARRAY['diamond'::text, 'gold'::text, 'silver'::text, 'bronze'::text]))),
  constraint customer_pkey PRIMARY KEY (id),
  constraint customer_external_id_key UNIQUE (external_id),
  constraint customer_phone_key UNIQUE (phone)
);

create table customer_export (
  id uuid not null,
  staff_id uuid not null,
  filter jsonb not null,
  reason text not null,
  people integer not null,
  requested_at timestamp with time zone not null,
  approved boolean,
  decided_at timestamp with time zone,
  decided_by uuid,
  taken_at timestamp with time zone,
  constraint customer_export_check CHECK (((decided_by IS NULL) OR (decided_by <> staff_id))),
  constraint customer_export_check1 CHECK (((approved IS NULL) = (decided_at IS NULL))),
  constraint customer_export_check2 CHECK (((taken_at IS NULL) OR approved)),
  constraint customer_export_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES staff(id),
  constraint customer_export_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint customer_export_pkey PRIMARY KEY (id)
);

create table delegation (
  id uuid not null,
  staff_id uuid not null,
  delegate_id uuid not null,
  role text not null,
  unit text not null default '*'::text,
  from_at timestamp with time zone not null,
  until_at timestamp with time zone not null,
  created_by uuid not null,
  created_at timestamp with time zone not null default now(),
  revoked_at timestamp with time zone,
  constraint delegation_check CHECK ((staff_id <> delegate_id)),
  constraint delegation_check1 CHECK ((from_at < until_at)),
  constraint delegation_role_check CHECK ((role = ANY (ARRAY['liaison'::text, 'leader'::text]))),
  constraint delegation_unit_check CHECK ((unit <> ''::text)),
  constraint delegation_created_by_fkey FOREIGN KEY (created_by) REFERENCES staff(id),
  constraint delegation_delegate_id_fkey FOREIGN KEY (delegate_id) REFERENCES staff(id),
  constraint delegation_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint delegation_pkey PRIMARY KEY (id)
);

create table desk_draft (
  task_id uuid not null,
  agent_id uuid not null,
  content jsonb not null,
  saved_at timestamp with time zone not null,
  constraint desk_draft_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES staff(id),
  constraint desk_draft_task_id_fkey FOREIGN KEY (task_id) REFERENCES call_task(id),
  constraint desk_draft_pkey PRIMARY KEY (task_id)
);

create table draft_estimate (
  draft_id uuid not null,
  wanted text not null,
  wanted_at timestamp with time zone not null,
  seen integer not null default 0,
  total integer,
  counted text,
  result jsonb,
  counted_at timestamp with time zone,
  fault text,
  constraint draft_estimate_draft_id_fkey FOREIGN KEY (draft_id) REFERENCES campaign_draft(id) ON DELETE CASCADE,
  constraint draft_estimate_pkey PRIMARY KEY (draft_id)
);

create table duty (
  name text not null,
  owner uuid not null,
  held_until timestamp with time zone not null,
  constraint duty_pkey PRIMARY KEY (name)
);

create table first_run_hidden (
  staff_id uuid not null,
  hidden_at timestamp with time zone not null default now(),
  constraint first_run_hidden_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint first_run_hidden_pkey PRIMARY KEY (staff_id)
);

create table form (
  id uuid not null,
  applicant_id uuid not null,
  canonical text not null,
  digest text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  search_text text default form_search_text(canonical),
  search_pairs text[] default character_pairs(form_search_text(canonical)),
  format text not null default COALESCE(((canonical)::jsonb ->> 'format'::text), ''::text),
  subject_kind text not null,
  subject_id uuid not null,
  campaign_id uuid default 
CASE
    WHEN (subject_kind = 'campaign'::text) THEN subject_id
    ELSE NULL::uuid
END,
  state text not null,
  state_at timestamp with time zone not null,
  number text not null default COALESCE(((canonical)::jsonb ->> 'number'::text), ''::text),
  name text not null default COALESCE(((canonical)::jsonb ->> 'name'::text), ''::text),
  applicant_name text not null default COALESCE(((canonical)::jsonb #>> '{applicant,name}'::text[]), ''::text),
  unit text not null,
  state_reason jsonb,
  process_lost_at timestamp with time zone,
  process_losses smallint not null default 0,
  constraint form_state_check CHECK ((state = ANY (ARRAY['awaiting-liaison'::text, 'awaiting-leader'::text, 'signed'::text, 'rejected'::text, 'withdrawn'::text, 'expired'::text, 'voided'::text]))),
  constraint form_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['campaign'::text, 'standing'::text, 'survey'::text, 'script'::text, 'prompt'::text]))),
  constraint form_applicant_id_fkey FOREIGN KEY (applicant_id) REFERENCES staff(id),
  constraint form_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(id),
  constraint form_pkey PRIMARY KEY (id),
  constraint form_campaign_id_key UNIQUE (campaign_id),
  constraint form_digest_key UNIQUE (digest),
  constraint form_id_applicant_id_key UNIQUE (id, applicant_id),
  constraint form_subject UNIQUE (subject_kind, subject_id)
);

create table form_archive (
  form_id uuid not null,
  digest text not null,
  body bytea not null,
  audit_seq bigint not null,
  audit_hash text not null,
  created_at timestamp with time zone not null,
  constraint form_archive_form_id_fkey FOREIGN KEY (form_id) REFERENCES form(id),
  constraint form_archive_pkey PRIMARY KEY (form_id)
);

create table former_customer (
  id uuid not null,
  phone text not null,
  external_id text,
  name text,
  tier text,
  attributes jsonb not null,
  consents jsonb not null,
  topics jsonb not null,
  reveals jsonb not null,
  created_at timestamp with time zone not null,
  replaced_by uuid not null,
  replaced_at timestamp with time zone not null,
  source text not null,
  constraint former_customer_pkey PRIMARY KEY (id)
);

create table gateway_account (
  id uuid not null,
  name text not null,
  provider text not null,
  settings jsonb not null,
  rate_per_second integer not null,
  price_milli_yuan integer not null,
  webhook_token text not null,
  state text not null default 'active'::text,
  stop_code text,
  stopped_until timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint gateway_account_price_milli_yuan_check CHECK ((price_milli_yuan >= 0)),
  constraint gateway_account_provider_check CHECK ((provider = 'aliyun'::text)),
  constraint gateway_account_rate_per_second_check CHECK ((rate_per_second > 0)),
  constraint gateway_account_state_check CHECK ((state = ANY (ARRAY['active'::text, 'stopped'::text]))),
  constraint gateway_account_pkey PRIMARY KEY (id),
  constraint gateway_account_name_key UNIQUE (name),
  constraint gateway_account_webhook_token_key UNIQUE (webhook_token)
);

create table gateway_push (
  gateway_account_id uuid not null,
  last_at timestamp with time zone not null,
  constraint gateway_push_gateway_account_id_fkey FOREIGN KEY (gateway_account_id) REFERENCES gateway_account(id),
  constraint gateway_push_pkey PRIMARY KEY (gateway_account_id)
);

create table idempotency_key (
  staff_id uuid not null,
  key text not null,
  request_digest text not null,
  status smallint,
  body jsonb,
  created_at timestamp with time zone not null default now(),
  constraint idempotency_key_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint idempotency_key_pkey PRIMARY KEY (staff_id, key)
);

create table identity_check (
  attempt_id uuid not null,
  item text not null,
  try smallint not null,
  agent_id uuid not null,
  at timestamp with time zone not null,
  matched boolean not null,
  constraint identity_check_try_check CHECK ((try > 0)),
  constraint identity_check_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES staff(id),
  constraint identity_check_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES call_attempt(id),
  constraint identity_check_pkey PRIMARY KEY (attempt_id, item, try)
);

create table identity_item (
  customer_id uuid not null,
  item text not null,
  digests text[] not null,
  set_at timestamp with time zone not null,
  set_by uuid,
  constraint identity_item_digests_check CHECK ((cardinality(digests) > 0)),
  constraint identity_item_item_check CHECK ((item = ANY (ARRAY['name'::text, 'birth-date'::text, 'id-number'::text, 'mobile'::text, 'address'::text, 'bank-card'::text, 'amount'::text]))),
  constraint identity_item_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id) ON DELETE CASCADE,
  constraint identity_item_set_by_fkey FOREIGN KEY (set_by) REFERENCES staff(id),
  constraint identity_item_pkey PRIMARY KEY (customer_id, item)
);

create table import (
  id uuid not null,
  kind text not null,
  file_name text not null,
  options jsonb not null default '{}'::jsonb,
  state text not null,
  encoding text,
  columns jsonb,
  total_rows integer not null default 0,
  good_rows integer not null default 0,
  bad_rows integer not null default 0,
  new_rows integer,
  changed_rows integer,
  same_rows integer,
  result_id uuid,
  fault text,
  created_by uuid not null,
  created_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  constraint import_kind_check CHECK ((kind = ANY (ARRAY['customers'::text, 'audience'::text]))),
  constraint import_state_check CHECK ((state = ANY (ARRAY['reading'::text, 'asking'::text, 'checked'::text, 'accepting'::text, 'accepted'::text, 'discarded'::text, 'failed'::text]))),
  constraint import_created_by_fkey FOREIGN KEY (created_by) REFERENCES staff(id),
  constraint import_pkey PRIMARY KEY (id)
);

create table import_error (
  import_id uuid not null,
  line integer not null,
  column_name text not null,
  masked_value text not null,
  reason text not null,
  constraint import_error_import_id_fkey FOREIGN KEY (import_id) REFERENCES import(id) ON DELETE CASCADE
);

create table import_file (
  import_id uuid not null,
  seq integer not null,
  bytes bytea not null,
  constraint import_file_import_id_fkey FOREIGN KEY (import_id) REFERENCES import(id) ON DELETE CASCADE,
  constraint import_file_pkey PRIMARY KEY (import_id, seq)
);

create table import_mapping (
  unit text not null,
  kind text not null,
  headers text not null,
  mapping jsonb not null,
  changed_at timestamp with time zone not null,
  constraint import_mapping_pkey PRIMARY KEY (unit, kind, headers)
);

create table import_row (
  import_id uuid not null,
  line integer not null,
  phone text not null,
  payload jsonb not null,
  person_change boolean not null default false,
  constraint import_row_pkey PRIMARY KEY (import_id, line)
);

create table inbound_sms (
  gateway_account_id uuid not null,
  sequence_id text not null,
  phone text not null,
  content text not null,
  dest_code text not null,
  meaning text not null,
  received_at timestamp with time zone not null,
  taken_in_at timestamp with time zone not null default now(),
  id uuid not null default gen_random_uuid(),
  campaign_id uuid,
  because text,
  marked_by uuid,
  handled_at timestamp with time zone,
  handled_by uuid,
  answers text,
  answered_at timestamp with time zone,
  asks text,
  decision text,
  decision_reason text,
  constraint inbound_sms_answers_check CHECK ((answers = ANY (ARRAY['marketing'::text, 'service'::text, 'repayment'::text, 'survey'::text, 'callback'::text, 'care'::text]))),
  constraint inbound_sms_asks_answers CHECK (((asks IS NULL) OR (asks = 'moved'::text) OR (answers IS NOT NULL))),
  constraint inbound_sms_asks_check CHECK ((asks = ANY (ARRAY['look'::text, 'decide'::text, 'moved'::text]))),
  constraint inbound_sms_check CHECK (((answers IS NULL) = (answered_at IS NULL))),
  constraint inbound_sms_check2 CHECK ((((decision IS NULL) = (decision_reason IS NULL)) AND ((decision IS NULL) OR ((asks IS NOT NULL) AND (handled_at IS NOT NULL))))),
  constraint inbound_sms_decision_check CHECK ((decision = ANY (ARRAY['silence'::text, 'keep'::text]))),
  constraint inbound_sms_meaning_check CHECK ((meaning = ANY (ARRAY['opt-out'::text, 'other'::text]))),
  constraint inbound_sms_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(id),
  constraint inbound_sms_gateway_account_id_fkey FOREIGN KEY (gateway_account_id) REFERENCES gateway_account(id),
  constraint inbound_sms_handled_by_fkey FOREIGN KEY (handled_by) REFERENCES staff(id),
  constraint inbound_sms_marked_by_fkey FOREIGN KEY (marked_by) REFERENCES staff(id),
  constraint inbound_sms_pkey PRIMARY KEY (gateway_account_id, sequence_id)
);

create table installation (
  one boolean not null default true,
  id uuid not null default gen_random_uuid(),
  mark bigint not null default 0,
  marked_at timestamp with time zone,
  restored_at timestamp with time zone,
  constraint installation_one_check CHECK (one),
  constraint installation_pkey PRIMARY KEY (one)
);

create table installation_key (
  fingerprint text not null,
  since timestamp with time zone not null default now(),
  replaced_at timestamp with time zone,
  constraint installation_key_fingerprint_check CHECK ((fingerprint ~ '^[0-9a-f]{64}$'::text)),
  constraint installation_key_pkey PRIMARY KEY (fingerprint)
);

create table invitation (
  id uuid not null,
  staff_id uuid not null,
  token_hash text not null,
  resets_second_factor boolean not null default false,
  created_by uuid,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  sealed_token text,
  constraint invitation_created_by_fkey FOREIGN KEY (created_by) REFERENCES staff(id),
  constraint invitation_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint invitation_pkey PRIMARY KEY (id),
  constraint invitation_token_hash_key UNIQUE (token_hash)
);

create table ledger_part (
  campaign_key integer not null,
  from_seq integer not null,
  to_seq integer not null,
  constraint ledger_part_check CHECK ((to_seq >= from_seq)),
  constraint ledger_part_from_seq_check CHECK ((from_seq > 0)),
  constraint ledger_part_pkey PRIMARY KEY (campaign_key, from_seq)
);

create table line_keeper (
  account_id uuid not null,
  holder uuid not null,
  since timestamp with time zone not null,
  line text not null,
  seen_at timestamp with time zone not null,
  constraint line_keeper_line_check CHECK ((line = ANY (ARRAY['up'::text, 'down'::text]))),
  constraint line_keeper_account_id_fkey FOREIGN KEY (account_id) REFERENCES voice_account(id),
  constraint line_keeper_pkey PRIMARY KEY (account_id)
);

create table message (
  campaign_key integer not null,
  seq integer not null,
  state text not null default 'pending'::text,
  reason text,
  attempt smallint not null default 0,
  request_seq integer,
  biz_id text,
  code text,
  due_at timestamp with time zone,
  claimed_at timestamp with time zone,
  changed_at timestamp with time zone,
  asked smallint not null default 0,
  called_at timestamp with time zone,
  segments smallint,
  asked_at timestamp with time zone,
  constraint message_check CHECK (((state <> ALL (ARRAY['suppressed'::text, 'failed'::text])) OR (reason IS NOT NULL))),
  constraint message_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'claimed'::text, 'accepted'::text, 'delivered'::text, 'failed'::text, 'unknown'::text, 'suppressed'::text, 'cancelled'::text, 'expired'::text]))),
  constraint message_pkey PRIMARY KEY (campaign_key, seq)
);

create table notice (
  id uuid not null,
  staff_id uuid,
  kind text not null,
  campaign_id uuid,
  role text not null default ''::text,
  round integer not null default 0,
  created_at timestamp with time zone not null,
  read_at timestamp with time zone,
  number bigint not null generated always as identity,
  item_kind text not null default 'campaign'::text,
  item_id uuid not null,
  step text not null default ''::text,
  details jsonb not null default '{}'::jsonb,
  planned_at timestamp with time zone,
  escalate_at timestamp with time zone,
  constraint notice_item_kind CHECK ((item_kind = ANY (ARRAY['campaign'::text, 'form'::text, 'credential'::text, 'import'::text, 'gateway'::text, 'channel'::text, 'calendar'::text]))),
  constraint notice_role_check CHECK ((role = ANY (ARRAY[''::text, 'liaison'::text, 'leader'::text]))),
  constraint notice_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaign(id) ON DELETE CASCADE,
  constraint notice_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id) ON DELETE CASCADE,
  constraint notice_pkey PRIMARY KEY (id),
  constraint notice_once UNIQUE NULLS NOT DISTINCT (kind, item_id, staff_id, step)
);

create table notice_address (
  staff_id uuid not null,
  channel text not null,
  address text not null,
  code_hash text,
  code_expires_at timestamp with time zone,
  tries integer not null default 0,
  verified_at timestamp with time zone,
  constraint notice_address_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'sms'::text]))),
  constraint notice_address_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id) ON DELETE CASCADE,
  constraint notice_address_pkey PRIMARY KEY (staff_id, channel)
);

create table notice_attempt (
  delivery_id uuid not null,
  attempt smallint not null,
  at timestamp with time zone not null,
  outcome text,
  code text,
  constraint notice_attempt_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES notice_delivery(id) ON DELETE CASCADE,
  constraint notice_attempt_pkey PRIMARY KEY (delivery_id, attempt)
);

create table notice_channel (
  id uuid not null,
  kind text not null,
  name text not null,
  settings jsonb not null default '{}'::jsonb,
  secret bytea not null,
  kinds text[] not null default '{}'::text[],
  enabled boolean not null default true,
  failures integer not null default 0,
  last_state text,
  last_code text,
  last_at timestamp with time zone,
  next_at timestamp with time zone,
  created_at timestamp with time zone not null,
  constraint notice_channel_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'wecom'::text, 'dingtalk'::text, 'feishu'::text, 'sms'::text, 'webhook'::text]))),
  constraint notice_channel_pkey PRIMARY KEY (id),
  constraint notice_channel_name_key UNIQUE (name)
);

create table notice_choice (
  staff_id uuid not null,
  kind text not null,
  channel text not null,
  wanted boolean not null,
  constraint notice_choice_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'sms'::text]))),
  constraint notice_choice_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id) ON DELETE CASCADE,
  constraint notice_choice_pkey PRIMARY KEY (staff_id, kind, channel)
);

create table notice_delivery (
  id uuid not null,
  notice_id uuid not null,
  channel_id uuid not null,
  staff_id uuid,
  level smallint not null default 0,
  address text not null default ''::text,
  state text not null default 'queued'::text,
  reason text,
  due_at timestamp with time zone not null,
  attempts smallint not null default 0,
  repeated boolean not null default false,
  lease_until timestamp with time zone,
  merged_into uuid,
  template_version smallint,
  body_hash text,
  created_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  constraint notice_delivery_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sending'::text, 'accepted'::text, 'failed'::text, 'unknown'::text, 'dropped'::text, 'merged'::text]))),
  constraint notice_delivery_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES notice_channel(id) ON DELETE CASCADE,
  constraint notice_delivery_merged_into_fkey FOREIGN KEY (merged_into) REFERENCES notice_delivery(id) ON DELETE CASCADE,
  constraint notice_delivery_notice_id_fkey FOREIGN KEY (notice_id) REFERENCES notice(id) ON DELETE CASCADE,
  constraint notice_delivery_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id) ON DELETE CASCADE,
  constraint notice_delivery_pkey PRIMARY KEY (id),
  constraint notice_delivery_notice_id_channel_id_key UNIQUE (notice_id, channel_id)
);

create table notice_quiet (
  staff_id uuid not null,
  quiet_from text not null,
  quiet_to text not null,
  rest_days boolean not null,
  constraint notice_quiet_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id) ON DELETE CASCADE,
  constraint notice_quiet_pkey PRIMARY KEY (staff_id)
);

create table passkey (
  id uuid not null,
  staff_id uuid not null,
  name text,
  public_key text not null,
  credential_id text not null,
  counter bigint not null,
  device_type text not null,
  backed_up boolean not null,
  transports text,
  aaguid text,
  created_at timestamp with time zone,
  constraint passkey_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id) ON DELETE CASCADE,
  constraint passkey_pkey PRIMARY KEY (id),
  constraint passkey_credential_id_key UNIQUE (credential_id)
);

create table past_attempt (
  campaign_key integer not null,
  seq integer not null,
  attempt smallint not null,
  request_seq integer not null,
  claimed_at timestamp with time zone not null,
  biz_id text,
  constraint past_attempt_campaign_key_fkey FOREIGN KEY (campaign_key) REFERENCES campaign(key),
  constraint past_attempt_pkey PRIMARY KEY (campaign_key, seq, attempt)
);

create table phone_number (
  phone text not null,
  customer_id uuid,
  place smallint not null default 1,
  kind text not null default 'mobile'::text,
  valid_until date,
  since timestamp with time zone not null default now(),
  source text not null default 'record'::text,
  constraint phone_number_kind_check CHECK ((kind = ANY (ARRAY['mobile'::text, 'home'::text, 'work'::text, 'other'::text]))),
  constraint phone_number_place_check CHECK ((place >= 1)),
  constraint phone_number_pkey PRIMARY KEY (phone)
);

create table phone_number_move (
  id uuid not null,
  phone text not null,
  from_customer uuid,
  to_customer uuid,
  at timestamp with time zone not null,
  source text not null,
  reason text,
  constraint phone_number_move_check CHECK (((from_customer IS NOT NULL) OR (to_customer IS NOT NULL))),
  constraint phone_number_move_pkey PRIMARY KEY (id)
);

create table rate_bucket (
  owner uuid not null,
  tokens double precision not null,
  updated_at timestamp with time zone not null,
  recent jsonb not null default '[]'::jsonb,
  constraint rate_bucket_pkey PRIMARY KEY (owner)
);

create table receipt (
  biz_id text not null,
  phone text not null,
  out_id text,
  delivered boolean not null,
  error_code text not null,
  segments smallint not null,
  sent_at timestamp with time zone,
  reported_at timestamp with time zone,
  received_at timestamp with time zone not null default now(),
  repeats integer not null default 0,
  matched boolean not null default false
);

create table recording (
  id uuid not null,
  attempt_id uuid not null,
  account_id uuid not null,
  name text not null,
  state text not null,
  started_at timestamp with time zone,
  stopped_at timestamp with time zone,
  seconds integer,
  bytes bigint,
  failure text,
  constraint recording_state_check CHECK ((state = ANY (ARRAY['wanted'::text, 'running'::text, 'stored'::text, 'failed'::text, 'deleted'::text]))),
  constraint recording_account_id_fkey FOREIGN KEY (account_id) REFERENCES voice_account(id),
  constraint recording_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES call_attempt(id),
  constraint recording_pkey PRIMARY KEY (id),
  constraint recording_name_key UNIQUE (name)
);

create table reveal (
  id uuid not null,
  customer_id uuid not null,
  staff_id uuid not null,
  at timestamp with time zone not null,
  constraint reveal_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customer(id) ON DELETE CASCADE,
  constraint reveal_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint reveal_pkey PRIMARY KEY (id)
);

create table script (
  id uuid not null,
  family uuid not null,
  version integer not null,
  number text not null,
  name text not null,
  unit text not null,
  purpose text not null,
  content jsonb not null,
  state text not null default 'draft'::text,
  created_by uuid not null,
  created_at timestamp with time zone not null default now(),
  applicant_name text not null,
  sign_by timestamp with time zone not null,
  form_unit text,
  constraint script_purpose_check CHECK ((purpose = ANY (ARRAY['marketing'::text, 'service'::text, 'repayment'::text, 'survey'::text, 'callback'::text, 'care'::text]))),
  constraint script_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'awaiting-liaison'::text, 'awaiting-leader'::text, 'signed'::text, 'rejected'::text, 'withdrawn'::text, 'expired'::text, 'voided'::text]))),
  constraint script_version_check CHECK ((version > 0)),
  constraint script_created_by_fkey FOREIGN KEY (created_by) REFERENCES staff(id),
  constraint script_pkey PRIMARY KEY (id),
  constraint script_family_version_key UNIQUE (family, version),
  constraint script_number_key UNIQUE (number)
);

create table session (
  id uuid not null,
  token text not null,
  staff_id uuid not null,
  expires_at timestamp with time zone not null,
  ip_address text,
  user_agent text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint session_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id) ON DELETE CASCADE,
  constraint session_pkey PRIMARY KEY (id),
  constraint session_token_key UNIQUE (token)
);

create table setting (
  key text not null,
  value jsonb not null,
  changed_at timestamp with time zone not null default now(),
  constraint setting_pkey PRIMARY KEY (key)
);

create table sign_in_attempt (
  id uuid not null,
  at timestamp with time zone not null,
  email_hash text,
  address_hash text not null,
  constraint sign_in_attempt_pkey PRIMARY KEY (id)
);

create table signature (
  id uuid not null,
  form_id uuid not null,
  applicant_id uuid not null,
  role text not null,
  staff_id uuid not null,
  credential_id uuid not null,
  digest text not null,
  evidence jsonb not null,
  signed_at timestamp with time zone not null,
  constraint signature_check CHECK ((staff_id <> applicant_id)),
  constraint signature_role_check CHECK ((role = ANY (ARRAY['liaison'::text, 'leader'::text]))),
  constraint signature_credential_id_fkey FOREIGN KEY (credential_id) REFERENCES credential(id),
  constraint signature_form_id_applicant_id_fkey FOREIGN KEY (form_id, applicant_id) REFERENCES form(id, applicant_id),
  constraint signature_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint signature_pkey PRIMARY KEY (id),
  constraint signature_form_id_role_key UNIQUE (form_id, role),
  constraint signature_form_id_staff_id_key UNIQUE (form_id, staff_id)
);

create table signing_challenge (
  challenge text not null,
  staff_id uuid not null,
  expires_at timestamp with time zone not null,
  constraint signing_challenge_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id) ON DELETE CASCADE,
  constraint signing_challenge_pkey PRIMARY KEY (challenge)
);

create table span_lease (
  campaign_key integer not null,
  span integer not null,
  owner uuid not null,
  taken_at timestamp with time zone not null,
  constraint span_lease_campaign_key_fkey FOREIGN KEY (campaign_key) REFERENCES campaign(key),
  constraint span_lease_pkey PRIMARY KEY (campaign_key, span)
);

create table staff (
  id uuid not null,
  name text not null,
  email text not null,
  email_verified boolean not null default false,
  image text,
  unit text not null,
  disabled_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  phone text,
  language text not null default 'zh-CN'::text,
  two_factor_enabled boolean default false,
  constraint staff_language_check CHECK ((language = ANY (ARRAY['zh-CN'::text, 'en'::text]))),
  constraint staff_phone_check CHECK ((phone ~ '^\+[1-9][0-9]{6,14}$'::text)),
  constraint staff_pkey PRIMARY KEY (id),
  constraint staff_email_key UNIQUE (email)
);

create table staff_role (
  staff_id uuid not null,
  role text not null,
  unit text not null default '*'::text,
  constraint staff_role_role_check CHECK ((role = ANY (ARRAY['applicant'::text, 'operator'::text, 'liaison'::text, 'leader'::text, 'agent'::text, 'supervisor'::text, 'auditor'::text, 'administrator'::text]))),
  constraint staff_role_unit_check CHECK ((unit <> ''::text)),
  constraint staff_role_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint staff_role_pkey PRIMARY KEY (staff_id, role, unit)
);

create table supervision (
  id uuid not null,
  account_id uuid not null,
  attempt_id uuid not null,
  agent_id uuid not null,
  supervisor_id uuid not null,
  extension text not null,
  how text not null,
  state text not null default 'wanted'::text,
  wanted_at timestamp with time zone not null,
  started_at timestamp with time zone,
  end_wanted_at timestamp with time zone,
  ended_at timestamp with time zone,
  end_reason text,
  constraint supervision_check CHECK (((state = 'ended'::text) = (ended_at IS NOT NULL))),
  constraint supervision_how_check CHECK ((how = ANY (ARRAY['listen'::text, 'whisper'::text, 'barge'::text]))),
  constraint supervision_state_check CHECK ((state = ANY (ARRAY['wanted'::text, 'running'::text, 'ended'::text]))),
  constraint supervision_account_id_fkey FOREIGN KEY (account_id) REFERENCES voice_account(id),
  constraint supervision_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES staff(id),
  constraint supervision_attempt_id_fkey FOREIGN KEY (attempt_id) REFERENCES call_attempt(id),
  constraint supervision_supervisor_id_fkey FOREIGN KEY (supervisor_id) REFERENCES staff(id),
  constraint supervision_pkey PRIMARY KEY (id)
);

create table suppression (
  id uuid not null,
  phone text not null,
  kind text not null,
  source text not null,
  reason text,
  created_at timestamp with time zone not null default now(),
  created_by uuid,
  expires_at timestamp with time zone,
  lifted_at timestamp with time zone,
  lifted_by uuid,
  lift_reason text,
  customer_id uuid,
  channels text[] not null,
  purposes text[] not null,
  constraint suppression_channels_check CHECK (((cardinality(channels) > 0) AND (channels <@ ARRAY['sms'::text, 'call'::text, 'web'::text]))),
  constraint suppression_kind_check CHECK ((kind = ANY (ARRAY['opt-out'::text, 'dnc'::text, 'complaint'::text, 'dead-number'::text, 'gateway-blacklist'::text]))),
  constraint suppression_purposes_check CHECK (((cardinality(purposes) > 0) AND (purposes <@ ARRAY['marketing'::text, 'service'::text, 'repayment'::text, 'survey'::text, 'callback'::text, 'care'::text]))),
  constraint suppression_created_by_fkey FOREIGN KEY (created_by) REFERENCES staff(id),
  constraint suppression_lifted_by_fkey FOREIGN KEY (lifted_by) REFERENCES staff(id),
  constraint suppression_pkey PRIMARY KEY (id)
);

create table template (
  id uuid not null,
  name text not null,
  version integer not null,
  kind text not null,
  source text not null,
  variables jsonb not null,
  sign_name text not null,
  gateway_account_id uuid not null,
  gateway_code text not null,
  created_by uuid not null,
  created_at timestamp with time zone not null default now(),
  constraint template_kind_check CHECK ((kind = ANY (ARRAY['marketing'::text, 'notice'::text]))),
  constraint template_created_by_fkey FOREIGN KEY (created_by) REFERENCES staff(id),
  constraint template_gateway_account_id_fkey FOREIGN KEY (gateway_account_id) REFERENCES gateway_account(id),
  constraint template_pkey PRIMARY KEY (id),
  constraint template_name_version_key UNIQUE (name, version)
);

create table test_send (
  id uuid not null,
  draft_id uuid not null,
  template_id uuid not null,
  sent_by uuid not null,
  staff_id uuid not null,
  phone text not null,
  variables jsonb not null,
  out_id text not null,
  state text not null default 'open'::text,
  code text,
  biz_id text,
  created_at timestamp with time zone not null,
  called_at timestamp with time zone,
  closed_at timestamp with time zone,
  constraint test_send_check CHECK (((state <> ALL (ARRAY['calling'::text, 'accepted'::text])) OR (called_at IS NOT NULL))),
  constraint test_send_state_check CHECK ((state = ANY (ARRAY['open'::text, 'calling'::text, 'accepted'::text, 'refused'::text, 'unknown'::text]))),
  constraint test_send_sent_by_fkey FOREIGN KEY (sent_by) REFERENCES staff(id),
  constraint test_send_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id),
  constraint test_send_template_id_fkey FOREIGN KEY (template_id) REFERENCES template(id),
  constraint test_send_pkey PRIMARY KEY (id),
  constraint test_send_out_id_key UNIQUE (out_id)
);

create table topic (
  code text not null,
  name text not null,
  created_at timestamp with time zone not null default now(),
  constraint topic_pkey PRIMARY KEY (code)
);

create table topic_subscription (
  customer_id uuid not null,
  topic text not null,
  subscribed boolean not null,
  source text not null,
  changed_at timestamp with time zone not null default now(),
  constraint topic_subscription_topic_fkey FOREIGN KEY (topic) REFERENCES topic(code),
  constraint topic_subscription_pkey PRIMARY KEY (customer_id, topic)
);

create table two_factor (
  id uuid not null,
  staff_id uuid not null,
  secret text not null,
  backup_codes text not null,
  verified boolean default true,
  failed_verification_count integer default 0,
  locked_until timestamp with time zone,
  constraint two_factor_staff_id_fkey FOREIGN KEY (staff_id) REFERENCES staff(id) ON DELETE CASCADE,
  constraint two_factor_pkey PRIMARY KEY (id),
  constraint two_factor_staff_id_key UNIQUE (staff_id)
);

create table unit (
  id uuid not null default gen_random_uuid(),
  name text not null,
  created_at timestamp with time zone not null default now(),
  retired_at timestamp with time zone,
  constraint unit_name_check CHECK (((name <> ''::text) AND (name <> '*'::text))),
  constraint unit_pkey PRIMARY KEY (id),
  constraint unit_name_key UNIQUE (name)
);

create table verification (
  id uuid not null,
  identifier text not null,
  value text not null,
  expires_at timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint verification_pkey PRIMARY KEY (id)
);

create table voice_account (
  id uuid not null,
  name text not null,
  provider text not null,
  settings jsonb not null,
  caller_numbers text[] not null,
  lines integer not null,
  calls_per_second integer not null default 10,
  webhook_token text not null,
  state text not null default 'active'::text,
  stop_code text,
  stopped_until timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint voice_account_caller_numbers_check CHECK ((cardinality(caller_numbers) > 0)),
  constraint voice_account_calls_per_second_check CHECK (((calls_per_second >= 1) AND (calls_per_second <= 1000))),
  constraint voice_account_lines_check CHECK (((lines >= 1) AND (lines <= 10000))),
  constraint voice_account_provider_check CHECK ((provider = ANY (ARRAY['asterisk'::text, 'aliyun-voice'::text]))),
  constraint voice_account_state_check CHECK ((state = ANY (ARRAY['active'::text, 'stopped'::text]))),
  constraint voice_account_pkey PRIMARY KEY (id),
  constraint voice_account_name_key UNIQUE (name),
  constraint voice_account_webhook_token_key UNIQUE (webhook_token)
);

create table webhook_delivery_rest (
  id bigint not null default nextval('webhook_delivery_number'::regclass),
  gateway_account_id uuid not null,
  kind text not null,
  body text,
  raw bytea,
  content_type text,
  received_at timestamp with time zone not null default now(),
  processed_at timestamp with time zone,
  fault text,
  attempts integer not null default 0,
  try_after timestamp with time zone,
  set_aside_at timestamp with time zone,
  items integer,
  rejected integer,
  closed_at timestamp with time zone,
  closed_by uuid,
  constraint webhook_delivery_check CHECK (((raw IS NOT NULL) OR (body IS NOT NULL))),
  constraint webhook_delivery_kind_check1 CHECK ((kind = ANY (ARRAY['receipts'::text, 'replies'::text]))),
  constraint webhook_delivery_closed_by_fkey1 FOREIGN KEY (closed_by) REFERENCES staff(id),
  constraint webhook_delivery_gateway_account_id_fkey1 FOREIGN KEY (gateway_account_id) REFERENCES gateway_account(id),
  constraint webhook_delivery_rest_pkey PRIMARY KEY (id, received_at)
);

create table worker_beat (
  id uuid not null,
  task_queue text not null,
  serves text[] not null,
  beat_at timestamp with time zone not null,
  constraint worker_beat_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX account_password ON account USING btree (staff_id) WHERE (provider_id = 'credential'::text);
CREATE UNIQUE INDEX account_provider ON account USING btree (provider_id, account_id);
CREATE UNIQUE INDEX agent_session_extension ON agent_session USING btree (account_id, extension) WHERE (state <> 'away'::text);
CREATE INDEX agent_stretch_day ON agent_stretch USING btree (to_at);
CREATE INDEX agent_stretch_of ON agent_stretch USING btree (staff_id, from_at);
CREATE INDEX api_key_reference ON api_key USING btree (reference_id);
CREATE INDEX audience_freezing ON audience USING btree (freezing_for) WHERE (state = 'freezing'::text);
CREATE INDEX audience_from_campaign ON audience USING btree (from_campaign) WHERE (from_campaign IS NOT NULL);
CREATE INDEX audience_member_last_four ON audience_member USING btree (audience_id, "right"(phone, 4), seq);
CREATE INDEX audience_state ON audience USING btree (state, id);
CREATE INDEX audit_action ON audit USING btree (action, seq);
CREATE INDEX audit_actor ON audit USING btree (actor, seq);
CREATE INDEX audit_at ON audit USING btree (at);
CREATE INDEX audit_check_started ON audit_check USING btree (started_at);
CREATE INDEX audit_object ON audit USING btree (object_kind, object_id, seq);
CREATE UNIQUE INDEX calendar_one_active ON calendar USING btree (active) WHERE active;
CREATE INDEX call_attempt_ended ON call_attempt USING btree (list_id, ended_at) WHERE (state = 'ended'::text);
CREATE UNIQUE INDEX call_attempt_live ON call_attempt USING btree (task_id) WHERE (state <> 'ended'::text);
CREATE INDEX call_attempt_of_agent ON call_attempt USING btree (agent_id, wanted_at) WHERE (agent_id IS NOT NULL);
CREATE INDEX call_attempt_of_task ON call_attempt USING btree (task_id, wanted_at);
CREATE INDEX call_attempt_open ON call_attempt USING btree (account_id) WHERE (state <> 'ended'::text);
CREATE UNIQUE INDEX call_attempt_person ON call_attempt USING btree (customer_id) WHERE (state <> 'ended'::text);
CREATE INDEX call_list_open ON call_list USING btree (id) WHERE (state = 'open'::text);
CREATE INDEX call_note_of_agent ON call_note USING btree (agent_id, at);
CREATE INDEX call_note_of_customer ON call_note USING btree (customer_id, at);
CREATE INDEX call_note_of_task ON call_note USING btree (task_id, at);
CREATE INDEX call_task_clock ON call_task USING btree (list_id, due_at, id, not_before) WHERE ((state = 'waiting'::text) AND (promised_at IS NULL) AND (due_at IS NOT NULL));
CREATE INDEX call_task_customer ON call_task USING btree (customer_id, created_at);
CREATE INDEX call_task_held ON call_task USING btree (agent_id) WHERE (state = ANY (ARRAY['offered'::text, 'calling'::text, 'wrap-up'::text]));
CREATE INDEX call_task_lease ON call_task USING btree (lease_until) WHERE (state = 'offered'::text);
CREATE INDEX call_task_promised ON call_task USING btree (list_id, promised_at, id, not_before) WHERE ((state = 'waiting'::text) AND (promised_at IS NOT NULL));
CREATE INDEX call_task_rest ON call_task USING btree (list_id, weight DESC, not_before, id) WHERE ((state = 'waiting'::text) AND (promised_at IS NULL));
CREATE INDEX campaign_audience ON campaign USING btree (audience_id);
CREATE INDEX campaign_draft_recent ON campaign_draft USING btree (updated_at DESC, id DESC);
CREATE INDEX campaign_frozen_audience ON campaign USING btree (frozen_audience_id) WHERE (frozen_audience_id IS NOT NULL);
CREATE INDEX campaign_live ON campaign USING btree (id) WHERE ((closed_at IS NULL) AND (state <> ALL (ARRAY['draft'::text, 'rejected'::text, 'withdrawn'::text, 'expired'::text])));
CREATE INDEX campaign_recent ON campaign USING btree (GREATEST(created_at, submitted_at, started_at, finished_at) DESC, id DESC);
CREATE INDEX campaign_state ON campaign USING btree (state);
CREATE INDEX campaign_unit ON campaign USING btree (unit);
CREATE INDEX console_search_created ON console_search USING btree (created_at);
CREATE INDEX contact_former ON contact USING btree (customer_id, at) WHERE (customer_id IS NOT NULL);
CREATE INDEX contact_phone ON contact USING btree (phone, at);
CREATE INDEX customer_elsewhere ON customer USING btree (id) WHERE (time_zone IS NOT NULL);
CREATE INDEX customer_export_staff ON customer_export USING btree (staff_id, requested_at DESC);
CREATE INDEX customer_export_waiting ON customer_export USING btree (requested_at) WHERE (approved IS NULL);
CREATE INDEX customer_name ON customer USING btree (name COLLATE "C", id);
CREATE INDEX customer_phone_tail ON customer USING btree ("right"(phone, 4), id);
CREATE INDEX customer_tier ON customer USING btree (tier, id);
CREATE INDEX delegation_delegate ON delegation USING btree (delegate_id, until_at);
CREATE INDEX delegation_staff ON delegation USING btree (staff_id, until_at);
CREATE INDEX draft_estimate_open ON draft_estimate USING btree (wanted_at) WHERE ((fault IS NULL) AND (counted IS DISTINCT FROM wanted));
CREATE INDEX form_awaiting ON form USING btree (state_at) WHERE (state = ANY (ARRAY['awaiting-liaison'::text, 'awaiting-leader'::text]));
CREATE INDEX form_live ON form USING btree (subject_kind, id) WHERE ((subject_kind <> 'campaign'::text) AND (state = ANY (ARRAY['awaiting-liaison'::text, 'awaiting-leader'::text, 'signed'::text])));
CREATE INDEX form_newest ON form USING btree (created_at DESC, id DESC);
CREATE INDEX form_number ON form USING btree (number);
CREATE INDEX form_search ON form USING gin (search_pairs);
CREATE INDEX form_unit ON form USING btree (unit);
CREATE INDEX former_customer_phone ON former_customer USING btree (phone);
CREATE INDEX former_customer_replaced_by ON former_customer USING btree (replaced_by);
CREATE INDEX import_accepting ON import USING btree (id) WHERE (state = 'accepting'::text);
CREATE INDEX import_checked ON import USING btree (created_at) WHERE (state = 'checked'::text);
CREATE INDEX import_error_import ON import_error USING btree (import_id, line);
CREATE INDEX inbound_sms_campaign ON inbound_sms USING btree (campaign_id, taken_in_at DESC, id DESC) WHERE (campaign_id IS NOT NULL);
CREATE UNIQUE INDEX inbound_sms_id ON inbound_sms USING btree (id);
CREATE INDEX inbound_sms_open ON inbound_sms USING btree (taken_in_at DESC, id DESC) WHERE ((handled_at IS NULL) AND ((meaning = 'other'::text) OR (asks IS NOT NULL)));
CREATE INDEX inbound_sms_phone ON inbound_sms USING btree (phone);
CREATE INDEX inbound_sms_time ON inbound_sms USING btree (taken_in_at DESC, id DESC);
CREATE UNIQUE INDEX installation_key_stands ON installation_key USING btree ((true)) WHERE (replaced_at IS NULL);
CREATE INDEX invitation_staff ON invitation USING btree (staff_id);
CREATE INDEX notice_campaign ON notice USING btree (campaign_id, kind);
CREATE INDEX notice_delivery_channel ON notice_delivery USING btree (channel_id, id DESC);
CREATE INDEX notice_delivery_due ON notice_delivery USING btree (channel_id, due_at) WHERE (state = 'queued'::text);
CREATE INDEX notice_delivery_leased ON notice_delivery USING btree (lease_until) WHERE (state = 'sending'::text);
CREATE INDEX notice_escalate ON notice USING btree (escalate_at) WHERE (escalate_at IS NOT NULL);
CREATE INDEX notice_item ON notice USING btree (item_id, staff_id);
CREATE INDEX notice_newest ON notice USING btree (staff_id, id DESC);
CREATE UNIQUE INDEX notice_number ON notice USING btree (number);
CREATE INDEX notice_unplanned ON notice USING btree (id) WHERE (planned_at IS NULL);
CREATE INDEX notice_unread ON notice USING btree (staff_id) WHERE (read_at IS NULL);
CREATE INDEX passkey_staff ON passkey USING btree (staff_id);
CREATE INDEX past_attempt_biz ON past_attempt USING btree (biz_id) WHERE (biz_id IS NOT NULL);
CREATE INDEX phone_number_further ON phone_number USING btree (customer_id) WHERE (place > 1);
CREATE INDEX phone_number_move_from ON phone_number_move USING btree (from_customer) WHERE (from_customer IS NOT NULL);
CREATE INDEX phone_number_move_phone ON phone_number_move USING btree (phone, at);
CREATE INDEX receipt_campaign ON receipt USING btree (split_part(out_id, '-'::text, 2)) WHERE (out_id ~~ 'wh-%'::text);
CREATE UNIQUE INDEX receipt_once ON receipt USING btree (biz_id, phone, COALESCE(out_id, ''::text));
CREATE INDEX receipt_phone ON receipt USING btree (phone);
CREATE INDEX receipt_received ON receipt USING brin (received_at);
CREATE INDEX recording_of_attempt ON recording USING btree (attempt_id);
CREATE INDEX reveal_staff ON reveal USING btree (staff_id, at);
CREATE INDEX script_family ON script USING btree (family, version DESC);
CREATE INDEX session_staff ON session USING btree (staff_id);
CREATE INDEX sign_in_attempt_address ON sign_in_attempt USING btree (address_hash, at);
CREATE INDEX sign_in_attempt_email ON sign_in_attempt USING btree (email_hash, at);
CREATE INDEX signature_staff ON signature USING btree (staff_id, signed_at DESC);
CREATE INDEX signing_challenge_staff ON signing_challenge USING btree (staff_id);
CREATE INDEX supervision_of_attempt ON supervision USING btree (attempt_id);
CREATE UNIQUE INDEX supervision_one ON supervision USING btree (supervisor_id) WHERE ((state <> 'ended'::text) AND (end_wanted_at IS NULL));
CREATE INDEX supervision_open ON supervision USING btree (account_id) WHERE (state <> 'ended'::text);
CREATE INDEX suppression_complaint ON suppression USING btree (created_at) WHERE (kind = 'complaint'::text);
CREATE INDEX suppression_former ON suppression USING btree (customer_id) WHERE (customer_id IS NOT NULL);
CREATE INDEX suppression_history ON suppression USING btree (phone, id);
CREATE INDEX suppression_kind ON suppression USING btree (kind, id);
CREATE INDEX suppression_opt_out ON suppression USING btree (created_at) WHERE (kind = 'opt-out'::text);
CREATE INDEX suppression_phone ON suppression USING btree (phone) WHERE (lifted_at IS NULL);
CREATE INDEX suppression_source ON suppression USING btree (split_part(source, ':'::text, 1), id);
CREATE INDEX test_send_draft ON test_send USING btree (draft_id, created_at);
CREATE INDEX test_send_open ON test_send USING btree (created_at) WHERE (state = ANY (ARRAY['open'::text, 'calling'::text]));
CREATE INDEX test_send_phone ON test_send USING btree (phone, created_at);
CREATE INDEX topic_subscription_topic ON topic_subscription USING btree (topic, customer_id) WHERE subscribed;
CREATE INDEX verification_identifier ON verification USING btree (identifier);
CREATE INDEX webhook_delivery_account ON ONLY public.webhook_delivery USING btree (gateway_account_id, id);
CREATE INDEX webhook_delivery_open ON ONLY public.webhook_delivery USING btree (id) WHERE ((closed_at IS NULL) AND ((set_aside_at IS NOT NULL) OR (fault IS NOT NULL)));
CREATE INDEX webhook_delivery_rest_gateway_account_id_id_idx ON webhook_delivery_rest USING btree (gateway_account_id, id);
CREATE INDEX webhook_delivery_rest_id_idx ON webhook_delivery_rest USING btree (id) WHERE ((closed_at IS NULL) AND ((set_aside_at IS NOT NULL) OR (fault IS NOT NULL)));
CREATE INDEX webhook_delivery_rest_kind_id_idx ON webhook_delivery_rest USING btree (kind, id) WHERE ((processed_at IS NULL) AND (set_aside_at IS NULL));
CREATE INDEX webhook_delivery_waiting ON ONLY public.webhook_delivery USING btree (kind, id) WHERE ((processed_at IS NULL) AND (set_aside_at IS NULL));
