import { z } from 'zod';
import { contactPurposes } from '../../kernel/reach.rule.ts';
import type { DraftBody, DraftStep } from './draft.rule.ts';
import type { VariableSource } from '../../sms/variable-source.rule.ts';
import type { Draft } from './draft.db.ts';
import type { Template } from '../../sms/template/template.db.ts';

/** A step's form as a browser posts it; what is no text is left out. */
export const StepForm = z
  .record(z.string().max(80), z.unknown())
  .transform((fields) =>
    Object.fromEntries(
      Object.entries(fields).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= 1_000,
      ),
    ),
  );
export type StepForm = z.infer<typeof StepForm>;

export const sourceKinds = ['name', 'tier', 'row', 'attribute', 'constant'] as const;

/** What the form changes. Fields that it does not carry stay as they are. */
export function readStep(
  step: DraftStep,
  form: StepForm,
  variables: Template['variables'],
  known: DraftBody['variableSources'] = {},
): { name?: string; body: Partial<DraftBody> } {
  switch (step) {
    case 'audience':
      return {
        ...(form['name'] !== undefined && { name: form['name'] }),
        body: {
          ...(form['purpose'] !== undefined && { purpose: form['purpose'] }),
          ...(form['audienceId'] !== undefined && { audienceId: idOf(form['audienceId']) }),
        },
      };
    case 'text':
      return {
        body: {
          ...(form['templateId'] !== undefined && { templateId: idOf(form['templateId']) }),
          ...(form['topic'] !== undefined && { topic: form['topic'] === '' ? null : form['topic'] }),
          ...(form['contactPurpose'] !== undefined && {
            contactPurpose: contactPurposes.find((each) => each === form['contactPurpose']) ?? null,
          }),
          variableSources: Object.fromEntries(
            variables.flatMap(({ name }) => {
              const from = form[`from.${name}`];
              const source = from === undefined ? known[name] : sourceOf(from, form[`key.${name}`] ?? '');
              return source ? [[name, source] as const] : [];
            }),
          ),
        },
      };
    case 'window':
      return {
        body: {
          ...texts(form, [
            'startsAt',
            'endsAt',
            'dailyFrom',
            'dailyTo',
            'ratePerSecond',
            'costCeiling',
            'stopFailures',
            'stopOptOuts',
            'stopComplaints',
            'signBy',
          ]),
          ...(form['days'] !== undefined && {
            days: form['days'] === 'working-days' ? ('working-days' as const) : ('every-day' as const),
          }),
          ...(form['requests'] !== undefined && {
            requests: form['requests'] === 'batched' ? ('batched' as const) : ('single' as const),
          }),
        },
      };
    default:
      return { body: {} };
  }
}

const idOf = (value: string): string | null => (z.uuid().safeParse(value).success ? value : null);

const texts = <Field extends string>(form: StepForm, fields: readonly Field[]): Partial<Record<Field, string>> =>
  Object.fromEntries(
    fields.flatMap((field) => (form[field] === undefined ? [] : [[field, form[field].slice(0, 40)]])),
  ) as Partial<Record<Field, string>>;

function sourceOf(from: string | undefined, key: string): VariableSource | null {
  switch (from) {
    case 'name':
    case 'tier':
      return { from };
    case 'attribute':
    case 'row':
      return key.trim() === '' ? null : { from, key: key.trim() };
    case 'constant':
      return key === '' ? null : { from, value: key };
    default:
      return null;
  }
}

/** A first guess for variables that nobody gave a source: a column of the file or an attribute of that name, or the name. */
export function guessSources(
  variables: Template['variables'],
  known: Draft['body']['variableSources'],
  person: { rowVariables: object; attributes: object } | null,
): Record<string, VariableSource> {
  return Object.fromEntries(
    variables.flatMap(({ name, label, type }): [string, VariableSource][] => {
      const given = known[name];
      if (given) return [[name, given]];
      const row = [name, label].find((key) => Object.hasOwn(person?.rowVariables ?? {}, key));
      if (row !== undefined) return [[name, { from: 'row', key: row }]];
      const attribute = [name, label].find((key) => Object.hasOwn(person?.attributes ?? {}, key));
      if (attribute !== undefined) return [[name, { from: 'attribute', key: attribute }]];
      return type === 'name' ? [[name, { from: 'name' }]] : [];
    }),
  );
}
