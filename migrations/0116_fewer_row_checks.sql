-- Up Migration

-- A foreign key looks its row up once for each of a million members of one list, or rows of one ledger: half of what opening a ledger
-- costs. What makes these rows has the list or the campaign in its hands; the triggers let them go with their list.
alter table message drop constraint message_campaign_key_fkey;
alter table audience_member drop constraint audience_member_audience_id_fkey;
alter table audience_exclusion drop constraint audience_exclusion_audience_id_fkey;

create function people_without_audience() returns trigger language plpgsql as $$
begin
  delete from audience_member m using departed d where m.audience_id = d.id;
  delete from audience_exclusion x using departed d where x.audience_id = d.id;
  return null;
end $$;
create trigger audience_departed after delete on audience
  referencing old table as departed for each statement execute function people_without_audience();

create function people_without_audiences() returns trigger language plpgsql as $$
begin
  delete from audience_member;
  delete from audience_exclusion;
  return null;
end $$;
create trigger audiences_departed after truncate on audience
  for each statement execute function people_without_audiences();
