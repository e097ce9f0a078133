import type { CallEvent, RecordingEvent } from '../../voice/dialer.ts';
import { concludeEnded, endFarewell, follow, hangUp } from './asking.ts';
import { hearAnswered, hearEnded, hearRinging } from './attempt.command.ts';
import { findAttempt, noteKey } from './attempt.db.ts';
import { hearLegDown } from './leg.command.ts';
import { noteLegUp } from './leg.db.ts';
import { legRestMs } from './leg.rule.ts';
import { inTurn, type Line } from './line.ts';
import { noteRecorded } from './recording.db.ts';
import { hearSupervisor } from './supervising.ts';

/** Takes in what the engine tells of a leg: a customer's, an agent's phone's, or a supervisor's. */
export function hear(line: Line, event: CallEvent | RecordingEvent): void {
  if (event.kind === 'recorded') {
    void inTurn(line, event.name, event.kind, async () => void (await noteRecorded(line.pool, event, event.at)));
    return;
  }
  if (event.kind === 'ended') line.hungUp.delete(event.leg);
  void inTurn(line, event.leg, event.kind, async () => {
    if (await findAttempt(line.pool, event.leg)) await hearCall(line, event);
    else await hearPhone(line, event);
  });
}

async function hearCall(line: Line, event: CallEvent): Promise<void> {
  const { leg: id, at } = event;
  switch (event.kind) {
    case 'ringing':
      return hearRinging(line.pool, id, at);
    case 'answered':
      return follow(line, id, await hearAnswered(line.pool, id, at, new Date()));
    case 'key':
      return void (await noteKey(line.pool, id, event.digit));
    case 'played':
      return endFarewell(line, id);
    case 'ended':
      line.farewells.delete(id);
      return concludeEnded(line, await hearEnded(line.pool, id, event.end, at));
    case 'bridged':
      return;
  }
}

async function hearPhone(line: Line, event: CallEvent): Promise<void> {
  const { leg, at } = event;
  if (await hearSupervisor(line, event)) return;
  if (event.kind === 'answered') await noteLegUp(line.pool, leg);
  if (event.kind === 'ended') await takeDown(line, leg, at, false);
}

/** A phone is gone: it is called again after a rest, and whoever it talked to is let go. */
export async function takeDown(line: Line, leg: string, at: Date, again: boolean): Promise<void> {
  const down = await hearLegDown(line.pool, { legId: leg, accountId: line.accountId, again }, at);
  if (!down) return;
  if (!again) {
    const tries = line.absentPhones.get(down.staffId)?.tries ?? 0;
    line.absentPhones.set(down.staffId, { tries: tries + 1, next: Date.now() + legRestMs(tries) });
  }
  if (down.hangUp !== null) hangUp(line, down.hangUp);
}
