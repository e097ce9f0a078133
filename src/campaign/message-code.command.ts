import type { MessageState } from '../contact/message-state.rule.ts';
import { createTranslators, readCatalogue } from '../kernel/translate.ts';
import { gatewayCodes, type SmsProvider } from '../sms/index.ts';

type Coded = { state: MessageState; reason: string | null; code: string | null; bizId: string | null };
export type CodeSaid = { code: string; meaning: string; reaction: string };

const t = createTranslators(readCatalogue()).en;

/** Reasons that only a carrier gives, after it had taken the message. */
const carriersReasons: ReadonlySet<string | null> = new Set(['undelivered', 'number-dead', 'content-refused']);

/** Whether the code of this row is a carrier's verdict: then the table of the gateway's refusals says nothing about it. */
export const isCarriers = ({ state, reason, bizId }: Omit<Coded, 'code'>): boolean =>
  state === 'delivered' || (state === 'failed' && (bizId !== null || carriersReasons.has(reason)));

/** What the code of a row says, and what follows from it where the row stands now. Null for a row without a code. */
export function explainMessageCode(provider: SmsProvider, message: Coded): CodeSaid | null {
  const { code, state } = message;
  if (code === null) return null;
  if (isCarriers(message) || code === 'DELIVERED')
    return {
      code,
      meaning: t.has(`receipt-code.${code}`) ? t(`receipt-code.${code}`) : t('campaign.code.unlisted'),
      reaction:
        state === 'delivered'
          ? 'Nothing more is sent to this person.'
          : t(`campaign.reaction.${message.reason ?? 'undelivered'}`),
    };
  if (code === 'OK')
    return {
      code,
      meaning: 'The gateway took the message.',
      reaction: 'Its receipt is waited for; without one the gateway is asked.',
    };
  const { meaning, reaction, class: kind } = gatewayCodes(provider).explain(code);
  const ours = code === 'worker.lost' || code === 'ledger.row-lost';
  const said = { code, meaning: ours ? t(`receipt-code.${code}`) : meaning.en };
  if (state === 'cancelled' || state === 'expired' || state === 'suppressed')
    return { ...said, reaction: 'It was not sent, and is not tried again.' };
  if (state === 'pending' && kind === 'unknown')
    return { ...said, reaction: 'The gateway has proven that it does not have it: it is sent again.' };
  if (state === 'accepted' && kind === 'unknown')
    return { ...said, reaction: 'The gateway has it after all: its receipt is waited for.' };
  return { ...said, reaction: reaction.en };
}
