import { parseArgs } from 'node:util';
import { createAliyunGateway } from '../src/sms/aliyun/aliyun.ts';
import { clientConfig } from '../src/sms/aliyun/client.ts';
import { dysms } from '../src/sms/aliyun/sdk.ts';
import { numberOf, variablesOf } from './people.ts';

// One way to the wire in a process of its own: so many calls, one number each, and what they cost.
const { values } = parseArgs({
  options: {
    way: { type: 'string' },
    endpoint: { type: 'string' },
    calls: { type: 'string' },
    'in-flight': { type: 'string' },
    sign: { type: 'string' },
    template: { type: 'string' },
  },
});
const settings = {
  endpoint: values.endpoint ?? '',
  protocol: 'http' as const,
  credentials: {
    accessKeyId: process.env['SANDBOX_ACCESS_KEY_ID'] ?? '',
    accessKeySecret: process.env['SANDBOX_ACCESS_KEY_SECRET'] ?? '',
  },
};
const sdk = values.way === 'sdk' ? new dysms.default(clientConfig(settings)) : undefined;
const gateway = createAliyunGateway(settings, undefined, sdk);

async function call(seq: number): Promise<void> {
  const outcome = await gateway.submit({
    outId: `wire-${seq}`,
    signName: values.sign ?? '',
    templateCode: values.template ?? '',
    recipients: [{ phone: `+86${numberOf(seq, 0)}`, variables: variablesOf(seq) }],
  });
  if (outcome.kind !== 'accepted') throw new Error(`A call was not accepted: ${JSON.stringify(outcome)}`);
}

let next = 1;
async function run(until: number): Promise<void> {
  const work = async (): Promise<void> => {
    while (next <= until) await call(next++);
  };
  await Promise.all(Array.from({ length: Number(values['in-flight']) }, work));
}

const warm = 2_000;
await run(warm);
const before = process.cpuUsage();
const startedAt = performance.now();
await run(warm + Number(values.calls));
const seconds = (performance.now() - startedAt) / 1_000;
const { user, system } = process.cpuUsage(before);
process.send?.({ cpuMicros: (user + system) / Number(values.calls), perSecond: Number(values.calls) / seconds });
process.disconnect?.();
process.exit(0);
