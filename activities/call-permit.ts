import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { ClaimedMember } from '../src/campaign/claim.db.ts';
import type { ListedMember } from '../src/campaign/message.db.ts';
import type { Spent } from '../src/sms/pace.rule.ts';
import { claimLag, loopLag, type Granted, type Leave, type Rates } from '../src/sms/rate.db.ts';
import { mayStillBeCalled, type LookRequest } from '../src/campaign/look.db.ts';
import type { Pool } from '../src/kernel/sql.db.ts';
import type { HaltWatch } from './halt-watch.ts';
import type { LeaveDesk } from './leave-desk.ts';

/** Asked immediately before a call begins: false when it must not be made any more. */
export type CallPermit = (group: readonly ClaimedMember[]) => Promise<boolean>;
export type Permits = {
  permit: CallPermit;
  /** Asked when the last call of the claim has begun: how long after its moment it was on its way. Null while leave is left. */
  spent(): Promise<Spent | null>;
};

/** A call takes time to reach the gateway: none begins so shortly before the window's end. */
export const callMarginMs = 500;

/** How much sooner than its moment leave is asked for: people are claimed meanwhile, and the call begins on time. */
export const leadMs = 250;
/** How old the last look at who may be called can be: until the claim's own moment, or a few answers of a database that is slow. */
const lookMs = (): number => Math.min(900, Math.max(leadMs + 100, 3 * claimLag()));
// Turns of the loop after which a call that has begun is written to its socket, even where a connection had to be opened for it.
const wireTurns = 3;
/** Calls for which leave is renewed at once: what a worker begins while it holds. */
const atOnce = 60;

type Claimed = Omit<LookRequest, 'people'> & {
  claimed: readonly ClaimedMember[];
  lookedAt: number;
  members: ReadonlyMap<number, ListedMember>;
  granted: Granted;
  rates: Rates;
  closesAt: Date;
};

/**
 * A claim is good for a moment. Calls that begin later, because the gateway is slow or another call had to be answered first,
 * need it renewed: the window and the campaign still open, no opt-out known, no receipt here, room in the rate.
 */
export function createCallPermit(
  { pool, desk }: { pool: Pool; desk: LeaveDesk },
  watch: HaltWatch,
  { claimed, lookedAt, members, closesAt, rates, ...rest }: Claimed,
): Permits {
  const waiting = new Map(claimed.map((member) => [member.seq, member]));
  let { granted } = rest;
  const all: ReadonlySet<number> = new Set(waiting.keys());
  let looked = { at: lookedAt, answeredAt: lookedAt, of: all, may: all };
  let turn: Promise<unknown> = Promise.resolve();

  const over = (): boolean => watch.halted() || Date.now() >= closesAt.getTime() - callMarginMs;
  const isSeen = (group: readonly ClaimedMember[], now: number): boolean =>
    now - looked.at <= lookMs() && group.every(({ seq }) => looked.of.has(seq));
  const look = async (group: readonly ClaimedMember[]): Promise<boolean> => {
    const left = new Map([...waiting, ...group.map((member) => [member.seq, member] as const)]);
    const people = [...left.values()].flatMap((member) => {
      const listed = members.get(member.seq);
      return listed ? [{ ...member, phone: listed.phone, customerId: member.customerId ?? listed.customerId }] : [];
    });
    const askedAt = performance.now();
    const may = await mayStillBeCalled(pool, { ...rest, people }, new Date());
    if (may !== null) looked = { at: askedAt, answeredAt: performance.now(), of: new Set(left.keys()), may };
    return may !== null;
  };
  /** Leave anew for what has none any more. */
  const renew = async (group: readonly ClaimedMember[]): Promise<Leave['kind']> => {
    const { at, left } = granted;
    granted = { ...granted, left: 0 };
    const wanted = Math.max(group.length, Math.min(waiting.size, atOnce));
    const leave = await desk.ask({
      accountId: rest.accountId,
      rates,
      wanted,
      spent: null,
      lapsed: left > 0 ? { at, left } : null,
      paid: { least: group.length },
      aheadMs: leadMs,
    });
    if (leave.kind === 'granted') ({ granted } = leave);
    if (leave.kind === 'wait') await sleep(Math.min(leave.waitMs, 200));
    return leave.kind;
  };
  const ask = async (group: readonly ClaimedMember[]): Promise<boolean> => {
    // An answer that has just come counts for the call that it was asked for, however slow the machine was with it; not one that came
    // while leave was waited for.
    let answered = false;
    for (;;) {
      if (over()) return false;
      const now = performance.now();
      const seen: boolean = (answered && now - looked.answeredAt <= lookMs()) || isSeen(group, now);
      const granting = granted.left >= group.length && now <= granted.endsAt;
      if (seen && !group.every(({ seq }) => looked.may.has(seq))) return false;
      if (seen && granting) {
        const earlyMs = granted.beginsAt - now;
        if (earlyMs > 0) {
          await sleep(Math.ceil(earlyMs));
          continue;
        }
        granted = { ...granted, left: granted.left - group.length };
        return true;
      }
      const [stands, renewed]: [boolean, Leave['kind']] = await Promise.all([
        seen || look(group),
        granting ? 'granted' : renew(group),
      ]);
      if (!stands || renewed === 'never') return false;
      answered = renewed === 'granted';
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
      const { at, datedAt } = granted;
      // What is said to be over is over: a call that is made again asks for leave of its own.
      const unused = granted.left;
      granted = { ...granted, left: 0 };
      const begun = performance.now();
      for (let turns = 0; turns < wireTurns; turns += 1) await setImmediate();
      // And one that follows may come so much sooner to the gateway than one before it: as late as turns are, counted from the last that began.
      const wireMs = Math.max(performance.now() - begun, loopLag().usual);
      return { at, unused, validMs: Math.ceil(Math.max(0, begun + wireMs - datedAt)) };
    },
  };
}
