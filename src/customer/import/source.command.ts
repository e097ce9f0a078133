import { readFile } from './file.db.ts';
import type { Db } from '../../kernel/sql.db.ts';
import { readRecords, type CsvRecord } from '../../kernel/file/csv.ts';
import { decodeFile } from '../../kernel/file/encoding.ts';
import { surveyEncoding, type Encoding, type EncodingSurvey } from '../../kernel/file/encoding-survey.rule.ts';
import { fileFault } from '../../kernel/file/fault.rule.ts';
import { containerOf } from '../../kernel/file/file-kind.rule.ts';
import { readSheet, sheetNames } from '../../kernel/file/sheet.ts';

/** What somebody says of a file; the rest is told from it. */
export type FileChoice = { encoding?: Encoding | undefined; sheet?: string | undefined };

export type OpenedFile =
  | { kind: 'records'; format: string; sheets: string[]; records: AsyncIterable<CsvRecord[]> }
  | { kind: 'unclear'; choices: Encoding[] };

/**
 * The kept file of an import as records. `survey` has seen the whole of it, when that is already so.
 * Throws the faults of src/kernel/file/fault.rule.ts.
 */
export async function openFile(
  db: Db,
  importId: string,
  choice: FileChoice,
  survey?: EncodingSurvey,
): Promise<OpenedFile> {
  const { value: head } = await readFile(db, importId).next();
  if (!head) throw fileFault('import.empty');
  const container = containerOf(head);
  if (container === 'xlsx') {
    const bytes = await wholeFile(db, importId);
    const sheets = await sheetNames(bytes);
    const sheet = choice.sheet ?? sheets[0] ?? '';
    if (!sheets.includes(sheet)) throw fileFault('import.sheet-missing');
    return { kind: 'records', format: 'xlsx', sheets, records: readSheet(bytes, sheet) };
  }
  if (container !== null) throw fileFault(container);
  const answer = (survey ?? (await surveyAgain(db, importId))).answer(choice.encoding);
  if (answer.kind === 'foreign') throw fileFault('import.encoding-unsupported');
  if (answer.kind === 'broken') throw fileFault('import.encoding-broken', { line: answer.line });
  if (answer.kind === 'unclear') return answer;
  const records = readRecords(decodeFile(readFile(db, importId), answer));
  return { kind: 'records', format: answer.encoding, sheets: [], records };
}

async function surveyAgain(db: Db, importId: string): Promise<EncodingSurvey> {
  const survey = surveyEncoding();
  for await (const piece of readFile(db, importId)) survey.add(piece);
  return survey;
}

/** A workbook's index stands at its end: it is read from memory, so its size is bounded. */
const maxSheetBytes = 100 * 1024 ** 2;

async function wholeFile(db: Db, importId: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of readFile(db, importId)) {
    length += piece.length;
    if (length > maxSheetBytes) throw fileFault('import.sheet-too-large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
