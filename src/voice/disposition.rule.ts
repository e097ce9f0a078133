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

/** What was seen of a leg until its channel was destroyed. */
export type Evidence = {
  wasRinging: boolean;
  wasAnswered: boolean;
  /** Somebody asked for the end: the far side, the carrier, or we. Our own ring time-out asks nobody. */
  wasHangupRequested: boolean;
  weHungUp: boolean;
  /** Q.850. */
  cause: number | null;
  /** What the carrier said in SIP (Asterisk's tech_cause), where it said anything. */
  sipCode: number | null;
  /** Of the engine's Dial event: BUSY, NOANSWER, CONGESTION … too coarse to decide while anything else is known. */
  dialStatus: string | null;
};

/**
 * How a leg ended. The SIP code decides where there is one, then the cause, then the engine's word: Asterisk gives 603 and 404 one
 * dialstatus, and 603 and 403 one cause.
 */
export function dispositionOf(evidence: Evidence): Disposition {
  if (evidence.wasAnswered) return 'answered';
  const { sipCode, cause } = evidence;
  return (
    (sipCode === null ? null : bySipCode(sipCode, evidence)) ??
    (cause === null ? null : byCause(cause, evidence)) ??
    byDialStatus(evidence)
  );
}

const ofSip: Readonly<Record<number, Disposition>> = {
  // The carrier refuses us, not the customer: the trunk stops, and nobody is called rejecting.
  401: 'trunk-auth',
  403: 'trunk-auth',
  407: 'trunk-auth',
  404: 'invalid',
  410: 'invalid',
  484: 'invalid',
  604: 'invalid',
  408: 'no-response',
  486: 'busy',
  600: 'busy',
  603: 'rejected',
  // RFC 8197: the callee does not want such calls.
  607: 'rejected',
  400: 'config',
  405: 'config',
  406: 'config',
  415: 'config',
  420: 'config',
  488: 'config',
  606: 'config',
  482: 'network',
  483: 'network',
  502: 'network',
};

function bySipCode(code: number, evidence: Evidence): Disposition | null {
  if (code === 480) return temporarilyAway(evidence);
  // The answer to a CANCEL: it says that somebody gave up, and that was we, or the ring time-out.
  if (code === 487) return evidence.weHungUp ? 'cancelled' : unheard(evidence);
  return ofSip[code] ?? (code >= 500 && code < 600 ? 'congestion' : null);
}

/** Our ring time-out and the carrier's 480 carry one cause and one code: only the carrier's comes with a request to hang up. */
const temporarilyAway = (evidence: Evidence): Disposition =>
  evidence.wasHangupRequested && !evidence.weHungUp ? 'unavailable' : unheard(evidence);

const unheard = ({ wasRinging }: Evidence): Disposition => (wasRinging ? 'no-answer' : 'no-response');

const ofCause: Readonly<Record<number, Disposition>> = {
  1: 'invalid',
  22: 'invalid',
  28: 'invalid',
  3: 'network',
  27: 'network',
  17: 'busy',
  18: 'no-response',
  20: 'unavailable',
  34: 'congestion',
  38: 'congestion',
  41: 'congestion',
  42: 'congestion',
  102: 'congestion',
  58: 'config',
  65: 'config',
  79: 'config',
  88: 'config',
};

function byCause(cause: number, evidence: Evidence): Disposition | null {
  if (cause === 19) return temporarilyAway(evidence);
  // 603 and 403 share this cause. Who presses "reject" has heard it ring; a trunk that lets nobody in has not rung.
  if (cause === 21) return evidence.wasRinging ? 'rejected' : 'trunk-auth';
  return ofCause[cause] ?? (evidence.weHungUp ? 'cancelled' : null);
}

const ofDialStatus: Readonly<Record<string, Disposition>> = {
  BUSY: 'busy',
  CONGESTION: 'congestion',
  CHANUNAVAIL: 'network',
  CANCEL: 'cancelled',
};

const byDialStatus = (evidence: Evidence): Disposition =>
  evidence.weHungUp ? 'cancelled' : (ofDialStatus[evidence.dialStatus ?? ''] ?? unheard(evidence));
