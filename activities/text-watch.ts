import { AppError } from '../src/kernel/app-error.rule.ts';
import { textPatienceSeconds } from '../src/sms/text-watch.rule.ts';
import { noteTextAnswer, takeTextQuestion } from '../src/campaign/text.db.ts';
import type { LiveCampaign } from '../src/campaign/live-campaign.db.ts';
import type { SmsGateway } from '../src/sms/gateway.ts';
import { checkGateway } from '../src/sms/gateway-check.ts';
import { pauseCampaign, voidCampaign } from './halt.ts';
import type { SendDeps } from './send-span.ts';

/**
 * The gateway renders from its own copy of the text, which somebody can change there while we send: it is asked again every
 * `askTemplateEvery` seconds. Another text voids; a review that was taken back pauses; no answer pauses once the last one is
 * five questions old. False when nothing more may be sent.
 */
export async function textStands(
  { pool }: Pick<SendDeps, 'pool'>,
  { campaign, template, account }: LiveCampaign,
  gateway: Pick<SmsGateway, 'findTemplate' | 'findSignature'>,
): Promise<boolean> {
  const every = account.settings.askTemplateEvery;
  const now = new Date();
  const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000);
  const tooOld = ago(textPatienceSeconds(every));
  const taken = await takeTextQuestion(pool, campaign.id, { before: ago(every), tooOld, now });
  if (!taken) return true;
  try {
    await checkGateway(gateway, template);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'gateway.template-differs') {
      await voidCampaign(pool, campaign.id, { code: error.code, changed: ['text'] });
      return false;
    }
    const silent = error.kind === 'unavailable';
    if (silent && taken.answeredAt !== null && taken.answeredAt >= tooOld) return true;
    await pauseCampaign(pool, campaign.id, { code: silent ? 'gateway.template-not-asked' : error.code });
    return false;
  }
  await noteTextAnswer(pool, campaign.id, now);
  return true;
}
