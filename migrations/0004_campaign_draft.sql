-- Up Migration

-- What the wizard keeps, as it was typed: it may be incomplete and wrong (src/campaign/draft/draft.rule.ts reads it).
create table campaign_draft (
  id uuid primary key,
  owner_id uuid not null references staff,
  unit text not null check (unit <> ''),
  name text not null,
  step text not null default 'audience' check (step in ('audience','text','checks','window','review')),
  body jsonb not null,
  version int not null default 1,
  -- Who saved last, from which browser tab, and the version that this tab's unbroken row of saves began on: an autosave
  -- still on its way must not make a person conflict with themself.
  saved_by uuid not null references staff,
  saved_tab text not null,
  saved_since int not null default 1,
  cloned_from uuid references campaign,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index campaign_draft_recent on campaign_draft (updated_at desc, id desc);

-- The last count of a draft's people, and the one that is being made. `wanted` names what is to be counted.
create table draft_estimate (
  draft_id uuid primary key references campaign_draft on delete cascade,
  wanted text not null,
  wanted_at timestamptz not null,
  seen int not null default 0,
  total int,
  counted text,
  result jsonb,
  counted_at timestamptz,
  fault text
);

-- A draft becomes one campaign, whoever clicks how often; the draft's row is gone by then.
alter table campaign add column draft_id uuid unique;
-- The returned campaign that this one corrects.
alter table campaign add column revises uuid references campaign;

-- Test messages to the own people (docs/adr/0007-test-messages.md). Kept when the draft is gone, hence no foreign key to it.
create table test_send (
  id uuid primary key,
  draft_id uuid not null,
  template_id uuid not null references template,
  sent_by uuid not null references staff,
  staff_id uuid not null references staff,
  phone text not null,
  variables jsonb not null,
  out_id text not null unique,
  state text not null default 'open' check (state in ('open','calling','accepted','refused','unknown')),
  code text,
  biz_id text,
  created_at timestamptz not null,
  called_at timestamptz,
  closed_at timestamptz,
  check (state not in ('calling','accepted') or called_at is not null)
);
create index test_send_draft on test_send (draft_id, created_at);
create index test_send_phone on test_send (phone, created_at);
