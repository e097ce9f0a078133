import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ScenarioInput } from './scenario.ts';
import { createSandbox } from './server.ts';
import type { SandboxOptions } from './world.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    'mail-port': { type: 'string' },
    host: { type: 'string' },
    data: { type: 'string' },
    scenario: { type: 'string' },
    'push-url': { type: 'string' },
    'push-report-url': { type: 'string' },
    'push-reply-url': { type: 'string' },
  },
});
const { env } = process;
const port = Number(values.port ?? env.SANDBOX_PORT ?? 0);
const dataDir = values.data ?? env.SANDBOX_DATA;
const scenarioFile = values.scenario ?? env.SANDBOX_SCENARIO;
const pushReportUrl = values['push-report-url'] ?? values['push-url'] ?? env.SANDBOX_PUSH_REPORT_URL;
const pushReplyUrl = values['push-reply-url'] ?? values['push-url'] ?? env.SANDBOX_PUSH_REPLY_URL;
const keyId = env.SANDBOX_ACCESS_KEY_ID;
const keySecret = env.SANDBOX_ACCESS_KEY_SECRET;

if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port (SANDBOX_PORT) must be 0 to 65535.');
if ((keyId === undefined) !== (keySecret === undefined)) {
  throw new Error('Set SANDBOX_ACCESS_KEY_ID and SANDBOX_ACCESS_KEY_SECRET together, or neither.');
}

const options: SandboxOptions = {
  ...(scenarioFile && { scenario: JSON.parse(readFileSync(scenarioFile, 'utf8')) as ScenarioInput }),
  ...(dataDir && { dataDir }),
  ...(pushReportUrl && { pushReportUrl }),
  ...(pushReplyUrl && { pushReplyUrl }),
  ...(keyId && keySecret && { accessKeys: { [keyId]: keySecret } }),
  ...(env.SANDBOX_ARI_PASSWORD && { ari: { user: 'waihu', password: env.SANDBOX_ARI_PASSWORD } }),
  ...(values.host && { host: values.host }),
  ...(values['mail-port'] !== undefined && { mailPort: Number(values['mail-port']) }),
};
const sandbox = createSandbox(options);
let stopping = false;

function stop() {
  if (stopping) return;
  stopping = true;
  void sandbox.close().then(() => process.exit(0));
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// Emitted only where an IPC channel was given: a parent that dies must not leave a gateway behind.
process.on('disconnect', stop);

console.log(JSON.stringify({ listening: await sandbox.listen(port) }));
