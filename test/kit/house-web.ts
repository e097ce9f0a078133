import type { AddressInfo } from 'node:net';
import type { Client } from '@temporalio/client';
import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Pool } from 'pg';
import type { AuditSeals } from '../../src/house/audit/seals.ts';
import type { InstallationKey } from '../../src/kernel/installation-key.rule.ts';
import { receiveAliyun } from '../../src/sms/webhook/aliyun.api.ts';
import type { startTakeIn } from '../../src/sms/webhook/take-in.ts';

/** What a house's web server is made of. `url` is where the gateway pushes to. */
export type WebParts = {
  pool: Pool;
  takeIn: ReturnType<typeof startTakeIn>;
  client: Client;
  taskQueue: string;
  folder: string;
  key: InstallationKey;
  seals: AuditSeals;
};
export type HouseWeb = { url: string; close(): Promise<void> };

/** The webhooks alone: nobody looks at pages in most tests. */
export async function openWebhooks({ pool, takeIn }: WebParts): Promise<HouseWeb> {
  const web = fastify();
  web.setValidatorCompiler(validatorCompiler);
  web.setSerializerCompiler(serializerCompiler);
  receiveAliyun(web, { pool, takeIn });
  await web.listen({ port: 0, host: '127.0.0.1' });
  return { url: `http://127.0.0.1:${(web.server.address() as AddressInfo).port}`, close: () => web.close() };
}
