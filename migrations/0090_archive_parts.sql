-- Up Migration

-- An archive's file in parts, so that nobody who writes, reads or checks it holds it whole. Each attempt to make one writes parts of its own.
create table archive_part (
  campaign_id uuid not null references campaign,
  build uuid not null,
  no int not null,
  body bytea not null,
  primary key (campaign_id, build, no)
);
-- Digests do not get smaller.
alter table archive_part alter column body set storage external;

alter table archive add column build uuid, add column bytes bigint;
update archive set build = gen_random_uuid(), bytes = octet_length(body);
insert into archive_part (campaign_id, build, no, body)
  select campaign_id, build, no, substring(body from no * 1048576 + 1 for 1048576)
  from archive, generate_series(0, (octet_length(body) - 1) / 1048576) as no;
alter table archive alter column build set not null, alter column bytes set not null, drop column body;
