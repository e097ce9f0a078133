-- Up Migration

-- Every time that a number came to a customer, left one, or passed from one to another. `from_customer` and `to_customer` may
-- name people who are no customers any more.
create table phone_number_move (
  id uuid primary key,
  phone text not null,
  from_customer uuid,
  to_customer uuid,
  at timestamptz not null,
  source text not null,
  reason text,
  check (from_customer is not null or to_customer is not null)
);
create index phone_number_move_phone on phone_number_move (phone, at);

-- A new customer never takes a number from another one: that is somebody's decision (src/contact/number.command.ts). Whoever
-- looks at the constraint's name sees the same fault as of a first number.
create or replace function phone_number_of_customers() returns trigger language plpgsql as $$
declare
  settled bigint;
begin
  insert into phone_number as n (phone, customer_id, place)
    select phone, id, 1 from arrived order by phone
    on conflict (phone) do update set customer_id = excluded.customer_id, place = 1, since = now(), valid_until = null
      where n.customer_id is null or n.customer_id = excluded.customer_id;
  get diagnostics settled = row_count;
  if settled <> (select count(*) from arrived) then
    raise exception 'The number is a further number of another customer.'
      using errcode = 'unique_violation', constraint = 'customer_phone_key', table = 'customer';
  end if;
  return null;
end $$;

-- Whoever is deleted leaves none of their numbers behind. What was said of a number, or by it, has tables of its own.
create or replace function phone_number_without_customer() returns trigger language plpgsql as $$
begin
  delete from phone_number n using departed d where n.phone = d.phone and n.customer_id = d.id;
  delete from phone_number n using departed d where n.customer_id = d.id and n.place > 1;
  return null;
end $$;

create or replace function phone_number_without_customers() returns trigger language plpgsql as $$
begin
  delete from phone_number where customer_id is not null;
  return null;
end $$;
