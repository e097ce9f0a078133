import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { wholeNumber } from '../kit/cli/number.ts';
import { table } from '../kit/cli/output.ts';
import type { Session } from '../house/session.cli.ts';

type Listed = { place: number; phone: string; kind: string; validUntil: string | null; deadSince: string | null };
type Numbers = { items: Listed[]; updatedAt: string };
type Details = { kind?: string; until?: string; to?: string };

const detailOptions = [
  ['--kind <kind>', 'mobile, home, work or other'],
  ['--until <day>', 'the last day on which it is theirs, YYYY-MM-DD; `none` for no such day'],
] as const;
const reason = ['--reason <text>', 'why; it goes on record'] as const;

const bodyOf = ({ kind, until, to }: Details) => ({
  kind,
  validUntil: until === 'none' ? null : until,
  to: to === undefined ? undefined : wholeNumber('--to', to),
});

/** The customer's id and the numbers as they stand: what is changed is changed of these. */
async function look(session: Session, which: string): Promise<Numbers & { path: string }> {
  const client = session.client();
  const id = /^[0-9a-f-]{36}$/i.test(which)
    ? which
    : (await client.post<{ id: string }>('/customers/find', { phone: which })).id;
  const path = `/customers/${id}/numbers`;
  return { ...(await client.get<Numbers>(path)), path };
}

const shown = ({ items }: Numbers): string =>
  table(
    ['place', 'number', 'kind', 'until', 'dead since'],
    items.map((each) => [each.place, each.phone, each.kind, each.validUntil, each.deadSince]),
  );

async function after(session: Session, which: string, path: string, body: object) {
  const { updatedAt, path: numbers } = await look(session, which);
  await session.client().post(`${numbers}${path}`, { updatedAt, ...body });
  const data = await session.client().get<Numbers>(numbers);
  return { data, text: shown(data) };
}

export function addNumbers(program: Command, run: Run): void {
  const numbers = noun(program, 'numbers', 'The numbers of a customer');
  verb<[string]>(numbers, run, {
    name: 'list <customer>',
    summary: 'In their order, masked; the customer by id or by one of the numbers',
    examples: ['numbers list 13800138000'],
    run: async (session, [which]) => {
      const data = await look(session, which);
      return { data, text: shown(data) };
    },
  });
  verb<[string, string], Details>(numbers, run, {
    name: 'add <customer> <number>',
    summary: 'A further number that nobody has',
    options: detailOptions,
    examples: ['numbers add 0192… 13900139000 --kind work --until 2027-06-30'],
    run: (session, [which, phone], options) => after(session, which, '', { phone, ...bodyOf(options) }),
  });
  verb<[string, string], Details & { holder: string; reason: string }>(numbers, run, {
    name: 'take-over <customer> <number>',
    summary: 'The number passed from its holder to the customer; nothing of the holder comes with it',
    required: [['--holder <id>', 'the customer who has it now'], reason],
    options: detailOptions,
    examples: ['numbers take-over 0192… 13900139000 --holder 0191… --reason "号码已转让"'],
    run: (session, [which, phone], { holder, reason: why, ...options }) =>
      after(session, which, '/take-over', { phone, holderId: holder, reason: why, ...bodyOf(options) }),
  });
  verb<[string, string], Details>(numbers, run, {
    name: 'change <customer> <place>',
    summary: 'Kind, last day, or place: the number at place 1 is the first',
    options: [...detailOptions, ['--to <place>', 'its new place']],
    examples: ['numbers change 0192… 2 --to 1'],
    run: (session, [which, place], options) =>
      after(session, which, `/${wholeNumber('<place>', place)}`, bodyOf(options)),
  });
  for (const [name, summary] of [
    ['remove', 'The number is the customer’s no more'],
    ['dead', 'Nobody is reached by the number'],
    ['alive', 'The number is in use after all'],
  ] as const) {
    verb<[string, string], { reason: string }>(numbers, run, {
      name: `${name} <customer> <place>`,
      summary,
      required: [reason],
      examples: [`numbers ${name} 0192… 2 --reason "客户来电说明"`],
      run: (session, [which, place], { reason: why }) =>
        after(session, which, `/${wholeNumber('<place>', place)}/${name}`, { reason: why }),
    });
  }
}
