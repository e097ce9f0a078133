-- Up Migration

-- Seals by the installation's key, which no database holds (src/house/audit/audit-seal.rule.ts). `head`: the end of the record at a
-- moment, also kept in a file outside. `act`: one row that later acts rely on, sealed by the process that let it happen.
create table audit_seal (
  kind text not null check (kind in ('head','act')),
  seq bigint not null,
  hash text not null,
  at text not null,
  public_key text not null,
  signature text not null,
  primary key (kind, seq, public_key, hash)
);

-- The last row that an archive cites: it must be there as long as the archive is.
alter table archive add column audit_seq bigint;
alter table archive add column audit_hash text;

-- Why a record does not hold, and how far it was sealed when it was looked at.
alter table audit_check add column fault text;
alter table audit_check add column sealed_seq bigint;
alter table audit_check add column sealed_at text;
