import { takeLeave, openPace, paceNow } from '../sms/rate.db.ts';
import { readTogether, rowsOf, type Pool } from '../kernel/sql.db.ts';
import {
  claimSlice,
  Due,
  dueOf,
  Gate,
  gateNow,
  leastOf,
  ratesOf,
  stopAt,
  waitOf,
  type Claim,
  type ClaimRequest,
} from './claim.db.ts';

/**
 * Claims whoever of `people` is due, as many as the rate grants. The rate is looked at first, and nobody is locked for that: a campaign
 * that has to wait for it costs three reads by key, and what is known of people is read only of those whose turn it is.
 * The claim asks everything again, in its own transaction.
 */
export async function claimDue(pool: Pool, request: ClaimRequest): Promise<Claim> {
  const [gates, due, ...pace] = await readTogether(pool, [
    gateNow(request),
    dueOf(request),
    ...paceNow(ratesOf(request)),
  ]);
  const gate = rowsOf(Gate, gates)[0];
  const stop = stopAt(gate, request.owner);
  if (stop) return { kind: 'stopped', why: stop };
  const waiting = new Set(rowsOf(Due, due).map(({ seq }) => seq));
  const people = request.people.filter(({ seq }) => waiting.has(seq));
  if (people.length === 0) return { kind: 'none' };
  const rates = ratesOf(request, gate);
  const leave = takeLeave(pace, rates, people.length, { least: leastOf(people.length, rates), spent: request.spent });
  if (leave === null) {
    await openPace(pool, rates);
    return claimDue(pool, request);
  }
  const granted = leave.granted.left;
  if (granted === 0) return { kind: 'wait', waitMs: waitOf(leave) };
  const claim = await claimSlice(pool, { ...request, people: people.slice(0, granted) });
  return claim.kind === 'claimed' ? { ...claim, more: claim.more || granted < people.length } : claim;
}
