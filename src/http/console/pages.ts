import type { Api } from '../api.ts';
import { auditPages } from './audit.ts';
import { audiencePages } from './audience.ts';
import { campaignPages } from './campaign.ts';
import { calendarPages } from './calendar.ts';
import { gatewayPages } from './gateway.ts';
import { optOutWordPages } from './opt-out-words.ts';
import { leftOutPages, policyPages } from './policy.ts';
import { pushPages } from './push.ts';
import { replyPages } from './reply.ts';
import { templatePages } from './template.ts';
import { unitPages } from './unit.ts';
import { topicPages } from './topic.ts';
import { customerActPages } from './customer-acts.ts';
import { customerCardPages } from './customer-card.ts';
import { customerFormPages } from './customer-form.ts';
import { customerExportPages } from './customer-export.ts';
import { customerPages } from './customer.ts';
import { importPages } from './import.ts';
import { invitePages } from './invite.ts';
import { keyApprovalPages } from './key-approval.ts';
import { suppressionAddPages } from './suppression-add.ts';
import { suppressionPages } from './suppression.ts';
import { draftPages } from './draft.ts';
import { firstRunPages } from './first-run.ts';
import { accountPages } from './account.ts';
import { delegationPages } from './delegation.ts';
import { peoplePages } from './people.ts';
import { signInPages } from './sign-in.ts';
import { archivePages } from './archive.ts';
import { noticePages } from './notice.ts';
import { noticeChannelPages } from './notice-channel.ts';
import { noticeSettingPages } from './notice-setting.ts';
import { signOffPages } from './sign-off.ts';
import { signOffPrintPages } from './sign-off-print.ts';
import { signedWithPages } from './signed-with.ts';
import { signingKeyPages } from './signing-key.ts';
import { welcomePages } from './welcome.ts';
import { searchPages } from './search.ts';
import type { Pages } from './page.ts';

/** The pages of every noun; one file each. */
export const nouns: ((app: Api, pages: Pages) => void | Promise<void>)[] = [
  auditPages,
  campaignPages,
  firstRunPages,
  audiencePages,
  templatePages,
  topicPages,
  gatewayPages,
  pushPages,
  replyPages,
  optOutWordPages,
  policyPages,
  leftOutPages,
  calendarPages,
  customerExportPages,
  customerPages,
  customerCardPages,
  customerFormPages,
  customerActPages,
  importPages,
  suppressionPages,
  suppressionAddPages,
  draftPages,
  accountPages,
  delegationPages,
  peoplePages,
  invitePages,
  keyApprovalPages,
  unitPages,
  signInPages,
  welcomePages,
  signOffPages,
  signOffPrintPages,
  signingKeyPages,
  signedWithPages,
  archivePages,
  noticePages,
  noticeChannelPages,
  noticeSettingPages,
  searchPages,
];
