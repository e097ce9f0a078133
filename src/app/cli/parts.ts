import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Running } from '../run/data-folder.ts';
import { fill, noun, verb, type Run } from '../../kit/cli/command.ts';
import { CliFault, exits, usage } from '../../kit/cli/fault.ts';
import { wholeNumber } from '../../kit/cli/number.ts';
import type { Output } from '../../kit/cli/output.ts';
import type { Session } from '../../house/session.cli.ts';
import { databaseNeeds, databaseOf, serverEnv } from './database.ts';

type DemoFlags = { people?: string; seed?: string; json?: boolean };
type CallFlags = DemoFlags & { agents?: string };
const demoOptions = [
  ['--people <n>', 'how many may be written to (default: 10000), or called (default: 60)'],
  ['--seed <n>', 'the same seed invents the same people (default: new ones each time)'],
] as const;

/** Plays the demonstration on a running instance. Exit code 1 when anything does not hold. */
async function play(running: Running, session: Session, { people, seed, json }: DemoFlags): Promise<Output> {
  const { playDemo } = await import('./demo.ts');
  const count = wholeNumber('--people', people ?? '10000');
  if (count < 1 || count > 1_000_000) throw usage('--people wants 1 to 1000000.');
  const { result, holds } = await playDemo(running, session, {
    people: count,
    seed: seed === undefined ? null : wholeNumber('--seed', seed),
    json: json === true,
  });
  return {
    data: result,
    text: `\n${result.campaign}: ${result.audience} people in ${result.seconds} s; archive ${result.archive}`,
    exit: holds ? 0 : 1,
  };
}

/** Plays a day of calls. Exit code 1 when anything does not hold. */
async function playDay(running: Running, session: Session, flags: CallFlags): Promise<Output> {
  const { playCallDemo } = await import('./demo.ts');
  const people = wholeNumber('--people', flags.people ?? '60');
  const agents = wholeNumber('--agents', flags.agents ?? '5');
  if (people < 1 || people > 100_000) throw usage('--people wants 1 to 100000 for calls.');
  if (agents < 1 || agents > 200) throw usage('--agents wants 1 to 200.');
  const seed = flags.seed === undefined ? null : wholeNumber('--seed', flags.seed);
  const { result, holds } = await playCallDemo(running, session, { people, agents, seed, json: flags.json === true });
  return {
    data: result,
    text: `\n${result.list}: ${result.attempts} calls in ${result.seconds} s`,
    exit: holds ? 0 : 1,
  };
}

const demoNeedsSandbox = (): CliFault =>
  new CliFault(exits.refused, 'demo.no-sandbox', 'The demonstration writes to invented people and needs the sandbox.', {
    todo: 'Start with WAIHU_SANDBOX=on, or without --demo.',
  });

