-- Up Migration

-- Every number that the house has ever meant to contact, or that a customer has: the row says whose it is now, and whoever
-- reserves a contact with the person holds it (src/contact/reserve.db.ts). Nothing else locks it for longer than a moment.
-- No foreign key: a file of a million customers would look up a million rows that were written a moment before; the triggers
-- below keep it true.
create table phone_number (
  phone text primary key,
  -- Null: nobody that we know.
  customer_id uuid,
  -- The first number of a customer is also customer.phone.
  place smallint not null default 1 check (place >= 1),
  kind text not null default 'mobile' check (kind in ('mobile','home','work','other')),
  -- The last day on which it is theirs, in China.
  valid_until date,
  since timestamptz not null default now(),
  source text not null default 'record'
);
-- Few customers have more than one: the index holds only those.
create index phone_number_further on phone_number (customer_id) where place > 1;

insert into phone_number (phone, customer_id, since) select phone, id, created_at from customer;

create function phone_number_of_customers() returns trigger language plpgsql as $$
begin
  insert into phone_number as n (phone, customer_id, place)
    select phone, id, 1 from arrived order by phone
    on conflict (phone) do update set customer_id = excluded.customer_id, place = 1, since = now(), valid_until = null
      where n.customer_id is distinct from excluded.customer_id;
  return null;
end $$;
create trigger customer_number_arrived after insert on customer
  referencing new table as arrived for each statement execute function phone_number_of_customers();

create function phone_number_without_customer() returns trigger language plpgsql as $$
begin
  update phone_number n set customer_id = null, place = 1, valid_until = null from departed d where n.phone = d.phone;
  update phone_number n set customer_id = null, place = 1, valid_until = null from departed d where n.customer_id = d.id and n.place > 1;
  return null;
end $$;
create trigger customer_number_departed after delete on customer
  referencing old table as departed for each statement execute function phone_number_without_customer();

create function phone_number_without_customers() returns trigger language plpgsql as $$
begin
  update phone_number set customer_id = null, place = 1, valid_until = null where customer_id is not null;
  return null;
end $$;
create trigger customer_numbers_departed after truncate on customer
  for each statement execute function phone_number_without_customers();

-- What a contact is for, in every channel; the caps count by it. `customer_id` is written when the number leaves that customer:
-- until then the touches of a number are those of whoever has it.
alter table contact add column purpose text;
update contact set purpose = case kind when 'marketing' then 'marketing' else 'service' end;
alter table contact alter column purpose set not null,
  add constraint contact_purpose_check check (purpose in ('marketing','service','repayment','survey','callback','care')),
  add column customer_id uuid,
  drop column kind,
  drop constraint contact_channel_check;
update contact set channel = 'web' where channel = 'survey';
alter table contact add constraint contact_channel_check check (channel in ('sms','call','web'));
create index contact_former on contact (customer_id, at) where customer_id is not null;

-- Likewise: whose word it was, once the number is no longer theirs.
alter table suppression add column customer_id uuid;
create index suppression_former on suppression (customer_id) where customer_id is not null and lifted_at is null;

alter table customer add column time_zone text;
create index customer_elsewhere on customer (id) where time_zone is not null;
