import type { QueryResult } from 'pg';
import { execute, named, sql, together, type Db, type Sql, type Tx } from '../kernel/sql.db.ts';
import { verdictFor, type ContactAsk, type ContactFacts, type Touch, type Verdict } from './contact.rule.ts';
import { factsOf, lockedHolders, readFacts, type Addressed } from './facts.db.ts';
import { touchesOf } from './touch.db.ts';

/** Rows that a reservation can hold, for numbers that the house has not met; one order for everybody. */
export const openNumbers = (db: Db, phones: readonly string[], source: string) =>
  execute(
    db,
    sql`insert into phone_number (phone, source) select p, ${source} from unnest(${[...new Set(phones)].toSorted()}::text[]) as p
      on conflict (phone) do nothing`,
  );

/** The queries of a reservation, to be sent together at the beginning of a transaction: they hold the people, then look at them. */
export const reservationOf = (people: readonly Addressed[], ask: ContactAsk, now: Date): Sql[] =>
  [lockedHolders(people), ...factsOf(people, ask, now)].map((query, index) =>
    named(`waihu.reservation.${index}`, query),
  );
/** How many results `readReservation` wants. */
export const reservationQueries = reservationOf(
  [],
  { purpose: 'service', topic: null } as ContactAsk,
  new Date(0),
).length;

export type Reservation =
  /** These have no row that could be held: open them, and ask again. */
  | { kind: 'strangers'; phones: string[] }
  /** Numbers of nobody when the list was made that are somebody's now: ask again with the people named so. */
  | { kind: 'found'; holders: ReadonlyMap<string, string> }
  /** A verdict for each of the people, in their order. */
  | { kind: 'held'; verdicts: Verdict[] };

/** What the answers to `reservationOf` say. */
export function readReservation(
  results: readonly (QueryResult | undefined)[],
  people: readonly Addressed[],
  ask: ContactAsk,
  now: Date,
): Reservation {
  const held = new Map(
    ((results[0]?.rows ?? []) as { phone: string; customerId: string | null }[]).map((row) => [
      row.phone,
      row.customerId,
    ]),
  );
  const phones = people.filter(({ phone }) => !held.has(phone)).map(({ phone }) => phone);
  if (phones.length > 0) return { kind: 'strangers', phones };
  const found = people.flatMap(({ phone, customerId }): [string, string][] => {
    const holder = held.get(phone);
    return customerId === null && holder ? [[phone, holder]] : [];
  });
  if (found.length > 0) return { kind: 'found', holders: new Map(found) };
  return { kind: 'held', verdicts: judgeInTurn(people, readFacts(results, now), ask, now) };
}

/** One after another: of a person who stands here with two numbers the second is judged as after a contact by the first. */
function judgeInTurn(
  people: readonly Addressed[],
  factsFor: (person: Addressed) => ContactFacts,
  ask: ContactAsk,
  now: Date,
): Verdict[] {
  const granted = new Map<string, Touch[]>();
  const firstPhone = new Map<string, string>();
  return people.map((person) => {
    const facts = factsFor(person);
    const key = person.customerId ?? person.phone;
    const earlier = granted.get(key) ?? [];
    const twice = ask.campaignKey !== undefined && (firstPhone.get(key) ?? person.phone) !== person.phone;
    const metElsewhere = twice ? new Set([...(facts.metElsewhere ?? []), ask.campaignKey ?? 0]) : facts.metElsewhere;
    const verdict = verdictFor(
      { ...facts, touches: [...facts.touches, ...earlier], ...(metElsewhere && { metElsewhere }) },
      ask,
      now,
    );
    if (verdict.may) firstPhone.set(key, firstPhone.get(key) ?? person.phone);
    if (verdict.may) granted.set(key, [...earlier, { at: now, purpose: ask.purpose, channel: ask.channel }]);
    return verdict;
  });
}

/** Where a contact comes from: the campaign's message, or another room's row. */
export type TouchSource = { campaignKey: number; seq: number } | null;

const given = (people: readonly { phone: string; source?: TouchSource }[]): Sql =>
  sql`select * from unnest(${people.map(({ phone }) => phone)}::text[], ${people.map(({ source }) => source?.campaignKey ?? null)}::int[],
    ${people.map(({ source }) => source?.seq ?? null)}::int[]) as g (phone, campaign_key, seq)`;

export type Reserved<Person> = {
  may: Person[];
  refused: { person: Person; why: Exclude<Verdict, { may: true }>['why']; until: Date | null }[];
};

/**
 * The only way to a text, a call or an invitation: holds the people until the transaction ends, judges them by the one rule, and
 * writes the contact down for whoever may be contacted. Call it once in a transaction and before anything else is locked in
 * it: everybody takes people first, and in one order, so that nobody waits for each other.
 */
export async function reserve<Person extends Addressed & { source?: TouchSource }>(
  tx: Tx,
  people: readonly Person[],
  ask: ContactAsk,
  now: Date,
): Promise<Reserved<Person>> {
  let asked: readonly Person[] = people;
  for (;;) {
    const [, ...results] = await together(tx, ['savepoint reservation', ...reservationOf(asked, ask, now)]);
    const reservation = readReservation(results, asked, ask, now);
    // Nobody stays held while something else is waited for: two that do so in different orders would wait for each other.
    if (reservation.kind !== 'held') await tx.query('rollback to savepoint reservation');
    if (reservation.kind === 'strangers') {
      await openNumbers(tx, reservation.phones, 'contact');
      continue;
    }
    if (reservation.kind === 'found') {
      const { holders } = reservation;
      asked = asked.map((each) => ({ ...each, customerId: each.customerId ?? holders.get(each.phone) ?? null }));
      continue;
    }
    const reserved: Reserved<Person> = { may: [], refused: [] };
    for (const [index, person] of asked.entries()) {
      const verdict = reservation.verdicts[index] ?? { may: false, why: 'number-moved', until: null };
      if (verdict.may) reserved.may.push(person);
      else reserved.refused.push({ person, why: verdict.why, until: verdict.until });
    }
    if (reserved.may.length > 0) await execute(tx, touchesOf(given(reserved.may), ask, now));
    return reserved;
  }
}
