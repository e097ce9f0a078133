-- Up Migration

-- One row: which installation this database is, and how far it has come. The mark grows every second in which a worker lives,
-- and each worker notes it outside the database: a database that has come less far than was noted is an older one, restored.
create table installation (
  one boolean primary key default true check (one),
  id uuid not null default gen_random_uuid(),
  mark bigint not null default 0,
  marked_at timestamptz
);
insert into installation default values;

-- The database was restored: between these moments messages may have left of which it knows nothing.
alter table campaign add doubt_from timestamptz, add doubt_until timestamptz,
  add check ((doubt_from is null) = (doubt_until is null));
