import type { CallEvent } from '../../voice/dialer.ts';
import { legRingSeconds } from './leg.rule.ts';
import { aside, mayAsk, type Line } from './line.ts';
import * as db from './supervision.db.ts';

/** Supervisors who listen or speak: their phone is called, then put where they asked to be. */
export async function serveSupervisors(line: Line, asked: Set<string>): Promise<void> {
  for (const each of await db.openSupervisions(line.pool, line.accountId)) {
    if (each.isOver) aside(line, 'end-supervision', () => endSupervision(line, each.id, 'over'));
    else if (each.state === 'wanted' && !asked.has(each.id)) {
      asked.add(each.id);
      aside(line, 'supervise', () => callSupervisor(line, each));
    }
  }
}

async function callSupervisor(line: Line, { id, extension }: db.Supervision): Promise<void> {
  if (!mayAsk(line)) return;
  const asked = await line.dialer.dial({
    leg: id,
    to: { extension },
    callerNumber: line.ownNumber,
    ringSeconds: legRingSeconds,
    autoAnswer: true,
  });
  if (asked.kind !== 'done' && asked.kind !== 'exists') await endSupervision(line, id, 'phone-gone');
}

async function endSupervision(line: Line, id: string, reason: string): Promise<void> {
  await db.noteSupervisionEnded(line.pool, id, reason, new Date());
  await line.dialer.endSupervision(id);
}

/** False when the leg is no supervisor's. */
export async function hearSupervisor(line: Line, event: CallEvent): Promise<boolean> {
  if (!(await db.isSupervision(line.pool, event.leg))) return false;
  if (event.kind === 'answered') aside(line, 'supervise', () => join(line, event.leg));
  if (event.kind === 'ended') await db.noteSupervisionEnded(line.pool, event.leg, 'left', event.at);
  return true;
}

async function join(line: Line, id: string): Promise<void> {
  const wanted = (await db.openSupervisions(line.pool, line.accountId)).find((each) => each.id === id);
  if (!wanted || wanted.isOver || wanted.agentLeg === null) return endSupervision(line, id, 'call-ended');
  const asked = await line.dialer.supervise(wanted.how, { leg: wanted.agentLeg, bridgeId: wanted.attemptId }, id);
  if (asked.kind === 'done' || asked.kind === 'exists') await db.noteSupervising(line.pool, id, new Date());
  else await endSupervision(line, id, 'engine-refused');
}
