-- Up Migration

-- When each account's provider last pushed anything, asked each second by every page of a campaign that is being sent. The deliveries
-- cannot say it cheaply of an account without any: all months are walked. Not in the account's row, which claims hold while they decide.
create table gateway_push (
  gateway_account_id uuid primary key references gateway_account,
  last_at timestamptz not null
);
insert into gateway_push (gateway_account_id, last_at)
  select gateway_account_id, max(received_at) from webhook_delivery group by 1;
