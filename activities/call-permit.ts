import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { ClaimedMember } from '../src/campaign/claim.db.ts';
import type { ListedMember } from '../src/campaign/message.db.ts';
import type { Spent } from '../src/sms/pace.rule.ts';
import { commitLag, loopLag, type Granted } from '../src/sms/rate.db.ts';
import { renewClaim, type RenewRequest } from '../src/campaign/renew.db.ts';
import type { Pool } from '../src/kernel/sql.db.ts';
import type { HaltWatch } from './halt-watch.ts';

/** Asked immediately before a call begins: false when it must not be made any more. */
export type CallPermit = (group: readonly ClaimedMember[]) => Promise<boolean>;
export type Permits = {
  permit: CallPermit;
  /** Asked when the last call of the claim has begun: how long after the grant it was on its way. Null while leave is left. */
  spent(): Promise<Spent | null>;
};

/** A call takes time to reach the gateway: none begins so shortly before the window's end. */
export const callMarginMs = 500;

/** How old the last look at who may be called can be: a tenth of a second, or a few answers of a database that is slow. */
const lookMs = (): number => Math.min(900, Math.max(100, 3 * commitLag()));
// Turns of the loop after which a call that has begun is written to its socket, even where a connection had to be opened for it.
const wireTurns = 3;
/** Calls for which leave is renewed at once: what a worker begins while it holds. */
const atOnce = 60;

type Claimed = Omit<RenewRequest, 'people' | 'lapsed' | 'wanted'> & {
  claimed: readonly ClaimedMember[];
  members: ReadonlyMap<number, ListedMember>;
  granted: Granted;
  closesAt: Date;
};

/**
 * A claim is good for a moment. Calls that begin later, because the gateway is slow or another call had to be answered first,
 * need it renewed: the window and the campaign still open, no opt-out known, no receipt here, room in the rate.
 */
export function createCallPermit(
  pool: Pool,
  watch: HaltWatch,
  { claimed, members, closesAt, ...rest }: Claimed,
): Permits {
  const waiting = new Map(claimed.map((member) => [member.seq, member]));
  let { granted } = rest;
  const all: ReadonlySet<number> = new Set(waiting.keys());
  // Everything is read after the locks were waited for: the look is as old as the grant, not as the question.
  let looked = { at: granted.heldAt, of: all, may: all };
  let turn: Promise<unknown> = Promise.resolve();

  const over = (): boolean => watch.halted() || Date.now() >= closesAt.getTime() - callMarginMs;
  const isSeen = (group: readonly ClaimedMember[], now: number): boolean =>
    now - looked.at <= lookMs() && group.every(({ seq }) => looked.of.has(seq));
  const renew = async (group: readonly ClaimedMember[]): Promise<number | null> => {
    const left = new Map([...waiting, ...group.map((member) => [member.seq, member] as const)]);
    const now = performance.now();
    // Where the last look is fresh only the rate is asked for.
    const people = isSeen(group, now) ? [] : [...left.values()];
    const renewal = await renewClaim(
      pool,
      {
        ...rest,
        people: people.flatMap((member) => {
          const listed = members.get(member.seq);
          return listed ? [{ ...member, phone: listed.phone, customerId: listed.customerId }] : [];
        }),
        lapsed: granted,
        wanted: Math.max(group.length, Math.min(left.size, atOnce)),
      },
      new Date(),
    );
    if (renewal.kind === 'stopped') return null;
    granted = renewal.granted;
    if (people.length > 0) looked = { at: granted.heldAt, of: new Set(left.keys()), may: renewal.may };
    return renewal.waitMs;
  };
  const ask = async (group: readonly ClaimedMember[]): Promise<boolean> => {
    // An answer that has just come counts for the call that it was asked for, however slow the machine was with it.
    let answered = false;
    for (;;) {
      if (over()) return false;
      const now = performance.now();
      const seen = answered || isSeen(group, now);
      if (seen && !group.every(({ seq }) => looked.may.has(seq))) return false;
      if (seen && now - granted.heldAt <= granted.validMs && granted.left >= group.length) {
        granted = { ...granted, left: granted.left - group.length };
        return true;
      }
      const waitMs = await renew(group);
      if (waitMs === null) return false;
      answered = true;
      if (granted.left < group.length) await sleep(Math.max(5, Math.min(waitMs, 200)));
    }
  };

  const permit: CallPermit = (group) => {
    // One after another: two that renewed the same grant at once would each get the other's.
    const asked = turn.then(async () => {
      const may = await ask(group);
      for (const { seq } of group) waiting.delete(seq);
      return may;
    });
    turn = asked.catch(() => undefined);
    return asked;
  };
  return {
    permit,
    async spent() {
      if (waiting.size > 0) return null;
      const { at, heldAt } = granted;
      // What is said to be over is over: a call that is made again asks for leave of its own.
      granted = { ...granted, left: 0 };
      for (let turns = 0; turns < wireTurns; turns += 1) await setImmediate();
      // And one that follows may come so much sooner to the gateway than one before it.
      return { at, validMs: Math.ceil(performance.now() - heldAt + loopLag()) };
    },
  };
}
