import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Context } from '../../../src/house/context.ts';
import { findCustomer } from '../../../src/customer/customer.command.ts';
import { readImport } from '../../../src/customer/import/import.command.ts';
import { acceptImport } from '../../../src/customer/import/acceptance.command.ts';
import { applyOptOut, liftSuppression, listSuppressions, suppress } from '../../../src/contact/suppression.command.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { activeSuppressions, insertSuppression } from '../../../src/contact/suppression.db.ts';
import { reachOf, type ContactChannel, type ContactPurpose } from '../../../src/kernel/reach.rule.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';
import { fileOf } from '../customer/import/csv-file.ts';

const { pool } = await testDatabase();
const now = new Date('2026-11-02T02:00:00Z');
const phone = '+8613800138000';
let ctx: Context;
let applicant: Context;

beforeAll(async () => {
  ctx = await contextWith(pool, ['operator'], { now: () => now });
  applicant = await contextWith(pool, ['applicant'], { now: () => now });
});
beforeEach(async () => {
  await pool.query('truncate customer, suppression, import cascade');
});

type Wanted = Parameters<typeof suppress>[1];
const dnc: Wanted = { phone: '138 0013 8000', kind: 'dnc', scope: 'all', reason: '客户来电要求' };
const optOut = () =>
  transaction(pool, (tx) => applyOptOut(tx, { phone, source: 'reply:a1', reach: reachOf.marketing, now }));
const careful = (purposes: ContactPurpose[], channels: ContactChannel[]) => ({ scope: undefined, purposes, channels });
const later = (days: number) => new Date(now.getTime() + days * 86_400_000);

test('a suppressed number is silent until it is lifted, and is shown masked', async () => {
  const { suppression, added } = await suppress(ctx, dnc);
  expect(added).toBe(true);
  expect(suppression.phone).toBe('138****8000');
  expect(await activeSuppressions(pool, [phone, '+8613900139000'], now)).toMatchObject([
    { id: suppression.id, phone, kind: 'dnc' },
  ]);
  await liftSuppression(ctx, { id: suppression.id, reason: '录入错误' });
  expect(await activeSuppressions(pool, [phone], now)).toEqual([]);
  await expect(liftSuppression(ctx, { id: suppression.id, reason: '再次' })).rejects.toMatchObject({
    code: 'suppression.already-lifted',
  });
});

test('silencing the same number several times at once leaves one row to lift', async () => {
  const answers = await Promise.all([1, 2, 3, 4].map(() => suppress(ctx, dnc)));
  expect(answers.filter((answer) => answer.added)).toHaveLength(1);
  await liftSuppression(ctx, { id: answers[0]!.suppression.id, reason: '录入错误' });
  expect(await activeSuppressions(pool, [phone], now)).toEqual([]);
});

test.each<[string, Partial<Wanted>, Partial<Wanted>, boolean]>([
  ['a shorter one does not cover a longer one', { expiresAt: later(1) }, { expiresAt: later(9) }, true],
  ['a longer one covers a shorter one', { expiresAt: later(9) }, { expiresAt: later(1) }, false],
  ['one without end covers all', {}, { expiresAt: later(1) }, false],
  ['one with an end does not cover one without', { expiresAt: later(9) }, {}, true],
  ['a narrower scope does not cover a wider one', { scope: 'marketing' }, { scope: 'all' }, true],
  ['a wider scope covers a narrower one', { scope: 'all' }, { scope: 'sms' }, false],
  ['one channel does not cover another', { scope: 'sms' }, { scope: 'call' }, true],
  ['more purposes on more channels cover fewer', { scope: 'marketing' }, careful(['survey'], ['call']), false],
  ['one purpose more is not covered', careful(['care'], ['sms']), careful(['care', 'survey'], ['sms']), true],
  ['another kind covers nothing', { kind: 'complaint' }, { kind: 'dnc' }, true],
])('%s', async (_, first, second, added) => {
  await suppress(ctx, { ...dnc, ...first });
  expect((await suppress(ctx, { ...dnc, ...second })).added).toBe(added);
});

test('a suppression ends by itself at its end, not before', async () => {
  await suppress(ctx, { ...dnc, expiresAt: later(1) });
  expect(await activeSuppressions(pool, [phone], new Date(later(1).getTime() - 1))).toHaveLength(1);
  expect(await activeSuppressions(pool, [phone], later(1))).toEqual([]);
});

