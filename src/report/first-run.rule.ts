import type { Permission } from '../kernel/permission.rule.ts';

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
  /** Of these three roles, those that nobody holds, whether they are here already or only invited. */
  rolesMissing: number;
  /** Invited, and not here yet. */
  invited: number;
  activeGateways: number;
  /** Signers whose key may be used, by role. */
  liaisonKeys: number;
  leaderKeys: number;
  /** Keys of signers that wait for an administrator; and those of them that are not the reader's own. */
  keysToApprove: number;
  keysOfOthers: number;
  /** Of the reader: whether a key of theirs is asked for or approved already, and the draft they wrote last. */
  ownKey: boolean;
  ownDraft: { id: string } | null;
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

type Reader = { may: (permission: Permission) => boolean; liaison: boolean; leader: boolean };

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
  const waits: Partial<Record<FirstRunStep, boolean>> = {
    keys: facts.liaisons + facts.leaders === 0,
    campaign: facts.campaign === null && !(done.template && done.audience),
  };
  return firstRunSteps.map((step, index) => {
    const state = done[step] ? 'done' : waits[step] ? 'later' : 'now';
    const act = state === 'done' ? null : actOf(step, facts, reader);
    return { step, ordinal: index + 1, state, said: saidOf(step, state, facts), act };
  });
}

/** What the reader does next: the first step that can be taken now, by them. To look at what others do is no step. */
export const nextLine = (lines: readonly FirstRunLine[]): FirstRunLine | null =>
  lines.find(({ state, act }) => state === 'now' && act !== null && act.key !== 'look') ?? null;

const endedUnsent = new Set(['rejected', 'withdrawn', 'expired', 'voided', 'cancelled']);

function saidOf(step: FirstRunStep, state: FirstRunLine['state'], facts: FirstRunFacts): string {
  if (state === 'done') return `${step}-done`;
  if (step === 'people' && facts.invited > 0) return facts.rolesMissing > 0 ? 'people-invited' : 'people-awaited';
  if (step === 'keys' && facts.keysToApprove > 0) return 'keys-to-approve';
  if (step === 'audience' && facts.customers === 0) return 'audience-no-customers';
  if (step === 'campaign' && facts.campaign !== null) return `campaign-${campaignWord(facts.campaign.state)}`;
  return step;
}

function campaignWord(state: string): string {
  if (endedUnsent.has(state)) return 'ended';
  return state === 'awaiting-liaison' || state === 'awaiting-leader' ? state : 'on-its-way';
}

function actOf(step: FirstRunStep, facts: FirstRunFacts, reader: Reader): FirstRunLine['act'] {
  const { may } = reader;
  switch (step) {
    case 'people':
      if (!may('staff:write')) return null;
      return facts.invited > 0 && facts.rolesMissing === 0
        ? { key: 'links', href: '/people/links' }
        : { key: 'invite', href: '/people/invite' };
    case 'gateway':
      return may('gateway:write') ? { key: 'gateway', href: '/gateways/new' } : null;
    case 'keys':
      if ((reader.liaison || reader.leader) && !facts.ownKey) return { key: 'own-key', href: '/account/signing-key' };
      return may('credential:decide') && facts.keysOfOthers > 0 ? { key: 'approve', href: '/people/keys' } : null;
    case 'template':
      return may('template:write') ? { key: 'template', href: '/templates/new' } : null;
    case 'audience':
      if (facts.customers === 0) return may('customer:write') ? { key: 'import', href: '/imports' } : null;
      return may('audience:write') ? { key: 'audience', href: '/audiences/new' } : null;
    case 'campaign':
      return campaignAct(facts, reader);
  }
}

function campaignAct({ campaign, ownDraft }: FirstRunFacts, { may, liaison, leader }: Reader): FirstRunLine['act'] {
  const writes = may('campaign:write');
  if (campaign === null || endedUnsent.has(campaign.state)) {
    if (writes && ownDraft !== null) return { key: 'draft', href: `/drafts/${ownDraft.id}` };
    if (writes && campaign === null) return { key: 'campaign', href: '/drafts/new' };
  }
  if (campaign === null) return null;
  const signs = (campaign.state === 'awaiting-liaison' && liaison) || (campaign.state === 'awaiting-leader' && leader);
  if (signs) return { key: 'sign', href: `/sign-off/${campaign.number}` };
  return may('campaign:read') ? { key: 'look', href: `/campaigns/${campaign.number}` } : null;
}
