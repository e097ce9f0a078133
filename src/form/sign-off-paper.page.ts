import { formMembers, type SignOffView } from './sign-off.command.ts';
import type { Context } from '../house/context.ts';
import type { Form, FormCheck } from './form.rule.ts';
import { leftOutOf } from '../contact/left-out.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import { countSegments } from '../sms/segment.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import { markedText } from '../sms/marked-text.rule.ts';
import { renderTemplate } from '../sms/template/template.rule.ts';
import { formatDate, formatDateTime, formatNumber, formatTime } from '../kit/page/format.ts';

const shownPhones = 5;
const morePhones = 20;

/** What the paper shows. Every fact comes from the canonical form; renderings come from the list whose root stands in it. */
export async function paperOf(ctx: Context, view: SignOffView, t: Translate) {
  const { form, digestHolds, stand } = view;
  const { text, audience, window, cost } = form;
  const labels = new Map(text.variables.map(({ name, label }) => [name, label]));
  const groups = stand.digest.match(/.{8}/g) ?? [];
  const [samples, sampled] = await Promise.all([renderings(ctx, view), phones(ctx, view, shownPhones)]);
  return {
    number: form.number,
    name: form.name,
    unit: form.unit,
    applicant: form.applicant.name,
    purpose: form.purpose,
    kind: form.kind,
    topic: form.topic,
    signName: text.signName,
    template: `${text.templateName} v${text.templateVersion}`,
    gatewayTemplateCode: text.gatewayTemplateCode,
    gateway: form.gateway,
    sentTo: sentToOf(form.gateway, t),
    text: markedText(text.source, (name) => labels.get(name) ?? name),
    variables: text.variables
      .map(({ label, maxLength }) => t('sign-off.paper.variable', { label, max: maxLength }))
      .join(t('sign-off.list-comma')),
    samples,
    segments: segmentLines(form, t),
    cost,
    price: (cost.pricePerSegmentMilliYuan / 1_000).toFixed(3),
    audience: { ...audience, shortRoot: shortOf(audience.merkleRoot), left: leftOut(form, t) },
    phones: sampled,
    window: {
      from: dayOf(window.startsAt, t),
      until: dayOf(window.endsAt, t),
      dailyFrom: window.dailyFrom,
      dailyTo: window.dailyTo,
      days: window.days,
    },
    startsAt: formatTime(new Date(window.startsAt)),
    ratePerSecond: form.ratePerSecond,
    /** Null on a form of a format that stated none. */
    stop: form.format === 'waihu.form/2' ? null : form.stop,
    checks: checksOf(form).map((check) => checkLine(check, t)),
    calendarVersion: form.calendarVersion,
    signBy: formatDateTime(new Date(form.signBy)),
    signByShort: formatTime(new Date(form.signBy)),
    digest: stand.digest,
    digestGroups: groups,
    shortDigest: shortOf(stand.digest),
    digestHolds,
  };
}

/** Where messages go and as whom: `https://dysmsapi.aliyuncs.com · 密钥 …`. */
export const sentToOf = ({ protocol, endpoint, credentials }: Form['gateway'], t: Translate): string =>
  `${protocol}://${endpoint} · ${credentials.startsWith('file:') ? t('sign-off.credentials.file', { id: credentials.slice('file:'.length) }) : t('sign-off.credentials.default-chain')}`;

const shortOf = (hex: string): string => `${hex.slice(0, 8)}…${hex.slice(-8)}`;

/** `2026-09-30（周三）10:00`, Beijing time. */
export function dayOf(iso: string, t: Translate): string {
  const at = new Date(iso);
  const weekday = new Date(at.getTime() + 8 * 3_600_000).getUTCDay();
  return t('sign-off.paper.day', {
    date: formatDate(at),
    weekday: t(`sign-off.weekday.${weekday}`),
    time: formatTime(at).slice(-5),
  });
}

