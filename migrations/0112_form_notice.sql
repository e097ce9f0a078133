-- Up Migration

-- A notice may be about a form whose subject is no campaign.
alter table notice drop constraint notice_item_kind;
alter table notice add constraint notice_item_kind
  check (item_kind in ('campaign', 'form', 'credential', 'import', 'gateway', 'channel', 'calendar'));
