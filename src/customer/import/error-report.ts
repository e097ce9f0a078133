import { Readable } from 'node:stream';
import { csvWriter } from '../../kernel/csv-writer.ts';
import { rowReasons, type RowFault } from '../../kernel/file/fault.rule.ts';

const headings = {
  zh: ['行', '列', '值', '原因代码', '说明', '另一行'],
  en: ['line', 'column', 'value', 'reason', 'explanation', 'other_line'],
} as const;

/** The bad rows as CSV for a spreadsheet: UTF-8 with its mark, CRLF, and no cell that a spreadsheet would run. */
export function errorReport(faults: AsyncIterable<RowFault>, language: 'zh' | 'en'): Readable {
  async function* rows(): AsyncGenerator<unknown[]> {
    yield [...headings[language]];
    for await (const fault of faults) {
      const sentence = rowReasons[fault.reason][language === 'zh' ? 0 : 1];
      yield [fault.line, fault.column, fault.value, fault.reason, sentence, fault.firstLine ?? ''];
    }
  }
  const source = Readable.from(rows());
  const csv = csvWriter();
  source.on('error', (error) => csv.destroy(error));
  return source.pipe(csv);
}
