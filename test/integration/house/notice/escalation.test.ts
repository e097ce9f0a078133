import { randomUUIDv7 } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { createSandbox } from '../../../../sandbox/server.ts';
import { GatewaySettings, insertGatewayAccount } from '../../../../src/sms/gateway-account.db.ts';
import { deliverAll } from '../../../../src/house/notice/start.ts';
import { testDatabase } from '../../../kit/database.ts';
import { makeStaff } from '../../../kit/people.ts';
import { openNoticeHouse } from './kit.ts';

const { pool } = await testDatabase();
const house = await openNoticeHouse(pool);
const minute = 60_000;

// The gateway's clock runs as ours does, or it would refuse the signatures of calls.
const gateway = createSandbox({});
const gatewayPort = await gateway.listen(0);
afterAll(() => gateway.close());
const smsTo = (phone: number) => gateway.witness.byPhone(phone);

const folder = await mkdtemp(path.join(tmpdir(), 'waihu-notice-'));
const credentialsFile = path.join(folder, 'credentials.json');
await writeFile(credentialsFile, JSON.stringify({ accessKeyId: 'sandbox-key', accessKeySecret: 'sandbox-secret' }));
const addAccount = async (name: string): Promise<string> => {
  const id = randomUUIDv7();
  await insertGatewayAccount(pool, {
    id,
    name,
    provider: 'aliyun',
    settings: GatewaySettings.parse({
      endpoint: `127.0.0.1:${gatewayPort}`,
      protocol: 'http',
      credentialsFile,
      timeoutMs: 1_500,
    }),
    ratePerSecond: 100,
    priceMilliYuan: 45,
    webhookToken: randomUUIDv7(),
  });
  return id;
};
const bySandbox = (method: string, place: string, body: unknown) =>
  fetch(`http://127.0.0.1:${gatewayPort}/sandbox/${place}`, { method, body: JSON.stringify(body) });
/** As the event writes it: one for the house, one for the person. */
async function stopped(staffId: string, accountId: string, step: string): Promise<void> {
  await pool.query(`update gateway_account set state = 'stopped', stop_code = 'isv.AMOUNT_NOT_ENOUGH' where id = $1`, [
    accountId,
  ]);
  const notice = { kind: 'account-stopped' as const, item: { kind: 'gateway' as const, id: accountId }, step };
  await house.tell([
    { ...notice, staffId: null },
    { ...notice, staffId },
  ]);
}
const noticesOf = async (staffId: string) =>
  (await pool.query('select kind, item_id, details from notice where staff_id = $1 order by id', [staffId])).rows;

beforeEach(async () => {
  await pool.query('update notice set escalate_at = null, planned_at = now()');
  await pool.query(`update notice_delivery set state = 'dropped' where state = 'queued'`);
});

// What is due in between is done in between.
const pass = async (minutes: number) => {
  for (let n = 0; n < minutes; n += 5) {
    await deliverAll(house.deps);
    house.later(5 * minute);
  }
  await deliverAll(house.deps);
};

test('an urgent notice that nobody reads climbs to an SMS, once, and to its deputies, once', async () => {
  const operator = await makeStaff(pool, ['operator'], { name: '叶雯' });
  const deputy = await makeStaff(pool, ['supervisor']);
  const stranger = await makeStaff(pool, ['applicant', 'leader']);
  await pool.query(`update staff set phone = '+8613912340001' where id = $1`, [operator.id]);
  const own = await addAccount('own');
  const broken = await addAccount('broken');
  await bySandbox('PUT', 'signatures/外呼', { state: 1 });
  await bySandbox('PUT', 'templates/SMS_77', {
    name: '通知',
    content: '外呼：${what}（${number}）',
    type: 1,
    state: 1,
  });
  const settings = { gatewayAccountId: own, signName: '外呼', templateCode: 'SMS_77', dailyCap: 20 };
  const sms = await house.addChannel('sms', [], { settings });
  await house.only(sms);
  await stopped(operator.id, broken, 'a');

  await pass(15);
  expect(smsTo(13_912_340_001)).toEqual([]);
  await pass(10);
  const [sent, ...more] = smsTo(13_912_340_001);
  expect(more).toEqual([]);
  expect(sent).toMatchObject({ templateCode: 'SMS_77', signName: '外呼' });
  expect(JSON.stringify(sent)).not.toMatch(/叶雯|SMS_77.*http/);
  expect(await house.deliveries(sms)).toMatchObject([{ state: 'accepted', address: '139****0001' }]);
  expect(await noticesOf(deputy.id)).toEqual([]);

  await pass(15);
  expect(await noticesOf(deputy.id)).toMatchObject([{ kind: 'account-stopped', details: { deputy: 1 } }]);
  expect(await noticesOf(stranger.id)).toEqual([]);
  await pass(60);
  expect((await noticesOf(deputy.id)).length).toBe(1);
  expect(smsTo(13_912_340_001).length).toBe(1);
});

test('neither climbs once somebody has read it, and an account’s alarm does not go by that account', async () => {
  const operator = await makeStaff(pool, ['operator']);
  const deputy = await makeStaff(pool, ['supervisor']);
  await pool.query(`update staff set phone = '+8613912340002' where id = $1`, [operator.id]);
  const own = await addAccount('alone');
  const settings = { gatewayAccountId: own, signName: '外呼', templateCode: 'SMS_77', dailyCap: 20 };
  const sms = await house.addChannel('sms', [], { settings });
  await house.only(sms);
  await stopped(operator.id, await addAccount('another'), 'b');
  await pass(15);
  await pool.query('update notice set read_at = now() where staff_id = $1', [operator.id]);
  await pass(40);
  expect(smsTo(13_912_340_002)).toEqual([]);
  expect(await noticesOf(deputy.id)).toEqual([]);

  await stopped(operator.id, own, 'c');
  await pass(30);
  expect(smsTo(13_912_340_002)).toEqual([]);
});
