import { z } from 'zod';
import { oneLine, paragraph } from '../../kernel/field.rule.ts';
import { results } from '../task.rule.ts';

/**
 * What only the customer says and the agent only checks (class 1 of 003 §4): the desk shows a mask and takes what it hears, and never
 * the value itself.
 */
export const verificationItems = [
  'name',
  'birth-date',
  'id-number',
  'mobile',
  'address',
  'bank-card',
  'amount',
] as const;

/** So many items the customer reads before anything about them is said. */
export const leastVerificationItems = 3;

export const branchKeys = ['A', 'B', 'C', 'D'] as const;
export type BranchKey = (typeof branchKeys)[number];

const distinct = (items: readonly unknown[]): boolean => new Set(items).size === items.length;

const Branch = z.strictObject({
  key: z.enum(branchKeys),
  /** What the customer says, as the agent looks for it. */
  label: oneLine(40),
  text: paragraph(1_000),
  /** The branch that follows; null is the closing. */
  next: z.enum(branchKeys).nullable().default(null),
  /** What is written down when the call ends here, unless the agent says otherwise. */
  result: z.enum(results).nullable().default(null),
});

export const ScriptContent = z.strictObject({
  opening: paragraph(1_000),
  reason: paragraph(1_000),
  branches: z.array(Branch).max(branchKeys.length).default([]),
  closing: paragraph(1_000),
  verification: z
    .array(z.enum(verificationItems))
    .max(verificationItems.length)
    .refine(distinct, 'Each once.')
    .default([]),
  results: z.array(z.enum(results)).min(1).max(results.length).refine(distinct, 'Each once.'),
});
export type ScriptContent = z.output<typeof ScriptContent>;

export type ContentFault = {
  field: string;
  code:
    | 'script.branch-twice'
    | 'script.branch-missing'
    | 'script.branch-circle'
    | 'script.result-not-offered'
    | 'script.verification-few'
    | 'script.no-way-to-refuse';
};

/** What is wrong with a script as a whole; an empty list means that it can be handed in. */
export function faultsOfContent({ branches, verification, results: offered }: ScriptContent): ContentFault[] {
  const keys = branches.map(({ key }) => key);
  const faults: ContentFault[] = branches.flatMap(({ key, next, result }, index): ContentFault[] => [
    ...(keys.indexOf(key) < index ? [{ field: `branches.${index}.key`, code: 'script.branch-twice' as const }] : []),
    ...(next !== null && !keys.includes(next)
      ? [{ field: `branches.${index}.next`, code: 'script.branch-missing' as const }]
      : []),
    ...(next !== null && keys.includes(next) && leadsBack(branches, key)
      ? [{ field: `branches.${index}.next`, code: 'script.branch-circle' as const }]
      : []),
    ...(result !== null && !offered.includes(result)
      ? [{ field: `branches.${index}.result`, code: 'script.result-not-offered' as const }]
      : []),
  ]);
  if (verification.length > 0 && verification.length < leastVerificationItems)
    faults.push({ field: 'verification', code: 'script.verification-few' });
  // Whoever says no on the telephone is heard: no script may leave its agent without the way to write it down.
  if (!offered.includes('do-not-contact')) faults.push({ field: 'results', code: 'script.no-way-to-refuse' });
  return faults;
}

/** Whether an agent who follows `next` from there comes back to it: a call must end. */
function leadsBack(branches: ScriptContent['branches'], from: BranchKey): boolean {
  let at: BranchKey | null = from;
  for (let step = 0; step <= branches.length; step += 1) {
    at = branches.find(({ key }) => key === at)?.next ?? null;
    if (at === from) return true;
    if (at === null) return false;
  }
  return false;
}
