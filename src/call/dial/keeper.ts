import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTime } from '../../kernel/in-time.ts';
import type { Pool, PoolClient } from '../../kernel/sql.db.ts';
import type { Dialer, Heard, LineEvent } from '../../voice/dialer.ts';
import { hear } from './hearing.ts';
import * as db from './hold.db.ts';
import { aside, createLine, type Line, type LineLog } from './line.ts';
import { createPacer } from './pacer.ts';
import { reckonAll } from './reckoning.ts';
import { createRounds } from './round.ts';

export type KeeperDeps = {
  pool: Pool;
  dialerOf: (accountId: string) => Promise<Dialer>;
  log: LineLog;
  farewellMedia?: string;
};

const lookEveryMs = 1_000;
const roundEveryMs = 250;
/** A floor of hundreds says a word each few milliseconds. */
const shortestRestMs = 20;
const reckonEveryMs = 15_000;
/** After a line that could not be opened; twice as long after each further one, since what is wrong is on record once. */
const openAgainMs = 3_000;
const longestRestMs = 60_000;
const replacedRestMs = 60_000;
const answerWithinMs = 3_000;

type Kept = {
  account: db.LineAccount;
  wake: () => void;
  stop: () => Promise<void>;
  /** Another program holds the line without our lock: two that took it from each other in turn would both be deaf. */
  replaced: () => void;
  restMs: number;
  hasServed: boolean;
  done: Promise<void>;
};

/**
 * Holds the lines of this installation that nobody else holds: one process an account, by a lock that lives as long as a connection.
 * When the connection is lost everything stops at once, since another may hold the line by then.
 */
