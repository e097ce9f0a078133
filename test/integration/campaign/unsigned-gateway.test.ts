import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textStands } from '../../../activities/text-watch.ts';
import { settle } from '../../../activities/settle.ts';
import { createHaltWatches } from '../../../activities/halt-watch.ts';
import { createInFlight } from '../../../activities/in-flight.ts';
import { createLeaveDesk } from '../../../activities/leave-desk.ts';
import { gatewayOfAccount } from '../../../src/sms/gateway-of-account.ts';
import { AppError } from '../../../src/kernel/app-error.rule.ts';
import { findLiveCampaign } from '../../../src/campaign/live-campaign.db.ts';
import { findListToOpen, openSpan } from '../../../src/campaign/message.db.ts';
import { changeGateway } from '../../../src/sms/gateway-account.command.ts';
import { openHouse, type House } from '../../kit/campaign.ts';
import { anyLocalPort } from '../../kit/endpoints.ts';
import { codeOf, sentOf, untilFinished, untilSent } from '../../kit/look.ts';

let house: House;
/** A listener of somebody's own, as the trial pointed an account at: it takes everything and notes what it got. */
const taken: string[] = [];
const thief = createServer((request, response) => {
  taken.push(request.url ?? '');
  response
    .setHeader('content-type', 'application/json')
    .end('{"Code":"OK","Message":"OK","BizId":"1","RequestId":"1"}');
});
let thiefAt = '';
beforeAll(async () => {
  house = await openHouse();
  await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve));
  thiefAt = `127.0.0.1:${(thief.address() as AddressInfo).port}`;
});
afterAll(() => thief.close());

let made = 0;
async function signed(people: number, change: Parameters<House['signed']>[1] = {}): Promise<string> {
  made += 1;
  return house.signed(await house.addAudience(people, made * 2_000), change);
}
const soon = (ms = 4_000) => ({
  startsAt: new Date(Date.now() + ms).toISOString(),
  endsAt: new Date(Date.now() + 3_600_000).toISOString(),
  dailyFrom: '00:00',
  dailyTo: '24:00',
});
const toThief = `update gateway_account set settings = settings || jsonb_build_object('endpoint', $1::text)`;

/** Runs `change`, and afterwards puts account and calendar back as they were. */
async function meanwhile(change: string, values: unknown[], work: () => Promise<void>): Promise<void> {
  const { rows } = await house.pool.query('select id, name, settings from gateway_account');
  await house.pool.query(change, values);
  await work();
  for (const { id, name, settings } of rows)
    await house.pool.query('update gateway_account set name = $2, settings = $3 where id = $1', [id, name, settings]);
}

test.each([
  ['the endpoint', toThief, () => [thiefAt], 'gateway.endpoint'],
  [
    'the protocol',
    `update gateway_account set settings = settings || '{"protocol":"https"}'`,
    () => [],
    'gateway.protocol',
  ],
  [
    'the file with the key',
    `update gateway_account set settings = settings || '{"credentialsFile":"/tmp/another.json"}'`,
    () => [],
    'gateway.credentials',
  ],
  [
    'the key’s source',
    `update gateway_account set settings = settings - 'credentialsFile'`,
    () => [],
    'gateway.credentials',
  ],
  ['the account’s name', `update gateway_account set name = 'another'`, () => [], 'gateway.account'],
])(
  '%s is changed after both signatures: the campaign is voided and nobody gets anything',
  async (_, sql, values, field) => {
    const id = await signed(10, { window: soon() });
    await meanwhile(sql, values(), async () => {
      const { campaign } = await untilFinished(house, id);
      expect([campaign.state, campaign.stateReason]).toEqual(['voided', { code: 'form.changed', changed: [field] }]);
      expect(await sentOf(house, id)).toEqual({ accepted: 0, twice: 0 });
    });
    expect(taken).toEqual([]);
  },
);

test('the endpoint is changed in the middle: what still leaves goes to the signed one, and the campaign is voided', async () => {
  const id = await signed(600, { ratePerSecond: 20 });
  await untilSent(house, id, 2);
  await meanwhile(toThief, [thiefAt], async () => {
    const { campaign } = await untilFinished(house, id);
    expect(campaign.state).toBe('voided');
  });
  expect(taken).toEqual([]);
  expect((await sentOf(house, id)).accepted).toBeLessThan(300);
});

test('one day of the calendar that was signed under is changed: the campaign is voided', async () => {
  // Whatever day it is, it is a working day here.
  await house.pool.query(`insert into calendar_day (version, day, kind)
    select version, (now() at time zone 'Asia/Shanghai')::date, 'workday' from calendar where active
    on conflict (version, day) do update set kind = 'workday'`);
  const id = await signed(10, { window: { ...soon(), days: 'working-days' } });
  await house.pool.query(`insert into calendar_day (version, day, kind)
    select version, covered_from + 3, 'workday' from calendar where active on conflict (version, day) do update set kind = 'workday'`);
  const { campaign } = await untilFinished(house, id);
  expect([campaign.state, campaign.stateReason]).toEqual([
    'voided',
    { code: 'form.changed', changed: ['calendarDigest'] },
  ]);
});

