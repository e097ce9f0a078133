import { randomUUIDv7 } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { createCallPermit } from '../../../activities/call-permit.ts';
import { freezeAudience } from '../../../activities/freeze.ts';
import type { HaltWatch } from '../../../activities/halt-watch.ts';
import type { LeaveDesk } from '../../../activities/leave-desk.ts';
import type { SendDeps } from '../../../activities/send-span.ts';
import { claimSlice, type ClaimRequest } from '../../../src/campaign/claim.db.ts';
import type { ContactAsk } from '../../../src/contact/contact.rule.ts';
import { defaultContactPolicy, everyDay } from '../../../src/contact/policy.rule.ts';
import { openNumbers } from '../../../src/contact/reserve.db.ts';
import { AppError } from '../../../src/kernel/app-error.rule.ts';
import { holdEach } from '../../../src/kernel/lock.db.ts';
import type { Pool, Sql, Tx } from '../../../src/kernel/sql.db.ts';
import { takeLeaves, type Granted } from '../../../src/sms/rate.db.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';
import { silence } from '../../kit/suppression.ts';
import { makeCampaign, times, type Made } from './page-kit.ts';

const { pool } = await testDatabase();
const { staff } = await contextWith(pool, ['operator']);
const phoneOf = (seq: number): string => `+86139${String(seq).padStart(8, '0')}`;
const owner = randomUUIDv7();
const rules: ContactAsk = {
  purpose: 'service',
  channel: 'sms',
  topic: null,
  policy: defaultContactPolicy,
  hours: [everyDay('00:00', '24:00')],
  calendar: null,
};

beforeEach(async () => {
  await pool.query('truncate customer, suppression, contact, phone_number, rate_bucket cascade');
});

/** A campaign that is sending: whoever holds `owner`'s lease may claim and call its people. */
async function sending(people: number): Promise<Made & { accountId: string }> {
  const made = await makeCampaign(pool, { applicantId: staff.id, ledger: times(people, { state: 'pending' }) });
  await pool.query('insert into span_lease (campaign_key, span, owner, taken_at) values ($1, 1, $2, now())', [
    made.key,
    owner,
  ]);
  const { rows } = await pool.query(
    'select t.gateway_account_id as id from campaign c join template t on t.id = c.template_id where c.id = $1',
    [made.id],
  );
  return { ...made, accountId: rows[0].id };
}
type Sending = Awaited<ReturnType<typeof sending>>;
const listed = (seq: number) => ({ seq, phone: phoneOf(seq), customerId: null, variables: {} });
const requestOf = (made: Sending, segmentLimit = 1_000) => ({
  campaignId: made.id,
  campaignKey: made.key,
  accountId: made.accountId,
  span: 1,
  owner,
  knownMark: 0,
  rules,
  plannedSegments: 10,
  segmentLimit,
});
const claim = (at: Pool, made: Sending, request: Partial<ClaimRequest> = {}) =>
  claimSlice(at, {
    ...requestOf(made),
    audienceId: made.audienceId ?? '',
    people: [listed(1)],
    perRequest: 1,
    segmentsOf: () => 1,
    now: new Date(),
    ...request,
  });

/** The same database, where something happens around single statements. */
function watched(around: (text: string, run: () => Promise<unknown>) => Promise<unknown>): Pool {
  const connect = async () => {
    const client = await pool.connect();
    return {
      query: (query: string | Sql) =>
        around(typeof query === 'string' ? query : query.text, () => client.query(query as string)),
      release: () => client.release(),
    };
  };
  return { connect } as unknown as Pool;
}

const now = (): number => performance.now();
const leaveNow = (left: number): Granted => ({
  at: Date.now(),
  datedAt: now(),
  beginsAt: now(),
  endsAt: now() + 60_000,
  left,
});
const going = { halted: () => false } as HaltWatch;
const noLeave: LeaveDesk = { ask: () => Promise.reject(new Error('Nobody asks for leave here.')) };

type How = { at?: Pool; desk?: LeaveDesk; granted?: Granted; claimed?: () => Promise<unknown> };
/** May the first of the list be called, who was claimed a minute ago? */
async function mayCall(made: Sending, how: How = {}): Promise<boolean> {
  const { at = pool, desk = noLeave, granted = leaveNow(1) } = how;
  const claimed = await claim(pool, made);
  const members = claimed.kind === 'claimed' ? claimed.members : [];
  expect(members).toHaveLength(1);
  await how.claimed?.();
  const { permit } = createCallPermit({ pool: at, desk }, going, {
    ...requestOf(made),
    claimed: members,
    lookedAt: now() - 60_000,
    members: new Map([[1, listed(1)]]),
    granted,
    rates: {},
    closesAt: new Date(Date.now() + 3_600_000),
  });
  return permit(members);
}

