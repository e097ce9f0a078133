import type { SmsGateway } from '../../../sms/gateway.ts';
import type { ChannelDriver } from './channel.ts';

export type SmsNoticeSettings = { gatewayAccountId: string; signName: string; templateCode: string; dailyCap: number };

/**
 * SMS to staff by an account of the house: its own approved template with the variables `what` and `number`, outside campaigns,
 * their queues, figures and suppressions. The out id starts with `wn-`: no ledger moves by its receipts.
 */
export const createSmsNotice = (gateway: SmsGateway, settings: SmsNoticeSettings): ChannelDriver => ({
  async send(notice, to) {
    if (to === null) return { kind: 'refused', code: 'no-address', whose: 'address' };
    const outcome = await gateway.submit({
      outId: `wn-${notice.number}`,
      signName: settings.signName,
      templateCode: settings.templateCode,
      recipients: [{ phone: to, variables: { what: notice.short, number: `N${notice.number}` } }],
    });
    if (outcome.kind === 'accepted') return { kind: 'accepted' };
    if (outcome.kind === 'unknown') return { kind: 'unknown', code: outcome.code };
    const { code, retryAfterSeconds } = outcome;
    const afterMs = retryAfterSeconds === undefined ? {} : { afterMs: retryAfterSeconds * 1_000 };
    if (outcome.class === 'retry' || outcome.class === 'defer') return { kind: 'retry', code, ...afterMs };
    return { kind: 'refused', code, whose: outcome.class === 'recipient' ? 'address' : 'channel' };
  },
});
