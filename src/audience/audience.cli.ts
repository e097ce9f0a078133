import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { usage } from '../kit/cli/fault.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { fields, table } from '../kit/cli/output.ts';

type Audience = {
  id: string;
  name: string;
  state: string;
  filter: unknown;
  fromCampaign: string | null;
  size: number | null;
  createdAt: string;
};
type Count = { total: number; eligible: number; excluded: Record<string, number>; sample: string[] };

export function addAudience(program: Command, run: Run): void {
  const audience = noun(
    program,
    'audience',
    'Whom a campaign is for: a filter over customers, or a file (see `waihu import --kind audience`)',
  );
  verb<[], { state: string; limit: string; before?: string }>(audience, run, {
    name: 'list',
    summary: 'Audiences, newest first',
    options: [
      ['--state <state>', 'open, freezing or frozen', 'open'],
      ['--limit <rows>', 'at most so many', '50'],
      ['--before <id>', 'the page after the one that ended with `next`'],
    ],
    examples: ['audience list', 'audience list --state frozen'],
    run: async (session, _, { state, limit, before }) => {
      const data = await session.client().get<{ items: Audience[]; next: string | null }>('/audiences', {
        state,
        before,
        limit: wholeNumber('--limit', limit),
      });
      const rows = data.items.map((each) => [
        each.id,
        each.name,
        each.filter !== null ? 'filter' : each.fromCampaign === null ? 'file' : 'campaign',
        each.size,
        each.createdAt,
      ]);
      return {
        data,
        text:
          table(['id', 'name', 'from', 'people', 'made'], rows) +
          (data.next === null ? '' : `\nMore: --before ${data.next}`),
      };
    },
  });
  verb<[], { name: string; tier: string[]; attribute: string[]; topic?: string; consent?: boolean; filter?: string }>(
    audience,
    run,
    {
      name: 'create',
      summary: 'Keep a filter; without conditions it is every customer',
      required: [['--name <name>', 'so that people find it']],
      options: [
        ['--topic <code>', 'subscribed to this topic'],
        ['--consent', 'agreed to marketing'],
        ['--filter <json>', 'the whole filter as the API takes it, instead of the flags'],
      ],
      repeated: [
        ['--tier <tier>', 'diamond, gold, silver or bronze'],
        ['--attribute <name=value>', 'with exactly this value'],
      ],
      examples: [
        'audience create --name "Gold in Hangzhou" --tier gold --attribute city=杭州',
        `audience create --name "Due soon" --filter '{"attributes":{"due":{"gte":"2026-12-01"}}}'`,
      ],
      run: async (session, _, options) => {
        const data = await session
          .client()
          .post<{ id: string }>('/audiences', { name: options.name, filter: filterOf(options) });
        return { data, text: `Kept: ${data.id}\nHow many now? waihu audience count ${data.id} --kind marketing` };
      },
    },
  );
  addFromCampaign(audience, run);
  verb<[string], { kind: string; topic?: string }>(audience, run, {
    name: 'count <audience>',
    summary: 'Whom a message of that kind would reach now, and who is left out',
    required: [['--kind <kind>', 'marketing or notice: it decides what silences people']],
    options: [['--topic <code>', 'a message on this topic']],
    examples: ['audience count 0192… --kind marketing'],
    run: async (session, [id], { kind, topic }) => {
      const data = await session.client().get<Count>(`/audiences/${encodeURIComponent(id)}/count`, { kind, topic });
      return {
        data,
        text: fields({ total: data.total, eligible: data.eligible, ...data.excluded, 'for example': data.sample }),
      };
    },
  });
}

type PeopleLine = {
  outcome: string;
  reason: string | null;
  people: number;
  usable: number;
  usual: boolean;
  leftOut: object;
};

/** People of a campaign: counted, or made into an audience. */
function addFromCampaign(audience: Command, run: Run): void {
  type Options = { outcome: string[]; reason: string[]; name?: string; count?: boolean; confirmUnknown?: boolean };
  verb<[string], Options>(audience, run, {
    name: 'from-campaign <campaign>',
    summary: 'An audience of a campaign’s people by what became of their message',
    options: [
      ['--count', 'only say how many there are of each'],
      ['--name <name>', 'so that people find it'],
      ['--confirm-unknown', 'some of the unknown may have got the text, and may get another'],
    ],
    repeated: [
      ['--outcome <outcome>', 'failed, unknown, expired or cancelled'],
      ['--reason <reason>', 'of failed people only these; without it all but dead, blocked and refused numbers'],
    ],
    examples: [
      'audience from-campaign WH-20261122-0001 --count',
      'audience from-campaign WH-20261122-0001 --outcome failed --name "Once more"',
    ],
    run: async (session, [campaign], { outcome, reason, name, count, confirmUnknown }) => {
      const path = `/campaigns/${encodeURIComponent(campaign)}/audience`;
      if (count === true) {
        const data = await session.client().get<{ items: PeopleLine[] }>(path);
        const rows = data.items.map((line) => [line.outcome, line.reason, line.people, line.usable, line.leftOut]);
        return { data, text: table(['outcome', 'reason', 'people', 'usable', 'left out'], rows) };
      }
      if (outcome.length === 0) throw usage('Say --outcome at least once, or --count.');
      const data = await session.client().post<{ id: string; people: number; leftOut: object }>(path, {
        outcomes: outcome,
        ...(reason.length > 0 && { reasons: reason }),
        ...(name !== undefined && { name }),
        ...(confirmUnknown === true && { confirmUnknown }),
      });
      return { data, text: `Made: ${data.id}\n${fields({ people: data.people, ...data.leftOut })}` };
    },
  });
}

function filterOf({
  tier,
  attribute,
  topic,
  consent,
  filter,
}: {
  tier: string[];
  attribute: string[];
  topic?: string;
  consent?: boolean;
  filter?: string;
}): unknown {
  if (filter !== undefined) {
    try {
      return JSON.parse(filter);
    } catch {
      throw usage('--filter is not JSON.');
    }
  }
  const attributes = attribute.map((pair) => {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined) throw usage(`--attribute wants name=value, not ${JSON.stringify(pair)}.`);
    return [name, { eq: value }] as const;
  });
  return {
    ...(tier.length > 0 && { tiers: tier }),
    ...(attributes.length > 0 && { attributes: Object.fromEntries(attributes) }),
    ...(topic !== undefined && { topic }),
    ...(consent === true && { consent: 'marketing' }),
  };
}
