-- Up Migration

-- As of forms and campaigns: how often the process of an open list was lost, and when last.
alter table call_list add column process_lost_at timestamptz;
alter table call_list add column process_losses integer not null default 0;
create index call_list_open on call_list (id) where state = 'open';
