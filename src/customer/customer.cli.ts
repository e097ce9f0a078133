import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { fields, table } from '../kit/cli/output.ts';
import { usage } from '../kit/cli/fault.ts';

type Customer = {
  id: string;
  externalId: string | null;
  phone: string;
  name: string | null;
  tier: string | null;
  marketingConsent: boolean | null;
  timeZone: string | null;
};
type Wish = {
  purpose?: string;
  topic?: string;
  granted?: boolean;
  subscribed?: boolean;
  source: string;
  changedAt: string;
};
type Card = Customer & {
  attributes: Record<string, unknown>;
  consents: Wish[];
  subscriptions: Wish[];
  suppressions: { kind: string; purposes: string[]; channels: string[]; createdAt: string }[];
};

const consent = (value: boolean | null): string => (value === null ? 'never said' : value ? 'yes' : 'no');

export function addCustomers(program: Command, run: Run): void {
  const customers = noun(program, 'customers', 'Who is in the house');
  verb<[], { tier?: string; phone?: string; externalId?: string; limit: string; before?: string }>(customers, run, {
    name: 'list',
    summary: 'Customers, newest first; numbers are masked',
    options: [
      ['--tier <tier>', 'diamond, gold, silver or bronze'],
      ['--phone <number>', 'with this number'],
      ['--external-id <id>', 'with this customer id of yours'],
      ['--limit <rows>', 'at most so many', '50'],
      ['--before <id>', 'the page after the one that ended with `next`'],
    ],
    examples: ['customers list --tier gold', 'customers list --phone 13800138000'],
    run: async (session, _, { limit, tier, phone, externalId, before }) => {
      const data = await session.client().post<{ items: Customer[]; next: string | null }>('/customers/search', {
        tier,
        phone,
        externalId,
        before,
        limit: wholeNumber('--limit', limit),
      });
      const rows = data.items.map((each) => [
        each.id,
        each.externalId,
        each.phone,
        each.name,
        each.tier,
        consent(each.marketingConsent),
      ]);
      const more = data.next === null ? '' : `\nMore: --before ${data.next}`;
      return { data, text: table(['id', 'your id', 'phone', 'name', 'tier', 'marketing'], rows) + more };
    },
  });
  verb(customers, run, {
    name: 'count',
    summary: 'How many, by tier and consent',
    examples: ['customers count'],
    run: async (session) => {
      const data = await session.client().get<Record<string, number>>('/customers/counts');
      return { data, text: fields(data) };
    },
  });
  verb<[string]>(customers, run, {
    name: 'show <customer>',
    summary: 'One customer, by id or number: what they agreed to and what silences them',
    examples: ['customers show 13800138000', 'customers show 0192…'],
    run: async (session, [which]) => {
      const client = session.client();
      const card = /^[0-9a-f-]{36}$/i.test(which)
        ? await client.get<Card>(`/customers/${which}`)
        : await client.post<Card>('/customers/find', { phone: which });
      const text = [
        fields({
          id: card.id,
          'your id': card.externalId,
          phone: card.phone,
          name: card.name,
          tier: card.tier,
          'time zone': card.timeZone ?? 'Asia/Shanghai',
          marketing: consent(card.marketingConsent),
          ...card.attributes,
        }),
        ...card.consents.map((each) => `consent ${each.purpose}: ${each.granted ? 'yes' : 'no'} (${each.source})`),
        ...card.subscriptions.map(
          (each) => `topic ${each.topic}: ${each.subscribed ? 'subscribed' : 'unsubscribed'} (${each.source})`,
        ),
        ...card.suppressions.map(
          (each) => `silenced: ${each.kind}, ${each.purposes.join(', ')} by ${each.channels.join(', ')}`,
        ),
      ];
      return { data: card, text: text.join('\n') };
    },
  });
  verb<[string, string]>(customers, run, {
    name: 'time-zone <customer> <zone>',
    summary: 'By which clock the hours of contact are judged: an IANA name, or `none` for Asia/Shanghai',
    examples: ['customers time-zone 0192… Asia/Urumqi', 'customers time-zone 0192… none'],
    run: async (session, [id, zone]) => {
      const path = `/customers/${encodeURIComponent(id)}/time-zone`;
      const data = await session.client().post<{ changed: boolean }>(path, { timeZone: zone === 'none' ? null : zone });
      return { data, text: data.changed ? 'Noted.' : 'It stood so already.' };
    },
  });
  addConsent(program, run);
}

function addConsent(program: Command, run: Run): void {
  const consents = noun(program, 'consent', 'What customers agreed to');
  for (const [name, granted, done] of [
    ['grant', true, 'agreed'],
    ['withdraw', false, 'no longer agrees'],
  ] as const) {
    verb<[string], { source: string; topic?: string }>(consents, run, {
      name: `${name} <customer>`,
      summary: `The customer ${done}: to marketing, or with --topic to one topic`,
      required: [['--source <source>', 'where the word came from: phone-call, paper-form']],
      options: [['--topic <code>', 'a topic instead of marketing']],
      examples: [
        `consent ${name} 0192… --source phone-call`,
        `consent ${name} 0192… --topic reminders --source paper-form`,
      ],
      run: async (session, [id], { source, topic }) => {
        if (!/^[0-9a-f-]{36}$/i.test(id))
          throw usage('Give the id of the customer; `waihu customers show NUMBER` tells it.');
        const [path, body] =
          topic === undefined
            ? ['consents', { purpose: 'marketing', granted, source }]
            : ['subscriptions', { topic, subscribed: granted, source }];
        const data = await session.client().post<{ changed: boolean }>(`/customers/${id}/${path}`, body);
        return { data, text: data.changed ? 'Noted.' : 'It stood so already.' };
      },
    });
  }
}
