import { AppError } from '../src/kernel/app-error.rule.ts';
import type { Form } from '../src/form/form.rule.ts';
import { formatOutId, outIdPrefix } from '../src/sms/out-id.rule.ts';
import { daysToAsk, isProvenNotSent, settlementOf } from '../src/campaign/settlement.rule.ts';
import { keepAttempt, messagesToAsk, settleMessage, type OpenMessage } from '../src/campaign/ask.db.ts';
import { findCampaignForm, findLiveCampaign, formOf, type LiveCampaign } from '../src/campaign/live-campaign.db.ts';
import { daysInDoubt, isListed, type Doubt } from '../src/campaign/restore.rule.ts';
import type { ChinaDate } from '../src/kernel/working-day.rule.ts';
import { doubtClaimed } from '../src/campaign/message.db.ts';
import { settleByReceipts } from '../src/campaign/receipt.db.ts';
import { forgetContacts } from '../src/campaign/result.db.ts';
import { transaction } from '../src/kernel/sql.db.ts';
import { canonicalJson, sha256Hex } from '../src/kernel/digest.rule.ts';
import type { FindOutcome, SmsGateway } from '../src/sms/gateway.ts';
import { usualTurnMs, type SendDeps } from './send-span.ts';

// One question is one number: slow enough for the gateway's own limit, quick enough for one in a hundred of half a million.
const together = 20;
const aPage = 500;

/**
 * Asks the gateway about every message that is due to be asked. Runs only while no span of the campaign is being sent, so a
 * row that is still claimed belongs to nobody. Ends with its turn, and what is left is asked in the next. Returns how many were asked.
 */
export async function settle(
  deps: SendDeps,
  campaignId: string,
  life: { beat(): void; signal: AbortSignal },
): Promise<number> {
  const live = await findLiveCampaign(deps.pool, campaignId);
  if (!live) return 0;
  const { campaign, audience, account } = live;
  await doubtClaimed(deps.pool, campaign.key, 1, audience.size, new Date());
  const gateway = await gatewayToAsk(deps, live);
  let asked = 0;
  const endsAt = performance.now() + (deps.turnMs ?? usualTurnMs);
  const over = (): boolean => life.signal.aborted || performance.now() >= endsAt;
  for (let afterSeq = 0; !over();) {
    const place = { afterSeq, limit: aPage };
    const page = await messagesToAsk(deps.pool, campaign.key, audience.id, account.settings.settle, place, new Date());
    const queue = page.values();
    const ask = async (): Promise<void> => {
      for (const message of queue) {
        if (over()) return;
        await askOne(deps, live, gateway, message);
        life.beat();
        asked += 1;
      }
    };
    await Promise.all(Array.from({ length: together }, ask));
    const last = page.at(-1);
    if (!last || page.length < aPage) break;
    afterSeq = last.seq;
  }
  return asked;
}

/**
 * A question names a number, and its answer decides whether somebody is written to again: it goes where the form says and
 * nowhere else. Where that is not so any more, nobody is asked, and what is not known stays unknown.
 */
async function gatewayToAsk(deps: SendDeps, live: LiveCampaign): Promise<Pick<SmsGateway, 'find'>> {
  const form = await findCampaignForm(deps.pool, live.campaign.id);
  const signed =
    form && sha256Hex(form.canonical) === form.digest ? (JSON.parse(form.canonical) as Form).gateway : null;
  if (form && signed && canonicalJson(signed) === canonicalJson(formOf(live, form.format).gateway)) {
    try {
      return deps.gatewayOf(live.account);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'unavailable') throw error;
    }
  }
  return { find: () => Promise.resolve({ kind: 'cannot-tell', code: 'client.not-the-signed-gateway' }) };
}

async function askOne(
  deps: SendDeps,
  { campaign, audience, account }: LiveCampaign,
  gateway: Pick<SmsGateway, 'find'>,
  message: OpenMessage,
): Promise<void> {
  const outId = formatOutId({ campaignKey: campaign.key, ...message });
  const now = new Date();
  const doubt = doubtOf(campaign, message);
  const days = [...daysToAsk([message.claimedAt, ...message.earlier]), ...(doubt ? daysInDoubt(doubt) : [])];
  const found = await findOnDays(gateway, { kin: outIdPrefix(campaign.key), outId, phone: message.phone }, days);
  const proven = isProvenNotSent(message, account.settings.settle, now) && (doubt === null || isListed(doubt, now));
  const settled = settlementOf(message, outId, found, proven);
  if (settled.state !== 'pending') {
    await settleMessage(deps.pool, campaign.key, message, settled, now);
    return;
  }
  await transaction(deps.pool, async (tx) => {
    if (!(await settleMessage(tx, campaign.key, message, settled, now))) return;
    await keepAttempt(tx, campaign.key, message);
    await forgetContacts(tx, campaign.key, audience.id, [message.seq]);
    await settleByReceipts(tx, { key: campaign.key, audienceId: audience.id }, [message.seq]);
  });
}

/** The time that a restored database has forgotten, when the message stands for what may have left in it. */
function doubtOf({ doubtFrom, doubtUntil }: LiveCampaign['campaign'], { claimedAt }: OpenMessage): Doubt | null {
  if (!doubtFrom || !doubtUntil || claimedAt < doubtFrom || claimedAt > doubtUntil) return null;
  return { from: doubtFrom, until: doubtUntil };
}

/**
 * A submit around midnight is filed under either day: only both days without it count as "not known". Earlier attempts that
 * were taken for not sent are looked for on their days, too.
 */
async function findOnDays(
  gateway: Pick<SmsGateway, 'find'>,
  query: { kin: string; outId: string; phone: string },
  days: readonly ChinaDate[],
): Promise<FindOutcome> {
  let answer: FindOutcome = { kind: 'not-sent' };
  for (const day of new Set(days)) {
    const found = await gateway.find({ ...query, day: day.replaceAll('-', '') });
    if (found.kind === 'sent' && found.outId === query.outId) return found;
    if (found.kind === 'sent' || (found.kind === 'cannot-tell' && answer.kind === 'not-sent')) answer = found;
  }
  return answer;
}
