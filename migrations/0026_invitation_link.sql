-- Up Migration

-- The link once more, for who made it: enciphered with the installation's secret, until it is used or an hour has passed.
alter table invitation add column sealed_token text;