test('what became of a message is asked at the signed gateway only', async () => {
  const id = await signed(3, { window: soon(3_000_000) });
  const { campaign } = await house.show(id);
  const list = await findListToOpen(house.pool, id);
  if (list) await openSpan(house.pool, list, 1);
  await house.pool.query(
    `update message set state = 'unknown', attempt = 1, request_seq = seq, claimed_at = now() - interval '1 hour', changed_at = now() - interval '1 hour'
     where campaign_key = $1`,
    [campaign.key],
  );
  const deps = {
    pool: house.pool,
    gatewayOf: gatewayOfAccount(anyLocalPort),
    inFlight: createInFlight(10),
    desk: createLeaveDesk(house.pool),
    halts: createHaltWatches(house.pool),
    seals: house.seals,
    onTrouble: () => undefined,
  };
  const life = { beat: () => undefined, signal: new AbortController().signal };
  await meanwhile(toThief, [thiefAt], async () => {
    await settle(deps, id, life);
  });
  expect(taken).toEqual([]);
  const { rows } = await house.pool.query('select distinct state from message where campaign_key = $1', [campaign.key]);
  expect(rows).toEqual([{ state: 'unknown' }]);
});

test('an administrator cannot name a host that the environment does not allow', async () => {
  const { ctx } = await house.addPerson('administrator', ['administrator']);
  const settings = { endpoint: thiefAt, protocol: 'http' as const };
  const change = (endpoint: string, protocol: 'http' | 'https') =>
    codeOf(changeGateway(ctx, { name: 'sandbox', change: { settings: { ...settings, endpoint, protocol } } }));
  expect(await change(thiefAt, 'http')).toBe('gateway.endpoint-not-allowed');
  expect(await change('gate.example.com', 'http')).toBe('gateway.endpoint-plain');
  expect(await change('a\r\nb', 'https')).toContain('Give a host');
});

const signedText = '${name}您好，您的权益已到账，请于${date}前领取。';
const hold = (content: string) => house.put('templates/SMS_1', { name: 'test', content, type: 1, state: 1 });
const everySeconds = (seconds: number) =>
  house.pool.query(
    `update gateway_account set settings = settings || jsonb_build_object('askTemplateEvery', $1::int)`,
    [seconds],
  );
const asked = (id: string, sql: string) => house.pool.query(`update campaign set ${sql} where id = $1`, [id]);

describe('the text at the gateway, while messages go out,', () => {
  test('is changed: what is left is not sent, and the campaign is voided', async () => {
    await everySeconds(5);
    const id = await signed(900, { ratePerSecond: 20 });
    await untilSent(house, id, 2);
    await hold(signedText.replace('权益', '奖金'));
    const { campaign } = await untilFinished(house, id);
    await hold(signedText);
    await everySeconds(120);
    expect([campaign.state, campaign.stateReason]).toEqual([
      'voided',
      { code: 'gateway.template-differs', changed: ['text'] },
    ]);
    expect((await sentOf(house, id)).accepted).toBeLessThan(600);
  });

  test('has its review taken back: the campaign pauses', async () => {
    const id = await signed(3, { window: soon(3_000_000) });
    const live = await findLiveCampaign(house.pool, id);
    if (!live) throw new Error('The campaign is gone.');
    await asked(
      id,
      `state = 'sending', text_asked_at = now() - interval '3 minutes', text_answered_at = now() - interval '3 minutes'`,
    );
    const gateway = gatewayOfAccount(anyLocalPort)(live.account);
    await house.put('templates/SMS_1', { name: 'test', content: signedText, type: 1, state: 2 });
    expect(await textStands(house, live, gateway)).toBe(false);
    await hold(signedText);
    expect((await house.show(id)).campaign).toMatchObject({
      state: 'paused',
      stateReason: { code: 'gateway.template-not-passed' },
    });
  });

  test('cannot be asked for: one question without an answer stops nobody, five questions’ time does', async () => {
    const id = await signed(3, { window: soon(3_000_000) });
    const live = await findLiveCampaign(house.pool, id);
    if (!live) throw new Error('The campaign is gone.');
    await asked(
      id,
      `state = 'sending', text_asked_at = now() - interval '3 minutes', text_answered_at = now() - interval '9 minutes'`,
    );
    const silent = {
      findTemplate: () => Promise.reject(new AppError('unavailable', 'sms-gateway.no-answer', 'No answer.')),
      findSignature: () => Promise.reject(new AppError('unavailable', 'sms-gateway.no-answer', 'No answer.')),
    };
    expect(await textStands(house, live, silent)).toBe(true);
    // Not due yet: nobody is asked.
    expect(await textStands(house, live, silent)).toBe(true);
    await asked(id, `text_answered_at = now() - interval '11 minutes'`);
    expect(await textStands(house, live, silent)).toBe(false);
    expect((await house.show(id)).campaign).toMatchObject({
      state: 'paused',
      stateReason: { code: 'gateway.template-not-asked' },
    });
    // Resumed without an answer it does not send again.
    await asked(id, `state = 'sending'`);
    expect(await textStands(house, live, silent)).toBe(false);
    await asked(id, `state = 'sending'`);
    expect(await textStands(house, live, gatewayOfAccount(anyLocalPort)(live.account))).toBe(true);
  });
});
