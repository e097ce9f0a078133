import { setTimeout as sleep } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { Asked, CallEnd, Found } from '../../voice/dialer.ts';
import type { Disposition } from '../../voice/disposition.rule.ts';
import {
  abandon,
  beginDial,
  dropUnmet,
  dropWanted,
  findAgentFor,
  hearRefused,
  reckonAttempt,
  type Answer,
  type Connection,
  type Ended,
} from './attempt.command.ts';
import { noteBridged, type Attempt } from './attempt.db.ts';
import { connectWithinMs } from './attempt.rule.ts';
import { aside, inTurn, mayAsk, type Line, type Seen } from './line.ts';
import { noteRecorded, noteRunning } from './recording.db.ts';

const endedBefore = (disposition: Disposition, code: string): CallEnd => ({
  disposition,
  sipCode: null,
  cause: null,
  engineText: code,
  hungUpBy: 'engine',
});

/** Dials a wanted call, once in its life: the row has said so before the engine is asked. */
export async function dialAttempt(line: Line, id: string): Promise<void> {
  if (!mayAsk(line)) return;
  const attempt = await beginDial(line.pool, id, line.holder, new Date());
  if (!attempt) {
    // Stopped, taken back or too old; where another holds the line by now it is theirs.
    if (mayAsk(line))
      await inTurn(
        line,
        id,
        'not-dialled',
        async () => void (await dropWanted(line.pool, id, 'cancelled', new Date())),
      );
    return;
  }
  if (!mayAsk(line)) return;
  const { phone, callerNumber, ringSeconds } = attempt;
  const asked = await line.dialer.dial({ leg: id, to: { phone }, callerNumber, ringSeconds }).catch(doubtful);
  if (asked.kind === 'done' || asked.kind === 'exists') return;
  if (asked.kind === 'refused')
    await inTurn(line, id, 'refused', async () =>
      concludeEnded(line, await hearRefused(line.pool, id, endedBefore(asked.disposition, asked.code), new Date())),
    );
  else aside(line, 'look-up', () => lookUp(line, id));
}

const doubtful = (): Asked => ({ kind: 'unknown', code: 'thrown' });
const cannotTell = (): Found => ({ kind: 'cannot-tell' });

const lookAgainMs = 1_000;
const looks = 15;

/** A dial in doubt is looked for, never repeated. What cannot be told here is left to the reckonings. */
export async function lookUp(line: Line, id: string): Promise<void> {
  for (let look = 0; look < looks && !line.ended.aborted; look += 1) {
    await sleep(lookAgainMs, undefined, { signal: line.ended }).catch(() => undefined);
    if (line.ended.aborted) return;
    const found = await line.dialer.find(id).catch(cannotTell);
    let verdict = 'look-again';
    await inTurn(line, id, 'look-up', async () => {
      const reckoned = await reckonAttempt(line.pool, id, found.kind, new Date());
      verdict = reckoned.verdict;
      concludeEnded(line, reckoned.ended);
    });
    if (verdict !== 'look-again') return;
  }
}

const hangUpAgainMs = 3_000;

/** Asked again every few seconds until the engine says that it has ended. */
export function hangUp(line: Line, leg: string): void {
  const now = Date.now();
  if (line.ended.aborted || now - (line.hungUp.get(leg) ?? 0) < hangUpAgainMs) return;
  line.hungUp.set(leg, now);
  aside(line, 'hang-up', () => line.dialer.hangUp(leg));
}

/** An answer was taken in: the agent is put through, or the two seconds begin to run. */
export function follow(line: Line, id: string, answer: Answer): void {
  if (answer.kind === 'over') {
    line.waiting.delete(id);
    if (!line.farewells.has(id)) hangUp(line, id);
    return;
  }
  const { attempt, isNew } = answer;
  if (isNew && attempt.dialledAt && attempt.answeredAt)
    observe(line, attempt, { kind: 'answered', ms: attempt.answeredAt.getTime() - attempt.dialledAt.getTime() });
  if (answer.kind === 'connect') {
    line.waiting.delete(id);
    if (attempt.state === 'answered') observe(line, attempt, { kind: 'connected', ms: 0 });
    aside(line, 'connect', () => putThrough(line, answer.connection));
  } else if (attempt.state === 'answered' && !line.waiting.has(id)) {
    line.waiting.set(id, Date.now() + connectWithinMs);
    setTimeout(() => giveUp(line, id), connectWithinMs).unref();
  }
}

