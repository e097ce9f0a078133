-- Up Migration

-- The sign-off of a form whose subject has no process of its own, lost and started again from the database: when last, and how often
-- within the hour before.
alter table form
  add process_lost_at timestamptz,
  add process_losses smallint not null default 0;

create index form_live on form (subject_kind, id)
  where subject_kind <> 'campaign' and state in ('awaiting-liaison', 'awaiting-leader', 'signed');
