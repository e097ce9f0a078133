import { startLineKeepers } from '../../src/call/dial/keeper.ts';
import { openPool, workPatience } from '../../src/kernel/sql.db.ts';
import { createAsteriskDialer } from '../../src/voice/asterisk/asterisk.ts';
import { AsteriskSettings } from '../../src/voice/asterisk/settings.rule.ts';

/** Holds the lines as the worker does, as a process of its own that a test can kill like one. */
const { DATABASE_URL = '', ARI_URL: url = '', ARI_PASSWORD: password = '' } = process.env;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
startLineKeepers({
  pool: openPool(DATABASE_URL, 6, { pipeline: true, patience: workPatience }),
  log: silent,
  dialerOf: async () =>
    createAsteriskDialer(AsteriskSettings.parse({ url, user: 'waihu', timeoutMs: 1_000 }), password),
});
// The channel ends with the test, and this process with the channel.
process.on('disconnect', () => process.exit(0));
