import type { Disposition } from './disposition.rule.ts';

/** Who hung up first, as far as the engine tells. */
export type HungUpBy = 'customer' | 'agent' | 'us' | 'engine';

/** How a leg ended: our word, and beside it what carrier and engine said. */
export type CallEnd = {
  disposition: Disposition;
  sipCode: number | null;
  cause: number | null;
  engineText: string | null;
  hungUpBy: HungUpBy | null;
};

/**
 * What happens to a leg, in the order of its channel; nothing is said about the order across channels. `leg`: the id that it was dialled
 * with. An event can come twice, and after a break in the line some never come: `find` and `legs` tell what is so.
 */
export type CallEvent = { leg: string; at: Date } & (
  | { kind: 'ringing' }
  | { kind: 'answered' }
  | { kind: 'key'; digit: string }
  | { kind: 'played'; playId: string }
  | { kind: 'bridged'; bridgeId: string }
  | { kind: 'recorded'; name: string; seconds: number | null; failure: string | null }
  | { kind: 'ended'; end: CallEnd }
);

/** What is known about a leg now: it lives, with its state; it is gone, and how it ended is unknown or known. */
export type LegState = 'down' | 'ringing' | 'up';
export type Found = { kind: 'lives'; state: LegState } | { kind: 'gone' } | { kind: 'cannot-tell' };

/** Answers of the engine to a request. `unknown`: it may or may not have been done; never ask again without `find`. */
export type Asked =
  | { kind: 'done' }
  /** The id lives already: the request before this one did come through. */
  | { kind: 'exists' }
  | { kind: 'gone' }
  | { kind: 'refused'; disposition: Disposition; code: string }
  | { kind: 'unknown'; code: string };

export type Dial = {
  /** Id of the attempt or of the agent's leg, which becomes the channel's: a UUID. */
  leg: string;
  /** A number in E.164, or the engine's name of an agent's phone. */
  to: { phone: string } | { extension: string };
  callerNumber: string;
  ringSeconds: number;
  /** An agent's phone that is to answer by itself. */
  autoAnswer?: boolean;
};

/** The line to one engine account. One process an installation holds it: whoever does not hears no events. */
export type Dialer = {
  dial(dial: Dial): Promise<Asked>;
  hangUp(leg: string): Promise<Asked>;
  /** `media`: as the engine names it, or text to be spoken where it can. */
  play(leg: string, playId: string, media: string): Promise<Asked>;
  stopPlaying(playId: string): Promise<Asked>;
  /** Music, for a person or an agent who waits. */
  hold(leg: string, on: boolean): Promise<Asked>;
  /** Puts legs into one bridge; made when it is not there. */
  bridge(bridgeId: string, legs: readonly string[]): Promise<Asked>;
  leaveBridge(bridgeId: string, leg: string): Promise<Asked>;
  endBridge(bridgeId: string): Promise<Asked>;
  record(bridgeId: string, name: string): Promise<Asked>;
  stopRecording(name: string): Promise<Asked>;
  /** The sound that was stored under the name; null where there is none. */
  recording(name: string): Promise<{ type: string; bytes: Uint8Array } | null>;
  /** Hears an agent's leg, or speaks to it alone, through the supervisor's leg `by`; `barge` puts the supervisor into the bridge. */
  supervise(how: 'listen' | 'whisper' | 'barge', of: { leg: string; bridgeId: string }, by: string): Promise<Asked>;
  endSupervision(by: string): Promise<Asked>;
  find(leg: string): Promise<Found>;
  /** All legs that live at the engine under this application, for the reckoning after a break. */
  legs(): Promise<ReadonlyMap<string, LegState>>;
  /** Called in order; what it throws ends the process's hold on the line. `lost`: the line broke, events may be missing until `restored`. */
  listen(hear: (event: CallEvent | { kind: 'lost' | 'restored'; at: Date }) => void): void;
  close(): Promise<void>;
};
