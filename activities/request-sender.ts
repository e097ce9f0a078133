import { formatOutId } from '../src/sms/out-id.rule.ts';
import { failureOf, retryAfterSeconds } from '../src/sms/outcome-reaction.rule.ts';
import { silenceOfRefusal } from '../src/sms/silence.rule.ts';
import type { ClaimedMember } from '../src/campaign/claim.db.ts';
import type { LiveCampaign } from '../src/campaign/live-campaign.db.ts';
import { reclaim, type MessageResult } from '../src/campaign/result.db.ts';
import type { Member } from '../src/audience/digest.rule.ts';
import type { SubmitOutcome } from '../src/sms/gateway.ts';
import { gatewayCodes } from '../src/sms/index.ts';
import type { CallPermit } from './call-permit.ts';
import { pauseCampaign, stopAccount } from './halt.ts';
import type { HaltWatch } from './halt-watch.ts';
import type { ResultBuffer } from './result-buffer.ts';
import type { SendDeps } from './send-span.ts';
import type { SmsGateway } from '../src/sms/gateway.ts';

type Deps = Pick<SendDeps, 'pool' | 'inFlight' | 'onTrouble'> & { results: ResultBuffer; watch: HaltWatch };

/** One verified batch: what its calls are made of, and how they were answered so far. */
export type BatchLoad = {
  live: LiveCampaign;
  members: ReadonlyMap<number, Member>;
  gateway: SmsGateway;
  answered: number;
  refused: number;
};

export type RequestSender = {
  /**
   * Makes one call for claimed members, or gives them back when `permit` says no or the account has no room until `endsAt`;
   * resolves when it has begun, not when it is answered.
   */
  start(group: readonly ClaimedMember[], load: BatchLoad, permit: CallPermit, endsAt: number): Promise<void>;
  /** Gives back members whose call was never made. */
  release(group: readonly ClaimedMember[]): void;
  /** Milliseconds that a busy gateway asked for. */
  restMs(): number;
  /** Resolves when every call begun is answered and every answer is committed. */
  finish(): Promise<void>;
};

