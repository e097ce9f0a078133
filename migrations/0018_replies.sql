-- Up Migration

-- A reply is read by somebody: whose campaign it answers, which word decided, who dealt with it.
alter table inbound_sms
  add column id uuid not null default gen_random_uuid(),
  add column campaign_id uuid references campaign,
  -- Row and word of the table of opt-outs, when they decided.
  add column because text,
  -- The person who made it an opt-out by hand.
  add column marked_by uuid references staff,
  add column handled_at timestamptz,
  add column handled_by uuid references staff;

create unique index inbound_sms_id on inbound_sms (id);
create index inbound_sms_time on inbound_sms (taken_in_at desc, id desc);
create index inbound_sms_campaign on inbound_sms (campaign_id, taken_in_at desc, id desc) where campaign_id is not null;
create index inbound_sms_open on inbound_sms (taken_in_at desc, id desc) where handled_at is null and meaning = 'other';
