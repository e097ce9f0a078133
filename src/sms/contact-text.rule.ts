/** Half-open, in UTF-16 units of the string that was checked. */
export type Span = { start: number; end: number };

// What a mobile number is written with between its groups; a comma or colon parts two things.
const gap = String.raw`[\s\-.·_~\u2010-\u2015]`;
const grouped = (groups: readonly number[]): string =>
  groups
    .map((length, index) => (index === 0 ? String.raw`1[3-9]\d{${length - 2}}` : String.raw`\d{${length}}`))
    .join(`${gap}{0,3}`);
const digitByDigit = String.raw`1${gap}{1,3}[3-9](?:${gap}{1,3}\d){9}`;
const mobile = new RegExp(
  String.raw`(?<!\d)(?:(?:\+|00)?86${gap}{0,3})?(?:${[
    [3, 4, 4],
    [3, 3, 5],
    [3, 5, 3],
    [4, 4, 3],
    [4, 3, 4],
    [5, 6],
    [7, 4],
  ]
    .map(grouped)
    .join('|')}|${digitByDigit})(?!\d)`,
  'g',
);
// Eleven numerals in a row are nothing else.
const spelledMobile =
  /(?<![〇零一二三四五六七八九])[一幺壹][三四五六七八九][〇零一二三四五六七八九幺]{9}(?![〇零一二三四五六七八九])/g;
const telephone = /(?<!\d)(?:\(?0[1-9]\d{1,2}\)?[- ]?\d{7,8}|[48]00[- ]?\d{3}[- ]?\d{4}|[48]00-?\d{4}-?\d{3})(?!\d)/g;

