-- Up Migration

-- When the call to the gateway began, and the parts it is billed for: by our count of the text, then by the receipt.
alter table message add column called_at timestamptz, add column segments smallint;

-- Attempts that were proven not sent and given back: the proof may have been wrong, so they are still asked for, and a receipt
-- or an answer that names one is known. `biz_id` only where the gateway's answer came after all.
create table past_attempt (
  campaign_key int not null references campaign (key),
  seq int not null,
  attempt smallint not null,
  request_seq int not null,
  claimed_at timestamptz not null,
  biz_id text,
  primary key (campaign_key, seq, attempt)
);
create index past_attempt_biz on past_attempt (biz_id) where biz_id is not null;

-- A gateway that gives one number twice must not make a second message's receipt a repeat of the first one's.
alter table receipt drop constraint receipt_pkey;
create unique index receipt_once on receipt (biz_id, phone, (coalesce(out_id, '')));
