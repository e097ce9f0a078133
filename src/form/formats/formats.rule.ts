import { AppError } from '../../kernel/app-error.rule.ts';
import type { Form } from '../form.rule.ts';
import type { CampaignFacts } from './campaign-facts.rule.ts';
import { buildSmsCampaign2 } from './sms-campaign-2.rule.ts';
import { buildWaihuForm2 } from './waihu-form-2.rule.ts';

/**
 * One builder a format, kept while a form of its own lives: the form that was signed says which one makes it again. A release
 * that states more, or states it otherwise, adds a format; a builder that changes voids every live campaign of its format.
 */
const builders: { readonly [Format in Form['format']]: (facts: CampaignFacts) => Extract<Form, { format: Format }> } = {
  'waihu.form/2': buildWaihuForm2,
  'sms-campaign/2': buildSmsCampaign2,
};
export const formFormats = Object.keys(builders) as readonly Form['format'][];

/** What new forms are made in. */
export const newFormFormat: Form['format'] = 'sms-campaign/2';

/**
 * Throws AppError `form.unknown-format`: a newer release has made the form, and whoever does not know what it states must
 * neither send by it nor void it. It waits for a process that does.
 */
export function buildForm(format: string, facts: CampaignFacts): Form {
  const known = formFormats.find((each) => each === format);
  if (known === undefined)
    throw new AppError(
      'unavailable',
      'form.unknown-format',
      `This release does not know forms of the format ${format}: a newer one has made it.`,
    );
  return builders[known](facts);
}
