import type { SigningRole } from '../house/signing-role.rule.ts';

/** Somebody who holds the role where it is asked for, or stands in for it now; `ready`: with a signing key that is good. */
export type Signer = { staffId: string; role: SigningRole; ready: boolean };

/**
 * What is missing so that two people could sign: nobody holds a role, nobody who holds it has a key, or one and the same
 * person is all there is for both. The applicant is not among the signers. Null when nothing is missing.
 */
export type SigningGap = 'no-liaison' | 'no-leader' | 'no-liaison-key' | 'no-leader-key' | 'one-person';

export function signingGaps(signers: readonly Signer[]): SigningGap[] {
  const gaps = (['liaison', 'leader'] as const).flatMap((role): SigningGap[] => {
    const holders = signers.filter((signer) => signer.role === role);
    if (holders.length === 0) return [`no-${role}`];
    return holders.some(({ ready }) => ready) ? [] : [`no-${role}-key`];
  });
  const able = new Set(signers.filter(({ ready }) => ready).map(({ staffId }) => staffId));
  return gaps.length === 0 && able.size < 2 ? ['one-person'] : gaps;
}
