-- Up Migration

-- A notice may be about the working-day calendar; there is one, so its id is always the same.
alter table notice drop constraint notice_item_kind;
alter table notice add constraint notice_item_kind
  check (item_kind in ('campaign', 'credential', 'import', 'gateway', 'channel', 'calendar'));
