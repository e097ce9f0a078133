import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../src/kernel/digest.rule.ts';
import { faultsOfPage, unescapeHtml } from '../kit/page/kit.ts';
import { openSigning } from './signing-kit.ts';

const house = await openSigning();
const { applicant, liaison, leader, operator } = house.people;
const liaisonKey = await house.enrol(liaison);
const leaderKey = await house.enrol(leader);
const audience = await house.addAudience(30);

const awaiting = (days?: number) => house.awaiting(audience, days);
const stateOf = async (id: string) => (await house.show(id)).campaign.state;
const storedForm = async (id: string) =>
  (await house.pool.query('select canonical, digest from form where campaign_id = $1', [id])).rows[0] as {
    canonical: string;
    digest: string;
  };

describe('the page', () => {
  test.each(['zh-CN', 'en'] as const)('reads in %s and holds nothing that no page may hold', async (language) => {
    const { number } = await awaiting();
    for (const [person, path] of [
      [liaison, '/sign-off'],
      [applicant, '/sign-off'],
      [liaison, `/sign-off/${number}`],
      [applicant, `/sign-off/${number}`],
      [liaison, `/sign-off/${number}/people`],
      [liaison, '/archive'],
      [liaison, '/notices'],
    ] as const) {
      const { status, html } = await house.get(person, path, language);
      expect([path, status, ...faultsOfPage(html)]).toEqual([path, 200]);
    }
  });

  test('carries the canonical text letter by letter, whose digest is the one shown', async () => {
    const { id, number } = await awaiting();
    const { html } = await house.get(liaison, `/sign-off/${number}`);
    const decoded = unescapeHtml(/data-canonical="([^"]*)"/.exec(html)?.[1] ?? '');
    const { canonical, digest } = await storedForm(id);
    expect(decoded).toBe(canonical);
    expect(sha256Hex(decoded)).toBe(digest);
    for (const group of digest.match(/.{8}/g) ?? []) expect(html).toContain(`<span>${group}</span>`);
  });

  test('shows the shortest, usual and longest text that somebody gets, numbers masked', async () => {
    await house.pool.query(
      `update audience_member set variables = jsonb_build_object('name', case seq when 7 then '欧阳女士' when 9 then '王总' else '王女士' end, 'date', '10月7日') where audience_id = $1`,
      [audience],
    );
    const { number } = await awaiting();
    const { html } = await house.get(liaison, `/sign-off/${number}`);
    expect(html).toContain('最短 · 138****0009');
    expect(html).toContain('最长 · 138****0007');
    expect(html).toContain('<mark class="so-variable">欧阳女士</mark>');
    expect(html).not.toMatch(/1380000000\d/);
  });

  test('has no button for the applicant, the other role or who signed before, and says the rule', async () => {
    const { number } = await awaiting();
    const seen = async (person: typeof applicant) => (await house.get(person, `/sign-off/${number}`)).html;
    expect(await seen(applicant)).toContain('您是申请人');
    expect(await seen(leader)).toContain('须由该单位的对应签字人完成');
    expect(await seen(operator)).not.toContain('data-sign="desk"');
    expect(await seen(liaison)).toContain('data-sign="desk"');
    await house.signOnPage(liaison, number, liaisonKey);
    expect(await seen(liaison)).not.toContain('data-sign="desk"');
    expect(await seen(leader)).toContain('data-sign="desk"');
  });

  test('leads people without a passkey to their enrolment, and those with a key file to the command', async () => {
    const { number } = await awaiting();
    const newcomer = await house.hire('新联络员', ['liaison']);
    const { html } = await house.get(newcomer, `/sign-off/${number}`);
    expect(html).toContain('/account#signing-keys');
    expect(html).toContain(`waihu sign ${number} --role liaison`);
    expect(html).not.toContain('data-sign="desk"');
  });

  test('is missing to people of another unit and for numbers that are none', async () => {
    const { number } = await awaiting();
    const stranger = await house.hire('别处', ['liaison']);
    await house.pool.query(`update staff_role set unit = '别的单位' where staff_id = $1`, [stranger.id]);
    expect((await house.get(stranger, `/sign-off/${number}`)).status).toBe(404);
    expect((await house.get(stranger, `/sign-off/${number}/pdf`)).status).toBe(404);
    expect((await house.get(stranger, '/sign-off')).html).not.toContain(number);
    expect((await house.get(stranger, '/archive')).html).not.toContain(number);
    expect((await house.get(liaison, '/sign-off/WH-20200101-0001')).status).toBe(404);
  });
});

