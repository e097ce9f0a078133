import { allowedShare } from '../pacing/budget.rule.ts';
import { decide } from '../pacing/decide.rule.ts';
import type { AgentOnFloor, AgentState, Decision } from '../pacing/floor.rule.ts';
import { learn, newLearning, type Learned, type Observation } from '../pacing/learning.rule.ts';
import type { Pool } from '../../kernel/sql.db.ts';
import type { Attempt } from './attempt.db.ts';
import { beforeAnswer } from './attempt.rule.ts';
import type { LineAccount } from './hold.db.ts';
import type { AgentLeg } from './leg.db.ts';
import type { LineLog, Seen } from './line.ts';
import { claimPaced } from './pace.command.ts';
import * as db from './pace.db.ts';

export type Pacer = {
  /** What is to be done now. The people of those that are to be dialled are reserved, and their rows committed. */
  decide(account: LineAccount, agents: readonly AgentLeg[], attempts: readonly Attempt[]): Promise<Paced>;
  observe(listId: string, seen: Seen): void;
  /** What was learned is kept for whoever holds the line next. */
  save(): Promise<void>;
};

/** Ids of calls. */
export type Paced = { dial: string[]; giveUp: string[] };

/** The safe harbour that facts/pacing §1 reads: over thirty days, or the whole campaign when it is shorter. */
const windowDays = 30;
/** A list without anybody to call is asked again after so long: a claim of nobody still looks through its tasks. */
const dryMs = 1_000;
const saveEveryMs = 60_000;

type Known = {
  learned: Learned;
  window: { answered: number; abandoned: number };
  cap: number;
  agents: number;
  dryUntil: number;
  readAt: number;
};

/** The pacing of all lists of one account; its rule is src/call/pacing. */
export function createPacer(pool: Pool, accountId: string, log: LineLog): Pacer {
  const known = new Map<string, Known>();
  const wrapping = new Map<string, { since: number; listId: string }>();
  let savedAt = Date.now();
  const save = async (): Promise<void> => {
    savedAt = Date.now();
    for (const [listId, { learned }] of known) await db.storeLearned(pool, listId, learned, new Date());
  };
  const see = (listId: string, seen: Observation): void => {
    const paced = known.get(listId);
    if (paced) paced.learned = learn(paced.learned, seen);
  };
  return {
    save,
    observe(listId, { kind, ms }) {
      const paced = known.get(listId);
      if (!paced) return;
      if (kind === 'connected' || kind === 'abandoned') {
        see(listId, { kind, allowedShare: allowedShare(paced.cap, paced.learned, paced.agents) });
        paced.window.answered += 1;
        if (kind === 'abandoned') paced.window.abandoned += 1;
      } else if (kind === 'talked') see(listId, { kind, lastedMs: ms });
      else see(listId, { kind, afterMs: ms });
    },
    async decide(account, agents, attempts) {
      watchWrapUps(wrapping, agents, attempts, see);
      if (savedAt < Date.now() - saveEveryMs) await save();
      if (account.state !== 'active') return { dial: [], giveUp: [] };
      const now = new Date();
      const begun: string[] = [];
      const giveUp: string[] = [];
      const taken = new Set<string>();
      for (const list of await db.pacedLists(pool, accountId, now)) {
        const paced = await pacedOf(pool, known, list, now);
        const open = attempts.filter(({ listId }) => listId === list.id);
        const theirs = agents.filter((each) => !taken.has(each.staffId) && worksOn(each, list.id));
        paced.agents = theirs.length;
        if (paced.dryUntil > now.getTime() && open.length === 0) continue;
        // An agent who serves several lists is counted by the first of them that has somebody to call.
        for (const { staffId } of theirs) taken.add(staffId);
        const { dials: count, cancel } = decisionFor(list, paced, {
          theirs,
          open,
          free: account.lines - attempts.length - begun.length,
          now,
        });
        giveUp.push(...cancel);
        if (count === 0 || paced.dryUntil > now.getTime()) continue;
        const ready = theirs.filter(isFree).map(({ staffId }) => staffId);
        const claimed = await claimPaced(pool, { listId: list.id, count, readyAgents: ready, now });
        if (claimed.length < count) paced.dryUntil = now.getTime() + dryMs;
        if (claimed.length > 0) log.info({ listId: list.id, dials: claimed.length }, 'A list dials.');
        begun.push(...claimed);
      }
      return { dial: begun, giveUp };
    },
  };
}

