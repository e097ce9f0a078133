import { z } from 'zod';
import { setOptOutSetting } from './opt-out-effect.command.ts';
import { mostSecondNoDays, repliesMaySilence } from './opt-out-effect.rule.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { contactChannels } from '../kernel/reach.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import type { Api } from '../kit/http/api.ts';
import type { Pages } from '../kit/page/page.ts';
import type { ShowPolicy } from './policy-form.page.ts';
import { ticked } from '../kit/page/reach.ts';

const Form = z.object({
  channels: z.preprocess(ticked, z.array(z.enum(contactChannels)).default([])),
  purposes: z.preprocess(ticked, z.array(z.enum(repliesMaySilence)).default([])),
  secondNoDays: z.string().max(10).default(''),
});

/** The part of the policy page: what is always silenced is ticked and cannot be unticked. */
type Shown = Record<'channels' | 'purposes', readonly string[]> & { secondNoDays: number | string };

export const optOutChoices = (t: Translate, { channels, purposes, secondNoDays }: Shown) => ({
  channels: contactChannels.map((value) => ({
    value,
    label: t(`contact.channel-${value}`),
    chosen: value === 'sms' || channels.includes(value),
    always: value === 'sms',
  })),
  purposes: repliesMaySilence.map((value) => ({
    value,
    label: t(`contact.purpose-${value}`),
    chosen: value === 'marketing' || purposes.includes(value),
    always: value === 'marketing',
  })),
  secondNoDays,
});

export function optOutSettingPages(app: Api, pages: Pages, show: ShowPolicy): void {
  app.post(
    '/policy/opt-out',
    { config: { needs: 'setting:write', page: true }, schema: { hide: true, body: Form } },
    async (request, reply) => {
      const { channels, purposes, secondNoDays } = request.body;
      try {
        // A box that cannot be unticked sends nothing; the command adds it.
        await setOptOutSetting(pages.contextOf(request), { channels, purposes, secondNoDays: daysIn(secondNoDays) });
      } catch (error) {
        return show(request, reply.code(422), { optOut: request.body, fault: pages.faultOf(request, error) });
      }
      return pages.done(request, reply, '/policy', 'policy.changed');
    },
  );
}

function daysIn(typed: string): number {
  const days = Number(typed);
  if (typed.trim() !== '' && Number.isInteger(days) && days >= 1 && days <= mostSecondNoDays) return days;
  throw new AppError('invalid', 'policy.second-no-days', 'Give a whole number of days from 1 to 180.', {
    field: 'secondNoDays',
  });
}
