import { maskPhone } from '../../kernel/phone-mask.rule.ts';
import { countSegments } from '../segment.rule.ts';
import { variablesFor, type VariableSource } from '../variable-source.rule.ts';
import type { Candidate } from '../../audience/audience.db.ts';
import { findVariableFaults, renderTemplate, variablesSchema, type VariableSpec } from './template.rule.ts';

/** What one person would get. `text` is null while a variable does not fit; `faults` says which. */
export type Rendering = {
  phone: string;
  text: string | null;
  segments: number;
  length: number;
  faults: { variable: string; code: string }[];
};
export type RenderedText = { source: string; signName: string; variables: readonly VariableSpec[] };

export function renderPeople(
  text: RenderedText,
  people: readonly Candidate[],
  sources: Readonly<Record<string, VariableSource>>,
): Rendering[] {
  const schema = variablesSchema(text.variables);
  const render = renderTemplate(text.source);
  return people.map((person) => {
    const variables = variablesFor(sources, person);
    const faults = findVariableFaults(schema, variables);
    const phone = maskPhone(person.phone);
    if (faults.length > 0) return { phone, text: null, segments: 0, length: 0, faults };
    const body = render(variables);
    const { segments, length } = countSegments({ signName: text.signName, text: body });
    return { phone, text: `【${text.signName}】${body}`, segments, length, faults };
  });
}

/** The shortest, a usual and the longest; each person once. */
export function chooseThree<Row extends { text: string | null }>(renderings: readonly Row[]): Row[] {
  const good = renderings
    .filter(({ text }) => text !== null)
    .toSorted((a, b) => (a.text?.length ?? 0) - (b.text?.length ?? 0));
  const chosen = [good[0], good[Math.floor((good.length - 1) / 2)], good.at(-1)].filter((each) => each !== undefined);
  return [...new Set(chosen)];
}
