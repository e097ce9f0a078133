import type { TestProject } from 'vitest/node';
import { Pool } from 'pg';
import { readConfig } from '../../src/app/config.ts';
import { migrate } from '../../src/app/run/migrate.ts';
import { providePostgres, provideTemporal } from '../../src/app/run/provide.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the maintenance database; test/kit/database.ts clones `waihu_template` for each file. */
    databaseUrl: string;
    temporalAddress: string;
  }
}

/** One PostgreSQL and one Temporal for the whole run; each file gets a database and a task queue of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const config = readConfig(process.env);
  const postgres = await providePostgres(config);
  const temporal = await provideTemporal(config);
  const admin = new Pool({ connectionString: postgres.url, max: 1 });
  await admin.query('drop database if exists waihu_template with (force)');
  await admin.query('create database waihu_template');
  await admin.end();
  const template = new URL(postgres.url);
  template.pathname = '/waihu_template';
  await migrate(template.href);
  project.provide('databaseUrl', postgres.url);
  project.provide('temporalAddress', temporal.address);
  return async () => {
    await temporal.stop();
    await postgres.stop();
  };
}
