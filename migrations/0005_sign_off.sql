-- Up Migration

-- What a passkey is asked to sign when it is registered: random, once, for one person, for some minutes.
create table signing_challenge (
  challenge text primary key,
  staff_id uuid not null references staff on delete cascade,
  expires_at timestamptz not null
);
create index signing_challenge_staff on signing_challenge (staff_id);

-- What the bell shows. The key makes every writer repeatable: one row a person, matter and round.
create table notice (
  id uuid primary key,
  staff_id uuid not null references staff on delete cascade,
  kind text not null check (kind in ('sign-awaited','sign-reminder','sign-nudge','form-rejected','form-expired')),
  campaign_id uuid not null references campaign on delete cascade,
  role text not null default '' check (role in ('','liaison','leader')),
  round int not null default 0,
  created_at timestamptz not null,
  read_at timestamptz,
  unique (staff_id, campaign_id, kind, role, round)
);
create index notice_newest on notice (staff_id, id desc);
create index notice_unread on notice (staff_id) where read_at is null;
create index notice_campaign on notice (campaign_id, kind);

-- Which members get the shortest, the usual and the longest text: found while the list is frozen, when everybody is rendered anyway.
alter table audience add column samples jsonb;

create index signature_staff on signature (staff_id, signed_at desc);

-- The archive's search in Chinese text: pairs of characters in a plain GIN index, since pg_trgm is not to be had everywhere.
create function form_search_text(canonical text) returns text language sql immutable strict parallel safe
  return lower(coalesce(canonical::jsonb ->> 'number', '') || chr(10) || coalesce(canonical::jsonb ->> 'name', '') || chr(10) ||
    coalesce(canonical::jsonb ->> 'purpose', '') || chr(10) || coalesce(canonical::jsonb #>> '{applicant,name}', '') || chr(10) ||
    coalesce(canonical::jsonb #>> '{text,signName}', '') || chr(10) || coalesce(canonical::jsonb #>> '{text,source}', ''));
create function character_pairs(given text) returns text[] language sql immutable strict parallel safe
  return coalesce((select array_agg(distinct substr(given, i, 2)) from generate_series(1, length(given) - 1) as i), '{}'::text[]);
alter table form add column search_text text generated always as (form_search_text(canonical)) stored;
alter table form add column search_pairs text[] generated always as (character_pairs(form_search_text(canonical))) stored;
create index form_search on form using gin (search_pairs);
create index form_newest on form (created_at desc, id desc);
create index campaign_unit on campaign (unit);
