import type { SignedText } from './form.rule.ts';

// Said in the paper's head, or different with every form.
const inHead: ReadonlySet<string> = new Set(['format', 'number', 'name', 'unit', 'applicant', 'signBy']);

/** `text.source` and what stands there, one by one. */
function fieldsUnder(value: unknown, path: string): { path: string; value: string }[] {
  if (typeof value !== 'object' || value === null)
    return [{ path, value: typeof value === 'string' ? value : JSON.stringify(value) }];
  return Object.entries(value).flatMap(([key, below]) => fieldsUnder(below, path === '' ? key : `${path}.${key}`));
}

/** All that a signed text states besides its head, under the names that it has there. */
export const plainFields = (form: SignedText): { path: string; value: string }[] =>
  Object.entries(form)
    .filter(([key]) => !inHead.has(key))
    .flatMap(([key, value]) => fieldsUnder(value, key));
