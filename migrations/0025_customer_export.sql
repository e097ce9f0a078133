-- Up Migration

-- Whole numbers that leave in a file: asked for with a reason, decided by somebody else above a few people, taken once.
create table customer_export (
  id uuid primary key,
  staff_id uuid not null references staff,
  filter jsonb not null,
  reason text not null,
  people int not null,
  requested_at timestamptz not null,
  approved boolean,
  decided_at timestamptz,
  -- Null of those that are small enough to count as looks at single numbers.
  decided_by uuid references staff,
  taken_at timestamptz,
  check (decided_by is null or decided_by <> staff_id),
  check ((approved is null) = (decided_at is null)),
  check (taken_at is null or approved)
);
create index customer_export_staff on customer_export (staff_id, requested_at desc);
create index customer_export_waiting on customer_export (requested_at) where approved is null;
