-- Up Migration

-- What the pages say about a campaign's ledger, counted beside the requests (src/campaign/figures.command.ts). A copy: the
-- ledger is the truth, and a row here may be deleted at any time. No index of `message` could serve instead, since an index
-- on what moves would end its heap-only updates.
create table campaign_figures (
  campaign_key int primary key references campaign (key),
  at timestamptz not null,
  body jsonb not null
);

-- The list: newest move first, in pages.
create index campaign_recent on campaign (greatest(created_at, submitted_at, started_at, finished_at) desc, id desc);
-- Opt-outs of a day.
create index suppression_opt_out on suppression (created_at) where kind = 'opt-out';
-- "The person whose number ends in 8812", on one list of a million.
create index audience_member_last_four on audience_member (audience_id, right(phone, 4), seq);
