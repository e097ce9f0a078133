import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { openAuditSeals, sealTrouble, watchAuditSeals } from '../house/audit/seals.ts';
import { createTemporalProcesses } from '../campaign/temporal-processes.command.ts';
import { createFigures } from '../campaign/figures.command.ts';
import { sendersQueue } from '../../workflows/senders-queue.ts';
import { startRetention } from './retention.command.ts';
import { makeMonths } from './retention.db.ts';
import { createMetrics } from './metrics.ts';
import { watchAcceptances } from '../customer/import/acceptance-steps.command.ts';
import { clearStaleImports, failInterruptedImports } from '../customer/import/import.command.ts';
import { readConfig } from './config.ts';
import { joinInstallation } from './join-installation.ts';
import { findCalendar, storeCalendar } from '../kernel/calendar.db.ts';
import { openPool, transaction, type Pool } from '../kernel/sql.db.ts';
import { calendarCn } from '../kernel/calendar-cn.rule.ts';
import { gatewayOfAccount } from '../sms/gateway-of-account.ts';
import { errorFields } from '../kernel/error-fields.ts';
import { createServer } from './http/server.ts';
import { createLogger } from '../kernel/log.ts';
import { createChannelKit } from '../house/notice/kit.ts';
import { startDelivery } from '../house/notice/start.ts';
import { receiveAliyun } from '../sms/webhook/aliyun.api.ts';
import { watchBacklog } from '../sms/webhook/backlog-watch.ts';
import { startTakeIn } from '../sms/webhook/take-in.ts';
import { createReadiness } from './readiness.ts';
import { temporalConnectionOptions } from './run/temporal-connection.ts';
import { CONFIGURATION_EXIT, exitWithParent, tellParentReady } from './run/parent.ts';
import { ensureSandboxAccount } from './sandbox-account.ts';
import { ensureSandboxVoiceAccount } from './sandbox-voice-account.ts';
import { createSeal } from '../house/notice/sealed.ts';
import {
  ensureFirstAdministrator,
  ensureFirstLink,
  forgetFirstLink,
  noteFirstDays,
} from '../house/sign-in/first-administrator.ts';
import { createSignIn, type SignIn } from '../house/sign-in/sign-in.ts';

/** The API's part: requests, webhooks and what a new installation needs before the first of them. */
export async function runApi(env: NodeJS.ProcessEnv): Promise<void> {
  const config = readConfig(env);
  const log = createLogger(config.logLevel, { part: 'api' });
  if (!config.databaseUrl || !config.temporal.address) {
    log.fatal('DATABASE_URL and TEMPORAL_ADDRESS must be set; `npm start` sets them for its own parts.');
    process.exit(CONFIGURATION_EXIT);
  }
  const pool = openPool(config.databaseUrl, 20);
  const connection = Connection.lazy(
    temporalConnectionOptions({ ...config.temporal, address: config.temporal.address }),
  );
  const client = new Client({ connection, namespace: config.temporal.namespace });
  const publicUrl = config.publicUrl ?? `http://localhost:${config.port}`;
  const key = await joinInstallation(pool, config, log);
  await prepare(pool, config, createSignIn({ pool, key, baseUrl: publicUrl }), publicUrl);
  if (config.sandbox.url)
    await ensureSandboxVoiceAccount(pool, createSeal(key, 'voice-account'), config.dataFolder, config.sandbox.url);

  const seals = await openAuditSeals(pool, key, config.dataFolder);
  const sealing = watchAuditSeals(pool, seals, sealTrouble(log));
  // Their own connections: an opt-out waits for no page and no import.
  const pushPool = openPool(config.databaseUrl, 6);
  const takeIn = startTakeIn(pushPool, log);
  const backlog = watchBacklog(pushPool, log);
  const processes = createTemporalProcesses(client, config.taskQueue);
  const channelKit = createChannelKit({
    pool,
    key,
    publicUrl,
    allowed: config.noticeHosts,
    gatewayOf: gatewayOfAccount(config.gatewayEndpoints),
  });
  const delivery = startDelivery({
    pool: pushPool,
    kit: channelKit,
    now: () => new Date(),
    onTrouble: (error) =>
      log.error({ error: errorFields(error) }, 'Notices could not be delivered; the next look tries again.'),
  });
  const figures = createFigures(pool);
  const metrics =
    config.metricsToken === undefined
      ? undefined
      : {
          metrics: createMetrics({
            pool,
            figures,
            client,
            taskQueues: [config.taskQueue, sendersQueue(config.taskQueue)],
          }),
          token: config.metricsToken,
        };
  const app = await createServer({
    pool,
    processes,
    key,
    channelKit,
    publicUrl,
    browserPath: config.browserPath,
    gatewayEndpoints: config.gatewayEndpoints,
    seals,
    trustedProxies: config.trustedProxies,
    oidc: config.oidc,
    wayInDays: config.wayInDays,
    onFirstSignIn: () => forgetFirstLink(config.dataFolder),
    metrics,
    logger: log,
    readiness: createReadiness({ pool, client, taskQueue: config.taskQueue, sandboxUrl: config.sandbox.url }),
    extraRoutes: (api) => receiveAliyun(api, { pool: pushPool, takeIn }),
  });
  const retention = startRetention(pool, (error) =>
    log.error({ error: errorFields(error) }, 'What is past its time could not be deleted; the next hour tries again.'),
  );
  const accepting = watchAcceptances({ pool, now: () => new Date() }, (error) =>
    log.error(
      { error: errorFields(error) },
      'An accepted file could not be written to its end; the next look goes on.',
    ),
  );
  const stop = async (): Promise<void> => {
    await app.close();
    await Promise.all([retention.stop(), accepting.stop()]);
    await Promise.all([takeIn.stop(), backlog.stop(), delivery.stop()]);
    await Promise.all([sealing.stop(), figures.close()]);
    await connection.close();
    await Promise.all([pool.end(), pushPool.end()]);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void stop().then(() => process.exit(0)));
  exitWithParent(stop);
  await app.listen({ port: config.port, host: config.host });
  tellParentReady();
}

type Config = ReturnType<typeof readConfig>;

async function prepare(pool: Pool, config: Config, signIn: SignIn, publicUrl: string): Promise<void> {
  await transaction(pool, async (tx) => {
    if (!(await findCalendar(tx)))
      await storeCalendar(
        tx,
        calendarCn,
        'State Council notices for 2024 to 2026, by way of the npm package chinese-days',
      );
  });
  await makeMonths(pool, new Date());
  await failInterruptedImports(pool);
  await clearStaleImports(pool);
  await ensureFirstAdministrator({ pool, signIn, dataFolder: config.dataFolder, now: new Date() });
  await ensureFirstLink({ pool, dataFolder: config.dataFolder, now: new Date() }, publicUrl);
  await noteFirstDays({ pool, dataFolder: config.dataFolder, now: new Date() });
  if (config.sandbox.url) await ensureSandboxAccount(pool, config.dataFolder, config.sandbox.url);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runApi(process.env);
