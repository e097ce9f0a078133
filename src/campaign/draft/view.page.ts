import { randomUUID } from 'node:crypto';
import { rateFaultFor, type DraftCheck } from './check.rule.ts';
import type { DraftOverview } from './checks.command.ts';
import type { EstimateView, Example } from './estimate.command.ts';
import { draftSteps, readDraft, stepFields, type DraftStep } from './draft.rule.ts';
import type { TestLine } from './test-send.command.ts';
import type { Draft } from './draft.db.ts';
import type { GatewayAccount } from '../../sms/gateway-account.db.ts';
import type { Template } from '../../sms/template/template.db.ts';
import type { Translate } from '../../kernel/translate.ts';
import { canonicalJson } from '../../kernel/digest.rule.ts';
import { formatClock, formatTime } from '../../kit/page/format.ts';

/** The sentence of a check or fault code: ours, or the catalogue's for errors. */
export function sentenceOf(t: Translate, code: string, params: Record<string, string | number> = {}): string {
  const own = `draft.fault.${code.startsWith('draft.') ? code.slice('draft.'.length) : code}`;
  return t(t.has(own) ? own : `error.${code}`, params);
}

const order: Record<DraftCheck['state'], number> = { fault: 0, waiting: 1, later: 2, warning: 3, passed: 4 };
const icons: Record<DraftCheck['state'], string> = {
  fault: 'circle-x',
  waiting: 'loader-2',
  later: 'circle-dashed',
  warning: 'alert-triangle',
  passed: 'circle-check',
};

/** Faults first: what is to be done stands on top. */
export const checkLines = (t: Translate, draft: Pick<Draft, 'id' | 'body'>, checks: readonly DraftCheck[]) =>
  checks
    .toSorted((a, b) => order[a.state] - order[b.state])
    .map(({ name, state, step, code, params, href, askedAt }) => ({
      name: t(`draft.check.${name}`),
      state,
      icon: icons[state],
      word: t(`draft.check-state.${state}`),
      sentence: code === null ? null : sentenceOf(t, code, params),
      askedAt: askedAt ? t('draft.check.asked-at', { time: formatClock(askedAt) }) : null,
      again: name === 'gateway' ? `/drafts/${draft.id}/gateway` : null,
      href: state === 'passed' ? null : href === undefined ? placeOf(draft, name, step) : href,
    }));

/** Where it can be changed: what the provider lacks is applied for on the template's own page. */
const placeOf = ({ id, body }: Pick<Draft, 'id' | 'body'>, name: DraftCheck['name'], step: DraftStep): string =>
  name === 'gateway' && body.templateId !== null ? `/templates/${body.templateId}#review` : `/drafts/${id}/${step}`;

/** A step is done when it was passed and nothing in it is to be changed. */
export const stepLinks = (t: Translate, draft: Draft, current: DraftStep, checks: readonly DraftCheck[]) =>
  draftSteps.map((step, index) => ({
    place: index + 1,
    label: t(`draft.step.${step}`),
    href: `/drafts/${draft.id}/${step}`,
    current: step === current,
    done: draftSteps.indexOf(current) > index && !faultIn(step, checks),
    faulty: draftSteps.indexOf(current) > index && faultIn(step, checks),
  }));

// What the checks find at another step shows there; the checks' own number is green when there is nothing left to do.
const faultIn = (step: DraftStep, checks: readonly DraftCheck[]): boolean =>
  checks.some((check) => check.state === 'fault' && (check.step === step || step === 'checks'));

/** Faults of fields that hold something unreadable; what is still empty is only asked for by the checks. */
export function fieldFaults(
  t: Translate,
  draft: Draft,
  step: DraftStep,
  account: GatewayAccount | null,
): Record<string, string> {
  const { faults } = readDraft(draft);
  const fields = faults.filter((each) => each.step === step && !each.code.startsWith('draft.no-'));
  const params: Record<string, number> = account ? { most: account.ratePerSecond } : {};
  return Object.fromEntries(
    fields.map(({ field, code }) => [field, sentenceOf(t, rateFaultFor(code, account), params)]),
  );
}

