import { z } from 'zod';

/** `…-after`: done, and the client learns nothing or something untrue; `…-before`: not done. */
export const AriFault = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).default('POST'),
  /** A regular expression over the path below `/ari`; the default is an originate. */
  path: z.string().default('^/channels$'),
  action: z.enum(['reset-before', 'error-before', 'reset-after', 'error-after', 'silence-after']),
  times: z.int().min(1).default(1),
});
type AriFault = z.infer<typeof AriFault>;

/** What goes wrong on the way to the PBX; the first that matches is used up. */
export function createAriFaults() {
  let faults: AriFault[] = [];
  let frozen = false;
  return {
    add: (fault: AriFault) => void faults.push(fault),
    clear(): void {
      faults = [];
      frozen = false;
    },
    freezeSockets: (on: boolean) => void (frozen = on),
    areSocketsFrozen: () => frozen,
    strike(method: string, path: string): AriFault['action'] | null {
      const fault = faults.find((each) => each.method === method && new RegExp(each.path).test(path));
      if (!fault) return null;
      fault.times -= 1;
      faults = faults.filter(({ times }) => times > 0);
      return fault.action;
    },
  };
}
export type AriFaults = ReturnType<typeof createAriFaults>;
