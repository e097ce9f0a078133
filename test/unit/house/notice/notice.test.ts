import { array, assert, constantFrom, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import {
  deputyRoles,
  isUrgent,
  noticeKinds,
  recipientsOf,
  type NoticeKind,
} from '../../../../src/house/notice/notice.rule.ts';
import type { Role } from '../../../../src/kernel/permission.rule.ts';

const person = (id: string, role: Role, unit = '*') => ({ id, grants: [{ role, unit }] });
const house = [
  person('op', 'operator'),
  person('op-north', 'operator', '北区'),
  person('op-south', 'operator', '南区'),
  person('chief', 'supervisor', '北区'),
  person('admin', 'administrator'),
  person('admin2', 'administrator'),
  person('agent', 'agent'),
];

test.each<[NoticeKind, string | null, string | null, string | null, string[]]>([
  // kind, unit of the item, owner, who did it, who is told
  ['form-signed', '北区', 'maker', 'signer', ['maker']],
  ['form-rejected', '北区', 'maker', 'signer', ['maker']],
  ['campaign-paused', '北区', 'maker', null, ['maker', 'op', 'op-north']],
  ['campaign-cancelled', '北区', 'maker', 'op', ['maker', 'op-north']],
  ['campaign-cancelled', '北区', 'op', 'op', ['op-north']],
  ['campaign-voided', '北区', 'maker', null, ['maker', 'op', 'op-north', 'chief']],
  ['campaign-finished', '南区', 'maker', null, ['maker', 'op', 'op-south']],
  ['archive-made', '南区', 'maker', null, ['maker']],
  ['key-awaited', null, 'maker', 'maker', ['admin', 'admin2']],
  // Nobody approves the own key.
  ['key-awaited', null, 'admin', 'admin', ['admin2']],
  ['key-added', null, 'maker', 'maker', ['maker']],
  ['key-added', null, 'maker', 'admin', ['maker']],
  ['import-done', null, 'maker', 'maker', ['maker']],
  ['account-stopped', null, null, null, ['op', 'op-north', 'op-south', 'admin', 'admin2']],
  ['pushes-waiting', null, null, null, ['admin', 'admin2']],
  ['opt-out-burst', '南区', 'maker', null, ['maker', 'op', 'op-south']],
])('%s in %s of %s by %s is told to %j', (kind, unit, ownerId, actorId, told) => {
  expect(recipientsOf({ kind, unit, ownerId, actorId }, house).toSorted()).toEqual(told.toSorted());
});

test('nobody is told twice, nobody of another unit, and who did it only of keys and imports', () => {
  const units = constantFrom('北区', '南区', '*');
  const roles = constantFrom<Role>('operator', 'supervisor', 'leader', 'administrator', 'agent');
  const people = array(
    record({
      id: constantFrom('a', 'b', 'c', 'd'),
      grants: array(record({ role: roles, unit: units }), { maxLength: 4 }),
    }),
    { maxLength: 6 },
  );
  assert(
    property(people, constantFrom(...noticeKinds), (some, kind) => {
      const told = recipientsOf({ kind, unit: '北区', ownerId: 'a', actorId: 'b' }, some);
      expect(new Set(told).size).toBe(told.length);
      expect(told).not.toContain('b');
      for (const id of told.filter((each) => each !== 'a'))
        expect(some.some((each) => each.id === id && each.grants.some(({ unit }) => unit !== '南区'))).toBe(true);
    }),
  );
});

test('whatever is urgent has deputies, and nothing else has', () => {
  for (const kind of noticeKinds) expect(deputyRoles(kind).length > 0).toBe(isUrgent(kind));
});
