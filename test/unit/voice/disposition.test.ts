import { expect, test } from 'vitest';
import { dispositionOf, type Disposition, type Evidence } from '../../../src/voice/disposition.rule.ts';

const rang: Evidence = {
  wasRinging: true,
  wasAnswered: false,
  wasHangupRequested: true,
  weHungUp: false,
  cause: null,
  sipCode: null,
  dialStatus: null,
};
const silent = { ...rang, wasRinging: false };
const ours = { ...rang, weHungUp: true };
const unasked = { ...rang, wasHangupRequested: false };

test.each<[string, Evidence, Disposition]>([
  // As recorded on an Asterisk 22 (cause, tech_cause, dialstatus).
  ['486', { ...rang, cause: 17, sipCode: 486, dialStatus: 'BUSY' }, 'busy'],
  ['480 from the peer', { ...rang, cause: 19, sipCode: 480, dialStatus: 'NOANSWER' }, 'unavailable'],
  ['603', { ...rang, cause: 21, sipCode: 603, dialStatus: 'NOANSWER' }, 'rejected'],
  ['404', { ...rang, cause: 1, sipCode: 404, dialStatus: 'NOANSWER' }, 'invalid'],
  ['503', { ...rang, cause: 34, sipCode: 503, dialStatus: 'CONGESTION' }, 'congestion'],
  ['our ring time-out', { ...unasked, cause: 19, sipCode: 480 }, 'no-answer'],
  ['a peer that is silent', { ...unasked, wasRinging: false, cause: 19, sipCode: 480 }, 'no-response'],
  ['hung up by us while it rang', { ...ours, cause: 16, dialStatus: 'NOANSWER' }, 'cancelled'],
  ['answered, hung up by us', { ...ours, wasAnswered: true, cause: 16, dialStatus: 'ANSWER' }, 'answered'],
  ['answered, hung up by them', { ...rang, wasAnswered: true, cause: 16, dialStatus: 'ANSWER' }, 'answered'],
  ['answered, then the sound broke off', { ...unasked, wasAnswered: true, cause: 44 }, 'answered'],
  // What the carrier says in SIP.
  ['600', { ...rang, cause: 17, sipCode: 600 }, 'busy'],
  ['408', { ...silent, cause: 18, sipCode: 408 }, 'no-response'],
  ['401', { ...silent, cause: 21, sipCode: 401 }, 'trunk-auth'],
  ['403', { ...silent, cause: 21, sipCode: 403 }, 'trunk-auth'],
  ['403 though it rang', { ...rang, cause: 21, sipCode: 403 }, 'trunk-auth'],
  ['407', { ...silent, cause: 21, sipCode: 407 }, 'trunk-auth'],
  ['603 without ringing', { ...silent, cause: 21, sipCode: 603 }, 'rejected'],
  ['604', { ...silent, cause: 1, sipCode: 604 }, 'invalid'],
  ['410', { ...silent, cause: 22, sipCode: 410 }, 'invalid'],
  ['484', { ...silent, cause: 28, sipCode: 484 }, 'invalid'],
  ['487 to our CANCEL', { ...ours, cause: 16, sipCode: 487 }, 'cancelled'],
  ['487 that is not ours', { ...rang, cause: 127, sipCode: 487 }, 'no-answer'],
  ['488', { ...silent, cause: 58, sipCode: 488 }, 'config'],
  ['606', { ...silent, cause: 58, sipCode: 606 }, 'config'],
  ['502', { ...silent, cause: 27, sipCode: 502 }, 'network'],
  ['500', { ...silent, cause: 38, sipCode: 500 }, 'congestion'],
  ['504', { ...silent, cause: 102, sipCode: 504 }, 'congestion'],
  ['a 5xx of no list', { ...silent, cause: 38, sipCode: 580 }, 'congestion'],
  ['486 in the moment of our hang-up', { ...ours, cause: 17, sipCode: 486 }, 'busy'],
  ['our hang-up, and 480 for it', { ...ours, cause: 19, sipCode: 480 }, 'no-answer'],
  // An engine that gives the cause alone.
  ['cause 17', { ...rang, cause: 17 }, 'busy'],
  ['cause 18', { ...silent, cause: 18 }, 'no-response'],
  ['cause 21 after ringing', { ...rang, cause: 21 }, 'rejected'],
  ['cause 21 without ringing', { ...silent, cause: 21 }, 'trunk-auth'],
  ['cause 1', { ...silent, cause: 1 }, 'invalid'],
  ['cause 20', { ...silent, cause: 20 }, 'unavailable'],
  ['cause 38', { ...silent, cause: 38 }, 'congestion'],
  ['cause 58', { ...silent, cause: 58 }, 'config'],
  ['cause 19 that somebody asked for', { ...rang, cause: 19 }, 'unavailable'],
  ['cause 19 that nobody asked for', { ...unasked, cause: 19 }, 'no-answer'],
  // Nothing but the engine's word.
  ['BUSY', { ...rang, dialStatus: 'BUSY' }, 'busy'],
  ['CONGESTION', { ...silent, dialStatus: 'CONGESTION' }, 'congestion'],
  ['CHANUNAVAIL', { ...silent, dialStatus: 'CHANUNAVAIL' }, 'network'],
  ['NOANSWER after ringing', { ...rang, cause: 16, dialStatus: 'NOANSWER' }, 'no-answer'],
  ['nothing at all', silent, 'no-response'],
])('%s', (_, evidence, expected) => {
  expect(dispositionOf(evidence)).toBe(expected);
});
