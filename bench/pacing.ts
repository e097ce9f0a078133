import { parseArgs } from 'node:util';
import { ours, twoLines, vicidial } from './pacing/pacers.ts';
import { scenarios, world, type ScenarioName } from './pacing/scenario.ts';
import { simulate, type Pacer, type Shift } from './pacing/simulator.ts';
import { formatTable, keepResult } from './report.ts';

const usage = `Usage: npm run bench -- pacing [--scenario A,B,C,D] [--agents 5,20] [--seeds 101-108] [--pacer NAMES] [--hours ${world.hours}]
Shifts of a simulated call list, each with seeds of its own: how long agents talk and how many answers meet no agent, by the
pacer (progressive, two-lines, vicidial, predictive). Seeds 1 to 8 are those it was tuned on.`;

const pacers: Readonly<Record<string, () => Pacer>> = {
  progressive: () => ours('progressive'),
  'two-lines': twoLines,
  vicidial,
  predictive: () => ours('predictive'),
};

const percent = (share: number): string => (100 * share).toFixed(1);
const finer = (share: number): string => (100 * share).toFixed(2);

type Row = { scenario: ScenarioName; agents: number; pacer: string; shifts: Shift[] };

export function benchPacing(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      scenario: { type: 'string', default: 'A,B,C,D' },
      agents: { type: 'string', default: '5,20' },
      seeds: { type: 'string', default: '101-108' },
      pacer: { type: 'string', default: Object.keys(pacers).join(',') },
      hours: { type: 'string', default: String(world.hours) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return Promise.resolve();
  }
  const seeds = seedsOf(values.seeds);
  const hours = Number(values.hours);
  const rows: Row[] = [];
  for (const scenario of values.scenario.split(',').map(scenarioOf)) {
    for (const agents of values.agents.split(',').map(Number)) {
      for (const name of values.pacer.split(',')) {
        const make = pacers[name];
        if (!make) throw new Error(`No pacer is called ${name}.\n${usage}`);
        const shifts = seeds.map((seed) => simulate({ scenario, agents, seed, hours }, make()));
        rows.push({ scenario, agents, pacer: name, shifts });
        process.stderr.write('.');
      }
    }
  }
  process.stderr.write('\n');
  console.log(
    `Talk, occupied, abandoned in %; gap in seconds; ${seeds.length} seeds (${values.seeds}), ${hours} h each\n`,
  );
  console.log(formatTable(head, rows.map(cellsOf)));
  keepResult('pacing', { seeds, hours, rows });
  return Promise.resolve();
}

const head = [
  'scenario',
  'agents',
  'pacer',
  'talk',
  'worst seed',
  'occupied',
  'abandoned',
  'worst seed',
  'dials a connect',
  'gap p95',
];

function cellsOf({ scenario, agents, pacer, shifts }: Row): string[] {
  const mean = (of: (shift: Shift) => number): number =>
    shifts.reduce((sum, shift) => sum + of(shift), 0) / shifts.length;
  return [
    scenario,
    String(agents),
    pacer,
    percent(mean(({ talkShare }) => talkShare)),
    percent(Math.min(...shifts.map(({ talkShare }) => talkShare))),
    percent(mean(({ occupiedShare }) => occupiedShare)),
    finer(mean(({ abandonedShare }) => abandonedShare)),
    finer(Math.max(...shifts.map(({ abandonedShare }) => abandonedShare))),
    mean(({ dialsPerConnect }) => dialsPerConnect).toFixed(2),
    mean(({ gapP95 }) => gapP95).toFixed(0),
  ];
}

/** `1-8`, `3`, `1,5,101-124`: whole numbers. */
function seedsOf(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    if (!Number.isInteger(from) || !Number.isInteger(to) || to < from)
      throw new Error(`Seeds "${text}" cannot be read.\n${usage}`);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}

function scenarioOf(name: string): ScenarioName {
  const found = (Object.keys(scenarios) as ScenarioName[]).find((each) => each === name);
  if (!found) throw new Error(`No scenario is called ${name}.\n${usage}`);
  return found;
}
