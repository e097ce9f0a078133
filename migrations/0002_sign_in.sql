-- Up Migration

-- Rights by organisational unit: '*' is every unit, which is what people had until now.
alter table staff_role add column unit text not null default '*' check (unit <> '');
alter table staff_role drop constraint staff_role_pkey;
alter table staff_role add primary key (staff_id, role, unit);
alter table staff_role drop constraint staff_role_role_check;
alter table staff_role add constraint staff_role_role_check
  check (role in ('applicant','operator','liaison','leader','agent','supervisor','auditor','administrator'));

-- E.164, for test messages to the own phone; the language of the pages.
alter table staff add column phone text check (phone ~ '^\+[1-9][0-9]{6,14}$');
alter table staff add column language text not null default 'zh-CN' check (language in ('zh-CN','en'));

-- Who signs for whom while somebody is away (src/house/delegation.rule.ts).
create table delegation (
  id uuid primary key,
  staff_id uuid not null references staff,
  delegate_id uuid not null references staff,
  role text not null check (role in ('liaison','leader')),
  unit text not null default '*' check (unit <> ''),
  from_at timestamptz not null,
  until_at timestamptz not null,
  created_by uuid not null references staff,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  check (staff_id <> delegate_id),
  check (from_at < until_at)
);
create index delegation_delegate on delegation (delegate_id, until_at);
create index delegation_staff on delegation (staff_id, until_at);

-- Tables of the sign-in library's plugins under our names (src/house/sign-in/library.ts).
alter table staff add column two_factor_enabled boolean default false;
create table two_factor (
  id uuid primary key,
  staff_id uuid not null unique references staff on delete cascade,
  secret text not null,
  backup_codes text not null,
  verified boolean default true,
  failed_verification_count integer default 0,
  locked_until timestamptz
);
create table passkey (
  id uuid primary key,
  staff_id uuid not null references staff on delete cascade,
  name text,
  public_key text not null,
  credential_id text not null unique,
  counter bigint not null,
  device_type text not null,
  backed_up boolean not null,
  transports text,
  aaguid text,
  created_at timestamptz
);
create index passkey_staff on passkey (staff_id);
create index session_staff on session (staff_id);
create index verification_identifier on verification (identifier);
create unique index account_provider on account (provider_id, account_id);
create unique index account_password on account (staff_id) where provider_id = 'credential';

-- Attempts that were refused or are under way, by keyed hashes: neither addresses nor machines stand here in clear.
create table sign_in_attempt (
  id uuid primary key,
  at timestamptz not null,
  email_hash text,
  address_hash text not null
);
create index sign_in_attempt_email on sign_in_attempt (email_hash, at);
create index sign_in_attempt_address on sign_in_attempt (address_hash, at);

-- One-time links by which somebody sets a password: the first one, or a new one after an administrator's reset.
create table invitation (
  id uuid primary key,
  staff_id uuid not null references staff,
  token_hash text not null unique,
  resets_second_factor boolean not null default false,
  created_by uuid references staff,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz
);
create index invitation_staff on invitation (staff_id);
