import type { NumberKind } from '../number.rule.ts';

/** A heading without what people write between its words: `手机号（2）`, `Phone 2` and `phone_2` are one writing each. */
const compact = (header: string): string =>
  header
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s_\-()（）:：.、]/g, '');

const noun =
  '(?:手机号?码?|移动电话|(?:联系)?(?:电话|手机|号码|方式)号?码?|(?:mobile|cell|contact)?(?:phone|mobile|tel|telephone|cell)(?:number|no)?)';
const ordinal = '(?:[2-9]|10|[二三四五六七八九十]|ii|iii)';
/** The whole heading, each with the kind that it says; those of other people (配偶、父母、紧急联系人) are none of these. */
const headings: readonly (readonly [RegExp, NumberKind | null])[] = [
  [new RegExp(`^${noun}${ordinal}$`), null],
  [new RegExp(`^第${ordinal}个?${noun}$`), null],
  [new RegExp(`^(?:备用|其他|其它|另外?|更多|补充|次要|次选)${noun}\\d?$`), null],
  [new RegExp(`^(?:second|secondary|2nd|third|3rd|alt|alternate|alternative|other|backup|spare)${noun}\\d?$`), null],
  [new RegExp(`^(?:家庭|住宅|家里|家中|宅|home)${noun}\\d?$`), 'home'],
  [new RegExp(`^(?:单位|公司|办公室?|工作|work|office|business|company)${noun}\\d?$`), 'work'],
];

/** What kind of number a column of further numbers holds, null when its heading does not say; undefined when it is none. */
export function furtherHeading(header: string): NumberKind | null | undefined {
  const key = compact(header);
  return headings.find(([pattern]) => pattern.test(key))?.[1];
}

const details = [
  ['number-kind', /(?:号码)?(?:类型|类别|种类|属性|kind|type)$/],
  ['number-until', /(?:有效期限?至?|有效至|到期日期?|截止日期?|失效日期?|validuntil|validto|until|expires|expiry)$/],
] as const;

/** Which of the columns `numbers` a heading describes (手机2类型, phone2_valid_until), and how; null when none. */
export function detailHeading(
  header: string,
  numbers: readonly string[],
): { field: 'number-kind' | 'number-until'; of: string } | null {
  const key = compact(header);
  for (const [field, suffix] of details) {
    const stem = key.replace(suffix, '');
    const of = stem === key ? undefined : numbers.find((each) => compact(each) === stem);
    if (of !== undefined) return { field, of };
  }
  return null;
}
