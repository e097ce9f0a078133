-- Up Migration

-- When a campaign pauses by itself (src/form/stop-condition.rule.ts), and from when on is counted: a person who resumed it has
-- looked at what was before.
alter table campaign add column stop_conditions jsonb not null
  default '{"failurePercent": 20, "optOutsPerThousand": 10, "complaintsPerThousand": 1}';
alter table campaign add column stop_from timestamptz;
create index suppression_complaint on suppression (created_at) where kind = 'complaint';
