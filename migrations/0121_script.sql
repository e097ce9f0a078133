-- Up Migration

-- What the form of a script states besides its content, as it was when it was handed in.
alter table script add column applicant_name text not null;
alter table script add column sign_by timestamptz not null;
-- As the unit was called when the form was made; null while it is called so still.
alter table script add column form_unit text;
create index script_family on script (family, version desc);

-- The moves of src/call/claim.db.ts read these in their order and stop at the first that may be called.
drop index call_task_promised;
create index call_task_promised on call_task (list_id, promised_at, id) where state = 'waiting' and promised_at is not null;
drop index call_task_clock;
create index call_task_clock on call_task (list_id, due_at, id)
  where state = 'waiting' and promised_at is null and due_at is not null;
-- Offered ones whose agent has gone.
create index call_task_lease on call_task (lease_until) where state = 'offered';
