import { beforeAll, expect, test } from 'vitest';
import { explainCustomer } from '../../../src/contact/explain.command.ts';
import * as numbers from '../../../src/contact/number.command.ts';
import { suppressionsOfCustomer } from '../../../src/contact/suppression.command.ts';
import { findCustomer } from '../../../src/customer/customer.command.ts';
import { createCustomer } from '../../../src/customer/record.command.ts';
import type { Context } from '../../../src/house/context.ts';
import { seenCustomer } from '../../kit/customer.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';
import { silence } from '../../kit/suppression.ts';

const { pool } = await testDatabase();
const now = new Date('2026-11-04T04:00:00Z');
const reason = '客户来电说明';
const [moved, kept, own] = ['+8613800000001', '+8613800000002', '+8613800000003'] as const;
let ctx: Context;
let former: string;
let holder: string;

const seen = (customerId: string) => seenCustomer(pool, customerId);

beforeAll(async () => {
  ctx = await contextWith(pool, ['operator'], { now: () => now });
  former = (await createCustomer(ctx, { phone: moved })).id;
  await numbers.addNumber(ctx, { ...(await seen(former)), phone: kept });
  holder = (await createCustomer(ctx, { phone: own })).id;
  await silence(pool, { phone: moved, kind: 'opt-out', createdAt: now });
  await silence(pool, { phone: moved, kind: 'complaint', createdAt: now, liftedAt: now });
  await silence(pool, { phone: moved, kind: 'gateway-blacklist', createdAt: now });
  await numbers.takeOverNumber(ctx, { ...(await seen(holder)), phone: moved, holderId: former, reason });
  await silence(pool, { phone: own, kind: 'dnc', createdAt: now });
});

const kinds = (rows: readonly { kind: string }[]) => rows.map(({ kind }) => kind).toSorted();
const active = async (id: string) => kinds((await findCustomer(ctx, { id }))?.suppressions ?? []);

test('a new holder’s card shows no word of the former holder, and all that is said of them and of their numbers', async () => {
  expect(await active(holder)).toEqual(['dnc', 'gateway-blacklist']);
  expect(kinds(await suppressionsOfCustomer(ctx, holder))).toEqual(['dnc', 'gateway-blacklist']);
});

test('the former holder’s card keeps their own words, from a number that is theirs no more, lifted ones too', async () => {
  expect(await active(former)).toEqual(['opt-out']);
  expect(kinds(await suppressionsOfCustomer(ctx, former))).toEqual(['complaint', 'opt-out']);
});

test('whether somebody may be contacted is asked of the number by which they would be met', async () => {
  expect((await explainCustomer(ctx, { customerId: holder })).phone).toBe('138****0003');
  await numbers.markNumberDead(ctx, { ...(await seen(holder)), place: 1, reason: '停机' });
  const { phone, answers } = await explainCustomer(ctx, { customerId: holder });
  expect(phone).toBe('138****0001');
  expect(answers.flatMap(({ objections }) => objections.map(({ why }) => why))).not.toContain('dead-number');
});
