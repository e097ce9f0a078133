import { createHash, randomUUIDv7 } from 'node:crypto';
import { announce } from '../src/house/notice/announce.db.ts';
import { auditOf, record } from '../src/house/audit/audit.db.ts';
import {
  clearOtherParts,
  findArchive,
  partsOf,
  storeArchive,
  storedBytes,
  storePart,
  type Build,
} from '../src/form/archive/archive.db.ts';
import { credentialLabels, peopleNamed } from '../src/form/archive/parts.db.ts';
import {
  archivedMessages,
  lastAccount,
  receiptSummary,
  type ArchivedMessage,
} from '../src/campaign/archive-part.db.ts';
import { findCalendar } from '../src/kernel/calendar.db.ts';
import { lockCampaign, moveCampaign } from '../src/campaign/campaign.db.ts';
import { signaturesOf } from '../src/form/form.db.ts';
import { findCampaignForm, findLiveCampaign, type LiveCampaign } from '../src/campaign/live-campaign.db.ts';
import { batchDigests, countsOf, ledgerLines } from '../src/campaign/message.db.ts';
import { transaction, type Pool } from '../src/kernel/sql.db.ts';
import type { LedgerCounts } from '../src/contact/message-state.rule.ts';
import { maskPhone } from '../src/kernel/phone-mask.rule.ts';
import { countSegments } from '../src/sms/segment.rule.ts';
import { archiveWriter, type ArchiveMessage, type ArchiveWriter } from '../src/form/archive/archive.ts';
import { leafOf } from '../src/audience/digest.rule.ts';
import { credentialsIn, namesOnRecord, signaturesIn } from '../src/form/archive/proof.rule.ts';
import type { ArchiveAuditRow, ArchiveReceipts } from '../src/form/archive/format.rule.ts';
import { canonicalJson } from '../src/kernel/digest.rule.ts';
import { renderTemplate } from '../src/sms/template/template.rule.ts';
import type { SendDeps } from './send-span.ts';

// A part of the file, and what is read of the ledger at once: all that a worker holds of an archive, whatever its length.
const partBytes = 1_048_576;
const rowsAPage = 1_000;

/** Makes the archive of a finished campaign that two people had signed, once, and puts it on record. */
export async function archiveCampaign(deps: SendDeps, campaignId: string, beat: () => void): Promise<void> {
  const { pool } = deps;
  const live = await findLiveCampaign(pool, campaignId);
  const form = await findCampaignForm(pool, campaignId);
  const signatures = form ? await signaturesOf(pool, form.id) : [];
  if (!live || !form || signatures.length < 2 || !live.campaign.finishedAt || (await findArchive(pool, campaignId)))
    return;
  const build = { campaignId, build: randomUUIDv7() };
  if (!(await takeOver(pool, build))) return;
  const { campaign, template, audience } = live;
  const calendar = await findCalendar(pool, campaign.calendarVersion);
  if (!calendar) throw new Error('The calendar that this campaign was signed under is gone.');

  const labels = await credentialLabels(
    pool,
    signatures.map(({ credentialId }) => credentialId),
  );
  const named = [
    campaign.applicantId,
    ...signatures.flatMap(({ staffId, decidedBy }) => [staffId, ...(decidedBy ? [decidedBy] : [])]),
  ];
  // The ledger is closed since the end; only receipts may still come, and move nothing but their own sum.
  const counts = countsOf(await ledgerLines(pool, campaign.key));
  const receipts = await receiptSummary(pool, campaign.key);
  await recountIfMoved(pool, campaignId, { counts, receipts });
  const rows = (await auditOf(pool, 'campaign', campaignId)).map(
    // A row from before this was kept follows nothing that could be shown: the verifier says so.
    (row): ArchiveAuditRow => Object.assign(row, { objectPreviousHash: row.objectPreviousHash ?? '' }),
  );
  const people = namesOnRecord(await peopleNamed(pool, named), rows, 'campaign.sign', {
    id: campaign.applicantId,
    name: campaign.applicantName,
  });
  const cited = rows.at(-1);
  if (!cited) throw new Error('Nothing is on record of this campaign.');
  const writer = archiveWriter(
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
      credentials: credentialsIn(signatures, labels),
      signatures: signaturesIn(signatures),
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
      counts,
      receipts,
      audit: { rows },
    },
    deps.seals.key,
  );
  const bytes = await writeParts(pool, build, writer, archivedRows(pool, live), beat);
  const digest = await digestOfParts(pool, build);
  await transaction(pool, async (tx) => {
    const now = new Date();
    await lockCampaign(tx, campaignId);
    // Made twice where an attempt was given up for lost and went on: the first one stands, and only it is on record.
    const made = await findArchive(tx, campaignId);
    if (made) return clearOtherParts(tx, { campaignId, build: made.build });
    if ((await storedBytes(tx, build)) !== bytes) throw new Error('Another attempt has taken the archive over.');
    await storeArchive(tx, { ...build, digest, bytes, lastRow: cited });
    await moveCampaign(tx, campaignId, 'archived', null, now);
    await record(
      tx,
      {
        actor: 'system',
        action: 'campaign.archive',
        objectKind: 'campaign',
        objectId: campaignId,
        details: { fileDigest: digest, bytes },
      },
      now,
    );
    await announce(tx, { kind: 'archive-made', item: { kind: 'campaign', id: campaignId } }, now);
  });
  await deps.seals.sealHead();
}

