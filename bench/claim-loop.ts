import { parseArgs } from 'node:util';
import { Pool } from 'pg';

// The plainest durable queue: claim 250 rows, commit, write 250 results, commit; four such loops side by side. No gateway,
// no signatures, no opt-outs: what PostgreSQL gives when nothing else is asked of it.
const { values } = parseArgs({ options: { database: { type: 'string' }, people: { type: 'string' } } });
const people = Number(values.people);
const loops = 4;
const slice = 250;
const pool = new Pool({ connectionString: values.database, max: loops });
await pool.query('drop table if exists bench_queue');
await pool.query(
  `create table bench_queue (id int primary key, phone text not null, state text not null default 'pending', claimed_at timestamptz, code text, biz_id text, changed_at timestamptz)
   with (fillfactor = 55)`,
);
await pool.query(
  `insert into bench_queue (id, phone) select i, '+86138' || lpad(i::text, 8, '0') from generate_series(1, $1::int) i`,
  [people],
);
await pool.query("create index bench_queue_pending on bench_queue (id) where state = 'pending'");
await pool.query('vacuum analyze bench_queue');

const startedAt = performance.now();
async function work(): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ id: number }>(
      `update bench_queue set state = 'claimed', claimed_at = now() where id in (
         select id from bench_queue where state = 'pending' order by id limit $1 for update skip locked) returning id`,
      [slice],
    );
    if (rows.length === 0) return;
    const ids = rows.map(({ id }) => id);
    await pool.query(
      `update bench_queue q set state = 'accepted', code = 'OK', biz_id = r.biz_id, changed_at = now()
       from unnest($1::int[], $2::text[]) as r (id, biz_id) where q.id = r.id and q.state = 'claimed'`,
      [ids, ids.map((id) => `${1_700_000_000_000_000 + id}^0`)],
    );
  }
}
await Promise.all(Array.from({ length: loops }, work));
const seconds = (performance.now() - startedAt) / 1_000;
const { rows } = await pool.query<{ count: string }>(`select count(*) from bench_queue where state = 'accepted'`);
await pool.query('drop table bench_queue');
await pool.end();
if (Number(rows[0]?.count) !== people) throw new Error('The claim loop lost rows.');
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
process.send?.({ seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMb: Math.round(maxRSS / 1024) });
process.disconnect?.();
