import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../src/kernel/app-error.rule.ts';
import { testOpenMinutes, withinHours } from '../src/campaign/draft/test-send.rule.ts';
import { findGatewayAccount, type GatewayAccount } from '../src/sms/gateway-account.db.ts';
import { findTemplate, type Template } from '../src/sms/template/template.db.ts';
import { takeOne } from '../src/sms/rate.db.ts';
import { claimTestSend, closeTestSend, findTestSend } from '../src/campaign/draft/test-send.db.ts';
import { covers, purposeOfKind } from '../src/kernel/reach.rule.ts';
import { activeSuppressions } from '../src/contact/suppression.db.ts';
import type { SubmitOutcome } from '../src/sms/gateway.ts';
import { checkGateway } from '../src/sms/gateway-check.ts';
import type { SendDeps } from './send-span.ts';

type Deps = Pick<SendDeps, 'pool' | 'gatewayOf'>;

/**
 * Makes the one call of a test message. The row says `calling` before the gateway is called: an attempt that finds it so
 * cannot know how far the one before it came, and never calls again.
 */
export async function sendTest({ pool, gatewayOf }: Deps, testSendId: string): Promise<void> {
  const test = await findTestSend(pool, testSendId);
  if (!test) return;
  const close = (
    from: ('open' | 'calling' | 'unknown')[],
    to: 'accepted' | 'refused' | 'unknown',
    code: string,
    bizId: string | null = null,
  ) => closeTestSend(pool, testSendId, { from, to, code, bizId }, new Date());

  if (test.state === 'calling') return void (await close(['calling'], 'unknown', 'client.interrupted'));
  if (test.state !== 'open') return;
  const template = await findTemplate(pool, test.templateId);
  const account = template && (await findGatewayAccount(pool, template.gatewayAccountId));
  if (!template || !account) return void (await close(['open'], 'refused', 'campaign.no-gateway'));

  const now = new Date();
  const late = now.getTime() - test.createdAt.getTime() > testOpenMinutes * 60_000;
  const silent = (await activeSuppressions(pool, [test.phone], now)).some((each) =>
    covers(each, { channel: 'sms', purpose: purposeOfKind(template.kind) }),
  );
  const refusal = late
    ? 'test-send.late'
    : silent
      ? 'test-send.suppressed'
      : await refusalOf({ template, account, gatewayOf, now });
  if (refusal !== null) return void (await close(['open'], 'refused', refusal));
  await untilRateAllows(pool, account, now);
  if (!(await claimTestSend(pool, testSendId, new Date()))) return;

  const request = {
    outId: test.outId,
    signName: template.signName,
    templateCode: template.gatewayCode,
    recipients: [{ phone: test.phone, variables: test.variables }],
  };
  const outcome = await gatewayOf(account)
    .submit(request)
    // A driver must not throw; if one does, nobody knows how far it came.
    .catch((): SubmitOutcome => ({ kind: 'unknown', code: 'client.unexpected', message: '' }));
  // A second attempt may have given this one up already; what is known now is more than it knew.
  if (outcome.kind === 'accepted') await close(['calling', 'unknown'], 'accepted', 'OK', outcome.bizId);
  else await close(['calling', 'unknown'], outcome.kind, outcome.code);
}

/** A test message is one more in the account's second. Past the rows' own time limit the attempt fails and another begins. */
async function untilRateAllows(pool: Deps['pool'], account: GatewayAccount, from: Date): Promise<void> {
  for (;;) {
    const { waitMs } = await takeOne(pool, account.id);
    if (waitMs === 0) return;
    if (Date.now() - from.getTime() > 30_000) throw new Error('The account had no room for a test message.');
    await sleep(waitMs);
  }
}

async function refusalOf(at: {
  template: Template;
  account: GatewayAccount;
  gatewayOf: Deps['gatewayOf'];
  now: Date;
}): Promise<string | null> {
  if (at.account.state === 'stopped') return 'test-send.account-stopped';
  if (!withinHours(at.account.settings.hours[at.template.kind], at.now)) return 'test-send.outside-hours';
  try {
    await checkGateway(at.gatewayOf(at.account), at.template);
    return null;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}
