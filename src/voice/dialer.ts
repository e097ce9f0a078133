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
 * with. An event can come twice, and after a break in the line some never come: `find` and `legs` tell what is so. `at` is when it was
 * heard here: the clock of a PBX may be wrong, and the two seconds until an agent must be there are counted on ours.
 */
export type CallEvent = { leg: string; at: Date } & (
  | { kind: 'ringing' }
  /** The leg can be bridged, played to and recorded from now on. */
  | { kind: 'answered' }
  | { kind: 'key'; digit: string }
  /** A prompt is over, or was stopped: the engine does not tell which. */
  | { kind: 'played'; playId: string }
  | { kind: 'bridged'; bridgeId: string }
  | { kind: 'ended'; end: CallEnd }
);

/** A recording ended. `failure` null proves only that the engine says so: compare `seconds` with the size of the sound. */
export type RecordingEvent = {
  kind: 'recorded';
  at: Date;
  name: string;
  seconds: number | null;
  failure: string | null;
};

/**
 * `restored`: events come from now on, at the first connection too; look up with `find` what was going on before. `lost`: the line broke,
 * events may be missing until `restored`. `replaced`: another process took the line. This one will never hear anything again and must end.
 */
export type LineEvent = { kind: 'restored' | 'lost' | 'replaced'; at: Date };

export type Heard = CallEvent | RecordingEvent | LineEvent;

/** What is known about a leg now: it lives, with its state; it is gone, and how it ended is unknown or known. */
export type LegState = 'down' | 'ringing' | 'up';
export type Found = { kind: 'lives'; state: LegState } | { kind: 'gone' } | { kind: 'cannot-tell' };

/** Answers of the engine to a request. `unknown`: it may or may not have been done; never ask again without `find`. */
export type Asked =
  | { kind: 'done' }
  /** The id lives already: the request before this one did come through. */
  | { kind: 'exists' }
  | { kind: 'gone' }
  /** Surely not done. Of a dial: nobody's phone rang, and no attempt is charged. */
  | { kind: 'refused'; disposition: Disposition; code: string }
  | { kind: 'unknown'; code: string };

export type Dial = {
  /** Id of the attempt or of the agent's leg, which becomes the channel's: a UUID that was never dialled before. */
  leg: string;
  /** A number in E.164, or the engine's name of an agent's phone. */
  to: { phone: string } | { extension: string };
  callerNumber: string;
  ringSeconds: number;
  /** An agent's phone that is to answer by itself. */
  autoAnswer?: boolean;
};

export type Supervision = 'listen' | 'whisper' | 'barge';

/** The line to one engine account. One process an installation holds it: whoever does not hears no events. */
export type Dialer = {
  /** Refused while the line is down: the answer of who is called would not be heard. */
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
  /** `name`: a path of ids, of letters, digits, `-`, `_` and `/`; no number and no name of anybody. */
  record(bridgeId: string, name: string): Promise<Asked>;
  stopRecording(name: string): Promise<Asked>;
  /** The sound that was stored under the name; null where there is none. */
  recording(name: string): Promise<{ type: string; bytes: Uint8Array } | null>;
  deleteRecording(name: string): Promise<Asked>;
  /** Hears an agent's leg, or speaks to it alone, through the supervisor's leg `by`; `barge` puts the supervisor into the bridge. */
  supervise(how: Supervision, of: { leg: string; bridgeId: string }, by: string): Promise<Asked>;
  /** Ends listening and hangs up the supervisor's leg. */
  endSupervision(by: string): Promise<Asked>;
  find(leg: string): Promise<Found>;
  /**
   * The legs that live at the engine and that this application is subscribed to: one that nobody owns any more is to be hung up. A leg
   * that is missing here is not yet gone: ask `find`. Throws when the engine gives no answer.
   */
  legs(): Promise<ReadonlyMap<string, LegState>>;
  /** Opens the line. `hear` is called in order and at once: it takes notes and works later, or the engine cuts a slow listener off. */
  listen(hear: (heard: Heard) => void): void;
  /** Lets go of the line; calls go on at the engine. */
  close(): Promise<void>;
};
