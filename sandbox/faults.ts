import { z } from 'zod';
import { WIRE_FAULTS } from './scenario.ts';

/** A fault somebody scripted: the next `times` matching calls meet it. */
export const FaultSchema = z.strictObject({
  match: z
    .strictObject({
      phone: z.string().optional(),
      outId: z.string().optional(),
      /** Only the nth matching call from now on, counted from 1. */
      nth: z.int().min(1).optional(),
      action: z.string().default('send'),
    })
    .prefault({}),
  action: z.enum([...WIRE_FAULTS, 'code', 'code-after-accept']),
  code: z.string().optional(),
  message: z.string().optional(),
  status: z.int().min(200).max(599).optional(),
  retryAfter: z.int().min(0).optional(),
  times: z.int().min(1).default(1),
});
export type Fault = z.infer<typeof FaultSchema>;

/** What a fault is matched against. */
interface FaultSubject {
  action: string;
  phones: readonly string[];
  outId: string;
}

/** Scripted faults, first come first served. */
export interface Faults {
  add: (fault: Fault) => void;
  /** The fault for this call, used up by it, or null. */
  take: (subject: FaultSubject) => Fault | null;
  list: () => { action: string; code: string | null; left: number; fired: number }[];
  readonly empty: boolean;
  clear: () => void;
}

const SENDS = new Set(['SendSms', 'SendBatchSms']);

/** An empty script. */
export function createFaults(): Faults {
  const scripted: { fault: Fault; seen: number; fired: number }[] = [];
  const matches = ({ match }: Fault, { action, phones, outId }: FaultSubject) =>
    (match.action === 'send' ? SENDS.has(action) : match.action === action) &&
    (match.phone === undefined || phones.some((phone) => phone.endsWith(match.phone ?? ''))) &&
    (match.outId === undefined || match.outId === outId);

  return {
    add: (fault) => void scripted.push({ fault, seen: 0, fired: 0 }),
    take(subject) {
      for (const entry of scripted) {
        if (entry.fired >= entry.fault.times || !matches(entry.fault, subject)) continue;
        entry.seen++;
        if (entry.seen < (entry.fault.match.nth ?? 1)) continue;
        entry.fired++;
        return entry.fault;
      }
      return null;
    },
    // Without what it matches: that may be a number.
    list: () =>
      scripted.map(({ fault, fired }) => ({
        action: fault.action,
        code: fault.code ?? null,
        left: fault.times - fired,
        fired,
      })),
    get empty() {
      return scripted.length === 0;
    },
    clear: () => void scripted.splice(0),
  };
}
