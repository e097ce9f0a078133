-- Up Migration

-- A row of a file that gives another customer id to a number on record: somebody decides whether the number has passed on.
alter table import_row add column person_change boolean not null default false;

-- Whom a number belonged to before it passed to another person, with what they agreed to: evidence of past messages. Nothing
-- of it is used for the new holder of the number.
create table former_customer (
  id uuid primary key,
  phone text not null,
  external_id text,
  name text,
  tier text,
  attributes jsonb not null,
  consents jsonb not null,
  topics jsonb not null,
  reveals jsonb not null,
  created_at timestamptz not null,
  replaced_by uuid not null,
  replaced_at timestamptz not null,
  source text not null
);
create index former_customer_phone on former_customer (phone);
create index former_customer_replaced_by on former_customer (replaced_by);