/** The commands that run Waihu itself. They load what they need when they are asked for: a client starts faster without. */
export function addParts(program: Command, run: Run): void {
  verb<[], { demo?: boolean; exit?: boolean } & DemoFlags>(program, run, {
    name: 'up',
    summary: 'Start everything here in one terminal: database, Temporal, worker, API, sandbox',
    options: [
      ['--demo', 'then play a signed campaign on the sandbox'],
      ['--exit', 'with --demo: shut down after it'],
      ...demoOptions,
    ],
    needs: 'nothing that is not installed already; the demonstration needs the sandbox (WAIHU_SANDBOX=on).',
    examples: ['up', 'up --demo', 'up    # with WAIHU_PORT=9090 WAIHU_DATA=/srv/waihu'],
    run: async (session, _, { demo, exit, ...flags }) => {
      const { readConfig } = await import('../config.ts');
      const { up } = await import('../run/up.ts');
      let played: Output | null = null;
      const onReady = async (running: Running): Promise<void> => {
        played = await play(running, session, flags);
        session.stdout.write(`${flags.json === true ? JSON.stringify(played.data) : played.text}\n`);
      };
      const config = readConfig(serverEnv(session), session.cwd);
      // Said before anything starts: the demonstration writes to invented people.
      if (demo === true && !config.sandbox.enabled) throw demoNeedsSandbox();
      const started = await up(config, demo === true ? { onReady } : {});
      if (demo === true && exit === true) await started.stop();
      await started.done;
      return exit === true && played !== null ? { ...(played as Output), text: '', data: null } : null;
    },
  });
  verb<[string?], CallFlags>(program, run, {
    name: 'demo [calls]',
    summary: 'Play a signed campaign, or with `calls` a day of calls, on the running instance of this data folder',
    options: [...demoOptions, ['--agents <n>', 'with `calls`: how many take them (default: 5)']],
    needs: '`waihu up` in another terminal, with the sandbox on (WAIHU_SANDBOX=on).',
    examples: [
      'demo',
      'demo --people 500 --seed 7',
      'demo --people 10000 --json',
      'demo calls --people 300 --agents 8 --seed 7 --json',
    ],
    run: async (session, [what], flags) => {
      if (what !== undefined && what !== 'calls')
        throw usage('`waihu demo` plays a campaign, `waihu demo calls` a day of calls.');
      const { readConfig } = await import('../config.ts');
      const { findRunning } = await import('../run/data-folder.ts');
      const running = findRunning(readConfig(serverEnv(session), session.cwd).dataFolder);
      if (!running)
        throw new CliFault(exits.unreachable, 'run.not-running', 'No Waihu runs on this data folder.', {
          todo: 'Start it with `waihu up` in another terminal.',
        });
      return what === 'calls' ? playDay(running, session, flags) : play(running, session, flags);
    },
  });
  verb<[], { list?: boolean }>(program, run, {
    name: 'migrate',
    summary: 'Bring the database of DATABASE_URL up to date, one file of migrations/ after the other',
    options: [['--list', 'only say which files would be applied']],
    needs: `${databaseNeeds} \`waihu up\` does the same when it starts.`,
    examples: ['migrate', 'migrate --list'],
    run: async (session, _, { list = false }) => {
      const { migrate } = await import('../run/migrate.ts');
      const { databaseUrl } = await databaseOf(session);
      const files = await migrate(databaseUrl, undefined, { dryRun: list });
      const said = files.length === 0 ? 'The database is up to date.' : files.map((file) => `  ${file}`).join('\n');
      return { data: { [list ? 'pending' : 'applied']: files }, text: said };
    },
  });
  for (const [name, script, summary] of [
    ['api', '../api.ts', 'Run the API alone (needs DATABASE_URL and TEMPORAL_ADDRESS)'],
    ['worker', '../worker.ts', 'Run a worker alone (needs DATABASE_URL and TEMPORAL_ADDRESS)'],
    ['sandbox', '../../../sandbox/main.ts', 'Run the sandbox alone: carriers and customers that are not there'],
  ] as const) {
    const command = noun(program, `${name} [args...]`, summary).allowUnknownOption();
    fill<[string[]], Record<string, never>>(command, run, {
      needs: name === 'sandbox' ? 'nothing.' : 'DATABASE_URL and TEMPORAL_ADDRESS.',
      examples: [name],
      run: async (session) => {
        const args = command.args.filter((arg) => arg !== '--');
        const exit = await runScript(fileURLToPath(new URL(script, import.meta.url)), args, session);
        if (exit !== 0)
          throw new CliFault(exits.refused, 'run.part-ended', `The ${name} ended with exit code ${exit}.`);
        return null;
      },
    });
  }
}

/** As a child, so that the script owns its process: signals, exit code, memory. */
function runScript(script: string, args: readonly string[], session: Session): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', script, ...args], {
      env: { ...serverEnv(session), TZ: 'UTC' },
      cwd: session.cwd,
      stdio: 'inherit',
    });
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
