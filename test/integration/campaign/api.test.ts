import { generateKeyPairSync, randomUUIDv7, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import type { SignRequest } from '../../../src/house/evidence.rule.ts';
import { findCalendar, storeCalendar } from '../../../src/kernel/calendar.db.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { calendarCn } from '../../../src/kernel/calendar-cn.rule.ts';
import { signingMessage } from '../../../src/house/evidence.rule.ts';
import { noProcesses } from '../../kit/people.ts';
import { deepJson } from '../../kit/nasty.ts';
import { openHouse } from '../kit/http/kit.ts';

const asked: string[] = [];
const signed: SignRequest[] = [];
const house = await openHouse({
  processes: {
    ...noProcesses,
    startCampaign: async (id) => void asked.push(`start ${id}`),
    sign: async (_, request) => void signed.push(request),
    notify: async ({ id }, event) => void asked.push(`${event} ${id}`),
    estimateDraft: async () => {},
  },
});
const { applicant, administrator, liaison, leader, operator, auditor } = house.people;
await transaction(house.pool, async (tx) => {
  if (!(await findCalendar(tx))) await storeCalendar(tx, calendarCn, 'test');
});

const gateway = await house.call('POST', '/v1/gateway-accounts', {
  body: { name: 'main', provider: 'aliyun', ratePerSecond: 100, priceMilliYuan: 45 },
});
const audience = await house.call('POST', '/v1/audiences', { as: applicant, body: { name: 'Everybody', filter: {} } });
const text = {
  kind: 'notice',
  source: '{{name}}，您的账单已出。',
  variables: [{ name: 'name', type: 'name', maxLength: 10, example: '李雷', label: '姓名' }],
  signName: '示例银行',
};
const template = await house.call('POST', '/v1/templates', {
  as: applicant,
  body: { ...text, name: 'bill', gatewayAccountId: gateway.body['id'], gatewayCode: 'SMS_1' },
});
const draft = {
  name: '账单通知',
  purpose: '告知账单',
  templateId: template.body['id'],
  audienceId: audience.body['id'],
  variableSources: { name: { from: 'name' } },
  window: {
    startsAt: new Date(Date.now() + 3_600_000).toISOString(),
    endsAt: new Date(Date.now() + 3 * 86_400_000).toISOString(),
    dailyFrom: '09:00',
    dailyTo: '18:00',
  },
  ratePerSecond: 50,
  costCeilingFen: 10_000,
};
const create = (change: object = {}) =>
  house.call('POST', '/v1/campaigns', { as: applicant, body: { ...draft, ...change } });
const card = async (number: unknown) =>
  (await house.call('GET', `/v1/campaigns/${String(number)}`, { as: auditor })).body;

test('a draft is kept under a number and shown by number and id alike', async () => {
  expect([gateway.status, audience.status, template.status]).toEqual([201, 201, 201]);
  const { status, body } = await create();
  expect(status).toBe(201);
  expect(body['number']).toMatch(/^WH-\d{8}-\d{4}$/);
  expect(await card(body['number'])).toEqual(await card(body['id']));
  expect(await card(body['number'])).toMatchObject({
    campaign: { state: 'draft', name: draft.name },
    form: null,
    signatures: [],
    ledger: null,
    inFlight: [],
    archive: null,
  });
});

test('everything that is wrong with a draft is said at once, each with its place', async () => {
  const { status, body } = await create({ ratePerSecond: 1000, variableSources: { nobody: { from: 'name' } } });
  expect([status, body['code']]).toEqual([422, 'campaign.faults']);
  const places = (body['errors'] as { place: string }[]).map(({ place }) => place);
  expect(places).toEqual(
    expect.arrayContaining(['body.ratePerSecond', 'body.variableSources.name', 'body.variableSources.nobody']),
  );
  expect((await create({ colour: 'red' })).status).toBe(400);
});

test('a draft is submitted by the person who made it, once', async () => {
  const { body } = await create();
  const submit = (as = applicant) => house.call('POST', `/v1/campaigns/${String(body['number'])}/submit`, { as });
  const another = await house.hire(['applicant']);
  expect((await submit(another)).body['code']).toBe('campaign.not-yours');
  expect(await submit()).toMatchObject({ status: 202, body: { id: body['id'] } });
  expect(asked).toContain(`start ${String(body['id'])}`);
  await house.pool.query("update campaign set state = 'awaiting-liaison' where id = $1", [body['id']]);
  expect((await submit()).body['code']).toBe('campaign.wrong-state');
  expect((await house.call('GET', `/v1/campaigns/${String(body['id'])}/form`, { as: liaison })).body['code']).toBe(
    'form.not-made',
  );
});

async function awaits(state: string, campaignId: unknown, form: string, digest: string): Promise<void> {
  await house.pool.query('update campaign set state = $2 where id = $1', [campaignId, state]);
  await house.pool.query(
    `insert into form (id, subject_kind, subject_id, unit, applicant_id, canonical, digest, expires_at, state, state_at)
      select $1, 'campaign', id, unit, applicant_id, '{}', $3, now() + interval '1 day', state, now() from campaign where id = $2`,
    [form, campaignId, digest],
  );
}

test('a signature id that stands for another signature is refused, and repeats nothing but one’s own', async () => {
  const { body } = await create();
  const [form, credential, standing] = [randomUUIDv7(), randomUUIDv7(), randomUUIDv7()];
  const [digest, evidence] = ['c'.repeat(64), { kind: 'ed25519', signature: 'AAAA' }];
  await awaits('awaiting-leader', body['id'], form, digest);
  await house.pool.query(
    `insert into credential (id, staff_id, kind, label, public_key, fingerprint, state, decided_at, decided_by)
      values ($1, $2, 'ed25519', 'key', '\\x00', 'a fingerprint', 'active', now(), $3)`,
    [credential, liaison.id, administrator.id],
  );
  await house.pool.query(
    `insert into signature (id, form_id, applicant_id, role, staff_id, credential_id, digest, evidence, signed_at)
      values ($1, $2, $3, 'liaison', $4, $5, $6, $7, now())`,
    [standing, form, applicant.id, liaison.id, credential, digest, evidence],
  );
  const post = (as: typeof leader, role: string) =>
    house.call('POST', `/v1/campaigns/${String(body['number'])}/sign`, {
      as,
      body: { signatureId: standing, role, credentialId: credential, digest, evidence },
    });
  const before = signed.length;
  expect(await post(leader, 'leader')).toMatchObject({ status: 409, body: { code: 'signature.id-taken' } });
  expect(await post(liaison, 'liaison')).toMatchObject({ status: 200, body: { signatureId: standing } });
  expect(signed.length).toBe(before);
});

test('a signature reaches the process with who signed, and only in the role that they hold', async () => {
  const { body } = await create();
  const digest = 'a'.repeat(64);
  await awaits('awaiting-liaison', body['id'], randomUUIDv7(), digest);
  const signature = sign(null, signingMessage('liaison', digest), generateKeyPairSync('ed25519').privateKey).toString(
    'base64url',
  );
  const request = {
    role: 'liaison',
    credentialId: '01980000-0000-7000-8000-000000000000',
    digest,
    evidence: { kind: 'ed25519', signature },
  };
  const post = (as: typeof liaison, change: object = {}) =>
    house.call('POST', `/v1/campaigns/${String(body['number'])}/sign`, { as, body: { ...request, ...change } });
  expect((await post(leader)).body['code']).toBe('signature.role-not-held');
  expect((await post(liaison, { digest: 'A'.repeat(64) })).status).toBe(400);
  expect((await post(liaison, { evidence: { kind: 'stamp' } })).status).toBe(400);
  expect((await post(liaison)).status).toBe(200);
  expect(signed).toMatchObject([
    { staffId: liaison.id, role: 'liaison', digest, evidence: { kind: 'ed25519', signature } },
  ]);
});

test.each([
  ['pause', operator, { reason: 'x' }],
  ['cancel', operator, { reason: 'x' }],
  ['resume', operator, undefined],
  ['reject', liaison, { reason: 'x' }],
  ['withdraw', applicant, { reason: 'x' }],
] as const)('a draft cannot be moved by %s', async (verb, as, reason) => {
  const { body } = await create();
  const answer = await house.call('POST', `/v1/campaigns/${String(body['number'])}/${verb}`, {
    as,
    ...(reason && { body: reason }),
  });
  expect(answer.status).toBe(409);
  expect(await card(body['number'])).toMatchObject({ campaign: { state: 'draft' } });
});

test.each([
  ['half an emoji', { reason: '出错了\uD83D' }, '出错了'],
  ['a character that turns the direction', { reason: '投诉\u202E过多' }, '投诉过多'],
  ['a reason 40 deep', JSON.parse(deepJson(40)) as object, '—'],
  ['no reason at all', {}, '—'],
  ['no body', undefined, '—'],
])('a stop is never refused for its reason: %s', async (_, body, kept) => {
  for (const [act, state] of [
    ['pause', 'paused'],
    ['cancel', 'cancelled'],
  ] as const) {
    const made = await create();
    await house.pool.query("update campaign set state = 'sending', started_at = now() where id = $1", [
      made.body['id'],
    ]);
    const path = `/v1/campaigns/${String(made.body['number'])}/${act}`;
    expect(await house.call('POST', path, { as: operator, body })).toMatchObject({ status: 200 });
    const { campaign } = (await card(made.body['number'])) as { campaign: object };
    expect(campaign).toMatchObject({ state, stateReason: { reason: kept } });
    await house.pool.query("update campaign set state = 'cancelled' where id = $1", [made.body['id']]);
  }
});

test.each(['reject', 'withdraw'])('%s, which stops nothing, wants a reason that can be kept', async (act) => {
  const { body } = await create();
  const as = act === 'reject' ? liaison : applicant;
  const path = `/v1/campaigns/${String(body['number'])}/${act}`;
  for (const reason of ['出错了\uD83D', 'a\u0000b', 'a\u202Eb']) {
    const answer = await house.call('POST', path, { as, body: { reason } });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'request.text', errors: [{ place: 'body.reason', message: expect.any(String) }] },
    });
  }
});

