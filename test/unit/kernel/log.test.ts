import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createLogger } from '../../../src/kernel/log.ts';

const lines: string[] = [];
const log = createLogger('trace', { part: 'test' }, { write: (line) => void lines.push(line) });
/** As `pg` throws it. */
const unique = () =>
  Object.assign(new Error('duplicate key value violates unique constraint "customer_phone_key"'), {
    code: '23505',
    constraint: 'customer_phone_key',
    detail: 'Key (phone)=(+8613800138000) already exists.',
    where: 'COPY staged_row, line 1: "13800138000"',
  });

test.each([
  ['as err', () => log.error({ err: unique() }, 'It failed.')],
  ['as error', () => log.warn({ error: unique() }, 'It failed.')],
  ['under any other name', () => log.info({ cause: unique(), campaignId: 'x' }, 'It failed.')],
  ['alone', () => log.error(unique())],
  ['in a child', () => log.child({ reqId: '1' }).error({ err: unique() }, 'It failed.')],
  ['as the cause of another', () => log.error({ err: new Error('Away.', { cause: unique() }) }, 'It failed.')],
])('an error that is logged %s keeps its name and code, and no number', (_, write) => {
  lines.length = 0;
  write();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('23505');
  expect(lines[0]).not.toMatch(/1380013800|"detail"|"where"/);
});

test('every log of src is made in one place', () => {
  const src = fileURLToPath(new URL('../../../src/', import.meta.url));
  const makers = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /\bpino\(/.test(readFileSync(src + file, 'utf8')));
  expect(makers.map((file) => path.basename(file))).toEqual(['log.ts']);
});
