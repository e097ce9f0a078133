import type { Translate } from '../kernel/translate.ts';
import { Id, type Api } from '../kit/http/api.ts';
import { formatDateTime } from '../kit/page/format.ts';
import type { Pages } from '../kit/page/page.ts';
import { houseZone } from '../customer/time-zone.rule.ts';
import type { Objection } from './contact.rule.ts';
import { explainCustomer } from './explain.command.ts';
import type { ContactAnswer } from './explain.rule.ts';
import { contactChannels, contactPurposes } from '../kernel/reach.rule.ts';

const hidden = { hide: true };

/** Why not, in words; of a cap also which one, of what ends by itself when. */
function objectionOf(t: Translate, { why, until, cap }: Objection): string {
  const reason = why === 'outside-hours' ? t('contact.outside-hours') : t(`reason.${why}`);
  const of = cap
    ? `${reason} · ${t('contact.cap', { of: t(`contact.purpose-${cap.of}`), days: cap.days, max: cap.max })}`
    : reason;
  return until === null ? of : `${of} · ${t('contact.until', { time: formatDateTime(until) })}`;
}

const cellOf = (t: Translate, answer: ContactAnswer | undefined) =>
  answer && {
    may: answer.may,
    word: t(answer.may ? 'contact.may' : 'contact.may-not'),
    why: answer.objections.map((each) => objectionOf(t, each)),
    earliest:
      answer.may || saidByItself(answer)
        ? null
        : answer.earliest === null
          ? t('contact.never')
          : t('contact.earliest', { time: formatDateTime(answer.earliest) }),
  };

/** The only thing that stands against it ends at that very moment, and says so. */
const saidByItself = ({ earliest, objections: [first, ...others] }: ContactAnswer): boolean =>
  earliest !== null && others.length === 0 && first?.until?.getTime() === earliest.getTime();

export function explainPages(app: Api, pages: Pages): void {
  app.get(
    '/customers/:id/contact',
    { config: { needs: 'customer:read', page: true }, schema: { ...hidden, params: Id } },
    async (request, reply) => {
      const t = pages.translatorOf(request);
      const found = await explainCustomer(pages.contextOf(request), { customerId: request.params.id });
      const answers = new Map(found.answers.map((each) => [`${each.purpose} ${each.channel}`, each]));
      return pages.page(request, reply, 'contact/explain', {
        title: t('contact.title'),
        nav: 'customers',
        crumbs: [
          { href: '/customers', label: t('customer.list.title') },
          { href: `/customers/${found.customerId}`, label: found.name ?? found.phone },
        ],
        styles: ['policy.css'],
        phone: found.phone,
        at: found.at,
        zone: t('contact.zone', { zone: found.zone, house: found.zone === houseZone ? 'yes' : 'no' }),
        channels: contactChannels.map((channel) => t(`contact.channel-${channel}`)),
        rows: contactPurposes.map((purpose) => ({
          purpose: t(`contact.purpose-${purpose}`),
          cells: contactChannels.map((channel) => cellOf(t, answers.get(`${purpose} ${channel}`))),
        })),
      });
    },
  );
}
