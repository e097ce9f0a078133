import { expect, test } from 'vitest';
import { delegationFault, standingOf, type StandIn } from '../../../src/house/delegation.rule.ts';
import type { Grant } from '../../../src/kernel/permission.rule.ts';

const now = new Date('2026-11-22T04:00:00Z');
const hours = (n: number): Date => new Date(now.getTime() + n * 3_600_000);
const forLeader = (change: Partial<StandIn> = {}): StandIn => ({
  delegationId: 'd1',
  staffId: 'absent',
  role: 'leader',
  unit: '零售部',
  fromAt: hours(-1),
  untilAt: hours(1),
  revokedAt: null,
  ...change,
});
const by = (staffId: string, onBehalfOf: string | null = null) => ({ staffId, onBehalfOf });
const asked = { role: 'leader' as const, unit: '零售部' };

test.each<[string, Grant[], StandIn[], ReturnType<typeof by>[], string]>([
  ['the role in every unit', [{ role: 'leader', unit: '*' }], [], [by('liaison')], 'own'],
  ['the role in this unit', [{ role: 'leader', unit: '零售部' }], [], [], 'own'],
  ['the role in another unit', [{ role: 'leader', unit: '信用卡部' }], [], [], 'signature.role-not-held'],
  ['the other role', [{ role: 'liaison', unit: '*' }], [], [], 'signature.role-not-held'],
  ['nothing at all', [], [], [], 'signature.role-not-held'],
  ['a delegation that holds', [], [forLeader()], [by('liaison')], 'stand-in'],
  ['a delegation for every unit', [], [forLeader({ unit: '*' })], [], 'stand-in'],
  ['a delegation for another unit', [], [forLeader({ unit: '信用卡部' })], [], 'signature.role-not-held'],
  ['a delegation for the other role', [], [forLeader({ role: 'liaison' })], [], 'signature.role-not-held'],
  ['one that begins a moment later', [], [forLeader({ fromAt: hours(0.001) })], [], 'signature.role-not-held'],
  ['one that begins now', [], [forLeader({ fromAt: now })], [], 'stand-in'],
  ['one that ends now', [], [forLeader({ untilAt: now })], [], 'signature.role-not-held'],
  ['one that was revoked', [], [forLeader({ revokedAt: hours(-0.5) })], [], 'signature.role-not-held'],
  ['standing in for the applicant', [], [forLeader({ staffId: 'applicant' })], [], 'signature.stands-for-applicant'],
  ['standing in for who signed first', [], [forLeader()], [by('absent')], 'signature.stands-for-signer'],
  ['for whom another stood in before', [], [forLeader()], [by('x', 'absent')], 'signature.stands-for-signer'],
  ['having signed first', [], [forLeader()], [by('signer')], 'signature.same-person'],
  [
    'having signed first, with an own role',
    [{ role: 'leader', unit: '*' }],
    [],
    [by('signer')],
    'signature.same-person',
  ],
  ['whose own place another took', [{ role: 'leader', unit: '*' }], [], [by('x', 'signer')], 'signature.same-person'],
  [
    'standing in for the applicant and for somebody else',
    [],
    [forLeader({ staffId: 'applicant' }), forLeader({ delegationId: 'd2', staffId: 'other' })],
    [],
    'stand-in',
  ],
])('with %s the signer stands so', (_, own, standIns, signed, expected) => {
  const standing = standingOf({ id: 'signer', own, standIns }, asked, { applicantId: 'applicant', signed }, now);
  expect(standing.kind === 'refused' ? standing.code : standing.kind).toBe(expected);
});

test('the applicant stands for nobody, whatever they hold', () => {
  const everything = { id: 'applicant', own: [{ role: 'leader' as const, unit: '*' }], standIns: [forLeader()] };
  expect(standingOf(everything, asked, { applicantId: 'applicant', signed: [] }, now)).toEqual({
    kind: 'refused',
    code: 'signature.applicant',
  });
});

test('the own role is used before another’s', () => {
  const both = { id: 'signer', own: [{ role: 'leader' as const, unit: '*' }], standIns: [forLeader()] };
  expect(standingOf(both, asked, { applicantId: 'applicant', signed: [] }, now)).toEqual({ kind: 'own' });
});

const wanted = { staffId: 'a', delegateId: 'b', role: 'leader' as const, unit: '*', fromAt: now, untilAt: hours(24) };
test.each<[string, Partial<typeof wanted>, Grant[], boolean, string | null]>([
  ['a day', {}, [{ role: 'leader', unit: '零售部' }], true, null],
  ['sixty days', { untilAt: hours(60 * 24) }, [{ role: 'leader', unit: '*' }], true, null],
  [
    'a second more',
    { untilAt: hours(60 * 24 + 1 / 3600) },
    [{ role: 'leader', unit: '*' }],
    true,
    'delegation.too-long',
  ],
  ['a year, by an administrator', { untilAt: hours(8760) }, [{ role: 'leader', unit: '*' }], false, null],
  ['oneself', { delegateId: 'a' }, [{ role: 'leader', unit: '*' }], true, 'delegation.same-person'],
  [
    'the end first',
    { fromAt: hours(2), untilAt: hours(1) },
    [{ role: 'leader', unit: '*' }],
    true,
    'delegation.backwards',
  ],
  ['the past', { fromAt: hours(-3), untilAt: hours(-1) }, [{ role: 'leader', unit: '*' }], true, 'delegation.over'],
  ['a role not held', {}, [{ role: 'liaison', unit: '*' }], true, 'delegation.role-not-held'],
  ['a unit not held', { unit: '信用卡部' }, [{ role: 'leader', unit: '零售部' }], true, 'delegation.role-not-held'],
  ['a unit of all', { unit: '信用卡部' }, [{ role: 'leader', unit: '*' }], true, null],
])('a delegation for %s is judged', (_, change, grants, own, fault) => {
  expect(delegationFault({ ...wanted, ...change }, { grants, own, before: [] }, now)).toBe(fault);
});

const period = (fromDay: number, untilDay: number) => ({ fromAt: hours(fromDay * 24), untilAt: hours(untilDay * 24) });
test.each<[string, ReturnType<typeof period>[], ReturnType<typeof period>, string | null]>([
  ['sixty days more, begun as the first sixty end', [period(0, 60)], period(60, 120), 'delegation.too-long'],
  ['the same with three days between', [period(0, 60)], period(63, 120), 'delegation.too-long'],
  ['a day before those that are given already', [period(1, 61)], period(0, 1), 'delegation.too-long'],
  ['what joins two absences', [period(0, 25), period(35, 61)], period(25, 35), 'delegation.too-long'],
  ['a second stand-in for the same days', [period(0, 60)], period(0, 60), null],
  ['two weeks of sixty days that have run for fifty', [period(-50, 1)], period(1, 15), 'delegation.too-long'],
  ['a fresh absence a week after the last', [period(-53, -7)], period(0, 60), null],
  ['one after a delegation that was ended before it began', [period(10, 5)], period(0, 60), null],
])('of an absence in parts, %s is judged as one', (_, before, more, fault) => {
  const holder = { grants: [{ role: 'leader' as const, unit: '*' }], own: true, before };
  expect(delegationFault({ ...wanted, ...more }, holder, now)).toBe(fault);
});
