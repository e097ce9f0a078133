import { forgetContact } from '../../contact/touch.db.ts';
import { transaction, type Pool, type Tx } from '../../kernel/sql.db.ts';
import type { Disposition } from '../../voice/disposition.rule.ts';
import type { CallEnd } from '../../voice/dialer.ts';
import { stopVoiceAccount } from '../../voice/voice-account.db.ts';
import { findAgentSession, moveAgent, releaseAgent, tellLineKeeper } from '../desk/agent-session.db.ts';
import { afterAttempt } from '../task-move.db.ts';
import { endingOf, mayMove, reckon, wantedGraceMs, type Reckoned } from './attempt.rule.ts';
import * as db from './attempt.db.ts';
import { browserGoneMs } from './leg.rule.ts';
import { recordingName, wantRecording } from './recording.db.ts';
import { endSupervisionsOf } from './supervision.db.ts';

/** What is heard of a call, each in one short transaction. Whatever is heard twice, late or after the end changes nothing. */

/** The row says `dialling` before the engine is asked; null when it may not be dialled any more. */
export const beginDial = (pool: Pool, id: string, holder: string, now: Date): Promise<db.Attempt | null> =>
  transaction(pool, (tx) => db.beginDial(tx, id, holder, now));

export const hearRinging = (pool: Pool, id: string, at: Date): Promise<void> =>
  transaction(pool, async (tx) => {
    const attempt = await db.lockAttempt(tx, id);
    if (attempt && mayMove(attempt.state, 'ringing')) await db.noteRinging(tx, id, at);
  });

export type Connection = {
  attemptId: string;
  agentId: string;
  agentLeg: string;
  recording: string;
};
/** `isNew`: it was not known before that the person answered. `over`: the books say that it has ended, so the leg is nobody's. */
export type Answer =
  | { kind: 'connect'; attempt: db.Attempt; isNew: boolean; connection: Connection }
  | { kind: 'waits'; attempt: db.Attempt; isNew: boolean }
  | { kind: 'over' };

/** A live person is on the line: an agent is found for them in the same transaction, or they wait for one within their two seconds. */
export const hearAnswered = (pool: Pool, id: string, at: Date, now: Date): Promise<Answer> =>
  transaction(pool, async (tx) => {
    const attempt = await db.lockAttempt(tx, id);
    if (!attempt || attempt.state === 'ended') return { kind: 'over' };
    const isNew = mayMove(attempt.state, 'answered');
    if (isNew) await db.noteAnswered(tx, id, at);
    const answered = isNew ? { ...attempt, state: 'answered' as const, answeredAt: at } : attempt;
    return connect(tx, answered, isNew, now);
  });

/** The same for one who waits already. */
export const findAgentFor = (pool: Pool, id: string, now: Date): Promise<Answer> =>
  transaction(pool, async (tx) => {
    const attempt = await db.lockAttempt(tx, id);
    return !attempt || attempt.state === 'ended' ? { kind: 'over' } : connect(tx, attempt, false, now);
  });

async function connect(tx: Tx, attempt: db.Attempt, isNew: boolean, now: Date): Promise<Answer> {
  const { id, accountId, state } = attempt;
  const since = attempt.answeredAt ?? now;
  const to = ({ staffId, legId }: db.FreeAgent): Answer => ({
    kind: 'connect',
    attempt,
    isNew,
    connection: { attemptId: id, agentId: staffId, agentLeg: legId, recording: recordingName(id, since) },
  });
  if (state === 'connected') {
    const agent = attempt.agentId === null ? null : await findAgentSession(tx, attempt.agentId);
    const isTheirs = attempt.bridgedAt === null && agent?.attemptId === id && agent.legId !== null;
    return isTheirs ? to({ staffId: agent.staffId, legId: agent.legId as string }) : { kind: 'waits', attempt, isNew };
  }
  const agent = await db.takeFreeAgent(tx, attempt, new Date(now.getTime() - browserGoneMs));
  if (!agent) return { kind: 'waits', attempt, isNew };
  await db.noteConnected(tx, id, agent.staffId, now);
  await db.giveTask(tx, attempt.taskId, agent.staffId);
  await wantRecording(tx, { attemptId: id, accountId }, since);
  // Whoever was kept for this call and is passed over goes back to the queue.
  if (attempt.agentId !== null && attempt.agentId !== agent.staffId) await releaseCaller(tx, attempt.agentId, id, now);
  await moveAgent(tx, { staffId: agent.staffId, to: 'talking', attemptId: id }, now);
  return to(agent);
}

async function releaseCaller(tx: Tx, staffId: string, attemptId: string, now: Date): Promise<void> {
  const session = await findAgentSession(tx, staffId);
  if (session?.state === 'calling' && session.attemptId === attemptId) await releaseAgent(tx, staffId, now);
}

/** What ended with the call. */
export type Ended = { attempt: db.Attempt; disposition: Disposition; supervisors: string[] };

/** The call is over: its row, its task by the rule of retries, its agent. Null when that was taken in before. */
export const hearEnded = (pool: Pool, id: string, end: CallEnd, at: Date): Promise<Ended | null> =>
  transaction(pool, async (tx) => {
    const attempt = await db.lockAttempt(tx, id);
    if (!attempt || attempt.state === 'ended') return null;
    return conclude(tx, attempt, end, at);
  });

