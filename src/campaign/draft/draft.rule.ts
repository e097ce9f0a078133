import type { CampaignState } from '../state.rule.ts';
import { houseStopConditions, stopLimits, type StopConditions } from '../../form/stop-condition.rule.ts';
import type { VariableSource } from '../../sms/variable-source.rule.ts';
import type { ContactPurpose } from '../../kernel/reach.rule.ts';
import { isChinaDate } from '../../kernel/working-day.rule.ts';

export const draftSteps = ['audience', 'text', 'window', 'checks', 'review'] as const;
export type DraftStep = (typeof draftSteps)[number];

/** A draft as it was typed. Times are `YYYY-MM-DDTHH:mm` on China's clocks, money is yuan; '' is "not yet". */
export type DraftBody = {
  purpose: string;
  audienceId: string | null;
  templateId: string | null;
  variableSources: Readonly<Record<string, VariableSource>>;
  topic: string | null;
  /** null: what texts of the template's kind are for. */
  contactPurpose: ContactPurpose | null;
  startsAt: string;
  endsAt: string;
  dailyFrom: string;
  dailyTo: string;
  days: 'every-day' | 'working-days';
  ratePerSecond: string;
  requests: 'single' | 'batched';
  costCeiling: string;
  /** When it pauses by itself: percent that failed, opt-outs and complaints of a thousand. */
  stopFailures: string;
  stopOptOuts: string;
  stopComplaints: string;
  signBy: string;
};

/** A place to change. `code` is completed by the step it belongs to. */
export type DraftFault = { step: DraftStep; field: string; code: string };

/** What `createCampaign` wants, of a draft in which everything is there and can be read. */
export type ReadDraft = {
  name: string;
  unit: string;
  purpose: string;
  audienceId: string;
  templateId: string;
  variableSources: Readonly<Record<string, VariableSource>>;
  topic: string | null;
  contactPurpose: ContactPurpose | null;
  window: {
    startsAt: string;
    endsAt: string;
    dailyFrom: string;
    dailyTo: string;
    days: 'every-day' | 'working-days';
  };
  ratePerSecond: number;
  requests: 'single' | 'batched';
  costCeilingFen: number;
  stopConditions: StopConditions;
  signBy: string | undefined;
};

export const emptyBody: DraftBody = {
  purpose: '',
  audienceId: null,
  templateId: null,
  variableSources: {},
  topic: null,
  contactPurpose: null,
  startsAt: '',
  endsAt: '',
  dailyFrom: '09:00',
  dailyTo: '18:00',
  days: 'every-day',
  ratePerSecond: '',
  requests: 'single',
  costCeiling: '',
  stopFailures: String(houseStopConditions.failurePercent),
  stopOptOuts: String(houseStopConditions.optOutsPerThousand),
  stopComplaints: String(houseStopConditions.complaintsPerThousand),
  signBy: '',
};

/** Which fields each step's form carries; the others stay as they are when it is saved. */
export const stepFields = {
  audience: ['name', 'purpose', 'audienceId'],
  text: ['templateId', 'variableSources', 'topic', 'contactPurpose'],
  checks: [],
  window: [
    'startsAt',
    'endsAt',
    'dailyFrom',
    'dailyTo',
    'days',
    'ratePerSecond',
    'requests',
    'costCeiling',
    'stopFailures',
    'stopOptOuts',
    'stopComplaints',
    'signBy',
  ],
  review: [],
} as const satisfies Record<DraftStep, readonly ('name' | keyof DraftBody)[]>;

/** The number that the wizard shows beside a step. */
export const placeOf = (step: DraftStep): number => draftSteps.indexOf(step) + 1;

export const stepAfter = (step: DraftStep): DraftStep =>
  draftSteps[Math.min(draftSteps.indexOf(step) + 1, draftSteps.length - 1)] ?? step;

