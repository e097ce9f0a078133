import { randomBytes } from 'node:crypto';
import { Pool } from 'pg';
import { afterAll, inject } from 'vitest';
import { openPool } from '../../src/kernel/sql.db.ts';

/** A migrated database for this test file alone, cloned from the template (about 50 ms) and dropped at its end. */
export async function testDatabase(): Promise<{ pool: Pool; url: string }> {
  const base = inject('databaseUrl');
  const name = `t_${randomBytes(6).toString('hex')}`;
  const admin = new Pool({ connectionString: base, max: 1 });
  // Cloning wants the template to itself: two files at once take turns.
  for (let tries = 0; ; tries += 1) {
    try {
      await admin.query(`create database ${name} template waihu_template`);
      break;
    } catch (error) {
      if (tries >= 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const url = new URL(base);
  url.pathname = `/${name}`;
  const pool = openPool(url.href);
  afterAll(async () => {
    await pool.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });
  return { pool, url: url.href };
}
