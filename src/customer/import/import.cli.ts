import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { parse } from 'csv-parse';
import { fields as fieldNames } from './column.rule.ts';
import type { Client } from '../../kit/cli/client.ts';
import { fill, noun, verb, type Run } from '../../kit/cli/command.ts';
import { fileToRead } from '../../kit/cli/file.ts';
import { download } from '../../kit/cli/download.ts';
import { usage } from '../../kit/cli/fault.ts';
import type { Me } from '../../house/me.cli.ts';
import { fields, table } from '../../kit/cli/output.ts';
import type { Session } from '../../house/session.cli.ts';

type Import = {
  id: string;
  kind: 'customers' | 'audience';
  fileName: string;
  state: string;
  encoding: string | null;
  columns: { header: string; field: string; name?: string; proposed?: string }[] | null;
  totalRows: number;
  goodRows: number;
  badRows: number;
  newRows: number | null;
  changedRows: number | null;
  sameRows: number | null;
  options: {
    heldConsents?: number;
    personChanges?: number;
    numbers?: { numbers: number; people: number };
    landLines?: number;
  };
  fault: { code: string; line?: number } | null;
  createdAt: string;
};
type Accepted = { audienceId: string | null; goodRows: number };
type Options = {
  kind: string;
  name?: string;
  encoding?: string;
  sheet?: string;
  map?: string[];
  accept?: boolean;
  takeOver?: boolean;
};

const shownErrors = 10;

export function addImport(program: Command, run: Run): void {
  const command = noun(
    program,
    'import [file]',
    'Bring in a CSV or .xlsx file: first a dry run that stores nothing, then accept it',
  );
  fill<[string | undefined], Options>(command, run, {
    options: [
      ['--kind <kind>', 'customers, or audience: people for one campaign', 'customers'],
      ['--name <name>', 'of the audience (default: the name of the file)'],
      ['--encoding <encoding>', 'utf-8, gb18030, utf-16le or utf-16be (default: told from the whole file)'],
      ['--sheet <name>', 'of an .xlsx file (default: its first)'],
      ['--map <column=meaning...>', `${fieldNames.join(', ')} or attribute:<name>`],
      ['--accept', 'take the good rows over without asking'],
      ['--take-over', 'with --accept: numbers of another customer id have passed to new people'],
    ],
    examples: [
      'import customers.csv',
      'import customers.csv --accept',
      'import customers.xlsx --sheet 客户 --map 联系电话=phone Consent=consent 备注=ignore',
      'import winners.csv --kind audience --name "Winners of May" --accept',
      'import accept 0192…',
      'import errors 0192… > errors.csv',
    ],
    run: async (session, [file], options) => {
      if (file === undefined) throw usage('Name the file to import.', 'waihu import customers.csv');
      return importFile(session, fileToRead(session.cwd, file), options);
    },
  });
  addFollowUps(command, run);
}

async function importFile(
  session: Session,
  file: string,
  { kind, name, encoding, sheet, map, accept, takeOver }: Options,
) {
  const { size } = await stat(file);
  const client = session.client();
  // Asked first: a server that refuses in the middle of an upload can only hang up.
  await client.get<Me>('/me');
  const bar = createBar(session);
  bar?.start(size, 0);
  const counted = counting(createReadStream(file), (bytes) => bar?.increment(bytes));
  const dryRun = await client
    .upload<Import>(
      '/imports',
      { kind, fileName: path.basename(file), name, encoding, sheet, mapping: mappingOf(map) },
      counted,
    )
    .finally(() => bar?.stop());
  const errors = dryRun.badRows === 0 ? [] : await firstErrors(client, dryRun.id);
  const text = describe(dryRun, errors);
  if (accept !== true && !(await agreed(session, text, dryRun))) {
    const next = `Nothing is stored yet. Take the good rows over: waihu import accept ${dryRun.id}`;
    return {
      data: { import: dryRun, errors, accepted: null },
      text: session.interactive ? next : `${text}\n\n${next}`,
    };
  }
  const accepted = await client.post<Accepted>(acceptPath(dryRun.id, takeOver));
  return {
    data: { import: { ...dryRun, state: 'accepted' }, errors, accepted },
    text: session.interactive && accept !== true ? done(accepted) : `${text}\n\n${done(accepted)}`,
  };
}

function mappingOf(pairs: string[] | undefined): string | undefined {
  if (pairs === undefined) return undefined;
  const entries = pairs.map((pair) => {
    const at = pair.lastIndexOf('=');
    if (at <= 0) throw usage(`Write ${pair} as column=meaning.`, 'waihu import a.csv --map 联系电话=phone');
    return [pair.slice(0, at), pair.slice(at + 1)] as const;
  });
  return JSON.stringify(Object.fromEntries(entries));
}

const acceptPath = (id: string, takeOver = false): string =>
  `/imports/${encodeURIComponent(id)}/accept${takeOver ? '?personChanges=take-over' : ''}`;

