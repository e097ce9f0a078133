import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { createLogger } from '../kernel/log.ts';
import { createCampaignActivities } from '../../activities/campaign.ts';
import { createDraftActivities } from '../../activities/draft.ts';
import { createHaltWatches } from '../../activities/halt-watch.ts';
import { createInFlight } from '../../activities/in-flight.ts';
import { createLeaveDesk } from '../../activities/leave-desk.ts';
import { createCallListActivities } from '../../activities/call-list.ts';
import { createSignOffActivities } from '../../activities/sign-off.ts';
import { createSignReminderActivities } from '../../activities/sign-reminder.ts';
import { openAuditSeals, sealTrouble, watchAuditSeals } from '../house/audit/seals.ts';
import { watchCallLists } from '../call/list/watch.command.ts';
import { startProcessWatch } from '../campaign/process-watch.command.ts';
import { watchStopConditions } from '../campaign/stop-watch.command.ts';
import { startLineKeepers } from '../call/dial/keeper.ts';
import { createSeal } from '../house/notice/sealed.ts';
import { dialerOfAccount } from '../voice/dialer-of-account.ts';
import { findVoiceAccount, type VoiceAccount } from '../voice/voice-account.db.ts';
import { readConfig } from './config.ts';
import { joinInstallation } from './join-installation.ts';
import { openPool, workPatience, type Pool } from '../kernel/sql.db.ts';
import { gatewayOfAccount } from '../sms/gateway-of-account.ts';
import { temporalConnectionOptions } from './run/temporal-connection.ts';
import { freeAddress } from './run/free-address.ts';
import { CONFIGURATION_EXIT, exitWithParent, tellParentReady } from './run/parent.ts';
import { workflowBundle } from './run/workflow-bundle.ts';
import { watchInstallation } from './installation-watch.ts';
import { offerSubjects } from './subjects.ts';
import { createWorkers } from './workers.ts';
import { duties, type Duty } from './worker-beat.db.ts';
import { startWorkerBeat } from './worker-beat.ts';
import { AppError } from '../kernel/app-error.rule.ts';

/** The worker's part: one process that runs the workflows, makes the gateway calls, or does both. */
export async function runWorker(env: NodeJS.ProcessEnv, args: readonly string[]): Promise<void> {
  const serves = dutiesIn(args);
  const config = readConfig(env);
  const log = createLogger(config.logLevel, { part: serves.includes('people') ? 'worker' : 'sender' });
  if (!config.databaseUrl || !config.temporal.address) {
    log.fatal('DATABASE_URL and TEMPORAL_ADDRESS must be set; `npm start` sets them for its own parts.');
    process.exit(CONFIGURATION_EXIT);
  }
  const metricsAt = config.workerMetrics && (await freeAddress(config.workerMetrics));
  Runtime.install({
    ...(metricsAt && { telemetryOptions: { metrics: { prometheus: { bindAddress: metricsAt } } } }),
    logger: {
      log: (level, message) => (level === 'ERROR' || level === 'WARN') && log.warn(message),
      trace() {},
      debug() {},
      info() {},
      warn: (m) => log.warn(m),
      error: (m) => log.error(m),
    },
  });
  const pool = openPool(config.databaseUrl, 16, { pipeline: true, patience: workPatience });
  const key = await joinInstallation(pool, config, log);
  const connection = await NativeConnection.connect(
    temporalConnectionOptions({ ...config.temporal, address: config.temporal.address }),
  );
  const onTrouble = (sentence: string, fields: Record<string, unknown>): void => log.error(fields, sentence);
  const seals = await openAuditSeals(pool, key, config.dataFolder);
  const servesPeople = serves.includes('people');
  // One process an installation seals the head of the record, keeps the stop conditions and looks for what was lost: without it no turn
  // of sending is handed out either.
  const sealing = servesPeople ? watchAuditSeals(pool, seals, sealTrouble(log)) : null;
  const stops = servesPeople ? watchStopConditions(pool, onTrouble) : null;
  offerSubjects();
  const gatewayOf = gatewayOfAccount(config.gatewayEndpoints);
  // Before the first message: an older database does not know what was sent since.
  const installation = await watchInstallation(pool, config.dataFolder, log);
  const workers = await createWorkers({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: config.taskQueue,
    serves,
    workflowBundle: () => workflowBundle(path.join(config.dataFolder, 'run')),
    activities: {
      ...createDraftActivities({ pool, gatewayOf }),
      ...createCampaignActivities({
        pool,
        gatewayOf,
        inFlight: createInFlight(100),
        desk: createLeaveDesk(pool),
        halts: createHaltWatches(pool, () => installation.knownMark()),
        seals,
        onTrouble,
      }),
      ...createSignOffActivities({ pool, seals }),
      ...createCallListActivities({ pool }),
      ...createSignReminderActivities({ pool, now: () => new Date(), onTrouble }),
    },
  });
  exitWithParent(() => workers.shutdown(), 30);
  const running = workers.run();
  const client = new Client({ connection, namespace: config.temporal.namespace });
  const watch = servesPeople
    ? startProcessWatch({ pool, client, taskQueue: config.taskQueue, log }, undefined, [watchCallLists])
    : null;
  const door = { seal: createSeal(key, 'voice-account'), hosts: config.gatewayEndpoints };
  const dialerOf = async (id: string) => dialerOfAccount(await voiceAccountOf(pool, id), door);
  const lines = servesPeople ? startLineKeepers({ pool, dialerOf, log }) : null;
  const beat = await startWorkerBeat(pool, config.taskQueue, workers.isRunning, serves);
  tellParentReady();
  log.info({ ...(metricsAt && { metricsAt }) }, 'The worker takes work.');
  try {
    await running;
  } finally {
    await watch?.stop();
    await lines?.stop();
    await installation.stop();
    await beat.stop();
    await stops?.stop();
    await connection.close();
    await sealing?.stop();
    await pool.end();
  }
}

async function voiceAccountOf(pool: Pool, id: string): Promise<VoiceAccount> {
  const account = await findVoiceAccount(pool, id);
  if (!account) throw new AppError('missing', 'voice.missing', 'There is no such voice account.');
  return account;
}

/** Throws for anything but the two flags: a misspelt one would make a second worker of the wrong kind. */
function dutiesIn(args: readonly string[]): readonly Duty[] {
  const flags: Readonly<Record<string, Duty>> = { '--people-only': 'people', '--senders-only': 'senders' };
  const [flag, ...more] = args;
  if (flag === undefined) return duties;
  const duty = flags[flag];
  if (duty === undefined || more.length > 0)
    throw new AppError(
      'invalid',
      'worker.unknown-option',
      `A worker takes ${Object.keys(flags).join(' or ')}, or none of them.`,
    );
  return [duty];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runWorker(process.env, process.argv.slice(2));