test('a campaign that sends is paused', async () => {
  const { body } = await create();
  await house.pool.query("update campaign set state = 'sending', started_at = now() where id = $1", [body['id']]);
  const pause = (reason: object) =>
    house.call('POST', `/v1/campaigns/${String(body['number'])}/pause`, { as: operator, body: reason });
  expect(await pause({ reason: 'wrong list' })).toMatchObject({ status: 200, body: { inFlight: [], waiting: 0 } });
  expect(asked).toContain(`paused ${String(body['id'])}`);
  expect((await house.call('GET', '/v1/campaigns?state=paused', { as: auditor })).body['items']).toMatchObject([
    { number: body['number'], stateReason: { reason: 'wrong list' } },
  ]);
  expect((await house.call('POST', `/v1/campaigns/${String(body['number'])}/resume`, { as: operator })).status).toBe(
    200,
  );
});

test('before the list is frozen there is nothing to explain, export or archive, and it says so', async () => {
  const { body } = await create();
  const path = `/v1/campaigns/${String(body['number'])}`;
  expect(
    (await house.call('POST', `${path}/explain`, { as: auditor, body: { phone: '138 0013 8000' } })).body,
  ).toMatchObject({ verdict: 'not-frozen', phone: '138****8000' });
  expect((await house.call('GET', `${path}/ledger`, { as: auditor })).body).toEqual({ ledger: null });
  expect((await house.call('GET', `${path}/ledger.csv`, { as: auditor })).body['code']).toBe('ledger.not-frozen');
  expect((await house.call('GET', `${path}/archive`, { as: auditor })).body['code']).toBe('archive.not-made');
});

