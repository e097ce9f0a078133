import type { Translate } from '../kernel/translate.ts';

/** Why one person did not get it: a reason of the closed sets, or of the freeze. */
export const personReasonOf = (t: Translate, reason: string): string =>
  t.has(`reason.${reason}`) ? t(`reason.${reason}`) : reason;
