-- Up Migration

-- The key that all processes of the installation share, by its fingerprint: a process with another one is refused at its start.
-- One stands at a time; the ones before it are kept, since archives that they sealed outlive them.
create table installation_key (
  fingerprint text primary key check (fingerprint ~ '^[0-9a-f]{64}$'),
  since timestamptz not null default now(),
  replaced_at timestamptz
);
create unique index installation_key_stands on installation_key ((true)) where replaced_at is null;
