import { activityInfo, Context } from '@temporalio/activity';
import { estimateDraft } from './draft-estimate.ts';
import type { SendDeps } from './send-span.ts';
import { sendTest } from './test-send.ts';

export type DraftActivities = ReturnType<typeof createDraftActivities>;

/** What the wizard asks the worker for. Ids only cross to Temporal. */
export const createDraftActivities = (deps: Pick<SendDeps, 'pool' | 'gatewayOf'>) => ({
  estimateDraft: (draftId: string, wanted: string) => estimateDraft(deps, draftId, wanted, beat),
  sendTest: (testSendId: string) => sendTest(deps, testSendId),
});

const beat = (): void => Context.current().heartbeat({ attempt: activityInfo().attempt });