/** Somebody is free now, perhaps. */
export const seekAgent = (line: Line, id: string): Promise<void> =>
  inTurn(line, id, 'seek-agent', async () => {
    if (line.waiting.has(id)) follow(line, id, await findAgentFor(line.pool, id, new Date()));
  });

function giveUp(line: Line, id: string): void {
  if (line.ended.aborted || !line.waiting.has(id)) return;
  void inTurn(line, id, 'abandon', async () => {
    if (!line.waiting.has(id)) return;
    const ended = await abandon(line.pool, id, new Date());
    if (ended) farewell(line, id);
    line.waiting.delete(id);
    concludeEnded(line, ended);
  });
}

const longestFarewellMs = 20_000;

/** Says who called, then hangs up: at the end of the message, and when nothing is heard of that. */
function farewell(line: Line, id: string): void {
  line.farewells.set(id, { until: Date.now() + longestFarewellMs });
  aside(line, 'farewell', async () => {
    const asked = await line.dialer.play(id, randomUUID(), line.farewellMedia);
    if (asked.kind !== 'done' && asked.kind !== 'exists') endFarewell(line, id);
  });
  setTimeout(() => endFarewell(line, id), longestFarewellMs).unref();
}
export function endFarewell(line: Line, id: string): void {
  if (line.farewells.delete(id)) hangUp(line, id);
}

const bridgeTries = 3;

/** The person hears the agent. Where the agent's phone has just gone, nobody is left alone on a silent line. */
async function putThrough(line: Line, connection: Connection): Promise<void> {
  const { attemptId: id, agentLeg } = connection;
  for (let tries = 1; tries <= bridgeTries; tries += 1) {
    if (line.ended.aborted) return;
    const asked = await line.dialer.bridge(id, [id, agentLeg]).catch(doubtful);
    if (asked.kind === 'done' || asked.kind === 'exists') {
      await inTurn(line, id, 'bridged', async () => void (await noteBridged(line.pool, id, new Date())));
      return recordTalk(line, connection);
    }
    const found = await line.dialer.find(id).catch(cannotTell);
    // The person has hung up: their end is on its way.
    if (found.kind === 'gone') return;
  }
  await inTurn(line, id, 'unmet', async () => {
    const ended = await dropUnmet(line.pool, id, new Date());
    if (ended) farewell(line, id);
    concludeEnded(line, ended);
  });
}

async function recordTalk(line: Line, { attemptId, recording: name }: Connection): Promise<void> {
  const asked = await line.dialer.record(attemptId, name).catch(doubtful);
  if (asked.kind === 'done' || asked.kind === 'exists') await noteRunning(line.pool, name, new Date());
  else if (asked.kind !== 'unknown')
    await noteRecorded(
      line.pool,
      { name, seconds: null, failure: asked.kind === 'refused' ? asked.code : 'gone' },
      new Date(),
    );
}

/** What an end asks of the engine: the bridge is taken down, whoever listened is let go. */
export function concludeEnded(line: Line, ended: Ended | null): void {
  if (!ended) return;
  const { attempt, disposition, supervisors } = ended;
  line.waiting.delete(attempt.id);
  for (const leg of supervisors) hangUp(line, leg);
  if (attempt.connectedAt !== null) aside(line, 'end-bridge', () => line.dialer.endBridge(attempt.id));
  observeEnd(line, attempt, disposition);
}

function observeEnd(line: Line, attempt: Attempt, disposition: Disposition): void {
  const { dialledAt, connectedAt } = attempt;
  if (disposition === 'abandoned') observe(line, attempt, { kind: 'abandoned', ms: 0 });
  else if (connectedAt !== null) observe(line, attempt, { kind: 'talked', ms: Date.now() - connectedAt.getTime() });
  // What we took back or lost says nothing about the people.
  else if (dialledAt !== null && disposition !== 'cancelled' && disposition !== 'lost')
    observe(line, attempt, { kind: 'failed', ms: Date.now() - dialledAt.getTime() });
}

function observe(line: Line, { listId, mode }: Attempt, seen: Seen): void {
  if (mode === 'progressive' || mode === 'predictive') line.observe(listId, { ...seen, ms: Math.max(0, seen.ms) });
}
