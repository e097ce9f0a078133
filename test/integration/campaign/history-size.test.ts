import { randomUUIDv7 } from 'node:crypto';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { CampaignStep } from '../../../activities/lifecycle.ts';
import { batchesPerSpan } from '../../../src/campaign/turn.rule.ts';
import type { CampaignActivities } from '../../../activities/campaign.ts';
import { sendersQueue } from '../../../workflows/senders-queue.ts';
import { signUpdate, type smsCampaign } from '../../../workflows/sms-campaign.ts';
import { bundled } from '../../kit/house-worker.ts';
import { keepHistories } from '../../kit/record-histories.ts';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
const mostEvents = 4_096;
const batches = 1_000;
const perSpan = batchesPerSpan(batches);
const spans = Array.from({ length: Math.ceil(batches / perSpan) }, (_, index) => ({
  span: index + 1,
  fromBatch: index * perSpan + 1,
  toBatch: Math.min((index + 1) * perSpan, batches),
}));
const digest = 'ab'.repeat(32);

let client: Client;
let connection: Connection;
let native: NativeConnection;
beforeAll(async () => {
  connection = await Connection.connect({ address: inject('temporalAddress') });
  native = await NativeConnection.connect({ address: inject('temporalAddress') });
  client = new Client({ connection });
});
afterAll(async () => {
  await connection.close();
  await native.close();
});

/** Runs the real workflow on activities that only say what a campaign of a million would; gives the events of each of its runs. */
async function eventsOf(
  steps: readonly CampaignStep[],
  { turns = 1, of = spans } = {},
): Promise<{ events: number[]; sent: number; histories: string[] }> {
  const taskQueue = `test-${randomUUIDv7()}`;
  const workflowId = `campaign:${randomUUIDv7()}`;
  let signed = 0;
  let turn = 0;
  let sent = 0;
  const activities: Partial<CampaignActivities> = {
    freezeAudience: async () => ({ kind: 'formed', digest, applicantId: 'a', expiresInMs: 60_000 }),
    recordSignature: async (_, { role }) => {
      signed += 1;
      return { kind: 'signed', state: role === 'liaison' ? 'awaiting-leader' : 'signed' };
    },
    decideNextStep: async () => {
      if (signed < 2) return { kind: 'wait', why: 'signature', untilMs: 60_000 };
      return steps[Math.min(turn++, steps.length - 1)] as CampaignStep;
    },
    startSending: async () => undefined,
    planSpans: async () => of,
    sendSpan: async () => {
      sent += 1;
      return sent >= turns ? 'done' : 'turn';
    },
    settle: async () => 0,
    closeRemaining: async () => undefined,
    finishCampaign: async () => undefined,
  };
  const { sendSpan, settle: ask, ...people } = activities;
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: await bundled(),
    activities: people,
  });
  // What only senders do is handed to senders only: the other worker would not know it.
  const senders = await Worker.create({
    connection: native,
    taskQueue: sendersQueue(taskQueue),
    activities: { sendSpan, settle: ask },
  });
  let first = '';
  const play = async (): Promise<void> => {
    const handle = await client.workflow.start<typeof smsCampaign>('smsCampaign', {
      taskQueue,
      workflowId,
      args: [{ campaignId: workflowId }],
    });
    first = handle.firstExecutionRunId;
    for (const [role, staffId] of [
      ['liaison', 'b'],
      ['leader', 'c'],
    ] as const) {
      await handle.executeUpdate(signUpdate, {
        args: [
          {
            signatureId: role,
            role,
            staffId,
            credentialId: 'k',
            digest,
            evidence: { kind: 'ed25519', signature: 's' },
          },
        ],
      });
    }
    await client.workflow.getHandle(workflowId).result();
  };
  await senders.runUntil(worker.runUntil(play));
  // From run to run by what each says of the next: the list of runs lags behind on a busy machine.
  const events: number[] = [];
  const histories: string[] = [];
  for (let runId: string | null | undefined = first; runId;) {
    const history: History = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const { events: all } = history;
    events.push(all?.length ?? 0);
    histories.push(historyToJSON(history));
    runId = all?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return { events, sent, histories };
}

const send = (lanes: number): CampaignStep => ({ kind: 'send', lanes, priority: 3, accountId: 'd' });
const settle: CampaignStep = { kind: 'settle', waitMs: 0 };

test('a campaign of a million, sent in one go, fits into one history with room to spare', async () => {
  const { events, sent } = await eventsOf([{ kind: 'start' }, send(4), settle, settle, { kind: 'finish' }]);
  expect(sent).toBe(spans.length);
  expect(spans.reduce((sum, { fromBatch, toBatch }) => sum + toBatch - fromBatch + 1, 0)).toBe(1_000);
  expect(events).toHaveLength(1);
  expect(events[0]).toBeLessThan(mostEvents / 2);
});

test('sent in many goes, it goes on in a new run before its history is too long', { timeout: 180_000 }, async () => {
  // A quick machine puts several answers into one event: some 250 to 500 events a go.
  const goes = Array.from({ length: 12 }, () => send(4));
  const { events, sent } = await eventsOf([{ kind: 'start' }, ...goes, settle, { kind: 'finish' }]);
  expect(sent).toBe(spans.length * goes.length);
  expect(events.length).toBeGreaterThan(1);
  for (const each of events) expect(each).toBeLessThan(mostEvents);
});

test(
  'a slow campaign takes turns for days, and goes on in a new run with the span that it is at',
  { timeout: 240_000 },
  async () => {
    const turns = 520;
    const { events, sent, histories } = await eventsOf(
      [{ kind: 'start' }, send(1), send(1), settle, { kind: 'finish' }],
      { turns, of: spans.slice(0, 1) },
    );
    expect(sent).toBe(turns);
    expect(events).toHaveLength(2);
    for (const each of events) expect(each).toBeLessThan(mostEvents);
    for (const each of histories) await Worker.runReplayHistory({ workflowBundle: await bundled() }, JSON.parse(each));
    if (process.env['RECORD_HISTORIES'])
      await keepHistories(new Map([['goes-on-in-a-new-run', histories.at(-1) ?? '']]));
  },
);
