import { randomUUIDv7 } from 'node:crypto';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { explainRecipient } from '../../../src/campaign/view.command.ts';
import type { ContactAsk } from '../../../src/contact/contact.rule.ts';
import * as numbers from '../../../src/contact/number.command.ts';
import { defaultContactPolicy, everyDay } from '../../../src/contact/policy.rule.ts';
import { reserve } from '../../../src/contact/reserve.db.ts';
import { applyOptOut, suppressionsOfCustomer } from '../../../src/contact/suppression.command.ts';
import { findCustomer as findCard } from '../../../src/customer/customer.command.ts';
import { acceptImport } from '../../../src/customer/import/acceptance.command.ts';
import { readImport } from '../../../src/customer/import/import.command.ts';
import { numbersOf } from '../../../src/customer/number.db.ts';
import { createCustomer } from '../../../src/customer/record.command.ts';
import { revealPhone } from '../../../src/customer/reveal.command.ts';
import { browseCustomers, lookUpCustomer } from '../../../src/customer/search.command.ts';
import { countCustomers } from '../../../src/customer/search.db.ts';
import { customerCampaigns, customerTimeline } from '../../../src/customer/timeline.command.ts';
import { everything } from '../../../src/kernel/reach.rule.ts';
import { transaction } from '../../../src/kernel/sql.db.ts';
import { makeCampaign, type Made } from '../campaign/page-kit.ts';
import { seenCustomer } from '../../kit/customer.ts';
import { testDatabase } from '../../kit/database.ts';
import { contextWith } from '../../kit/people.ts';

const { pool } = await testDatabase();
/** A clock that moves: no two things happen at once. */
let clock = Date.parse('2026-11-04T04:00:00Z');
const now = (): Date => new Date((clock += 1_000));
const ctx = await contextWith(pool, ['operator', 'applicant', 'auditor'], { now });
const reason = '客户来电说明';

beforeEach(async () => {
  await pool.query(
    'truncate customer, former_customer, contact, suppression, phone_number, phone_number_move, audience, inbound_sms, receipt, import cascade',
  );
});

const seen = (customerId: string) => seenCustomer(pool, customerId);
const phonesOf = async (id: string) => (await numbersOf(pool, id, now())).map(({ phone }) => phone);
const replied = (phone: string, accountId: string) =>
  pool.query(
    `insert into inbound_sms (gateway_account_id, sequence_id, phone, content, dest_code, meaning, received_at)
     values ($1, $2, $3, '退订', '1', 'opt-out', $4)`,
    [accountId, randomUUIDv7(), phone, now()],
  );
const saysNo = (phone: string) =>
  transaction(pool, (tx) => applyOptOut(tx, { phone, source: 'reply:a', reach: everything, now: now() }));
const accountOf = async ({ id }: Made): Promise<string> =>
  (
    await pool.query(
      'select t.gateway_account_id as id from campaign c join template t on t.id = c.template_id where c.id = $1',
      [id],
    )
  ).rows[0].id;

const [held, spare, other] = ['+8613900000001', '+8613800000002', '+8613800000003'] as const;
/** The ways in which `held` passes from one to another; gives who has it then. */
const ways = {
  'somebody takes it over': async (from: string) => {
    const { id } = await createCustomer(ctx, { phone: other });
    await numbers.takeOverNumber(ctx, { ...(await seen(id)), phone: held, holderId: from, reason });
    return id;
  },
  'it is removed here and added there': async (from: string) => {
    const { id } = await createCustomer(ctx, { phone: other });
    await numbers.removeNumber(ctx, { ...(await seen(from)), place: 1, reason });
    await numbers.addNumber(ctx, { ...(await seen(id)), phone: held });
    return id;
  },
  'a file says so': async () => {
    const read = await readImport(ctx, {
      kind: 'customers',
      fileName: 'a.csv',
      stream: Readable.from([Buffer.from('手机号,客户号\n13900000001,NEW\n')]),
    });
    await acceptImport(ctx, { importId: read.id, personChanges: 'take-over' });
    return (await findCard(ctx, { phone: held }))?.id ?? expect.fail('Nobody has the number.');
  },
};

