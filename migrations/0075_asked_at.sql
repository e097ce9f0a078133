-- Up Migration

-- When the gateway was last asked about a message. `changed_at` says when its state changed, and asking changes none.
alter table message add column asked_at timestamptz;
