import { randomUUIDv7 } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readImport } from '../../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../../src/customer/import/acceptance.command.ts';
import { findCalendar, storeCalendar } from '../../../../src/kernel/calendar.db.ts';
import { transaction } from '../../../../src/kernel/sql.db.ts';
import { calendarCn } from '../../../../src/kernel/calendar-cn.rule.ts';
import { contextWith } from '../../../kit/people.ts';
import { openHouse } from './kit.ts';

const house = await openHouse();
const { applicant } = house.people;
await transaction(house.pool, async (tx) => {
  if (!(await findCalendar(tx))) await storeCalendar(tx, calendarCn, 'test');
});

/** A draft's id. */
async function createDraft(): Promise<unknown> {
  const gateway = await house.call('POST', '/v1/gateway-accounts', {
    body: { name: 'main', provider: 'aliyun', ratePerSecond: 100, priceMilliYuan: 45 },
  });
  const made = { as: applicant, body: { name: 'Everybody', filter: {} } };
  const audience = await house.call('POST', '/v1/audiences', made);
  const name = { name: 'name', type: 'name', maxLength: 10, example: '李雷', label: '姓名' };
  const text = { kind: 'notice', source: '{{name}}，您的账单已出。', variables: [name], signName: '示例银行' };
  const template = await house.call('POST', '/v1/templates', {
    as: applicant,
    body: { ...text, name: 'bill', gatewayAccountId: gateway.body['id'], gatewayCode: 'SMS_1' },
  });
  const window = {
    startsAt: new Date(Date.now() + 3_600_000).toISOString(),
    endsAt: new Date(Date.now() + 3 * 86_400_000).toISOString(),
    dailyFrom: '09:00',
    dailyTo: '18:00',
  };
  const draft = {
    name: '账单通知',
    purpose: '告知账单',
    variableSources: { name: { from: 'name' } },
    window,
    ratePerSecond: 50,
  };
  const ids = { templateId: template.body['id'], audienceId: audience.body['id'] };
  const { status, body } = await house.call('POST', '/v1/campaigns', {
    as: applicant,
    body: { ...draft, ...ids, costCeilingFen: 10_000 },
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body['id'];
}

test('a number is not taken over while a campaign may still write to who had it', async () => {
  const ctx = await contextWith(house.pool, ['applicant']);
  const read = (id: string) =>
    readImport(ctx, {
      kind: 'customers',
      fileName: 'a.csv',
      stream: Readable.from([Buffer.from(`手机号,客户号\n13700137009,${id}\n`)]),
    });
  await acceptImport(ctx, { importId: (await read('OLD9')).id });
  const campaign = await createDraft();
  const list = randomUUIDv7();
  await house.pool.query("insert into audience (id, name, state, created_by) values ($1, '名单', 'freezing', $2)", [
    list,
    ctx.staff.id,
  ]);
  await house.pool.query(
    "insert into audience_member (audience_id, seq, phone, variables) values ($1, 1, '+8613700137009', '{}')",
    [list],
  );
  const move = async (state: string) => {
    const moved = await house.pool.query('update campaign set state = $2, frozen_audience_id = $3 where id = $1', [
      campaign,
      state,
      list,
    ]);
    expect(moved.rowCount).toBe(1);
  };
  const { id: importId } = await read('NEW9');
  for (const state of ['freezing', 'awaiting-leader', 'scheduled', 'sending', 'paused', 'settling']) {
    await move(state);
    await expect(acceptImport(ctx, { importId, personChanges: 'take-over' })).rejects.toMatchObject({
      code: 'import.person-awaited',
      details: { people: 1 },
    });
  }
  await move('archived');
  expect(await acceptImport(ctx, { importId, personChanges: 'take-over' })).toEqual({ audienceId: null, goodRows: 1 });
});
