-- Up Migration

-- What a suppression silences: each of the channels for each of the purposes. Whatever is named neither is refused here, so a
-- row that silences nothing, or something that nobody knows, cannot stand.
alter table suppression add column channels text[], add column purposes text[];
update suppression set
  channels = case scope when 'sms' then array['sms'] else array['sms','call','web'] end,
  purposes = case scope when 'marketing' then array['marketing','survey']
    else array['marketing','service','repayment','survey','callback','care'] end;
alter table suppression
  alter column channels set not null,
  alter column purposes set not null,
  drop column scope,
  add constraint suppression_channels_check
    check (cardinality(channels) > 0 and channels <@ array['sms','call','web']),
  add constraint suppression_purposes_check
    check (cardinality(purposes) > 0 and purposes <@ array['marketing','service','repayment','survey','callback','care']);
