import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { createMetrics } from '../../../src/app/metrics.ts';
import { createFigures } from '../../../src/campaign/figures.command.ts';
import { createServer } from '../../../src/app/http/server.ts';
import { openHouse, waitFor } from '../../kit/campaign.ts';

// A third of the calls ends in doubt, and nobody asks: the campaign stays with unknown outcomes.
const house = await openHouse({
  scenario: {
    unknownOutcomes: { share: 0.3, weights: { 'html-502-after-accept': 1 } },
    receipts: { lost: { share: 1 } },
  },
  settle: { askUnknownAfter: 3_600, askAcceptedAfter: 3_600 },
});
const token = 'scrape-token-of-this-test';
const figures = createFigures(house.pool);
const app = await createServer({
  pool: house.pool,
  processes: house.processes,
  key: house.key,
  publicUrl: 'http://127.0.0.1',
  logger: pino({ level: 'silent' }),
  readiness: async () => ({ database: true, temporal: true, people: true, senders: true }),
  metrics: {
    token,
    metrics: createMetrics({ pool: house.pool, figures, client: house.client, taskQueues: [house.taskQueue] }),
  },
});
afterAll(async () => {
  await app.close();
  await figures.close();
});
const scrape = (authorization?: string) =>
  app.inject({ url: '/metrics', headers: authorization === undefined ? {} : { authorization } });

test.each([undefined, 'Bearer wrong', `Basic ${token}`, 'Bearer ', `Bearer ${token}x`])(
  'nobody reads it with the header %s',
  async (header) => {
    const answer = await scrape(header);
    expect(answer.statusCode).toBe(403);
    expect(answer.body).not.toContain('waihu_');
    expect(answer.json()).toMatchObject({ code: 'metrics.token' });
  },
);

test('a watcher sees each live campaign, account, queue, push, lock and the process itself, and nobody’s data', async () => {
  const id = await house.signed(await house.addAudience(60));
  const { campaign } = await house.until(id, 'sending');
  await waitFor(
    async () => {
      const { rows } = await house.pool.query<{ n: number }>(
        `select count(*)::int as n from message where campaign_key = $1 and state in ('accepted', 'unknown')`,
        [campaign.key],
      );
      return rows[0]?.n === 60 ? true : null;
    },
    () => 'calls are still open',
  );
  await figures.refresh(campaign.key);
  await house.pool.query(
    `insert into webhook_delivery (gateway_account_id, kind, raw, received_at, attempts, try_after)
     select id, 'receipts', '[]', now() - interval '90 seconds', 1, now() + interval '1 hour' from gateway_account`,
  );
  await app.inject({ url: '/api/v1/customers/13800138000' });
  const answer = await scrape(`Bearer ${token}`);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toContain('text/plain');
  const value = (line: string): number | undefined => {
    const found = answer.body.split('\n').find((each) => each.startsWith(`${line} `));
    return found === undefined ? undefined : Number(found.slice(line.length + 1));
  };
  const { number } = campaign;
  const unknown = value(`waihu_campaign_messages{campaign="${number}",state="unknown"}`) ?? 0;
  const accepted = value(`waihu_campaign_messages{campaign="${number}",state="accepted"}`) ?? 0;
  expect(unknown).toBeGreaterThan(0);
  expect(unknown + accepted).toBe(60);
  expect(value(`waihu_campaign_oldest_unknown_seconds{campaign="${number}"}`)).toBeGreaterThan(0);
  expect(value(`waihu_campaigns{state="sending"}`)).toBe(1);
  expect(value('waihu_account_active{account="sandbox"}')).toBe(1);
  expect(value('waihu_pushes_waiting')).toBe(1);
  expect(value('waihu_pushes_oldest_seconds')).toBeGreaterThanOrEqual(90);
  expect(value('waihu_database_lock_waits')).toBe(0);
  expect(value(`waihu_queue_backlog{queue="${house.taskQueue}",kind="activity"}`)).toBeDefined();
  expect(value('process_cpu_seconds_total')).toBeGreaterThan(0);
  for (const part of ['campaigns', 'accounts', 'pushes', 'database', 'queues'])
    expect(value(`waihu_look_failed{part="${part}"}`)).toBe(0);
  expect(answer.body).toMatch(/waihu_http_request_seconds_count\{method="GET",route="[^"]*",status="40\d"\} \d/);
  const { rows } = await house.pool.query<{ phone: string }>('select phone from audience_member');
  for (const { phone } of rows) expect(answer.body).not.toContain(phone.slice(3));
  expect(answer.body).not.toContain('13800138000');
});

test('where the database does not answer, the page is there and says which part is missing', async () => {
  const metrics = createMetrics({
    pool: { query: () => Promise.reject(new Error('gone')) } as never,
    figures,
    client: house.client,
    taskQueues: [],
  });
  const page = await metrics.page();
  expect(page).toContain('waihu_look_failed{part="database"} 1');
  expect(page).toContain('process_cpu_seconds_total');
});

test('without a token there is no such page', async () => {
  const plain = await createServer({
    pool: house.pool,
    processes: house.processes,
    key: house.key,
    publicUrl: 'http://127.0.0.1',
    logger: pino({ level: 'silent' }),
    readiness: async () => ({ database: true, temporal: true, people: true, senders: true }),
  });
  const answer = await plain.inject({ url: '/metrics', headers: { authorization: 'Bearer ' } });
  expect(answer.statusCode).toBe(404);
  await plain.close();
});
