import { describe, expect, test } from 'vitest';
import { noticeKinds } from '../../../../src/house/notice/notice.rule.ts';
import { placeOutside } from '../../../../src/house/notice/place.ts';
import { wordsFor } from '../../../../src/house/notice/words.ts';
import { faultsOfPage, openConsole } from '../../kit/page/kit.ts';
import { openNoticeHouse } from './kit.ts';

let made: Awaited<ReturnType<typeof openNoticeHouse>> | null = null;
const console = await openConsole({
  channelKit: async (pool) => {
    made = await openNoticeHouse(pool);
    return made.kit;
  },
});
if (!made) throw new Error('The kit is made with the server.');
const notices: Awaited<ReturnType<typeof openNoticeHouse>> = made;
const { pool, people } = console;
const { administrator, operator } = people;
const secrets = ['sandbox-robot', 'SECsandbox', 'whsec_', 'sandbox-mail-password'];

const robot = (kind: 'wecom' | 'dingtalk' | 'feishu' | 'webhook') => notices.addresses[kind] as Record<string, string>;
async function add(kind: 'wecom' | 'dingtalk' | 'feishu' | 'webhook', name: string, more: object = {}) {
  const { status, location } = await console.post(`/channels/new?kind=${kind}`, { name, ...robot(kind), ...more });
  expect(status).toBe(303);
  return location ?? '';
}

describe('the pages of channels', () => {
  test.each(['zh-CN', 'en'] as const)(
    'add, show, test and change a channel in %s, and never show its secret',
    async (language) => {
      const place = await add('dingtalk', `运营群 ${language}`, { kinds: ['form-signed', 'campaign-paused'] });
      const shown = await console.get(place, { language });
      expect([shown.status, faultsOfPage(shown.html)]).toEqual([200, []]);
      const tested = await console.post(`${place}/test`, {}, { language });
      expect(tested.location).toBe(place);
      expect((await notices.arrived()).at(-1)).toMatchObject({ server: 'dingtalk' });
      const saved = await console.post(
        place,
        { url: '', secret: '', kinds: 'form-signed', enabled: 'on' },
        { language },
      );
      expect(saved.location).toBe(place);
      // What was left empty is still there.
      await notices.forget();
      await console.post(`${place}/test`, {});
      expect(await notices.arrived()).toHaveLength(1);
      const list = await console.get('/channels', { language });
      expect(faultsOfPage(list.html)).toEqual([]);
      for (const word of secrets) expect(list.html + shown.html).not.toContain(word);
    },
  );

  test('every kind has its form', async () => {
    for (const kind of ['email', 'wecom', 'dingtalk', 'feishu', 'sms', 'webhook']) {
      const { status, html } = await console.get(`/channels/new?kind=${kind}`);
      expect([status, faultsOfPage(html)]).toEqual([200, []]);
    }
    const mail = { name: '公司邮箱', ...notices.mail, password: 'sandbox-mail-password' };
    const { location } = await console.post('/channels/new?kind=email', mail);
    await notices.forget();
    await console.post(`${location}/test`, {});
    expect(await notices.arrived()).toMatchObject([{ server: 'email', key: `${administrator.id}@example.com` }]);
    // A password is not handed to another server.
    const moved = await console.post(location ?? '', { ...notices.mail, host: 'mail.example.com', enabled: 'on' });
    expect(moved.status).toBe(422);
  });

  test.each([
    ['wecom', { url: 'https://evil.example/cgi-bin/webhook/send?key=123456789' }, '不允许发往这个地址'],
    ['wecom', { url: 'not an address' }, '请完整复制'],
    ['webhook', { url: 'http://hooks.example.com/x' }, 'https://'],
    ['webhook', { url: 'https://169.254.169.254/x' }, '不允许发往这个地址'],
    ['webhook', { url: 'https://hooks.example.com/x', secret: 'short' }, '填写不正确'],
  ] as const)('%s to %j is refused and nothing is kept', async (kind, given, words) => {
    const before = await pool.query('select count(*) from notice_channel');
    const { status, html } = await console.post(`/channels/new?kind=${kind}`, { name: 'x', ...robot(kind), ...given });
    expect([status, faultsOfPage(html)]).toEqual([422, []]);
    expect(html).toContain(words);
    for (const word of secrets) expect(html).not.toContain(word);
    expect((await pool.query('select count(*) from notice_channel')).rows).toEqual(before.rows);
  });

  test('a test that fails says why, in words', async () => {
    const place = await add('wecom', '坏机器人', {
      url: robot('wecom')['url']?.replace('sandbox-robot', 'nobodys-robot'),
    });
    const { headers } = await console.post(`${place}/test`, {});
    const flash = String(headers['set-cookie']);
    const { html } = await console.get(place, { headers: { cookie: flash.split(';')[0] ?? '' } });
    expect(html).toContain('机器人地址无效');
    await console.post(`${place}/remove`, {});
    expect((await console.get(place)).status).toBe(404);
  });

  test('only administrators see or touch them', async () => {
    for (const path of [
      '/channels',
      '/channels/new?kind=wecom',
      '/api/v1/notice-channels',
      '/api/v1/notice-deliveries',
    ])
      expect((await console.get(path, { as: operator })).status).toBe(403);
    expect((await console.post('/channels/quiet', { from: '20:00', to: '08:00' }, { as: operator })).status).toBe(403);
  });
});

