import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadContactAsk } from '../../../contact/ask.db.ts';
import { opensAt } from '../../../contact/hours.rule.ts';
import type { Context } from '../../../house/context.ts';
import type { Processes } from '../../../house/processes.ts';
import { openPool, type Pool } from '../../../kernel/sql.db.ts';
import { findVoiceAccountByName } from '../../../voice/voice-account.db.ts';
import type { Demo } from '../demo.ts';
import { playAgent } from './call-agents.ts';
import * as db from './calls.db.ts';
import { signingKeyOf, setUpPeople } from './people.ts';

/** The contract for scripts (README): the one JSON line that `waihu demo calls --json` ends with. */
export type CallsResult = {
  list: string;
  tasks: number;
  states: Record<string, number>;
  balanced: boolean;
  attempts: number;
  abandonedShare: number;
  twice: number;
  outsideHours: number;
  brokenLeases: number;
  promises: { kept: number; late: number; lost: number };
  seconds: number;
};

type Hours = { working: [string, string] | null; rest: [string, string] | null };
const always: Hours = { working: ['00:00', '24:00'], rest: ['00:00', '24:00'] };
const sandboxDay = {
  timeScale: 30,
  fates: { answer: 6, busy: 1, reject: 0.5, 'no-answer': 1.5, unavailable: 0.5, invalid: 0.5 },
};
const content = {
  opening: '您好，这里是云汀金融客户服务中心，请问是您本人吗？',
  reason: '您上次反映的问题已有处理结果，现在向您回复。',
  branches: [],
  closing: '如有其他问题，请拨打客服热线。再见。',
  verification: [],
  results: ['resolved', 'unresolved', 'callback', 'do-not-contact'],
};
/** One in so many was promised a call, a few seconds after the list opens. */
const promisedEach = 8;
/** Kept is a call within a quarter of an hour. */
const keptWithinMs = 15 * 60_000;

type Day = { listId: string; number: string; promised: Map<string, Date> };

/** A day of calls, from a script that two people sign to the witness of the sandbox. */
export async function playCalls(
  demo: Demo,
  { agents, seed, databaseUrl }: { agents: number; seed: number; databaseUrl: string },
): Promise<Omit<CallsResult, 'seconds'> & { holds: boolean }> {
  const { story } = demo;
  const pool = openPool(databaseUrl, Math.min(20, agents + 4));
  const scenario = await ofSandbox<object>(demo, 'scenario');
  let was: Hours | null = null;
  try {
    await setUpPeople(demo);
    const { hours } = await demo.look<{ hours: { callback: { call: Hours } } }>('/contact-policy');
    await setHours(demo, always);
    was = hours.callback.call;
    await ofSandbox(demo, 'scenario', { ...sandboxDay, seed });
    const before = await ofSandbox<Witness>(demo, '');
    const account = await findVoiceAccountByName(pool, 'sandbox');
    if (!account) throw new Error('The sandbox has no voice account; `npm start` makes one.');
    const caller = account.callerNumbers[0] ?? '';
    const day = await openDay(demo, seed, account.id, caller);
    story.chapter(`${agents} agents take the calls; each is a program at a phone of the sandbox`);
    const over = new AbortController();
    const working = (await staffOf(demo, pool, agents)).map((ctx, index) =>
      playAgent(ctx, { accountId: account.id, extension: `PJSIP/${2001 + index}`, listId: day.listId }, over.signal),
    );
    try {
      await Promise.race([endOfDay(demo, pool, day), Promise.all(working)]);
    } finally {
      over.abort();
      await Promise.allSettled(working);
    }
    return await reckon(demo, pool, day, before);
  } finally {
    await ofSandbox(demo, 'scenario', scenario).catch(() => undefined);
    if (was) await setHours(demo, was);
    await pool.end();
  }
}

