import { chinaDateAt, addDays } from '../src/domain/working-day.ts';
import { formatOutId } from '../src/domain/out-id.ts';
import { failureOfReceipt } from '../src/domain/outcome-reaction.ts';
import { doubtClaimed, forgetContacts, messagesToAsk, settleMessage, type OpenMessage } from '../src/db/message.ts';
import { findForm, findLiveCampaign, formGateway, type LiveCampaign } from '../src/db/form.ts';
import { AppError } from '../src/domain/app-error.ts';
import type { Form } from '../src/domain/form.ts';
import { canonicalJson, sha256Hex } from '../src/signing/digest.ts';
import type { FindOutcome, SmsGateway } from '../src/sms/gateway.ts';
import type { SendDeps } from './send-span.ts';

// One question is one number: slow enough for the gateway's own limit, quick enough for one in a hundred of half a million.
const together = 20;
const aPage = 500;

/**
 * Asks the gateway about every message that is due to be asked. Runs only while no span of the campaign is being sent, so a
 * row that is still claimed belongs to nobody. Returns how many were asked.
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
  while (!life.signal.aborted) {
    const page = await messagesToAsk(deps.pool, campaign.key, audience.id, account.settings.settle, aPage, new Date());
    const queue = page.values();
    const ask = async (): Promise<void> => {
      for (const message of queue) {
        if (life.signal.aborted) return;
        await askOne(deps, live, gateway, message);
        life.beat();
        asked += 1;
      }
    };
    await Promise.all(Array.from({ length: together }, ask));
    if (page.length < aPage) break;
  }
  return asked;
}

/**
 * A question names a number, and its answer decides whether somebody is written to again: it goes where the form says and
 * nowhere else. Where that is not so any more, nobody is asked, and what is not known stays unknown.
 */
async function gatewayToAsk(deps: SendDeps, live: LiveCampaign): Promise<Pick<SmsGateway, 'find'>> {
  const form = await findForm(deps.pool, live.campaign.id);
  const whole = form !== null && sha256Hex(form.canonical) === form.digest;
  const signed = whole ? (JSON.parse(form.canonical) as Form).gateway : null;
  if (signed !== null && canonicalJson(signed) === canonicalJson(formGateway(live))) {
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
  const found = await findOnBothDays(gateway, campaign.key, message);
  const now = new Date();
  const move = (to: Parameters<typeof settleMessage>[3]) => settleMessage(deps.pool, campaign.key, message, to, now);
  switch (found.kind) {
    case 'sent':
      if (found.state === 'delivered')
        await move({ state: 'delivered', reason: null, code: 'DELIVERED', asked: message.asked + 1 });
      else if (found.state === 'failed')
        await move({
          state: 'failed',
          reason: failureOfReceipt(found.errorCode),
          code: found.errorCode,
          asked: message.asked + 1,
        });
      else
        await move({
          state: 'accepted',
          reason: null,
          code: message.state === 'unknown' ? 'OK' : null,
          asked: message.asked + 1,
        });
      return;
    case 'not-sent': {
      // An accepted message that the gateway no longer finds is its fault, not a proof: it was taken, and is never sent again.
      const proven = message.state === 'unknown' && message.asked + 1 >= account.settings.settle.proofs;
      if (proven) await forgetContacts(deps.pool, campaign.key, audience.id, [message.seq]);
      await move({ state: proven ? 'pending' : message.state, reason: null, code: null, asked: message.asked + 1 });
      return;
    }
    case 'cannot-tell':
      await move({ state: message.state, reason: null, code: null, asked: message.asked });
  }
}

/** A submit around midnight is filed under either day: only both days without it count as "not known". */
async function findOnBothDays(
  gateway: Pick<SmsGateway, 'find'>,
  campaignKey: number,
  message: OpenMessage,
): Promise<FindOutcome> {
  const outId = formatOutId({ campaignKey, requestSeq: message.requestSeq, attempt: message.attempt });
  const first = chinaDateAt(message.claimedAt);
  const nextMorning = chinaDateAt(new Date(message.claimedAt.getTime() + 3_600_000));
  const days = first === nextMorning ? [first] : [first, addDays(first, 1)];
  let answer: FindOutcome = { kind: 'not-sent' };
  for (const day of days) {
    const found = await gateway.find({ outId, phone: message.phone, day: day.replaceAll('-', '') });
    if (found.kind === 'sent') return found;
    if (found.kind === 'cannot-tell') answer = found;
  }
  return answer;
}
