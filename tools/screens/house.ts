import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { offerSubjects } from '../../src/app/subjects.ts';
import { openAuditSeals } from '../../src/house/audit/seals.ts';
import { openInstallationKey } from '../../src/house/installation-key.command.ts';
import { createTemporalProcesses } from '../../src/campaign/temporal-processes.command.ts';
import { readConfig } from '../../src/app/config.ts';
import { listStaff } from '../../src/house/staff.db.ts';
import { openPool } from '../../src/kernel/sql.db.ts';
import { up } from '../../src/app/run/up.ts';
import type { Stage } from './demo-people.ts';

/** What `npm start` brings up, in a folder of its own and at free ports; `firstLink` lets the administrator in. */
export async function openScreensHouse() {
  offerSubjects();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'waihu-screens-'));
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(WAIHU_|DATABASE_URL$|TEMPORAL_)/.test(name) || /^WAIHU_(TEMPORAL_CACHE|BROWSER)$/.test(name),
    ),
  );
  const config = readConfig({ ...inherited, WAIHU_DATA: folder, WAIHU_PORT: '0', WAIHU_LOG_LEVEL: 'warn' });
  const { running, stop } = await up(config);
  const pool = openPool(running.databaseUrl, 8);
  const connection = await Connection.connect({ address: running.temporalAddress });
  const client = new Client({ connection, namespace: running.temporalNamespace });
  const firstLink = readFileSync(path.join(folder, 'first-sign-in-link'), 'utf8').trim();
  const [administrator] = await listStaff(pool);
  const stage: Stage = {
    pool,
    processes: createTemporalProcesses(client, config.taskQueue),
    baseUrl: new URL(firstLink).origin,
    administratorId: administrator?.id ?? '',
    seals: await openAuditSeals(pool, await openInstallationKey(pool, config.key), folder),
    async ask(method, place, body) {
      const answer = await fetch(`${running.sandboxUrl}/sandbox/${place}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`The sandbox answered ${answer.status} to ${place}.`);
      return answer.json();
    },
  };
  return {
    stage,
    firstLink: new URL(firstLink).pathname,
    async close(): Promise<void> {
      await connection.close();
      await pool.end();
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