// Hotlines are short: points, coupons, years and counts have the same digits. One is a number of its own, with a word for
// telephones near it.
const hotline =
  /(?<![\p{Script=Latin}\p{N}.,¥$#_-])(?:95\d{3,6}|96\d{3,4}|100(?:00|10|50|60|86|99)|12[13]\d{2})(?![\p{Script=Latin}\p{N}_元块分点年月日名位人个次件张份%]|[.,]\d)/gu;
const wordBefore =
  /(?:电话|热线|致电|来电|拨打|拨|客服|咨询|服务台|详询|联系|专线|tel|call|phone|hotline)[^。！？!?；;，,\n]{0,8}$/i;
const countBefore =
  /(?:尾号|单号|编号|序号|卡号|账号|工号|房号|券码|[验校]证?码|取件码|提货码|积分|金额|余额|消费|满|共|约)[:：为是 ]{0,2}$/;
const wordAfter = /^\s?(?:热线|客服|专线|服务热线|咨询|电话)/;
const listBetween = /^\s?(?:[、,，/;；]|或|和|及|与|or)\s?$/i;

const spansOf = (text: string, pattern: RegExp): Span[] =>
  Array.from(text.matchAll(pattern), (match) => ({ start: match.index, end: match.index + match[0].length }));

/** Mobile numbers, grouped or spaced in any way that people write them. `half` is in half-width forms. */
export const mobilesIn = (half: string): Span[] =>
  [...spansOf(half, mobile), ...spansOf(half, spelledMobile)].sort((a, b) => a.start - b.start);

/** Land lines, 400 and 800 numbers and hotlines. */
export function telephonesIn(half: string): Span[] {
  const found = spansOf(half, telephone);
  for (const span of spansOf(half, hotline)) {
    const before = half.slice(Math.max(0, span.start - 20), span.start);
    const follows = found.some(({ end }) => end < span.start && listBetween.test(half.slice(end, span.start)));
    const named = wordBefore.test(before) || wordAfter.test(half.slice(span.end, span.end + 8));
    if (follows || (named && !countBefore.test(before))) found.push(span);
  }
  return found.sort((a, b) => a.start - b.start);
}

const messenger =
  /(?:[加➕+]|添加|联系|咨询|搜索?|扫码?|关注|私)[^。！？\n]{0,4}(?:微信|薇信|wechat|扣扣|(?<![a-z])(?:vx|qq|v信|v)(?![a-z]))|(?:微信|薇信|wechat|扣扣|(?<![a-z])(?:vx|qq))\s?(?:号|群|[:：]|[a-z0-9_-]{5,}|(?<=微信|薇信|wechat|微信 )[a-z0-9_-]{2,})/i;

/** Where somebody is asked to write to an account of a messenger; the name of one alone (微信支付) is none. */
export function messengerIn(half: string): Span | null {
  const match = messenger.exec(half);
  return match && { start: match.index, end: match.index + match[0].length };
}

// Nobody is called so, and no sentence goes on so.
const hardTlds = 'com|cn|net|org|top|cc|vip|xyz|edu|gov|mobi|biz|icu|ink|asia|hk|tw|app|dev';
// Also surnames, words and abbreviations: Dr.Wang, J.Li, Co.
const softTlds =
  'wang|ren|me|io|co|tv|li|ai|la|im|ly|so|to|link|work|store|shop|club|online|site|info|ltd|fun|tech|pro|live|cool|art|run|group|team|love|chat|red|pub|fit|fund|gold|plus|press|show|zone|world|space|host|website|cloud';
const chineseTlds =
  '中国|中國|公司|网络|網絡|网址|商城|集团|在线|中文网|网店|我爱你|手机|企业|娱乐|游戏|购物|餐厅|招聘|信息|政务|公益|商标|商店|网站';
const edge = String.raw`(?<![\w.@-])`;
const links: readonly RegExp[] = [
  /(?<![a-z])[a-z][a-z0-9+.-]{1,15}:\/\/[^\s\u4e00-\u9fff]+/i,
  /(?<![a-z0-9])www\s?\.\s?[a-z0-9-]+/i,
  new RegExp(String.raw`${edge}(?:[a-z0-9-]+\.)+(?:${hardTlds}|xn--[a-z0-9-]+)(?![a-z0-9-])`, 'i'),
  // Before a dot in running text nobody puts a space, and a path makes anything a link.
  new RegExp(String.raw`${edge}[a-z0-9-]+\s+\.\s*(?:${hardTlds})(?![a-z0-9-])`, 'i'),
  new RegExp(String.raw`${edge}[a-z0-9-]+(?:。|点|dot|\(\.\)|\[\.\])(?:${hardTlds})(?![a-z0-9-])`, 'i'),
  new RegExp(String.raw`${edge}(?:[a-z0-9-]+\.)+(?:${softTlds})(?=[/:?])[/:?]\S`, 'i'),
  new RegExp(String.raw`[\p{L}\p{N}-]+\.(?:${chineseTlds})(?![\p{L}\p{N}])`, 'u'),
  /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}[:/]\w/,
];
const softHost = new RegExp(String.raw`${edge}(?<host>(?:[a-z0-9-]+\.)+)(?<tld>${softTlds})(?![a-z0-9-])`, 'gi');
const titles = /^(?:mr|mrs|ms|miss|dr|prof|st|sir|mx|jr|sr|no|vol)$/i;
const capitalised = /^[A-Z][a-z]*$/;

/** The first link or domain, in half-width forms; a name (Dr.Wang, Lily.Li) is none. */
export function linkIn(half: string): Span | null {
  for (const pattern of links) {
    const match = pattern.exec(half);
    if (match) return { start: match.index, end: match.index + match[0].length };
  }
  for (const match of half.matchAll(softHost)) {
    const { host = '', tld = '' } = match.groups ?? {};
    const labels = host.slice(0, -1).split('.');
    const isName = labels.every((label) => titles.test(label) || label.length === 1 || capitalised.test(label));
    const [first = '', ...more] = labels;
    if (more.length === 0 && (titles.test(first) || /^[a-z]{1,2}$/i.test(first))) continue;
    if (isName && capitalised.test(tld)) continue;
    return { start: match.index, end: match.index + match[0].length };
  }
  return null;
}
