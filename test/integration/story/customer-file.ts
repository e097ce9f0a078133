import iconv from 'iconv-lite';

/** Customers 1..n as a bank's export: GB18030, consecutive numbers from 138 0000 0001; `extra` rows come last. */
export function customerFile(n: number, extra: readonly (readonly string[])[] = []): Buffer {
  const rows = [
    ['手机号', '姓名', '客户号', '等级', '营销同意', '截止日期'],
    ...Array.from({ length: n }, (_, index) => [
      `138${String(index + 1).padStart(8, '0')}`,
      `${surnames[index % surnames.length]}${givens[index % givens.length]}`,
      `C${index + 1}`,
      index % 7 === 0 ? '金牌' : '',
      '是',
      '10月7日',
    ]),
    ...extra,
  ];
  return iconv.encode(rows.map((cells) => `${cells.join(',')}\r\n`).join(''), 'gb18030');
}

const surnames = ['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴', '欧阳'];
const givens = ['芳', '伟', '敏', '静', '建国', '秀英', '磊', '娜', '晓东'];