test('a frozen list is exported with its numbers masked', async () => {
  const { body } = await create();
  const frozen = '01980000-0000-7000-8000-00000000000f';
  await house.pool.query(
    `insert into audience (id, name, state, size, batch_size, merkle_root, salt_key, created_by, frozen_at) values ($1, 'f', 'frozen', 2, 1000, 'r', '\\x00', $2, now())`,
    [frozen, applicant.id],
  );
  await house.pool.query(
    `insert into audience_member (audience_id, seq, phone, variables) values ($1, 1, '+8613800138000', '{}'), ($1, 2, '+8613900139000', '{}')`,
    [frozen],
  );
  await house.pool.query('update campaign set frozen_audience_id = $2 where id = $1', [body['id'], frozen]);
  const { status, text: csv } = await house.call('GET', `/v1/campaigns/${String(body['number'])}/ledger.csv`, {
    as: auditor,
  });
  expect(status).toBe(200);
  const lines = csv.trim().split('\r\n');
  expect(lines).toHaveLength(3);
  expect(lines[1]).toContain('138****8000,pending');
  expect(lines[0]).toMatch(/,changed_at,customer_number$/);
  const own = await house.call('GET', `/v1/campaigns/${String(body['number'])}/ledger.csv?part=failed`, {
    as: applicant,
  });
  expect([own.status, own.text.trim().split('\r\n').length]).toEqual([200, 1]);
  const colleague = await house.hire(['applicant']);
  const others = await house.call('GET', `/v1/campaigns/${String(body['number'])}/ledger.csv`, { as: colleague });
  expect([others.status, others.body['code']]).toEqual([403, 'ledger.not-yours']);
  expect(await card(body['number'])).toMatchObject({ ledger: { size: 2, counts: { pending: 2 }, balanced: true } });
});

