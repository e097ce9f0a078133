import { waitFor, type House } from './campaign.ts';

/** Makes the writing of one row stand still, as a slow disk would: who writes it can be killed in the middle of their work. */
export async function slowDisk({ pool }: Pick<House, 'pool'>, columns: Readonly<Record<string, string>>) {
  await pool.query('create table slow_disk (name text, place int)');
  await pool.query(
    `create function wait_for_disk() returns trigger language plpgsql as $$ begin
      if exists (select from slow_disk where name = tg_table_name and place = (to_jsonb(new)->>tg_argv[0])::int)
      then perform pg_sleep(120); end if; return new; end $$`,
  );
  for (const [table, column] of Object.entries(columns))
    await pool.query(
      `create trigger slow_disk before insert on ${table} for each row execute function wait_for_disk('${column}')`,
    );
  const asleep = `from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
  return {
    standStillAt: (table: string, place: number) => pool.query('insert into slow_disk values ($1, $2)', [table, place]),
    standing: () =>
      waitFor(
        async () => ((await pool.query(`select 1 ${asleep}`)).rowCount ? true : null),
        () => 'nothing stands still',
        90,
      ),
    /** A statement that waits outlives its client: it is ended, as with the power. */
    async goOn() {
      await pool.query('delete from slow_disk');
      await pool.query(`select pg_terminate_backend(pid) ${asleep}`);
    },
  };
}