test('whoever has become a customer since the list was frozen is still who was claimed, and nobody else is', async () => {
  await pool.query('insert into customer (id, phone) values ($1, $2)', [randomUUIDv7(), phoneOf(1)]);
  expect(await mayCall(await sending(1))).toBe(true);
  await pool.query('truncate contact');
  const passOn = () =>
    pool.query('update phone_number set customer_id = gen_random_uuid() where phone = $1', [phoneOf(1)]);
  expect(await mayCall(await sending(1), { claimed: passOn })).toBe(false);
});

test('a no that comes while leave is waited for is heard: the look before it has aged', async () => {
  const made = await sending(1);
  const looked = Promise.withResolvers<unknown>();
  // The look is several questions on one connection; the last is about zones.
  const at = watched((text, run) =>
    run().finally(() => {
      if (text.includes('time_zone')) looked.resolve(null);
    }),
  );
  const desk: LeaveDesk = {
    ask: async () => {
      await looked.promise;
      await silence(pool, { phone: phoneOf(1) });
      // A look is good for 900 ms at most.
      await sleep(1_000);
      return { kind: 'granted', granted: leaveNow(1) };
    },
  };
  expect(await mayCall(made, { at, desk, granted: leaveNow(0) })).toBe(false);
});

test('leave is dated by when the database’s clock was asked, however late its answer comes', async () => {
  const made = await sending(1);
  const ask = { accountId: made.accountId, rates: {}, wanted: 1, spent: null, lapsed: null, aheadMs: 250 };
  await pool.query(`insert into rate_bucket (owner, tokens, updated_at) values ($1, 0, now() - interval '1 minute')`, [
    made.accountId,
  ]);
  const slow = watched(async (text, run) => {
    const result = await run();
    if (text.includes('clock_timestamp')) await sleep(400);
    return result;
  });
  const [leave] = await takeLeaves(slow, [ask]);
  const granted = leave?.kind === 'granted' ? leave.granted : expect.fail('There is no leave.');
  // The database and this process read one machine's clock: when the leave begins, by this process.
  const begins = granted.at - (Date.now() - now());
  const { rows } = await pool.query('select recent from rate_bucket where owner = $1', [made.accountId]);
  const [, , validMs] = rows[0].recent.find(([at]: [number]) => at === granted.at);
  const readingMs = 5;
  expect(granted.datedAt).toBeLessThanOrEqual(begins + readingMs);
  expect(granted.beginsAt).toBeGreaterThanOrEqual(begins - readingMs);
  // No call begins later than what the buckets know of the grant.
  expect(granted.endsAt).toBeLessThanOrEqual(begins + validMs + readingMs);
});

test('a receipt that brings the signed cost near between the claim’s two questions makes it wait for the others', async () => {
  const made = await sending(13);
  await openNumbers(pool, [phoneOf(1)], 'list');
  const segmentLimit = 12;
  const others = await pool.connect();
  try {
    let bills = true;
    const at = watched(async (text, run) => {
      if (bills && text.includes('as handed')) {
        bills = false;
        await pool.query('insert into campaign_cost (campaign_key, extra_segments) values ($1, 5)', [made.key]);
        // Another claim, which knows it, spends all that is left.
        await others.query('begin');
        await holdEach(others as unknown as Tx, 'costCeiling', [String(made.key)]);
        await others.query(`update message set state = 'claimed', segments = 1 where campaign_key = $1 and seq > 1`, [
          made.key,
        ]);
      }
      return run();
    });
    const claimed = claim(at, made, { segmentLimit });
    let over = false;
    const waits = async (): Promise<void> => {
      const waiting = `select 1 from pg_locks where locktype = 'advisory' and not granted`;
      while (!over && (await pool.query(waiting)).rows.length === 0) await sleep(5);
    };
    await Promise.race([claimed.finally(() => (over = true)), waits()]);
    await others.query('commit');
    expect(await claimed).toEqual({ kind: 'stopped', why: 'cost', handed: 12 });
  } finally {
    others.release();
  }
});

test('a freeze that fails when its campaign was handed in again refuses nothing of the new one', async () => {
  const made = await makeCampaign(pool, { applicantId: staff.id, state: 'freezing' });
  const stateOf = async () =>
    (await pool.query('select state, state_reason as reason from campaign where id = $1', [made.id])).rows[0];
  const refusing = (before: () => Promise<unknown>) =>
    ({
      pool,
      gatewayOf: () => ({
        findTemplate: async () => {
          await before();
          throw new AppError('invalid', 'gateway.template-missing', 'The gateway does not know this template.');
        },
      }),
    }) as unknown as SendDeps;
  const again = () => pool.query('update campaign set submitted_at = now() where id = $1', [made.id]);
  await freezeAudience(refusing(again), made.id, () => undefined);
  expect(await stateOf()).toEqual({ state: 'freezing', reason: null });
  await freezeAudience(
    refusing(() => Promise.resolve()),
    made.id,
    () => undefined,
  );
  expect(await stateOf()).toMatchObject({ state: 'draft', reason: { code: 'gateway.template-missing' } });
});
