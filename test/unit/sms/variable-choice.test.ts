import { expect, test } from 'vitest';
import { isVariableName } from '../../../src/sms/template/template.rule.ts';
import { variableChoices } from '../../../src/sms/variable-choice.rule.ts';

const words = { name: '姓名', tier: '等级' };
const namesOf = (attributes: string[]): string[] =>
  variableChoices(attributes, words)
    .slice(2)
    .map(({ name }) => name);

test('name and tier are always there, then the attributes of the house with their own words', () => {
  expect(variableChoices(['城市', 'orderNo'], words)).toEqual([
    { name: 'name', label: '姓名', type: 'name', from: 'name' },
    { name: 'tier', label: '等级', type: 'text', from: 'tier' },
    { name: 'city', label: '城市', type: 'text', from: 'attribute:城市' },
    { name: 'orderNo', label: 'orderNo', type: 'text', from: 'attribute:orderNo' },
  ]);
});

test.each([
  ['usual words', ['面额', '应还金额', '还款日', '尾号'], ['value', 'amount', 'date', 'tail']],
  ['words that nobody foresaw', ['客户喜好', '备注'], ['field1', 'field2']],
  ['two words of one meaning', ['欠款', '余额', '金额'], ['amount', 'field2', 'field3']],
  ['an attribute called like a fixed one', ['name', 'tier', '城市'], ['field1', 'field2', 'city']],
  ['what a variable cannot be called', ['Total Amount', '2026', 'constructor'], ['field1', 'field2', 'field3']],
])('%s get a name each', (_, attributes, expected) => {
  const names = namesOf(attributes);
  expect(names).toEqual(expected);
  expect(names.every(isVariableName)).toBe(true);
  expect(new Set(names).size).toBe(names.length);
});
