import type { AppError } from '../../kernel/app-error.rule.ts';
import { drainsFirst } from './entries.ts';
import type { Part } from './supervise.ts';
import type { Terminal } from './terminal.ts';

/** One Ctrl-C arrives several times: from the terminal's group, from npm and from bin/waihu.mjs, which all pass it on. */
const SAME_PRESS_MS = 700;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Shutdown {
  /** Aborted when somebody wants us to stop: what is still starting gives up. */
  signal: AbortSignal;
  own: (part: Pick<Part, 'name' | 'stop' | 'kill'>) => void;
  stop: () => Promise<void>;
  /** Stops everything because of a fault, which `done` then rejects with. */
  fail: (fault: AppError) => Promise<void>;
  done: Promise<void>;
}

/** Owns all parts and the signals, from the first part to the last breath. */
export function createShutdown(terminal: Terminal): Shutdown {
  const parts: Pick<Part, 'name' | 'stop' | 'kill'>[] = [];
  const aborter = new AbortController();
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => undefined);
  let stopping: Promise<void> | undefined;
  let pressedAt: number | undefined;

  const stop = () => (stopping ??= stopAll());

  async function stopAll(): Promise<void> {
    aborter.abort();
    let fault: unknown;
    // One part that will not go must not keep the others up.
    const end = (part: (typeof parts)[number]) => part.stop().catch((error: unknown) => (fault ??= error));
    // Workers drain, all together, before anything they need goes away; otherwise last started, first stopped.
    await Promise.all(parts.filter(({ name }) => drainsFirst(name)).map(end));
    for (const part of parts.toReversed()) if (!drainsFirst(part.name)) await end(part);
    for (const name of SIGNALS) process.removeListener(name, onSignal);
    process.removeListener('disconnect', onSignal);
    if (fault === undefined) done.resolve();
    else done.reject(fault);
  }

  function onSignal(): void {
    const now = Date.now();
    if (pressedAt === undefined) {
      pressedAt = now;
      terminal.say('\nStopping; work in hand is finished first. Ctrl-C again stops at once.');
      void stop().then(() => terminal.say('Stopped.'));
    } else if (now - pressedAt > SAME_PRESS_MS) {
      for (const part of parts.toReversed()) part.kill();
      process.exit(130);
    }
  }

  for (const name of SIGNALS) process.on(name, onSignal);
  // bin/waihu.mjs holds a channel to us: when it is killed we stop as for a signal.
  process.once('disconnect', onSignal);
  process.channel?.unref();

  return {
    signal: aborter.signal,
    own: (part) => void parts.push(part),
    stop,
    async fail(fault) {
      terminal.say(fault.message);
      done.reject(fault);
      await stop();
    },
    done: done.promise,
  };
}
