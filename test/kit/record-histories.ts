import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { cancelCampaign, pauseCampaign, rejectCampaign, resumeCampaign } from '../../src/campaign/campaign.command.ts';
import { actingStaff } from '../../src/house/context.ts';
import { createDelegation } from '../../src/house/delegation.command.ts';
import { standInsOf } from '../../src/house/delegation.db.ts';
import { findStaff } from '../../src/house/staff.db.ts';
import type { House } from './campaign.ts';
import { codeOf, untilFinished, untilSent } from './look.ts';

const folder = path.resolve('test/histories/sms-campaign');

/** Real histories by name, as Temporal keeps them: each is played to its end in the house. */
export async function playHistories(house: House): Promise<Map<string, string>> {
  const finished = await house.submitted(await house.addAudience(1_500));
  // Refused signatures leave their trace, too.
  await codeOf(house.signAs(house.people.leader, 'leader', finished));
  await house.signAs(house.people.liaison, 'liaison', finished);
  await house.signAs(house.people.leader, 'leader', finished);
  await untilFinished(house, finished);

  const rejected = await house.submitted(await house.addAudience(5, 10_000));
  await rejectCampaign(house.people.liaison.ctx, { campaignId: rejected, reason: '日期写错' });

  const cancelled = await house.signed(await house.addAudience(1_200, 20_000), { ratePerSecond: 100 });
  const stopped = { campaignId: cancelled, reason: '客户 13800020001 来电投诉' };
  await untilSent(house, cancelled, 20);
  await pauseCampaign(house.people.operator.ctx, stopped);
  await resumeCampaign(house.people.operator.ctx, stopped);
  await untilSent(house, cancelled, 60);
  await cancelCampaign(house.people.operator.ctx, stopped);
  await untilFinished(house, cancelled);

  const expired = await house.submitted(await house.addAudience(5, 30_000), {
    signBy: new Date(Date.now() + 4_000).toISOString(),
  });
  const standIn = await signedByStandIn(house);
  await untilFinished(house, standIn);
  await house.until(expired, 'expired');

  const histories = new Map<string, string>();
  const played = { finished, rejected, 'paused-resumed-cancelled': cancelled, expired, 'stand-in': standIn };
  for (const [name, id] of Object.entries(played)) {
    const handle = house.client.workflow.getHandle(`campaign:${id}`);
    await handle.result();
    histories.set(name, historyToJSON(await handle.fetchHistory()));
  }
  return histories;
}

/** The leader is away: somebody who holds no role signs in the leader's place. */
async function signedByStandIn(house: House): Promise<string> {
  const { leader, liaison } = house.people;
  const standIn = await house.addPerson('stand-in', []);
  await createDelegation(leader.ctx, {
    delegateId: standIn.id,
    role: 'leader',
    unit: '*',
    fromAt: new Date(Date.now() - 1_000),
    untilAt: new Date(Date.now() + 3_600_000),
  });
  const staff = await findStaff(house.pool, standIn.id);
  if (!staff) throw new Error('The stand-in is not there.');
  const acting = actingStaff(staff, await standInsOf(house.pool, standIn.id), new Date());
  const id = await house.submitted(await house.addAudience(3, 40_000));
  await house.signAs(liaison, 'liaison', id);
  await house.signAs({ ...standIn, ctx: { ...standIn.ctx, staff: acting } }, 'leader', id);
  return id;
}

/** Keeps histories for the replay test: `RECORD_HISTORIES=1 npx vitest run --project integration test/integration/campaign/history.test.ts`. */
export async function keepHistories(histories: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of histories)
    await writeFile(path.join(folder, `${name}.json`), `${JSON.stringify(JSON.parse(anonymous(text)))}\n`);
}

// Who recorded it, and where, is nobody's business.
const anonymous = (history: string): string =>
  history.replaceAll(hostname(), 'recorder').replaceAll(process.cwd(), '.');

export async function keptHistories(): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (const file of await readdir(folder))
    if (file.endsWith('.json')) kept.set(path.basename(file, '.json'), await readFile(path.join(folder, file), 'utf8'));
  return kept;
}

/** Everything that a history says, in plain text: payloads decoded, whatever else there is as it stands. */
export function textOfHistory(json: string): string {
  const said: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === 'string') said.push(value);
    if (typeof value !== 'object' || value === null) return;
    const { data, metadata, ...rest } = value as { data?: unknown; metadata?: unknown };
    if (typeof data === 'string' && metadata !== undefined) said.push(Buffer.from(data, 'base64').toString('utf8'));
    else if (data !== undefined) walk(data);
    for (const each of Object.values(rest)) walk(each);
  };
  walk(JSON.parse(json));
  return said.join('\n');
}
