import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { PageFault } from '../kit/page/page.ts';
import type { ContactHours, ContactPolicy, DailyHours, PurposeCaps } from './policy.rule.ts';
import { contactChannels, contactPurposes, type ContactChannel, type ContactPurpose } from '../kernel/reach.rule.ts';
import { AppError } from '../kernel/app-error.rule.ts';

export const spans = ['day', 'week', 'month', 'callsADay'] as const;
type Span = (typeof spans)[number];
export const capped = [...contactPurposes, 'total'] as const;
const days = ['working', 'rest'] as const;

export const capName = (of: (typeof capped)[number], span: Span): string => `cap-${of}-${span}`;
export const hoursName = (of: ContactPurpose, channel: ContactChannel, day: (typeof days)[number]): string =>
  `hours-${of}-${channel}-${day}`;

const names = [
  ...capped.flatMap((of) => spans.map((span) => capName(of, span))),
  ...contactPurposes.flatMap((of) =>
    contactChannels.flatMap((channel) => days.map((day) => hoursName(of, channel, day))),
  ),
  'deadNumberDays',
  'blacklistDays',
];
const Field = z.string().max(20).default('');
/** A field a cap, empty for no limit, and two a purpose and channel: `09:00-18:00`, or empty for not at all. */
export const PolicyForm = z.object(Object.fromEntries(names.map((name) => [name, Field])));
export type PolicyForm = z.infer<typeof PolicyForm>;

const written = (hours: ContactHours | null, day: (typeof days)[number]): string => hours?.[day]?.join('-') ?? '';

export const formOfPolicy = (policy: ContactPolicy): PolicyForm =>
  Object.fromEntries([
    ...capped.flatMap((of) =>
      spans.map((span) => [capName(of, span), String((of === 'total' ? policy.total : policy.caps[of])[span] ?? '')]),
    ),
    ...contactPurposes.flatMap((of) =>
      contactChannels.flatMap((channel) =>
        days.map((day) => [hoursName(of, channel, day), written(policy.hours[of][channel], day)]),
      ),
    ),
    ['deadNumberDays', String(policy.deadNumberDays)],
    ['blacklistDays', String(policy.blacklistDays)],
  ]);

/** What one of the page's forms was refused for, with what was typed into that one. */
export type Tried = {
  fault?: PageFault;
  policy?: PolicyForm;
  optOut?: Record<'channels' | 'purposes', readonly string[]> & { secondNoDays: string };
  percent?: string;
};

export type ShowPolicy = (request: FastifyRequest, reply: FastifyReply, tried: Tried) => Promise<FastifyReply>;

type Fault = { field: string; code: string; message: string };

/** Throws `policy.fields` with a fault a field. */
export function readPolicy(form: PolicyForm): ContactPolicy {
  const faults: Fault[] = [];
  const refuse = (name: string, code: string): null => {
    faults.push({ field: name, code, message: 'This cannot be read.' });
    return null;
  };
  const limit = (name: string): number | null => {
    const text = (form[name] ?? '').trim();
    if (text === '') return null;
    const value = Number(text);
    return Number.isInteger(value) && value >= 0 && value <= 1_000 ? value : refuse(name, 'policy.field-max');
  };
  const capsOf = (of: (typeof capped)[number]): PurposeCaps => ({
    day: limit(capName(of, 'day')),
    week: limit(capName(of, 'week')),
    month: limit(capName(of, 'month')),
    callsADay: limit(capName(of, 'callsADay')),
  });
  const daily = (name: string): DailyHours => {
    const text = (form[name] ?? '')
      .trim()
      .replaceAll('：', ':')
      .replaceAll(/\s*[-–—~至]\s*/g, '-');
    if (text === '') return null;
    const found = /^(\d\d?:\d\d)-(\d\d?:\d\d)$/.exec(text);
    const [from, to] = [found?.[1]?.padStart(5, '0'), found?.[2]?.padStart(5, '0')];
    const readable = [from, to].every((each) => each === '24:00' || /^([01]\d|2[0-3]):[0-5]\d$/.test(each ?? ''));
    return from && to && readable ? [from, to] : refuse(name, 'policy.field-hours');
  };
  const hoursOf = (of: ContactPurpose, channel: ContactChannel): ContactHours | null => {
    const hours = {
      working: daily(hoursName(of, channel, 'working')),
      rest: daily(hoursName(of, channel, 'rest')),
    };
    return channel === 'sms' && hours.working === null && hours.rest === null ? null : hours;
  };
  const daysIn = (name: string): number => {
    const text = (form[name] ?? '').trim();
    const count = Number(text);
    if (text === '' || !Number.isInteger(count) || count < 1 || count > 3_650) refuse(name, 'policy.field-days');
    return count;
  };
  const policy: ContactPolicy = {
    caps: Object.fromEntries(contactPurposes.map((of) => [of, capsOf(of)])) as ContactPolicy['caps'],
    total: capsOf('total'),
    hours: Object.fromEntries(
      contactPurposes.map((of) => [
        of,
        Object.fromEntries(contactChannels.map((channel) => [channel, hoursOf(of, channel)])),
      ]),
    ) as ContactPolicy['hours'],
    deadNumberDays: daysIn('deadNumberDays'),
    blacklistDays: daysIn('blacklistDays'),
  };
  if (faults.length > 0) throw new AppError('invalid', 'policy.fields', 'Some fields cannot be used.', { faults });
  return policy;
}

/** The field of the page that a field of the policy stands in. */
export const fieldOf = (field: string): string => {
  const [kind, of, ...rest] = field.split('.');
  return kind === 'hours' ? `hours-${of}-${rest[0]}-${rest[1] ?? 'working'}` : `cap-${of}-${rest[0]}`;
};