const check = async (change: object) =>
  (await house.call('POST', '/v1/templates/check', { as: liaison, body: { ...text, ...change } })).body;
test('a text is checked without being kept', async () => {
  expect((await check({}))['findings']).toEqual([]);
  const codes = ((await check({ source: '{{nam}}，您好' }))['findings'] as { code: string }[]).map(({ code }) => code);
  expect(codes).toEqual(expect.arrayContaining(['template.undeclared-variable', 'template.unused-variable']));
});

test('a gateway account is changed and reopened by administrators; its token is not shown', async () => {
  const list = await house.call('GET', '/v1/gateway-accounts', { as: operator });
  expect(list.text).not.toContain('webhookToken');
  expect((await house.call('POST', '/v1/gateway-accounts/main/reopen', { as: administrator })).body['code']).toBe(
    'gateway.not-stopped',
  );
  expect((await house.call('POST', '/v1/gateway-accounts/main/change', { body: { ratePerSecond: 70 } })).status).toBe(
    200,
  );
  expect((await house.call('GET', '/v1/gateway-accounts', { as: operator })).body['items']).toMatchObject([
    { name: 'main', ratePerSecond: 70 },
  ]);
  const settings = { credentialsFile: '/etc/waihu/key.json' };
  expect((await house.call('POST', '/v1/gateway-accounts/main/change', { body: { settings } })).status).toBe(200);
  const seenBy = async (as: typeof operator) => (await house.call('GET', '/v1/gateway-accounts', { as })).text;
  expect(await seenBy(administrator)).toContain('/etc/waihu/key.json');
  expect(await seenBy(operator)).not.toContain('credentialsFile');
  await house.call('POST', '/v1/gateway-accounts/main/change', { body: { settings: { credentialsFile: null } } });
  expect((await house.call('POST', '/v1/gateway-accounts/none/change', { body: {} })).status).toBe(404);
});
