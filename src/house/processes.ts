import type { SignRequest } from './evidence.rule.ts';

/** What the process is about: a campaign has one for all that happens to it, another subject of a form one for its sign-off. */
export type ProcessOf = { kind: string; id: string };

/**
 * What commands ask of the running workflows. Ids and counters only: no personal data goes through here.
 * Every call may be repeated; it throws AppError('unavailable', 'process.unreachable') when Temporal does not answer.
 */
export type Processes = {
  startCampaign(campaignId: string): Promise<void>;
  /** The sign-off of a form whose subject has no process of its own. */
  startSignOff(subject: ProcessOf): Promise<void>;
  /** The process of an open call list; one that runs already looks again. */
  startCallList(listId: string): Promise<void>;
  /** Resolves when the signature is recorded; throws AppError when the workflow refuses it (order, person, digest, state). */
  sign(subject: ProcessOf, request: SignRequest): Promise<void>;
  /** Tells the workflow what the database says already: rejected, withdrawn, paused, resumed, cancelled. */
  notify(subject: ProcessOf, event: 'ended' | 'paused' | 'resumed' | 'cancelled'): Promise<void>;
  /** Counts the people of a draft; `wanted` names what is counted, so that two counts do not stand in for each other. */
  estimateDraft(draftId: string, wanted: string): Promise<void>;
  /** Makes the one call of a test message; `again`: its first process was lost. */
  sendTest(testSendId: string, how?: { again: boolean }): Promise<void>;
};
