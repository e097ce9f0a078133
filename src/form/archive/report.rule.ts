import { sentences } from './sentences.rule.ts';

export type CheckCode = keyof typeof sentences;

/** `en` and `zh` say what holds or what does not; `at` is the first place, as a path in the file (`ledger.rows[3]`). */
export type ArchiveCheck = {
  code: CheckCode;
  ok: boolean;
  /** Nothing to compare with was given: neither passed nor failed. */
  open?: true;
  en: string;
  zh: string;
  at?: string;
};

export type ArchiveReport = {
  /** Notes that these checks were made. */
  made(...codes: CheckCode[]): void;
  /** Notes a place where a check does not hold. */
  fault(code: CheckCode, at: string): void;
  /** Says that a check could not be made for want of something to compare with. */
  leave(code: CheckCode, en: string, zh: string): void;
  /** Replaces the sentence of a check that holds. */
  say(code: CheckCode, en: string, zh: string): void;
  /** In the order of the catalogue, causes before what follows from them. */
  checks(): ArchiveCheck[];
};

export function createReport(): ArchiveReport {
  const made = new Set<CheckCode>();
  const faults = new Map<CheckCode, { at: string; places: number }>();
  const said = new Map<CheckCode, readonly [en: string, zh: string]>();
  const holds = new Map<CheckCode, readonly [en: string, zh: string]>();
  return {
    made: (...codes) => codes.forEach((code) => made.add(code)),
    fault(code, at) {
      const known = faults.get(code);
      if (known) known.places += 1;
      else faults.set(code, { at, places: 1 });
    },
    leave: (code, en, zh) => void said.set(code, [en, zh]),
    say: (code, en, zh) => void holds.set(code, [en, zh]),
    checks: () =>
      (Object.keys(sentences) as CheckCode[])
        .filter((code) => made.has(code) || faults.has(code))
        .map((code) => {
          const fault = faults.get(code);
          const left = said.get(code);
          const [en, zh] = fault ? sentences[code].fault : (left ?? holds.get(code) ?? sentences[code].holds);
          if (!fault) return left ? { code, ok: true, open: true, en, zh } : { code, ok: true, en, zh };
          const many = fault.places > 1;
          return {
            code,
            ok: false,
            en: many ? `${en} (${fault.places} places)` : en,
            zh: many ? `${zh}（共 ${fault.places} 处）` : zh,
            at: fault.at,
          };
        }),
  };
}
