import { announce } from '../src/house/notice/announce.db.ts';
import { auditOf, record } from '../src/house/audit/audit.db.ts';
import { findArchive, storeArchive } from '../src/form/archive/archive.db.ts';
import {
  archivedMessages,
  credentialLabels,
  lastAccount,
  peopleNamed,
  receiptSummary,
} from '../src/form/archive/parts.db.ts';
import { findCalendar } from '../src/kernel/calendar.db.ts';
import { moveCampaign } from '../src/campaign/campaign.db.ts';
import { findForm, findLiveCampaign, signaturesOf } from '../src/form/form.db.ts';
import { batchDigests } from '../src/campaign/message.db.ts';
import { transaction, type Pool } from '../src/kernel/sql.db.ts';
import { messageStates, type MessageState } from '../src/contact/message-state.rule.ts';
import { maskPhone } from '../src/kernel/phone-mask.rule.ts';
import { countSegments } from '../src/sms/segment.rule.ts';
import { buildArchive, type ArchiveMessage } from '../src/form/archive/archive.ts';
import { leafOf } from '../src/audience/digest.rule.ts';
import type { ArchiveAuditRow, ArchivePerson, ArchiveReceipts } from '../src/form/archive/format.rule.ts';
import { canonicalJson, sha256Hex } from '../src/kernel/digest.rule.ts';
import { renderTemplate } from '../src/sms/template/template.rule.ts';
import type { SendDeps } from './send-span.ts';

/** Makes the archive of a finished campaign that two people had signed, once, and puts it on record. */
export async function archiveCampaign(deps: SendDeps, campaignId: string, beat: () => void): Promise<void> {
  const { pool } = deps;
  const live = await findLiveCampaign(pool, campaignId);
  const form = await findForm(pool, campaignId);
  const signatures = form ? await signaturesOf(pool, form.id) : [];
  if (!live || !form || signatures.length < 2 || !live.campaign.finishedAt || (await findArchive(pool, campaignId)))
    return;
  const { campaign, template, audience } = live;
  const calendar = await findCalendar(pool, campaign.calendarVersion);
  if (!calendar) throw new Error('The calendar that this campaign was signed under is gone.');

  const render = renderTemplate(template.source);
  const ledger: ArchiveMessage[] = [];
  for (let after = 0; ;) {
    const page = await archivedMessages(pool, campaign.key, audience.id, after, 5_000);
    for (const { variables, receiptSegments, phone, ...row } of page) {
      const sent =
        row.state === 'accepted' ||
        row.state === 'delivered' ||
        row.state === 'unknown' ||
        (row.state === 'failed' && row.bizId !== null);
      const segments = sent
        ? (row.segments ??
          receiptSegments ??
          countSegments({ signName: template.signName, text: render(variables) }).segments)
        : null;
      ledger.push({
        ...row,
        // A gateway that says nothing says it with an empty text; the file knows null for that.
        code: row.code || null,
        bizId: row.bizId || null,
        phone: maskPhone(phone),
        segments,
        leaf: leafOf(audience.saltKey, { seq: row.seq, phone, variables }),
      });
    }
    beat();
    const last = page.at(-1);
    if (!last) break;
    after = last.seq;
  }
  const labels = new Map(
    (
      await credentialLabels(
        pool,
        signatures.map(({ credentialId }) => credentialId),
      )
    ).map(({ id, label }) => [id, label]),
  );
  const named = [
    campaign.applicantId,
    ...signatures.flatMap(({ staffId, decidedBy }) => [staffId, ...(decidedBy ? [decidedBy] : [])]),
  ];
  const receipts = await receiptSummary(pool, campaign.key);
  await recountIfMoved(pool, campaignId, { counts: countStates(ledger), receipts });
  const rows = (await auditOf(pool, 'campaign', campaignId)).map(
    // A row from before this was kept follows nothing that could be shown: the verifier says so.
    (row): ArchiveAuditRow => Object.assign(row, { objectPreviousHash: row.objectPreviousHash ?? '' }),
  );
  const people = namesOnRecord(await peopleNamed(pool, named), rows, campaign);
  const cited = rows.at(-1);
  if (!cited) throw new Error('Nothing is on record of this campaign.');
  const body = buildArchive(
    {
      madeAt: new Date(),
      campaign: {
        id: campaign.id,
        key: campaign.key,
        number: campaign.number,
        name: campaign.name,
        outcome: campaign.state === 'cancelled' || campaign.state === 'voided' ? campaign.state : 'completed',
        finishedAt: campaign.finishedAt?.toISOString() ?? '',
      },
      form: { canonical: form.canonical, digest: form.digest },
      people,
      credentials: signatures.map((s) => ({
        id: s.credentialId,
        staffId: s.staffId,
        kind: s.kind,
        label: labels.get(s.credentialId) ?? '',
        publicKey: s.publicKey,
        webauthn: s.webauthn,
        fingerprint: s.fingerprint,
        state: s.credentialState === 'revoked' ? 'revoked' : 'active',
        requestedAt: s.requestedAt.toISOString(),
        decidedAt: s.decidedAt?.toISOString() ?? '',
        decidedBy: s.decidedBy ?? '',
        revokedAt: s.revokedAt?.toISOString() ?? null,
      })),
      signatures: signatures.map((s) => ({
        role: s.role,
        staffId: s.staffId,
        credentialId: s.credentialId,
        digest: s.digest,
        evidence: s.evidence,
        signedAt: s.signedAt.toISOString(),
      })),
      template: {
        id: template.id,
        name: template.name,
        version: template.version,
        kind: template.kind,
        source: template.source,
        variables: template.variables.map(({ name, type, maxLength, label }) => ({ name, type, maxLength, label })),
        signName: template.signName,
        gatewayTemplateCode: template.gatewayCode,
      },
      calendar,
      audience: {
        id: audience.id,
        size: audience.size,
        batchSize: audience.batchSize,
        merkleRoot: audience.merkleRoot,
        batches: await batchDigests(pool, audience.id),
      },
      ledger,
      receipts,
      audit: { rows },
    },
    deps.seals.key,
  );
  const digest = sha256Hex(body);
  await transaction(pool, async (tx) => {
    const now = new Date();
    // Made twice where an attempt was given up for lost and went on: the first one stands, and only it is on record.
    if (!(await storeArchive(tx, { campaignId, digest, body, lastRow: cited }))) return;
    await moveCampaign(tx, campaignId, 'archived', null, now);
    await record(
      tx,
      {
        actor: 'system',
        action: 'campaign.archive',
        objectKind: 'campaign',
        objectId: campaignId,
        details: { fileDigest: digest, bytes: body.length },
      },
      now,
    );
    await announce(tx, { kind: 'archive-made', item: { kind: 'campaign', id: campaignId } }, now);
  });
  await deps.seals.sealHead();
}

