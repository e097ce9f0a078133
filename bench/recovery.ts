import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openBenchHouse, type BenchHouse } from './kit.ts';
import { formatTable, keepResult, median } from './report.ts';

const usage = `Usage: npm run bench -- recovery [--rounds 5] [--parts worker,sender-1,temporal,postgres,api] [--rate 100]
Kills one part of a sending house with SIGKILL, again and again, and tells how long the gateway then heard nothing.`;
const parts = ['worker', 'sender-1', 'temporal', 'postgres', 'api'] as const;
type Part = (typeof parts)[number];

/** How long sending rests when a process is killed, beside the longest rest of the same campaign without a kill. */
export async function benchRecovery(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      parts: { type: 'string', default: parts.join(',') },
      rate: { type: 'string', default: '100' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const wanted = parts.filter((part) => values.parts.split(',').includes(part));
  const [rounds, rate] = [Number(values.rounds), Number(values.rate)];
  const house = await openBenchHouse();
  try {
    const kills = await play(house, wanted, rounds, rate);
    const rows = [...wanted, null].map((part) => {
      const rests = kills.filter((kill) => kill.part === part).map(({ restMs }) => restMs / 1_000);
      return [part ?? 'nothing killed', rests.length, median(rests), Math.max(...rests)];
    });
    console.log(formatTable(['killed', 'times', 'median s', 'worst s'], rows));
    keepResult('recovery', { rate, kills });
  } finally {
    await house.close();
  }
}

type Kill = { part: Part | null; at: number; restMs: number };
const betweenMs = 20_000;

async function play(house: BenchHouse, wanted: readonly Part[], rounds: number, rate: number): Promise<Kill[]> {
  const turns = Array.from({ length: rounds }, () => [...wanted, null]).flat();
  const people = Math.ceil(((turns.length + 1) * betweenMs * rate) / 1_000);
  await house.receipts(false);
  const campaign = await house.prepare(people, 'single', rate);
  await campaign.go();
  const prefix = `wh-${campaign.key}-`;
  while ((await house.taken()) < rate) await sleep(100);
  const at: { part: Part | null; at: number }[] = [];
  for (const part of turns) {
    await sleep(betweenMs);
    at.push({ part, at: Date.now() });
    if (part !== null) process.kill(part === 'postgres' ? house.postmaster() : house.pidOf(part), 'SIGKILL');
  }
  while ((await house.taken()) < people) await sleep(500);
  const seen = await house.witness(prefix);
  if (seen.accepted !== people || seen.repeated > 0)
    throw new Error(`The sandbox took ${seen.accepted} of ${people}, ${seen.repeated} more than once.`);
  return at.map(({ part, at: killed }) => ({
    part,
    at: killed,
    restMs: longestRest(seen.times, killed - 500, killed + betweenMs - 500),
  }));
}

/** The longest time between two messages, of which one at least came between the two instants. */
function longestRest(times: readonly number[], from: number, until: number): number {
  let longest = 0;
  for (const [index, time] of times.entries()) {
    const before = times[index - 1];
    if (before !== undefined && time >= from && before <= until) longest = Math.max(longest, time - before);
  }
  return longest;
}
