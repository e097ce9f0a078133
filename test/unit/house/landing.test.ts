import { expect, test } from 'vitest';
import { landingOf } from '../../../src/house/landing.rule.ts';
import type { Role } from '../../../src/kernel/permission.rule.ts';

test.each<[Role[], string, string | null]>([
  [['leader'], '*', '/sign-off'],
  [['liaison'], '零售部', '/sign-off'],
  [['leader', 'auditor'], '*', '/sign-off'],
  [['leader', 'applicant'], '*', null],
  [['liaison', 'operator'], '*', null],
  [['applicant'], '*', null],
  [['administrator'], '*', null],
  [[], '*', null],
])('somebody who is %j for %s lands at %s', (roles, unit, expected) => {
  expect(landingOf(roles.map((role) => ({ role, unit })))).toBe(expected);
});