/** A demonstration is played at any hour; the house's own hours of callbacks are put back after it. */
async function setHours(demo: Demo, { working, rest }: Hours): Promise<void> {
  const text = [working, rest].map((daily) => daily?.join('-') ?? 'closed').join('/');
  await demo.as('administrator', 'policy', 'set', '--hours', `callback.call=${text}`);
}

type Witness = { originates: number; sameIdAgain: number; sameNumberAtOnce: number };

async function ofSandbox<Answer>(demo: Demo, place: string, body?: object): Promise<Answer> {
  const answer = await fetch(`${demo.sandboxUrl}/sandbox/calls/${place}`.replace(/\/$/, ''), {
    ...(body && { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`The sandbox answered ${answer.status} to calls/${place}.`);
  return (await answer.json()) as Answer;
}

async function keep(demo: Demo, name: string, value: object): Promise<string> {
  const file = path.join(demo.folder, name);
  await writeFile(file, JSON.stringify(value));
  return file;
}

/** People, a script that two sign, and a list of them that is opened. */
async function openDay(demo: Demo, seed: number, accountId: string, callerNumber: string): Promise<Day> {
  const { story, customers, tag } = demo;
  story.chapter(`${customers.length} customers from a file`);
  await demo
    .as('administrator', 'topic', 'create', `travel-${seed}`, '--name', '出行权益')
    .catch(() => story.say('The topic is there already.'));
  const { import: dry } = (await demo.as('applicant', 'import', path.join(demo.folder, 'customers.csv'))) as {
    import: { id: string; goodRows: number };
  };
  await demo.as('applicant', 'import', 'accept', dry.id);

  story.chapter('What is said is signed by two people before anybody is called');
  const script = await keep(demo, 'script.json', { name: `回访 ${tag}`, purpose: 'callback', content });
  const { number: said } = (await demo.as('operator', 'script', 'create', '--from', script)) as { number: string };
  await demo.as('operator', 'script', 'submit', said);
  for (const who of ['liaison', 'leader'])
    await demo.as(who, 'sign', said, '--role', who, '--key', signingKeyOf(demo, who), '--yes');

  story.chapter('A list, with promised callbacks among its people');
  const list = { name: `回访 ${tag}`, kind: 'callback', mode: 'progressive', script: said, accountId, callerNumber };
  const file = await keep(demo, 'list.json', list);
  const { number, id } = (await demo.as('operator', 'call-list', 'create', '--from', file)) as {
    number: string;
    id: string;
  };
  const promised = new Map<string, Date>();
  const cases = customers.map(({ id: externalId }, n) => {
    const at = n % promisedEach === 0 ? new Date(Date.now() + 10_000 + (n % 20) * 1_000) : null;
    if (at) promised.set(externalId, at);
    return { externalId, reason: '低分回访', sourceKey: externalId, promisedAt: at?.toISOString() ?? null };
  });
  for (let from = 0; from < cases.length; from += 1_000)
    await demo.as(
      'operator',
      'call-list',
      'add',
      number,
      '--from',
      await keep(demo, `cases-${from}.json`, { cases: cases.slice(from, from + 1_000) }),
    );
  await demo.as('operator', 'call-list', 'open', number);
  return { listId: id, number, promised };
}

/** Agents are people of the house; these act by the desk's own commands. */
async function staffOf(demo: Demo, pool: Pool, agents: number): Promise<Context[]> {
  const contexts: Context[] = [];
  for (let n = 1; n <= agents; n += 1) {
    const [name, unit] = [`坐席 ${n}`, '外呼组'];
    const email = `agent-${n}-${demo.tag}@demo.invalid`;
    const { staffId } = (await demo.as(
      'administrator',
      'staff',
      'invite',
      '--name',
      name,
      '--email',
      email,
      '--unit',
      unit,
      '--role',
      'agent',
    )) as { staffId: string };
    const staff = { id: staffId, name, unit, roles: ['agent' as const], grants: [{ role: 'agent' as const, unit }] };
    // The desk starts no process.
    contexts.push({ pool, staff, processes: {} as Processes, now: () => new Date() });
  }
  return contexts;
}

/** Until nobody is on the line, nothing is to be written up, and nobody could be called within the minute. */
async function endOfDay(demo: Demo, pool: Pool, { listId }: Day): Promise<void> {
  for (let looks = 0; looks < 7_200; looks += 1) {
    const { open, states } = await db.tasksOf(pool, listId);
    demo.story.progress(
      Object.entries(states)
        .map(([state, n]) => `${state} ${n}`)
        .join(' · '),
    );
    if (open === 0) return;
    await sleep(500);
  }
  throw new Error('The day of calls did not end within an hour.');
}

async function reckon(
  demo: Demo,
  pool: Pool,
  day: Day,
  before: Witness,
): Promise<Omit<CallsResult, 'seconds'> & { holds: boolean }> {
  const { story } = demo;
  const { listId, number, promised } = day;
  story.chapter('What the ledger says, and what the sandbox saw');
  const list = await demo.look<{ given: number; counts: Record<string, number> }>(`/call-lists/${number}`);
  const states = Object.fromEntries(Object.entries(list.counts).filter(([, n]) => n > 0));
  const tasks = Object.values(states).reduce((sum, n) => sum + n, 0);
  const dials = await db.dialsOf(pool, listId);
  const after = await ofSandbox<Witness>(demo, '');
  const answered = dials.filter((each) => each.answered).length;
  const abandoned = dials.filter((each) => each.abandoned).length;
  const ask = await loadContactAsk(pool, { purpose: 'callback', channel: 'call', topic: null, sender: null });
  const isClosed = (at: Date): boolean =>
    ask.hours.some((hours) => (opensAt(hours, ask.calendar, 'Asia/Shanghai', at) ?? new Date(8.64e15)) > at);
  // Whoever may not be called at all was promised nothing that could be kept; the ledger says why.
  const first = new Map(dials.toReversed().map(({ sourceKey, at }) => [sourceKey, at]));
  const kept = [...promised].filter(
    ([key, at]) => (first.get(key)?.getTime() ?? Infinity) <= at.getTime() + keptWithinMs,
  ).length;
  const explained = new Set(demo.customers.filter(({ expected }) => expected === 'dnc').map(({ id }) => id));
  const lost = [...promised.keys()].filter((key) => !first.has(key) && !explained.has(key)).length;
  const met = [...promised.keys()].filter((key) => first.has(key)).length;
  const result = {
    list: number,
    tasks,
    states,
    balanced: tasks === list.given && (await db.unexplained(pool, listId)) === 0,
    attempts: dials.length,
    abandonedShare: answered === 0 ? 0 : Math.round((abandoned / answered) * 10_000) / 10_000,
    // The witness may have seen one more originate than the books only when somebody was dialled behind their back.
    twice:
      after.sameIdAgain -
      before.sameIdAgain +
      (after.sameNumberAtOnce - before.sameNumberAtOnce) +
      Math.max(0, after.originates - before.originates - dials.length),
    outsideHours: dials.filter(({ at }) => isClosed(at)).length,
    brokenLeases: await db.brokenLeases(pool, listId),
    promises: { kept, late: met - kept, lost },
  };
  const { promises } = result;
  const holds =
    result.balanced &&
    result.attempts > 0 &&
    result.abandonedShare <= 0.03 + 1 / Math.max(1, answered) &&
    result.twice + result.outsideHours + result.brokenLeases + promises.late + promises.lost === 0;
  story.result(
    `${result.attempts} calls for ${tasks} people, ${answered} answered, ${abandoned} abandoned; ${promises.kept} promises kept`,
  );
  story.say(holds ? 'Everything holds.' : `SOMETHING DOES NOT HOLD: ${JSON.stringify(result)}`);
  return { ...result, holds };
}
