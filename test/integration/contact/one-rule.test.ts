import { randomUUIDv7 } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { tallyMembers } from '../../../src/audience/tally.db.ts';
import { freezeCandidates, insertAudience, memberSource } from '../../../src/audience/audience.db.ts';
import { refusalOnList } from '../../../src/audience/candidate.rule.ts';
import { numberToMeet, ofTheNumber } from '../../../src/customer/number.rule.ts';
import { execute, type Tx } from '../../../src/kernel/sql.db.ts';
import { suppressionKinds, type ContactAsk, type ContactFacts } from '../../../src/contact/contact.rule.ts';
import { loadFacts } from '../../../src/contact/facts.db.ts';
import { defaultContactPolicy, everyDay } from '../../../src/contact/policy.rule.ts';
import { contactChannels, contactPurposes, everything } from '../../../src/kernel/reach.rule.ts';
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
  /** Numbers that are theirs no longer. */
  expired: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }),
  /** Which of the numbers the list names, and another one further down. */
  named: fc.integer({ min: 0, max: 2 }),
  again: fc.option(fc.integer({ min: 0, max: 2 })),
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

type Settled = {
  customerId: string | null;
  /** As the list has it; `again` is another number of the same person. */
  named: string;
  again: string | null;
  /** By which the person is met, as the model has it; `first` where no list names a number. */
  met: string;
  first: string;
  facts: ContactFacts;
};

/** Writes the person down, and what the model knows of them. */
async function settle(tx: Tx, person: Person): Promise<Settled> {
  const base = (serial += 10);
  const phones = Array.from({ length: person.known ? person.numbers : 1 }, (_, index) => phoneOf(base + index));
  const [phone = ''] = phones;
  const at = (index: number): string => phones[index % phones.length] ?? phone;
  const named = at(person.named);
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
  const expired = new Set(person.expired.map(at));
  await tx.query(`update phone_number set valid_until = '2026-11-03' where phone = any($1)`, [[...expired]]);
  const dead = new Set(
    person.suppressions
      .filter(({ number, kind, state }) => number >= 0 && kind === 'dead-number' && state === 'active')
      .map(({ number }) => at(number)),
  );
  const numbers = phones.map((each, index) => ({
    phone: each,
    place: index + 1,
    kind: 'mobile' as const,
    validUntil: expired.has(each) ? '2026-11-03' : null,
    deadSince: dead.has(each) ? hoursAgo(900) : null,
  }));
  const [met, first] = [named, null].map((each) => numberToMeet(numbers, each, '2026-11-04') ?? '') as [string, string];
  const place = (number: number) => {
    if (number >= 0) return { at: at(number), former: null };
    return customerId === null ? null : { at: lost, former: customerId };
  };
  const facts: ContactFacts = {
    suppressions: [],
    consent: customerId === null ? null : person.consent,
    subscribed: customerId === null ? null : person.subscribed,
    touches: [],
    number: expired.has(met) ? 'expired' : 'theirs',
    zone: null,
  };
  // Nobody has the number, and nobody has said that it passed on: what was said and done with it still counts.
  if (person.haunted && customerId === null) {
    facts.suppressions = [{ kind: 'opt-out', until: null, ...everything }];
    facts.touches = Array.from({ length: 9 }, () => ({ purpose: 'marketing', channel: 'sms', at: hoursAgo(2) }));
  }
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
    if (state === 'active' && (personal || where.at === met))
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
  const again = customerId === null || person.again === null ? named : at(person.again);
  return { customerId, named, again: again === named ? null : again, met, first, facts };
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
          const rows = [
            ...settled.map((each) => ({ ...each, phone: each.named, twice: false })),
            ...settled.flatMap((each) => (each.again === null ? [] : [{ ...each, phone: each.again, twice: true }])),
          ];
          for (const [index, { phone }] of rows.entries())
            await client.query(
              `insert into audience_member (audience_id, seq, phone, variables) values ($1, $2, $3, '{}')`,
              [id, index + 1, phone],
            );
          const expected = rows.map((row) => refusalOnList(row, row.facts, ask, now));
          for (const reason of expected) reasons.add(reason);

          const counted = await tallyMembers(tx, { id, filter: null }, ask, now);
          expect(Object.fromEntries(counted.map(({ reason, count }) => [String(reason), count]))).toEqual(
            Object.fromEntries([...Map.groupBy(expected, String)].map(([reason, all]) => [reason, all.length])),
          );

          const candidates = await freezeCandidates(tx, { id, filter: null }, null, 100, now);
          const factsFor = await loadFacts(tx, candidates, ask, now);
          expect(candidates.map((each) => refusalOnList(each, factsFor(each), ask, now))).toEqual(expected);
          expect(candidates.slice(0, settled.length).map(({ phone }) => phone)).toEqual(settled.map(({ met }) => met));
          const everybody = await execute(tx, memberSource({ id, filter: {} }, now));
          const known = settled.filter(({ customerId }) => customerId !== null);
          expect(Object.fromEntries(everybody.rows.map((row) => [row.customer_id, row.phone]))).toEqual(
            Object.fromEntries(known.map(({ customerId, first }) => [customerId, first])),
          );
          expect(everybody.rowCount).toBe(known.length);

          const before = await client.query('select count(*)::int as n from contact');
          // As a file knew them, with nobody named: the claim finds out whose numbers they are.
          const asked = settled.map(({ met, customerId }, index) => ({
            phone: met,
            customerId: index % 2 ? customerId : null,
          }));
          const reserved = await reserve(tx, asked, ask, now);
          const verdicts = new Map(reserved.refused.map(({ person, why }) => [person.phone, why]));
          expect(settled.map(({ met }) => verdicts.get(met) ?? null)).toEqual(expected.slice(0, settled.length));
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
    expect([...reasons]).toEqual(
      expect.arrayContaining([
        null,
        'opted-out',
        'capped',
        'no-consent',
        'number-moved',
        'dead-number',
        'listed-twice',
      ]),
    );
  },
);
