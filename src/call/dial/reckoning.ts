import { setTimeout as sleep } from 'node:timers/promises';
import type { Found, LegState } from '../../voice/dialer.ts';
import { concludeEnded, follow, hangUp, lookUp } from './asking.ts';
import { findAgentFor, hearAnswered, hearRinging, reckonAttempt } from './attempt.command.ts';
import { findAttempt, knownLegs, openAttempts, type Attempt } from './attempt.db.ts';
import { beforeAnswer } from './attempt.rule.ts';
import { takeDown } from './hearing.ts';
import { agentsOf, noteLegUp, type AgentLeg } from './leg.db.ts';
import { aside, inTurn, type Line } from './line.ts';
import { closeSilentRecordings } from './recording.db.ts';

/** The engine's own word about an end is better than ours: it is given so long to come. */
const wordMs = 1_000;
const silentRecordingMs = 5 * 60_000;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * What the engine has and what our books say, made one: after a start, after each break of the line, and every few seconds, since an
 * event can be lost without anybody noticing. Books first, engine second: whatever is dialled meanwhile is in neither or in both.
 */
export async function reckonAll(line: Line, strays: Set<string>): Promise<void> {
  const attempts = await openAttempts(line.pool, line.accountId);
  const agents = await agentsOf(line.pool, line.accountId);
  const legs = await line.dialer.legs();
  const now = new Date();
  await Promise.all([
    ...attempts.map((attempt) => reckonCall(line, attempt, legs.get(attempt.id))),
    ...agents.map((agent) => reckonPhone(line, agent, agent.legId === null ? undefined : legs.get(agent.legId))),
  ]);
  await letStraysGo(line, legs, strays);
  await closeSilentRecordings(line.pool, line.accountId, new Date(now.getTime() - silentRecordingMs), now);
}

async function reckonCall(line: Line, attempt: Attempt, seen: LegState | undefined): Promise<void> {
  const { id, state } = attempt;
  if (seen === undefined) {
    if (state === 'wanted') await inTurn(line, id, 'reckon', () => settle(line, id, { kind: 'gone' }));
    // An end may be on its way: the leg is asked for by name a moment later.
    else aside(line, 'reckon', () => lookUp(line, id));
    return;
  }
  await inTurn(line, id, 'reckon', async () => {
    const now = new Date();
    if (seen === 'ringing' && state === 'dialling') await hearRinging(line.pool, id, now);
    if (seen === 'up' && beforeAnswer.includes(state)) follow(line, id, await hearAnswered(line.pool, id, now, now));
    // Answered or given to an agent by the process before, which did not come to put them through.
    if (seen === 'up' && isUnmet(attempt) && isUnmet(await findAttempt(line.pool, id)))
      follow(line, id, await findAgentFor(line.pool, id, now));
  });
}

const isUnmet = (attempt: Attempt | null): boolean =>
  attempt !== null && (attempt.state === 'answered' || (attempt.state === 'connected' && attempt.bridgedAt === null));

async function settle(line: Line, id: string, found: Found): Promise<void> {
  concludeEnded(line, (await reckonAttempt(line.pool, id, found.kind, new Date())).ended);
}

async function reckonPhone(line: Line, { legId }: AgentLeg, seen: LegState | undefined): Promise<void> {
  if (legId === null) return;
  if (seen === 'up') return inTurn(line, legId, 'reckon', async () => void (await noteLegUp(line.pool, legId)));
  if (seen === undefined)
    aside(line, 'reckon', async () => {
      await sleep(wordMs, undefined, { signal: line.ended }).catch(() => undefined);
      if (line.ended.aborted || (await line.dialer.find(legId)).kind !== 'gone') return;
      await inTurn(line, legId, 'reckon', () => takeDown(line, legId, new Date(), true));
    });
}

/** Legs that nobody owns: seen so twice in a row they are ended, and with them whoever is still held on a silent line. */
async function letStraysGo(line: Line, legs: ReadonlyMap<string, LegState>, strays: Set<string>): Promise<void> {
  const ours = [...legs.keys()].filter((leg) => uuid.test(leg));
  const known = new Map((await knownLegs(line.pool, ours)).map(({ id, ended }) => [id, ended]));
  const unowned = ours.filter((leg) => known.get(leg) !== false && !line.farewells.has(leg));
  for (const leg of unowned) if (strays.has(leg)) hangUp(line, leg);
  strays.clear();
  for (const leg of unowned) strays.add(leg);
}
