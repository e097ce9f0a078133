-- Up Migration

-- What lists of forms show, whatever the forms are about: read from the text that was signed, so that it cannot be another.
alter table form
  add column number text not null generated always as (coalesce(canonical::jsonb ->> 'number', '')) stored,
  add column name text not null generated always as (coalesce(canonical::jsonb ->> 'name', '')) stored,
  add column applicant_name text not null generated always as (coalesce(canonical::jsonb #>> '{applicant,name}', '')) stored;
-- Whose forms a person may read goes by the unit as it is called now: a rename follows here too, the signed text keeps the old name.
alter table form add column unit text;
update form f set unit = coalesce((select c.unit from campaign c where c.id = f.campaign_id), f.canonical::jsonb ->> 'unit', '');
alter table form alter column unit set not null;
create index form_unit on form (unit);
create index form_number on form (number);
-- Why it is as it is, where a person or a check said so.
alter table form add column state_reason jsonb;
update form f set state_reason = c.state_reason from campaign c
  where c.id = f.campaign_id and f.state in ('rejected', 'withdrawn', 'expired', 'voided');
