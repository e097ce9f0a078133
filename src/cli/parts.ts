import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Running } from '../run/data-folder.ts';
import { fill, noun, verb, type Run } from './command.ts';
import { CliFault, exits } from './fault.ts';
import type { Session } from './session.ts';

/** Plays the demonstration on a running instance; src/cli/demo.ts. */
type Demo = { playDemo(running: Running, session: Session): Promise<void> };
const loadDemo = async (): Promise<Demo> => (await import(new URL('demo.ts', import.meta.url).href)) as Demo;

/** The commands that run Waihu itself. They load what they need when they are asked for: a client starts faster without. */
export function addParts(program: Command, run: Run): void {
  verb<[], { demo?: boolean }>(program, run, {
    name: 'up',
    summary: 'Start everything here in one terminal: database, Temporal, worker, API, sandbox',
    options: [['--demo', 'then play a signed campaign on the sandbox']],
    examples: ['up', 'up --demo', 'up    # with WAIHU_PORT=9090 WAIHU_DATA=/srv/waihu'],
    run: async (session, _, { demo }) => {
      const { readConfig } = await import('../config.ts');
      const { up } = await import('../run/up.ts');
      const player = demo === true ? await loadDemo() : null;
      const started = await up(readConfig(session.env, session.cwd), player ? { onReady: (running) => player.playDemo(running, session) } : {});
      await started.done;
      return null;
    },
  });
  verb(program, run, {
    name: 'demo',
    summary: 'Play a signed campaign on the running instance of this data folder',
    examples: ['demo'],
    run: async (session) => {
      const { readConfig } = await import('../config.ts');
      const { findRunning } = await import('../run/data-folder.ts');
      const running = findRunning(readConfig(session.env, session.cwd).dataFolder);
      if (!running) throw new CliFault(exits.unreachable, 'run.not-running', 'No Waihu runs on this data folder.', { todo: 'Start it with `waihu up` in another terminal.' });
      await (await loadDemo()).playDemo(running, session);
      return null;
    },
  });
  for (const [name, script, summary] of [
    ['api', '../api.ts', 'Run the API alone (needs DATABASE_URL and TEMPORAL_ADDRESS)'],
    ['worker', '../worker.ts', 'Run a worker alone (needs DATABASE_URL and TEMPORAL_ADDRESS)'],
    ['sandbox', '../../sandbox/main.ts', 'Run the sandbox alone: carriers and customers that are not there'],
  ] as const) {
    const command = noun(program, `${name} [args...]`, summary).allowUnknownOption();
    fill<[string[]], Record<string, never>>(command, run, {
      examples: [name],
      run: async (session) => {
        const args = command.args.filter((arg) => arg !== '--');
        const exit = await runScript(fileURLToPath(new URL(script, import.meta.url)), args, session);
        if (exit !== 0) throw new CliFault(exits.refused, 'run.part-ended', `The ${name} ended with exit code ${exit}.`);
        return null;
      },
    });
  }
}

/** As a child, so that the script owns its process: signals, exit code, memory. */
function runScript(script: string, args: readonly string[], { env, cwd }: Session): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', script, ...args], { env: { ...env, TZ: 'UTC' }, cwd, stdio: 'inherit' });
    const pass = (signal: NodeJS.Signals) => void child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    for (const signal of signals) process.on(signal, pass);
    child.once('error', reject);
    child.once('exit', (code) => {
      for (const signal of signals) process.off(signal, pass);
      resolve(code ?? 1);
    });
  });
}
