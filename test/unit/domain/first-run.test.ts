import { describe, expect, test } from 'vitest';
import { firstRunLines, type FirstRunFacts, type FirstRunStep } from '../../../src/domain/first-run.ts';
import { permissionsOf, type Role } from '../../../src/domain/permission.ts';

const nothing: FirstRunFacts = {
  applicants: 0,
  liaisons: 0,
  leaders: 0,
  differentPeople: 0,
  invited: 0,
  activeGateways: 0,
  liaisonKeys: 0,
  leaderKeys: 0,
  keysToApprove: 0,
  ownKey: false,
  ownKeyDecidable: null,
  templates: 0,
  customers: 0,
  audiences: 0,
  campaign: null,
  archived: false,
};
const reader = (...roles: Role[]) => ({
  may: (right: Parameters<ReturnType<typeof permissionsOf>['has']>[0]) => permissionsOf(roles).has(right),
  signs: roles.includes('liaison') || roles.includes('leader'),
});
const line = (step: FirstRunStep, facts: Partial<FirstRunFacts>, ...roles: Role[]) =>
  firstRunLines({ ...nothing, ...facts }, reader(...roles)).find((each) => each.step === step);

describe('the first-run list', () => {
  test('three roles held by two people are not enough', () => {
    const held = { applicants: 1, liaisons: 1, leaders: 1 };
    expect(line('people', { ...held, differentPeople: 2 }, 'administrator')?.state).toBe('now');
    expect(line('people', { ...held, differentPeople: 3 }, 'administrator')?.state).toBe('done');
  });

  test.each([
    ['people', {}, 'administrator', '/people'],
    ['people', {}, 'applicant', null],
    ['gateway', {}, 'administrator', '/gateways/new'],
    ['keys', { liaisons: 1 }, 'liaison', '/account'],
    ['keys', { liaisons: 1, ownKey: true }, 'liaison', null],
    ['keys', { liaisons: 1, ownKeyDecidable: { staffId: 'x' } }, 'administrator', '/people/x'],
    ['template', {}, 'applicant', '/templates/new'],
    ['template', {}, 'leader', null],
    ['audience', {}, 'applicant', '/imports'],
    ['audience', { customers: 1 }, 'applicant', '/audiences/new'],
    ['campaign', {}, 'applicant', '/drafts/new'],
    ['campaign', { campaign: { number: 'WH-1', state: 'sending' } }, 'auditor', '/campaigns/WH-1'],
  ] as const)('at %s with %j the %s is led to %s', (step, facts, role, href) => {
    expect(line(step, facts, role)?.act?.href ?? null).toBe(href);
  });

  test('one key of one signer is not both', () => {
    expect(line('keys', { liaisons: 1, leaders: 1, liaisonKeys: 2 }, 'administrator')?.state).toBe('now');
    expect(line('keys', { liaisonKeys: 1, leaderKeys: 1 }, 'administrator')?.state).toBe('done');
  });

  test('the campaign waits for text and people', () => {
    expect(line('campaign', { templates: 1 }, 'applicant')?.state).toBe('later');
    expect(line('campaign', { templates: 1, audiences: 1 }, 'applicant')?.state).toBe('now');
  });
});
