-- Up Migration

-- Grants of the last second: [[milliseconds, messages], …]. They bound every second; the bucket beside them spreads messages.
alter table rate_bucket add column recent jsonb not null default '[]';
