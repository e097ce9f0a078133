-- Up Migration

-- Whoever was tried in vain waits for a later moment while their promise or their clock is past already, and stands in front of everybody in
-- these two. With that moment at the end of the index a claim passes over them there, without a look at their rows.
drop index call_task_promised;
create index call_task_promised on call_task (list_id, promised_at, id, not_before)
  where state = 'waiting' and promised_at is not null;
drop index call_task_clock;
create index call_task_clock on call_task (list_id, due_at, id, not_before)
  where state = 'waiting' and promised_at is null and due_at is not null;
