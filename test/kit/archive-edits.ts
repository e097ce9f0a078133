import { parseArchive, reseal } from './archive.ts';

/** One change: a path of keys; without `value` the member or item is removed. */
export type Edit = { path: readonly (string | number)[]; value?: unknown };

/** `reseal`: afterwards digest and seal are made anew with the sealing key, as an insider would. `codes`: all checks that fail. */
export type BrokenCase = { name: string; reseal: boolean; edits: readonly Edit[]; codes: readonly string[] };

export function applyEdits(archive: Record<string, unknown>, edits: readonly Edit[]): Record<string, unknown> {
  const copy = structuredClone(archive);
  for (const { path, ...rest } of edits) {
    let parent: Record<string | number, unknown> = copy;
    for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
    const last = path.at(-1) as string | number;
    if ('value' in rest) parent[last] = rest.value;
    else if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else delete parent[last];
  }
  return copy;
}

export const brokenBytes = (
  valid: Uint8Array,
  { edits, reseal: sealed }: BrokenCase,
  write: (object: Record<string, unknown>) => Uint8Array,
): Uint8Array => {
  const object = applyEdits(parseArchive(valid), edits);
  return sealed ? reseal(object) : write(object);
};

export const insider = (name: string, edits: readonly Edit[], ...codes: string[]): BrokenCase => ({
  name,
  reseal: true,
  edits,
  codes,
});
