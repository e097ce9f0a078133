import { readFile } from './file.db.ts';
import type { Db } from '../../kernel/sql.db.ts';
import type { FileSource } from './records.ts';
import { surveyEncoding, type Encoding, type EncodingSurvey } from '../../kernel/file/encoding-survey.rule.ts';
import { fileFault } from '../../kernel/file/fault.rule.ts';
import { containerOf } from '../../kernel/file/file-kind.rule.ts';

/** What somebody says of a file; the rest is told from it. */
export type FileChoice = { encoding?: Encoding | undefined; sheet?: string | undefined };

export type DescribedFile =
  | { kind: 'readable'; format: string; source: FileSource }
  | { kind: 'unclear'; choices: Encoding[] };

/**
 * How the kept file of an import is to be read. `survey` has seen the whole of it, when that is already so.
 * Throws the faults of src/kernel/file/fault.rule.ts.
 */
export async function describeFile(
  db: Db,
  importId: string,
  choice: FileChoice,
  survey?: EncodingSurvey,
): Promise<DescribedFile> {
  const { value: head } = await readFile(db, importId).next();
  if (!head) throw fileFault('import.empty');
  const container = containerOf(head);
  if (container === 'xlsx') return { kind: 'readable', format: 'xlsx', source: { as: 'xlsx', sheet: choice.sheet } };
  if (container !== null) throw fileFault(container);
  const answer = (survey ?? (await surveyAgain(db, importId))).answer(choice.encoding);
  if (answer.kind === 'foreign') throw fileFault('import.encoding-unsupported');
  if (answer.kind === 'broken') throw fileFault('import.encoding-broken', { line: answer.line });
  if (answer.kind === 'unclear') return answer;
  const { encoding, markBytes } = answer;
  return { kind: 'readable', format: encoding, source: { as: 'text', encoding, markBytes } };
}

async function surveyAgain(db: Db, importId: string): Promise<EncodingSurvey> {
  const survey = surveyEncoding();
  for await (const piece of readFile(db, importId)) survey.add(piece);
  return survey;
}
