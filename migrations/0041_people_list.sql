-- Up Migration

-- An audience made from the people of a campaign: which, and how they were chosen ({outcomes, reasons, people, leftOut}).
alter table audience add column from_campaign uuid references campaign, add column from_people jsonb;
create index audience_from_campaign on audience (from_campaign) where from_campaign is not null;
