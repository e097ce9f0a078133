import { beforeEach, describe, expect, test } from 'vitest';
import { deliverAll } from '../../../../src/house/notice/start.ts';
import { deliverNext, recoverLost } from '../../../../src/house/notice/deliver.ts';
import { planNotices } from '../../../../src/house/notice/plan.ts';
import { testDatabase } from '../../../kit/database.ts';
import { makeStaff } from '../../../kit/people.ts';
import { openNoticeHouse } from './kit.ts';

const { pool } = await testDatabase();
const house = await openNoticeHouse(pool);
const person = await makeStaff(pool, ['administrator'], { name: '沈国栋' });
const minute = 60_000;
const keyAwaited = async (staffId: string | null, step = '') => {
  const key = await house.addKey();
  await house.tell([{ staffId, kind: 'key-awaited', item: { kind: 'credential', id: key }, step }]);
  return key;
};

beforeEach(async () => {
  await house.forget();
  await pool.query('update notice_delivery set state = $1 where state in ($2, $3)', ['dropped', 'queued', 'sending']);
  await pool.query('update notice set planned_at = now(), escalate_at = null');
  await pool.query('update notice_channel set enabled = false');
  house.later(60 * minute);
});

describe('every channel', () => {
  const servers = ['email', 'wecom', 'dingtalk', 'feishu', 'webhook'] as const;
  /** Starts with one notice for the channel; gives how it and the server stand after so many looks, a quarter of an hour apart. */
  async function play(server: (typeof servers)[number], looks: number) {
    const channel = await house.addChannel(server, ['key-awaited']);
    await keyAwaited(server === 'email' ? person.id : null);
    for (let look = 0; look < looks; look += 1) {
      await deliverAll(house.deps);
      house.later(15 * minute);
    }
    const [delivery] = await house.deliveries(channel);
    const arrived = (await house.arrived()).map(({ text }) => text);
    return { delivery, arrived, channel };
  }

  test.each(servers)('%s: once, on record, without a name', async (server) => {
    const { delivery, arrived } = await play(server, 3);
    expect(delivery).toMatchObject({ state: 'accepted', attempts: 1, repeated: false });
    expect(arrived).toHaveLength(1);
    const address = server === 'email' ? `${person.id.slice(0, 1)}***@example.test` : server;
    expect(delivery?.address).toBe(address);
    expect(arrived[0]).toContain(`${house.kit.publicUrl}/notices`);
    expect(arrived[0]).not.toContain('沈国栋');
  });

  // What the server does, how the delivery ends, what the server has seen of it.
  const robots = ['wecom', 'dingtalk', 'feishu'];
  const others = ['email', ...robots];
  type Fault = [server: string, mode: string, times: number, state: string, seen: number];
  const each = (list: readonly string[], ...rest: [string, number, string, number]): Fault[] =>
    list.map((server): Fault => [server, ...rest]);
  test.each(
    [
      each(servers, 'busy', 2, 'accepted', 1),
      each(servers, 'slow-down', 1, 'accepted', 1),
      each(servers, 'reset', 1, 'accepted', 1),
      // It arrived and nobody knows: repeated once, and marked; a webhook's receiver knows the id.
      each(others, 'lost', 1, 'accepted', 2),
      each(others, 'lost', 2, 'unknown', 2),
      each(['webhook'], 'lost', 1, 'accepted', 1),
      each(['webhook'], 'lost', 2, 'accepted', 1),
      each(others, 'refuse', 1, 'failed', 0),
      each(['webhook'], 'refuse', 1, 'accepted', 1),
      each(robots, 'html', 1, 'accepted', 1),
      each(robots, 'error', 1, 'accepted', 1),
      each(robots, 'too-fast', 1, 'accepted', 1),
      each(['webhook'], 'gone', 1, 'failed', 0),
      each(['webhook'], 'error', 2, 'accepted', 1),
    ].flat(),
  )('%s when it is %s %i times: %s, arrived %i times', async (server, mode, times, state, seen) => {
    await house.faults(server, mode, times);
    const { delivery, arrived } = await play(server as (typeof servers)[number], 5);
    expect([delivery?.state, arrived.length]).toEqual([state, seen]);
    if (seen === 2) {
      expect(arrived[1]).toContain('可能重复');
      expect(new Set(arrived.map((text) => /N\d+/.exec(text)?.[0])).size).toBe(1);
    }
  });

  test('a server that does not answer is given up for unknown, and repeated once', async () => {
    await house.faults('feishu', 'hang', 2);
    const { delivery, arrived } = await play('feishu', 3);
    expect([delivery?.state, delivery?.attempts, arrived]).toEqual(['unknown', 2, []]);
  });

  test.each([
    ['wecom', { url: `${house.base}/cgi-bin/webhook/send?key=nobodys-robot` }, '93000'],
    ['dingtalk', { url: `${house.base}/robot/send?access_token=sandbox-robot`, secret: 'SECwrong' }, '310000'],
    ['feishu', { url: `${house.base}/open-apis/bot/v2/hook/sandbox-robot`, secret: 'SECwrong' }, '19021'],
    ['email', { password: 'wrong password' }, '535'],
  ] as const)('%s with a wrong secret fails with %s, and tries no more', async (kind, secret, code) => {
    const channel = await house.addChannel(kind, ['key-awaited'], { secret });
    await keyAwaited(kind === 'email' ? person.id : null);
    await deliverAll(house.deps);
    expect(await house.deliveries(channel)).toMatchObject([{ state: 'failed', reason: code, attempts: 1 }]);
    expect(await house.arrived()).toEqual([]);
  });

  test('mail never goes in clear, nor to a relay whose certificate nobody vouches for', async () => {
    const channel = await house.addChannel('email', [], { settings: { ca: undefined } });
    await keyAwaited(person.id);
    await deliverAll(house.deps);
    expect(await house.deliveries(channel)).toMatchObject([{ state: 'failed', reason: 'tls' }]);
    expect(await house.arrived()).toEqual([]);
  });
});

