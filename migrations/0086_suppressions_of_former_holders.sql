-- Up Migration

-- A customer's card tells what ever silenced them, also what somebody has lifted since.
drop index suppression_former;
create index suppression_former on suppression (customer_id) where customer_id is not null;
