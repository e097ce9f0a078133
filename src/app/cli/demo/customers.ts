import { createHash } from 'node:crypto';

/** What the demonstration knows of one invented customer, and whether the campaign may write to them. */
export type DemoCustomer = {
  id: string;
  name: string;
  phone: string;
  tier: string;
  consent: boolean;
  topics: string;
  benefit: string;
  until: string;
  expected: 'contact' | 'no-consent' | 'not-subscribed' | 'dnc';
};

const surnames = Array.from(
  '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段',
);
const given = Array.from(
  '伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂玲红梅建国华文辉建志海波宁欣怡子涵浩宇轩梓雨桐思远嘉一诺若曦晨阳俊熙雅琴',
);
const prefixes = [
  '130',
  '131',
  '132',
  '133',
  '135',
  '136',
  '137',
  '138',
  '139',
  '150',
  '151',
  '152',
  '155',
  '156',
  '157',
  '158',
  '159',
  '166',
  '176',
  '177',
  '178',
  '180',
  '181',
  '182',
  '183',
  '185',
  '186',
  '187',
  '188',
  '189',
  '198',
  '199',
];
const tiers = ['钻石', '金牌', '银牌', '银牌', '铜牌', '铜牌', '铜牌'];

/** The same seed gives the same people. Draws are numbers from 0 up to 1. */
export function createDraw(seed: number): () => number {
  let block = Buffer.alloc(0);
  let counter = 0;
  let at = 0;
  return () => {
    if (at + 6 > block.length) {
      block = createHash('sha512').update(`waihu:demo:${seed}:${counter}`).digest();
      counter += 1;
      at = 0;
    }
    const value = block.readUIntBE(at, 6) / 2 ** 48;
    at += 6;
    return value;
  };
}

/** `people` who may be written to, and one in twelve more who must not be: no consent, another topic, do-not-call. */
export function inventCustomers(people: number, seed: number): DemoCustomer[] {
  const draw = createDraw(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(draw() * list.length)] as T;
  const taken = new Set<string>();
  const freshPhone = (): string => {
    for (;;) {
      const phone = `${pick(prefixes)}${String(Math.floor(draw() * 1e8)).padStart(8, '0')}`;
      if (taken.has(phone)) continue;
      taken.add(phone);
      return phone;
    }
  };
  const make = (n: number, expected: DemoCustomer['expected']): DemoCustomer => ({
    id: `D${seed}-${String(n).padStart(7, '0')}`,
    name: `${pick(surnames)}${pick(given)}${draw() < 0.6 ? pick(given) : ''}`,
    phone: freshPhone(),
    tier: pick(tiers),
    consent: expected !== 'no-consent',
    topics: expected === 'not-subscribed' ? '' : `travel-${seed}`,
    benefit: pick(['50', '100', '200']),
    until: pick(['12月7日', '12月15日', '12月31日']),
    expected,
  });
  const others = Math.ceil(people / 12);
  const customers = Array.from({ length: people }, (_, n) => make(n + 1, 'contact'));
  for (let n = 0; n < others; n += 1)
    customers.push(
      make(
        people + n + 1,
        (['no-consent', 'not-subscribed', 'dnc'] as const)[n < 3 ? n : Math.floor(draw() * 2)] ?? 'no-consent',
      ),
    );
  return shuffle(customers, draw);
}

function shuffle<T>(list: T[], draw: () => number): T[] {
  for (let i = list.length - 1; i > 0; i -= 1) {
    const j = Math.floor(draw() * (i + 1));
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}

/** The file as a branch office would send it: Chinese headers, a few numbers that cannot be right, one person twice. */
export function customersCsv(customers: readonly DemoCustomer[]): string {
  // A number that two customers claim is held until somebody decides: it is taken from whoever would not be written to anyway.
  const claimed = customers.findLast(({ expected }) => expected === 'no-consent');
  const rows = customers.map((c) =>
    [c.id, c.name, c.phone, c.tier, c.consent ? '是' : '否', c.topics, c.benefit, c.until].join(','),
  );
  const broken = [
    'D-x1,无号,,铜牌,是,,50,12月7日',
    'D-x2,座机,010-66668888,铜牌,是,,50,12月7日',
    'D-x3,短号,1381234,铜牌,是,,50,12月7日',
  ];
  const repeated = claimed ? [`D-x4,重复,${claimed.phone},铜牌,是,,50,12月7日`] : [];
  return `\uFEFF${['客户号,姓名,手机号,等级,营销同意,主题,面额,截止日期', ...rows, ...broken, ...repeated].join('\r\n')}\r\n`;
}