describe('signing', () => {
  test('two passkeys in order schedule the campaign; a double click does one thing', async () => {
    const { id, number } = await awaiting();
    const first = await house.signForm(liaison, number, liaisonKey);
    const [one, again] = await Promise.all([
      house.post(liaison, `/sign-off/${number}/sign`, first),
      house.post(liaison, `/sign-off/${number}/sign`, first),
    ]);
    expect([one.status, again.status]).toEqual([303, 303]);
    expect((await house.post(liaison, `/sign-off/${number}/sign`, first)).status).toBe(303);
    expect(await stateOf(id)).toBe('awaiting-leader');
    await house.signOnPage(leader, number, leaderKey);
    expect(await stateOf(id)).toBe('scheduled');
    const { html } = await house.get(leader, `/sign-off/${number}`);
    expect(html).toContain('两道签字已齐');
    // Two signatures, each in the panel and on the phone's sheet.
    expect(html.match(/data-signature=/g)).toHaveLength(4);
    expect(html).toContain('与联络员所签一致');
  });

  test.each([
    ['from another site', { assertion: { origin: 'https://evil.example' } }],
    ['for another host', { assertion: { rpId: 'evil.example' } }],
    ['without the person verified', { assertion: { userVerified: false } }],
    ['over another challenge', { assertion: { challenge: Buffer.alloc(32, 7) } }],
    ['over another digest', { form: { digest: 'a'.repeat(64) } }],
    ['in the other role', { form: { role: 'leader' } }],
    ['with somebody else’s credential', { form: { credentialId: '01980000-0000-7000-8000-000000000000' } }],
    ['with evidence that is no JSON', { form: { evidence: '{' } }],
    ['with evidence of another kind', { form: { evidence: '{"kind":"ed25519","signature":"AAAA"}' } }],
    ['with nothing filled in', { form: { evidence: '', credentialId: '' } }],
  ])('an answer %s is refused on the page, and nothing is signed', async (_, change) => {
    const { id, number } = await awaiting();
    const answer = await house.signOnPage(liaison, number, liaisonKey, change);
    expect(answer.status).toBe(422);
    expect(answer.html).toContain('role="alert"');
    expect(faultsOfPage(answer.html)).toEqual([]);
    expect(await stateOf(id)).toBe('awaiting-liaison');
    expect((await house.show(id)).signatures).toEqual([]);
  });

  test('a signature over one form does not sign another', async () => {
    const [first, second] = [await awaiting(), await awaiting()];
    const form = await house.signForm(liaison, first.number, liaisonKey);
    expect((await house.post(liaison, `/sign-off/${second.number}/sign`, form)).status).toBe(422);
    expect(await stateOf(second.id)).toBe('awaiting-liaison');
  });

  test('a passkey that was revoked meanwhile signs nothing, and its owner is led to enrol another', async () => {
    const { id, number } = await awaiting();
    const brief = await house.hire('临时联络员', ['liaison']);
    const passkey = await house.enrol(brief);
    const form = await house.signForm(brief, number, passkey);
    await house.post(brief, `/account/signing-keys/${passkey.credentialId}/revoke`);
    const answer = await house.post(brief, `/sign-off/${number}/sign`, form);
    expect(answer.status).toBe(422);
    expect(answer.html).toContain('/account#signing-keys');
    expect(await stateOf(id)).toBe('awaiting-liaison');
  });

  test('a changed campaign shows a red note instead of the button, and takes no signature', async () => {
    const { id, number } = await awaiting();
    const form = await house.signForm(liaison, number, liaisonKey);
    await house.pool.query('update campaign set rate_per_second = 1 where id = $1', [id]);
    const { html } = await house.get(liaison, `/sign-off/${number}`);
    expect(html).toContain('摘要已不一致');
    expect(html).toContain('ratePerSecond');
    expect(html).not.toContain('data-sign="desk"');
    expect((await house.post(liaison, `/sign-off/${number}/sign`, form)).status).toBe(422);
    expect(await stateOf(id)).toBe('awaiting-liaison');
  });

  test('a stored text that was tampered with is said loudly', async () => {
    const { id, number } = await awaiting();
    await house.pool.query(
      `update form set canonical = replace(canonical, '国庆权益', '国庆福利') where campaign_id = $1`,
      [id],
    );
    const { html } = await house.get(liaison, `/sign-off/${number}`);
    expect(html).toContain('存档全文与摘要不一致');
    expect(html).not.toContain('data-sign="desk"');
  });

  test('an expired form takes no signature and says why', async () => {
    const { id, number } = await awaiting();
    const form = await house.signForm(liaison, number, liaisonKey);
    await house.pool.query(`update form set expires_at = now() - interval '1 second' where campaign_id = $1`, [id]);
    expect((await house.get(liaison, `/sign-off/${number}`)).html).toContain('不能再签');
    expect((await house.post(liaison, `/sign-off/${number}/sign`, form)).status).toBe(422);
  });

  test('a stand-in signs on behalf of the absent person, and both pages say so', async () => {
    const { id, number } = await awaiting();
    const standIn = await house.hire('代理签字人', ['agent']);
    await house.pool.query(
      `insert into delegation (id, staff_id, delegate_id, role, unit, from_at, until_at, created_by)
        values (gen_random_uuid(), $1, $2, 'liaison', '*', now() - interval '1 hour', now() + interval '1 day', $1)`,
      [liaison.id, standIn.id],
    );
    const passkey = await house.enrol(standIn);
    expect((await house.get(standIn, `/sign-off/${number}`)).html).toContain('您正在代 liaison 签字');
    await house.signOnPage(standIn, number, passkey);
    expect(await stateOf(id)).toBe('awaiting-leader');
    expect((await house.get(leader, `/sign-off/${number}`)).html).toContain('代 liaison 签字');
    // Whose name is on the form cannot sign it again.
    expect((await house.get(liaison, `/sign-off/${number}`)).html).not.toContain('data-sign="desk"');
  });
});

