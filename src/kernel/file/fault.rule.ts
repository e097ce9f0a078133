import { AppError } from '../app-error.rule.ts';

const fileFaults = {
  'import.empty': 'The file is empty; it needs a header line and at least one row.',
  'import.no-rows': 'The file has a header line but no rows.',
  'import.old-spreadsheet': 'The file is an old .xls workbook; save it as .xlsx or as "CSV UTF-8" and upload that.',
  'import.sheet-encrypted': 'The workbook is under a password; take the password off and upload it again.',
  'import.sheet-unreadable':
    'The workbook is damaged, or is no .xlsx (.xlsb, .ods, another archive); save it as .xlsx or as "CSV UTF-8".',
  'import.sheet-too-large':
    'The workbook is larger than 100 MB, or unpacks to more than 2 GB; save the sheet as "CSV UTF-8".',
  'import.sheet-missing': 'The workbook has no visible sheet of this name.',
  'import.not-table':
    'The file is a web page, a PDF or another document; save the table as .xlsx or CSV and upload that.',
  'import.encoding-unsupported': 'The file is no text of a known encoding; save it as "CSV UTF-8" and upload that.',
  'import.encoding-broken':
    'This line holds bytes that do not fit the encoding of the rest of the file; correct the line, or save the file as UTF-8.',
  'import.encoding-unclear': 'Whether the file is UTF-8 or GB18030 cannot be told from it; name its encoding.',
  'import.quote-unclosed': 'A quoted cell of the row that starts at this line is never closed.',
  'import.quote-misplaced':
    'A quotation mark stands inside a cell of this row; quote the whole cell and double the mark.',
  'import.row-too-long': 'The row that starts at this line is longer than 65536 bytes; is a quotation mark missing?',
  'import.phone-column-missing':
    'No column is named 手机号, 手机, phone or mobile; name it so, or say which it is by a mapping.',
  'import.mapping-unknown': 'The mapping names a column that the file does not have.',
  'import.column-duplicate': 'Two columns of the header mean the same; remove one.',
  'import.number-detail-alone':
    'A column says the kind or the last day of a number, but no further number stands to its left; name the number or leave the column out.',
  'import.column-unnamed': 'A column in the middle of the header has no name.',
  'import.column-name-unfit': 'A column name is longer than 64 characters or holds an unreadable character.',
  'import.too-many-columns': 'The header has more than 200 columns.',
  'import.interrupted': 'Reading stopped before the end of the file; upload it again.',
} as const;

/** Why a whole file is refused. */
export type FileFault = keyof typeof fileFaults;
export const isFileFault = (code: string): code is FileFault => code in fileFaults;

/** `line` and `column` (a header name, or a number from 1 where there is none) say where; never a value of the file. */
export const fileFault = (code: FileFault, details: { line?: number; column?: string | number } = {}): AppError =>
  new AppError('invalid', code, fileFaults[code], details);

/** Why one row is refused, and what to do about it. The others go on. */
export const rowReasons = {
  'phone-empty': ['没有手机号', 'The phone number is missing.'],
  'phone-scientific-notation': [
    '手机号被表格改成科学计数法，请把该列设为文本后重新导出',
    'The spreadsheet turned the number into scientific notation; format the column as text and export again.',
  ],
  'phone-not-a-number': ['手机号含有非数字字符', 'The phone number holds something else than digits.'],
  'phone-wrong-length': ['手机号位数不对', 'The phone number has too few or too many digits.'],
  'phone-unallotted': ['手机号段不存在', 'No carrier has this range of numbers.'],
  'phone-not-mobile': ['不是手机号码', 'This is not a mobile number.'],
  'phone-foreign': ['不是中国大陆手机号', 'This is not a mobile number of mainland China.'],
  duplicate: ['手机号与前面的行重复', 'The phone number stands in an earlier row.'],
  'number-of-two': [
    '同一手机号在文件中属于两位客户，无法判断是谁的',
    'The file gives this phone number to two people; whose it is cannot be told.',
  ],
  'duplicate-external-id': [
    '同一客户号在文件中有两个手机号，无法判断哪个正确',
    'The file gives this customer id two phone numbers; which is right cannot be told.',
  ],
  'person-changed': [
    '该手机号在系统中属于另一个客户号，可能已换机主',
    'On record this phone number belongs to another customer id; it may have passed to another person.',
  ],
  'number-further': [
    '该手机号是另一位客户的其他号码，请在客户页面核对号码归属',
    'This phone number is a further number of a customer; settle on the customer’s page whose it is.',
  ],
  'number-of-another': [
    '该号码属于另一位客户，请先在客户的号码页面核对归属',
    'This number is another customer’s; settle on the page of the customer’s numbers whose it is.',
  ],
  'too-many-numbers': ['一位客户最多登记 10 个号码', 'A customer has ten numbers at most.'],
  'unknown-number-kind': [
    '号码类型应为 手机、家庭、单位 或 其他',
    'The kind of a number is not one of mobile, home, work, other.',
  ],
  'not-a-day': [
    '有效期应为日期，如 2027-06-30；没有期限请写“长期”或留空',
    'The last day is no date such as 2027-06-30.',
  ],
  'external-id-taken': ['客户号已属于另一个手机号的客户', 'A customer with another phone number has this customer id.'],
  'error-value': [
    '单元格是表格的错误值（如 #N/A、#REF!），请在表格中改正后重新导出',
    'The cell holds an error of the spreadsheet (#N/A, #REF! …); correct it there and export again.',
  ],
  'scientific-notation': [
    '数字被表格改成科学计数法，原来的数位已丢失，请把该列设为文本后重新导出',
    'The spreadsheet turned the number into scientific notation and its digits are lost; format the column as text and export again.',
  ],
  'control-character': ['含有控制字符', 'The value holds a control character.'],
  'too-few-cells': ['该行的列数少于表头', 'The row has fewer cells than the header.'],
  'too-many-cells': ['该行的列数多于表头', 'The row has more cells than the header.'],
  'too-long': ['内容过长', 'The value is too long.'],
  'unreadable-character': ['含有无法识别的字符', 'The value holds a character that was lost in an earlier conversion.'],
  'nul-byte': ['含有空字节', 'The value holds a NUL byte.'],
  'unknown-tier': ['未知等级，应为 钻石、金牌、银牌、铜牌', 'The tier is not one of diamond, gold, silver, bronze.'],
  'unknown-consent': ['营销同意应为 是 或 否', 'Consent is neither yes nor no.'],
  'unknown-time-zone': [
    '未知时区，请写 IANA 名称，如 Asia/Shanghai、Asia/Urumqi、Europe/London',
    'There is no such time zone; write its IANA name, such as Asia/Shanghai, Asia/Urumqi or Europe/London.',
  ],
  'unknown-topic': ['未知主题', 'There is no such topic.'],
} as const satisfies Record<string, readonly [zh: string, en: string]>;
export type RowReason = keyof typeof rowReasons;

/** One fault of one row; `value` is masked. Of a duplicate, `firstLine` tells where the other stands. */
export type RowFault = { line: number; column: string; value: string; reason: RowReason; firstLine?: number };
