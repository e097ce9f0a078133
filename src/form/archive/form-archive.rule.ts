import { z } from 'zod';
import { writeCanonical } from '../../kernel/canonical-file.rule.ts';
import { digestOf } from '../../kernel/digest.rule.ts';
import { isAbout } from '../../house/audit/on-record.rule.ts';
import type { ArchiveSeal } from '../../house/audit/seal-key.rule.ts';
import type { SignedText } from '../form.rule.ts';
import { checkChain, checkSteps, clockToleranceMs, signingSteps } from './audit.rule.ts';
import type { Archive, ArchiveAuditRow } from './format.rule.ts';
import type { ArchiveReport } from './report.rule.ts';
import { digest, instant, proofShape, text, utc } from './schema.rule.ts';
import { checkSignatures } from './signatures.rule.ts';

/** The archive of a form that is complete once it is signed; docs/archive.md specifies it. */
export const formArchiveFormat = 'waihu.form-archive/1';

/** Who signed what, for whatever content: what was sent on it, where anything was, has archives of its own. */
export type FormArchive = Pick<Archive, 'people' | 'credentials' | 'signatures' | 'audit'> & {
  format: typeof formArchiveFormat;
  madeAt: string;
  subject: { kind: string; id: string; number: string; name: string };
  form: { digest: string; body: SignedText };
  digest: string;
  seal: ArchiveSeal;
};

/** The whole file: canonical, with its digest and its seal. */
export function formArchiveFile(
  content: Omit<FormArchive, 'digest' | 'seal'>,
  seal: (of: string) => ArchiveSeal,
): Buffer {
  const own = writeCanonical(content, () => undefined);
  const pieces: Buffer[] = [];
  writeCanonical({ ...content, digest: own, seal: seal(own) }, (piece) => pieces.push(piece));
  return Buffer.concat(pieces);
}

export const FormArchiveShape = z.strictObject({
  format: z.literal(formArchiveFormat),
  madeAt: utc,
  subject: z.strictObject({ kind: z.string().regex(/^[a-z][a-z-]*$/), id: text, number: text, name: text }),
  form: z.strictObject({
    digest,
    // Loose: the form's own digest covers what its format states besides.
    body: z.looseObject({
      format: text,
      number: text,
      name: text,
      unit: z.string(),
      applicant: z.looseObject({ id: text, name: text }),
      signBy: instant,
    }),
  }),
  ...proofShape,
});

/** Whether two people signed this very text, in order, in time and with approved keys, by an unbroken record that says nothing else. */
export async function checkFormArchive(archive: FormArchive, report: ArchiveReport): Promise<void> {
  report.made('form.digest', 'form.matches', 'audit.chain', 'audit.events', 'audit.times');
  const { form, subject } = archive;
  if (digestOf(form.body) !== form.digest) report.fault('form.digest', 'form.digest');
  for (const field of ['number', 'name'] as const)
    if (subject[field] !== form.body[field]) report.fault('form.matches', `subject.${field}`);
  await checkSignatures(archive, report);
  checkRecord(archive, report);
  report.say(
    'audit.chain',
    'What is on record of this form is one unbroken chain.',
    '本确认书的操作记录首尾相接，链条完整。',
  );
  report.say(
    'audit.events',
    'The record has the form and both signatures, in order, with this digest and the signers’ keys and names.',
    '操作记录依次包含确认书的生成与两次签字，摘要、签字密钥与姓名均一致。',
  );
  report.say('form.matches', 'Number and name are those of the form.', '编号与名称与确认书一致。');
}

const undone = ['reject', 'withdraw', 'expire', 'void'];

function checkRecord(archive: FormArchive, report: ArchiveReport): void {
  checkChain(archive, report);
  const { subject, form, madeAt, signatures, credentials } = archive;
  const rows = archive.audit.rows;
  for (const row of rows) if (!isAbout(row, subject)) report.fault('audit.events', `audit.rows seq ${row.seq}`);
  const isOf = (row: ArchiveAuditRow): boolean =>
    row.details['digest'] === form.digest && row.actor === `staff:${form.body.applicant.id}`;
  const made = { action: `${subject.kind}.form`, fits: isOf };
  checkSteps(rows, [made, ...signingSteps(archive, `${subject.kind}.sign`)], report);
  if (rows.some(({ action }) => undone.some((act) => action === `${subject.kind}.${act}`)))
    report.fault('audit.events', 'subject');
  let latest = 0;
  for (const { at, seq } of rows) {
    if (Date.parse(at) < latest - clockToleranceMs) report.fault('audit.times', `audit.rows seq ${seq}`);
    latest = Math.max(latest, Date.parse(at));
  }
  const told = [
    ...rows.map(({ at }) => at),
    ...signatures.map(({ signedAt }) => signedAt),
    ...credentials.flatMap(({ requestedAt, decidedAt, revokedAt }) => [requestedAt, decidedAt, revokedAt ?? decidedAt]),
  ].map((at) => Date.parse(at));
  if (Math.max(0, ...told) > Date.parse(madeAt) + clockToleranceMs) report.fault('audit.times', 'madeAt');
}
