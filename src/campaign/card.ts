import { setTimeout as sleep } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import { endedStates, type CampaignState } from './state.rule.ts';
import type { StopConditions } from '../form/stop-condition.rule.ts';
import { chinaTime, fields, table, yuan } from '../kit/cli/output.ts';
import type { Session } from '../house/session.cli.ts';

export type Card = {
  campaign: {
    id: string;
    number: string;
    name: string;
    purpose: string;
    unit: string;
    applicantName: string;
    state: CampaignState;
    stateReason: Record<string, unknown> | null;
    startsAt: string;
    endsAt: string;
    dailyFrom: string;
    dailyTo: string;
    ratePerSecond: number;
    costCeilingFen: number;
    stopConditions: StopConditions;
    estimateFen: number | null;
    signBy: string;
  };
  form: { digest: string; expiresAt: string } | null;
  signatures: { role: string; staffName: string; kind: string; fingerprint: string; signedAt: string }[];
  ledger: {
    size: number;
    counts: Record<string, number>;
    reasons: { state: string; reason: string; count: number }[];
    balanced: boolean;
  } | null;
  inFlight: { seq: number; phone: string; since: string }[];
  archive: { digest: string; bytes: number } | null;
};

export function describeCampaign({ campaign, form, signatures, ledger, inFlight, archive }: Card): string {
  const head = fields({
    campaign: `${campaign.number}  ${campaign.name}`,
    id: campaign.id,
    state: campaign.state,
    because: campaign.stateReason,
    purpose: campaign.purpose,
    applicant: `${campaign.applicantName}, ${campaign.unit}`,
    window: `${chinaTime(campaign.startsAt)} to ${chinaTime(campaign.endsAt)}, daily ${campaign.dailyFrom} to ${campaign.dailyTo}`,
    rate: `${campaign.ratePerSecond} a second`,
    cost:
      campaign.estimateFen === null
        ? `at most ${yuan(campaign.costCeilingFen)}`
        : `about ${yuan(campaign.estimateFen)}, at most ${yuan(campaign.costCeilingFen)}`,
    stops: `above ${campaign.stopConditions.failurePercent} % failed, ${campaign.stopConditions.optOutsPerThousand} opt-outs or ${campaign.stopConditions.complaintsPerThousand} complaints of 1,000`,
    'sign by': campaign.signBy,
    form: form?.digest,
    archive: archive && `${archive.digest} (${archive.bytes} bytes)`,
  });
  const signed = signatures.map(
    (each) =>
      `signed as ${each.role} by ${each.staffName} at ${chinaTime(each.signedAt)} (${each.kind} ${each.fingerprint.slice(0, 16)}…)`,
  );
  const open =
    inFlight.length === 0
      ? []
      : [
          '',
          table(
            ['in flight', 'phone', 'since'],
            inFlight.map((each) => [each.seq, each.phone, each.since]),
          ),
        ];
  return [head, ...signed, ...(ledger ? ['', describeLedger(ledger)] : []), ...open].join('\n');
}

function describeLedger({ size, counts, reasons, balanced }: NonNullable<Card['ledger']>): string {
  const rows = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .flatMap(([state, count]) => {
      const parts = reasons.filter((each) => each.state === state);
      return [[state, '', count] as unknown[]].concat(parts.map((each) => ['', each.reason, each.count]));
    });
  return `${table(['ledger', 'reason', 'people'], rows)}\n${balanced ? `Balanced: they sum to the ${size} people signed for.` : `NOT balanced: they do not sum to the ${size} people signed for.`}`;
}

const pollMs = 1000;
const waiting = new Set<CampaignState>(['draft', 'awaiting-liaison', 'awaiting-leader', 'scheduled', 'paused']);

/** Shows progress on the terminal until nothing more will happen (a completed campaign still gets its archive). */
export async function watchCampaign(session: Session, load: () => Promise<Card>): Promise<Card> {
  const bar =
    session.stderr.isTTY === true
      ? new SingleBar({
          stream: session.stderr,
          format: '{state} {bar} {value}/{total}  {detail}',
          hideCursor: true,
          clearOnComplete: true,
        })
      : null;
  let seen = '';
  let started = false;
  try {
    for (;;) {
      const card = await load();
      const { state } = card.campaign;
      if (bar && card.ledger) {
        const { pending = 0, claimed = 0 } = card.ledger.counts;
        if (!started) bar.start(card.ledger.size, 0);
        started = true;
        bar.update(card.ledger.size - pending - claimed, { state, detail: detailOf(card.ledger.counts) });
      } else if (state !== seen) session.say(`${new Date().toISOString()} ${state}`);
      seen = state;
      if (endedStates.includes(state) && (state !== 'completed' || card.archive)) return card;
      await sleep(waiting.has(state) ? pollMs * 2 : pollMs);
    }
  } finally {
    if (started) bar?.stop();
  }
}

const detailOf = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .filter(([state, count]) => count > 0 && state !== 'pending')
    .map(([state, count]) => `${state} ${count}`)
    .join(', ');
