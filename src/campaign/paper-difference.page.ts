import { purposeOfText } from '../kernel/reach.rule.ts';
import type { Form } from '../form/form.rule.ts';
import { below, changesOf, type DifferenceLine, type DifferenceRule } from '../form/sign-off-difference.page.ts';
import type { Translate } from '../kernel/translate.ts';
import { formatNumber, formatYuan } from '../kit/page/format.ts';
import { dayOf, sentToOf } from './paper-words.page.ts';

const lines: readonly DifferenceRule<Form>[] = [
  { field: 'name', paths: ['name'], say: (form) => form.name },
  { field: 'unit', paths: ['unit'], say: (form) => form.unit },
  { field: 'applicant', paths: ['applicant'], say: (form) => form.applicant.name },
  { field: 'purpose', paths: ['purpose'], say: (form) => form.purpose, letters: true },
  { field: 'kind', paths: ['kind', 'channel'], say: (form, t) => t(`sign-off.kind.${form.kind}`) },
  {
    field: 'contactPurpose',
    paths: ['contactPurpose'],
    say: (form, t) => t(`contact.purpose-${purposeOfText(form)}`),
  },
  { field: 'topic', paths: ['topic'], say: (form, t) => form.topic ?? t('sign-off.paper.no-topic') },
  {
    field: 'text',
    paths: ['text.source', 'text.signName'],
    say: ({ text }) => `【${text.signName}】${withLabels(text)}`,
    letters: true,
  },
  {
    field: 'variables',
    paths: ['text.variables'],
    say: ({ text }, t) =>
      text.variables
        .map(({ label, maxLength }) => t('sign-off.paper.variable', { label, max: maxLength }))
        .join(t('sign-off.list-comma')),
  },
  {
    field: 'template',
    paths: ['text.templateId', 'text.templateName', 'text.templateVersion', 'text.gatewayTemplateCode'],
    say: ({ text }) => `${text.templateName} v${text.templateVersion} · ${text.gatewayTemplateCode}`,
  },
  {
    field: 'gateway',
    paths: ['gateway'],
    say: ({ gateway }, t) =>
      `${gateway.account} · ${sentToOf(gateway, t)} · ${t(`sign-off.requests.${gateway.requests}`)}`,
  },
  {
    field: 'audience',
    paths: ['audience'],
    say: ({ audience }, t) =>
      t('sign-off.difference.audience', {
        name: audience.name,
        size: audience.size,
        root: audience.merkleRoot.slice(0, 8),
      }),
  },
  {
    field: 'window',
    paths: ['window'],
    say: ({ window }, t) =>
      t('sign-off.difference.window', {
        from: dayOf(window.startsAt, t),
        until: dayOf(window.endsAt, t),
        dailyFrom: window.dailyFrom,
        dailyTo: window.dailyTo,
        days: t(`sign-off.days.${window.days}`),
      }),
  },
  {
    field: 'stop',
    paths: ['stop'],
    say: (form, t) =>
      form.format === 'waihu.form/2'
        ? '—'
        : t('sign-off.paper.stops-line', {
            failures: form.stop.failurePercent,
            optOuts: form.stop.optOutsPerThousand,
            complaints: form.stop.complaintsPerThousand,
          }),
  },
  {
    field: 'left-out',
    paths: ['leftOut'],
    say: (form, t) =>
      form.format === 'waihu.form/2'
        ? '—'
        : t('sign-off.paper.left-out', { candidates: form.leftOut.candidates, left: form.leftOut.people }),
  },
  {
    field: 'rate',
    paths: ['ratePerSecond'],
    say: (form, t) => t('sign-off.paper.rate-value', { rate: form.ratePerSecond }),
  },
  {
    field: 'cost',
    paths: ['cost'],
    say: ({ cost }, t) =>
      t('sign-off.difference.cost', {
        segments: formatNumber(cost.segments),
        estimate: formatYuan(cost.estimateFen),
        ceiling: formatYuan(cost.ceilingFen),
      }),
  },
  { field: 'sign-by', paths: ['signBy'], say: (form, t) => dayOf(form.signBy, t) },
  { field: 'calendar', paths: ['calendarVersion', 'calendarDigest'], say: (form) => form.calendarVersion },
];

// Differs with every form, or is told by the lines of what was checked.
const untold = ['number', 'checks', 'format'];

const withLabels = (text: Form['text']): string =>
  text.source.replaceAll(/\{\{\s*([\p{L}\p{N}_-]+)\s*\}\}/gu, (_, name: string) => {
    const label = text.variables.find((variable) => variable.name === name)?.label ?? name;
    return `{{${label}}}`;
  });

/** What differs between the returned form of a campaign and this one. */
export const differencesOf = (earlier: Form, later: Form, t: Translate): DifferenceLine[] =>
  changesOf(lines, earlier, later, t, (path) => below(path, untold));
