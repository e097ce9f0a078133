import { isVariableName, type VariableType } from './template/template.rule.ts';

/** A variable that can be put into a text by a button: what is typed, what people call it, and where it comes from. */
export type VariableChoice = { name: string; label: string; type: VariableType; from: string };

/** What companies call the columns of their customers, and the variable that a provider's reviewers see for it. */
const usual: readonly [words: RegExp, name: string, type: VariableType][] = [
  [/^(?:金额|欠款|欠款金额|应还金额|还款金额|账单金额|余额)$/, 'amount', 'money'],
  [/^(?:面额|面值)$/, 'value', 'money'],
  [/^(?:日期|到期日|还款日|截止日期|账单日)$/, 'date', 'date'],
  [/^(?:时间|预约时间)$/, 'time', 'time'],
  [/^(?:城市|所在城市)$/, 'city', 'text'],
  [/^(?:地区|区域|省份)$/, 'region', 'text'],
  [/^(?:门店|网点|营业厅)$/, 'store', 'text'],
  [/^(?:产品|商品|产品名称)$/, 'product', 'text'],
  [/^(?:客户经理|专属经理|经理)$/, 'manager', 'name'],
  [/^(?:称呼|尊称)$/, 'title', 'name'],
  [/^(?:积分|积分余额)$/, 'points', 'number'],
  [/^(?:尾号|卡尾号|卡号后四位)$/, 'tail', 'number'],
  [/^(?:期数|第几期)$/, 'period', 'number'],
];

/**
 * Name and tier, which every customer has, and the attributes known in the house. An attribute that cannot be a variable's
 * name gets the usual word for it, else a number; no two choices have one name.
 */
export function variableChoices(
  attributes: readonly string[],
  words: { name: string; tier: string },
): VariableChoice[] {
  const choices: VariableChoice[] = [
    { name: 'name', label: words.name, type: 'name', from: 'name' },
    { name: 'tier', label: words.tier, type: 'text', from: 'tier' },
  ];
  const taken = new Set(choices.map(({ name }) => name));
  attributes.forEach((attribute, index) => {
    const [, word, type = 'text'] = usual.find(([known]) => known.test(attribute)) ?? [];
    const wanted = [...(isVariableName(attribute) ? [attribute] : []), ...(word ? [word] : []), `field${index + 1}`];
    const name = wanted.find((each) => !taken.has(each));
    // A house whose own attribute is called field3 keeps that name for it.
    if (name === undefined) return;
    taken.add(name);
    choices.push({ name, label: attribute, type, from: `attribute:${attribute}` });
  });
  return choices;
}
