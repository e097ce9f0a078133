-- Up Migration

-- moved: a no of whoever had the number before it was taken from them. It silences nobody else, also where nothing of ours is known
-- to be answered by it, and a person sees it.
alter table inbound_sms drop constraint inbound_sms_asks_check;
alter table inbound_sms add constraint inbound_sms_asks_check check (asks in ('look', 'decide', 'moved'));
alter table inbound_sms drop constraint inbound_sms_check1;
alter table inbound_sms add constraint inbound_sms_asks_answers check (asks is null or asks = 'moved' or answers is not null);
