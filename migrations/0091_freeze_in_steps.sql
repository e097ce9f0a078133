-- Up Migration

-- The campaign that a list is being frozen for, while it is; null of a list that was given up in the middle, and is to go.
alter table audience add column freezing_for uuid references campaign;
create index audience_freezing on audience (freezing_for) where state = 'freezing';
