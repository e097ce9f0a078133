import { announce } from '../../house/notice/announce.db.ts';
import { auditOf, record } from '../../house/audit/audit.db.ts';
import type { AuditSeals } from '../../house/audit/seals.ts';
import { demandIn, mutate, type Context } from '../../house/context.ts';
import { AppError } from '../../kernel/app-error.rule.ts';
import { sha256Hex } from '../../kernel/digest.rule.ts';
import { transaction, type Pool } from '../../kernel/sql.db.ts';
import { findForm, signaturesOf } from '../form.db.ts';
import type { SignedText } from '../form.rule.ts';
import { loadSubject } from '../sign-off.command.ts';
import { subjectOf, type SubjectRef } from '../subject.ts';
import { findFormArchive, storeFormArchive } from './form-archive.db.ts';
import { formArchiveFile, formArchiveFormat, type FormArchive } from './form-archive.rule.ts';
import { credentialsIn, namesOnRecord, signaturesIn } from './proof.rule.ts';
import { credentialLabels, peopleNamed } from './parts.db.ts';

/** Makes the archive of a form that both have signed, once, and puts it on record. Repeatable. */
export async function archiveForm(
  { pool, seals }: { pool: Pool; seals: AuditSeals },
  about: SubjectRef,
): Promise<void> {
  const made = await transaction(pool, async (tx) => {
    const now = new Date();
    const subject = subjectOf(about.kind);
    await subject.lock(tx, about.id);
    const form = await findForm(tx, about);
    if (form?.state !== 'signed' || (await findFormArchive(tx, form.id))) return false;
    const body = JSON.parse(form.canonical) as SignedText;
    const signatures = await signaturesOf(tx, form.id);
    const rows = await auditOf(tx, about.kind, about.id);
    const last = rows.at(-1);
    if (!last) throw new Error('Nothing is on record of this form.');
    const named = [
      form.applicantId,
      ...signatures.flatMap(({ staffId, decidedBy }) => [staffId, decidedBy ?? []].flat()),
    ];
    const labels = await credentialLabels(
      tx,
      signatures.map(({ credentialId }) => credentialId),
    );
    const content: Omit<FormArchive, 'digest' | 'seal'> = {
      format: formArchiveFormat,
      madeAt: now.toISOString(),
      subject: { ...about, number: body.number, name: body.name },
      form: { digest: form.digest, body },
      people: namesOnRecord(await peopleNamed(tx, named), rows, `${about.kind}.sign`, body.applicant),
      credentials: credentialsIn(signatures, labels).map(({ publicKey, ...key }) =>
        Object.assign(key, { publicKey: Buffer.from(publicKey).toString('base64url') }),
      ),
      signatures: signaturesIn(signatures),
      audit: { rows: rows.map((row) => Object.assign(row, { objectPreviousHash: row.objectPreviousHash ?? '' })) },
    };
    const file = formArchiveFile(content, (digest) => seals.key.seal(digest));
    const lastRow = { seq: last.seq, hash: last.hash };
    await storeFormArchive(tx, { formId: form.id, digest: sha256Hex(file), body: file, lastRow }, now);
    await record(
      tx,
      {
        actor: 'system',
        action: 'form.archive',
        objectKind: 'export',
        objectId: form.id,
        details: { fileDigest: sha256Hex(file), bytes: file.length },
      },
      now,
    );
    const item = subject.noticeItem({ id: form.id, subjectId: about.id });
    await announce(tx, { kind: 'archive-made', item }, now);
    return true;
  });
  if (made) await seals.sealHead();
}

/** The archive of a form for a download, put on record. */
export async function takeFormArchive(ctx: Context, idOrNumber: string): Promise<{ number: string; body: Buffer }> {
  const { subject, stand } = await loadSubject(ctx, idOrNumber);
  demandIn(ctx, 'campaign:export', stand.unit);
  const form = await findForm(ctx.pool, { kind: subject.kind, id: stand.id });
  const archive = form && (await findFormArchive(ctx.pool, form.id));
  if (!archive)
    throw new AppError('missing', 'archive.not-made', 'This form has no archive of its own.', { state: stand.state });
  return mutate(ctx, 'campaign:export', () =>
    Promise.resolve({
      result: { number: stand.number, body: archive.body },
      audit: {
        action: 'archive.export',
        objectKind: 'export',
        objectId: stand.id,
        details: { number: stand.number },
      },
    }),
  );
}
