import type { Api, RouteDeps } from '../../kit/http/api.ts';
import { audienceRoutes } from '../../audience/audience.api.ts';
import { auditRoutes } from '../../house/audit/audit.api.ts';
import { scriptRoutes } from '../../call/script/script.api.ts';
import { callListRoutes } from '../../call/list/list.api.ts';
import { identityRoutes } from '../../call/desk/identity.api.ts';
import { calendarRoutes } from '../../house/calendar.api.ts';
import { campaignRecordRoutes } from '../../campaign/record.api.ts';
import { campaignRoutes } from '../../campaign/campaign.api.ts';
import { explainRoutes } from '../../contact/explain.api.ts';
import { optOutSettingRoutes } from '../../contact/opt-out-effect.api.ts';
import { numberRoutes } from '../../contact/number.api.ts';
import { contactPolicyRoutes } from '../../contact/contact-policy.api.ts';
import { credentialRoutes } from '../../house/credential.api.ts';
import { formRoutes } from '../../form/form.api.ts';
import { signedWithRoutes } from '../../form/signed-with.api.ts';
import { customerRoutes } from '../../customer/customer.api.ts';
import { voiceAccountRoutes } from '../../voice/voice-account.api.ts';
import { gatewayAccountRoutes } from '../../sms/gateway-account.api.ts';
import { importRoutes } from '../../customer/import/import.api.ts';
import { keyRoutes } from '../../house/key.api.ts';
import { meRoutes } from '../../house/me.api.ts';
import { sessionRoutes } from '../../house/session.api.ts';
import { noticeChannelRoutes } from '../../house/notice/channel.api.ts';
import { pushRoutes } from '../../sms/push.api.ts';
import { replyRoutes } from '../../sms/reply.api.ts';
import { staffRoutes } from '../../house/staff.api.ts';
import { suppressionRoutes } from '../../contact/suppression.api.ts';
import { templateRoutes } from '../../sms/template/template.api.ts';
import { topicRoutes } from '../../customer/topic.api.ts';
import { describeRefusals } from '../../kit/http/route-schema.ts';
import { guardParameters } from '../../kit/http/text-gate.ts';

const nouns: ((app: Api, deps: RouteDeps) => Promise<void> | void)[] = [
  meRoutes,
  sessionRoutes,
  staffRoutes,
  keyRoutes,
  credentialRoutes,
  signedWithRoutes,
  customerRoutes,
  importRoutes,
  audienceRoutes,
  suppressionRoutes,
  replyRoutes,
  pushRoutes,
  topicRoutes,
  templateRoutes,
  gatewayAccountRoutes,
  voiceAccountRoutes,
  campaignRoutes,
  campaignRecordRoutes,
  scriptRoutes,
  identityRoutes,
  callListRoutes,
  formRoutes,
  calendarRoutes,
  contactPolicyRoutes,
  optOutSettingRoutes,
  explainRoutes,
  numberRoutes,
  noticeChannelRoutes,
  auditRoutes,
];

/** Every noun of the API; one file each. */
export async function apiRoutes(app: Api, deps: RouteDeps): Promise<void> {
  guardParameters(app);
  describeRefusals(app);
  for (const add of nouns) await add(app, deps);
}
