import { describe, expect, test } from 'vitest';
import { firstRunLines, nextLine, type FirstRunFacts, type FirstRunStep } from '../../../src/report/first-run.rule.ts';
import { permissionsOf, type Role } from '../../../src/kernel/permission.rule.ts';

const nothing: FirstRunFacts = {
  applicants: 0,
  liaisons: 0,
  leaders: 0,
  differentPeople: 0,
  rolesMissing: 3,
  invited: 0,
  activeGateways: 0,
  liaisonKeys: 0,
  leaderKeys: 0,
  keysToApprove: 0,
  keysOfOthers: 0,
  ownKey: false,
  ownDraft: null,
  templates: 0,
  customers: 0,
  audiences: 0,
  campaign: null,
  archived: false,
};
const reader = (...roles: Role[]) => ({
  may: (right: Parameters<ReturnType<typeof permissionsOf>['has']>[0]) => permissionsOf(roles).has(right),
  liaison: roles.includes('liaison'),
  leader: roles.includes('leader'),
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
    ['people', {}, 'administrator', '/people/invite'],
    ['people', { invited: 1, rolesMissing: 2 }, 'administrator', '/people/invite'],
    ['people', { invited: 3, rolesMissing: 0 }, 'administrator', '/people/links'],
    ['people', {}, 'applicant', null],
    ['gateway', {}, 'administrator', '/gateways/new'],
    ['keys', { liaisons: 1 }, 'liaison', '/account/signing-key'],
    ['keys', { liaisons: 1, ownKey: true }, 'liaison', null],
    ['keys', { liaisons: 1, keysOfOthers: 1 }, 'administrator', '/people/keys'],
    ['keys', { liaisons: 1, keysToApprove: 1 }, 'administrator', null],
    ['keys', { liaisons: 1, keysOfOthers: 1 }, 'applicant', null],
    ['template', {}, 'applicant', '/templates/new'],
    ['template', {}, 'leader', null],
    ['audience', {}, 'applicant', '/imports'],
    ['audience', { customers: 1 }, 'applicant', '/audiences/new'],
    ['campaign', {}, 'applicant', '/drafts/new'],
    ['campaign', { ownDraft: { id: 'd' } }, 'applicant', '/drafts/d'],
    ['campaign', { campaign: { number: 'WH-1', state: 'sending' } }, 'auditor', '/campaigns/WH-1'],
    [
      'campaign',
      { campaign: { number: 'WH-1', state: 'sending' }, ownDraft: { id: 'd' } },
      'applicant',
      '/campaigns/WH-1',
    ],
    ['campaign', { campaign: { number: 'WH-1', state: 'rejected' }, ownDraft: { id: 'd' } }, 'applicant', '/drafts/d'],
    ['campaign', { campaign: { number: 'WH-1', state: 'rejected' } }, 'applicant', '/campaigns/WH-1'],
    ['campaign', { campaign: { number: 'WH-1', state: 'awaiting-liaison' } }, 'liaison', '/sign-off/WH-1'],
    ['campaign', { campaign: { number: 'WH-1', state: 'awaiting-liaison' } }, 'leader', '/campaigns/WH-1'],
    ['campaign', { campaign: { number: 'WH-1', state: 'awaiting-leader' } }, 'leader', '/sign-off/WH-1'],
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

  test.each([
    ['administrator', {}, '/people/invite'],
    [
      'administrator',
      { applicants: 1, liaisons: 1, leaders: 1, differentPeople: 3, activeGateways: 1, keysOfOthers: 2 },
      '/people/keys',
    ],
    ['applicant', { activeGateways: 1 }, '/templates/new'],
    ['applicant', { activeGateways: 1, templates: 1 }, '/imports'],
    ['applicant', { activeGateways: 1, templates: 1, customers: 3, audiences: 1 }, '/drafts/new'],
    ['leader', { activeGateways: 1 }, null],
    ['leader', { activeGateways: 1, ownKey: true, campaign: { number: 'WH-1', state: 'sending' } }, null],
    ['leader', { activeGateways: 1, leaders: 1 }, '/account/signing-key'],
  ] as const)('the next act of the %s with %j is at %s', (role, facts, href) => {
    expect(nextLine(firstRunLines({ ...nothing, ...facts }, reader(role)))?.act?.href ?? null).toBe(href);
  });

  test.each([
    [{}, 'people', 'people'],
    [{ invited: 1, rolesMissing: 2 }, 'people', 'people-invited'],
    [{ invited: 3, rolesMissing: 0 }, 'people', 'people-awaited'],
    [{ liaisons: 1, keysToApprove: 1 }, 'keys', 'keys-to-approve'],
    [{ campaign: { number: 'WH-1', state: 'awaiting-leader' } }, 'campaign', 'campaign-awaiting-leader'],
    [{ campaign: { number: 'WH-1', state: 'expired' } }, 'campaign', 'campaign-ended'],
    [{ campaign: { number: 'WH-1', state: 'settling' } }, 'campaign', 'campaign-on-its-way'],
  ] as const)('with %j the step %s says %s', (facts, step, said) => {
    expect(line(step, facts, 'applicant')?.said).toBe(said);
  });
});
