import { setTimeout as sleep } from 'node:timers/promises';
import { gatewayTemplate, signName, type BenchHouse } from './kit.ts';
import { runScript } from './script.ts';
import { difference, type Usage } from './usage.ts';

export type Sample = {
  perSecond: number;
  /** Seconds from the leader's signature to the first accepted message. */
  firstAfter: number | null;
  cpu: Partial<Usage> & { client?: number };
  peakMb: number;
};
export type Sent = Sample & {
  freeze: { seconds: number; cpu: Usage; workerPeakMb: number };
  sendCpu: Usage;
  sendSeconds: number;
  receiptSeconds: number | null;
};

/** Signed calls of a client that does nothing else: the ceiling. */
export async function bare(house: BenchHouse, people: number, perRequest: number): Promise<Sample> {
  await house.receipts(false);
  const outId = `bare${Date.now()}`;
  const before = house.cpuNow();
  const words = {
    url: house.sandboxUrl,
    people,
    from: house.reserve(people),
    'per-request': perRequest,
    'in-flight': 100,
    sign: signName,
    template: gatewayTemplate,
    'out-id': outId,
  };
  const said = await runScript(
    'bare-client.ts',
    Object.entries(words).map(([name, value]) => `--${name}=${value}`),
    {
      SANDBOX_ACCESS_KEY_ID: house.access.accessKeyId,
      SANDBOX_ACCESS_KEY_SECRET: house.access.accessKeySecret,
    },
  );
  const cpu = difference(house.cpuNow(), before);
  const seen = await house.witness(outId);
  demand(seen, people);
  return {
    perSecond: rateOf(seen),
    firstAfter: null,
    cpu: { client: said['cpuSeconds'] ?? 0, sandbox: cpu.sandbox },
    peakMb: said['peakMb'] ?? 0,
  };
}

/** A queue in PostgreSQL without a gateway. */
export async function claimLoop(house: BenchHouse, people: number): Promise<Sample> {
  const before = house.cpuNow();
  const said = await runScript('claim-loop.ts', [`--database=${house.running.databaseUrl}`, `--people=${people}`]);
  const { postgres } = difference(house.cpuNow(), before);
  return {
    perSecond: people / (said['seconds'] ?? 1),
    firstAfter: null,
    cpu: { client: said['cpuSeconds'] ?? 0, postgres },
    peakMb: said['peakMb'] ?? 0,
  };
}

/** One campaign through everything; `receipts`: the carrier tells what became of each message while others are sent. */
export async function send(
  house: BenchHouse,
  people: number,
  requests: 'single' | 'batched',
  receipts: boolean,
): Promise<Sent> {
  await house.receipts(receipts);
  const campaign = await house.prepare(people, requests);
  await quiet(house);
  house.forgetWorkerPeak();
  const before = house.cpuNow();
  const tookBefore = await house.taken();
  const startedAt = Date.now();
  await campaign.go();
  // Asking the sandbox for its count costs nothing; counting the ledger all the time would.
  while ((await house.taken()) - tookBefore < people) {
    if (Date.now() - startedAt > 3_600_000) throw new Error('The campaign does not come to its end.');
    await sleep(250);
  }
  // The workflow decides to settle when nobody is pending and every result is committed.
  for (;;) {
    const counts = await house.balance(campaign.key);
    if (counts.accepted + counts.delivered === people) break;
    if (counts.failed + counts.unknown > 0) throw new Error(`The ledger stands at ${JSON.stringify(counts)}.`);
    await sleep(restMs(people));
  }
  const sendSeconds = (Date.now() - startedAt) / 1_000;
  const sendCpu = difference(house.cpuNow(), before);
  const peakMb = house.workerPeakMb();
  let receiptSeconds: number | null = null;
  if (receipts) {
    while ((await house.balance(campaign.key)).delivered < people) await sleep(restMs(people));
    receiptSeconds = (Date.now() - startedAt) / 1_000;
  }
  const cpu = difference(house.cpuNow(), before);
  const seen = await house.witness(`wh-${campaign.key}-`);
  demand(seen, people);
  return {
    perSecond: rateOf(seen),
    firstAfter: Math.round((seen.first - startedAt) / 10) / 100,
    cpu,
    peakMb,
    freeze: campaign.freeze,
    sendCpu,
    sendSeconds,
    receiptSeconds,
  };
}

/** A count of a million rows each second was a quarter of what PostgreSQL seemed to need for them. */
const restMs = (people: number): number => Math.max(250, people / 100);

const rateOf = ({ accepted, first, last }: { accepted: number; first: number; last: number }): number =>
  accepted / Math.max(0.001, (last - first) / 1_000);

function demand(seen: { accepted: number; repeated: number }, people: number): void {
  if (seen.accepted !== people || seen.repeated > 0)
    throw new Error(`The sandbox took ${seen.accepted} of ${people}, ${seen.repeated} more than once.`);
}

/** Lets what the last part left behind (checkpoint, write-back, receipts) not be paid by the next. */
export async function quiet(house: BenchHouse): Promise<void> {
  await house.pool.query('checkpoint');
  await sleep(500);
}
