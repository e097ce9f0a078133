import { expect, test } from 'vitest';
import { openHouse, type House } from '../../kit/campaign.ts';
import { startChildWorker } from '../../kit/child-worker.ts';
import { slowDisk } from '../../kit/slow-disk.ts';

const listsOf = async ({ pool }: House) =>
  (
    await pool.query<{ state: string; people: number }>(
      `select a.state, count(m.seq)::int as people from audience a left join audience_member m on m.audience_id = a.id
       where a.frozen_from is not null group by a.id order by 1`,
    )
  ).rows;

test(
  'a freeze killed between its steps has nothing to sign, and is made anew without a trace of what was begun',
  { timeout: 240_000 },
  async () => {
    const house = await openHouse({ worker: false });
    const disk = await slowDisk(house, { audience_member: 'seq', audience_batch: 'batch' });
    const source = await house.addAudience(7_000);
    const forms = async () => (await house.pool.query('select 1 from form')).rowCount;

    await disk.standStillAt('audience_member', 5_001);
    const first = await startChildWorker(house);
    const submitted = house.submitted(source).catch(() => undefined);
    await disk.standing();
    const { rows } = await house.pool.query<{ id: string }>(`select id from campaign`);
    const id = rows[0]?.id ?? '';
    expect([await listsOf(house), await forms()]).toEqual([[{ state: 'freezing', people: 5_000 }], 0]);
    await expect(house.signAs(house.people.liaison, 'liaison', id)).rejects.toThrow();
    await first.kill();
    await disk.goOn();

    // Once more at the last step: everybody is there, and the list is not closed.
    await disk.standStillAt('audience_batch', 7);
    const second = await startChildWorker(house);
    await disk.standing();
    expect([await listsOf(house), await forms()]).toEqual([[{ state: 'freezing', people: 7_000 }], 0]);
    await second.kill();
    await disk.goOn();

    await startChildWorker(house);
    await submitted;
    await house.until(id, 'awaiting-liaison');
    expect(await listsOf(house)).toEqual([{ state: 'frozen', people: 7_000 }]);
    const acts = await house.pool.query(`select 1 from audit where action = 'campaign.freeze' and object_id = $1`, [
      id,
    ]);
    expect(acts.rowCount).toBe(1);
    // The signer's own look and the first batch compare the list with the form.
    await house.signAs(house.people.liaison, 'liaison', id);
    await house.signAs(house.people.leader, 'leader', id);
    await house.until(id, 'sending', 'settling', 'archived');
  },
);

test('no transaction is open while the gateway is asked, and each page of people is committed alone', async () => {
  const house = await openHouse();
  await house.pool.query(`create table seen (what text, xact xid8)`);
  await house.pool.query(
    `create function note_step() returns trigger language plpgsql as $$ begin
      insert into seen values (tg_table_name, pg_current_xact_id()); return null; end $$`,
  );
  const source = await house.addAudience(11_000);
  for (const table of ['audience', 'audience_member', 'form'])
    await house.pool.query(
      `create trigger note_step after insert on ${table} for each statement execute function note_step()`,
    );
  await house.submitted(source);
  const { rows } = await house.pool.query<{ what: string; xacts: number }>(
    `select what, count(distinct xact)::int as xacts from seen group by 1 order by 1`,
  );
  expect(rows).toEqual([
    { what: 'audience', xacts: 1 },
    { what: 'audience_member', xacts: 3 },
    { what: 'form', xacts: 1 },
  ]);
  const all = await house.pool.query(`select count(distinct xact)::int as n from seen`);
  expect(all.rows).toEqual([{ n: 5 }]);
});

test('a number that changes hands while the list is read is not frozen twice: the list is made anew', async () => {
  const house = await openHouse();
  await house.pool.query('create sequence tries');
  const source = await house.addAudience(5_050);
  // As the second page would have it, had the number moved between the two; only at the first try.
  await house.pool.query(
    `create function move_number() returns trigger language plpgsql as $$ begin
      if nextval('tries') = 1 then new.phone = '+8613800000001'; end if; return new; end $$`,
  );
  await house.pool.query(
    `create trigger move_number before insert on audience_member for each row when (new.seq = 5001)
     execute function move_number()`,
  );
  await house.submitted(source);
  const { rows } = await house.pool.query(`select last_value::int as tries from tries`);
  expect(rows).toEqual([{ tries: 2 }]);
  expect(await listsOf(house)).toEqual([{ state: 'frozen', people: 5_050 }]);
});
