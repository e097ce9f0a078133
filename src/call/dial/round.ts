import { randomUUID } from 'node:crypto';
import { dialAttempt, hangUp, seekAgent } from './asking.ts';
import { dropWanted } from './attempt.command.ts';
import { openAttempts, type Attempt } from './attempt.db.ts';
import { beforeAnswer, type AttemptState } from './attempt.rule.ts';
import { takeDown } from './hearing.ts';
import { beginLeg, setUnseenBusy } from './leg.command.ts';
import { agentsOf, type AgentLeg } from './leg.db.ts';
import { legRingSeconds, legWork } from './leg.rule.ts';
import { aside, inTurn, mayAsk, type Line } from './line.ts';
import type { Pacer } from './pacer.ts';
import type { LineAccount } from './hold.db.ts';
import { serveSupervisors } from './supervising.ts';

export type Rounds = { go(account: LineAccount): Promise<void> };

/** One look at everything that is wished of a line: by a word of the database, and four times a second without one. */
export function createRounds(line: Line, pacer: Pacer): Rounds {
  const begun = new Set<string>();
  const supervisors = new Set<string>();
  const spent: number[] = [];
  return {
    async go(account) {
      if (!mayAsk(line)) return;
      const attempts = await openAttempts(line.pool, line.accountId);
      const open = new Set(attempts.map(({ id }) => id));
      for (const id of begun) if (!open.has(id)) begun.delete(id);
      await carryOut(line, attempts);
      await setUnseenBusy(line.pool, line.accountId, new Date());
      const agents = await agentsOf(line.pool, line.accountId);
      for (const agent of agents) aside(line, 'phone', () => servePhone(line, agent));
      await serveSupervisors(line, supervisors);
      if (agents.some(({ state }) => state === 'ready' || state === 'calling'))
        for (const id of line.waiting.keys()) void seekAgent(line, id);
      const paced = await pacer.decide(account, agents, attempts);
      await giveUp(line, attempts, paced.giveUp);
      const wanted = [...attempts.filter(({ state }) => state === 'wanted').map(({ id }) => id), ...paced.dial];
      dialWithin(line, account, {
        wanted,
        live: attempts.filter(({ state }) => state !== 'wanted').length,
        begun,
        spent,
      });
    },
  };
}

type Dialling = { wanted: string[]; live: number; begun: Set<string>; spent: number[] };

/** No more at once than the account has lines, and no more in a second than its trunk takes; the rest wait for the next round. */
function dialWithin(line: Line, account: LineAccount, { wanted, live, begun, spent }: Dialling): void {
  const now = Date.now();
  while (spent.length > 0 && (spent[0] ?? 0) <= now - 1_000) spent.shift();
  const waiting = wanted.filter((id) => !begun.has(id));
  const may = Math.min(account.lines - live - (wanted.length - waiting.length), account.callsPerSecond - spent.length);
  for (const id of waiting.slice(0, Math.max(0, may))) {
    begun.add(id);
    spent.push(now);
    aside(line, 'dial', () => dialAttempt(line, id));
  }
}

/** Hang-ups that somebody asked for. */
async function carryOut(line: Line, attempts: readonly Attempt[]): Promise<void> {
  for (const { id, state, hangUpWantedAt } of attempts) {
    if (hangUpWantedAt === null) continue;
    await takeBack(line, id, state);
  }
}

/** Calls that the pacer takes back: nobody would be free for whoever answers. */
async function giveUp(line: Line, attempts: readonly Attempt[], ids: readonly string[]): Promise<void> {
  for (const { id, state } of attempts)
    if (ids.includes(id) && beforeAnswer.includes(state)) await takeBack(line, id, state);
}

async function takeBack(line: Line, id: string, state: AttemptState): Promise<void> {
  if (state !== 'wanted') return hangUp(line, id);
  await inTurn(line, id, 'taken-back', async () => void (await dropWanted(line.pool, id, 'cancelled', new Date())));
}

/** An agent's phone is kept connected for as long as they are at work. */
async function servePhone(line: Line, agent: AgentLeg): Promise<void> {
  const { staffId, extension, state, legState, legId } = agent;
  const work = legWork({ state, legState, hasLeg: legId !== null });
  if (work === 'hang-up' && legId !== null) return hangUp(line, legId);
  if (work !== 'dial' || !mayAsk(line)) return;
  // Whoever asks for the phone is not kept waiting for a rest that was meant for nobody asking.
  const rest = line.absentPhones.get(staffId);
  if (legState === 'down' && rest && rest.next > Date.now()) return;
  const leg = randomUUID();
  if (!(await beginLeg(line.pool, { staffId, accountId: line.accountId, holder: line.holder, legId: leg }))) return;
  const asked = await line.dialer.dial({
    leg,
    to: { extension },
    callerNumber: line.ownNumber,
    ringSeconds: legRingSeconds,
    autoAnswer: true,
  });
  // In doubt the reckoning finds it, or finds it gone.
  if (asked.kind === 'refused' || asked.kind === 'gone')
    await inTurn(line, leg, 'phone', () => takeDown(line, leg, new Date(), false));
}
