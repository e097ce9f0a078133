import { runningStates, type CampaignState } from './state.rule.ts';
import { findCampaign, findCampaignByNumber, lockCampaign, moveCampaign, type Campaign } from './campaign.db.ts';
import { campaignStatesOf, revisionsBefore } from './subject.db.ts';
import { findLiveCampaign, formOf } from './live-campaign.db.ts';
import type { FormState } from '../form/form-state.rule.ts';
import type { Subject, SubjectStand } from '../form/subject.ts';
import { AppError } from '../kernel/app-error.rule.ts';

const isId = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

const standOf = (campaign: Campaign | null): SubjectStand | null =>
  campaign && {
    id: campaign.id,
    number: campaign.number,
    unit: campaign.unit,
    applicantId: campaign.applicantId,
    state: campaign.state,
    reason: campaign.stateReason,
    submittedAt: campaign.submittedAt,
    revises: campaign.revises,
  };

/** A campaign whose form is signed waits for its window; every other state of a form is one of the campaign too. */
const stateFor = (to: FormState): CampaignState => (to === 'signed' ? 'scheduled' : to);

/** A campaign as something that two people sign. */
export const campaignSubject: Subject = {
  kind: 'campaign',
  ownProcess: true,
  acts: {
    sign: 'campaign.sign',
    refused: 'campaign.sign-refused',
    reject: 'campaign.reject',
    withdraw: 'campaign.withdraw',
    nudge: 'campaign.nudge',
    expire: 'campaign.expire',
    void: 'campaign.void',
    pause: 'campaign.pause',
    cancel: 'campaign.cancel',
    lost: 'campaign.process-restart',
  },
  reasons: { rejected: 'campaign.rejected', withdrawn: 'campaign.withdrawn' },
  refusals: {
    missing: () => new AppError('missing', 'campaign.missing', 'There is no campaign with this id.'),
    notAwaiting: (state) =>
      new AppError(
        'conflict',
        'campaign.not-awaiting-signature',
        `This campaign is ${state}; it takes no signature now.`,
      ),
    notYours: () => new AppError('denied', 'campaign.not-yours', 'Only the applicant can withdraw the form.'),
    notYoursToReject: (state) =>
      new AppError(
        'conflict',
        'campaign.not-yours-to-reject',
        `This campaign is ${state}; only the person whose signature it awaits can send it back.`,
      ),
    wrongState: (state, to) =>
      new AppError('conflict', 'campaign.wrong-state', `This campaign is ${state}; it cannot become ${to}.`, {
        state,
        to,
      }),
  },
  find: async (db, idOrNumber) =>
    standOf(isId(idOrNumber) ? await findCampaign(db, idOrNumber) : await findCampaignByNumber(db, idOrNumber)),
  lock: async (tx, id) => standOf(await lockCampaign(tx, id)),
  formNow: async (db, id, format) => {
    const live = await findLiveCampaign(db, id);
    return live && formOf(live, format);
  },
  move: (tx, id, to, reason, now) => moveCampaign(tx, id, stateFor(to), reason, now),
  revisionsBefore,
  statesOf: async (db, ids) =>
    new Map(
      (await campaignStatesOf(db, ids)).map(({ id, state }) => [id, { state, runs: runningStates.includes(state) }]),
    ),
  stop: (tx, id, how, reason, now) => moveCampaign(tx, id, how === 'pause' ? 'paused' : 'cancelled', reason, now),
  noticeItem: ({ subjectId }) => ({ kind: 'campaign', id: subjectId }),
  hrefOf: (number) => `/campaigns/${number}`,
  isMaking: (state) => state === 'freezing',
};
