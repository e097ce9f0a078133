import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { cancelCampaign, pauseCampaign, rejectCampaign, resumeCampaign } from '../../src/campaign/campaign.command.ts';
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

  const histories = new Map<string, string>();
  for (const [name, id] of Object.entries({ finished, rejected, 'paused-resumed-cancelled': cancelled })) {
    const handle = house.client.workflow.getHandle(`campaign:${id}`);
    await handle.result();
    // Who recorded it, and where, is nobody's business.
    histories.set(
      name,
      historyToJSON(await handle.fetchHistory())
        .replaceAll(hostname(), 'recorder')
        .replaceAll(process.cwd(), '.'),
    );
  }
  return histories;
}

/** Keeps histories for the replay test: `RECORD_HISTORIES=1 npx vitest run --project integration test/integration/campaign/history.test.ts`. */
export async function keepHistories(histories: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of histories)
    await writeFile(path.join(folder, `${name}.json`), `${JSON.stringify(JSON.parse(text))}\n`);
}

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
