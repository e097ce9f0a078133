import { describe, expect, test } from 'vitest';
import { pauseCampaign as pauseBySystem, stopAccount, voidCampaign } from '../../../../activities/halt.ts';
import { expireForm } from '../../../../activities/lifecycle.ts';
import { announce } from '../../../../src/house/notice/announce.db.ts';
import { countUnreadOf } from '../../../../src/house/notice/notice.db.ts';
import { insertCredential } from '../../../../src/house/credential.db.ts';
import { reopenGatewayAccount } from '../../../../src/sms/gateway-account.db.ts';
import { transaction } from '../../../../src/kernel/sql.db.ts';
import { createBellFeed } from '../../../../src/house/notice/bell-feed.page.ts';
import { unreadCount } from '../../../../src/house/notice/notice.command.ts';
import { cancelCampaign, pauseCampaign, rejectCampaign } from '../../../../src/campaign/campaign.command.ts';
import { readImport } from '../../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../../src/customer/import/acceptance.command.ts';
import { openHouse, waitFor, type Person } from '../../../kit/campaign.ts';
import { csvFile } from '../../customer/import/csv-file.ts';

const house = await openHouse();
const { applicant, liaison, leader, both, operator } = house.people;
const audience = await house.addAudience(5);
const administrator = await house.addPerson('管理员', ['administrator']);

const kindsOf = async (person: Person | null, itemId: string) =>
  (
    await house.pool.query<{ kind: string }>(
      `select kind from notice where staff_id is not distinct from $1 and item_id = $2 order by id`,
      [person?.id ?? null, itemId],
    )
  ).rows.map(({ kind }) => kind);
const later = { startsAt: new Date(Date.now() + 3_600_000).toISOString() };
const tomorrow = {
  window: { ...later, endsAt: new Date(Date.now() + 86_400_000).toISOString(), dailyFrom: '00:00', dailyTo: '24:00' },
};