/** From now on this attempt makes the archive: what others have left is gone, and one that still goes on finds that out at its end. */
const takeOver = (pool: Pool, build: Build): Promise<boolean> =>
  transaction(pool, async (tx) => {
    await lockCampaign(tx, build.campaignId);
    if (await findArchive(tx, build.campaignId)) return false;
    await clearOtherParts(tx, build);
    return true;
  });

/** The ledger as the file has it, some hundred rows at a time: leaves are digests, and others want to be answered meanwhile. */
async function* archivedRows(
  pool: Pool,
  { campaign, template, audience }: LiveCampaign,
): AsyncGenerator<ArchiveMessage[]> {
  const render = renderTemplate(template.source);
  const segmentsOf = (row: ArchivedMessage): number | null => {
    const sent =
      row.state === 'accepted' ||
      row.state === 'delivered' ||
      row.state === 'unknown' ||
      (row.state === 'failed' && row.bizId !== null);
    if (!sent) return null;
    const text = (): string => render(row.variables);
    return row.segments ?? row.receiptSegments ?? countSegments({ signName: template.signName, text: text() }).segments;
  };
  for (let after = 0; ;) {
    const page = await archivedMessages(pool, campaign.key, audience.id, after, rowsAPage);
    const last = page.at(-1);
    if (!last) return;
    after = last.seq;
    yield page.map((row) => {
      const { variables, receiptSegments: _, phone, ...kept } = row;
      return Object.assign(kept, {
        // A gateway that says nothing says it with an empty text; the file knows null for that.
        code: row.code || null,
        bizId: row.bizId || null,
        phone: maskPhone(phone),
        segments: segmentsOf(row),
        leaf: leafOf(audience.saltKey, { seq: row.seq, phone, variables }),
      });
    });
  }
}

/** Stores the file part by part, its head last: that names the digest of all that follows. Gives its length. */
async function writeParts(
  pool: Pool,
  build: Build,
  writer: ArchiveWriter,
  pages: AsyncIterable<ArchiveMessage[]>,
  beat: () => void,
): Promise<number> {
  const heads = Math.ceil(writer.headLength / partBytes);
  let no = heads;
  let bytes = 0;
  const store = async (body: Buffer): Promise<void> => {
    await storePart(pool, build, no, body);
    bytes += body.length;
    no += 1;
    beat();
  };
  let text = '';
  for await (const page of pages) {
    for (const message of page) text += writer.row(message);
    if (text.length < partBytes) continue;
    await store(writer.take(text));
    text = '';
  }
  if (text !== '') await store(writer.take(text));
  const { head, tail } = writer.finish();
  await store(tail);
  for (no = 0; no < heads;) await store(head.subarray(no * partBytes, (no + 1) * partBytes));
  return bytes;
}

/** Of the file as it is stored. */
async function digestOfParts(pool: Pool, build: Build): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of partsOf(pool, build)) hash.update(part);
  return hash.digest('hex');
}

/** A receipt may still come between the end and the archive: what the archive counts is put on record before it is made. */
async function recountIfMoved(
  pool: Pool,
  campaignId: string,
  account: { counts: LedgerCounts; receipts: ArchiveReceipts },
): Promise<void> {
  const last = await lastAccount(pool, campaignId);
  if (last && canonicalJson({ counts: last['counts'], receipts: last['receipts'] }) === canonicalJson(account)) return;
  const entry = { actor: 'system', action: 'campaign.recount', objectKind: 'campaign', objectId: campaignId };
  await transaction(pool, (tx) => record(tx, { ...entry, details: account }));
}
