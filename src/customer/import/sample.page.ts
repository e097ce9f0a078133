import { writeXlsx } from 'hucre/xlsx';
import type { Api } from '../../kit/http/api.ts';

const headings = '手机号 姓名 客户号 等级 营销同意 主题 手机2 手机2类型 手机2有效期 家庭电话 城市'.split(' ');
const rows = [
  ['13800138000', '张三', 'C10001', '金牌', '是', '', '15900159000', '单位', '2027-06-30', '', '上海'],
  ['13900139000', '李四', 'C10002', '', '否', '', '', '', '', '15800158000', '北京'],
];

const csv = (): Buffer => Buffer.from(`\uFEFF${[headings, ...rows].map((cells) => cells.join(',')).join('\r\n')}\r\n`);

/** All as text: a spreadsheet then leaves the digits of numbers and ids alone. */
const xlsx = async (): Promise<Buffer> =>
  Buffer.from(
    await writeXlsx({
      sheets: [
        {
          name: '客户',
          columns: headings.map((header, index) => ({
            header,
            key: String(index),
            width: 16,
            numFmt: '@',
          })),
          data: rows.map((cells) => Object.fromEntries(cells.map((cell, index) => [String(index), cell]))),
        },
      ],
    }),
  );

/** Files with the right headings, to fill in. */
export const samples: Readonly<Record<string, { type: string; make: () => Buffer | Promise<Buffer> }>> = {
  'customers.xlsx': {
    type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    make: xlsx,
  },
  'customers.csv': { type: 'text/csv; charset=utf-8', make: csv },
};

export function addSamples(app: Api): void {
  for (const [name, { type, make }] of Object.entries(samples)) {
    app.get(`/imports/sample/${name}`, { config: { needs: 'customer:read', page: true } }, async (_, reply) =>
      reply
        .type(type)
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(await make()),
    );
  }
}
