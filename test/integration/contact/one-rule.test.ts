import { randomUUIDv7 } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { tallyMembers } from '../../../src/audience/tally.db.ts';
import { freezeCandidates, insertAudience } from '../../../src/audience/audience.db.ts';
import type { Tx } from '../../../src/kernel/sql.db.ts';
import { refusalFor, suppressionKinds, type ContactAsk, type ContactFacts } from '../../../src/contact/contact.rule.ts';
import { loadFacts, ofTheNumber } from '../../../src/contact/facts.db.ts';
import { defaultContactPolicy, everyDay } from '../../../src/contact/policy.rule.ts';
import { contactChannels, contactPurposes } from '../../../src/kernel/reach.rule.ts';
import { reserve } from '../../../src/contact/reserve.db.ts';
import { contextWith } from '../../kit/people.ts';
import { testDatabase } from '../../kit/database.ts';
import { silence } from '../../kit/suppression.ts';

const { pool } = await testDatabase();
const { staff } = await contextWith(pool, ['operator']);
await pool.query(`insert into topic (code, name) values ('travel', '出行')`);

const now = new Date('2026-11-04T04:00:00Z');
const hoursAgo = (hours: number): Date => new Date(now.getTime() - hours * 3_600_000);

/** One person of a house, and what the rule should find of them. */
const Person = fc.record({
  known: fc.boolean(),
  numbers: fc.constantFrom(1, 1, 1, 2, 3),
  consent: fc.option(fc.boolean()),
  subscribed: fc.option(fc.boolean()),
  expired: fc.constantFrom(false, false, false, true),
  suppressions: fc.array(
    fc.record({
      /** -1: said about a number that has left the person since. */
      number: fc.integer({ min: -1, max: 2 }),
      kind: fc.constantFrom(...suppressionKinds),
      channels: fc.subarray([...contactChannels], { minLength: 1 }),
      purposes: fc.subarray([...contactPurposes], { minLength: 1 }),
      state: fc.constantFrom('active', 'active', 'lifted', 'expired'),
    }),
    { maxLength: 2 },
  ),
  touches: fc.array(
    fc.record({
      number: fc.integer({ min: -1, max: 2 }),
      purpose: fc.constantFrom(...contactPurposes),
      channel: fc.constantFrom(...contactChannels),
      hours: fc.integer({ min: 1, max: 900 }),
    }),
    { maxLength: 6 },
  ),
  /** Somebody had the number before, and took what was said and done with them. */
  haunted: fc.boolean(),
});
type Person = typeof Person extends fc.Arbitrary<infer T> ? T : never;

const small = { day: 1, week: 2, month: 3, callsADay: 1 };
const policy = {
  ...defaultContactPolicy,
  caps: { ...defaultContactPolicy.caps, marketing: small, service: { ...small, day: 2, week: null } },
  total: { day: 3, week: 4, month: 5, callsADay: null },
};
const Ask: fc.Arbitrary<ContactAsk> = fc
  .record({
    purpose: fc.constantFrom(...contactPurposes),
    channel: fc.constantFrom(...contactChannels),
    topic: fc.option(fc.constant('travel')),
  })
  .map(({ purpose, channel, topic }) => ({
    purpose,
    channel,
    topic,
    policy,
    hours: [everyDay('00:00', '24:00')],
    calendar: null,
  }));

let serial = 0;
const phoneOf = (n: number): string => `+86136${String(n).padStart(8, '0')}`;