/** The shortest, the usual and the longest text that somebody really gets; of lists without known places the first, middle and last member. */
async function renderings(ctx: Context, view: SignOffView) {
  const { form, samples } = view;
  const { size } = form.audience;
  const places = samples
    ? ([
        ['shortest', samples.shortest.seq],
        ['usual', samples.usual.seq],
        ['longest', samples.longest.seq],
      ] as const)
    : ([
        ['sample', 1],
        ['sample', Math.ceil(size / 2)],
        ['sample', size],
      ] as const);
  const found = await formMembers(ctx, view, [...new Set(places.map(([, seq]) => seq))]);
  const render = renderTemplate(form.text.source);
  return places.flatMap(([which, seq]) => {
    const member = found.find((each) => each.seq === seq);
    if (!member) return [];
    const counted = countSegments({ signName: form.text.signName, text: render(member.variables) });
    return [
      {
        which,
        phone: maskPhone(member.phone),
        length: counted.length,
        segments: counted.segments,
        parts: markedText(form.text.source, (name) => member.variables[name] ?? ''),
      },
    ];
  });
}

async function phones(ctx: Context, view: SignOffView, count: number): Promise<string[]> {
  const { size } = view.form.audience;
  const places = Array.from(
    { length: Math.min(count, size) },
    (_, i) => Math.floor((i * size) / Math.min(count, size)) + 1,
  );
  return (await formMembers(ctx, view, places)).map(({ phone }) => maskPhone(phone));
}

/** Numbers further down the list, spread evenly; masked. */
export const morePhonesOf = (ctx: Context, view: SignOffView): Promise<string[]> => phones(ctx, view, morePhones);

/** Whom the list leaves out is a check of the older format, and a statement of its own in the newer one. */
function checksOf(form: Form): readonly FormCheck[] {
  if (form.format === 'waihu.form/2') return form.checks;
  const { candidates, reasons } = form.leftOut;
  const detail = { ...leftOutOf(candidates, form.audience.size), ...reasons };
  return [...form.checks, { code: 'audience.excluded', passed: true, detail }];
}

const detailOf = (form: Form, code: string): Readonly<Record<string, string | number>> =>
  checksOf(form).find((check) => check.code === code)?.detail ?? {};

/** `1 条 35,008 人`, by segments; read from the check that counted them. */
function segmentLines(form: Form, t: Translate): string[] {
  return Object.entries(detailOf(form, 'text.segments')).flatMap(([key, people]) => {
    const segments = Number(/^of (\d+)$/.exec(key)?.[1]);
    return Number.isNaN(segments) ? [] : [t('check.text.segments.line', { segments, recipients: Number(people) })];
  });
}

function leftOut(form: Form, t: Translate): { candidates: number; total: number; lines: string[] } | null {
  const { candidates, left: _left, percent: _percent, ...reasons } = detailOf(form, 'audience.excluded');
  if (candidates === undefined) return null;
  const entries = Object.entries(reasons).map(([reason, count]) => [reason, Number(count)] as const);
  return {
    candidates: Number(candidates),
    total: entries.reduce((sum, [, count]) => sum + count, 0),
    lines: entries.map(([reason, count]) =>
      t('check.audience.excluded.line', { reason: t.has(`reason.${reason}`) ? t(`reason.${reason}`) : reason, count }),
    ),
  };
}

const fewReasons = 3;

/** How many were left out, and why most of them were: a form must not say ✓ beside a list that hardly anybody remains of. */
function leftOutLine(detail: FormCheck['detail'], t: Translate): string {
  const { candidates = 0, left = 0, percent = 0, ...reasons } = detail;
  const most = Object.entries(reasons)
    .toSorted(([, a], [, b]) => Number(b) - Number(a))
    .slice(0, fewReasons)
    .map(([reason, count]) => {
      const word = t.has(`reason.${reason}`) ? t(`reason.${reason}`) : reason;
      return t('check.audience.excluded.line', { reason: word, count: Number(count) });
    });
  return [t('check.audience.excluded.detail', { candidates, left, percent }), ...most].join(' · ');
}

/** A check in words; one of a code that this version does not know shows as it stands in the form. */
function checkLine({ code, detail }: FormCheck, t: Translate): { name: string; detail: string } {
  const name = t.has(`check.${code}`) ? t(`check.${code}`) : code;
  if (code === 'audience.excluded') return { name, detail: leftOutLine(detail, t) };
  if (t.has(`check.${code}.detail`)) return { name, detail: t(`check.${code}.detail`, { ...detail }) };
  return {
    name,
    detail: Object.entries(detail)
      .map(([key, value]) => `${key} ${formatted(value)}`)
      .join(' · '),
  };
}
const formatted = (value: string | number): string => (typeof value === 'number' ? formatNumber(value) : value);