/** Reads what was typed. Faults are only what is missing or unreadable; whether it may be done is asked of the rules. */
export function readDraft(draft: { name: string; unit: string; body: DraftBody }): {
  read: ReadDraft | null;
  faults: DraftFault[];
} {
  const { body } = draft;
  const faults: DraftFault[] = [];
  const fault = (step: DraftStep, field: string, code: string): void => void faults.push({ step, field, code });
  const name = draft.name.trim();
  const purpose = body.purpose.trim();
  if (name === '') fault('audience', 'name', 'draft.no-name');
  else if (name.length > 80) fault('audience', 'name', 'draft.name-too-long');
  if (purpose === '') fault('audience', 'purpose', 'draft.no-purpose');
  else if (purpose.length > 500) fault('audience', 'purpose', 'draft.purpose-too-long');
  if (body.audienceId === null) fault('audience', 'audienceId', 'draft.no-audience');
  if (body.templateId === null) fault('text', 'templateId', 'draft.no-template');

  const instant = (field: 'startsAt' | 'endsAt' | 'signBy'): string | null => {
    const at = readChinaTime(body[field]);
    if (at === null) fault('window', field, body[field].trim() === '' ? 'draft.no-time' : 'draft.unreadable-time');
    return at;
  };
  const startsAt = instant('startsAt');
  const endsAt = instant('endsAt');
  const signBy = body.signBy.trim() === '' ? undefined : instant('signBy');
  for (const field of ['dailyFrom', 'dailyTo'] as const)
    if (!isDailyTime(body[field])) fault('window', field, 'draft.unreadable-daily-time');
  const ratePerSecond = readWhole(body.ratePerSecond);
  if (ratePerSecond === null || ratePerSecond < 1 || ratePerSecond > 100_000)
    fault('window', 'ratePerSecond', body.ratePerSecond.trim() === '' ? 'draft.no-rate' : 'draft.unreadable-rate');
  const costCeilingFen = fenOfYuan(body.costCeiling);
  if (costCeilingFen === null)
    fault('window', 'costCeiling', body.costCeiling.trim() === '' ? 'draft.no-ceiling' : 'draft.unreadable-ceiling');
  const stopConditions = readStops(body, (field) => fault('window', field, 'draft.unreadable-stop'));

  const { audienceId, templateId } = body;
  const missing = audienceId === null || templateId === null || startsAt === null || endsAt === null;
  if (
    faults.length > 0 ||
    missing ||
    signBy === null ||
    ratePerSecond === null ||
    costCeilingFen === null ||
    !stopConditions
  )
    return { read: null, faults };
  const { variableSources, topic, contactPurpose, dailyFrom, dailyTo, days, requests } = body;
  return {
    read: {
      name,
      unit: draft.unit,
      purpose,
      audienceId,
      templateId,
      variableSources,
      topic,
      contactPurpose,
      window: { startsAt, endsAt, dailyFrom, dailyTo, days },
      ratePerSecond,
      requests,
      costCeilingFen,
      stopConditions,
      signBy,
    },
    faults: [],
  };
}

const stopFields = [
  ['stopFailures', 'failurePercent'],
  ['stopOptOuts', 'optOutsPerThousand'],
  ['stopComplaints', 'complaintsPerThousand'],
] as const;

/** Null when one of them is no number within its limit; each such field is told to `fault`. */
function readStops(body: DraftBody, fault: (field: (typeof stopFields)[number][0]) => void): StopConditions | null {
  const read = { ...houseStopConditions };
  let whole = true;
  for (const [field, name] of stopFields) {
    const value = readWhole(body[field]);
    if (value !== null && value >= 1 && value <= stopLimits[name]) read[name] = value;
    else {
      whole = false;
      fault(field);
    }
  }
  return whole ? read : null;
}

/** The window as it was typed; null while one of its fields is missing or unreadable. */
export function readWindow({ startsAt, endsAt, dailyFrom, dailyTo, days }: DraftBody): ReadDraft['window'] | null {
  const [starts, ends] = [readChinaTime(startsAt), readChinaTime(endsAt)];
  if (starts === null || ends === null || !isDailyTime(dailyFrom) || !isDailyTime(dailyTo)) return null;
  return { startsAt: starts, endsAt: ends, dailyFrom, dailyTo, days };
}

