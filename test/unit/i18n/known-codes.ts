import { rowReasons } from '../../../src/kernel/file/fault.rule.ts';
import { codeFiles, sourceFiles } from './files.ts';
import { actionTexts, callsOf, dottedLiterals, templateLiterals, writtenCode, type SourceFile } from './scan.ts';

/** Codes with a hole in them, as written, and what they may become. Whoever writes another lists it here. */
const templates: Readonly<Record<string, readonly string[]>> = {
  'phone.${read.reason}': Object.keys(rowReasons)
    .filter((reason) => reason.startsWith('phone-'))
    .map((reason) => reason.replace('phone-', 'phone.')),
  'staff.own-${what}': ['staff.own-roles', 'staff.own-access'],
  'sms-request.${what}': ['sms-request.no-recipients', 'sms-request.too-many-recipients', 'sms-request.out-id'],
  "campaign.${to === 'expired' ? 'expire-pending' : 'cancel-pending'}": [
    'campaign.expire-pending',
    'campaign.cancel-pending',
  ],
  // Acts on the form of a subject that stands as its form stands.
  '${kind}.sign': ['script.sign'],
  '${kind}.sign-refused': ['script.sign-refused'],
  '${kind}.reject': ['script.reject'],
  '${kind}.withdraw': ['script.withdraw'],
  '${kind}.nudge': ['script.nudge'],
  '${kind}.expire': ['script.expire'],
  '${kind}.void': ['script.void'],
  '${kind}.process-restart': ['script.process-restart'],
  '${about.kind}.form': ['script.form'],
};
// Not thrown: findVariableFaults pushes them as `variable.not-${type}`.
const variableTypes = ['name', 'number', 'money', 'date', 'time'].map((type) => `variable.not-${type}`);

/** Where a code is handed to something that makes an AppError or a refusal of it: the function and which argument. */
const makers: readonly (readonly [name: string, argument: number])[] = [
  ['AppError', 1],
  ['refused', 0],
  ['no', 0],
  ['notSignedIn', 0],
  ['fileFault', 0],
];

/** Where the sentence of a code may stand: with all others, or with the faults of its own page (`draft.no-name` in `draft.fault.no-name`). */
export const sentencesOf = (code: string): string[] => [`error.${code}`, code.replace('.', '.fault.')];

type Made = { code: string; path: string };

/** Every code that is thrown, refused with or kept as a reason, with the file. */
export function codesMade(files: readonly SourceFile[]): Made[] {
  return files.flatMap(({ path, text }) => {
    const written = makers.flatMap(([name, index]) =>
      callsOf(name, text).flatMap((given) => {
        const code = writtenCode(given[index]);
        if (code === null || !/^[a-z][a-z0-9-]*\./.test('literal' in code ? code.literal : code.template)) return [];
        return 'literal' in code ? [code.literal] : (templates[code.template] ?? [`\`${code.template}\``]);
      }),
    );
    const kept = Array.from(text.matchAll(/\bcode: '([a-z][\w-]*\.[\w.-]+)'(?!,\s*passed: true)/g), (m) => m[1] ?? '');
    return [...written, ...kept]
      .filter((code) => code.startsWith('`') || !foreign(code))
      .map((code) => ({ code, path }));
  });
}

/** Actions that are put on record, with the file. */
export const actionsRecorded = (files: readonly SourceFile[]): Made[] =>
  files.flatMap(({ path, text }) =>
    [...actionTexts(text), ...callsOf('audit', text).map(([action]) => action ?? '')]
      .flatMap(actionsIn)
      .map((code) => ({ code, path })),
  );

const actionsIn = (written: string): string[] =>
  dottedLiterals(written.replaceAll(/`[^`]*`/g, '')).concat(
    templateLiterals(written)
      .filter((body) => /^[a-z][a-z0-9-]*\./.test(body))
      .flatMap((body) => templates[body] ?? [`\`${body}\``]),
  );

/** Codes of the checks that a form vouches for. */
export const checksMade = (files: readonly SourceFile[]): string[] =>
  files.flatMap(({ text }) => Array.from(text.matchAll(/code: '([\w.-]+)',\s*passed: true/g), (m) => m[1] ?? ''));

export const objectKinds = (files: readonly SourceFile[]): string[] =>
  files.flatMap(({ text }) => Array.from(text.matchAll(/objectKind: '([\w-]+)'/g), (m) => m[1] ?? ''));

/** Every dotted word in the code that is not a file, a host or another's code: each must be known as one thing or another. */
export const codesWritten = (): Made[] =>
  codeFiles().flatMap(({ path, text }) =>
    dottedLiterals(text)
      .filter((code) => !foreign(code))
      .map((code) => ({ code, path })),
  );

/** Everything that may stand behind a catalogue entry of a code, so that an entry whose code is gone is found. */
export function codesAlive(): Set<string> {
  const files = sourceFiles();
  return new Set([
    ...files.flatMap(({ text }) => dottedLiterals(text)),
    ...files.flatMap(({ text }) => templateLiterals(text)).flatMap((body) => templates[body] ?? []),
    'internal',
    ...variableTypes,
  ]);
}

/** Templates of the list above that nobody writes any more. */
export const forgottenTemplates = (): string[] => {
  const written = new Set(sourceFiles().flatMap(({ text }) => templateLiterals(text)));
  return Object.keys(templates).filter((body) => !written.has(body));
};

// Files, hosts, versions; codes of the gateway and of our client of it, which src/sms explains in both languages.
function foreign(code: string): boolean {
  return (
    !/^[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+$/.test(code) ||
    /\.(?:ts|js|mjs|css|json|jsonl|pem|hbs|html|sql|csv|pdf|png|svg|woff2|com|cn)$/.test(code) ||
    /^(?:client|worker|waihu)\./.test(code)
  );
}

/** What goes with each use of the code, as written: an AppError's details, else what follows it up to the next brace. */
export function detailsOf(code: string, files: readonly SourceFile[]): string[] {
  return files.flatMap(({ text }) => {
    const thrown = [
      ...callsOf('AppError', text).map((given) => ({ code: given[1], details: given[3] })),
      ...callsOf('fileFault', text).map((given) => ({ code: given[0], details: given[1] })),
    ].filter((call) => call.code === `'${code}'`);
    const uses = text
      .split(`'${code}'`)
      .slice(1)
      .filter((after) => !after.startsWith(':'));
    const others = uses.length > thrown.length ? uses.map((after) => after.slice(0, after.indexOf('}'))) : [];
    return thrown.length > 0 && others.length === 0
      ? thrown.map(({ details }) => declared(details ?? '', text))
      : [...thrown.map(({ details }) => details ?? ''), ...others];
  });
}

const declared = (details: string, text: string): string =>
  /^\w+$/.test(details) ? (new RegExp(`const ${details} = ([^;]*);`).exec(text)?.[1] ?? '') : details;
