import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { connect } from 'node:net';
import { z } from 'zod';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { Config } from '../config.ts';
import { type DataFolder, openDataFolder, type Running } from './data-folder.ts';
import { checkDatabase } from './database.ts';
import { childEnv, defaultEntries, type Entries, nodePart, sandboxPart, senderName, smallYoung } from './entries.ts';
import { migrate } from './migrate.ts';
import { choosePort } from './ports.ts';
import { startPostgres } from './postgres.ts';
import { diskFull } from './postgres-faults.ts';
import { endLeftover } from './processes.ts';
import { createShutdown, type Shutdown } from './shutdown.ts';
import { type PartSpec, supervise } from './supervise.ts';
import { summarise } from './summary.ts';
import { startTemporal } from './temporal.ts';
import { checkTemporal } from './temporal-connection.ts';
import { findTemporalServer } from './temporal-server.ts';
import { createTerminal, type Terminal } from './terminal.ts';

export interface UpOptions {
  entries?: Partial<Entries>;
  /** Called once everything is up and the summary is printed; `waihu up --demo` plays its campaign here. */
  onReady?: (running: Running) => Promise<void>;
  output?: Parameters<typeof createTerminal>[0];
}

export interface Up {
  running: Running;
  /** Stops everything in order; safe to call twice. */
  stop: () => Promise<void>;
  /** Resolves when everything has stopped; rejects when a part's configuration made us stop. */
  done: Promise<void>;
}

/** Of `/readyz`. */
const Readiness = z.object({ parts: z.record(z.string(), z.boolean()) });

interface Launch {
  config: Config;
  entries: Entries;
  terminal: Terminal;
  folder: DataFolder;
  shutdown: Shutdown;
}

/**
 * Starts everything that is not given from outside, in one terminal, and returns when it answers.
 * Throws AppError `run.…` with everything stopped again. SIGINT, SIGTERM, SIGHUP stop; a second one forces.
 */
export async function up(config: Config, options: UpOptions = {}): Promise<Up> {
  const terminal = createTerminal(options.output ?? process.stdout);
  const shutdown = createShutdown(terminal);
  try {
    const folder = openDataFolder(config.dataFolder);
    shutdown.own({ name: 'data folder', stop: async () => folder.release(), kill: () => folder.release() });
    const entries = { ...defaultEntries, ...options.entries };
    const running = await start({ config, entries, terminal, folder, shutdown });
    folder.publish(running);
    terminal.say(summarise(running, config));
    await options.onReady?.(running);
    return { running, stop: shutdown.stop, done: shutdown.done };
  } catch (error) {
    await shutdown.stop();
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? diskFull(config.dataFolder) : error;
  }
}

async function start(launch: Launch): Promise<Running> {
  const { config, entries, terminal, folder } = launch;
  const port = await choosePort('WAIHU_PORT', config.port, folder.ports['WAIHU_PORT'], config.host);
  folder.rememberPorts({ WAIHU_PORT: port });
  for (const name of ['sandbox', 'worker', ...leftSenders(config), 'api']) {
    if (await endLeftover(pidFile(config, name), 'SIGTERM')) terminal.say(`Stopped the ${name} of an earlier run.`);
  }
  const apiUrl = `http://${reachable(config.host)}:${port}`;
  const databaseUrl = await step(terminal, 'PostgreSQL', () => database(launch));
  const temporal = await step(terminal, 'Temporal', () => temporalServer(launch));
  await step(terminal, 'Migrations', async () => {
    const applied = await migrate(databaseUrl, entries.migrations);
    return applied.length === 0 ? 'up to date' : `${applied.length} applied`;
  });
  const played = config.sandbox.enabled ? await step(terminal, 'Sandbox', () => sandbox(launch, apiUrl)) : null;
  const sandboxUrl = played?.address ?? config.sandbox.url;
  const sandboxMailPort = played?.mailPort;
  const addresses = { port, apiUrl, databaseUrl, temporalAddress: temporal.address, sandboxUrl, sandboxMailPort };
  const env = childEnv(config, addresses);
  await step(terminal, 'Worker', async () => {
    const begin = (name: string, flag: string) =>
      run(launch, { ...nodePart(config, name, entries.worker, [flag], common(launch)), env }, undefined, 120);
    // Senders that compute keep no signature waiting: people's work has a process of its own.
    // It comes first: whatever a first start makes, such as keys, is made once.
    await begin('worker', '--people-only');
    const senders = Array.from({ length: config.senders }, (_, index) => senderName(index + 1));
    await Promise.all(senders.map((name) => begin(name, '--senders-only')));
    return `takes work, with ${senders.length === 1 ? '1 sender' : `${senders.length} senders`}`;
  });
  await step(terminal, 'API', async () => {
    const spec = { ...nodePart(config, 'api', entries.api, [], common(launch), [smallYoung]), env };
    await run(launch, spec, () => isReady(`${apiUrl}/readyz`, config.senders > 0), 90);
    return apiUrl;
  });
  return {
    url: config.publicUrl ?? apiUrl,
    databaseUrl,
    temporalAddress: temporal.address,
    temporalNamespace: config.temporal.namespace,
    ...(temporal.uiUrl !== undefined && { temporalUiUrl: temporal.uiUrl }),
    ...(sandboxUrl !== undefined && { sandboxUrl, sandboxScenario: basename(config.sandbox.scenario, '.json') }),
  };
}

