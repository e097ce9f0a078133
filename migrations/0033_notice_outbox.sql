-- Up Migration

-- The outbox of all that people must hear of: written in the transaction of the event, one row a person, matter and step. The row
-- without a person is the house's: what goes to its groups and systems.
alter table notice drop constraint notice_kind_check;
alter table notice drop constraint notice_staff_id_campaign_id_kind_role_round_key;
alter table notice alter column staff_id drop not null;
alter table notice alter column campaign_id drop not null;
alter table notice
  add column number bigint generated always as identity,
  add column item_kind text not null default 'campaign',
  add column item_id uuid,
  add column step text not null default '',
  add column details jsonb not null default '{}',
  -- When its deliveries outside the console were planned (src/notice/); null: not yet.
  add column planned_at timestamptz;
update notice set item_id = campaign_id, step = case when role = '' then '' else role || ':' || round end, planned_at = created_at;
alter table notice alter column item_id set not null;
alter table notice
  add constraint notice_item_kind check (item_kind in ('campaign','credential','import','gateway','channel')),
  add constraint notice_once unique nulls not distinct (kind, item_id, staff_id, step);
create unique index notice_number on notice (number);
create index notice_unplanned on notice (id) where planned_at is null;
create index notice_item on notice (item_id, staff_id);