export function startLineKeepers(deps: KeeperDeps): { stop(): Promise<void> } {
  const ended = new AbortController();
  const run = async (): Promise<void> => {
    let silent = false;
    while (!ended.signal.aborted) {
      try {
        await holdLines(deps, ended.signal, () => (silent = false));
      } catch (error) {
        if (!silent) deps.log.warn({ err: error }, 'The lines of calls are not held; trying again.');
        silent = true;
      }
      await sleep(lookEveryMs, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    async stop() {
      ended.abort();
      await running;
    },
  };
}

/** On one connection, until it is lost or the process ends. */
async function holdLines(deps: KeeperDeps, ended: AbortSignal, works: () => void): Promise<void> {
  const connection = await deps.pool.connect();
  const lost = new AbortController();
  const lose = (): void => lost.abort();
  connection.once('end', lose).once('error', lose);
  const kept = new Map<string, Kept>();
  const waits: Rests = { notBefore: new Map(), rests: new Map() };
  connection.on('notification', ({ payload }) => kept.get(payload ?? '')?.wake());
  try {
    await db.bePromptAboutLoss(connection);
    await db.listenToCalls(connection);
    while (!ended.aborted && !lost.signal.aborted) {
      await inTime(db.answers(connection), answerWithinMs, () => {
        throw new Error('The database did not answer in time.');
      });
      await takeLines(deps, connection, kept, waits, lost.signal);
      works();
      await sleep(lookEveryMs, undefined, { signal: AbortSignal.any([ended, lost.signal]) }).catch(() => undefined);
    }
    // The end of the process is no break: what was begun is finished before another takes the line.
    if (!lost.signal.aborted) await Promise.all([...kept.values()].map((each) => each.stop()));
  } finally {
    lose();
    await Promise.allSettled([...kept.values()].map(({ done }) => done));
    connection.removeAllListeners('notification');
    connection.release(true);
  }
}

type Rests = { notBefore: Map<string, number>; rests: Map<string, number> };

async function takeLines(
  deps: KeeperDeps,
  connection: PoolClient,
  kept: Map<string, Kept>,
  { notBefore, rests }: Rests,
  lost: AbortSignal,
): Promise<void> {
  const accounts = await db.accountsToHold(deps.pool);
  const wanted = new Map(accounts.map((account) => [account.id, account]));
  for (const [id, line] of kept) {
    const account = wanted.get(id);
    if (account) line.account = account;
    else await line.stop();
  }
  for (const account of accounts) {
    if (kept.has(account.id) || (notBefore.get(account.id) ?? 0) > Date.now()) continue;
    if (!(await db.tryHold(connection, account.id))) continue;
    const line = keepLine(deps, account, lost);
    line.restMs = Math.min(longestRestMs, 2 * (rests.get(account.id) ?? openAgainMs / 2));
    kept.set(account.id, line);
    void line.done.finally(() => {
      kept.delete(account.id);
      notBefore.set(account.id, Date.now() + line.restMs);
      if (line.hasServed) rests.delete(account.id);
      else rests.set(account.id, line.restMs);
      if (!lost.aborted) db.leaveHold(connection, account.id).catch(() => undefined);
    });
  }
}

/** One line, from its opening to its end: by a fault, by a stop, or because the hold was lost. */
function keepLine(deps: KeeperDeps, account: db.LineAccount, lost: AbortSignal): Kept {
  const over = new AbortController();
  const ended = AbortSignal.any([lost, over.signal]);
  const kept: Kept = {
    account,
    wake: () => undefined,
    restMs: openAgainMs,
    hasServed: false,
    replaced: () => {
      kept.restMs = replacedRestMs;
      over.abort();
    },
    stop: async () => {
      over.abort();
      await kept.done;
    },
    done: Promise.resolve(),
  };
  kept.done = serve(deps, kept, ended).catch((error: unknown) => {
    if (!ended.aborted)
      deps.log.error(
        { accountId: account.id, err: error },
        'The line of a voice account broke off; it is opened again.',
      );
    over.abort();
  });
  return kept;
}

async function serve(deps: KeeperDeps, kept: Kept, ended: AbortSignal): Promise<void> {
  const { pool, log } = deps;
  const { id: accountId, ownNumber } = kept.account;
  const dialer = await deps.dialerOf(accountId);
  const holder = randomUUID();
  const pacer = createPacer(pool, accountId, log);
  const observe: Line['observe'] = (listId, seen) => pacer.observe(listId, seen);
  const farewellMedia = deps.farewellMedia ?? 'sound:waihu-abandoned';
  const line = createLine({ pool, accountId, ownNumber, holder, dialer, log, ended, observe, farewellMedia });
  try {
    await db.takeLine(pool, accountId, holder, new Date());
    await serveOpened(line, kept, pacer);
  } finally {
    line.isUp = false;
    await dialer.close().catch(() => undefined);
    // What was heard until then is taken in.
    await line.queues.drained();
    await pacer.save().catch(() => undefined);
  }
}

async function serveOpened(line: Line, kept: Kept, pacer: ReturnType<typeof createPacer>): Promise<void> {
  const { pool, accountId, holder, ended, log } = line;
  const strays = new Set<string>();
  let reckoning = 0;
  const reckonFrom = async (): Promise<void> => {
    const mine = (reckoning += 1);
    await reckonAll(line, strays);
    if (mine !== reckoning || ended.aborted) return;
    line.isUp = true;
    kept.hasServed = true;
    await db.noteLine(pool, accountId, holder, 'up', new Date());
    log.info({ accountId }, 'The line of a voice account is held, and what happened before is reckoned up.');
  };
  let isBroken = true;
  const hearLine = (kind: LineEvent['kind']): void => {
    isBroken = kind !== 'restored';
    if (!isBroken) return;
    reckoning += 1;
    line.isUp = false;
    if (kind === 'replaced') {
      log.error({ accountId }, 'Another program has taken the line of a voice account; this one lets go of it.');
      kept.replaced();
    } else {
      log.warn({ accountId }, 'The line of a voice account is broken: nobody is dialled until it is back.');
      aside(line, 'note-line', () => db.noteLine(pool, accountId, holder, 'down', new Date()));
    }
  };
  line.dialer.listen((event) => {
    if (isOfLine(event)) hearLine(event.kind);
    else hear(line, event);
  });
  const rounds = createRounds(line, pacer);
  let reckoned = 0;
  while (!ended.aborted) {
    try {
      if (!isBroken && (!line.isUp || reckoned < Date.now() - reckonEveryMs)) {
        const first = !line.isUp;
        reckoned = Date.now();
        await (first ? reckonFrom() : reckonAll(line, strays));
      }
      await rounds.go(kept.account);
    } catch (error) {
      if (!ended.aborted)
        log.warn({ accountId, err: error }, 'A look at the calls of an account failed; trying again.');
    }
    await pause(kept, ended);
  }
}

const isOfLine = (event: Heard): event is LineEvent =>
  event.kind === 'restored' || event.kind === 'lost' || event.kind === 'replaced';

/** Until the database says a word, a quarter of a second at most. */
async function pause(kept: Kept, ended: AbortSignal): Promise<void> {
  const word = new AbortController();
  kept.wake = () => word.abort();
  await sleep(roundEveryMs, undefined, { signal: AbortSignal.any([ended, word.signal]) }).catch(() => undefined);
  kept.wake = () => undefined;
  await sleep(shortestRestMs, undefined, { signal: ended }).catch(() => undefined);
}
