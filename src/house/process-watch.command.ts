import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { transaction, type Db, type Pool, type Tx } from '../kernel/sql.db.ts';
import { record } from './audit/audit.db.ts';
import { alarmingLosses, lossesNow, verdictOn, type LiveProcess, type ProcessSeen } from './process-watch.rule.ts';

export type WatchDeps = {
  pool: Pool;
  client: Client;
  taskQueue: string;
  log: Record<'warn' | 'error', (fields: Record<string, unknown>, sentence: string) => void>;
};

/** One kind of process: how the database knows those that must live, and how a lost one begins again. */
export type WatchedKind<Live extends LiveProcess> = {
  live(db: Db): Promise<Live[]>;
  /** Looked at again under its lock: between the look and the start it may have come to its end. */
  lock(tx: Tx, process: Live): Promise<Live | null>;
  noteLoss(tx: Tx, process: Live, losses: number, now: Date): Promise<unknown>;
  /** The new process has begun: it knows nothing but the database. */
  noteFresh(db: Db, process: Live): Promise<unknown>;
  workflowId(process: Live): string;
  /** `TERMINATE_EXISTING` for one that runs and cannot go on with what it knows. */
  start(process: Live, existing: 'TERMINATE_EXISTING' | 'FAIL'): Promise<unknown>;
  /** The act on record. */
  restarted(process: Live): string;
  sentences: { lost: string; again: string };
};

/**
 * Looks for what must have a process and has none, and starts it again from the database. Temporal is asked about each by its id, since its
 * lists lag behind. Gives how many were asked about and started.
 */
export async function watchKind<Live extends LiveProcess>(
  deps: WatchDeps,
  kind: WatchedKind<Live>,
): Promise<{ asked: number; started: number }> {
  const processes = await kind.live(deps.pool);
  let started = 0;
  await inLanes(processes, async (process) => {
    const verdict = verdictOn(process, await describeProcess(deps.client, kind.workflowId(process)), new Date());
    if (verdict.kind === 'restart' && (await restart(deps, kind, process, verdict.lost))) started += 1;
  });
  return { asked: processes.length, started };
}

/** Says first, on record, what it does then: a start that fails is tried again by the next look. */
async function restart<Live extends LiveProcess>(
  deps: WatchDeps,
  kind: WatchedKind<Live>,
  found: Live,
  lost: ProcessSeen | 'restored',
): Promise<boolean> {
  const now = new Date();
  const known = await transaction(deps.pool, async (tx) => {
    const process = await kind.lock(tx, found);
    if (!process) return null;
    const losses = lossesNow(process, now) + 1;
    await kind.noteLoss(tx, process, losses, now);
    await record(
      tx,
      {
        actor: 'system',
        action: kind.restarted(process),
        objectKind: process.kind,
        objectId: process.id,
        details: { lost, state: process.state },
      },
      now,
    );
    return { state: process.state, losses };
  });
  if (!known) return false;
  const fields = { kind: found.kind, id: found.id, lost, ...known };
  deps.log.warn(fields, kind.sentences.lost);
  if (known.losses >= alarmingLosses) deps.log.error(fields, kind.sentences.again);
  try {
    // One that runs is left alone, unless what it knows is of another time, or it cannot go on with what it knows.
    await kind.start(found, lost === 'restored' || lost === 'stuck' ? 'TERMINATE_EXISTING' : 'FAIL');
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  await kind.noteFresh(deps.pool, found);
  return true;
}

const seenAs: Readonly<Record<string, ProcessSeen>> = {
  RUNNING: 'running',
  // The next run of one that continued as new has the same id, and is the one that is described.
  CONTINUED_AS_NEW: 'running',
  PAUSED: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
};

/** Tries of one step of the process itself, which takes milliseconds; from the tenth on they come every few minutes. */
const stuckFrom = 10;

export async function describeProcess(client: Client, workflowId: string): Promise<ProcessSeen> {
  try {
    const { status, raw } = await client.workflow.getHandle(workflowId).describe();
    // A status that is new to us is no proof of a loss.
    const seen = seenAs[status.name] ?? 'running';
    return seen === 'running' && (raw.pendingWorkflowTask?.attempt ?? 0) >= stuckFrom ? 'stuck' : seen;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'missing';
    throw error;
  }
}

const atOnce = 8;

/** A few at once: Temporal answers each of some thousand questions in milliseconds, and others ask it too. */
export async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
