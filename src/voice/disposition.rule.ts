/** How a dial ended, in the house's words. The carrier's and the engine's are kept beside it. */
export const dispositions = [
  'answered',
  'busy',
  'no-answer',
  'no-response',
  'unavailable',
  'rejected',
  'invalid',
  'machine',
  'abandoned',
  'cancelled',
  'congestion',
  'network',
  'trunk-auth',
  'config',
  'lost',
  'not-dialled',
] as const;
export type Disposition = (typeof dispositions)[number];
