import type { Translate } from '../kernel/translate.ts';
import type { PaperFace, Step } from './paper-face.page.ts';
import { changesOf } from './sign-off-difference.page.ts';
import type { SignOffView } from './sign-off.command.ts';

// Said in the paper's head, or different with every form.
const inHead: ReadonlySet<string> = new Set(['format', 'number', 'name', 'unit', 'applicant', 'signBy']);

/** `text.source` and what stands there, one by one. */
function fieldsOf(value: unknown, path: string): { path: string; value: string }[] {
  if (typeof value !== 'object' || value === null)
    return [{ path, value: typeof value === 'string' ? value : JSON.stringify(value) }];
  return Object.entries(value).flatMap(([key, below]) => fieldsOf(below, path === '' ? key : `${path}.${key}`));
}

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
  body: (_, { form }) =>
    Promise.resolve({
      fields: Object.entries(form)
        .filter(([key]) => !inHead.has(key))
        .flatMap(([key, value]) => fieldsOf(value, key)),
    }),
  differences: (earlier, later, t) => changesOf([], earlier, later, t, (path) => ['number', 'format'].includes(path)),
  last: lastStep,
  over: (_, { stand }, t) => Promise.resolve(overOf(stand.state, t)),
  commandLine: false,
};

function lastStep({ stand, signatures }: SignOffView): Step {
  const bySigners = signatures.length === 2;
  const state = stand.formState === 'signed' ? 'done' : bySigners ? 'stopped' : 'ahead';
  return { id: 'in-force', state, who: '', at: state === 'done' ? (signatures.at(-1)?.signedAt ?? null) : null };
}

/** What is true of a form alone, whatever it is about. */
function overOf(state: string, t: Translate): string {
  if (state === 'signed') return t('sign-off.plain.over-signed');
  if (state === 'voided') return t('sign-off.plain.over-voided');
  return t(`sign-off.over.${state}`);
}
