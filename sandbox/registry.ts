import type { Signature, Template } from './scenario.ts';

/** A registered template, with its text cut at the placeholders: literals at even places, variable names at odd ones. */
export interface CompiledTemplate extends Template {
  parts: readonly string[];
  variables: readonly string[];
}

/** The templates and signatures that the platform has on file. */
export interface Registry {
  template: (code: string) => CompiledTemplate | undefined;
  signature: (name: string) => Signature | undefined;
  putTemplate: (template: Template) => void;
  putSignature: (signature: Signature) => void;
  /** Everything on file, to be saved and loaded again. */
  list: () => { templates: Template[]; signatures: Signature[] };
  clear: () => void;
}

/** Cuts `${variable}` placeholders out of a template's text. */
function compileTemplate(template: Template): CompiledTemplate {
  const parts = template.content.split(/\$\{([^}]+)\}/);
  return { ...template, parts, variables: [...new Set(parts.filter((_, index) => index % 2 === 1))] };
}

/** The text a handset shows, without the signature; absent variables stay empty. */
export function renderTemplate(parts: readonly string[], values: Readonly<Record<string, string>>): string {
  let text = '';
  for (const [index, part] of parts.entries()) text += index % 2 === 0 ? part : (values[part] ?? '');
  return text;
}

/** Billed segments of signature (with its brackets) and text: up to 70 characters one, above that 67 each. */
export function segmentsOf(signName: string, text: string): number {
  const length = signName.length + 2 + text.length;
  return length <= 70 ? 1 : Math.ceil(length / 67);
}

/** The same entry once its reviewers have decided. */
function decided<Entry extends Template | Signature>(entry: Entry, at: number): Entry {
  const { verdict, decidedAt } = entry;
  return verdict === undefined || decidedAt === undefined || at < decidedAt ? entry : { ...entry, state: verdict };
}

/** An empty registry. `now` tells when the verdict on an application is there. */
export function createRegistry(now: () => number): Registry {
  const templates = new Map<string, CompiledTemplate>();
  const signatures = new Map<string, Signature>();
  const look = <Entry extends Template | Signature>(entries: Map<string, Entry>, key: string): Entry | undefined => {
    const entry = entries.get(key);
    // Sends ask for every call: only what waits for its reviewers costs a second look.
    if (entry?.verdict === undefined || entry.state === entry.verdict) return entry;
    const current = decided(entry, now());
    entries.set(key, current);
    return current;
  };
  return {
    template: (code) => look(templates, code),
    signature: (name) => look(signatures, name),
    putTemplate: (template) => void templates.set(template.code, compileTemplate(template)),
    putSignature: (signature) => void signatures.set(signature.name, signature),
    list: () => ({
      templates: [...templates.keys()].flatMap((code) => {
        const found = look(templates, code);
        if (!found) return [];
        const { parts: _parts, variables: _variables, ...template } = found;
        return [template];
      }),
      signatures: [...signatures.keys()].flatMap((name) => look(signatures, name) ?? []),
    }),
    clear() {
      templates.clear();
      signatures.clear();
    },
  };
}
