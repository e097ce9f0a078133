import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { openHouse, type House } from '../../kit/campaign.ts';
import { bundled } from '../../kit/house-worker.ts';
import { phoneNumber } from '../../kit/phone-number.ts';
import { keepHistories, keptHistories, playHistories, textOfHistory } from '../../kit/record-histories.ts';

let house: House;
let fresh: Map<string, string>;
let kept: Map<string, string>;
beforeAll(async () => {
  house = await openHouse({ scenario: { receipts: { delayMs: 30 } } });
  fresh = await playHistories(house);
  if (process.env['RECORD_HISTORIES']) await keepHistories(fresh);
  kept = await keptHistories();
});

const names = ['finished', 'rejected', 'paused-resumed-cancelled', 'expired', 'stand-in'];
// Three thousand events come before it: test/integration/campaign/history-size.test.ts plays and keeps it.
const newRun = 'goes-on-in-a-new-run';
const replay = async (json: string): Promise<void> =>
  Worker.runReplayHistory({ workflowBundle: await bundled() }, JSON.parse(json));

describe.each(names)('%s', (name) => {
  test('a campaign that was recorded before goes on with today’s workflow', async () => {
    await replay(kept.get(name) ?? '');
  });

  test('a campaign of today replays', async () => {
    await replay(fresh.get(name) ?? '');
  });

  test('its history names no number, no text and no person', () => {
    for (const json of [kept.get(name) ?? '', fresh.get(name) ?? '']) {
      const text = textOfHistory(json);
      expect(text).toContain('campaignId');
      expect(text).toContain('smsCampaign');
      expect(text).not.toMatch(phoneNumber);
      expect(text).not.toMatch(/\p{Script=Han}/u);
      for (const person of Object.values(house.people)) expect(text).not.toContain(person.ctx.staff.name + '@');
    }
  });
});

test('work that a dead worker had is given to another within seconds: every activity of sending beats, and no pause grows', () => {
  type Scheduled = {
    activityType: { name: string };
    heartbeatTimeout: string;
    retryPolicy: { initialInterval: string; maximumInterval: string };
  };
  const { events } = JSON.parse(fresh.get('finished') ?? '') as {
    events: { activityTaskScheduledEventAttributes?: Scheduled }[];
  };
  const scheduled = events.flatMap(({ activityTaskScheduledEventAttributes: each }) => each ?? []);
  const sending = scheduled.filter(
    ({ activityType }) => !['freezeAudience', 'finishCampaign'].includes(activityType.name),
  );
  expect(sending.length).toBeGreaterThan(3);
  for (const { heartbeatTimeout, retryPolicy } of sending) {
    expect(Number.parseFloat(heartbeatTimeout)).toBeLessThanOrEqual(3);
    expect(Number.parseFloat(retryPolicy.initialInterval)).toBeLessThanOrEqual(0.5);
    expect(Number.parseFloat(retryPolicy.maximumInterval)).toBeLessThanOrEqual(2);
  }
});

test('a campaign that had gone on in a new run goes on with today’s workflow', async () => {
  await replay(kept.get(newRun) ?? '');
  expect(textOfHistory(kept.get(newRun) ?? '')).toContain('CONTINUE_AS_NEW_INITIATOR_WORKFLOW');
});

test('all histories that were kept are replayed here', () => {
  expect([...kept.keys()].toSorted()).toEqual([...names, newRun].toSorted());
});

test('a workflow that does something else than was recorded is found out', async () => {
  const other = (kept.get('finished') ?? '').replaceAll('"planSpans"', '"planBatches"');
  expect(other).not.toBe(kept.get('finished'));
  await expect(replay(other)).rejects.toThrow(/determinism|TMPRL1100/i);
});

test('personal data in a payload would be found', () => {
  const payload = {
    metadata: { encoding: 'anNvbi9wbGFpbg==' },
    data: Buffer.from('{"to":"+8613800000001"}').toString('base64'),
  };
  expect(textOfHistory(JSON.stringify({ events: [{ input: { payloads: [payload] } }] }))).toMatch(/13800000001/);
});
