-- Up Migration

-- Dates and numbers as people and spreadsheets write them: the rule of src/kernel/written-value.rule.ts. Attributes are text, and a
-- filter that compared only 2026-12-01 left the people with 2026/12/1 out in silence.
create function written_half(value text) returns text language sql immutable strict parallel safe as $$
  select btrim(translate(value, '０１２３４５６７８９．，－／：￥　' || chr(160), '0123456789.,-/:¥  '))
$$;

create function written_number(value text) returns numeric language plpgsql immutable strict parallel safe as $$
declare
  part text[];
begin
  if value ~ '^-?\d{1,30}(\.\d{1,30})?$' then
    return value::numeric;
  end if;
  part := regexp_match(written_half(value), '^(?:[¥$] ?)?([+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,30})(?:\.\d{1,30})?)(?: ?元)?$');
  return case when part is null then null else replace(part[1], ',', '')::numeric end;
end $$;

create function written_date(value text) returns date language plpgsql immutable strict parallel safe as $$
declare
  half text := written_half(value);
  part text[] := regexp_match(half, '^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[ T]+([^ T].*))?$');
  year int;
  month int;
  day int;
begin
  if part is null then
    part := regexp_match(half, '^(\d{4})(年)(\d{1,2})月(\d{1,2})[日号](?:[ T]+([^ T].*))?$');
  end if;
  if part is null or part[5] !~ '^(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$' then
    return null;
  end if;
  year := part[1]::int;
  month := part[3]::int;
  day := part[4]::int;
  if year < 1 or month not between 1 and 12 or day < 1 then
    return null;
  end if;
  if day > extract(day from make_date(year, month, 1) + interval '1 month - 1 day') then
    return null;
  end if;
  return make_date(year, month, day);
end $$;

-- How many people of an audience have a value that a filter could not compare, by attribute.
alter table audience_count add column unread jsonb not null default '{}'::jsonb;
