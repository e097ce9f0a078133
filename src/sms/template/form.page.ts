import { z } from 'zod';
import type { VariableSource } from '../variable-source.rule.ts';
import type { TemplateLine } from './list.db.ts';
import { parseTemplate, type VariableSpec, type VariableType } from './template.rule.ts';
import { several } from '../../audience/form.page.ts';

export const variableTypes = ['text', 'name', 'number', 'money', 'date', 'time'] as const satisfies VariableType[];
const field = (max: number) => z.string().max(max).default('');

/** The editor as it was typed. A browser sends line ends as CR LF, which no carrier counts as one unit. */
export const TemplateForm = z.object({
  name: field(200),
  kind: z.enum(['marketing', 'notice']).default('notice'),
  signName: field(60).transform((name) => name.trim()),
  gatewayAccountId: field(60),
  gatewayCode: field(100).transform((code) => code.trim()),
  source: field(4_000).transform((source) => source.replaceAll(/\r\n?/g, '\n')),
  variableName: several(40),
  variableLabel: several(40),
  variableType: several(40),
  variableLength: several(40),
  variableExample: several(40),
  variableFrom: several(40),
  audienceId: field(60),
  seed: z.coerce.number().int().min(0).max(1_000_000).catch(1),
});
export type TemplateForm = z.infer<typeof TemplateForm>;

export type VariableRow = VariableSpec & {
  /** Where the preview takes it from: `name`, `tier`, `attribute:<key>`, `row:<key>` or `example`. */
  from: string;
};

/** The rows as typed, and one more for each variable of the text that has none. */
export function variableRows(form: TemplateForm): VariableRow[] {
  const typed = form.variableName
    .map((raw, index): VariableRow => {
      const name = raw.trim();
      const length = Number(form.variableLength[index]);
      return {
        name,
        label: (form.variableLabel[index] ?? '').trim(),
        type: variableTypes.find((type) => type === form.variableType[index]) ?? 'text',
        maxLength: Number.isInteger(length) && length >= 1 && length <= 35 ? length : 20,
        example: (form.variableExample[index] ?? '').trim(),
        from: form.variableFrom[index] ?? '',
      };
    })
    .filter(({ name, label, example }) => name !== '' || label !== '' || example !== '');
  const parsed = parseTemplate(form.source);
  const missing = parsed.ok ? parsed.variables.filter((name) => !typed.some((row) => row.name === name)) : [];
  return [
    ...typed,
    ...missing.map((name): VariableRow => ({ name, label: '', type: 'text', maxLength: 20, example: '', from: '' })),
  ];
}

/** The text as commands want it: rows that only wait to be filled in are declared all the same. */
export const textOf = (form: TemplateForm, rows: readonly VariableRow[]) => ({
  kind: form.kind,
  source: form.source,
  signName: form.signName,
  variables: rows.map(({ from: _from, ...spec }) => spec),
});

/** Where the preview takes each variable from; what nobody chose goes by its own name, else by its example. */
export function sourcesOf(rows: readonly VariableRow[], attributes: readonly string[]): Record<string, VariableSource> {
  return Object.fromEntries(rows.map((row) => [row.name, sourceOf(row, attributes)]));
}

export function sourceOf(row: VariableRow, attributes: readonly string[]): VariableSource {
  const chosen = row.from === '' ? guessFrom(row, attributes) : row.from;
  if (chosen === 'name' || chosen === 'tier') return { from: chosen };
  if (chosen.startsWith('attribute:')) return { from: 'attribute', key: chosen.slice('attribute:'.length) };
  if (chosen === 'row') return { from: 'row', key: row.name };
  return { from: 'constant', value: row.example };
}

export function guessFrom({ name, label, type }: VariableRow, attributes: readonly string[]): string {
  const attribute = attributes.find((each) => each === name || each === label);
  if (attribute !== undefined) return `attribute:${attribute}`;
  if (type === 'name' || name === 'name') return 'name';
  return name === 'tier' ? 'tier' : 'example';
}

/** The editor filled with a version, to make the next one of it. */
export const formOf = (template: TemplateLine): TemplateForm =>
  TemplateForm.parse({
    name: template.name,
    kind: template.kind,
    signName: template.signName,
    gatewayAccountId: template.gatewayAccountId,
    gatewayCode: template.gatewayCode,
    source: template.source,
    variableName: template.variables.map(({ name }) => name),
    variableLabel: template.variables.map(({ label }) => label),
    variableType: template.variables.map(({ type }) => type),
    variableLength: template.variables.map(({ maxLength }) => String(maxLength)),
    variableExample: template.variables.map(({ example }) => example),
    variableFrom: template.variables.map(() => ''),
  });
