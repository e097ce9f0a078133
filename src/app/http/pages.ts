import type { Api } from '../../kit/http/api.ts';
import { auditPages } from '../../house/audit/audit.page.ts';
import { audiencePages } from '../../audience/audience.page.ts';
import { campaignPages } from '../../campaign/campaign.page.ts';
import { campaignPaperPages } from '../../campaign/paper.page.ts';
import { callListPages } from '../../call/list/list.page.ts';
import { scriptPages } from '../../call/script/script.page.ts';
import { calendarPages } from '../../house/calendar.page.ts';
import { voiceAccountPages } from '../../voice/voice-account.page.ts';
import { gatewayPages } from '../../sms/gateway.page.ts';
import { optOutWordPages } from '../../contact/opt-out-words.page.ts';
import { explainPages } from '../../contact/explain.page.ts';
import { numberPages } from '../../contact/number.page.ts';
import { retentionPages } from '../retention.page.ts';
import { policyPages } from '../../contact/policy.page.ts';
import { pushPages } from '../../sms/push.page.ts';
import { replyPages } from '../../sms/reply.page.ts';
import { templatePages } from '../../sms/template/template.page.ts';
import { unitPages } from '../../house/unit.page.ts';
import { agentDayPages } from '../../call/floor/agent-day.page.ts';
import { deskPages } from '../../call/desk/desk.page.ts';
import { floorPages } from '../../call/floor/floor.page.ts';
import { topicPages } from '../../customer/topic.page.ts';
import { customerActPages } from '../../customer/acts.page.ts';
import { customerCardPages } from '../../customer/card.page.ts';
import { customerFormPages } from '../../customer/form.page.ts';
import { customerExportPages } from '../../customer/export.page.ts';
import { customerPages } from '../../customer/customer.page.ts';
import { importPages } from '../../customer/import/import.page.ts';
import { invitePages } from '../../house/invite.page.ts';
import { keyApprovalPages } from '../../house/key-approval.page.ts';
import { suppressionAddPages } from '../../contact/suppression-add.page.ts';
import { suppressionPages } from '../../contact/suppression.page.ts';
import { draftPages } from '../../campaign/draft/draft.page.ts';
import { firstRunPages } from '../../report/first-run.page.ts';
import { accountPages } from '../../house/account.page.ts';
import { delegationPages } from '../../house/delegation.page.ts';
import { peoplePages } from '../../house/people.page.ts';
import { signInPages } from '../../house/sign-in.page.ts';
import { archivePages } from '../../form/archive/archive.page.ts';
import { noticePages } from '../../house/notice/notice.page.ts';
import { noticeChannelPages } from '../../house/notice/channel.page.ts';
import { noticeSettingPages } from '../../house/notice/setting.page.ts';
import { signOffPages } from '../../form/sign-off.page.ts';
import { signOffPrintPages } from '../../form/sign-off-print.page.ts';
import { signedWithPages } from '../../form/signed-with.page.ts';
import { signingKeyPages } from '../../house/signing-key.page.ts';
import { welcomePages } from '../../house/welcome.page.ts';
import { searchPages } from '../../report/search.page.ts';
import type { Pages } from '../../kit/page/page.ts';

/** The pages of every noun; one file each. */
export const nouns: ((app: Api, pages: Pages) => void | Promise<void>)[] = [
  auditPages,
  campaignPages,
  campaignPaperPages,
  firstRunPages,
  audiencePages,
  templatePages,
  topicPages,
  gatewayPages,
  voiceAccountPages,
  pushPages,
  replyPages,
  optOutWordPages,
  policyPages,
  explainPages,
  numberPages,
  retentionPages,
  scriptPages,
  callListPages,
  calendarPages,
  deskPages,
  floorPages,
  agentDayPages,
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
