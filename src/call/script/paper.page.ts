import type { Translate } from '../../kernel/translate.ts';
import type { SignedText } from '../../form/form.rule.ts';
import type { PaperFace } from '../../form/paper-face.page.ts';
import { plainFace } from '../../form/plain-paper.page.ts';
import { changesOf, type DifferenceRule } from '../../form/sign-off-difference.page.ts';
import type { ScriptContent } from './content.rule.ts';
import { scriptFormat, type Script1 } from './script-1.rule.ts';

const scriptOf = (text: SignedText): Script1 => text as Script1;

/** What follows a branch, in words. */
const afterBranch = ({ next, result }: ScriptContent['branches'][number], t: Translate): string =>
  [
    next === null ? t('script.then-closing') : t('script.then-branch', { key: next }),
    ...(result === null ? [] : [t('script.then-result', { result: t(`script.result.${result}`) })]),
  ].join(t('script.list-comma'));

/** A script line by line, as an agent goes through it. */
export const linesOf = (content: ScriptContent, t: Translate) => [
  { label: t('script.opening'), text: content.opening, after: '' },
  { label: t('script.reason'), text: content.reason, after: '' },
  ...content.branches.map((branch) => ({
    label: t('script.branch-label', { key: branch.key, label: branch.label }),
    text: branch.text,
    after: afterBranch(branch, t),
  })),
  { label: t('script.closing'), text: content.closing, after: '' },
];

export const verificationOf = ({ verification }: Pick<ScriptContent, 'verification'>, t: Translate): string =>
  verification.length === 0
    ? t('script.verification-none')
    : verification.map((item) => t(`script.item.${item}`)).join(t('script.list-comma'));

export const resultsOf = ({ results }: Pick<ScriptContent, 'results'>, t: Translate): string =>
  results.map((result) => t(`script.result.${result}`)).join(t('script.list-comma'));

const rules: readonly DifferenceRule<Script1>[] = [
  { field: 'script-opening', paths: ['opening'], say: ({ opening }) => opening, letters: true },
  { field: 'script-reason', paths: ['reason'], say: ({ reason }) => reason, letters: true },
  {
    field: 'script-branches',
    paths: ['branches'],
    say: ({ branches }, t) =>
      branches.map((each) => `${each.key} ${each.label}: ${each.text} (${afterBranch(each, t)})`).join('\n'),
    letters: true,
  },
  { field: 'script-closing', paths: ['closing'], say: ({ closing }) => closing, letters: true },
  { field: 'script-verification', paths: ['verification'], say: verificationOf },
  { field: 'script-results', paths: ['results'], say: resultsOf },
];

/** How the form of a call script is shown: word for word, in the order of the call. */
export const scriptPaper: PaperFace = {
  ...plainFace,
  formats: [scriptFormat],
  view: 'script/paper',
  print: 'script',
  title: (t) => t('script.paper-title'),
  link: (t) => ({ label: t('script.one'), see: t('script.see'), icon: 'message-2' }),
  facts: (text, t) => {
    const { version, purpose } = scriptOf(text);
    const facts = [
      { label: t('script.version'), value: t('script.version-number', { version }), small: null },
      { label: t('script.purpose'), value: t(`contact.purpose-${purpose}`), small: null },
    ];
    return { desk: facts, phone: facts };
  },
  body: (_, { form }, t) => {
    const script = scriptOf(form);
    return Promise.resolve({
      version: t('script.version-number', { version: script.version }),
      purpose: t(`contact.purpose-${script.purpose}`),
      lines: linesOf(script, t),
      verification: verificationOf(script, t),
      results: resultsOf(script, t),
    });
  },
  differences: (earlier, later, t) =>
    changesOf(rules, scriptOf(earlier), scriptOf(later), t, (path) => ['number', 'version', 'signBy'].includes(path)),
};