async function database({ config, terminal, folder, shutdown }: Launch): Promise<string> {
  if (config.databaseUrl !== undefined) {
    await checkDatabase(config.databaseUrl);
    return config.databaseUrl;
  }
  const port = await ownPort(folder, 'WAIHU_POSTGRES_PORT', config.ports.postgres);
  const postgres = await startPostgres({
    folder: join(config.dataFolder, 'postgres'),
    port,
    logFile: join(config.dataFolder, 'logs', 'postgres.log'),
    pidFile: pidFile(config, 'postgres'),
    env: config.env,
    say: terminal.say,
    signal: shutdown.signal,
  });
  shutdown.own(postgres);
  return postgres.url;
}

async function temporalServer({ config, terminal, folder, shutdown }: Launch) {
  const { address, namespace } = config.temporal;
  if (address !== undefined) {
    await checkTemporal({ ...config.temporal, address });
    return { address, uiUrl: undefined };
  }
  const { signal } = shutdown;
  const program = await findTemporalServer({ cache: config.temporalCache, env: config.env, terminal, signal });
  const server = await startTemporal({
    program,
    namespace,
    port: await ownPort(folder, 'WAIHU_TEMPORAL_PORT', config.ports.temporal),
    uiPort: await ownPort(folder, 'WAIHU_TEMPORAL_UI_PORT', config.ports.temporalUi),
    databaseFile: join(config.dataFolder, 'temporal', 'temporal.db'),
    logFile: join(config.dataFolder, 'logs', 'temporal.log'),
    pidFile: pidFile(config, 'temporal'),
    env: config.env,
    say: terminal.say,
    signal,
  });
  shutdown.own(server);
  return server;
}

async function sandbox(launch: Launch, apiUrl: string): Promise<{ address: string; mailPort: number }> {
  const { config, entries, folder } = launch;
  const port = await ownPort(folder, 'WAIHU_SANDBOX_PORT', config.ports.sandbox);
  const mail = await ownPort(folder, 'WAIHU_SANDBOX_MAIL_PORT', config.ports.sandboxMail);
  const part = sandboxPart(config, entries.sandbox, { http: port, mail }, apiUrl, common(launch));
  await run(launch, part, () => accepts(port), 30);
  return { address: `http://127.0.0.1:${port}`, mailPort: mail };
}

async function run({ shutdown }: Launch, spec: PartSpec, check: (() => Promise<boolean>) | undefined, seconds: number) {
  const part = supervise(spec);
  shutdown.own(part);
  await part.ready({ ...(check && { check }), seconds, signal: shutdown.signal });
}

/** Prints the line of one part: what it is doing, then where it is and how long that took. */
async function step<T>(terminal: Terminal, name: string, work: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  const label = `  ${name.padEnd(12)}`;
  terminal.live(`${label}…`);
  const result = await work();
  terminal.say(`${label}${describe(result).padEnd(34)}${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  return result;
}

function describe(result: unknown): string {
  if (typeof result === 'string') return result.startsWith('postgres') ? new URL(result).host : result;
  return typeof result === 'object' && result !== null && 'address' in result ? String(result.address) : '';
}

const common = ({ terminal, shutdown }: Launch) => ({
  say: terminal.say,
  onFatal: (fault: AppError) => void shutdown.fail(fault),
});

/** Sender processes of an earlier run, which may have had more of them. */
const leftSenders = (config: Config): string[] =>
  readdirSync(join(config.dataFolder, 'run')).flatMap((file) => /^(sender-\d+)\.json$/.exec(file)?.[1] ?? []);

const pidFile = (config: Config, name: string) => join(config.dataFolder, 'run', `${name}.json`);

async function ownPort(folder: DataFolder, variable: string, wanted: number): Promise<number> {
  const port = await choosePort(variable, wanted, folder.ports[variable]);
  folder.rememberPorts({ [variable]: port });
  return port;
}

/** An address to call for a server that listens on `host`, which may mean "all interfaces". */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

/** Where senders run on other machines only, the start does not wait for one of them. */
async function isReady(url: string, withSenders: boolean): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
    if (withSenders || answer.status === 200) return answer.status === 200;
    const { parts } = Readiness.parse(await answer.json());
    return Object.entries(parts).every(([name, well]) => well || name === 'senders');
  } catch {
    return false;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
