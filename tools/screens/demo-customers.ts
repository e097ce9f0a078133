/** One audience each; prefixes keep their numbers apart. */
export const cities = [
  { city: '上海', prefix: '1381000', people: 1_200 },
  { city: '北京', prefix: '1381001', people: 160 },
  { city: '广州', prefix: '1381002', people: 240 },
  { city: '深圳', prefix: '1381003', people: 180 },
  { city: '杭州', prefix: '1381004', people: 320 },
  { city: '成都', prefix: '1381005', people: 140 },
  { city: '武汉', prefix: '1381006', people: 90 },
] as const;
export type City = (typeof cities)[number]['city'];

const surnames = ['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴', '欧阳', '徐', '孙'];
const givens = ['芳', '伟', '敏', '静', '建国', '秀英', '磊', '娜', '晓东', '雨桐', '子涵'];
const tiers = ['', '', '', '银牌', '金牌', '', '钻石'];
const topics = ['出行权益', '账户通知', '理财资讯'];

/** The n-th number of a city, from 1. */
export const phoneOf = (city: City, n: number): string =>
  `${cities.find((each) => each.city === city)?.prefix ?? ''}${String(n).padStart(4, '0')}`;

/** Everybody as one file; the same every time. */
export function customersCsv(): string {
  const lines = cities.flatMap(({ city, prefix, people }) =>
    Array.from({ length: people }, (_, index) =>
      [
        phoneOf(city, index + 1),
        `${surnames[index % surnames.length]}${givens[index % givens.length]}`,
        `${prefix.slice(3)}${String(index + 1).padStart(5, '0')}`,
        tiers[index % tiers.length],
        index % 3 === 0 ? '否' : '是',
        topics[index % topics.length],
        city,
        '12月31日',
      ].join(','),
    ),
  );
  return ['手机号,姓名,客户号,等级,营销同意,主题,城市,截止日期', ...lines, ''].join('\n');
}
