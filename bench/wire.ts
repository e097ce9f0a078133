import { fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createSandbox } from '../sandbox/server.ts';
import { formatTable, keepResult, median } from './report.ts';

const usage = `Usage: npm run bench -- wire [--rounds 5] [--calls 10000] [--in-flight 100]
What a call costs the process that makes it, by the SDK's own way to the wire and by ours, in turn against one sandbox.`;

type Measured = { cpuMicros: number; perSecond: number };

/** CPU of a call with one number: request classes, signature, network and the reading of the answer. */
export async function benchWire(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      calls: { type: 'string', default: '10000' },
      'in-flight': { type: 'string', default: '100' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const sandbox = createSandbox({
    scenario: {
      latencyMs: 20,
      flowControl: null,
      templates: [{ code: 'SMS_1', content: '${name}您好，您的权益已到账，请于${date}前领取。' }],
      signatures: [{ name: '外呼示例' }],
    },
  });
  const endpoint = `127.0.0.1:${await sandbox.listen()}`;
  const measured: Record<string, Measured[]> = { sdk: [], ours: [] };
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    for (const way of Object.keys(measured)) {
      const one = await measure(way, endpoint, values.calls, values['in-flight']);
      measured[way]?.push(one);
      console.log(`  round ${round}  ${way.padEnd(5)} ${Math.round(one.cpuMicros)} µs`);
    }
  }
  await sandbox.close();
  const rows = Object.entries(measured).map(([way, all]) => {
    const micros = all.map(({ cpuMicros }) => Math.round(cpuMicros));
    return [
      way,
      median(micros),
      `${Math.min(...micros)}–${Math.max(...micros)}`,
      Math.round(median(all.map(({ perSecond }) => perSecond))),
    ];
  });
  const head = ['way', 'CPU µs a call', 'range', 'calls/s'];
  console.log(`\n${values.calls} calls a round, ${values['in-flight']} in flight; load ${os.loadavg().join(', ')}.\n`);
  console.log(formatTable(head, rows));
  keepResult('wire', { head, rows, measured });
}

async function measure(way: string, endpoint: string, calls: string, inFlight: string): Promise<Measured> {
  const child = fork(
    fileURLToPath(new URL('wire-calls.ts', import.meta.url)),
    [
      '--way',
      way,
      '--endpoint',
      endpoint,
      '--calls',
      calls,
      '--in-flight',
      inFlight,
      '--sign',
      '外呼示例',
      '--template',
      'SMS_1',
    ],
    { env: { ...process.env, SANDBOX_ACCESS_KEY_ID: 'sandbox-key', SANDBOX_ACCESS_KEY_SECRET: 'sandbox-secret' } },
  );
  const [told] = (await once(child, 'message')) as [Measured];
  return told;
}
