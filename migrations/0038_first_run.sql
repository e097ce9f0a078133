-- Up Migration

-- Who has put the first-run checklist away. It goes by itself once a campaign is archived; until then each person decides.
create table first_run_hidden (
  staff_id uuid primary key references staff,
  hidden_at timestamptz not null default now()
);
