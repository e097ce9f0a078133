import type { Asked, CallEnd, Dial, Dialer, Heard, LegState } from '../../src/voice/dialer.ts';
import type { Disposition } from '../../src/voice/disposition.rule.ts';

/** What a leg does once it is dialled; times in milliseconds. */
export type Behaviour = {
  ringMs?: number;
  /** Ends without an answer. */
  fails?: Disposition;
  talkMs?: number;
};

type Leg = { state: LegState; dial: Dial };
type Listener = (heard: Heard) => void;

const endOf = (disposition: Disposition, hungUpBy: CallEnd['hungUpBy']): CallEnd => ({
  disposition,
  sipCode: null,
  cause: 16,
  engineText: null,
  hungUpBy,
});

const nothing = (): void => undefined;
const after = (ms: number, work: () => void): void => void setTimeout(work, ms).unref();
const done = async (): Promise<Asked> => ({ kind: 'done' });

/**
 * An engine that a test plays: it lives longer than whoever holds a line to it, tells only the newest of them, and is the witness of
 * every dial that reached it.
 */
export function playEngine(behaviourOf: (dial: Dial) => Behaviour = () => ({ ringMs: 30 })) {
  const legs = new Map<string, Leg>();
  const dials: Dial[] = [];
  const acts: string[] = [];
  let listener: Listener | null = null;
  let restore = nothing;
  /** Once: what the next dial answers, and whether it is carried out all the same. */
  const doubts: { isDone: boolean }[] = [];
  const playMs = 30;

  const tell = (event: Exclude<Heard, { kind: 'lost' | 'restored' | 'replaced' }>): void => listener?.(event);
  function end(leg: string, disposition: Disposition, hungUpBy: CallEnd['hungUpBy']): void {
    if (!legs.delete(leg)) return;
    tell({ leg, at: new Date(), kind: 'ended', end: endOf(disposition, hungUpBy) });
  }
  function ring(leg: string, { ringMs = 30, fails, talkMs }: Behaviour): void {
    const isThere = (): Leg | undefined => legs.get(leg);
    after(ringMs / 2, () => {
      const at = isThere();
      if (!at || at.state !== 'down') return;
      at.state = 'ringing';
      tell({ leg, at: new Date(), kind: 'ringing' });
    });
    after(ringMs, () => {
      const at = isThere();
      if (!at) return;
      if (fails) return end(leg, fails, 'engine');
      at.state = 'up';
      tell({ leg, at: new Date(), kind: 'answered' });
      if (talkMs !== undefined) after(talkMs, () => end(leg, 'answered', 'customer'));
    });
  }
  const act = (leg: string, what: string): Asked => {
    if (!legs.has(leg)) return { kind: 'gone' };
    acts.push(what);
    return { kind: 'done' };
  };

  function dialer(): Dialer {
    let isClosed = false;
    let mine: Listener | null = null;
    const open = (): void => {
      if (isClosed) throw new Error('The line is closed.');
    };
    return {
      async dial(dial) {
        open();
        const doubt = 'phone' in dial.to ? doubts.shift() : undefined;
        if (doubt && !doubt.isDone) return { kind: 'unknown', code: 'timeout' };
        if (legs.has(dial.leg)) return { kind: 'exists' };
        dials.push(dial);
        legs.set(dial.leg, { state: 'down', dial });
        ring(dial.leg, behaviourOf(dial));
        return doubt ? { kind: 'unknown', code: 'timeout' } : { kind: 'done' };
      },
      async hangUp(leg) {
        open();
        if (!legs.has(leg)) return { kind: 'gone' };
        acts.push(`hang-up ${leg}`);
        end(leg, legs.get(leg)?.state === 'up' ? 'answered' : 'cancelled', 'us');
        return { kind: 'done' };
      },
      async play(leg, playId, media) {
        const asked = act(leg, `play ${leg} ${media}`);
        after(playMs, () => legs.has(leg) && tell({ leg, at: new Date(), kind: 'played', playId }));
        return asked;
      },
      stopPlaying: done,
      hold: done,
      async bridge(bridgeId, both) {
        open();
        if (both.some((leg) => legs.get(leg)?.state !== 'up')) return { kind: 'gone' };
        acts.push(`bridge ${bridgeId}`);
        return { kind: 'done' };
      },
      leaveBridge: done,
      endBridge: done,
      async record(bridgeId, name) {
        const asked = act(bridgeId, `record ${name}`);
        return asked;
      },
      stopRecording: done,
      recording: async () => null,
      deleteRecording: done,
      async supervise(how, of, by) {
        return act(by, `${how} ${of.leg}`);
      },
      endSupervision: done,
      async find(leg) {
        open();
        const at = legs.get(leg);
        return at ? { kind: 'lives', state: at.state } : { kind: 'gone' };
      },
      async legs() {
        open();
        return new Map([...legs].map(([leg, { state }]) => [leg, state]));
      },
      listen(hear) {
        mine = hear;
        listener = hear;
        hear({ kind: 'restored', at: new Date() });
      },
      async close() {
        isClosed = true;
        if (listener === mine) listener = null;
      },
    };
  }
  return {
    dialer,
    legs,
    /** Every dial that reached the engine, in order. */
    dials,
    acts,
    end,
    tell,
    doubtNext: (isDone: boolean) => void doubts.push({ isDone }),
    /** The line breaks; what happens meanwhile is never told. */
    cut(): void {
      listener?.({ kind: 'lost', at: new Date() });
      const cutOff = listener;
      listener = null;
      restore = () => {
        listener ??= cutOff;
        listener?.({ kind: 'restored', at: new Date() });
      };
    },
    restore: () => restore(),
    /** The PBX starts anew: all calls are gone, without a word. */
    forgetAll: () => legs.clear(),
    dialsTo: (phone: string) => dials.filter(({ to }) => 'phone' in to && to.phone === phone),
  };
}
