-- Up Migration

-- The reference would be looked up when a span's rows are written, after them: a close that has the campaign waits for those rows, and
-- the two for each other.
alter table ledger_part drop constraint ledger_part_campaign_key_fkey;
