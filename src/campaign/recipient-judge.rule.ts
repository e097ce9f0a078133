import { refusalOnList } from '../audience/candidate.rule.ts';
import type { ContactAsk, ContactFacts } from '../contact/contact.rule.ts';
import { countSegments } from '../sms/segment.rule.ts';
import { checkRenderedText } from '../sms/sms-text.rule.ts';
import { variablesFor, type PersonalData, type VariableSource } from '../sms/variable-source.rule.ts';
import { createWordFilter } from '../sms/forbidden-words.rule.ts';
import { allowedWords, forbiddenWordsFor } from '../sms/forbidden-words-zh.rule.ts';
import {
  findVariableFaults,
  renderTemplate,
  variablesSchema,
  type VariableSpec,
} from '../sms/template/template.rule.ts';

/** Left out with the reason, or what the person gets: `text` without the signature name. */
export type Judged =
  | { reason: string }
  | { reason: null; variables: Record<string, string>; text: string; segments: number };

/**
 * Whether a candidate gets a message, and which. The draft's count and the freeze ask the same judge, so that nobody signs
 * other people than were counted. Throws AppError `template.unreadable`.
 */
export function createRecipientJudge({
  template,
  variableSources,
  ask,
  now,
}: {
  template: { kind: 'marketing' | 'notice'; source: string; signName: string; variables: readonly VariableSpec[] };
  variableSources: Readonly<Record<string, VariableSource>>;
  ask: ContactAsk;
  now: Date;
}): (person: PersonalData & { twice: boolean }, facts: ContactFacts) => Judged {
  const schema = variablesSchema(template.variables);
  const render = renderTemplate(template.source);
  const words = createWordFilter(forbiddenWordsFor(template.kind), allowedWords);
  return (person, facts) => {
    const refusal = refusalOnList(person, facts, ask, now);
    if (refusal !== null) return { reason: refusal };
    const variables = variablesFor(variableSources, person);
    const [fault] = findVariableFaults(schema, variables);
    if (fault) return { reason: fault.code };
    const text = render(variables);
    // The whole text as this person gets it: a word can also come about where a variable meets the words around it.
    if (words.find(text).some(({ severity }) => severity === 'error')) return { reason: 'variable.forbidden-word' };
    // And its rules: a variable can bring a second opt-out, or one half of a mobile number.
    const { kind, signName } = template;
    const broken = checkRenderedText({ kind, signName, text }).find(({ severity }) => severity === 'error');
    if (broken) return { reason: broken.code };
    return { reason: null, variables, text, segments: countSegments({ signName, text }).segments };
  };
}
