import { z } from 'zod';
import { many, sql, type Pool } from '../src/kernel/sql.db.ts';

/** One line of the report: what is asked for, varied by the number of the request. */
export type Measured = { name: string; path: (n: number) => string; form?: (n: number) => Record<string, string> };

const Text = z.object({ value: z.string() });
type Lists = Record<
  | 'customers'
  | 'namesakes'
  | 'silenced'
  | 'suppressions'
  | 'audits'
  | 'audited'
  | 'campaigns'
  | 'positions'
  | 'awaiting'
  | 'forms'
  | 'imports'
  | 'templates'
  | 'template50'
  | 'audiences'
  | 'frozen'
  | 'drafts'
  | 'people'
  | 'notices'
  | 'byName'
  | 'byTail'
  | 'byBoth'
  | 'byNumber',
  string[]
>;

/** Addresses of every page, with ids from the database spread over its whole length. */
export async function listPages(pool: Pool, email: string): Promise<{ pages: Measured[]; live: string }> {
  const values = async (query: ReturnType<typeof sql>): Promise<string[]> =>
    (await many(pool, Text, query)).map(({ value }) => value);
  // Kept for an hour, as a search by words leaves them.
  const searches = (filter: ReturnType<typeof sql>, page: 'customers' | 'suppressions'): Promise<string[]> =>
    values(
      sql`insert into console_search (id, staff_id, page, filter, created_at)
        select gen_random_uuid(), s.id, ${page}, f.filter, now() from staff s cross join (${filter}) as f (filter) where s.email = ${email}
        returning id::text as value`,
    );
  const lists: Lists = {
    customers: await values(
      sql`select id::text as value from customer tablesample system (1) repeatable (7) limit 2000`,
    ),
    namesakes: await values(
      sql`select id::text as value from customer where name like '王%' order by name collate "C", id offset 20000 limit 200`,
    ),
    silenced: await values(
      sql`select c.id::text as value from suppression s join customer c on c.phone = s.phone where s.lifted_at is null limit 500`,
    ),
    suppressions: await values(sql`select id::text as value from suppression order by id offset 5000 limit 500`),
    audits: await values(sql`select seq::text as value from audit order by seq offset 10000 limit 500`),
    audited: await values(
      sql`select distinct 'customer:' || object_id as value from (select object_id from audit where object_kind = 'customer' limit 3000) a limit 300`,
    ),
    campaigns: await values(sql`select number as value from campaign order by id desc`),
    positions: await values(
      sql`select (date_part('epoch', greatest(created_at, submitted_at, started_at, finished_at)) * 1000000)::bigint || '.' || id as value from campaign order by id limit 100`,
    ),
    awaiting: await values(
      sql`select number as value from campaign where state in ('awaiting-liaison', 'awaiting-leader')`,
    ),
    forms: await values(sql`select id::text as value from form order by created_at limit 100`),
    imports: await values(sql`select id::text as value from import`),
    templates: await values(sql`select id::text as value from template`),
    template50: await values(sql`select distinct name as value from template order by name limit 30`),
    audiences: await values(sql`select id::text as value from audience where state = 'open'`),
    frozen: await values(
      sql`select frozen_audience_id::text as value from campaign where frozen_audience_id is not null`,
    ),
    drafts: await values(
      sql`select id::text as value from campaign_draft where owner_id = (select id from staff where email = ${email})`,
    ),
    people: await values(sql`select id::text as value from staff`),
    byName: await searches(sql`select jsonb_build_object('name', n) from unnest(${surnames}::text[]) n`, 'customers'),
    byTail: await searches(
      sql`select jsonb_build_object('tail', lpad((n * 83)::text, 4, '0')) from generate_series(1, 100) n`,
      'customers',
    ),
    byBoth: await searches(
      sql`select jsonb_build_object('name', n, 'tail', '4242') from unnest(${surnames}::text[]) n`,
      'customers',
    ),
    byNumber: await searches(
      sql`select jsonb_build_object('phone', phone) from suppression order by id limit 100`,
      'suppressions',
    ),
    notices: await values(sql`select id::text as value from notice order by id limit 300`),
  };
  const [live = ''] = await values(
    sql`select number as value from campaign where state = 'sending' order by started_at desc limit 1`,
  );
  const [size = '0'] = await values(sql`select max(size)::text as value from audience`);
  return { live, pages: pagesOf(lists, live, Number(size)) };
}

const tiers = ['diamond', 'gold', 'silver', 'bronze'];
const topics = ['points', 'wealth', 'branch', 'card'];
const surnames = Array.from('王李张刘陈杨黄赵周吴');
const kinds = ['opt-out', 'dnc', 'complaint', 'dead-number', 'gateway-blacklist'];
const tabs = ['mine', 'draft', 'signing', 'scheduled', 'sending', 'paused', 'completed', 'archived', 'ended'];
const of = (list: readonly string[], n: number): string => list[n % list.length] ?? '';

