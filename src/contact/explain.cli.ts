import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { table } from '../kit/cli/output.ts';

type Answer = {
  purpose: string;
  channel: string;
  may: boolean;
  objections: { why: string; until: string | null }[];
  earliest: string | null;
};
type PersonContact = { phone: string; zone: string; at: string; answers: Answer[] };

const whyOf = ({ objections }: Answer): string => objections.map(({ why }) => why).join(', ') || '-';
const whenOf = ({ may, earliest }: Answer): string => (may ? 'now' : (earliest ?? 'not without a person’s act'));

export function addContact(program: Command, run: Run): void {
  const contact = noun(program, 'contact', 'Whether a customer may be contacted, why not, and when');
  verb<[string]>(contact, run, {
    name: 'explain <customer>',
    summary: 'Every purpose and channel: may we, why not, when at the earliest',
    examples: ['contact explain 0192…', 'contact explain 13800138000'],
    run: async (session, [which]) => {
      const client = session.client();
      const id = /^[0-9a-f-]{36}$/i.test(which)
        ? which
        : (await client.post<{ id: string }>('/customers/find', { phone: which })).id;
      const data = await client.get<PersonContact>(`/customers/${id}/contact`);
      const rows = data.answers.map((each) => [
        each.purpose,
        each.channel,
        each.may ? 'yes' : 'no',
        whyOf(each),
        whenOf(each),
      ]);
      return {
        data,
        text: `${data.phone}, hours by ${data.zone}\n${table(['purpose', 'channel', 'may', 'why not', 'earliest'], rows)}`,
      };
    },
  });
}
