import { z } from 'zod';
import { showSignOff, type SignOffView } from '../form/sign-off.command.ts';
import type { Fact, PaperFace, Step } from '../form/paper-face.page.ts';
import { shortOf } from '../form/paper.page.ts';
import { formFormats } from '../form/formats/formats.rule.ts';
import type { Form, FormCheck } from '../form/form.rule.ts';
import { leftOutOf } from '../contact/left-out.rule.ts';
import type { Context } from '../house/context.ts';
import { purposeOfText } from '../kernel/reach.rule.ts';
import { maskPhone } from '../kernel/phone-mask.rule.ts';
import type { Translate } from '../kernel/translate.ts';
import type { Api } from '../kit/http/api.ts';
import type { Pages } from '../kit/page/page.ts';
import { formatNumber, formatTime, formatYuan } from '../kit/page/format.ts';
import { countSegments } from '../sms/segment.rule.ts';
import { markedText } from '../sms/marked-text.rule.ts';
import { renderTemplate } from '../sms/template/template.rule.ts';
import { differencesOf } from './paper-difference.page.ts';
import { dayOf, sentToOf } from './paper-words.page.ts';
import { formMembers, formSamples, windowIsOpen } from './paper.command.ts';

const shownPhones = 5;
const morePhones = 20;

const formOf = (view: SignOffView): Form => view.form as Form;

/** How the form of a campaign is shown; its words are those of sign-off.words.json. */
export const campaignPaper: PaperFace = {
  states: { kind: 'campaign', word: (state, t) => t(`campaign-state.${state}`) },
  formats: formFormats,
  view: 'campaign/paper',
  print: 'form',
  title: (t) => t('sign-off.paper.title'),
  link: (t) => ({ label: t('sign-off.campaign'), see: t('sign-off.act.see-campaign'), icon: 'speakerphone' }),
  facts: (text, t) => factsOf(text as Form, t),
  row: (text) => {
    const { audience, cost, window } = text as Form;
    return { people: audience.size, ceilingFen: cost.ceilingFen, startsAt: new Date(window.startsAt) };
  },
  body: bodyOf,
  differences: (earlier, later, t) => differencesOf(earlier as Form, later as Form, t),
  last: sendingStep,
  over: async (ctx, view, t) => {
    const opening = view.stand.state === 'scheduled' && (await windowIsOpen(ctx, formOf(view).window));
    return t(`sign-off.over.${opening ? 'opening' : view.stand.state}`);
  },
};

function factsOf({ audience, cost, window }: Form, t: Translate): { desk: Fact[]; phone: Fact[] } {
  const people = t('sign-off.paper.people', { count: audience.size });
  const startsAt = formatTime(new Date(window.startsAt));
  return {
    desk: [
      { label: t('sign-off.act.to'), value: `${people}${t('sign-off.act.once')}`, small: null },
      { label: t('sign-off.act.when'), value: t('sign-off.act.from', { time: startsAt }), small: null },
      { label: t('sign-off.act.ceiling'), value: formatYuan(cost.ceilingFen), small: null },
    ],
    phone: [
      { label: t('sign-off.act.to'), value: people, small: null },
      {
        label: t('sign-off.act.ceiling'),
        value: formatYuan(cost.ceilingFen),
        small: t('sign-off.brief.segments', { count: cost.segments }),
      },
      { label: t('sign-off.paper.window'), value: startsAt, small: `${window.dailyFrom}–${window.dailyTo}` },
    ],
  };
}

function sendingStep({ stand, signatures, form }: SignOffView): Step {
  const { state } = stand;
  const stopped = ['rejected', 'withdrawn', 'expired', 'voided', 'cancelled'].includes(state);
  const at = new Date((form as Form).window.startsAt);
  const sends = (): Step['state'] => {
    if (stopped) return signatures.length === 2 ? 'stopped' : 'ahead';
    if (['completed', 'archived', 'settling'].includes(state)) return 'done';
    return ['scheduled', 'sending', 'paused'].includes(state) ? 'now' : 'ahead';
  };
  return { id: 'send', state: sends(), who: '', at };
}

/** Facts of the canonical form; renderings come from the list whose root stands in it. */
async function bodyOf(ctx: Context, view: SignOffView, t: Translate) {
  const form = formOf(view);
  const { text, audience, window, cost } = form;
  const labels = new Map(text.variables.map(({ name, label }) => [name, label]));
  const [samples, sampled] = await Promise.all([renderings(ctx, form), phones(ctx, form, shownPhones)]);
  return {
    purpose: form.purpose,
    kind: form.kind,
    topic: form.topic,
    contactPurpose: t(`contact.purpose-${purposeOfText(form)}`),
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
    ratePerSecond: form.ratePerSecond,
    /** Null on a form of a format that stated none. */
    stop: form.format === 'waihu.form/2' ? null : form.stop,
    checks: checksOf(form).map((check) => checkLine(check, t)),
    calendarVersion: form.calendarVersion,
  };
}

/** Numbers further down the list: asked for by the paper, since each look at a list reads people. */
export function campaignPaperPages(app: Api, pages: Pages): void {
  app.get(
    '/sign-off/:number/people',
    { config: { needs: 'campaign:read', page: true }, schema: { hide: true, params: Which } },
    async (request, reply) => {
      const ctx = pages.contextOf(request);
      const view = await showSignOff(ctx, request.params.number);
      const listed = formFormats.some((format) => format === view.form.format);
      return pages.fragment(request, reply, 'sign-off/people', {
        phones: listed ? await phones(ctx, formOf(view), morePhones) : [],
      });
    },
  );
}
const Which = z.object({ number: z.string().max(60) });

/** The shortest, the usual and the longest text that somebody really gets; of lists without known places the first, middle and last member. */
async function renderings(ctx: Context, form: Form) {
  const { size } = form.audience;
  const samples = await formSamples(ctx, form);
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
  const found = await formMembers(ctx, form, [...new Set(places.map(([, seq]) => seq))]);
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

async function phones(ctx: Context, form: Form, count: number): Promise<string[]> {
  const { size } = form.audience;
  const places = Array.from(
    { length: Math.min(count, size) },
    (_, i) => Math.floor((i * size) / Math.min(count, size)) + 1,
  );
  return (await formMembers(ctx, form, places)).map(({ phone }) => maskPhone(phone));
}

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