/** The template's text in pieces: what is fixed, and the variables by their labels. */
export function markedText(template: Template): { text: string; variable: boolean }[] {
  const label = (name: string) => template.variables.find((each) => each.name === name)?.label ?? name;
  return [
    { text: `【${template.signName}】`, variable: false },
    ...template.source
      .split(/(\{\{\s*\w+\s*\}\})/)
      .filter((piece) => piece !== '')
      .map((piece) => {
        const name = /^\{\{\s*(\w+)\s*\}\}$/.exec(piece)?.[1];
        return name === undefined ? { text: piece, variable: false } : { text: label(name), variable: true };
      }),
  ];
}

export function estimateData(t: Translate, draft: Draft, estimate: EstimateView) {
  const { state, seen, total, result, countedAt, fault } = estimate;
  const reasons = Object.entries(result?.excluded ?? {}).toSorted(([, a], [, b]) => b - a);
  return {
    id: draft.id,
    version: draft.version,
    state,
    running: state === 'running',
    seen,
    total: total === null ? null : Math.max(total, seen),
    countedAt,
    fault: state === 'failed' && fault !== null ? sentenceOf(t, fault) : null,
    result: result && {
      kind: result.kind,
      candidates: result.candidates,
      size: result.size,
      excludedCount: result.candidates - result.size,
      reasons: reasons.map(([reason, count]) => ({ word: t(`reason.${reason}`), count })),
      sample: result.sample,
      bySegments: Object.entries(result.bySegments).map(([segments, people]) => ({
        segments: Number(segments),
        people,
      })),
      segments: result.segments,
      costFen: result.costFen,
      price: (result.pricePerSegmentMilliYuan / 1_000).toFixed(3),
    },
  };
}

export const exampleLines = (t: Translate, examples: readonly Example[]) =>
  examples.map(({ which, phone, text, length, segments }) => ({
    which,
    word: t(`draft.example.${which}`),
    phone,
    text,
    length,
    segments,
    long: segments > 1,
  }));

/** From the fastest to the slowest; what does not fit says how many are left. */
export function forecastLine(t: Translate, forecast: DraftOverview['forecast']): string | null {
  if (!forecast) return null;
  const { fastest, slowest } = forecast;
  if (fastest.kind === 'too-short') return t('draft.forecast.window-end', { left: fastest.left });
  const from = formatTime(fastest.at);
  return slowest.kind === 'too-short'
    ? t('draft.forecast.from', { fastest: from, left: slowest.left })
    : t('draft.forecast.range', { fastest: from, slowest: formatTime(slowest.at) });
}

/** Field by field what the other person saved beside what was typed here. */
export function conflictRows(
  t: Translate,
  step: DraftStep,
  theirs: Draft,
  mine: Draft,
  names: ReadonlyMap<string, string>,
): { label: string; theirs: string; mine: string }[] {
  const word = (value: unknown): string => {
    if (value === null || value === '') return '—';
    if (typeof value === 'string')
      return names.get(value) ?? (t.has(`draft.value.${value}`) ? t(`draft.value.${value}`) : value);
    const sources = Object.entries(value as Draft['body']['variableSources']);
    return sources
      .map(([name, source]) => {
        const key = 'key' in source ? source.key : 'value' in source ? source.value : '';
        return `${name}: ${t(`draft.source.${source.from}`)}${key === '' ? '' : ` ${key}`}`;
      })
      .join('; ');
  };
  return stepFields[step].flatMap((field) => {
    const [left, right] = field === 'name' ? [theirs.name, mine.name] : [theirs.body[field], mine.body[field]];
    return canonicalJson(left) === canonicalJson(right)
      ? []
      : [{ label: t(`draft.field.${field}`), theirs: word(left), mine: word(right) }];
  });
}

/** For people without JavaScript every page view is a tab of its own; draft.js puts the browser tab's name in. */
export const newTab = (): string => randomUUID();

/** The latest test messages; `moving` while one of them can still change by itself. */
export const testLines = (t: Translate, draft: Draft, lines: readonly TestLine[]) => ({
  id: draft.id,
  moving: lines.some(({ state }) => state === 'open' || state === 'calling' || state === 'accepted'),
  lines: lines.map(({ name, phone, state, code, meaning, at }) => ({
    name,
    phone,
    at,
    state,
    word: t(`draft.test.state.${state}`),
    why: meaning
      ? t.language === 'en'
        ? meaning.en
        : meaning.zh
      : code === null
        ? null
        : t.has(`error.${code}`)
          ? t(`error.${code}`)
          : code,
    code,
  })),
});
