import { tmpdir } from 'node:os';
import { AppError } from '../../kernel/app-error.rule.ts';
import { diskFull } from './postgres-faults.ts';
import { portInUse } from './ports.ts';
import { endLeftover } from './processes.ts';
import { dieWithParent, findSetpriv } from './programs.ts';
import { type Part, supervise } from './supervise.ts';
import { temporalAnswers } from './temporal-connection.ts';

export interface TemporalOptions {
  /** The `temporal` program. */
  program: string;
  port: number;
  uiPort: number | 'none';
  databaseFile: string;
  namespace: string;
  logFile: string;
  pidFile: string;
  env: Record<string, string>;
  say: (line: string) => void;
  signal?: AbortSignal | undefined;
}

export interface Temporal extends Part {
  address: string;
  uiUrl: string | undefined;
}

/** Starts the development server on 127.0.0.1 with its state in `databaseFile`. Throws `run.…` with the remedy. */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  const { program, port, uiPort, databaseFile, namespace, env } = options;
  if (await endLeftover(options.pidFile, 'SIGTERM'))
    options.say('Temporal of an earlier run was still there; stopped it.');
  const address = `127.0.0.1:${port}`;
  // No call home, and updates even on a server from PATH that predates their being on by default.
  const dynamic = ['frontend.enableServerVersionCheck=false', 'frontend.enableUpdateWorkflowExecution=true'];
  const ui = uiPort === 'none' ? ['--headless'] : ['--ui-port', `${uiPort}`];
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${port}`].concat(
    ui,
    ['--db-filename', databaseFile, '--namespace', namespace, '--log-level', 'error'],
    dynamic.flatMap((value) => ['--dynamic-config-value', value]),
  );
  const part = supervise({
    name: 'Temporal',
    command: dieWithParent({ command: program, args }, 'TERM', findSetpriv(env['PATH'])),
    // The person's own TEMPORAL_… variables and profile are for clients; the server must not see them.
    env: { PATH: env['PATH'] ?? '', HOME: tmpdir(), TZ: 'UTC' },
    logFile: options.logFile,
    pidFile: options.pidFile,
    stopSignal: 'SIGTERM',
    stopSeconds: 20,
    explain: (log) => explainTemporalLog(log, port, uiPort, databaseFile),
    say: options.say,
  });
  try {
    await part.ready({ check: () => temporalAnswers(address, namespace), seconds: 60, signal: options.signal });
    return { ...part, address, uiUrl: uiPort === 'none' ? undefined : `http://127.0.0.1:${uiPort}` };
  } catch (error) {
    await part.stop();
    throw error;
  }
}

/** What the server says about why it would not start, as a fault with a remedy; null when it says nothing known. */
export function explainTemporalLog(
  log: string,
  port: number,
  uiPort: number | 'none',
  databaseFile: string,
): AppError | null {
  if (/no space left on device|database or disk is full/i.test(log)) return diskFull(databaseFile);
  if (/address already in use|can't (set|listen on) .*port/i.test(log)) {
    const ui = uiPort !== 'none' && log.includes(`:${uiPort}`);
    return ui ? portInUse('WAIHU_TEMPORAL_UI_PORT', uiPort) : portInUse('WAIHU_TEMPORAL_PORT', port);
  }
  if (/file is not a database|database disk image is malformed|SQLITE_(CORRUPT|NOTADB)|disk I\/O error/i.test(log)) {
    return new AppError(
      'conflict',
      'run.data-corrupt',
      `Temporal's file ${databaseFile} is damaged: restore the data folder from a backup, or move that file away (running processes are then forgotten; PostgreSQL keeps the truth).`,
    );
  }
  return null;
}
