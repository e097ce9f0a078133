import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from '../../kernel/sql.db.ts';
import type { Dialer } from '../../voice/dialer.ts';
import { createLegQueues, type LegQueues } from './leg-queue.ts';

export type LineLog = Record<'info' | 'warn' | 'error', (fields: Record<string, unknown>, sentence: string) => void>;

/** What a call of a paced list has just shown. */
export type Seen = { kind: 'answered' | 'failed' | 'talked' | 'connected' | 'abandoned'; ms: number };

/** The line to one engine, as long as this process holds it. */
export type Line = {
  readonly pool: Pool;
  readonly accountId: string;
  /** Who stands in `line_keeper`: new at each start of a line. */
  readonly holder: string;
  readonly dialer: Dialer;
  /** What agents' phones show when we call them. */
  readonly ownNumber: string;
  readonly log: LineLog;
  /** The engine tells what happens, and what happened before was reckoned up: calls may begin. */
  isUp: boolean;
  /** Another may hold the line now: nothing is asked of the engine any more. */
  readonly ended: AbortSignal;
  readonly queues: LegQueues;
  /** Answered calls without an agent, with the moment at which their two seconds are over. */
  readonly waiting: Map<string, number>;
  /** Legs that are over in our books and hear their last message. */
  readonly farewells: Map<string, { until: number }>;
  /** Legs that were asked to hang up, and when. */
  readonly hungUp: Map<string, number>;
  /** Phones that did not answer, with the tries in a row and the moment of the next. */
  readonly absentPhones: Map<string, { tries: number; next: number }>;
  /** What a paced list has just shown, for its pacer. */
  readonly observe: (listId: string, seen: Seen) => void;
  /** Played to whoever is answered and meets nobody: who called, and that they will call again. */
  readonly farewellMedia: string;
};

export function createLine(
  given: Pick<
    Line,
    'pool' | 'accountId' | 'holder' | 'dialer' | 'ownNumber' | 'log' | 'ended' | 'observe' | 'farewellMedia'
  >,
): Line {
  return {
    ...given,
    isUp: false,
    queues: createLegQueues(),
    waiting: new Map(),
    farewells: new Map(),
    hungUp: new Map(),
    absentPhones: new Map(),
  };
}

const restMs = 250;
const mostTries = 20;

/**
 * In the leg's turn. What the database did not take is tried again for some seconds, since the engine tells it only once; given up,
 * the next reckoning finds what is so.
 */
export function inTurn(line: Line, leg: string, what: string, work: () => Promise<void>): Promise<void> {
  return line.queues.run(leg, async () => {
    for (let tries = 1; !line.ended.aborted; tries += 1) {
      try {
        await work();
        return;
      } catch (error) {
        if (tries === 1)
          line.log.warn({ leg, what, err: error }, 'What was heard of a call was not taken in; trying again.');
        if (tries >= mostTries) {
          line.log.error({ leg, what, err: error }, 'What was heard of a call could not be taken in.');
          return;
        }
        await sleep(restMs, undefined, { signal: line.ended }).catch(() => undefined);
      }
    }
  });
}

/** Whether the engine may be asked for anything new. */
export const mayAsk = (line: Line): boolean => line.isUp && !line.ended.aborted;

/** Work that nobody waits for. */
export function aside(line: Line, what: string, work: () => Promise<unknown>): void {
  work().catch((error: unknown) => {
    if (!line.ended.aborted) line.log.warn({ what, err: error }, 'Something asked of the line failed.');
  });
}
