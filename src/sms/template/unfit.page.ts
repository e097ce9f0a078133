import type { Translate } from '../../kernel/translate.ts';
import type { VariableFault, VariableSpec } from './template.rule.ts';

/** `变量 name（姓名）没有内容`: which variable of a person does not fit, by the names people know it by, and how. */
export function unfitLine(
  t: Translate,
  { variable, code }: VariableFault,
  specs: readonly Pick<VariableSpec, 'name' | 'label'>[],
): string {
  const label = specs.find(({ name }) => name === variable)?.label ?? '';
  const which =
    label === '' || label === variable
      ? t('template.unfit.unlabelled', { name: variable })
      : t('template.unfit.which', { name: variable, label });
  // A Latin name is set off from the Chinese that follows it.
  const set = t.language === 'zh-CN' && /\w$/.test(which) ? `${which} ` : which;
  return t(`template.unfit.${code.replace(/^variable\./, '')}`, { which: set });
}
