import { randomUUIDv7 } from 'node:crypto';
import { record } from '../house/audit/audit.db.ts';
import {
  findGatewayAccountByName,
  GatewaySettings,
  insertGatewayAccount,
  updateGatewayAccount,
} from '../sms/gateway-account.db.ts';
import { transaction, type Pool } from '../kernel/sql.db.ts';
import { loadOrCreateSandboxAccess, sandboxAccessFile } from './run/sandbox-access.ts';

/**
 * A gateway account named `sandbox` for the sandbox that `npm start` brings up: an ordinary account whose endpoint is that
 * process, open round the clock, asked sooner than a real carrier would be.
 */
export async function ensureSandboxAccount(pool: Pool, dataFolder: string, url: string): Promise<void> {
  const { webhookToken } = loadOrCreateSandboxAccess(dataFolder);
  const settings = GatewaySettings.parse({
    endpoint: new URL(url).host,
    protocol: 'http',
    credentialsFile: sandboxAccessFile(dataFolder),
    hours: { marketing: ['00:00', '24:00'], notice: ['00:00', '24:00'] },
    settle: {
      askUnknownAfter: 3,
      askAcceptedAfter: 20,
      askEvery: 3,
      proofs: 2,
      // What the sandbox lists and pushes is there within 30 s, at the time scale of its scenarios; it has no days to close.
      listLag: 45,
      afterDay: false,
      receiptHours: 72,
    },
  });
  await transaction(pool, async (tx) => {
    const known = await findGatewayAccountByName(tx, 'sandbox');
    if (known) {
      await updateGatewayAccount(tx, { ...known, settings });
      return;
    }
    const id = randomUUIDv7();
    await insertGatewayAccount(tx, {
      id,
      name: 'sandbox',
      provider: 'aliyun',
      settings,
      ratePerSecond: 5_000,
      priceMilliYuan: 45,
      webhookToken,
    });
    await record(tx, {
      actor: 'system',
      action: 'gateway.create',
      objectKind: 'gateway',
      objectId: id,
      details: { name: 'sandbox', provider: 'aliyun' },
    });
  });
}
