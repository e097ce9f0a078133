-- Up Migration

-- One person is called by one call at a time, whichever list or task it is for. A claim looks before it reserves, under the lock of the
-- person (src/call/claim.db.ts); this holds whatever it has overlooked.
create unique index call_attempt_person on call_attempt (customer_id) where state <> 'ended';
-- The weights that a claim looks for (src/call/task.rule.ts): one that it does not know would never be called.
alter table call_task add constraint call_task_weight check (weight between 0 and 4);