/** Somebody with two numbers, met and left out by campaigns of another unit, who said no. */
async function met(): Promise<{ id: string; sent: Made; accountId: string }> {
  const { id } = await createCustomer(ctx, { phone: held, externalId: 'OLD' });
  await numbers.addNumber(ctx, { ...(await seen(id)), phone: spare });
  const applicantId = ctx.staff.id;
  const claimedAt = now();
  const ledger = [{ state: 'delivered', bizId: 'biz-1', claimedAt, changedAt: claimedAt, requestSeq: 1 }] as const;
  const sent = await makeCampaign(pool, { applicantId, state: 'archived', unit: '催收组', ledger: [...ledger] });
  await pool.query('update audience_member set customer_id = $2 where audience_id = $1', [sent.audienceId, id]);
  await makeCampaign(pool, { applicantId, state: 'archived', size: 0, excluded: [{ phone: held, reason: 'capped' }] });
  await pool.query(
    `insert into contact (phone, channel, purpose, at, campaign_key, seq) values ($1, 'sms', 'service', $2, $3, 1)`,
    [held, claimedAt, sent.key],
  );
  await pool.query(
    `insert into receipt (biz_id, phone, delivered, error_code, segments, reported_at) values ('biz-1', $1, true, 'DELIVERED', 1, $2)`,
    [held, now()],
  );
  const accountId = await accountOf(sent);
  await replied(held, accountId);
  await saysNo(held);
  return { id, sent, accountId };
}

test.each(Object.entries(ways))(
  'where %s the new holder is shown nothing of the former, who keeps all of it',
  async (_, pass) => {
    clock = Date.now();
    const { id: former, sent, accountId } = await met();
    const next = await pass(former);
    expect(await phonesOf(former)).toEqual([spare]);
    expect(await phonesOf(next)).toContain(held);
    await replied(held, accountId);

    const kindsOf = async (customerId: string) =>
      (await customerTimeline(ctx, { customerId, limit: 200 })).events
        .map(({ kind }) => kind)
        .filter((kind) => !['act', 'created', 'number-left', 'number-came'].includes(kind))
        .toSorted();
    expect(await kindsOf(next)).toEqual(['reply']);
    expect(await kindsOf(former)).toEqual(['contact', 'not-contacted', 'receipt', 'reply', 'suppressed']);
    expect((await customerCampaigns(ctx, { customerId: next })).rows).toEqual([]);
    expect((await customerCampaigns(ctx, { customerId: former })).rows.map(({ state }) => state)).toEqual([
      'suppressed',
      'delivered',
    ]);

    expect(await findCard(ctx, { id: next })).toMatchObject({ suppressions: [] });
    expect(await suppressionsOfCustomer(ctx, next)).toEqual([]);
    expect((await findCard(ctx, { id: former }))?.suppressions).toMatchObject([{ kind: 'opt-out' }]);
    // What the list of customers and its export say.
    const found = async (suppressed: boolean) => (await browseCustomers(ctx, { suppressed })).rows.map(({ id }) => id);
    expect(await found(true)).toEqual([former]);
    expect(await found(false)).toEqual([next]);
    const { rows } = await browseCustomers(ctx, {});
    expect(new Map(rows.map(({ id, suppressed }) => [id, suppressed]))).toEqual(
      new Map([
        [former, true],
        [next, false],
      ]),
    );
    expect(await countCustomers(pool, { suppressed: false }, now())).toBe(1);

    // Who may see numbers of those whom their unit has met has met the former one alone.
    const staff = { ...ctx.staff, grants: [{ role: 'operator' as const, unit: '催收组' }] };
    const narrow = { ...ctx, staff };
    await expect(revealPhone(narrow, { customerId: next, reason })).rejects.toMatchObject({
      code: 'reveal.other-unit',
    });
    expect(await revealPhone(narrow, { customerId: former, reason })).toMatchObject({ numbers: [{ phone: spare }] });

    // The campaign was about the former holder: their no, and no reply of who came after.
    const explained = await explainRecipient(ctx, { campaign: sent.number, phone: held });
    expect(explained).toMatchObject({ verdict: 'delivered', suppressions: [{ kind: 'opt-out' }] });
    expect('replies' in explained && explained.replies).toHaveLength(1);
  },
);

