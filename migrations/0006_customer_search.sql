-- Up Migration

-- What the customer pages look for, each in the order in which it is listed (src/customer/search.db.ts): 1,000,000 customers answer in
-- a few milliseconds. Names in C order: the prefix of a name is then a range, whatever the locale of the database.
create index customer_tier on customer (tier, id);
create index customer_phone_tail on customer (right(phone, 4), id);
create index customer_name on customer (name collate "C", id);
create index topic_subscription_topic on topic_subscription (topic, customer_id) where subscribed;

-- Lifted ones too: the page of a number shows its whole past.
create index suppression_history on suppression (phone, id);
create index suppression_kind on suppression (kind, id);
create index suppression_source on suppression (split_part(source, ':', 1), id);

-- What somebody looks for, kept for an hour: numbers and names have no place in an address.
create table console_search (
  id uuid primary key,
  staff_id uuid not null references staff,
  page text not null check (page in ('customers','suppressions')),
  filter jsonb not null,
  created_at timestamptz not null
);
create index console_search_created on console_search (created_at);

-- Who saw a whole number, when and why; the audit has it too, this is what the hourly limit counts.
create table reveal (
  id uuid primary key,
  customer_id uuid not null references customer on delete cascade,
  staff_id uuid not null references staff,
  at timestamptz not null
);
create index reveal_staff on reveal (staff_id, at);

-- Checked and never accepted: found again to be cleared.
create index import_checked on import (created_at) where state = 'checked';
