-- Up Migration

-- What providers push, raw, in a part a month: a month that is over its time goes as a whole. The months are made by the API
-- ahead of time (src/app/retention.db.ts); what none was made for lands in the rest.
alter table webhook_delivery rename to webhook_delivery_whole;
create sequence webhook_delivery_number;
create table webhook_delivery (
  id bigint not null default nextval('webhook_delivery_number'),
  gateway_account_id uuid not null references gateway_account,
  kind text not null check (kind in ('receipts','replies')),
  body text,
  raw bytea,
  content_type text,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  fault text,
  attempts int not null default 0,
  try_after timestamptz,
  set_aside_at timestamptz,
  items int,
  rejected int,
  closed_at timestamptz,
  closed_by uuid references staff,
  check (raw is not null or body is not null),
  primary key (id, received_at)
) partition by range (received_at);
create table webhook_delivery_rest partition of webhook_delivery default;
insert into webhook_delivery (id, gateway_account_id, kind, body, raw, content_type, received_at, processed_at, fault, attempts, try_after,
    set_aside_at, items, rejected, closed_at, closed_by)
  select id, gateway_account_id, kind, body, raw, content_type, received_at, processed_at, fault, attempts, try_after, set_aside_at, items,
    rejected, closed_at, closed_by
  from webhook_delivery_whole;
select setval('webhook_delivery_number', coalesce((select max(id) from webhook_delivery), 0) + 1, false);
drop table webhook_delivery_whole;
alter sequence webhook_delivery_number owned by webhook_delivery.id;
create index webhook_delivery_waiting on webhook_delivery (kind, id) where processed_at is null and set_aside_at is null;
create index webhook_delivery_open on webhook_delivery (id)
  where closed_at is null and (set_aside_at is not null or fault is not null);
create index webhook_delivery_account on webhook_delivery (gateway_account_id, id);

-- Finds what is old without a cost for what is written: receipts come in the order of their time.
create index receipt_received on receipt using brin (received_at);
