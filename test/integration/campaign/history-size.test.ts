import { randomUUIDv7 } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { batchesPerSpan } from '../../../activities/lifecycle.ts';
import type { CampaignActivities } from '../../../activities/campaign.ts';
import type { NextStep } from '../../../src/campaign/next-step.rule.ts';
import { signUpdate, type smsCampaign } from '../../../workflows/sms-campaign.ts';
import { bundled } from '../../kit/campaign.ts';

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
async function eventsOf(steps: readonly NextStep[]): Promise<{ events: number[]; sent: number }> {
  const taskQueue = `test-${randomUUIDv7()}`;
  const workflowId = `campaign:${randomUUIDv7()}`;
  let turn = 0;
  let sent = 0;
  const activities: Partial<CampaignActivities> = {
    freezeAudience: async () => ({ kind: 'formed', digest, applicantId: 'a', expiresInMs: 60_000 }),
    recordSignature: async (_, { role }) => ({
      kind: 'signed',
      state: role === 'liaison' ? 'awaiting-leader' : 'scheduled',
    }),
    decideNextStep: async () => steps[Math.min(turn++, steps.length - 1)] as NextStep,
    startSending: async () => undefined,
    planSpans: async () => spans,
    sendSpan: async () => {
      sent += 1;
      return 'done';
    },
    settle: async () => 0,
    closeRemaining: async () => undefined,
    finishCampaign: async () => undefined,
  };
  const worker = await Worker.create({ connection: native, taskQueue, workflowBundle: await bundled(), activities });
  let first = '';
  await worker.runUntil(async () => {
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
  });
  // From run to run by what each says of the next: the list of runs lags behind on a busy machine.
  const events: number[] = [];
  for (let runId: string | null | undefined = first; runId;) {
    const { events: all } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    events.push(all?.length ?? 0);
    runId = all?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return { events, sent };
}

const settle: NextStep = { kind: 'settle', waitMs: 0 };

test('a campaign of a million, sent in one go, fits into one history with room to spare', async () => {
  const { events, sent } = await eventsOf([{ kind: 'start' }, { kind: 'send' }, settle, settle, { kind: 'finish' }]);
  expect(sent).toBe(spans.length);
  expect(spans.reduce((sum, { fromBatch, toBatch }) => sum + toBatch - fromBatch + 1, 0)).toBe(1_000);
  expect(events).toHaveLength(1);
  expect(events[0]).toBeLessThan(mostEvents / 2);
});

test('sent in many goes, it goes on in a new run before its history is too long', { timeout: 180_000 }, async () => {
  // A quick machine puts several answers into one event: some 250 to 500 events a go.
  const goes = Array.from({ length: 12 }, (): NextStep => ({ kind: 'send' }));
  const { events, sent } = await eventsOf([{ kind: 'start' }, ...goes, settle, { kind: 'finish' }]);
  expect(sent).toBe(spans.length * goes.length);
  expect(events.length).toBeGreaterThan(1);
  for (const each of events) expect(each).toBeLessThan(mostEvents);
});
