import { changedFields, type SignedText } from './form.rule.ts';
import { diffText, type DiffPart } from '../kernel/text-diff.rule.ts';
import type { Translate } from '../kernel/translate.ts';

export type DifferenceLine = { field: string; parts: DiffPart[] };

/** Which words say what stands below those paths of a form. Every path belongs to one line; what is listed nowhere is `other`. */
export type DifferenceRule<Text extends SignedText> = {
  field: string;
  paths: readonly string[];
  say: (form: Text, t: Translate) => string;
  /** Letters are compared one by one, other values as wholes. */
  letters?: boolean;
};

export const below = (path: string, parents: readonly string[]): boolean =>
  parents.some((parent) => path === parent || path.startsWith(`${parent}.`));

/** What differs between the returned form and this one, in words; `untold` differs with every form, or is told otherwise. */
export function changesOf<Text extends SignedText>(
  lines: readonly DifferenceRule<Text>[],
  earlier: Text,
  later: Text,
  t: Translate,
  untold: (path: string) => boolean,
): DifferenceLine[] {
  const changed = changedFields(earlier, later).filter((path) => !untold(path));
  const told = lines.flatMap(({ field, paths, say, letters }): DifferenceLine[] => {
    if (!changed.some((path) => below(path, paths))) return [];
    const [before, after] = [say(earlier, t), say(later, t)];
    // The words may be the same where an id or a second differs: then the values themselves are told.
    if (before === after) {
      const at = changed.filter((path) => below(path, paths));
      return [
        {
          field,
          parts: [
            { kind: 'gone', text: valuesAt(earlier, at) },
            { kind: 'new', text: valuesAt(later, at) },
          ],
        },
      ];
    }
    const whole: DiffPart[] = [
      { kind: 'gone', text: before },
      { kind: 'new', text: after },
    ];
    return [{ field, parts: letters ? diffText(before, after) : whole }];
  });
  const other = changed.filter((path) => !lines.some(({ paths }) => below(path, paths)));
  if (other.length === 0) return told;
  return [
    ...told,
    {
      field: 'other',
      parts: [
        { kind: 'gone', text: valuesAt(earlier, other) },
        { kind: 'new', text: valuesAt(later, other) },
      ],
    },
  ];
}

/** `text.templateId: 0198…, …`: what stands at those paths. */
const valuesAt = (form: SignedText, paths: readonly string[]): string =>
  paths
    .map((path) => {
      const value = path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], form);
      return `${path}: ${typeof value === 'string' ? value : JSON.stringify(value)}`;
    })
    .join(', ');
