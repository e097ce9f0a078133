import type { PaperFace, Step } from './paper-face.page.ts';
import { plainFields } from './plain-field.rule.ts';
import { changesOf } from './sign-off-difference.page.ts';
import type { SignOffView } from './sign-off.command.ts';

/** Every field of a signed text under its own name: nothing of it is left unsaid, whoever made the format. */
export const plainFace: PaperFace = {
  formats: [],
  view: 'sign-off/plain',
  print: 'plain',
  title: (t) => t('sign-off.plain.title'),
  link: (t) => ({ label: t('sign-off.plain.subject'), see: t('sign-off.plain.subject'), icon: 'file-text' }),
  facts: (form, t) => {
    const facts = [{ label: t('sign-off.plain.name'), value: form.name, small: null }];
    return { desk: facts, phone: facts };
  },
  row: () => ({ people: null, ceilingFen: null, startsAt: null }),
  body: (_, { form }) => Promise.resolve({ fields: plainFields(form) }),
  differences: (earlier, later, t) => changesOf([], earlier, later, t, (path) => ['number', 'format'].includes(path)),
  last: lastStep,
  over: (_, { stand }, t) => Promise.resolve(t(`sign-off.plain.over-${stand.state}`)),
};

function lastStep({ stand, signatures }: SignOffView): Step {
  const bySigners = signatures.length === 2;
  const state = stand.formState === 'signed' ? 'done' : bySigners ? 'stopped' : 'ahead';
  return { id: 'in-force', state, who: '', at: state === 'done' ? (signatures.at(-1)?.signedAt ?? null) : null };
}
