import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Running } from '../run/data-folder.ts';
import { customersCsv, inventCustomers, type DemoCustomer } from './demo/customers.ts';
import { playCalls, type CallsResult } from './demo/calls.ts';
import { playCampaign } from './demo/campaign.ts';
import { createStoryteller } from './demo/story.ts';
import { runWaihu, type Answer } from './demo/waihu.ts';
import { createClient } from '../../kit/cli/client.ts';
import { CliFault, exits } from '../../kit/cli/fault.ts';
import type { Session } from '../../house/session.cli.ts';

export type DemoOptions = { people: number; seed: number | null; json: boolean };

/** The contract for scripts (README): the one JSON line that `waihu demo --json` ends with. */
export type DemoResult = {
  campaign: string;
  audience: number;
  states: Record<string, number>;
  balanced: boolean;
  witness: { accepted: number; twice: number; unsigned: number; suppressed: number; lost: number };
  archive: string;
  seconds: number;
};

export type Demo = {
  sandboxUrl: string;
  /** Files of this run: customers, keys, archive. */
  folder: string;
  tag: string;
  customers: DemoCustomer[];
  story: ReturnType<typeof createStoryteller>;
  /** Runs a command as somebody; throws CliFault when it fails. */
  as(who: string, ...args: string[]): Promise<Record<string, unknown>>;
  /** Runs a command that is meant to be refused. */
  refusedAs(who: string, ...args: string[]): Promise<Answer>;
  /** Where the instance answers. */
  url: string;
  /** What `campaign show` asks the API, without a process for each look at the progress. */
  look<Answer>(place: string, who?: string): Promise<Answer>;
  /** From now on `who` acts with this API key. */
  holds(who: string, key: string): void;
  /** And, where a person must act in a session of their own, with this password. */
  signsInAs(who: string, email: string, password: string): void;
  /** Files of the people, who stay from run to run. */
  peopleFolder: string;
};

/** Plays the main job on the running system with public commands only; the sandbox plays the carriers and the customers. */
export async function playDemo(
  running: Running,
  session: Session,
  options: DemoOptions,
): Promise<{ result: DemoResult; holds: boolean }> {
  const started = Date.now();
  const { demo, seed } = await openDemo(running, session, options);
  const { holds, ...played } = await playCampaign(demo, seed);
  return { result: { ...played, seconds: secondsSince(started) }, holds };
}

/** The same for a day of calls: the sandbox plays the PBX, the customers and the agents' phones. */
export async function playCallDemo(
  running: Running,
  session: Session,
  options: DemoOptions & { agents: number },
): Promise<{ result: CallsResult; holds: boolean }> {
  const started = Date.now();
  const { demo, seed } = await openDemo(running, session, options);
  const { agents } = options;
  const { holds, ...played } = await playCalls(demo, { agents, seed, databaseUrl: running.databaseUrl });
  return { result: { ...played, seconds: secondsSince(started) }, holds };
}

const secondsSince = (started: number): number => Math.round((Date.now() - started) / 100) / 10;

async function openDemo(
  running: Running,
  session: Session,
  options: DemoOptions,
): Promise<{ demo: Demo; seed: number }> {
  if (running.sandboxUrl === undefined) {
    throw new CliFault(
      exits.refused,
      'demo.no-sandbox',
      'The demonstration writes to and calls invented people, and needs the sandbox.',
      { todo: 'Start with WAIHU_SANDBOX=on.' },
    );
  }
  const dataFolder = path.resolve(session.cwd, session.env['WAIHU_DATA'] || '.waihu');
  const demos = path.join(dataFolder, 'demo');
  await mkdir(demos, { recursive: true });
  const run = (await readdir(demos, { withFileTypes: true })).filter((each) => each.isDirectory()).length + 1;
  // Every run has people of its own, unless asked: the contact caps would rightly spare those of the run before.
  const seed = options.seed ?? run;
  const tag = `${run}-${seed}`;
  const folder = path.join(demos, tag);
  await mkdir(folder, { recursive: true });

  const keys = new Map<string, string>();
  const passwords = new Map<string, { WAIHU_EMAIL: string; WAIHU_PASSWORD: string }>();
  const story = createStoryteller(session.stdout, options.json);
  const call = (who: string, args: string[]): Promise<Answer> => {
    story.command(who, args);
    const key = keys.get(who);
    return runWaihu(args, {
      ...session.env,
      WAIHU_DATA: dataFolder,
      WAIHU_URL: running.url,
      ...(key !== undefined && { WAIHU_API_KEY: key }),
      ...passwords.get(who),
    });
  };
  const demo: Demo = {
    sandboxUrl: running.sandboxUrl,
    folder,
    tag,
    customers: inventCustomers(options.people, seed),
    story,
    async as(who, ...args) {
      const answer = await call(who, args);
      if (answer.exit === 0) return answer.data as Record<string, unknown>;
      throw new CliFault(
        exits.refused,
        'demo.command-failed',
        `\`waihu ${args[0]} ${args[1] ?? ''}\` failed: ${answer.stderr.trim() || answer.stdout.trim()}`,
      );
    },
    refusedAs: (who, ...args) => call(who, args),
    url: running.url,
    look: (place, who = 'operator') => createClient({ url: running.url, key: keys.get(who) ?? '' }).get(place),
    holds: (who, key) => void keys.set(who, key),
    signsInAs: (who, email, password) => void passwords.set(who, { WAIHU_EMAIL: email, WAIHU_PASSWORD: password }),
    peopleFolder: demos,
  };
  await writeFile(path.join(folder, 'customers.csv'), customersCsv(demo.customers));
  return { demo, seed };
}
