import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import { lastLine, readLogFrom, rotateLog, sizeOf } from './log-file.ts';
import { CONFIGURATION_EXIT } from './parent.ts';
import { writePidFile } from './processes.ts';
import type { Command } from './programs.ts';

// Sending rests while its worker is away: ten seconds at the most, of which a start takes three to five.
const FIRST_DELAY_MS = 200;
const LAST_DELAY_MS = 3_000;
/** A part that ran this long before it fell starts again at once, not where the last crash loop ended. */
const STEADY_MS = 20_000;

const LogLine = z.object({ msg: z.string(), code: z.string().optional() });

export interface PartSpec {
  name: string;
  command: Command;
  env: Record<string, string>;
  cwd?: string;
  /** Node entries get a channel: it tells them when the launcher dies, and us when they are ready. */
  ipc?: boolean;
  logFile: string;
  pidFile: string;
  stopSignal: NodeJS.Signals;
  forceSignal?: NodeJS.Signals;
  stopSeconds: number;
  /** Turns what the part logged into a fault with a remedy. */
  explain?: (log: string) => AppError | null;
  say: (line: string) => void;
  /** Called once when the part, already running, says that its configuration is wrong. */
  onFatal?: (fault: AppError) => void;
}

export interface Part {
  name: string;
  /** Resolves when `check` answers true or, without one, when the part says so itself. */
  ready(options: ReadyOptions): Promise<void>;
  /** Asks the part to end, insists after its grace, and returns when it has. */
  stop: () => Promise<void>;
  /** Ends the part at once. */
  kill(): void;
}

export interface ReadyOptions {
  check?: () => Promise<boolean>;
  seconds: number;
  signal?: AbortSignal | undefined;
}

/** Runs one program. Until it is ready its end is a fault for the caller; afterwards it is restarted with a growing pause. */
export function supervise(spec: PartSpec): Part {
  let child: ChildProcess | undefined;
  let state: 'starting' | 'running' | 'stopping' = 'starting';
  let delay = FIRST_DELAY_MS;
  let timer: NodeJS.Timeout | undefined;
  const failed = Promise.withResolvers<never>();
  const saidReady = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  // Whoever does not wait for readiness must not be punished by an unhandled rejection.
  failed.promise.catch(() => undefined);

  rotateLog(spec.logFile);
  start();

  function start(): void {
    const logOffset = sizeOf(spec.logFile);
    const startedAt = Date.now();
    child = spawnPart(spec);
    if (child.pid !== undefined) writePidFile(spec.pidFile, child.pid);
    child.on('message', (message) => {
      if (typeof message === 'object' && 'ready' in message) saidReady.resolve();
    });
    let gone = false;
    const onEnd = (how: string, code: number | null) => {
      if (gone) return;
      gone = true;
      child = undefined;
      if (state === 'stopping') return ended.resolve();
      const fault = faultOf(spec, how, code, readLogFrom(spec.logFile, logOffset));
      if (state === 'starting') failed.reject(fault);
      else if (code === CONFIGURATION_EXIT) spec.onFatal?.(fault);
      else restart(fault, Date.now() - startedAt);
    };
    child.once('error', (error) => onEnd(error.message, null));
    child.once('exit', (code, signal) => onEnd(signal ?? `exit code ${code}`, code));
  }

  function restart(fault: AppError, ranMs: number): void {
    if (ranMs > STEADY_MS) delay = FIRST_DELAY_MS;
    spec.say(`${fault.message} Starting it again in ${delay / 1000} s.`);
    timer = setTimeout(start, delay);
    delay = Math.min(delay * 2, LAST_DELAY_MS);
  }

  return {
    name: spec.name,
    async ready({ check, seconds, signal }) {
      const over = new AbortController();
      try {
        await Promise.race([
          failed.promise,
          check ? until(check, over.signal) : saidReady.promise,
          interruption(signal),
          expiry(spec, seconds, over.signal),
        ]);
        state = 'running';
      } finally {
        over.abort();
      }
    },
    async stop() {
      state = 'stopping';
      clearTimeout(timer);
      if (child) {
        const force = setTimeout(() => child?.kill(spec.forceSignal ?? 'SIGKILL'), spec.stopSeconds * 1000);
        child.kill(spec.stopSignal);
        await ended.promise;
        clearTimeout(force);
      }
      rmSync(spec.pidFile, { force: true });
    },
    kill() {
      state = 'stopping';
      clearTimeout(timer);
      child?.kill(spec.forceSignal ?? 'SIGKILL');
    },
  };
}

function spawnPart(spec: PartSpec): ChildProcess {
  const log = openSync(spec.logFile, 'a', 0o600);
  try {
    const { command, args, uid, gid } = spec.command;
    return spawn(command, args, {
      stdio: spec.ipc ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
      // A group of its own: the terminal's Ctrl-C must reach the launcher alone, which then stops the parts in order.
      detached: true,
      env: spec.env,
      ...(spec.cwd !== undefined && { cwd: spec.cwd }),
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    });
  } finally {
    closeSync(log);
  }
}

function faultOf(spec: PartSpec, how: string, code: number | null, log: string): AppError {
  const explained = spec.explain?.(log);
  if (explained) return explained;
  const last = lastLine(log);
  if (code === CONFIGURATION_EXIT) {
    const said = lastWords(last);
    return new AppError('invalid', said.code ?? 'run.part-misconfigured', said.msg || `${spec.name}: ${how}.`);
  }
  return new AppError(
    'unavailable',
    'run.part-stopped',
    `${spec.name} stopped (${how})${last ? `: ${last}` : '.'} Its log is ${spec.logFile}.`,
    { part: spec.name },
  );
}

/** A line of our own log has the sentence and the code of the fault; any other program's line is the sentence. */
function lastWords(line: string): { msg: string; code?: string | undefined } {
  try {
    return LogLine.parse(JSON.parse(line));
  } catch {
    return { msg: line };
  }
}

async function until(check: () => Promise<boolean>, over: AbortSignal): Promise<void> {
  while (!over.aborted && !(await check())) await sleep(100, undefined, { signal: over });
}

async function expiry(spec: PartSpec, seconds: number, over: AbortSignal): Promise<never> {
  await sleep(seconds * 1000, undefined, { signal: over });
  throw new AppError(
    'unavailable',
    'run.part-not-ready',
    `${spec.name} was not ready after ${seconds} s. Its log is ${spec.logFile}.`,
    { part: spec.name },
  );
}

/** Rejects with `run.interrupted` when the person at the terminal has had enough; else never settles. */
export function interruption(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new AppError('unavailable', 'run.interrupted', 'Stopped before everything was up.'));
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