/** Writes the person down; gives the number that is on the list, and the facts by the model. */
async function settle(
  tx: Tx,
  person: Person,
): Promise<{ phone: string; customerId: string | null; facts: ContactFacts }> {
  const base = (serial += 10);
  const phones = Array.from({ length: person.known ? person.numbers : 1 }, (_, index) => phoneOf(base + index));
  const [phone = ''] = phones;
  const lost = phoneOf(base + 9);
  const customerId = person.known ? randomUUIDv7() : null;
  if (person.haunted) {
    const ghost = randomUUIDv7();
    await silence(tx, { phone, createdAt: hoursAgo(900), customerId: ghost });
    await tx.query(
      `insert into contact (phone, channel, purpose, at, customer_id) select $1, 'sms', 'marketing', $2, $3 from generate_series(1, 9)`,
      [phone, hoursAgo(2), ghost],
    );
  }
  if (customerId === null) await tx.query(`insert into phone_number (phone) values ($1)`, [phone]);
  else {
    await tx.query('insert into customer (id, phone) values ($1, $2)', [customerId, phone]);
    for (const [index, further] of phones.slice(1).entries())
      await tx.query('insert into phone_number (phone, customer_id, place) values ($1, $2, $3)', [
        further,
        customerId,
        index + 2,
      ]);
    if (person.consent !== null)
      await tx.query(
        `insert into consent (customer_id, purpose, granted, source) values ($1, 'marketing', $2, 'test')`,
        [customerId, person.consent],
      );
    if (person.subscribed !== null)
      await tx.query(
        `insert into topic_subscription (customer_id, topic, subscribed, source) values ($1, 'travel', $2, 'test')`,
        [customerId, person.subscribed],
      );
  }
  if (person.expired) await tx.query(`update phone_number set valid_until = '2026-11-03' where phone = $1`, [phone]);
  const place = (number: number) => {
    if (number >= 0) return { at: phones[number % phones.length] ?? phone, former: null };
    return customerId === null ? null : { at: lost, former: customerId };
  };
  const facts: ContactFacts = {
    suppressions: [],
    consent: customerId === null ? null : person.consent,
    subscribed: customerId === null ? null : person.subscribed,
    touches: [],
    number: person.expired ? 'expired' : 'theirs',
    zone: null,
  };
  for (const { number, kind, channels, purposes, state } of person.suppressions) {
    const where = place(number);
    const personal = !ofTheNumber.includes(kind);
    if (!where || (where.former && !personal)) continue;
    await silence(tx, {
      phone: where.at,
      kind,
      reach: { channels, purposes },
      createdAt: hoursAgo(900),
      customerId: where.former,
      liftedAt: state === 'lifted' ? hoursAgo(1) : null,
      expiresAt: state === 'expired' ? hoursAgo(1) : null,
    });
    if (state === 'active' && (personal || where.at === phone))
      facts.suppressions = [...facts.suppressions, { kind, until: null, channels, purposes }];
  }
  for (const { number, purpose, channel, hours } of person.touches) {
    const where = place(number);
    if (!where) continue;
    await tx.query('insert into contact (phone, channel, purpose, at, customer_id) values ($1, $2, $3, $4, $5)', [
      where.at,
      channel,
      purpose,
      hoursAgo(hours),
      where.former,
    ]);
    facts.touches = [...facts.touches, { purpose, channel, at: hoursAgo(hours) }];
  }
  return { phone, customerId, facts };
}

test(
  'the count, the freeze and the claim say of everybody what the rule says, over random houses',
  { timeout: 120_000 },
  async () => {
    const reasons = new Set<string | null>();
    await fc.assert(
      fc.asyncProperty(fc.array(Person, { minLength: 1, maxLength: 8 }), Ask, async (people, ask) => {
        const client = await pool.connect();
        const tx = client as unknown as Tx;
        try {
          await client.query('begin');
          const settled = [];
          for (const person of people) settled.push(await settle(tx, person));
          const id = randomUUIDv7();
          await insertAudience(tx, {
            id,
            name: '名单',
            filter: null,
            size: people.length,
            createdBy: staff.id,
            createdAt: now,
          });
          for (const [index, { phone }] of settled.entries())
            await client.query(
              `insert into audience_member (audience_id, seq, phone, variables) values ($1, $2, $3, '{}')`,
              [id, index + 1, phone],
            );
          const expected = settled.map(({ facts }) => refusalFor(facts, ask, now));
          for (const reason of expected) reasons.add(reason);

          const counted = await tallyMembers(tx, { id, filter: null }, ask, now);
          expect(Object.fromEntries(counted.map(({ reason, count }) => [String(reason), count]))).toEqual(
            Object.fromEntries([...Map.groupBy(expected, String)].map(([reason, all]) => [reason, all.length])),
          );

          const candidates = await freezeCandidates(tx, { id, filter: null }, null, 100);
          const factsFor = await loadFacts(tx, candidates, ask, now);
          expect(candidates.map((each) => refusalFor(factsFor(each), ask, now))).toEqual(expected);

          const before = await client.query('select count(*)::int as n from contact');
          // As a file knew them, with nobody named: the claim finds out whose numbers they are.
          const asked = settled.map(({ phone, customerId }, index) => ({
            phone,
            customerId: index % 2 ? customerId : null,
          }));
          const reserved = await reserve(tx, asked, ask, now);
          const verdicts = new Map(reserved.refused.map(({ person, why }) => [person.phone, why]));
          expect(settled.map(({ phone }) => verdicts.get(phone) ?? null)).toEqual(expected);
          const after = await client.query('select count(*)::int as n from contact');
          expect(after.rows[0].n - before.rows[0].n).toBe(reserved.may.length);
        } finally {
          await client.query('rollback');
          client.release();
        }
      }),
      { numRuns: 60 },
    );
    // The houses were not all alike.
    expect([...reasons]).toEqual(expect.arrayContaining([null, 'opted-out', 'capped', 'no-consent', 'number-moved']));
  },
);
