import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { record } from '../house/audit/audit.db.ts';
import type { Seal } from '../house/notice/sealed.ts';
import { transaction, type Pool } from '../kernel/sql.db.ts';
import { AsteriskSettings } from '../voice/asterisk/settings.rule.ts';
import { findVoiceAccountByName, insertVoiceAccount, updateVoiceAccount } from '../voice/voice-account.db.ts';
import { loadOrCreateSandboxAccess } from './run/sandbox-access.ts';

/** A voice account named `sandbox` for the Asterisk that the sandbox of `npm start` plays: an ordinary account. */
export async function ensureSandboxVoiceAccount(
  pool: Pool,
  seal: Seal,
  dataFolder: string,
  url: string,
): Promise<void> {
  const { ariPassword } = loadOrCreateSandboxAccess(dataFolder);
  const plain = AsteriskSettings.parse({ url: new URL(url).origin, user: 'waihu' });
  await transaction(pool, async (tx) => {
    const known = await findVoiceAccountByName(tx, 'sandbox');
    const id = known?.id ?? randomUUIDv7();
    const settings = { ...plain, sealedPassword: seal.seal(ariPassword, id).toString('base64') };
    if (known) return updateVoiceAccount(tx, { ...known, settings });
    await insertVoiceAccount(tx, {
      id,
      name: 'sandbox',
      provider: 'asterisk',
      settings,
      callerNumbers: ['01060000000', '01060000001'],
      lines: 200,
      callsPerSecond: 20,
      webhookToken: randomBytes(24).toString('base64url'),
    });
    await record(tx, {
      actor: 'system',
      action: 'voice-account.create',
      objectKind: 'voice-account',
      objectId: id,
      details: { name: 'sandbox', provider: 'asterisk' },
    });
  });
}
