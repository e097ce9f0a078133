-- Up Migration

-- Which members' rows of a ledger have been made: a span's together, when it is sent for the first time. Whoever of them has no row any
-- more is lost, not waiting.
create table ledger_part (
  campaign_key integer not null references campaign (key),
  from_seq integer not null check (from_seq > 0),
  to_seq integer not null,
  primary key (campaign_key, from_seq),
  check (to_seq >= from_seq)
);
