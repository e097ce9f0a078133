-- Up Migration

-- The hash of the row before about the same object: what was done to one campaign is a chain of its own, which an archive can
-- show whole without a row about anybody else. Part of what the row's hash is over; null of rows that were written before.
alter table audit add column object_previous_hash text;
