-- Up Migration

-- The file of an import until the import ends: its encoding is decided on the whole of it, and it is read again when somebody
-- says what its columns mean. In pieces, so that nobody holds it in memory, and in the database, whose rules for personal
-- data it shares.
create table import_file (
  import_id uuid not null references import (id) on delete cascade,
  seq int not null,
  bytes bytea not null,
  primary key (import_id, seq)
);
-- The time that compressing costs is worth more than the days that the bytes are kept.
alter table import_file alter column bytes set storage external;

alter table import drop constraint import_state_check;
alter table import add constraint import_state_check
  check (state in ('reading', 'asking', 'checked', 'accepting', 'accepted', 'discarded', 'failed'));

-- What the columns of such a file meant the last time, by the unit that said so.
create table import_mapping (
  unit text not null,
  kind text not null,
  headers text not null,
  mapping jsonb not null,
  changed_at timestamptz not null,
  primary key (unit, kind, headers)
);
