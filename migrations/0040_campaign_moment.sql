-- Up Migration

-- Each campaign has a millisecond of its own, in the order of making: who pages the list by the time of the last one seen
-- (times leave with milliseconds) loses none. The k-th is moved on to k milliseconds after what stands before it, at least.
update campaign c set created_at = o.moment
from (
  select id, 'epoch'::timestamptz + make_interval(secs => (n + max(ms - n) over (order by ms, n)) / 1000.0::float8) as moment
  from (
    select id, floor(date_part('epoch', created_at) * 1000)::bigint as ms, row_number() over (order by created_at, id) as n
    from campaign
  ) numbered
) o
where o.id = c.id and c.created_at <> o.moment;
