-- Up Migration

-- Staged rows are compared as a set when the file is read: an index by number would be filled a row at a time, and a foreign
-- key would look up the same import a million times (src/customer/import). The trigger lets them go with their import.
alter table import_row drop constraint import_row_import_id_phone_key, drop constraint import_row_import_id_fkey;

create function import_rows_without_import() returns trigger language plpgsql as $$
begin
  delete from import_row r using departed d where r.import_id = d.id;
  return null;
end $$;
create trigger import_departed after delete on import
  referencing old table as departed for each statement execute function import_rows_without_import();

create function import_rows_without_imports() returns trigger language plpgsql as $$
begin
  delete from import_row;
  return null;
end $$;
create trigger imports_departed after truncate on import
  for each statement execute function import_rows_without_imports();

-- A file is kept for minutes: to compress and unpack it costs more than its place.
alter table import_file alter column bytes set storage external;

-- Likewise what an import writes with its customers: a foreign key is looked up a row at a time. Triggers let it go with them.
alter table consent drop constraint consent_customer_id_fkey;
alter table topic_subscription drop constraint topic_subscription_customer_id_fkey;
create function words_without_customer() returns trigger language plpgsql as $$
begin
  delete from consent k using departed d where k.customer_id = d.id;
  delete from topic_subscription s using departed d where s.customer_id = d.id;
  return null;
end $$;
create trigger customer_words_departed after delete on customer
  referencing old table as departed for each statement execute function words_without_customer();
create function words_without_customers() returns trigger language plpgsql as $$
begin
  delete from consent;
  delete from topic_subscription;
  return null;
end $$;
create trigger customers_words_departed after truncate on customer
  for each statement execute function words_without_customers();

-- An audience whose members are being written, a step a transaction: nobody sees it before all of them are there.
alter table audience drop constraint audience_state_check;
alter table audience add constraint audience_state_check check (state in ('filling', 'open', 'freezing', 'frozen'));
create index import_accepting on import (id) where state = 'accepting';

-- UUIDv7: PostgreSQL 18 makes them itself, eight times as fast as an older one is told here: the first 48 bits of a random
-- one become milliseconds, its version bits 7.
do $make$
begin
  if to_regprocedure('uuidv7()') is not null then
    create function new_id() returns uuid language sql volatile as 'select uuidv7()';
  else
    create function new_id() returns uuid language sql volatile as $$
      select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing
        substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
        from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
    $$;
  end if;
end $make$;
