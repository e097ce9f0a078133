import { fewestForStop } from '../stop-condition.rule.ts';
import type { SmsCampaign2 } from '../form.rule.ts';
import type { CampaignFacts } from './campaign-facts.rule.ts';
import { buildWaihuForm2 } from './waihu-form-2.rule.ts';

/**
 * A form of the format `sms-campaign/2`: what `waihu.form/2` states, and when the campaign stops by itself, and who was left out.
 * The latter was one of the checks there.
 */
export function buildSmsCampaign2(facts: CampaignFacts): SmsCampaign2 {
  const { checks, ...stated } = buildWaihuForm2(facts);
  const { failurePercent, optOutsPerThousand, complaintsPerThousand } = facts.campaign.stopConditions;
  const reasons = facts.audience.excluded;
  const people = Object.values(reasons).reduce((sum, count) => sum + count, 0);
  return {
    ...stated,
    format: 'sms-campaign/2',
    leftOut: { candidates: facts.audience.size + people, people, reasons },
    stop: { failurePercent, optOutsPerThousand, complaintsPerThousand, fromPeople: fewestForStop },
    checks: checks.filter(({ code }) => code !== 'audience.excluded'),
  };
}
