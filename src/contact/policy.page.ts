import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { setContactPolicy, showContactPolicy, showSendingRules } from './contact-policy.command.ts';
import { showOptOutSetting } from './opt-out-effect.command.ts';
import { optOutChoices, optOutSettingPages } from './opt-out-effect.page.ts';
import { setLeftOutPercent, showLeftOutPercent } from './left-out.command.ts';
import { contactChannels, contactPurposes } from '../kernel/reach.rule.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { defaultSendingHours } from './sending-window.rule.ts';
import type { Api } from '../kit/http/api.ts';
import type { Pages } from '../kit/page/page.ts';
import {
  type ShowPolicy,
  type Tried,
  capName,
  capped,
  fieldOf,
  formOfPolicy,
  hoursName,
  PolicyForm,
  readPolicy,
  spans,
} from './policy-form.page.ts';

const hidden = { hide: true };

export function policyPages(app: Api, pages: Pages): void {
  const show = async (request: FastifyRequest, reply: FastifyReply, tried: Tried) => {
    const { fault = null } = tried;
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const [policy, { accounts, capsSetAt }, leftOutPercent, optOut] = await Promise.all([
      showContactPolicy(ctx),
      showSendingRules(ctx),
      showLeftOutPercent(ctx),
      showOptOutSetting(ctx),
    ]);
    const form = tried.policy ?? formOfPolicy(policy);
    const faults = new Map(Object.entries(fault?.fields ?? {}).map(([name, said]) => [pageField(name), said]));
    const cell = (name: string, label: string) => ({
      id: name,
      value: form[name] ?? '',
      label,
      fault: faults.get(name) ?? null,
    });
    return pages.page(request, reply, 'policy/show', {
      title: t('policy.title'),
      nav: 'policy',
      styles: ['policy.css'],
      spans: spans.map((span) => t(`policy.span-${span}`)),
      caps: capped.map((of) => ({
        of: t(`contact.purpose-${of}`),
        cells: spans.map((span) =>
          cell(capName(of, span), `${t(`contact.purpose-${of}`)} · ${t(`policy.span-${span}`)}`),
        ),
      })),
      channels: contactChannels.map((channel) => t(`contact.channel-${channel}`)),
      hours: contactPurposes.map((of) => ({
        of: t(`contact.purpose-${of}`),
        cells: contactChannels.map((channel) => ({
          byAccount: channel === 'sms' && policy.hours[of].sms === null,
          days: (['working', 'rest'] as const).map((day) =>
            Object.assign(
              cell(
                hoursName(of, channel, day),
                `${t(`contact.purpose-${of}`)} · ${t(`contact.channel-${channel}`)} · ${t(`policy.day-${day}`)}`,
              ),
              { day: t(`policy.day-${day}`) },
            ),
          ),
        })),
      })),
      silences: [
        cell('deadNumberDays', t('policy.label-dead-number')),
        cell('blacklistDays', t('policy.label-blacklist')),
      ],
      accounts,
      house: defaultSendingHours,
      capsSetAt,
      leftOutPercent: tried.percent ?? leftOutPercent,
      optOut: optOutChoices(t, tried.optOut ?? optOut),
      fault,
      faults: { percent: null, secondNoDays: null, ...fault?.fields },
    });
  };

  app.get('/policy', { config: { needs: 'self:read', page: true }, schema: hidden }, (request, reply) =>
    show(request, reply, {}),
  );
  app.post(
    '/policy',
    { config: { needs: 'setting:write', page: true }, schema: { ...hidden, body: PolicyForm } },
    async (request, reply) => {
      try {
        await setContactPolicy(pages.contextOf(request), readPolicy(request.body));
        return pages.done(request, reply, '/policy', 'policy.changed');
      } catch (error) {
        return show(request, reply.code(422), { policy: request.body, fault: pages.faultOf(request, error) });
      }
    },
  );
  leftOutPages(app, pages, show);
  optOutSettingPages(app, pages, show);
}

const pageField = (name: string): string => (name.includes('.') ? fieldOf(name) : name);

const Share = z.object({ percent: z.string().max(10).default('') });

/** When so many are left out that the applicant must say that it is meant. */
function leftOutPages(app: Api, pages: Pages, show: ShowPolicy): void {
  app.post(
    '/policy/left-out',
    { config: { needs: 'setting:write', page: true }, schema: { ...hidden, body: Share } },
    async (request, reply) => {
      const { percent: typed } = request.body;
      const percent = Number(typed);
      try {
        if (typed.trim() === '' || !Number.isInteger(percent) || percent < 0 || percent > 100)
          throw new AppError('invalid', 'policy.field-percent', 'Give a whole number from 0 to 100.', {
            field: 'percent',
          });
        await setLeftOutPercent(pages.contextOf(request), { percent });
      } catch (error) {
        return show(request, reply.code(422), { percent: typed, fault: pages.faultOf(request, error) });
      }
      return pages.done(request, reply, '/policy', 'policy.changed');
    },
  );
}
