import { describe, expect, test } from 'vitest';
import { breaches, judge, listed } from '../../../tools/lint/main.ts';
import { layerOrder, roomlessFiles, roomOrder } from '../../../tools/lint/room.ts';
import { changesOutsideCommands, contactsWrittenElsewhere, sqlOutsideDb } from '../../../tools/lint/rules.ts';
import type { Breach, SourceFile } from '../../../tools/lint/source.ts';

const importing = (from: string, to: string): SourceFile => ({ path: from, text: `import { x } from '${to}';\n` });
const said = (found: Breach[]) => found.map(({ file, what }) => `${file}: ${what}`);

describe('the order of rooms', () => {
  test.each<[string, SourceFile, string[]]>([
    ['an earlier room may be imported', importing('src/campaign/claim.db.ts', '../contact/refusal.rule.ts'), []],
    ['one room may import itself', importing('src/sms/pace.rule.ts', './segment.rule.ts'), []],
    [
      'a later room may not',
      importing('src/contact/refusal.rule.ts', '../campaign/claim.db.ts'),
      ['src/contact/refusal.rule.ts: src/campaign/claim.db.ts'],
    ],
    [
      'nor for its types',
      { path: 'src/house/staff.db.ts', text: "import type {\n  A,\n} from '../form/form.rule.ts';" },
      ['src/house/staff.db.ts: src/form/form.rule.ts'],
    ],
    [
      'nor by an import inside a function',
      { path: 'src/kernel/a.ts', text: "const a = await import('../house/b.ts');" },
      ['src/kernel/a.ts: src/house/b.ts'],
    ],
    ["a page takes the page's kit", importing('src/house/people.page.ts', '../kit/page/page.ts'), []],
    [
      'a command does not',
      importing('src/house/staff.command.ts', '../kit/http/auth.ts'),
      ['src/house/staff.command.ts: src/kit/http/auth.ts'],
    ],
  ])('%s', (_, file, expected) => expect(said(roomOrder([file]))).toEqual(expected));
});

describe('the order of layers', () => {
  test.each<[string, string, string, boolean]>([
    ['a rule reads rules', 'src/sms/a.rule.ts', '../kernel/b.rule.ts', true],
    ['a rule reads no database', 'src/sms/a.rule.ts', './b.db.ts', false],
    ['a rule reads no driver', 'src/sms/a.rule.ts', './b.ts', false],
    ['database code reads rules', 'src/sms/a.db.ts', './b.rule.ts', true],
    ['database code does not climb to commands', 'src/sms/a.db.ts', './b.command.ts', false],
    ['a command calls the database', 'src/sms/a.command.ts', './b.db.ts', true],
    ['a command draws no page', 'src/sms/a.command.ts', './b.page.ts', false],
    ['a page calls a command', 'src/sms/a.page.ts', './b.command.ts', true],
  ])('%s', (_, from, to, allowed) => expect(layerOrder([importing(from, to)]).length === 0).toBe(allowed));
});

test.each([
  ['src/loose.ts', 1],
  ['src/attic/thing.rule.ts', 1],
  ['src/kernel/utils.ts', 1],
  ['src/campaign/helpers/money.rule.ts', 1],
  ['src/campaign/types.ts', 1],
  ['src/kernel/app-error.rule.ts', 0],
])('%s belongs to a room and says what it is: %d breaches', (path, count) => {
  expect(roomlessFiles([{ path, text: '' }])).toHaveLength(count);
});

test('SQL outside *.db.ts is found', () => {
  const text = 'return one(db, Row, sql`select 1`);';
  expect(sqlOutsideDb([{ path: 'src/sms/a.command.ts', text }])).toHaveLength(1);
  expect(sqlOutsideDb([{ path: 'activities/a.ts', text }])).toHaveLength(1);
  expect(sqlOutsideDb([{ path: 'src/sms/a.db.ts', text }])).toEqual([]);
});

test('a transaction or a mutation outside a command is found', () => {
  expect(changesOutsideCommands([{ path: 'src/sms/a.page.ts', text: 'await transaction(pool, work)' }])).toHaveLength(
    1,
  );
  expect(changesOutsideCommands([{ path: 'src/sms/a.api.ts', text: 'await mutate(ctx, right, work)' }])).toHaveLength(
    1,
  );
  expect(changesOutsideCommands([{ path: 'src/sms/a.command.ts', text: 'await mutate(ctx, right, work)' }])).toEqual(
    [],
  );
});

test.each([
  ['src/campaign/a.db.ts', 'sql`insert into\n  contact (phone) values (1)`', 1],
  ['src/campaign/a.db.ts', 'sql`delete from contact k using moved`', 1],
  ['src/customer/a.db.ts', 'sql`update phone_number n set place = 2`', 1],
  ['src/app/b.db.ts', "const kind = { table: 'contact' };", 1],
  ['src/app/retention.db.ts', "const kind = { table: 'contact' };", 0],
  ['src/contact/a.db.ts', 'sql`update contact set customer_id = null`', 0],
  ['src/campaign/a.db.ts', 'sql`select from contact join phone_number n using (phone)`', 0],
  ['src/campaign/a.db.ts', 'sql`insert into phone_number_move (id) values (1)`', 0],
])('%s: %s writes contacts or numbers elsewhere: %d', (path, text, count) => {
  expect(contactsWrittenElsewhere([{ path, text }])).toHaveLength(count);
});

describe('the list of what waits', () => {
  const breach: Breach = { rule: 'sql', file: 'a.ts', what: 'SQL outside *.db.ts' };
  test('a breach that is not on it is new', () => {
    expect(judge([breach], [])).toEqual({ fresh: ['sql a.ts: SQL outside *.db.ts'], mended: [] });
  });
  test('a line without its breach has to go', () => {
    expect(judge([], ['sql a.ts: SQL outside *.db.ts'])).toEqual({
      fresh: [],
      mended: ['sql a.ts: SQL outside *.db.ts'],
    });
  });
  test('the house has no breach beside it', () => {
    expect(judge(breaches(), listed())).toEqual({ fresh: [], mended: [] });
  });
});