describe('in the transaction of the event', () => {
  test('a form tells its signers when it appears, the next ones when it is signed, and its applicant each time', async () => {
    const id = await house.submitted(audience, tomorrow);
    expect(await kindsOf(liaison, id)).toEqual(['sign-awaited']);
    expect(await kindsOf(both, id)).toEqual(['sign-awaited']);
    expect([await kindsOf(leader, id), await kindsOf(applicant, id), await kindsOf(operator, id)]).toEqual([
      [],
      [],
      [],
    ]);
    await house.signAs(both, 'liaison', id);
    // The liaison officer who signed is not asked for the leader's signature, although they hold that role, too.
    expect([await kindsOf(leader, id), await kindsOf(both, id), await kindsOf(applicant, id)]).toEqual([
      ['sign-awaited'],
      ['sign-awaited'],
      ['form-signed'],
    ]);
    await house.signAs(leader, 'leader', id);
    expect(await kindsOf(applicant, id)).toEqual(['form-signed', 'form-signed']);
    expect(await kindsOf(null, id)).toEqual(['sign-awaited', 'form-signed', 'sign-awaited', 'form-signed']);
  });

  test('whoever stood in for a signer is not asked again, nor is the absent one', async () => {
    await house.pool.query(
      `insert into delegation (id, staff_id, delegate_id, role, unit, from_at, until_at, created_by)
        values (gen_random_uuid(), $1, $2, 'liaison', '*', now() - interval '1 hour', now() + interval '1 day', $1)`,
      [both.id, operator.id],
    );
    const id = await house.submitted(audience, tomorrow);
    expect(await kindsOf(operator, id)).toEqual(['sign-awaited']);
    await house.pool.query(`delete from notice where item_id = $1`, [id]);
    await house.pool.query(`delete from staff_role where staff_id = $1 and role = 'liaison'`, [liaison.id]);
    await house.signAs(
      {
        ...operator,
        ctx: {
          ...operator.ctx,
          staff: {
            ...operator.ctx.staff,
            roles: ['liaison'],
            grants: [...operator.ctx.staff.grants, { role: 'liaison', unit: '*', onBehalfOf: both.id }],
          },
        },
      },
      'liaison',
      id,
    );
    await house.pool.query(`insert into staff_role (staff_id, role, unit) values ($1, 'liaison', '*')`, [liaison.id]);
    await house.pool.query('delete from delegation');
    expect(await kindsOf(leader, id)).toEqual(['sign-awaited']);
    expect(await kindsOf(both, id)).toEqual([]);
  });

  test('a form that came back or ran out tells its applicant', async () => {
    const [rejected, expired] = [await house.submitted(audience), await house.submitted(audience)];
    await rejectCampaign(liaison.ctx, { campaignId: rejected, reason: '请改' });
    await expireForm(house.pool, expired);
    expect(await kindsOf(applicant, rejected)).toEqual(['form-rejected']);
    expect(await kindsOf(applicant, expired)).toEqual(['form-expired']);
  });

  test('a campaign that ends tells its applicant and the operators, and then that its archive is made', async () => {
    const id = await house.signed(audience);
    await house.until(id, 'archived');
    expect(await kindsOf(applicant, id)).toEqual(['form-signed', 'form-signed', 'campaign-finished', 'archive-made']);
    expect(await kindsOf(operator, id)).toEqual(['campaign-finished']);
  });

  test('a pause by the system is told, a pause by a person is theirs, and a cancel is told to the others', async () => {
    const id = await house.signed(audience, tomorrow);
    await pauseCampaign(operator.ctx, { campaignId: id, reason: '核对文案' });
    expect(await kindsOf(applicant, id)).toEqual(['form-signed', 'form-signed']);
    await cancelCampaign(operator.ctx, { campaignId: id, reason: '不发了' });
    expect((await kindsOf(applicant, id)).at(-1)).toBe('campaign-cancelled');
    expect(await kindsOf(operator, id)).toEqual([]);

    const other = await house.signed(audience, tomorrow);
    await pauseBySystem(house.pool, other, { code: 'campaign.errors' });
    expect((await kindsOf(applicant, other)).at(-1)).toBe('campaign-paused');
    expect(await kindsOf(operator, other)).toEqual(['campaign-paused']);
    await voidCampaign(house.pool, other, { code: 'form.changed', changed: ['text'] });
    expect(await kindsOf(operator, other)).toEqual(['campaign-paused', 'campaign-voided']);
  });

  test('an account that stops tells administrators and operators, once a stop', async () => {
    await stopAccount(house.pool, house.accountId, 'isv.AMOUNT_NOT_ENOUGH', null);
    await stopAccount(house.pool, house.accountId, 'isv.AMOUNT_NOT_ENOUGH', null);
    expect(await kindsOf(administrator, house.accountId)).toEqual(['account-stopped']);
    expect(await kindsOf(operator, house.accountId)).toEqual(['account-stopped']);
    expect(await kindsOf(applicant, house.accountId)).toEqual([]);
    expect((await countUnreadOf(house.pool, [administrator.id])).get(administrator.id)).toBe(1);
    await reopenGatewayAccount(house.pool, house.accountId);
    // What is mended asks no more.
    expect(await unreadCount(administrator.ctx)).toBe(0);
  });

  test('a key tells its owner that it was added and administrators that it waits', async () => {
    const id = crypto.randomUUID();
    const added = { id, staffId: applicant.id, kind: 'ed25519' as const, label: '手机', publicKey: new Uint8Array(32) };
    await transaction(house.pool, (tx) => insertCredential(tx, { ...added, fingerprint: id, requestedAt: new Date() }));
    expect(await kindsOf(applicant, id)).toEqual(['key-added']);
    expect(await kindsOf(administrator, id)).toEqual(['key-awaited']);
  });

  test('an import tells who uploaded it when its rows are in, and when they could not be read', async () => {
    const read = await readImport(applicant.ctx, {
      kind: 'customers',
      fileName: '名单.csv',
      stream: csvFile([
        ['手机号', '姓名'],
        ['13800138000', '王女士'],
      ]),
    });
    expect(await kindsOf(applicant, read.id)).toEqual([]);
    await acceptImport(applicant.ctx, { importId: read.id });
    expect(await kindsOf(applicant, read.id)).toEqual(['import-done']);
  });

  test('what is rolled back is not told, and what is told twice is told once', async () => {
    const event = { kind: 'pushes-waiting', item: { kind: 'gateway', id: house.accountId }, step: 'x' } as const;
    const failing = transaction(house.pool, async (tx) => {
      await announce(tx, event, new Date());
      throw new Error('the event did not happen');
    });
    await expect(failing).rejects.toThrow('did not happen');
    expect(await kindsOf(administrator, house.accountId)).not.toContain('pushes-waiting');
    const told = await Promise.all(
      [1, 2, 3, 4].map(() => transaction(house.pool, (tx) => announce(tx, event, new Date()))),
    );
    expect(told.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 1]);
    expect((await kindsOf(null, house.accountId)).filter((kind) => kind === 'pushes-waiting')).toHaveLength(1);
  });
});

test('the look for everybody counts as the look for one', async () => {
  const people = [applicant, liaison, leader, both, operator, administrator];
  const all = await countUnreadOf(
    house.pool,
    people.map(({ id }) => id),
  );
  for (const person of people) expect(all.get(person.id)).toBe(await unreadCount(person.ctx));
});

test('an open page hears of it within a second or two, and a page of somebody else does not', async () => {
  const trouble: unknown[] = [];
  const feed = createBellFeed({ pool: house.pool, everyMs: 50, onTrouble: (error) => void trouble.push(error) });
  const [heard, others]: number[][] = [[], []];
  const leave = feed.watch(administrator.id, (count) => void heard?.push(count));
  feed.watch(leader.id, (count) => void others?.push(count));
  const before = await waitFor(
    async () => heard?.[0] ?? null,
    () => 'the first count',
  );
  await transaction(house.pool, (tx) =>
    announce(tx, { kind: 'pushes-waiting', item: { kind: 'gateway', id: house.accountId }, step: 'y' }, new Date()),
  );
  await waitFor(
    async () => (heard?.at(-1) === before + 1 ? true : null),
    () => `one more than ${before}, heard ${JSON.stringify(heard)}`,
  );
  leave();
  feed.close();
  expect([others?.length, trouble]).toEqual([1, []]);
});
