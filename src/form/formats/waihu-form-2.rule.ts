import { purposeOfKind, purposeOfText } from '../../kernel/reach.rule.ts';
import type { WaihuForm2 } from '../form.rule.ts';
import { digestOf, sha256Hex } from '../../kernel/digest.rule.ts';
import type { CampaignFacts } from './campaign-facts.rule.ts';

/**
 * Where the account's key comes from. Of a file the form names a digest of its path: signers see that it was changed, and
 * nobody who reads a form learns where the server keeps its secrets.
 */
const credentialsOf = ({ settings }: CampaignFacts['account']): string =>
  settings.credentialsFile === undefined ? 'default-chain' : `file:${sha256Hex(settings.credentialsFile).slice(0, 16)}`;

/** Where messages of this account go and as whom, as the form says it. */
export const formGateway = ({
  campaign,
  account,
}: {
  campaign: Pick<CampaignFacts['campaign'], 'requests'>;
  account: CampaignFacts['account'];
}): WaihuForm2['gateway'] => ({
  account: account.name,
  accountId: account.id,
  provider: account.provider,
  endpoint: account.settings.endpoint,
  protocol: account.settings.protocol,
  credentials: credentialsOf(account),
  requests: campaign.requests,
});

/** A form of the format `waihu.form/2`. What it says, and how, is fixed as long as one such form lives (docs/vectors/form-*.json). */
export function buildWaihuForm2({ campaign, template, account, audience, calendar }: CampaignFacts): WaihuForm2 {
  const contactPurpose = purposeOfText({ kind: template.kind, contactPurpose: campaign.contactPurpose });
  return {
    format: 'waihu.form/2',
    number: campaign.number,
    name: campaign.name,
    unit: campaign.formUnit ?? campaign.unit,
    purpose: campaign.purpose,
    applicant: { id: campaign.applicantId, name: campaign.applicantName },
    kind: template.kind,
    channel: 'sms',
    topic: campaign.topic,
    // Stated where it is not the kind's own: forms that were signed before it could be chosen stay as they are, and a change is a change of the form.
    ...(contactPurpose !== purposeOfKind(template.kind) && { contactPurpose }),
    text: {
      templateId: template.id,
      templateName: template.name,
      templateVersion: template.version,
      source: template.source,
      variables: template.variables.map(({ name, type, maxLength, label }) => ({ name, type, maxLength, label })),
      signName: template.signName,
      gatewayTemplateCode: template.gatewayCode,
    },
    gateway: formGateway({ campaign, account }),
    audience: {
      id: audience.id,
      name: audience.name,
      size: audience.size,
      batchSize: audience.batchSize,
      merkleRoot: audience.merkleRoot,
    },
    window: {
      startsAt: campaign.startsAt.toISOString(),
      endsAt: campaign.endsAt.toISOString(),
      dailyFrom: campaign.dailyFrom,
      dailyTo: campaign.dailyTo,
      days: campaign.days,
      timeZone: 'Asia/Shanghai',
    },
    ratePerSecond: campaign.ratePerSecond,
    cost: {
      pricePerSegmentMilliYuan: account.priceMilliYuan,
      segments: campaign.segments ?? 0,
      estimateFen: campaign.estimateFen ?? 0,
      ceilingFen: campaign.costCeilingFen,
    },
    checks: campaign.checks ?? [],
    calendarVersion: campaign.calendarVersion ?? '',
    calendarDigest: calendar ? digestOf(calendar) : '',
    signBy: campaign.signBy.toISOString(),
  };
}