test('neither answers, nor records, nor logs, nor the database hold a secret in clear', async () => {
  const answer = await console.call('GET', '/v1/notice-channels');
  const { rows } = await pool.query<{ all: string }>(
    `select string_agg(t, E'\\n') as all from (select c::text from notice_channel c union all select a::text from audit a) as x (t)`,
  );
  for (const word of secrets)
    for (const text of [answer.text, rows[0]?.all ?? '', console.log()]) expect(text).not.toContain(word);
  const actions = await pool.query(`select distinct action from audit where object_kind = 'channel' order by 1`);
  expect(actions.rows.map(({ action }) => String(action))).toEqual([
    'channel.change',
    'channel.create',
    'channel.remove',
    'channel.test',
  ]);
});

describe('one’s own settings', () => {
  test('an address is used once its code was entered; five wrong codes spend it', async () => {
    const as = operator;
    expect((await console.get('/account/notices', { as })).html).toContain('我的通知');
    await notices.forget();
    const ask = (address: string) => console.post('/account/notices/address', { channel: 'email', address }, { as });
    expect((await ask('nobody')).status).toBe(422);
    expect((await ask('other@example.com')).location).toBe('/account/notices');
    expect((await ask('other@example.com')).status).toBe(422);
    const [mail] = await notices.arrived();
    expect(mail?.key).toBe('other@example.com');
    const code = /(?<!\d)\d{6}(?!\d)/.exec(mail?.text.split('\n\n').at(-1) ?? '')?.[0] ?? '';
    const enter = (given: string) =>
      console.post('/account/notices/confirm', { channel: 'email', code: given }, { as });
    const address = async () =>
      (await pool.query(`select verified_at is not null as verified from notice_address where staff_id = $1`, [as.id]))
        .rows;
    const wrong = code === '000000' ? '000001' : '000000';
    for (let tries = 0; tries < 5; tries += 1) expect((await enter(wrong)).status).toBe(422);
    expect((await enter(code)).status).toBe(422);
    expect(await address()).toEqual([{ verified: false }]);
    await pool.query('update notice_address set tries = 0');
    expect((await enter(code)).location).toBe('/account/notices');
    expect(await address()).toEqual([{ verified: true }]);
    const page = await console.get('/account/notices', { as, language: 'en' });
    expect(faultsOfPage(page.html)).toEqual([]);
    expect(page.html).toContain('o***@example.com');
  });

  test('kinds and quiet hours are kept, and what was switched off is on record', async () => {
    const form = {
      'email campaign-paused': 'on',
      'sms campaign-paused': 'on',
      quiet: 'own',
      from: '19:00',
      to: '09:00',
    };
    expect((await console.post('/account/notices', form, { as: operator })).location).toBe('/account/notices');
    const { rows } = await pool.query(
      `select count(*) filter (where wanted)::int as on from notice_choice where staff_id = $1`,
      [operator.id],
    );
    expect(rows).toEqual([{ on: 2 }]);
    const { html } = await console.get('/account/notices', { as: operator });
    expect(html).toContain('value="19:00"');
    const audit = await pool.query(
      `select details from audit where action = 'notice-setting.change' order by seq desc limit 1`,
    );
    expect(JSON.stringify(audit.rows)).toContain('form-signed email');
  });
});

const stand = async () =>
  (
    await pool.query<{ all: string }>(
      `select md5(string_agg(t, '' order by t)) as all from (select n::text from notice n union all select c::text from campaign c
      union all select s::text from signature s union all select k::text from credential k union all select a::text from audit a) as x (t)`,
    )
  ).rows;

describe('what leaves the house', () => {
  const deadline = new Date('2026-11-28T10:00:00Z');
  const campaignNumber = 'WH-20261127-0001';
  const outgoing = noticeKinds.flatMap((kind) =>
    [crypto.randomUUID(), null].map((staffId) => {
      const due = { noticeId: crypto.randomUUID(), staffId, kind, itemKind: 'campaign' as const, campaignNumber };
      const url = `${notices.kit.publicUrl}${placeOutside(due, 1)}`;
      const text = { kind, number: 7, count: 1, campaignNumber, deadline, url, repeated: true };
      return {
        kind,
        url,
        words: (['zh-CN', 'en'] as const).map((language) => wordsFor(notices.kit.translators[language], text)),
      };
    }),
  );

  test.each(outgoing)(
    '$kind: its link, fetched and submitted by a machine without a session, changes nothing',
    async ({ url, words }) => {
      const before = await stand();
      const path = url.slice(notices.kit.publicUrl.length);
      expect((await console.get(path, { as: null })).location).toMatch(/^\/sign-in\?next=/);
      for (const act of [path, `${path}/sign`, `${path}/read`, '/notices/open', '/notices/read'])
        expect([303, 401, 403, 404]).toContain(
          (await console.post(act, { id: crypto.randomUUID() }, { as: null })).status,
        );
      expect(await stand()).toEqual(before);
      for (const { title, text, short } of words) {
        expect(text).toContain(url);
        expect(`${title}${text}${short}`).not.toMatch(/⟦|@|<|(?<!\d)1[3-9]\d{9}(?!\d)/);
        // Aliyun's variables take 35 characters.
        expect(short.length).toBeLessThanOrEqual(60);
      }
      expect(words[0]?.short.length).toBeLessThanOrEqual(35);
    },
  );
});