describe('sending back', () => {
  test('asks for a reason, keeps what was typed, and then shows who returned it and why', async () => {
    const { id, number } = await awaiting();
    const without = await house.post(liaison, `/sign-off/${number}/reject`, { reason: '  ' });
    expect(without.status).toBe(422);
    expect(await stateOf(id)).toBe('awaiting-liaison');
    expect((await house.post(liaison, `/sign-off/${number}/reject`, { reason: '“免费”易引起误解' })).status).toBe(303);
    expect(await stateOf(id)).toBe('rejected');
    const { html } = await house.get(applicant, `/sign-off/${number}`);
    expect(html).toContain('“免费”易引起误解');
    expect(html).toContain('由 liaison 退回');
    expect((await house.get(liaison, '/sign-off')).html).toContain('已退回');
  });

  test('is refused to the applicant, to the leader while the liaison is awaited, and by rights', async () => {
    const { id, number } = await awaiting();
    expect((await house.post(leader, `/sign-off/${number}/reject`, { reason: '先看看' })).status).toBe(422);
    expect((await house.post(applicant, `/sign-off/${number}/reject`, { reason: '先看看' })).status).toBe(403);
    expect((await house.post(operator, `/sign-off/${number}/reject`, { reason: '先看看' })).status).toBe(403);
    expect(await stateOf(id)).toBe('awaiting-liaison');
  });

  test('a corrected campaign shows what differs from the returned one', async () => {
    const first = await awaiting();
    await house.post(liaison, `/sign-off/${first.number}/reject`, { reason: '速率太高' });
    const second = await awaiting();
    await house.pool.query('update campaign set revises = $2 where id = $1', [second.id, first.id]);
    await house.pool.query(
      `update form set canonical = replace(canonical, '请于', '请务必于') where campaign_id = $1`,
      [first.id],
    );
    const { html } = await house.get(liaison, `/sign-off/${second.number}`);
    expect(html).toContain('与第 1 版的差别');
    expect(html).toContain('<del>务必</del>');
    expect(html).toContain('退回原因：速率太高');
  });
});

