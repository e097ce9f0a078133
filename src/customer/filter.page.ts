import { z } from 'zod';
import type { KeptSearch } from './search.command.ts';
import { tiers } from './customer.db.ts';
import { blank } from '../kit/page/query.ts';

export const Filter = z.object({
  tier: z.preprocess(blank, z.enum(tiers).optional()),
  topic: z.preprocess(blank, z.string().max(64).optional()),
  suppressed: z.preprocess(blank, z.enum(['yes', 'no']).optional()),
  search: z.preprocess(blank, z.uuid().optional()),
});
type Filter = z.output<typeof Filter>;

export const addressOf = (filter: Filter, more: Record<string, string> = {}): string => {
  const query = new URLSearchParams(
    Object.entries({ ...filter, ...more }).filter((each): each is [string, string] => Boolean(each[1])),
  );
  return query.size === 0 ? '/customers' : `/customers?${query.toString()}`;
};

export const browsed = ({ tier, topic, suppressed }: Filter, search: KeptSearch | null) => ({
  tier: tier ?? null,
  topic: topic ?? null,
  suppressed: suppressed === undefined ? null : suppressed === 'yes',
  search,
});