describe('once', () => {
  test('several processes at once deliver each notice once', async () => {
    const channel = await house.addChannel('webhook', ['key-awaited']);
    for (let n = 0; n < 12; n += 1) await keyAwaited(null);
    await Promise.all([1, 2, 3, 4].map(() => planNotices(pool, house.now())));
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let idle = 0; idle < 5;) idle = (await deliverNext(house.deps)) ? 0 : idle + 1;
      }),
    );
    const states = (await house.deliveries(channel)).map(({ state }) => state);
    const merged = states.filter((state) => state === 'merged').length;
    const arrived = await house.arrived();
    expect(states.filter((state) => state === 'accepted').length + merged).toBe(12);
    expect(new Set(arrived.map(({ headers }) => headers['id'])).size).toBe(arrived.length);
    expect(
      arrived.reduce((sum, { text }) => sum + (JSON.parse(text) as { data: { count: number } }).data.count, 0),
    ).toBe(12);
  });

  test('what a killed process left open is unknown, repeated once and marked', async () => {
    const channel = await house.addChannel('feishu', ['key-awaited']);
    await keyAwaited(null);
    await planNotices(pool, house.now());
    // As after a SIGKILL between the call and its record: sending, and nobody there.
    await pool.query(
      `update notice_delivery set state = 'sending', attempts = 1, lease_until = $2 where channel_id = $1`,
      [channel, new Date(house.now().getTime() + minute)],
    );
    await pool.query('insert into notice_attempt select id, 1, now() from notice_delivery where channel_id = $1', [
      channel,
    ]);
    expect(await recoverLost(house.deps)).toBe(0);
    house.later(2 * minute);
    expect(await recoverLost(house.deps)).toBe(1);
    house.later(minute);
    await deliverAll(house.deps);
    expect(await house.deliveries(channel)).toMatchObject([{ state: 'accepted', attempts: 2, repeated: true }]);
    expect((await house.arrived())[0]?.text).toContain('可能重复');
  });
});

describe('what is not sent', () => {
  test('what has been done, read or switched off meanwhile', async () => {
    const channel = await house.addChannel('feishu', ['key-awaited']);
    const keys = [await keyAwaited(null), await keyAwaited(null)];
    await planNotices(pool, house.now());
    await pool.query(`update credential set state = 'revoked' where id = $1`, [keys[0]]);
    await deliverAll(house.deps);
    house.later(minute);
    await deliverAll(house.deps);
    const ends = (await house.deliveries(channel)).map(({ state, reason }) => `${state} ${reason}`);
    expect(ends.toSorted()).toEqual(['accepted null', 'dropped settled']);
    const mail = await house.addChannel('email');
    const key = await keyAwaited(person.id);
    await planNotices(pool, house.now());
    await pool.query('update notice set read_at = now() where item_id = $1', [key]);
    await deliverAll(house.deps);
    expect(await house.deliveries(mail)).toMatchObject([{ state: 'dropped', reason: 'read' }]);
  });

  test('five alike become one that says how many', async () => {
    const channel = await house.addChannel('wecom', ['key-awaited']);
    for (let n = 0; n < 6; n += 1) await keyAwaited(null);
    await deliverAll(house.deps);
    const arrived = await house.arrived();
    expect(arrived).toHaveLength(1);
    expect(arrived[0]?.text).toContain('6 件');
    expect((await house.deliveries(channel)).filter(({ state }) => state === 'merged')).toHaveLength(5);
  });

  test('a robot is called once in three seconds, however much waits', async () => {
    const channel = await house.addChannel('dingtalk', ['key-awaited']);
    for (let n = 0; n < 3; n += 1) await keyAwaited(null);
    for (const sent of [1, 1, 2, 2, 3]) {
      await deliverAll(house.deps);
      expect(await house.arrived()).toHaveLength(sent);
      house.later(1_600);
    }
    expect((await house.deliveries(channel)).every(({ state }) => state === 'accepted')).toBe(true);
  });
});

describe('health', () => {
  test('the third failure in a row raises an alarm, which goes by the others', async () => {
    const bad = await house.addChannel('wecom', ['key-awaited', 'channel-failing'], {
      secret: { url: `${house.base}/cgi-bin/webhook/send?key=nobodys-robot` },
    });
    await house.addChannel('feishu', ['channel-failing']);
    for (let n = 0; n < 3; n += 1) {
      await keyAwaited(null);
      await deliverAll(house.deps);
      house.later(minute);
    }
    await deliverAll(house.deps);
    const { rows } = await pool.query(
      `select staff_id from notice where kind = 'channel-failing' and item_id = $1 and staff_id is not null`,
      [bad],
    );
    expect(rows).toEqual([{ staff_id: person.id }]);
    const arrived = await house.arrived();
    expect(arrived.map(({ server }) => server)).toEqual(['feishu']);
    expect(arrived[0]?.text).toContain('通知渠道连续失败');
  });
});

test('no secret stands in the database, in a record or in what is thrown', async () => {
  const { rows } = await pool.query<{ all: string }>(
    `select string_agg(t::text, E'\\n') as all from (
      select c::text as t from notice_channel c union all select d::text from notice_delivery d union all select a::text from notice_attempt a
      union all select n::text from notice n) as everything (t)`,
  );
  for (const word of ['sandbox-robot', 'SECsandbox', 'whsec_', 'sandbox-mail-password', 'nobodys-robot'])
    expect(rows[0]?.all).not.toContain(word);
});
