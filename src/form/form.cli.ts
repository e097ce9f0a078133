import type { Command } from 'commander';
import { noun, verb, type Run } from '../kit/cli/command.ts';
import { download } from '../kit/cli/download.ts';
import { table } from '../kit/cli/output.ts';
import { describeForm } from './form-text.ts';
import type { SignedText } from './form.rule.ts';
import { digestShown, pathOf, type FormAnswer } from './sign.cli.ts';

type AwaitedForm = {
  kind: string;
  number: string;
  name: string;
  applicantName: string;
  awaits: string;
  since: string;
  expiresAt: string;
  mine: boolean;
};

/** What two people sign, whatever it is about; to sign is a command of its own. */
export function addForm(program: Command, run: Run): void {
  const form = noun(program, 'form', 'Confirmation forms of whatever two people sign; name them by their number');
  addReading(form, run);
  addActs(form, run);
}

function addReading(form: Command, run: Run): void {
  verb(form, run, {
    name: 'list',
    summary: 'Forms that await a signature: yours to sign first',
    examples: ['form list'],
    run: async (session) => {
      const data = await session.client().get<{ items: AwaitedForm[] }>('/forms');
      const lines = data.items.map((each) => [
        each.number,
        each.name,
        each.kind,
        each.applicantName,
        each.awaits,
        each.since,
        each.expiresAt,
        each.mine ? 'yes' : '',
      ]);
      return {
        data,
        text: table(['number', 'name', 'about', 'applicant', 'awaits', 'since', 'sign by', 'yours'], lines),
      };
    },
  });
  verb<[string]>(form, run, {
    name: 'show <form>',
    summary: 'Every field of a form, and who has signed it; the digest is computed here, from the text that you see',
    examples: ['form show WH-20261122-0001'],
    run: async (session, [which]) => {
      const data = await session.client().get<FormAnswer>(pathOf(which));
      const digest = digestShown(data);
      const text = describeForm(JSON.parse(data.canonical) as SignedText, digest, data.signatures);
      return { data, text: `${text}\n${data.state}` };
    },
  });
  verb<[string], { out?: string; json?: boolean }>(form, run, {
    name: 'archive <form>',
    summary: 'The sealed archive of a form that is complete once it is signed; judge it with `waihu verify`',
    options: [['--out <file>', 'write there instead of stdout; needed with --json']],
    examples: ['form archive SC-20261122-0001 --out SC-20261122-0001.waihu.json'],
    run: (session, [which], where) => download(session, pathOf(which, '/archive'), where),
  });
}

function addActs(form: Command, run: Run): void {
  for (const [name, summary, done] of [
    ['reject', 'Send a form back instead of signing it', 'Sent back.'],
    ['withdraw', 'Take your own form back before anything is done on it', 'Taken back.'],
  ] as const) {
    verb<[string], { reason: string }>(form, run, {
      name: `${name} <form>`,
      summary,
      required: [['--reason <text>', 'for the record']],
      examples: [`form ${name} WH-20261122-0001 --reason "the price is out of date"`],
      run: async (session, [which], { reason }) => {
        await session.client().post(pathOf(which, `/${name}`), { reason });
        return { data: { form: which, done: name }, text: done };
      },
    });
  }
}