test.each([
  ['an end in the past', { expiresAt: now }, 'suppression.expired'],
  ['what is no mobile number', { phone: '010-62345678' }, 'phone.invalid'],
])('%s is refused', async (_, over, code) => {
  const error = await suppress(ctx, { ...dnc, ...over }).catch((each: unknown) => each);
  expect(error).toMatchObject({ kind: 'invalid', code });
  expect(JSON.stringify(error)).not.toContain('62345678');
});

test('an opt-out silences marketing and surveys on every channel for good, withdraws consent, and repeats without effect', async () => {
  const stream = fileOf('phone,营销同意\n13800138000,是');
  const { id } = await readImport(applicant, { kind: 'customers', fileName: 'x.csv', stream });
  await acceptImport(applicant, { importId: id });
  const answers = await Promise.all([optOut(), optOut(), optOut()]);
  expect(answers.filter((answer) => answer.added)).toHaveLength(1);
  expect(new Set(answers.map((answer) => answer.suppressionId)).size).toBe(1);
  expect(await findCustomer(ctx, { phone })).toMatchObject({
    consents: [{ granted: false, source: 'reply' }],
    suppressions: [
      {
        kind: 'opt-out',
        scope: 'marketing',
        ...reachOf.marketing,
        source: 'reply:a1',
        createdBy: null,
        expiresAt: null,
        phone: '138****8000',
      },
    ],
  });
});

test('an opt-out of a number that nobody has stands all the same, and a new one stands after a lift', async () => {
  const first = await optOut();
  await liftSuppression(ctx, { id: first.suppressionId, reason: '客户书面重新同意' });
  const second = await optOut();
  expect(second.added).toBe(true);
  expect(second.suppressionId).not.toBe(first.suppressionId);
});

test('an opt-out in a transaction that fails leaves nothing', async () => {
  const failing = transaction(pool, async (tx) => {
    await applyOptOut(tx, { phone, source: 'reply:a1', reach: reachOf.marketing, now });
    throw new Error('the delivery is taken in again later');
  });
  await expect(failing).rejects.toThrow();
  expect(await activeSuppressions(pool, [phone], now)).toEqual([]);
});

test('a temporary opt-out by hand does not stand in for the reply', async () => {
  await suppress(ctx, { ...dnc, kind: 'opt-out', scope: 'sms', expiresAt: later(1) });
  expect((await optOut()).added).toBe(true);
});

test('pages hold every suppression once', async () => {
  await transaction(pool, async (tx) => {
    for (let n = 0; n < 25; n += 1) {
      const id = `01900000-0000-7000-8000-0000000000${String(n + 10)}`;
      const rest = {
        ...reachOf.all,
        source: 'staff',
        reason: null,
        createdAt: now,
        createdBy: null,
        expiresAt: null,
      } as const;
      await insertSuppression(tx, { id, phone: `+861380013${8000 + n}`, kind: n % 2 ? 'dnc' : 'complaint', ...rest });
    }
  });
  const seen: string[] = [];
  for (let before: string | null = null; ;) {
    const page = await listSuppressions(ctx, { before, limit: 10 });
    seen.push(...page.rows.map((row) => row.id));
    if (page.next === null) break;
    before = page.next;
  }
  expect(seen).toHaveLength(25);
  expect(seen).toEqual([...new Set(seen)].toSorted().toReversed());
  expect((await listSuppressions(ctx, { phone: '13800138003' })).rows).toMatchObject([
    { phone: '138****8003', kind: 'dnc' },
  ]);
  expect((await listSuppressions(ctx, { kind: 'complaint', active: true, limit: 100 })).rows).toHaveLength(13);
});

test('who may silence may not always lift', async () => {
  const { suppression } = await suppress(applicant, dnc);
  await expect(liftSuppression(applicant, { id: suppression.id, reason: 'x' })).rejects.toMatchObject({
    kind: 'denied',
  });
  const { rows } = await pool.query(`select actor, details from audit where object_id = $1`, [suppression.id]);
  expect(rows).toEqual([
    { actor: `staff:${applicant.staff.id}`, details: { kind: 'dnc', ...reachOf.all, added: true } },
  ]);
});