const countStates = (ledger: readonly ArchiveMessage[]): Record<MessageState, number> => {
  const counts = Object.fromEntries(messageStates.map((state) => [state, 0])) as Record<MessageState, number>;
  for (const { state } of ledger) counts[state] += 1;
  return counts;
};

/** A receipt may still come between the end and the archive: what the archive counts is put on record before it is made. */
async function recountIfMoved(
  pool: Pool,
  campaignId: string,
  account: { counts: Record<MessageState, number>; receipts: ArchiveReceipts },
): Promise<void> {
  const last = await lastAccount(pool, campaignId);
  if (last && canonicalJson({ counts: last['counts'], receipts: last['receipts'] }) === canonicalJson(account)) return;
  const entry = { actor: 'system', action: 'campaign.recount', objectKind: 'campaign', objectId: campaignId };
  await transaction(pool, (tx) => record(tx, { ...entry, details: account }));
}

/** Who is named in the archive is named as when they acted: people change their names and units. */
function namesOnRecord(
  people: readonly ArchivePerson[],
  rows: readonly ArchiveAuditRow[],
  campaign: { applicantId: string; applicantName: string },
): ArchivePerson[] {
  return people.map((person) => {
    if (person.id === campaign.applicantId) return { ...person, name: campaign.applicantName };
    const signed = rows.find((row) => row.action === 'campaign.sign' && row.actor === `staff:${person.id}`);
    const { name, unit } = signed?.details ?? {};
    return typeof name === 'string' && typeof unit === 'string' ? { ...person, name, unit } : person;
  });
}
