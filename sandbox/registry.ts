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

/** An empty registry. */
export function createRegistry(): Registry {
  const templates = new Map<string, CompiledTemplate>();
  const signatures = new Map<string, Signature>();
  return {
    template: (code) => templates.get(code),
    signature: (name) => signatures.get(name),
    putTemplate: (template) => void templates.set(template.code, compileTemplate(template)),
    putSignature: (signature) => void signatures.set(signature.name, signature),
    list: () => ({
      templates: [...templates.values()].map(({ code, name, content, type, state }) => ({
        code,
        name,
        content,
        type,
        state,
      })),
      signatures: [...signatures.values()],
    }),
    clear() {
      templates.clear();
      signatures.clear();
    },
  };
}