test('all numbers of a customer are searched by', async () => {
  const { id } = await createCustomer(ctx, { phone: held, name: '王小明' });
  await numbers.addNumber(ctx, { ...(await seen(id)), phone: spare });
  await saysNo(spare);
  for (const words of ['0001', '0002', '王 0002', '13800000002']) {
    const answer = await lookUpCustomer(ctx, words);
    if (answer.kind === 'customer') expect(answer.id).toBe(id);
    else expect(answer.kind).toBe('search');
  }
  const byTail = (tail: string) => browseCustomers(ctx, { search: { tail } });
  for (const tail of ['0001', '0002']) expect((await byTail(tail)).rows).toMatchObject([{ id, suppressed: true }]);
  expect((await byTail('0003')).rows).toEqual([]);
});

const unlimited = { day: null, week: null, month: null, callsADay: null };
const anything: ContactAsk = {
  purpose: 'survey',
  // Without a gateway's own limits: nothing but a no may refuse.
  channel: 'web',
  topic: null,
  policy: { caps: { ...defaultContactPolicy.caps, survey: unlimited }, total: unlimited },
  hours: [everyDay('00:00', '24:00')],
  calendar: null,
};
const Step = fc.record({
  act: fc.constantFrom('take', 'take', 'leave', 'meet', 'meet', 'reply', 'no'),
  person: fc.nat({ max: 2 }),
  number: fc.nat({ max: 3 }),
});
type Fact = { kind: 'contact' | 'reply' | 'suppressed'; phone: string; at: number; owner: string | null };

test('whatever passes between three people with four numbers: each thing that happened stands once, with who had the number', async () => {
  const accountId = await accountOf(await makeCampaign(pool, { applicantId: ctx.staff.id }));
  const phones = [held, spare, other, '+8613800000004'] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(Step, { minLength: 5, maxLength: 25 }), async (steps) => {
      await pool.query(
        'truncate customer, former_customer, contact, suppression, phone_number, phone_number_move, inbound_sms cascade',
      );
      const people: string[] = [];
      for (const phone of phones.slice(0, 3)) people.push((await createCustomer(ctx, { phone })).id);
      const holders = new Map<string, string | null>(phones.map((phone, n) => [phone, people[n] ?? null]));
      const facts: Fact[] = [];
      const given = new Set<string>();
      const leaves = (phone: string, former: string) => {
        for (const fact of facts) if (fact.phone === phone) fact.owner ??= former;
        holders.set(phone, null);
        given.add(phone);
      };
      const countOf = (id: string) => [...holders.values()].filter((holder) => holder === id).length;
      for (const { act, person, number } of steps) {
        const phone = phones[number] ?? held;
        const id = people[person] ?? '';
        const holder = holders.get(phone) ?? null;
        // Of a number that somebody has the rows are theirs from the beginning; of nobody's they wait for who takes it, but for what
        // is written from a number that somebody has given up: that may be they.
        const between = (kind: Fact['kind']) => (kind === 'reply' && given.has(phone) ? 'nobody' : null);
        const happened = (kind: Fact['kind']) => facts.push({ kind, phone, at: clock, owner: holder ?? between(kind) });
        if (act === 'take' && holder !== id && (holder === null || countOf(holder) > 1)) {
          if (holder === null) await numbers.addNumber(ctx, { ...(await seen(id)), phone });
          else {
            await numbers.takeOverNumber(ctx, { ...(await seen(id)), phone, holderId: holder, reason });
            leaves(phone, holder);
          }
          holders.set(phone, id);
        } else if (act === 'leave' && holder !== null && countOf(holder) > 1) {
          const place = (await phonesOf(holder)).indexOf(phone) + 1;
          await numbers.removeNumber(ctx, { ...(await seen(holder)), place, reason });
          leaves(phone, holder);
        } else if (act === 'meet') {
          const at = now();
          const { may } = await transaction(pool, (tx) => reserve(tx, [{ phone, customerId: holder }], anything, at));
          if (may.length > 0) happened('contact');
        } else if (act === 'reply') {
          await replied(phone, accountId);
          happened('reply');
        } else if (act === 'no' && (await saysNo(phone)).added) happened('suppressed');
      }
      for (const id of people) {
        const { events } = await customerTimeline(ctx, { customerId: id, limit: 200 });
        const shown = events.flatMap(({ kind, at }) =>
          kind === 'contact' || kind === 'reply' || kind === 'suppressed' ? [`${kind} ${at.getTime()}`] : [],
        );
        const theirs = facts.filter(({ phone, owner }) => (owner ?? holders.get(phone)) === id);
        expect(shown.toSorted()).toEqual(theirs.map(({ kind, at }) => `${kind} ${at}`).toSorted());
      }
    }),
    { numRuns: 25 },
  );
});