describe('the rule of reminders', () => {
  test('is read by everybody, changed by administrators, and what cannot be is said on the page', async () => {
    const administrator = await house.hire('管理员', ['administrator']);
    const policy = { firstAfterHours: '2.5', workFrom: '08:30', workTo: '17:30' };
    expect((await house.post(liaison, '/sign-off/reminders', policy)).status).toBe(403);
    const wrong = await house.post(administrator, '/sign-off/reminders', { ...policy, workTo: '08:00' });
    expect(wrong.status).toBe(422);
    expect(faultsOfPage(wrong.html)).toEqual([]);
    expect((await house.post(administrator, '/sign-off/reminders', policy)).location).toBe('/sign-off');
    const { html } = await house.get(liaison, '/sign-off');
    expect(html).toMatch(/2\.5 个工作小时[^<]*08:30–17:30/);
    expect(html).not.toContain('action="/sign-off/reminders"');
  });
});

describe('asking and being told', () => {
  test.each(['zh-CN', 'en'] as const)(
    'the applicant asks, the signer’s bell rings and reads in %s',
    async (language) => {
      // In so many days one is a working day, so there is a first reminder to name.
      const { id, number } = await awaiting(12);
      expect((await house.get(applicant, `/sign-off/${number}`)).html.replaceAll(/\s+/g, ' ')).toMatch(
        /尚未催签，首次催签时间 \d\d-\d\d \d\d:\d\d · 等待 [^·]*liaison[^·]* 签字/,
      );
      expect((await house.post(applicant, `/sign-off/${number}/nudge`)).location).toBe(`/sign-off/${number}`);
      const again = await house.post(applicant, `/sign-off/${number}/nudge`);
      expect([again.status, again.html]).toEqual([422, expect.stringContaining('role="alert"')]);
      expect((await house.post(leader, `/sign-off/${number}/nudge`)).status).toBe(403);
      const { html } = await house.get(liaison, '/notices', language);
      expect(faultsOfPage(html)).toEqual([]);
      const { rows } = await house.pool.query<{ id: string }>(
        `select id from notice where staff_id = $1 and campaign_id = $2 and kind = 'sign-nudge'`,
        [liaison.id, id],
      );
      const notice = rows[0]?.id ?? '';
      expect(html).toContain(`name="id" value="${notice}"`);
      expect((await house.get(liaison, `/notices/${notice}`, language)).html).toContain(number);
      expect(html).toContain(language === 'en' ? 'asks you to sign' : '请您尽快为');
      expect((await house.get(leader, '/notices')).html).not.toContain(number);
      expect((await house.post(liaison, '/notices/open', { id: notice })).location).toBe(`/sign-off/${number}`);
      const unread = 'select id from notice where staff_id = $1 and campaign_id = $2 and read_at is null';
      expect((await house.pool.query(unread, [liaison.id, id])).rows).toEqual([]);
      expect((await house.post(liaison, '/notices/read')).location).toBe('/notices');
    },
  );
});
