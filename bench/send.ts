import { parseArgs } from 'node:util';
import { openBenchHouse, type BenchHouse } from './kit.ts';
import { bare, claimLoop, quiet, send, type Sample, type Sent } from './parts.ts';
import { formatTable, keepResult, median, type Cell } from './report.ts';

const usage = `Usage: npm run bench -- send [--rounds 3] [--single-people 20000] [--batched-people 100000]
                       [--cost] [--single] [--people 10000,1000000] [--only a,b] [--node-options OPTIONS] [--keep]
--cost measures the cost of a message at the sizes of --people instead of the rates; --single does so at one number a request.
--keep leaves the data folder behind, with its logs.`;

/** Messages a second through the whole path, beside the ceiling that a bare client reaches against the same sandbox. */
export async function benchSend(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '3' },
      'single-people': { type: 'string', default: '20000' },
      'batched-people': { type: 'string', default: '100000' },
      cost: { type: 'boolean', default: false },
      single: { type: 'boolean', default: false },
      people: { type: 'string', default: '10000,1000000' },
      only: { type: 'string' },
      'node-options': { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const house = await openBenchHouse({ nodeOptions: values['node-options'], keep: values.keep });
  try {
    if (values.cost)
      await measureCost(house, values.people.split(',').map(Number), values.single ? 'single' : 'batched');
    else
      await measureRates(
        house,
        Number(values.rounds),
        Number(values['single-people']),
        Number(values['batched-people']),
        values.only?.split(','),
      );
  } finally {
    await house.close();
  }
}

async function measureRates(
  house: BenchHouse,
  rounds: number,
  single: number,
  batched: number,
  only?: string[],
): Promise<void> {
  const parts: { name: string; label: string; people: number; ceiling: string | null; run: () => Promise<Sample> }[] = [
    {
      name: 'bare-single',
      label: 'bare client, 1 number a request (ceiling)',
      people: single,
      ceiling: null,
      run: () => bare(house, single, 1),
    },
    {
      name: 'bare-batched',
      label: 'bare client, 100 numbers a request (ceiling)',
      people: batched,
      ceiling: null,
      run: () => bare(house, batched, 100),
    },
    {
      name: 'sql',
      label: 'plain SQL claim loop, no gateway',
      people: batched,
      ceiling: null,
      run: () => claimLoop(house, batched),
    },
    {
      name: 'single',
      label: 'Waihu, 1 number a request',
      people: single,
      ceiling: 'bare-single',
      run: () => send(house, single, 'single', false),
    },
    {
      name: 'single-receipts',
      label: 'Waihu, 1 a request, receipts meanwhile',
      people: single,
      ceiling: 'bare-single',
      run: () => send(house, single, 'single', true),
    },
    {
      name: 'batched',
      label: 'Waihu, 100 numbers a request',
      people: batched,
      ceiling: 'bare-batched',
      run: () => send(house, batched, 'batched', false),
    },
    {
      name: 'batched-receipts',
      label: 'Waihu, 100 a request, receipts meanwhile',
      people: batched,
      ceiling: 'bare-batched',
      run: () => send(house, batched, 'batched', true),
    },
  ].filter(({ name }) => !only || only.includes(name));
  // Once unmeasured: compilers and caches are warm in every measured round.
  if (rounds > 1) await send(house, 5_000, 'single', false);
  const samples = new Map<string, Sample[]>(parts.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, label, run } of parts) {
      const sample = await run();
      samples.get(name)?.push(sample);
      console.log(
        `  round ${round}  ${label.padEnd(46)}${Math.round(sample.perSecond).toLocaleString('en-US').padStart(8)}/s`,
      );
      await quiet(house);
    }
  }
  const of = (name: string, pick: (sample: Sample) => number | null | undefined): number | null => {
    const numbers = (samples.get(name) ?? []).map(pick).filter((each) => typeof each === 'number');
    return numbers.length > 0 ? median(numbers) : null;
  };
  const range = (name: string): string => {
    const rates = (samples.get(name) ?? []).map(({ perSecond }) => Math.round(perSecond));
    return `${Math.min(...rates)}–${Math.max(...rates)}`;
  };
  const rate = (name: string) => of(name, ({ perSecond }) => perSecond);
  const rows = parts.map(({ name, label, people, ceiling }): Cell[] => {
    const mine = rate(name) ?? 0;
    const top = ceiling === null ? null : rate(ceiling);
    // CPU for 10,000 messages, so that parts of different size can be compared.
    const cpu = (part: keyof Sample['cpu']): number | null => {
      const seconds = of(name, (sample) => sample.cpu[part]);
      return seconds === null ? null : Math.round((seconds / people) * 1e6) / 100;
    };
    return [
      label,
      people,
      Math.round(mine),
      range(name),
      top === null ? null : `${Math.round((mine / top) * 100)} %`,
      of(name, ({ firstAfter }) => firstAfter),
      cpu('client') ?? cpu('worker'),
      cpu('postgres'),
      cpu('temporal'),
      cpu('sandbox'),
      cpu('api'),
      of(name, ({ peakMb }) => peakMb),
    ];
  });
  const head = [
    'part',
    'people',
    'msg/s',
    'range',
    'of ceiling',
    'first after s',
    'client|worker',
    'postgres',
    'temporal',
    'sandbox',
    'api',
    'peak MB',
  ];
  console.log(
    `\nMedian of ${rounds} interleaved rounds; 100 requests in flight, gateway latency 20 ms; CPU columns in seconds for 10,000 messages.\n`,
  );
  console.log(formatTable(head, rows));
  keepResult('send', { rounds, head, rows, samples: Object.fromEntries(samples) });
}

const micros = (seconds: number, people: number): number => Math.round((seconds / people) * 1e6);

async function measureCost(house: BenchHouse, sizes: number[], requests: 'single' | 'batched'): Promise<void> {
  const sents: Sent[] = [];
  await send(house, 5_000, requests, true);
  for (const people of sizes) {
    console.log(`  ${people.toLocaleString('en-US')} people …`);
    sents.push(await send(house, people, requests, true));
    await quiet(house);
  }
  const rows = sents.map((sent, index): Cell[] => {
    const people = sizes[index] ?? 1;
    const { freeze, sendCpu, cpu } = sent;
    return [
      people.toLocaleString('en-US'),
      Math.round(sent.perSecond),
      micros(freeze.cpu.worker, people),
      micros(freeze.cpu.postgres, people),
      micros(sendCpu.worker, people),
      micros(sendCpu.postgres, people),
      micros((cpu.worker ?? 0) + (cpu.postgres ?? 0) + freeze.cpu.worker + freeze.cpu.postgres, people),
      micros(cpu.api ?? 0, people),
      freeze.workerPeakMb,
      sent.peakMb,
      Math.round(freeze.seconds),
      Math.round(sent.sendSeconds),
      Math.round(sent.receiptSeconds ?? 0),
    ];
  });
  const head = [
    'people',
    'msg/s',
    'freeze worker µs',
    'freeze db µs',
    'send worker µs',
    'send db µs',
    'all worker+db µs',
    'api µs',
    'freeze peak MB',
    'send peak MB',
    'freeze s',
    'send s',
    'receipts s',
  ];
  console.log(
    `\nCost of a message, ${requests}; CPU microseconds; "all" is freeze, send and every receipt taken in.\n`,
  );
  console.log(formatTable(head, rows));
  keepResult(`send-cost-${requests}`, { requests, head, rows, sents });
}
