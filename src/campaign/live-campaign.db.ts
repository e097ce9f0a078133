import { findFrozenAudience, type FrozenAudience } from '../audience/frozen.db.ts';
import { buildForm } from '../form/formats/formats.rule.ts';
import { findForm, type StoredForm } from '../form/form.db.ts';
import type { Form } from '../form/form.rule.ts';
import { findCalendar } from '../kernel/calendar.db.ts';
import type { Db } from '../kernel/sql.db.ts';
import type { Calendar } from '../kernel/working-day.rule.ts';
import { findGatewayAccount, type GatewayAccount } from '../sms/gateway-account.db.ts';
import { findTemplate, type Template } from '../sms/template/template.db.ts';
import { findCampaign, type Campaign } from './campaign.db.ts';

/** Everything that decides what would be sent if it were sent now. */
export type LiveCampaign = {
  campaign: Campaign;
  template: Template;
  account: GatewayAccount;
  audience: FrozenAudience;
  /** The one that the campaign was frozen with; null when its rows are gone. */
  calendar: Calendar | null;
};

export async function findLiveCampaign(db: Db, campaignId: string): Promise<LiveCampaign | null> {
  const campaign = await findCampaign(db, campaignId);
  const audience = campaign?.frozenAudienceId ? await findFrozenAudience(db, campaign.frozenAudienceId) : null;
  const template = campaign && (await findTemplate(db, campaign.templateId));
  const account = template && (await findGatewayAccount(db, template.gatewayAccountId));
  if (!campaign || !audience || !template || !account) return null;
  const calendar = campaign.calendarVersion === null ? null : await findCalendar(db, campaign.calendarVersion);
  return { campaign, template, account, audience, calendar };
}

/** The form of what stands in the database now, in the format that it was signed in. Equal to the signed one as long as nothing was changed. */
export const formOf = (live: LiveCampaign, format: string): Form => buildForm(format, live);

export const findCampaignForm = (db: Db, campaignId: string): Promise<StoredForm | null> =>
  findForm(db, { kind: 'campaign', id: campaignId });