async function agreed(session: Session, text: string, { goodRows }: Import): Promise<boolean> {
  if (!session.interactive) return false;
  session.say(text);
  return session.confirm(`\nTake ${goodRows} rows over?`);
}

const done = ({ audienceId, goodRows }: Accepted): string =>
  audienceId === null ? `Accepted: ${goodRows} rows.` : `Accepted: ${goodRows} people, audience ${audienceId}`;

function describe(dryRun: Import, errors: string[][]): string {
  const columns = (dryRun.columns ?? []).map(
    ({ header, field, name, proposed }) =>
      `${header} → ${field}${name ? ` ${name}` : ''}${proposed ? ` (looks like ${proposed}: --map)` : ''}`,
  );
  const summary = fields({
    import: dryRun.id,
    file: `${dryRun.fileName} (${dryRun.encoding ?? '?'})`,
    columns,
    rows: dryRun.totalRows,
    good: dryRun.goodRows,
    bad: dryRun.badRows,
    new: dryRun.newRows,
    changed: dryRun.changedRows,
    unchanged: dryRun.sameRows,
    'further numbers': dryRun.options.numbers?.numbers || undefined,
    'rows with land lines, kept as further data': dryRun.options.landLines || undefined,
    'yes to marketing not taken': dryRun.options.heldConsents || undefined,
    'numbers of another customer id (bad; --take-over if they have passed on)':
      dryRun.options.personChanges || undefined,
  });
  if (errors.length === 0) return summary;
  const more = dryRun.badRows > errors.length ? `\nAll of them: waihu import errors ${dryRun.id} > errors.csv` : '';
  return `${summary}\n\n${table(['line', 'column', 'value', 'why'], errors)}${more}`;
}

async function firstErrors(client: Client, id: string): Promise<string[][]> {
  const source = await client.download(`/imports/${id}/errors.csv`, { language: 'en' });
  const rows = source.pipe(parse({ bom: true, from_line: 2, relax_column_count: true }));
  const found: string[][] = [];
  for await (const row of rows as AsyncIterable<string[]>) {
    const [line = '', column = '', value = '', , why = ''] = row;
    found.push([line, column, value, why]);
    if (found.length === shownErrors) break;
  }
  source.destroy();
  return found;
}

function addFollowUps(command: Command, run: Run): void {
  verb(command, run, {
    name: 'list',
    summary: 'Imports, newest first',
    examples: ['import list'],
    run: async (session) => {
      const data = await session.client().get<{ items: Import[] }>('/imports');
      return {
        data,
        text: table(
          ['id', 'file', 'kind', 'state', 'good', 'bad', 'when'],
          data.items.map((each) => [
            each.id,
            each.fileName,
            each.kind,
            each.state,
            each.goodRows,
            each.badRows,
            each.createdAt,
          ]),
        ),
      };
    },
  });
  verb<[string], { takeOver?: boolean }>(command, run, {
    name: 'accept <import>',
    summary: 'Take the good rows of a dry run over; repeating it does nothing more',
    options: [['--take-over', 'numbers of another customer id have passed to new people']],
    examples: ['import accept 0192…', 'import accept 0192… --take-over'],
    run: async (session, [id], { takeOver }) => {
      const data = await session.client().post<Accepted>(acceptPath(id, takeOver));
      return { data, text: done(data) };
    },
  });
  verb<[string]>(command, run, {
    name: 'discard <import>',
    summary: 'Drop a dry run',
    examples: ['import discard 0192…'],
    run: async (session, [id]) => {
      await session.client().post(`/imports/${encodeURIComponent(id)}/discard`);
      return { data: { discarded: true }, text: 'Dropped.' };
    },
  });
  verb<[string], { language: string; out?: string; json?: boolean }>(command, run, {
    name: 'errors <import>',
    summary: 'Every bad row as CSV, values masked',
    options: [
      ['--language <language>', 'zh or en', 'en'],
      ['--out <file>', 'write there instead of stdout'],
    ],
    examples: ['import errors 0192… > errors.csv', 'import errors 0192… --language zh --out errors.csv'],
    run: (session, [id], { language, ...where }) =>
      download(session, `/imports/${encodeURIComponent(id)}/errors.csv`, where, { language }),
  });
}

const createBar = (session: Session): SingleBar | null =>
  session.stderr.isTTY === true
    ? new SingleBar({
        stream: session.stderr,
        format: 'Reading {bar} {percentage}%  {eta_formatted}',
        hideCursor: true,
        clearOnComplete: true,
        barCompleteChar: '█',
        barIncompleteChar: '░',
      })
    : null;

function counting(source: Readable, count: (bytes: number) => void): Readable {
  const counter = new Transform({
    transform(chunk: Buffer, _, next) {
      count(chunk.length);
      next(null, chunk);
    },
  });
  source.once('error', (error) => counter.destroy(error));
  return source.pipe(counter);
}
