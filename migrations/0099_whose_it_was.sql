-- Up Migration

-- Whom a frozen list left out: a number may pass to another person, of whom nothing was said.
alter table audience_exclusion add column customer_id uuid;

-- The numbers that somebody has given away.
create index phone_number_move_from on phone_number_move (from_customer) where from_customer is not null;
