-- Up Migration

-- What a form is about: a campaign, or one of the contents that are signed the same way. `campaign_id` follows from it, so
-- that the two cannot say different things.
alter table form add column subject_kind text not null default 'campaign'
  check (subject_kind in ('campaign','standing','survey','script','prompt'));
alter table form add column subject_id uuid;
update form set subject_id = campaign_id;
alter table form alter column subject_id set not null, alter column subject_kind drop default;
alter table form drop column campaign_id;
alter table form add column campaign_id uuid unique references campaign
  generated always as (case when subject_kind = 'campaign' then subject_id end) stored;
alter table form add constraint form_subject unique (subject_kind, subject_id);

-- How far its sign-off is (src/form/form-state.rule.ts), and since when.
alter table form add column state text not null default 'awaiting-liaison'
  check (state in ('awaiting-liaison','awaiting-leader','signed','rejected','withdrawn','expired','voided'));
alter table form add column state_at timestamptz not null default now();
update form f set state_at = coalesce((select max(signed_at) from signature where form_id = f.id), f.created_at),
  state = case when c.state in ('awaiting-liaison','awaiting-leader','rejected','withdrawn','expired') then c.state
    when c.state = 'voided' then 'voided' else 'signed' end
  from campaign c where c.id = f.campaign_id;
alter table form alter column state drop default, alter column state_at drop default;
create index form_awaiting on form (state_at) where state in ('awaiting-liaison','awaiting-leader');
