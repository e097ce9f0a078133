import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { faultsOfContent, ScriptContent } from '../../../src/call/script/content.rule.ts';
import { buildScript, scriptFormat } from '../../../src/call/script/script-1.rule.ts';
import { canonicalJson, sha256Hex } from '../../../src/kernel/digest.rule.ts';
import { written } from './written-script.ts';

const facts = {
  number: 'SC-20261128-0001-2',
  version: 2,
  name: '投诉回访话术',
  unit: '外呼一组',
  formUnit: '外呼组',
  purpose: 'callback',
  applicantId: '01980000-0000-7000-8000-000000000001',
  applicantName: '王丽',
  signBy: new Date('2026-12-05T10:00:00Z'),
  content: ScriptContent.parse(written),
} as const;

test('a form of the format script/1 is made to the byte as it was when the format was new', () => {
  const canonical = canonicalJson(buildScript(scriptFormat, facts));
  const vector = new URL('../../../docs/vectors/form-script-1.json', import.meta.url);
  expect(canonical).toBe(readFileSync(vector, 'utf8').trimEnd());
  // Whoever changes this line voids every signed script.
  expect(sha256Hex(canonical)).toBe('8ddc01dce5a72cfef8b037b46b9b8ec78cda5e705c29bdda6d3262550e99c022');
});

test('a form of a newer release is neither made nor taken for changed', () => {
  expect(() => buildScript('script/9', facts)).toThrow(
    expect.objectContaining({ kind: 'unavailable', code: 'form.unknown-format' }),
  );
});

const branch = (key: string, next: string | null = null, result: string | null = null) => ({
  key,
  label: '客户询问进度',
  text: '已为您查询。',
  next,
  result,
});
const faultsOf = (changed: object): string[] =>
  faultsOfContent(ScriptContent.parse({ ...written, ...changed })).map(({ field, code }) => `${field} ${code}`);

test.each([
  ['as it is written', {}, []],
  ['without any branch', { branches: [] }, []],
  ['a key twice', { branches: [branch('A'), branch('A')] }, ['branches.1.key script.branch-twice']],
  ['a branch to nowhere', { branches: [branch('A', 'C')] }, ['branches.0.next script.branch-missing']],
  ['a branch to itself', { branches: [branch('A', 'A')] }, ['branches.0.next script.branch-circle']],
  [
    'two branches in a circle, and a way into it',
    { branches: [branch('A', 'B'), branch('B', 'C'), branch('C', 'B')] },
    ['branches.1.next script.branch-circle', 'branches.2.next script.branch-circle'],
  ],
  [
    'a result that is not offered',
    { branches: [branch('A', null, 'no-contact')] },
    ['branches.0.result script.result-not-offered'],
  ],
  ['two items to check', { verification: ['name', 'mobile'] }, ['verification script.verification-few']],
  ['nothing to check', { verification: [] }, []],
  [
    'no way to write a no down',
    { results: ['resolved', 'callback'] },
    ['branches.3.result script.result-not-offered', 'results script.no-way-to-refuse'],
  ],
])('%s', (_, changed, faults) => {
  expect(faultsOf(changed).toSorted()).toEqual(faults);
});
