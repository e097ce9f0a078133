import { campaignWorkflowId } from '../../workflows/sms-campaign.ts';
import { waitFor, type House } from './campaign.ts';

/** What the gateway really took of one campaign, and whether anybody got it twice. */
export async function sentOf(house: House, campaignId: string) {
  const { campaign } = await house.show(campaignId);
  const { accepted, numbersAcceptedMoreThanOnce } = house.sandbox.witness.counts({
    outIdPrefix: `wh-${campaign.key}-`,
  });
  return { accepted, twice: numbersAcceptedMoreThanOnce };
}

export const untilSent = (house: House, campaignId: string, atLeast: number) =>
  waitFor(
    async () => {
      const sent = await sentOf(house, campaignId);
      return sent.accepted >= atLeast ? sent : null;
    },
    async () =>
      `${(await sentOf(house, campaignId)).accepted} sent, waited for ${atLeast}; ${(await house.show(campaignId)).campaign.state}`,
  );

/** The end of a campaign, whichever: nothing is sent or asked any more. */
export const untilFinished = (house: House, campaignId: string, seconds = 45) =>
  waitFor(
    async () => {
      const seen = await house.show(campaignId);
      return seen.campaign.finishedAt ? seen : null;
    },
    async () => {
      const { campaign, ledger } = await house.show(campaignId);
      return `${campaign.state} ${JSON.stringify(campaign.stateReason)} ${JSON.stringify(ledger?.counts)}, waited for its end; ${await doingOf(house, campaignId)}`;
    },
    seconds,
  );

/** What the campaign's workflow is at, in Temporal's words: a wait in vain says why. */
async function doingOf(house: House, campaignId: string): Promise<string> {
  const { raw } = await house.client.workflow.getHandle(campaignWorkflowId(campaignId)).describe();
  const activities = (raw.pendingActivities ?? []).map(
    ({ activityType, state, attempt, lastFailure }) =>
      `${activityType?.name} ${state} attempt ${attempt} ${lastFailure?.message ?? ''}`,
  );
  const task = raw.pendingWorkflowTask;
  return `workflow ${raw.workflowExecutionInfo?.status}, task ${task ? `attempt ${task.attempt}` : 'none'}, activities [${activities.join('; ')}]`;
}

/** Answers that the sandbox holds back now. */
export const heldAnswers = async (house: House): Promise<number> =>
  ((await house.ask('GET', 'state', undefined)) as { heldAnswers: number }).heldAnswers;
export const untilHeld = (house: House, atLeast: number) =>
  waitFor(
    async () => ((await heldAnswers(house)) >= atLeast ? true : null),
    async () => `${await heldAnswers(house)} answers held, waited for ${atLeast}`,
  );

export type LedgerLine = {
  seq: number;
  state: string;
  reason: string | null;
  code: string | null;
  attempt: number;
  requestSeq: number | null;
  dueAt: Date | null;
};
export async function rowsOf(house: House, campaignId: string): Promise<LedgerLine[]> {
  const { rows } = await house.pool.query(
    `select m.seq, m.state, m.reason, m.code, m.attempt, m.request_seq as "requestSeq", m.due_at as "dueAt"
     from message m join campaign c on c.key = m.campaign_key where c.id = $1 order by m.seq`,
    [campaignId],
  );
  return rows as LedgerLine[];
}

/** Looks at the ledger until `stop` is called; gives the looks at which it did not balance. */
export function watchLedger(
  house: House,
  campaignId: string,
): { stop(): Promise<{ looks: number; wrong: unknown[] }> } {
  const wrong: unknown[] = [];
  let looks = 0;
  let going = true;
  const running = (async () => {
    while (going) {
      const { ledger } = await house.show(campaignId);
      looks += 1;
      if (ledger && !ledger.balanced) wrong.push(ledger.counts);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return {
    async stop() {
      going = false;
      await running;
      return { looks, wrong };
    },
  };
}

/** The code that a command fails with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'nothing went wrong';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
