import { beforeAll, expect, test } from 'vitest';
import { openHouse, waitFor, type House } from '../../kit/campaign.ts';
import { rowsOf, sentOf, untilFinished, untilSent, watchLedger } from '../../kit/look.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse({ scenario: { receipts: { delayMs: 50 } } });
});

const wireFaults = [
  'accept-then-timeout',
  'accept-then-reset',
  'html-502-after-accept',
  'empty-200-after-accept',
  'reset-before-accept',
  'html-502-before-accept',
] as const;
const accepts = (fault: (typeof wireFaults)[number]): boolean => !fault.endsWith('before-accept');
const phone = (n: number): string => `138${String(n).padStart(8, '0')}`;
/** One fault for each of the first numbers after `from`. */
const scriptFaults = (from: number) =>
  house.post(
    'faults',
    wireFaults.map((action, index) => ({ match: { phone: phone(from + index + 1) }, action })),
  );

test('a call whose answer is lost is settled by asking, and sent again only when the gateway never had it', async () => {
  await house.put('push', { reportUrl: null });
  await scriptFaults(0);
  const id = await house.submitted(await house.addAudience(60, 0));
  await house.signAs(house.people.liaison, 'liaison', id);
  const watch = watchLedger(house, id);
  await house.signAs(house.people.leader, 'leader', id);
  const doubtful = await waitFor(
    async () => {
      const rows = (await rowsOf(house, id)).slice(0, wireFaults.length);
      return rows.length > 0 && rows.every(({ state }) => state === 'unknown') ? rows : null;
    },
    async () => JSON.stringify((await rowsOf(house, id)).slice(0, wireFaults.length)),
  );
  expect(doubtful.map(({ code }) => code)).toEqual([
    'client.timeout',
    'client.reset',
    'client.unreadable-answer',
    expect.stringMatching(/^client\./),
    'client.reset',
    'client.unreadable-answer',
  ]);
  const { ledger } = await untilFinished(house, id);
  expect(ledger?.counts).toMatchObject({ delivered: 60 });
  expect(await sentOf(house, id)).toEqual({ accepted: 60, twice: 0 });
  const rows = await rowsOf(house, id);
  expect(rows.slice(0, wireFaults.length).map(({ attempt }) => attempt)).toEqual(
    wireFaults.map((fault) => (accepts(fault) ? 1 : 2)),
  );
  expect((await watch.stop()).wrong).toEqual([]);
  await resetPush();
});

test('a receipt settles a call whose answer is lost before anybody asks', async () => {
  await house.pool.query(
    `update gateway_account set settings = jsonb_set(settings, '{settle,askUnknownAfter}', '3600')`,
  );
  const accepting = wireFaults.filter(accepts);
  await house.post(
    'faults',
    accepting.map((action, index) => ({ match: { phone: phone(2_001 + index) }, action })),
  );
  const id = await house.signed(await house.addAudience(20, 2_000));
  const { ledger } = await untilFinished(house, id);
  expect(ledger?.counts).toMatchObject({ delivered: 20 });
  expect(await sentOf(house, id)).toEqual({ accepted: 20, twice: 0 });
  await house.pool.query(`update gateway_account set settings = jsonb_set(settings, '{settle,askUnknownAfter}', '1')`);
});

test('in calls of a hundred, too, nobody gets it twice and nobody is forgotten', async () => {
  await scriptFaults(4_050);
  await house.post(
    'faults',
    wireFaults.map((action, index) => ({ match: { phone: phone(4_150 + index * 100) }, action })),
  );
  const id = await house.signed(await house.addAudience(700, 4_000), { requests: 'batched' });
  const { ledger } = await untilFinished(house, id);
  expect(ledger).toMatchObject({ balanced: true, counts: { delivered: 700 } });
  expect(await sentOf(house, id)).toEqual({ accepted: 700, twice: 0 });
});

test('when the gateway cannot be asked, an unknown outcome stays unknown and nothing is sent again', async () => {
  await house.pool.query(
    `update gateway_account set settings = jsonb_set(settings, '{settle,receiptHours}', '0.0015')`,
  );
  await house.put('push', { reportUrl: null });
  await house.post('faults', [
    { match: { phone: phone(6_001) }, action: 'accept-then-reset' },
    { match: { phone: phone(6_002) }, action: 'reset-before-accept' },
    { match: { action: 'QuerySendDetails' }, action: 'code', code: 'isp.SYSTEM_ERROR', times: 1_000 },
  ]);
  const id = await house.signed(await house.addAudience(10, 6_000));
  await untilSent(house, id, 9);
  const { ledger } = await untilFinished(house, id);
  expect(ledger).toMatchObject({ balanced: true, counts: { unknown: 2, accepted: 8 } });
  expect(await sentOf(house, id)).toEqual({ accepted: 9, twice: 0 });
});

async function resetPush(): Promise<void> {
  await house.put('push', { reportUrl: `${house.webUrl}/webhooks/aliyun/${house.webhookToken}/reports` });
}
