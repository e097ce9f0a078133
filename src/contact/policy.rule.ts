import { contactChannels, contactPurposes, type ContactChannel, type ContactPurpose } from '../kernel/reach.rule.ts';

/** At most so many contacts in a day (24 hours), a week (7 days) and a month (30 days) up to now; null is no limit. */
export type CapSpans = { day: number | null; week: number | null; month: number | null };
/** Over all channels, and of calls alone. */
export type PurposeCaps = CapSpans & { callsADay: number | null };

/** From and to on the customer's clock, `HH:mm`, the end not included; null is not at all on such days. */
export type DailyHours = [from: string, to: string] | null;
/** `working`: working days and made-up workdays. `rest`: weekends and holidays. */
export type ContactHours = { working: DailyHours; rest: DailyHours };

export type ContactPolicy = {
  readonly caps: Readonly<Record<ContactPurpose, PurposeCaps>>;
  /** Over all purposes. */
  readonly total: PurposeCaps;
  /** Null of texts: those of the gateway account alone. They hold in any case, and the stricter of both counts. */
  readonly hours: Readonly<Record<ContactPurpose, Readonly<Record<ContactChannel, ContactHours | null>>>>;
  /** How long a number that a carrier calls dead stays silent. */
  readonly deadNumberDays: number;
  /** The same of a number on a carrier's black list. */
  readonly blacklistDays: number;
};

const noLimit: PurposeCaps = { day: null, week: null, month: null, callsADay: null };

export const everyDay = (from: string, to: string): ContactHours => ({ working: [from, to], rest: [from, to] });
/** B5: the outbound hours of the call centre (003 §1). */
const callHours: ContactHours = { working: ['09:00', '18:00'], rest: ['10:00', '17:00'] };

const houseHours: Record<ContactChannel, ContactHours | null> = {
  sms: null,
  call: callHours,
  web: everyDay('08:00', '22:00'),
};

export const defaultContactPolicy: ContactPolicy = {
  caps: {
    // Two a week: the house rule of the confirmation form.
    marketing: { ...noLimit, week: 2 },
    // Ten a day keeps a loop of ours from flooding a person; a notice that is due is never kept back by weeks or months.
    service: { ...noLimit, day: 10 },
    // GB/T 45251-2025: at most three calls a day to a debtor.
    repayment: { ...noLimit, day: 4, callsADay: 3 },
    survey: { ...noLimit, week: 1, month: 2 },
    callback: { ...noLimit, day: 6, callsADay: 3 },
    care: { ...noLimit, week: 2 },
  },
  total: { ...noLimit, day: 12 },
  hours: Object.fromEntries(contactPurposes.map((purpose) => [purpose, houseHours])) as ContactPolicy['hours'],
  // A cancelled number rests about 90 days at the carrier and is then given to somebody else, who has said nothing to us.
  deadNumberDays: 90,
  // Nobody says when a carrier takes a number off its list: after half a year one message finds out, and pays for it.
  blacklistDays: 180,
};

/** What a carrier lets one number get from one account in 24 hours, per signature and text (aliyun-sms §7): taken over all texts, the stricter reading. */
export const gatewayDayLimit = 50;

export type Cap = {
  of: ContactPurpose | 'total' | 'gateway';
  days: number;
  max: number;
  /** Null counts all channels. */
  channel: ContactChannel | null;
};

const spans = { day: 1, week: 7, month: 30 } as const;

const capsIn = (of: Cap['of'], caps: PurposeCaps): Cap[] => [
  ...Object.entries(spans).flatMap(([span, days]) => {
    const max = caps[span as keyof typeof spans];
    return max === null ? [] : [{ of, days, max, channel: null }];
  }),
  ...(caps.callsADay === null ? [] : [{ of, days: 1, max: caps.callsADay, channel: 'call' as const }]),
];

type Caps = Pick<ContactPolicy, 'caps' | 'total'>;
// A policy is never changed in place, and is asked about a thousand people at a time.
const known = new WeakMap<Caps, Map<string, readonly Cap[]>>();

/** Every cap that a contact of that purpose over that channel must keep. */
export function capsFor(policy: Caps, purpose: ContactPurpose, channel: ContactChannel): readonly Cap[] {
  const ofPolicy = known.get(policy) ?? new Map<string, readonly Cap[]>();
  known.set(policy, ofPolicy);
  const key = `${purpose} ${channel}`;
  const caps = ofPolicy.get(key) ?? capsOf(policy, purpose, channel);
  ofPolicy.set(key, caps);
  return caps;
}

const capsOf = (policy: Caps, purpose: ContactPurpose, channel: ContactChannel): Cap[] =>
  [
    ...capsIn(purpose, policy.caps[purpose]),
    ...capsIn('total', policy.total),
    { of: 'gateway' as const, days: 1, max: gatewayDayLimit, channel: 'sms' as const },
  ].filter((cap) => cap.channel === null || cap.channel === channel);

/** What no house may set aside: collection rests 22:00–08:00 and calls a debtor three times a day at most (GB/T 45251-2025). */
export const repaymentFloor = { from: '08:00', to: '22:00', callsADay: 3 } as const;

/** All the hours that must be open for such a contact: the house's, those of the account that sends, and the law's. */
export const hoursFor = (
  policy: ContactPolicy,
  purpose: ContactPurpose,
  channel: ContactChannel,
  sender: ContactHours | null,
): ContactHours[] =>
  [
    policy.hours[purpose][channel],
    channel === 'sms' ? sender : null,
    purpose === 'repayment' ? everyDay(repaymentFloor.from, repaymentFloor.to) : null,
  ].filter((hours) => hours !== null);

export type PolicyFault = {
  field: string;
  code: 'policy.hours-order' | 'policy.hours-missing' | 'policy.repayment-hours' | 'policy.repayment-calls';
};

/** Everything that is wrong with a policy; an empty list means that it may be set. */
export function faultsOfPolicy(policy: Pick<ContactPolicy, 'caps' | 'hours'>): PolicyFault[] {
  const faults: PolicyFault[] = [];
  for (const purpose of contactPurposes)
    for (const channel of contactChannels)
      for (const day of ['working', 'rest'] as const) {
        const set = policy.hours[purpose][channel];
        if (set === null && channel !== 'sms' && day === 'working')
          faults.push({ field: `hours.${purpose}.${channel}`, code: 'policy.hours-missing' });
        const hours = set?.[day] ?? null;
        if (hours === null) continue;
        const field = `hours.${purpose}.${channel}.${day}`;
        const [from, to] = hours;
        if (from >= to) faults.push({ field, code: 'policy.hours-order' });
        else if (purpose === 'repayment' && (from < repaymentFloor.from || to > repaymentFloor.to))
          faults.push({ field, code: 'policy.repayment-hours' });
      }
  const calls = policy.caps.repayment.callsADay;
  if (calls === null || calls > repaymentFloor.callsADay)
    faults.push({ field: 'caps.repayment.callsADay', code: 'policy.repayment-calls' });
  return faults;
}
