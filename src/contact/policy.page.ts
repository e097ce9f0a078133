import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { setContactPolicy, showContactPolicy, showSendingRules } from './contact-policy.command.ts';
import { setLeftOutPercent, showLeftOutPercent } from './left-out.command.ts';
import { AppError } from '../kernel/app-error.rule.ts';
import { defaultContactPolicy } from './refusal.rule.ts';
import { defaultSendingHours } from './sending-window.rule.ts';
import type { Api } from '../kit/http/api.ts';
import type { PageFault, Pages } from '../kit/page/page.ts';

const hidden = { hide: true };
const field = z.string().max(10).default('');
const Form = z.object({
  marketingMax: field,
  marketingDays: field,
  noticeMax: field,
  noticeDays: field,
  deadNumberDays: field,
});
type Form = z.infer<typeof Form>;
const kinds = ['marketing', 'notice'] as const;

export function policyPages(app: Api, pages: Pages): void {
  const show = async (request: FastifyRequest, reply: FastifyReply, typed: Form | null, fault: PageFault | null) => {
    const t = pages.translatorOf(request);
    const ctx = pages.contextOf(request);
    const [policy, { accounts, capsSetAt }, leftOutPercent] = await Promise.all([
      showContactPolicy(ctx),
      showSendingRules(ctx),
      showLeftOutPercent(ctx),
    ]);
    const form = typed ?? {
      marketingMax: String(policy.marketing.max),
      marketingDays: String(policy.marketing.days),
      noticeMax: String(policy.notice.max),
      noticeDays: String(policy.notice.days),
      deadNumberDays: String(policy.deadNumberDays),
    };
    return pages.page(request, reply, 'policy/show', {
      title: t('policy.title'),
      nav: 'policy',
      styles: ['policy.css'],
      caps: kinds.map((kind) => ({
        kind,
        max: policy[kind].max,
        days: policy[kind].days,
        usual: defaultContactPolicy[kind],
        fields: [
          {
            id: `${kind}Max`,
            what: 'max',
            least: 0,
            value: form[`${kind}Max`],
            fault: fault?.fields[`${kind}Max`] ?? null,
          },
          {
            id: `${kind}Days`,
            what: 'days',
            least: 1,
            value: form[`${kind}Days`],
            fault: fault?.fields[`${kind}Days`] ?? null,
          },
        ],
      })),
      deadNumber: {
        days: policy.deadNumberDays,
        value: form.deadNumberDays,
        fault: fault?.fields['deadNumberDays'] ?? null,
      },
      accounts,
      house: defaultSendingHours,
      capsSetAt,
      leftOutPercent,
      fault,
    });
  };

  app.get('/policy', { config: { needs: 'self:read', page: true }, schema: hidden }, (request, reply) =>
    show(request, reply, null, null),
  );
  app.post(
    '/policy',
    { config: { needs: 'setting:write', page: true }, schema: { ...hidden, body: Form } },
    async (request, reply) => {
      try {
        await setContactPolicy(pages.contextOf(request), readCaps(request.body));
        return pages.done(request, reply, '/policy', 'policy.changed');
      } catch (error) {
        return show(request, reply.code(422), request.body, pages.faultOf(request, error));
      }
    },
  );
}

const Share = z.object({ percent: field });

/** When so many are left out that the applicant must say that it is meant. */
export function leftOutPages(app: Api, pages: Pages): void {
  app.post(
    '/policy/left-out',
    { config: { needs: 'setting:write', page: true }, schema: { ...hidden, body: Share } },
    async (request, reply) => {
      const percent = Number(request.body.percent);
      if (request.body.percent.trim() === '' || !Number.isInteger(percent) || percent < 0 || percent > 100)
        throw new AppError('invalid', 'policy.field-percent', 'Give a whole number from 0 to 100.', {
          field: 'percent',
        });
      await setLeftOutPercent(pages.contextOf(request), { percent });
      return pages.done(request, reply, '/policy', 'policy.changed');
    },
  );
}

/** Throws `policy.fields` with a fault a field. */
function readCaps(form: Form) {
  const faults: { field: string; code: string; message: string }[] = [];
  const whole = (name: keyof Form, least: number, most: number): number => {
    const value = Number(form[name]);
    if (form[name].trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
    const code = least === 0 ? 'policy.field-max' : 'policy.field-days';
    faults.push({ field: name, code, message: 'Give a whole number.' });
    return least;
  };
  const caps = {
    marketing: { max: whole('marketingMax', 0, 1_000), days: whole('marketingDays', 1, 366) },
    notice: { max: whole('noticeMax', 0, 1_000), days: whole('noticeDays', 1, 366) },
    deadNumberDays: whole('deadNumberDays', 1, 3_650),
  };
  if (faults.length > 0) throw new AppError('invalid', 'policy.fields', 'Some fields cannot be used.', { faults });
  return caps;
}
