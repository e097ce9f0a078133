-- Up Migration

-- What a reply answers, what it asks of a person, and what was decided.
alter table inbound_sms
  -- What the message was for that it answers, and when that was sent.
  add column answers text check (answers in ('marketing','service','repayment','survey','callback','care')),
  add column answered_at timestamptz,
  -- look: a first no to a notice is seen by somebody. decide: a repeated one to a duty notice.
  add column asks text check (asks in ('look','decide')),
  add column decision text check (decision in ('silence','keep')),
  add column decision_reason text,
  add check ((answers is null) = (answered_at is null)),
  add check (asks is null or answers is not null),
  add check ((decision is null) = (decision_reason is null) and (decision is null or (asks is not null and handled_at is not null)));

drop index inbound_sms_open;
create index inbound_sms_open on inbound_sms (taken_in_at desc, id desc) where handled_at is null and (meaning = 'other' or asks is not null);