/**
 * What to propose for a window that nobody has touched: from the next minute on, until the end of the daily hours of
 * today, or of tomorrow when less than an hour of today is left; as fast as sends everybody in half an hour, if the account may.
 */
export function proposedWindow(
  body: DraftBody,
  { now, people, accountRate, costFen }: { now: Date; people: number; accountRate: number | null; costFen: number },
): Pick<DraftBody, 'startsAt' | 'endsAt' | 'ratePerSecond' | 'costCeiling'> {
  const step = 60_000;
  const starts = new Date(Math.ceil(now.getTime() / step) * step);
  const startsAt = chinaTimeOf(starts);
  const close = isDailyTime(body.dailyTo) ? body.dailyTo : '18:00';
  const lastMinute = close === '24:00' ? '23:59' : close;
  const today = `${startsAt.slice(0, 10)}T${lastMinute}`;
  const enough = chinaTimeOf(new Date(starts.getTime() + 3_600_000)) <= today;
  const tomorrow = `${chinaTimeOf(new Date(starts.getTime() + 86_400_000)).slice(0, 10)}T${lastMinute}`;
  const wanted = Math.max(10, Math.ceil(people / 1_800));
  return {
    startsAt: body.startsAt || startsAt,
    endsAt: body.endsAt || (enough ? today : tomorrow),
    ratePerSecond: body.ratePerSecond || (accountRate === null ? '' : String(Math.min(accountRate, wanted))),
    costCeiling: body.costCeiling || (costFen > 0 ? yuanOfFen(suggestedCeilingFen(costFen)) : ''),
  };
}

/** `2026-11-02T09:00` (or with a blank) on China's clocks as an ISO instant; null when it is none. */
export function readChinaTime(text: string): string | null {
  const [, day = '', time = ''] = /^(\d{4}-\d\d-\d\d)[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::00)?$/.exec(text.trim()) ?? [];
  return isChinaDate(day) ? `${day}T${time}:00+08:00` : null;
}

/** The instant as a `datetime-local` field wants it, on China's clocks; seconds are dropped. */
export const chinaTimeOf = (at: Date): string => new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 16);

/** Fen of `1,683.90`, `¥1683.9` or `1683 元`; null when it is no amount or beyond exact integers. */
export function fenOfYuan(text: string): number | null {
  const [, yuan, cents = ''] =
    /^[¥￥]?\s*(\d{1,12}|\d{1,3}(?:,\d{3}){1,3})(?:\.(\d{1,2}))?\s*元?$/.exec(text.trim()) ?? [];
  return yuan === undefined ? null : Number(yuan.replaceAll(',', '')) * 100 + Number(cents.padEnd(2, '0'));
}

/** The amount as a field shows it: `1683.90`. */
export const yuanOfFen = (fen: number): string => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;

/** A ceiling to propose: people may be added until the list is frozen, so 5 % more than the estimate, in whole yuan. */
export const suggestedCeilingFen = (costFen: number): number => Math.ceil((costFen * 1.05) / 100) * 100;

/** Saved from elsewhere since the form was opened. A tab never conflicts with its own unbroken row of saves. */
export const savedElsewhere = (
  row: { version: number; savedTab: string; savedSince: number },
  form: { version: number; tab: string },
): boolean => (form.tab === row.savedTab ? form.version < row.savedSince : form.version !== row.version);

/** Ended without effect: a new campaign with the same contents is a corrected version of it. */
export const isReturned = (state: CampaignState): boolean =>
  state === 'rejected' || state === 'expired' || state === 'voided' || state === 'withdrawn';

const isDailyTime = (text: string): boolean => text === '24:00' || /^([01]\d|2[0-3]):[0-5]\d$/.test(text);
export const readWhole = (text: string): number | null => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : null);