export function createRequestSender({ pool, inFlight, results, watch, onTrouble }: Deps): RequestSender {
  const running = new Set<Promise<void>>();
  let restUntil = 0;

  const store = (
    group: readonly ClaimedMember[],
    result: Omit<MessageResult, 'seq' | 'requestSeq' | 'attempt'>,
  ): void => {
    for (const { seq, requestSeq, attempt } of group) results.add({ seq, requestSeq, attempt, ...result });
  };
  const back = (
    group: readonly ClaimedMember[],
    code: string | null,
    seconds: number,
    calledAt: Date | null = null,
  ): void =>
    store(group, {
      state: 'pending',
      reason: null,
      code,
      bizId: null,
      calledAt,
      dueAt: seconds > 0 ? new Date(Date.now() + seconds * 1_000) : null,
    });

  const send = async (group: readonly ClaimedMember[], load: BatchLoad, permit: CallPermit): Promise<void> => {
    let outcome: SubmitOutcome;
    const calledAt = new Date();
    try {
      outcome = await call(group, load);
    } catch (error) {
      // A driver must not throw; if one does, nobody knows how far it came.
      outcome = { kind: 'unknown', code: 'client.unexpected', message: error instanceof Error ? error.name : 'error' };
    }
    if (outcome.kind === 'accepted') {
      load.answered += group.length;
      return store(group, {
        state: 'accepted',
        reason: null,
        code: 'OK',
        bizId: outcome.bizId,
        dueAt: null,
        calledAt,
      });
    }
    if (outcome.kind === 'unknown')
      return store(group, { state: 'unknown', reason: null, code: outcome.code, bizId: null, dueAt: null, calledAt });
    return react(group, { load, permit, calledAt }, outcome);
  };

  const react = async (
    group: readonly ClaimedMember[],
    { load, permit, calledAt }: { load: BatchLoad; permit: CallPermit; calledAt: Date },
    outcome: Extract<SubmitOutcome, { kind: 'refused' }>,
  ): Promise<void> => {
    const { campaign, template, account } = load.live;
    const codes = gatewayCodes(account.provider);
    const attempt = group[0]?.attempt ?? 1;
    const sameText = template.variables.length === 0;
    if (group.length > 1 && codes.isSplittable(outcome.code, sameText)) return halve(group, load, permit);
    switch (outcome.class) {
      case 'retry': {
        const seconds = retryAfterSeconds(outcome.retryAfterSeconds, attempt);
        restUntil = Math.max(restUntil, performance.now() + Math.min(seconds, 5) * 1_000);
        return back(group, outcome.code, seconds, calledAt);
      }
      case 'defer':
        return back(group, outcome.code, outcome.retryAfterSeconds ?? 3_600, calledAt);
      case 'recipient':
        load.answered += group.length;
        load.refused += group.length;
        return fail(group, load, outcome.code, calledAt);
      case 'campaign':
        back(group, outcome.code, 0, calledAt);
        return pauseCampaign(pool, campaign.id, { code: 'campaign.refused-by-gateway', gatewayCode: outcome.code });
      case 'account': {
        back(group, outcome.code, 0, calledAt);
        const until =
          outcome.retryAfterSeconds === undefined ? null : new Date(Date.now() + outcome.retryAfterSeconds * 1_000);
        return stopAccount(pool, account.id, outcome.code, until);
      }
    }
  };

  /** Final for these people. What the refusal says of the number silences it, whoever writes to it next. */
  const fail = (group: readonly ClaimedMember[], load: BatchLoad, code: string, calledAt: Date): void => {
    const { account, template } = load.live;
    const fault = gatewayCodes(account.provider).faultOf(code, template.variables.length === 0);
    const kind = silenceOfRefusal(fault);
    for (const { seq, requestSeq, attempt } of group) {
      const phone = load.members.get(seq)?.phone;
      results.add({
        seq,
        requestSeq,
        attempt,
        state: 'failed',
        reason: failureOf(fault ?? undefined),
        code,
        bizId: null,
        dueAt: null,
        calledAt,
        silence: kind && phone !== undefined ? { phone, kind, code } : null,
      });
    }
  };

  // One number spoilt the call and nothing was sent: each half is a new call with an out id of its own.
  const halve = async (group: readonly ClaimedMember[], load: BatchLoad, permit: CallPermit): Promise<void> => {
    const middle = Math.ceil(group.length / 2);
    for (const half of [group.slice(0, middle), group.slice(middle)]) {
      const requestSeq = half[0]?.seq ?? 0;
      const attempt = Math.max(...half.map((member) => member.attempt)) + 1;
      const seqs = await reclaim(pool, load.live.campaign.key, half, requestSeq, attempt, new Date());
      const again = seqs.map((seq) => ({ seq, requestSeq, attempt }));
      // Some are not ours any more: another attempt has taken the span over, and it decides about them.
      const ours = !watch.halted() && again.length === half.length;
      if (ours && (await permit(again).catch(() => false))) await send(again, load, permit);
      else back(again, null, 0);
    }
  };

  const restMs = (): number => Math.max(0, restUntil - performance.now());

  return {
    async start(group, load, permit, endsAt) {
      const accountId = load.live.account.id;
      if (!(await inFlight.enter(accountId, endsAt))) return back(group, null, 0);
      // Waiting for room may have taken long enough for a pause, the window's end or an opt-out. Without the database nothing leaves.
      if (!(await permit(group).catch(() => false))) {
        inFlight.leave(accountId);
        return back(group, null, 0);
      }
      const run = send(group, load, permit)
        // A reaction that the database refused: the rows stay claimed until `settle` or the next attempt doubts them.
        .catch((error: unknown) =>
          onTrouble('A refused request could not be dealt with.', { campaignId: load.live.campaign.id, error }),
        )
        .finally(() => {
          inFlight.leave(accountId);
          running.delete(run);
        });
      running.add(run);
    },
    release: (group) => back(group, null, restMs() / 1_000),
    restMs,
    async finish() {
      await Promise.all(running);
      await results.drain();
    },
  };
}

async function call(
  group: readonly ClaimedMember[],
  { live: { campaign, template }, members, gateway }: BatchLoad,
): Promise<SubmitOutcome> {
  const [first] = group;
  if (!first) throw new Error('A request needs a member.');
  const outId = formatOutId({ campaignKey: campaign.key, requestSeq: first.requestSeq, attempt: first.attempt });
  const recipients = group.map(({ seq }) => {
    const member = members.get(seq);
    // Claimed rows come from the same range as the verified copy; a hole would mean sending to somebody unsigned.
    if (!member) throw new Error(`Member ${seq} is not in the verified batch.`);
    return member;
  });
  return gateway.submit({ outId, signName: template.signName, templateCode: template.gatewayCode, recipients });
}
