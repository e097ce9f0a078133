-- Up Migration

-- What a provider pushes is kept byte by byte: which encoding it is in is judged afterwards, and can be judged again.
alter table webhook_delivery
  alter column body drop not null,
  add column raw bytea,
  add column content_type text,
  add column attempts int not null default 0,
  add column try_after timestamptz,
  -- Tried in vain so often that it waits for a person.
  add column set_aside_at timestamptz,
  add column items int,
  add column rejected int,
  -- A person has looked at a fault and needs to see it no more.
  add column closed_at timestamptz,
  add column closed_by uuid references staff,
  add constraint webhook_delivery_kept check (raw is not null or body is not null);

drop index webhook_delivery_waiting;
create index webhook_delivery_waiting on webhook_delivery (kind, id) where processed_at is null and set_aside_at is null;
create index webhook_delivery_open on webhook_delivery (id)
  where closed_at is null and (set_aside_at is not null or fault is not null);
-- "When did this account's provider last push" reads one row instead of walking the table backwards.
create index webhook_delivery_account on webhook_delivery (gateway_account_id, id);
