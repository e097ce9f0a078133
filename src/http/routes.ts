import type { Api, RouteDeps } from './api.ts';
import { audienceRoutes } from './api/audience.ts';
import { auditRoutes } from './api/audit.ts';
import { calendarRoutes } from './api/calendar.ts';
import { campaignRecordRoutes } from './api/campaign-record.ts';
import { campaignRoutes } from './api/campaign.ts';
import { contactPolicyRoutes } from './api/contact-policy.ts';
import { credentialRoutes } from './api/credential.ts';
import { customerRoutes } from './api/customer.ts';
import { gatewayAccountRoutes } from './api/gateway-account.ts';
import { importRoutes } from './api/import.ts';
import { keyRoutes } from './api/key.ts';
import { meRoutes } from './api/me.ts';
import { sessionRoutes } from './api/session.ts';
import { noticeChannelRoutes } from './api/notice-channel.ts';
import { pushRoutes } from './api/push.ts';
import { replyRoutes } from './api/reply.ts';
import { staffRoutes } from './api/staff.ts';
import { suppressionRoutes } from './api/suppression.ts';
import { templateRoutes } from './api/template.ts';
import { topicRoutes } from './api/topic.ts';
import { describeRefusals } from './route-schema.ts';
import { guardParameters } from './text-gate.ts';

const nouns: ((app: Api, deps: RouteDeps) => Promise<void> | void)[] = [
  meRoutes,
  sessionRoutes,
  staffRoutes,
  keyRoutes,
  credentialRoutes,
  customerRoutes,
  importRoutes,
  audienceRoutes,
  suppressionRoutes,
  replyRoutes,
  pushRoutes,
  topicRoutes,
  templateRoutes,
  gatewayAccountRoutes,
  campaignRoutes,
  campaignRecordRoutes,
  calendarRoutes,
  contactPolicyRoutes,
  noticeChannelRoutes,
  auditRoutes,
];

/** Every noun of the API; one file each. */
export async function apiRoutes(app: Api, deps: RouteDeps): Promise<void> {
  guardParameters(app);
  describeRefusals(app);
  for (const add of nouns) await add(app, deps);
}