/** Answered, and nobody was there in time: over in our books before the message is played, so that nobody is put through any more. */
export const abandon = (pool: Pool, id: string, now: Date): Promise<Ended | null> =>
  transaction(pool, async (tx) => {
    const attempt = await db.lockAttempt(tx, id);
    if (attempt?.state !== 'answered') return null;
    return conclude(tx, attempt, byUs('abandoned'), now);
  });

/** The agent's phone was gone at the moment of the connection: the person has met nobody. */
export const dropUnmet = (pool: Pool, id: string, now: Date): Promise<Ended | null> =>
  transaction(pool, async (tx) => {
    const attempt = await db.lockAttempt(tx, id);
    if (attempt?.state !== 'connected' || attempt.bridgedAt !== null) return null;
    const ended = await conclude(tx, { ...attempt, state: 'answered' }, byUs('abandoned'), now);
    if (attempt.agentId !== null) {
      const session = await findAgentSession(tx, attempt.agentId);
      if (session?.state === 'talking' && session.attemptId === id) {
        await moveAgent(tx, { staffId: session.staffId, to: 'wrap-up' }, now);
        await moveAgent(tx, { staffId: session.staffId, to: 'busy', reason: 'phone-gone' }, now);
      }
    }
    return ended;
  });

/** The engine refused to dial: nobody's phone rang, so it costs no attempt and was no contact. */
export const hearRefused = (pool: Pool, id: string, end: CallEnd, now: Date): Promise<Ended | null> =>
  transaction(pool, async (tx) => {
    const attempt = await db.lockAttempt(tx, id);
    if (attempt?.state !== 'dialling') return null;
    await forgetContact(tx, { phone: attempt.phone, channel: 'call' }, attempt.wantedAt);
    return conclude(tx, attempt, end, now, false);
  });

/** A wish that was not carried out: nobody was asked to dial, so it never happened to the person. */
export const dropWanted = (
  pool: Pool,
  id: string,
  why: 'not-dialled' | 'cancelled',
  now: Date,
): Promise<Ended | null> =>
  transaction(pool, async (tx) => {
    const attempt = await db.lockAttempt(tx, id);
    if (attempt?.state !== 'wanted') return null;
    await forgetContact(tx, { phone: attempt.phone, channel: 'call' }, attempt.wantedAt);
    return conclude(tx, attempt, byUs(why), now);
  });

const byUs = (disposition: Disposition): CallEnd => ({
  disposition,
  sipCode: null,
  cause: null,
  engineText: null,
  hungUpBy: 'us',
});

async function conclude(tx: Tx, attempt: db.Attempt, end: CallEnd, at: Date, mayCharge = true): Promise<Ended> {
  const { id, agentId, accountId, state } = attempt;
  const told = endingOf(attempt, end.disposition);
  const ending = { ...told, isCharged: told.isCharged && mayCharge };
  const hungUpBy = attempt.hangUpWantedAt !== null && end.hungUpBy === 'us' ? 'agent' : end.hungUpBy;
  await db.noteEnded(tx, id, ending, { ...end, hungUpBy }, at);
  const isConnected = state === 'connected';
  await afterAttempt(tx, { attemptId: id, isConnected }, at);
  const session = agentId === null ? null : await findAgentSession(tx, agentId);
  if (session?.attemptId === id) {
    if (isConnected && session.state === 'talking')
      await moveAgent(tx, { staffId: session.staffId, to: 'wrap-up', attemptId: id }, at);
    if (!isConnected && session.state === 'calling') await releaseAgent(tx, session.staffId, at);
  }
  // What is wrong with the account is no customer's fault, and the next would be refused likewise.
  if (ending.disposition === 'trunk-auth') await stopVoiceAccount(tx, accountId, 'trunk-auth');
  const supervisors = await endSupervisionsOf(tx, id, 'call-ended', at);
  await tellLineKeeper(tx, accountId);
  return { attempt, disposition: ending.disposition, supervisors };
}

/**
 * What the engine knows of an open call's leg, taken in: `lost` ends it, and then says so. One that nobody was asked to dial and that
 * is old is dropped likewise.
 */
export async function reckonAttempt(
  pool: Pool,
  id: string,
  found: 'lives' | 'gone' | 'cannot-tell',
  now: Date,
): Promise<{ verdict: Reckoned; ended: Ended | null }> {
  const attempt = await db.findAttempt(pool, id);
  if (!attempt || attempt.state === 'ended') return { verdict: 'goes-on', ended: null };
  if (attempt.state === 'wanted') {
    const isOld = now.getTime() - attempt.wantedAt.getTime() > wantedGraceMs;
    return { verdict: 'goes-on', ended: isOld ? await dropWanted(pool, id, 'not-dialled', now) : null };
  }
  const verdict = reckon(attempt, found, now);
  if (verdict !== 'lost') return { verdict, ended: null };
  return { verdict, ended: await hearEnded(pool, id, { ...byUs('lost'), hungUpBy: 'engine' }, now) };
}
