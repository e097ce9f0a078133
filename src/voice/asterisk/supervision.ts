import { askedOf } from './answer.ts';
import type { Rest } from './rest.ts';
import type { Asked } from '../dialer.ts';

/** How long a snoop channel may take to enter the application; it is made inside the PBX and dials nobody. */
const patienceMs = 3_000;
type Watch = { snoopId: string; bridgeId: string };
const id = encodeURIComponent;

/**
 * Listening and whispering: a snoop on the agent's channel, bridged with the supervisor's leg. A snoop takes no order before its own
 * StasisStart, and its directions cannot change: for another, a new one is made and then the old one is ended.
 */
export function createSupervisions(rest: Rest, application: string) {
  const watches = new Map<string, Watch>();
  const waiting = new Map<string, () => void>();

  function start(snoopId: string): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(false), patienceMs);
      const settle = (isThere: boolean) => {
        clearTimeout(timer);
        waiting.delete(snoopId);
        resolve(isThere);
      };
      waiting.set(snoopId, () => settle(true));
    });
  }

  async function drop(snoopId: string): Promise<void> {
    await rest.ask('DELETE', `/channels/${id(snoopId)}`);
  }

  return {
    started: (channel: string) => waiting.get(channel)?.(),

    async begin(how: 'listen' | 'whisper', leg: string, by: string): Promise<Asked> {
      const snoopId = `snoop-${how}-${by}`;
      const bridgeId = `watch-${by}`;
      const isThere = start(snoopId);
      const spy = { app: application, spy: 'both', whisper: how === 'whisper' ? 'out' : 'none', appArgs: 'snoop' };
      const asked = askedOf(await rest.ask('POST', `/channels/${id(leg)}/snoop/${id(snoopId)}`, spy));
      if (asked.kind !== 'done') {
        waiting.get(snoopId)?.();
        return asked;
      }
      if (!(await isThere)) {
        await drop(snoopId);
        return { kind: 'unknown', code: 'snoop-not-started' };
      }
      const made = askedOf(await rest.ask('POST', `/bridges/${id(bridgeId)}`, { type: 'mixing' }));
      const channel = `${snoopId},${by}`;
      const joined =
        made.kind === 'done'
          ? askedOf(await rest.ask('POST', `/bridges/${id(bridgeId)}/addChannel`, { channel }))
          : made;
      const before = watches.get(by);
      if (joined.kind === 'done') watches.set(by, { snoopId, bridgeId });
      else await drop(snoopId);
      if (joined.kind === 'done' && before && before.snoopId !== snoopId) await drop(before.snoopId);
      return joined;
    },

    /** Ends what is known, and what a process before this one may have left. */
    async end(by: string): Promise<void> {
      const snoops = watches.get(by) ? [watches.get(by)!.snoopId] : [`snoop-listen-${by}`, `snoop-whisper-${by}`];
      watches.delete(by);
      for (const snoopId of snoops) await drop(snoopId);
      await rest.ask('DELETE', `/bridges/${id(`watch-${by}`)}`);
    },
  };
}
