-- Up Migration

-- Organisational units are a list; what stands in other tables is the name, which a rename follows everywhere.
create table unit (
  id uuid primary key default gen_random_uuid(),
  name text not null unique check (name <> '' and name <> '*'),
  created_at timestamptz not null default now(),
  retired_at timestamptz
);
insert into unit (name)
  select unit from staff union select unit from staff_role where unit <> '*' union select unit from delegation where unit <> '*'
  union select unit from campaign union select unit from campaign_draft;

-- As it stood when the form was made: the form is built again from this row, and a unit may be renamed meanwhile.
alter table campaign add column form_unit text;
