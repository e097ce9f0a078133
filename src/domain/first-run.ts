import type { Permission } from './permission.ts';

export const firstRunSteps = ['people', 'gateway', 'keys', 'template', 'audience', 'campaign'] as const;
export type FirstRunStep = (typeof firstRunSteps)[number];

/** What the database knows of a house that has archived no campaign yet. */
export type FirstRunFacts = {
  /** People who can sign in, by role. */
  applicants: number;
  liaisons: number;
  leaders: number;
  /** The most different people who can hold applicant, liaison officer and leader at once. */
  differentPeople: number;
  /** Invited, and not here yet. */
  invited: number;
  activeGateways: number;
  /** Signers whose key may be used, by role; keys that wait for an administrator. */
  liaisonKeys: number;
  leaderKeys: number;
  keysToApprove: number;
  /** Of the reader: whether a key of theirs is asked for or approved already. */
  ownKey: boolean;
  ownKeyDecidable: { staffId: string } | null;
  templates: number;
  customers: number;
  audiences: number;
  /** The newest that was handed in. */
  campaign: { number: string; state: string } | null;
  archived: boolean;
};

export type FirstRunLine = {
  step: FirstRunStep;
  /** From 1. */
  ordinal: number;
  state: 'done' | 'now' | 'later';
  /** The sentence's key: what stands, or what is missing. */
  said: string;
  /** What the reader can do about it; null when somebody else must. */
  act: { key: string; href: string } | null;
};

type Reader = { may: (permission: Permission) => boolean; signs: boolean };

/** The steps in order, each with its state; the reader's own next act stands at its step. */
export function firstRunLines(facts: FirstRunFacts, reader: Reader): FirstRunLine[] {
  const done: Record<FirstRunStep, boolean> = {
    people: facts.applicants > 0 && facts.liaisons > 0 && facts.leaders > 0 && facts.differentPeople >= 3,
    gateway: facts.activeGateways > 0,
    keys: facts.liaisonKeys > 0 && facts.leaderKeys > 0,
    template: facts.templates > 0,
    audience: facts.audiences > 0,
    campaign: facts.archived,
  };
  const begun: Record<FirstRunStep, boolean> = { ...done, keys: done.keys || facts.liaisons + facts.leaders > 0 };
  const needs: Partial<Record<FirstRunStep, FirstRunStep[]>> = { campaign: ['template', 'audience'], keys: [] };
  return firstRunSteps.map((step, index) => {
    const waits = (needs[step] ?? []).some((other) => !done[other]) || (step === 'keys' && !begun.keys);
    const state = done[step] ? 'done' : waits ? 'later' : 'now';
    const ordinal = index + 1;
    return {
      step,
      ordinal,
      state,
      said: saidOf(step, state, facts),
      act: state === 'done' ? null : actOf(step, facts, reader),
    };
  });
}

function saidOf(step: FirstRunStep, state: FirstRunLine['state'], facts: FirstRunFacts): string {
  if (state === 'done') return `${step}-done`;
  if (step === 'people' && facts.invited > 0) return 'people-invited';
  if (step === 'keys' && facts.keysToApprove > 0) return 'keys-to-approve';
  if (step === 'audience' && facts.customers === 0) return 'audience-no-customers';
  if (step === 'campaign' && facts.campaign !== null) return 'campaign-on-its-way';
  return step;
}

function actOf(step: FirstRunStep, facts: FirstRunFacts, { may, signs }: Reader): FirstRunLine['act'] {
  switch (step) {
    case 'people':
      return may('staff:write') ? { key: 'invite', href: '/people' } : null;
    case 'gateway':
      return may('gateway:write') ? { key: 'gateway', href: '/gateways/new' } : null;
    case 'keys':
      if (signs && !facts.ownKey) return { key: 'own-key', href: '/account' };
      return may('credential:decide') && facts.ownKeyDecidable !== null
        ? { key: 'approve', href: `/people/${facts.ownKeyDecidable.staffId}` }
        : null;
    case 'template':
      return may('template:write') ? { key: 'template', href: '/templates/new' } : null;
    case 'audience':
      if (facts.customers === 0) return may('customer:write') ? { key: 'import', href: '/imports' } : null;
      return may('audience:write') ? { key: 'audience', href: '/audiences/new' } : null;
    case 'campaign':
      if (facts.campaign === null) return may('campaign:write') ? { key: 'campaign', href: '/drafts/new' } : null;
      return { key: 'look', href: `/campaigns/${facts.campaign.number}` };
  }
}
