// Temporal bundles one file: every workflow of the house is named here.
export { smsCampaign } from './sms-campaign.ts';
export { signOff } from './sign-off.ts';
export { callList } from './call-list.ts';
export { signReminders } from './sign-reminder.ts';
export { draftEstimate } from './draft-estimate.ts';
export { testSend } from './test-send.ts';
