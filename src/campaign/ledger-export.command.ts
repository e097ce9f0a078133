import { z } from 'zod';
import type { Campaign } from './campaign.db.ts';
import {
  exclusionsAfter,
  ledgerPeople,
  ledgerPeopleByCustomer,
  ledgerPeopleByTail,
  ledgerPeopleIn,
  type LedgerPerson,
} from './ledger-rows.db.ts';
import type { Db } from '../kernel/sql.db.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { ledgerParts, statesOfPart } from './figure.rule.ts';
import { messageStates, type MessageState } from '../contact/message-state.rule.ts';
import { mayInUnit, rightsOf } from '../kernel/permission.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { maskCustomerNumber } from './ledger.command.ts';
import { loadCampaign } from './view.command.ts';
import { demandIn, mutate, type Context } from '../house/context.ts';

/** What the page of the ledger narrows it by. `text`: four last digits of a number, or a customer's number in the house. */
export const LedgerFilter = z.object({
  part: z
    .enum([...ledgerParts, 'excluded'])
    .nullable()
    .default(null),
  reason: z.string().max(60).nullable().default(null),
  text: z.string().trim().max(60).nullable().default(null),
});
type LedgerFilter = z.output<typeof LedgerFilter>;

/** One person in the file; of somebody whom the freeze left out only the reason is known. */
export type LedgerLine = Pick<
  LedgerPerson,
  'reason' | 'code' | 'attempt' | 'requestSeq' | 'bizId' | 'claimedAt' | 'changedAt'
> & { seq: number | null; phone: string; customerNumber: string | null; state: MessageState | 'excluded' };

const rowsAtOnce = 5_000;

/** Who made a campaign takes its ledger; of others' campaigns, who may export the unit's. */
export const mayTakeLedger = (
  ctx: Pick<Context, 'staff'>,
  { applicantId, unit }: Pick<Campaign, 'applicantId' | 'unit'>,
) =>
  mayInUnit(ctx.staff.grants, 'campaign:export', unit) ||
  (applicantId === ctx.staff.id && mayInUnit(ctx.staff.grants, 'ledger:export', unit));

/**
 * The ledger for a download, or the part of it that the page shows: one line a person, numbers masked, read a page at a time
 * while it leaves. Put on record first. Throws `ledger.not-yours`, `ledger.not-frozen`.
 */
export async function exportLedger(
  ctx: Context,
  idOrNumber: string,
  filter: z.input<typeof LedgerFilter> = {},
): Promise<{ campaign: Campaign; part: LedgerFilter['part']; rows: AsyncGenerator<LedgerLine> }> {
  const asked = LedgerFilter.parse(filter);
  const campaign = await loadCampaign(ctx, idOrNumber);
  demandIn(ctx, 'ledger:export', campaign.unit);
  if (!mayTakeLedger(ctx, campaign))
    throw new AppError(
      'denied',
      'ledger.not-yours',
      'The ledger is exported by who made the campaign, or by an auditor of its unit.',
    );
  const { frozenAudienceId: audienceId, key: campaignKey } = campaign;
  if (!audienceId) throw new AppError('conflict', 'ledger.not-frozen', 'This campaign has no frozen list yet.');
  // Under an object of its own kind: a download is not an act on the campaign, whose record the archive holds whole.
  await mutate(ctx, 'ledger:export', () =>
    Promise.resolve({
      result: undefined,
      audit: {
        action: 'ledger.export',
        objectKind: 'export',
        objectId: campaign.id,
        details: {
          number: campaign.number,
          ...(asked.part !== null && { part: asked.part }),
          ...(asked.reason !== null && { reason: asked.reason }),
          // What was typed may be a customer's number.
          ...(asked.text !== null && { typed: true }),
        },
      },
    }),
  );
  const whole = rightsOf(ctx.staff.grants).has('customer:read');
  return { campaign, part: asked.part, rows: linesOf(ctx.pool, { campaignKey, audienceId }, asked, whole) };
}

type Place = { campaignKey: number; audienceId: string };

async function* linesOf(db: Db, at: Place, asked: LedgerFilter, whole: boolean): AsyncGenerator<LedgerLine> {
  if (asked.part === 'excluded') return yield* excludedLines(db, at.audienceId, asked.reason);
  const states = asked.part === null ? null : statesOfPart(asked.part);
  for (let afterSeq = 0; ;) {
    const page = await pageOf(db, { ...at, afterSeq, limit: rowsAtOnce }, asked, states);
    for (const person of page) {
      const { phone, externalId, state, ...rest } = person;
      const customerNumber = externalId === null || whole ? externalId : maskCustomerNumber(externalId);
      yield { ...rest, state, phone: maskPhone(phone), customerNumber };
    }
    const last = page.at(-1);
    if (!last || page.length < rowsAtOnce) return;
    afterSeq = last.seq;
  }
}

function pageOf(
  db: Db,
  place: Place & { afterSeq: number; limit: number },
  { reason, text }: LedgerFilter,
  states: MessageState[] | null,
): Promise<LedgerPerson[]> {
  if (text !== null)
    return /^\d{4}$/.test(text) ? ledgerPeopleByTail(db, place, text, states) : ledgerPeopleByCustomer(db, place, text);
  if (states === null && reason === null) return ledgerPeople(db, place);
  return ledgerPeopleIn(db, place, states ?? messageStates, reason);
}

async function* excludedLines(db: Db, audienceId: string, reason: string | null): AsyncGenerator<LedgerLine> {
  for (let after = ''; ;) {
    const page = await exclusionsAfter(db, audienceId, reason, after, rowsAtOnce);
    for (const { phone, reason: why } of page)
      yield {
        seq: null,
        phone: maskPhone(phone),
        customerNumber: null,
        state: 'excluded',
        reason: why,
        code: null,
        attempt: 0,
        requestSeq: null,
        bizId: null,
        claimedAt: null,
        changedAt: null,
      };
    const last = page.at(-1);
    if (!last || page.length < rowsAtOnce) return;
    after = last.phone;
  }
}