const page = (name: string, path: (n: number) => string): Measured => ({ name, path });
const post = (name: string, path: string, form: (n: number) => Record<string, string>): Measured => ({
  name,
  path: () => path,
  form,
});

function pagesOf(has: Lists, live: string, people: number): Measured[] {
  const spread = (n: number): number => (n * 7919) % Math.floor(people * 0.7);
  const phoneAt = (n: number): string => `138${String(spread(n) + 1).padStart(8, '0')}`;
  const ledger = `/campaigns/${live}/ledger`;
  return [
    page('campaigns', () => '/campaigns'),
    page('campaigns, tab', (n) => `/campaigns?tab=${of(tabs, n)}`),
    page('campaigns, words', (n) => `/campaigns?text=${encodeURIComponent('提醒')}+${n % 90}`),
    page('campaigns, later page', (n) => `/campaigns?after=${of(has.positions, n)}`),
    page(
      'campaigns, rows on screen',
      (n) => `/campaigns/rows?numbers=${Array.from({ length: 20 }, (_, i) => of(has.campaigns, n + i)).join(',')}`,
    ),
    page('campaign, any', (n) => `/campaigns/${of(has.campaigns, n)}`),
    page('campaign, live, a million', () => `/campaigns/${live}`),
    page('ledger of a million', () => ledger),
    page('ledger, later page', (n) => `${ledger}?after=${spread(n)}`),
    page('ledger, failed', (n) => `${ledger}?part=failed&after=${spread(n)}`),
    page('ledger, failed, reason', () => `${ledger}?part=failed&reason=number-refused`),
    page('ledger, unknown', (n) => `${ledger}?part=unknown&after=${spread(n)}`),
    page('ledger, pending', () => `${ledger}?part=pending`),
    page('ledger, expired (nobody)', () => `${ledger}?part=expired`),
    page('ledger, four digits', (n) => `${ledger}?text=${String(spread(n) % 10_000).padStart(4, '0')}`),
    page('ledger, customer id', (n) => `${ledger}?text=C${String(spread(n) + 1).padStart(9, '0')}`),
    page('ledger, excluded', () => `${ledger}?part=excluded`),
    page('person in a campaign', (n) => `/campaigns/${live}/people/${spread(n) + 1}`),
    page('person, computed again', (n) => `/campaigns/${live}/people/${spread(n) + 1}?now=1`),
    post('person by number', `/campaigns/${live}/explain`, (n) => ({ phone: phoneAt(n) })),
    ...['audience', 'text', 'checks', 'window', 'review'].map((step) =>
      page(`draft, ${step}`, (n) => `/drafts/${of(has.drafts, n)}/${step}`),
    ),
    page('draft, new', () => '/drafts/new'),
    page('draft, estimate', (n) => `/drafts/${of(has.drafts, n)}/estimate`),
    page('sign-off', () => '/sign-off'),
    page('sign-off, form awaited', (n) => `/sign-off/${of(has.awaiting, n)}`),
    page('archive', () => '/archive'),
    page('archive, words', (n) => `/archive?text=${encodeURIComponent(of(['权益', '提醒', '云汀金融', '到账'], n))}`),
    page('archive, number', (n) => `/archive?number=${of(has.campaigns, n + 20)}`),
    page('archive, later page', (n) => `/archive?before=${of(has.forms, n)}`),
    post('search in the top bar, number', '/search', (n) => ({ text: phoneAt(n) })),
    post('search in the top bar, name', '/search', (n) => ({ text: of(surnames, n) })),
    post('search in the top bar, campaign', '/search', (n) => ({ text: `提醒 ${n % 200}` })),
    post('search in the top bar, nothing', '/search', () => ({ text: 'nobody is called so' })),
    page('customers', () => '/customers'),
    page('customers, later page', (n) => `/customers?after=${of(has.customers, n)}`),
    page('customers, tier', (n) => `/customers?tier=${of(tiers, n)}`),
    page('customers, tier, later page', (n) => `/customers?tier=diamond&after=${of(has.customers, n)}`),
    page('customers, topic', (n) => `/customers?topic=${of(topics, n)}`),
    page('customers, topic, later page', (n) => `/customers?topic=${of(topics, n)}&after=${of(has.customers, n)}`),
    page('customers, silenced', (n) => `/customers?suppressed=yes&after=${of(has.customers, n)}`),
    page('customers, not silenced', (n) => `/customers?suppressed=no&after=${of(has.customers, n)}`),
    page('customers, tier, topic, silenced', (n) => `/customers?tier=diamond&topic=${of(topics, n)}&suppressed=yes`),
    post('customers, search by number', '/customers/search', (n) => ({ words: phoneAt(n) })),
    post('customers, search by customer id', '/customers/search', (n) => ({
      words: `C${String(spread(n) + 1).padStart(9, '0')}`,
    })),
    post('customers, search by name', '/customers/search', (n) => ({ words: of(surnames, n) })),
    post('customers, search by last four', '/customers/search', (n) => ({
      words: String(spread(n) % 10_000).padStart(4, '0'),
    })),
    page('customers, by name', (n) => `/customers?search=${of(has.byName, n)}`),
    page(
      'customers, by name, later page',
      (n) => `/customers?search=${of(has.byName, 0)}&after=${of(has.namesakes, n)}`,
    ),
    page('customers, by last four', (n) => `/customers?search=${of(has.byTail, n)}`),
    page('customers, by name and last four', (n) => `/customers?search=${of(has.byBoth, n)}`),
    page(
      'customers, by name, tier, silenced',
      (n) => `/customers?search=${of(has.byName, n)}&tier=diamond&suppressed=yes`,
    ),
    page('customer', (n) => `/customers/${of(has.customers, n)}`),
    page('customer, silenced', (n) => `/customers/${of(has.silenced, n)}`),
    page('customer, edit', (n) => `/customers/${of(has.customers, n)}/edit`),
    page('customer, new', () => '/customers/new'),
    page('imports', () => '/imports'),
    page('imports, later page', (n) => `/imports?before=${of(has.imports, n)}`),
    page('import', (n) => `/imports/${of(has.imports, n)}`),
    page('audiences', () => '/audiences'),
    page('audiences, frozen', () => '/audiences?kind=frozen'),
    page('audiences, words', (n) => `/audiences?name=${n % 30}`),
    page('audiences, later page', (n) => `/audiences?before=${of(has.audiences, n)}`),
    page('audience', (n) => `/audiences/${of(has.audiences, n)}`),
    page('audience, frozen', (n) => `/audiences/${of(has.frozen, n)}`),
    page('audience, new', () => '/audiences/new'),
    page('templates', () => '/templates'),
    page('templates, words', (n) => `/templates?text=${n % 50}`),
    page('templates, later page', (n) => `/templates?after=${encodeURIComponent(of(has.template50, n))}`),
    page('template', (n) => `/templates/${of(has.templates, n)}`),
    page('template, next version', (n) => `/templates/${of(has.templates, n)}/next`),
    page('template, new', () => '/templates/new'),
    page('topics', () => '/topics'),
    page('suppressions', () => '/suppressions'),
    page('suppressions, kind', (n) => `/suppressions?kind=${of(kinds, n)}`),
    page('suppressions, source', (n) => `/suppressions?source=${of(['staff', 'list', 'reply', 'receipt'], n)}`),
    page('suppressions, kind, source, active', (n) => `/suppressions?kind=${of(kinds, n)}&source=staff&active=yes`),
    page('suppressions, later page', (n) => `/suppressions?before=${of(has.suppressions, n)}`),
    post('suppressions, search by number', '/suppressions/search', (n) => ({ phone: phoneAt(n) })),
    page('suppressions, by number', (n) => `/suppressions?search=${of(has.byNumber, n)}`),
    page('suppression, new', () => '/suppressions/new'),
    page('policy', () => '/policy'),
    page('audit', () => '/audit'),
    page('audit, later page', (n) => `/audit?before=${of(has.audits, n)}`),
    page('audit, of a person', (n) => `/audit?actor=${of(has.people, n)}`),
    page(
      'audit, act',
      (n) => `/audit?action=${of(['customer.reveal', 'campaign.sign', 'campaign', 'draft.edit', 'topic.renamed'], n)}`,
    ),
    page('audit, person, act', (n) => `/audit?actor=${of(has.people, n)}&action=campaign.pause`),
    page('audit, days', (n) => `/audit?from=${day(n)}&until=${day(n - 3)}`),
    page('audit, of one object', (n) => `/audit?object=${of(has.audited, n)}`),
    page('gateways', () => '/gateways'),
    page('gateway', () => '/gateways/sandbox'),
    page('gateway, edit', () => '/gateways/sandbox/edit'),
    page('calendar', () => '/calendar'),
    page('people', () => '/people'),
    page('person of the staff', (n) => `/people/${of(has.people, n)}`),
    page('account', () => '/account'),
    page('notices', () => '/notices'),
    page('notices, later page', (n) => `/notices?before=${of(has.notices, n)}`),
  ];
}

const day = (n: number): string => new Date(Date.now() - (10 + (n % 600)) * 86_400_000).toISOString().slice(0, 10);
