import { AppError } from '../../kernel/app-error.rule.ts';
import type { ContactPurpose } from '../../kernel/reach.rule.ts';
import type { SignedText } from '../../form/form.rule.ts';
import type { ScriptContent } from './content.rule.ts';

/** What two people sign of a script: every word that is said, what is asked, and what may be written down. */
export type Script1 = SignedText & ScriptContent & { format: 'script/1'; version: number; purpose: ContactPurpose };

export type ScriptFacts = {
  number: string;
  version: number;
  name: string;
  unit: string;
  /** As it was called when the form was made; null while it is called so still. */
  formUnit: string | null;
  purpose: ContactPurpose;
  applicantId: string;
  applicantName: string;
  signBy: Date;
  content: ScriptContent;
};

/** What new forms of scripts are made in. */
export const scriptFormat = 'script/1';

/** A form of the format `script/1`. What it says, and how, is fixed as long as one such form lives (docs/vectors/form-script-1.json). */
export function buildScript1({ content, ...facts }: ScriptFacts): Script1 {
  return {
    format: 'script/1',
    number: facts.number,
    version: facts.version,
    name: facts.name,
    unit: facts.formUnit ?? facts.unit,
    purpose: facts.purpose,
    applicant: { id: facts.applicantId, name: facts.applicantName },
    opening: content.opening,
    reason: content.reason,
    branches: content.branches.map(({ key, label, text, next, result }) => ({ key, label, text, next, result })),
    closing: content.closing,
    verification: [...content.verification],
    results: [...content.results],
    signBy: facts.signBy.toISOString(),
  };
}

/** By the format that was signed; throws `form.unknown-format` for one of a newer release. */
export function buildScript(format: string, facts: ScriptFacts): Script1 {
  if (format === scriptFormat) return buildScript1(facts);
  throw new AppError(
    'unavailable',
    'form.unknown-format',
    `This release does not know forms of the format ${format}: a newer one has made it.`,
  );
}