async function pacedOf(pool: Pool, known: Map<string, Known>, list: db.PacedList, now: Date): Promise<Known> {
  const before = known.get(list.id);
  const isFresh = before && before.readAt > now.getTime() - saveEveryMs;
  if (isFresh) {
    before.cap = list.cap;
    return before;
  }
  const since = new Date(now.getTime() - windowDays * 86_400_000);
  const window = (await db.liveAnswers(pool, list.id, since)) ?? { answered: 0, abandoned: 0 };
  const learned = before?.learned ?? ((await db.findLearned(pool, list.id)) as Learned | null) ?? newLearning();
  const paced: Known = {
    ...(before ?? { agents: 0, dryUntil: 0 }),
    learned,
    window,
    cap: list.cap,
    readAt: now.getTime(),
  };
  known.set(list.id, paced);
  return paced;
}

const worksOn = ({ listIds, state }: AgentLeg, listId: string): boolean =>
  state !== 'away' && (listIds.length === 0 || listIds.includes(listId));
const isFree = ({ state, legState }: AgentLeg): boolean => state === 'ready' && legState === 'up';

const onFloor: Readonly<Record<AgentLeg['state'], AgentState>> = {
  away: 'busy',
  busy: 'busy',
  ready: 'ready',
  calling: 'ringing',
  talking: 'talk',
  'wrap-up': 'wrap',
};

type Floor = { theirs: readonly AgentLeg[]; open: readonly Attempt[]; free: number; now: Date };

/** What the rule says of this list now. */
function decisionFor(list: db.PacedList, paced: Known, { theirs, open, free, now }: Floor): Decision {
  const kept = new Set(
    open.flatMap(({ agentId, state }) => (agentId !== null && state !== 'connected' ? [agentId] : [])),
  );
  const stateOf = (agent: AgentLeg): AgentState => {
    if (agent.state !== 'ready') return onFloor[agent.state];
    if (agent.legState !== 'up') return 'busy';
    return kept.has(agent.staffId) ? 'reserved' : 'ready';
  };
  // A call that is kept for its promiser waits for no other agent, and no other agent waits for it.
  const shared = open.filter(({ agentId, mode }) => agentId === null && mode !== 'preview');
  return decide({
    now: now.getTime(),
    mode: list.mode,
    agents: theirs.map((agent): AgentOnFloor => ({ state: stateOf(agent), since: agent.since.getTime() })),
    // One that is committed and not dialled yet is a call as good as any: an agent is spoken for.
    calls: shared
      .filter(({ state }) => beforeAnswer.includes(state))
      .map(({ id, dialledAt, wantedAt, ringingAt }) => {
        const since = (dialledAt ?? wantedAt).getTime();
        return { id, dialledAt: since, ringingSince: ringingAt?.getTime() ?? null };
      }),
    waiting: shared.filter(({ state }) => state === 'answered').length,
    queued: 0,
    lines: Math.max(0, free),
    learned: paced.learned,
    window: paced.window,
    cap: paced.cap,
  });
}

/** How long write-ups last is seen from the agents' states alone: who wrote up a moment ago and does not any more has done. */
function watchWrapUps(
  wrapping: Map<string, { since: number; listId: string }>,
  agents: readonly AgentLeg[],
  attempts: readonly Attempt[],
  see: (listId: string, seen: Observation) => void,
): void {
  const listOf = new Map(attempts.map(({ id, listId }) => [id, listId]));
  for (const agent of agents) {
    const listId = agent.attemptId === null ? undefined : listOf.get(agent.attemptId);
    // The call is open while they talk; once it has ended its list is remembered from then.
    if (agent.state === 'talking' && listId !== undefined) wrapping.set(agent.staffId, { since: 0, listId });
    const known = wrapping.get(agent.staffId);
    if (!known) continue;
    if (agent.state === 'wrap-up') known.since = agent.since.getTime();
    else if (agent.state !== 'talking') {
      if (known.since > 0) see(known.listId, { kind: 'wrapped', lastedMs: agent.since.getTime() - known.since });
      wrapping.delete(agent.staffId);
    }
  }
}
