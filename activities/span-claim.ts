import type { ClaimRequest } from '../src/campaign/claim.db.ts';
import type { ListedMember } from '../src/campaign/message.db.ts';
import type { ContactAsk } from '../src/contact/contact.rule.ts';
import type { LiveCampaign } from '../src/campaign/live-campaign.db.ts';
import { segmentsWithin } from '../src/sms/cost.rule.ts';
import type { SmsGateway } from '../src/sms/gateway.ts';
import type { Spent } from '../src/sms/pace.rule.ts';
import type { Granted } from '../src/sms/rate.db.ts';
import { countSegments } from '../src/sms/segment.rule.ts';
import { renderTemplate } from '../src/sms/template/template.rule.ts';
import { leadMs } from './call-permit.ts';
import type { LeaveDesk } from './leave-desk.ts';
import type { SpanInput } from './send-span.ts';
import type { DigestTrust, Seen } from './verified-batch.ts';

/** A verified batch in a span's hands: what its claims are made of. */
export type BatchRun = SpanInput & {
  owner: string;
  endsAt: number;
  live: LiveCampaign;
  members: ReadonlyMap<number, ListedMember>;
  seen: Seen;
  batch: number;
  trust: DigestTrust;
  gateway: SmsGateway;
  segmentsOf: (person: ListedMember) => number;
  /** Called when no more than a second's worth of the batch is left. */
  atTheEnd(): void;
};
/** Leave for some of those who are due, or the milliseconds until it may be had. The rate is asked first, and nobody is held for it. */
export async function askLeave(
  desk: LeaveDesk,
  run: BatchRun,
  line: { spent: Spent | null },
  due: number,
): Promise<Granted | number> {
  const { campaign, account } = run.live;
  const { spent } = line;
  // Said once: what is written of a grant stays written.
  line.spent = null;
  const leave = await desk.ask({
    accountId: account.id,
    rates: { [campaign.id]: campaign.ratePerSecond },
    wanted: due,
    spent,
    lapsed: null,
    // Nothing is asked for that would begin after the turn.
    aheadMs: Math.max(0, Math.min(leadMs, run.endsAt - performance.now())),
  });
  if (leave.kind === 'granted') return leave.granted;
  return leave.kind === 'wait' ? Math.min(leave.waitMs, 1_000) : 1_000;
}

/** Segments of one person's text, as the estimate on the form counted them. */
export function segmentCounter({ template }: LiveCampaign): BatchRun['segmentsOf'] {
  const render = renderTemplate(template.source);
  const { signName } = template;
  return ({ variables }) => countSegments({ signName, text: render(variables) }).segments;
}

export function claimRequest(
  run: BatchRun,
  gateway: SmsGateway,
  rules: ContactAsk,
  people: readonly ListedMember[],
  now: Date,
): Omit<ClaimRequest, 'knownMark'> {
  const { campaign, account, audience } = run.live;
  return {
    campaignId: campaign.id,
    campaignKey: campaign.key,
    audienceId: audience.id,
    accountId: account.id,
    span: run.span,
    owner: run.owner,
    people,
    rules,
    perRequest: membersPerRequest(run, gateway),
    segmentsOf: run.segmentsOf,
    plannedSegments: campaign.segments ?? 0,
    segmentLimit: segmentsWithin(campaign.costCeilingFen, account.priceMilliYuan),
    now,
  };
}

/** One number a call gives a verdict a person; batched calls are cheaper and are halved when one number spoils them. */
export function membersPerRequest(run: Pick<BatchRun, 'live'>, gateway: SmsGateway): number {
  if (run.live.campaign.requests === 'single') return 1;
  return run.live.template.variables.length === 0 ? gateway.limits.sameText : gateway.limits.perPerson;
}
