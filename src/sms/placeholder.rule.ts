import type { Span } from './contact-text.rule.ts';

const name = String.raw`[\p{L}_][\p{L}\p{N}_ .-]{0,29}`;
// Words that people write for a variable, in one language or the other: 《用户协议》 and [温馨提示] are none.
const fields =
  '姓名|名字|名称|客户名?|客户姓名|用户名?|会员名?|昵称|称呼|尊称|手机号?|手机号码|电话|金额|欠款|余额|应还|应还金额|还款日|到期日?|日期|时间|订单号?|单号|卡号|尾号|验证码|积分|等级|地址|门店|网点|产品|商品|变量\\d*|参数\\d*|内容\\d*';
const patterns: readonly RegExp[] = [
  // Full-width and other braces, single ones, and one half of each kind.
  new RegExp(String.raw`[{｛﹛❴⦃]\s*[{｛﹛❴⦃]?\s*${name}\s*[}｝﹜❵⦄]?\s*[}｝﹜❵⦄]`, 'gu'),
  /[｛｝﹛﹜❴❵⦃⦄]+/gu,
  new RegExp(String.raw`[$＄%％#＃@]\s*[{｛(（]\s*${name}\s*[}｝)）]`, 'gu'),
  new RegExp(String.raw`([#＃%％$＄@])(?:[a-z_][a-z0-9_]{0,29}|${fields})\1`, 'gu'),
  new RegExp(String.raw`[[［〔「『《〈<＜]\s*(?:[a-z_][a-zA-Z0-9_]{1,29}|${fields})\s*[\]］〕」』》〉>＞]`, 'gu'),
  new RegExp(String.raw`[(（]\s*(?:${fields})\s*[)）]`, 'gu'),
  new RegExp(String.raw`[$＄](?:[a-z_][a-z0-9_]{1,29}|${fields})`, 'gu'),
  /(?<![\w*＊])(?:[xX]{3,}|[×✕]{2,}|[*＊]{3,}|_{3,}|＿{2,})(?![\w*＊])/gu,
];
// Well-written variables, which the template's own reader judges.
const variable = /\{\{[^{}]*\}\}/g;

/** What looks like a variable and is none: other braces and brackets, `#name#`, `[姓名]`, `XXX`. */
export function placeholdersIn(source: string): Span[] {
  const rest = source.replaceAll(variable, (text) => '\n'.repeat(text.length));
  const found = patterns.flatMap((pattern) =>
    Array.from(rest.matchAll(pattern), (match) => ({ start: match.index, end: match.index + match[0].length })),
  );
  const sorted = found.sort((a, b) => a.start - b.start || b.end - a.end);
  return sorted.filter((span, index) => !sorted.slice(0, index).some(({ end }) => span.start < end));
}
