import { randomUUIDv7 } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openAuditSeals, watchAuditSeals, type AuditSeals } from '../../../../src/house/audit/seals.ts';
import { checkAuditChain } from '../../../../src/house/audit/audit.command.ts';
import type { Context } from '../../../../src/house/context.ts';
import { record } from '../../../../src/house/audit/audit.db.ts';
import { storeArchive } from '../../../../src/form/archive/archive.db.ts';
import { transaction, type Pool } from '../../../../src/kernel/sql.db.ts';
import { auditHash, auditRowDigest, genesisHash, type AuditRow } from '../../../../src/house/audit/chain.rule.ts';
import { testDatabase } from '../../../kit/database.ts';
import { newKey } from '../../../kit/installation-key.ts';

const key = newKey();
let pool: Pool;
let folder: string;
let seals: AuditSeals;
let ctx: Context;
const file = (): string => path.join(folder, 'audit-seals.jsonl');
const act = (n: number) =>
  transaction(pool, (tx) =>
    record(tx, { actor: 'system', action: 'topic.create', objectKind: 'topic', objectId: `t${n}`, details: { n } }),
  );

beforeEach(async () => {
  ({ pool } = await testDatabase());
  folder = await mkdtemp(path.join(tmpdir(), 'waihu-seals-'));
  seals = await openAuditSeals(pool, key, folder);
  const auditor = {
    id: randomUUIDv7(),
    name: 'a',
    unit: 'u',
    roles: ['auditor'],
    grants: [{ role: 'auditor', unit: '*' }],
  };
  ctx = { pool, staff: auditor as never, processes: null as never, now: () => new Date(), seals };
  for (let n = 1; n <= 12; n += 1) {
    await act(n);
    if (n === 8) await seals.sealHead();
  }
});
const fault = async (): Promise<[string | null, number | null]> => {
  const verdict = await checkAuditChain(ctx);
  expect(verdict.holds).toBe(verdict.fault === null);
  return [verdict.fault, verdict.brokenAt];
};

/** Chains what is left of the table anew, as its owner can; the row `apart` then follows another one about its object. */
async function chainAnew(from: number, apart = 0): Promise<void> {
  const { rows } = await pool.query(
    `select seq::int, at, actor, action, object_kind as "objectKind", object_id as "objectId", details, previous_hash as "previousHash",
       object_previous_hash as "objectPreviousHash", hash from audit order by seq`,
  );
  let last = '0'.repeat(64);
  const lastAbout = new Map<string, string>();
  for (const row of rows as (Omit<AuditRow, 'at'> & { at: Date })[]) {
    const { seq } = row;
    const about = `${row.objectKind} ${row.objectId}`;
    const objectPreviousHash = seq === apart ? 'ab'.repeat(32) : (lastAbout.get(about) ?? genesisHash);
    const hash = auditHash(seq, last, auditRowDigest({ ...row, at: row.at.toISOString(), objectPreviousHash }, seq));
    lastAbout.set(about, hash);
    if (seq >= from)
      await pool.query('update audit set previous_hash = $2, object_previous_hash = $3, hash = $4 where seq = $1', [
        seq,
        last,
        objectPreviousHash,
        hash,
      ]);
    last = hash;
  }
}

describe('the record', () => {
  test('holds, and says how far it was compared with what lies outside', async () => {
    expect(await checkAuditChain(ctx)).toMatchObject({ holds: true, rows: 12, fault: null, sealed: { seq: 8 } });
    await seals.sealHead();
    expect(await checkAuditChain(ctx)).toMatchObject({
      holds: true,
      sealed: { seq: 12, fingerprint: seals.key.fingerprint },
    });
  });

  test.each<[string, string, [string, number]]>([
    ['the last rows are deleted', 'delete from audit where seq > 4', ['cut-off', 5]],
    ['the last sealed row is deleted', 'delete from audit where seq >= 8', ['cut-off', 8]],
    ['everything is deleted', 'truncate audit', ['cut-off', 1]],
    ['everything is deleted, the seals in the database too', 'truncate audit, audit_seal', ['cut-off', 1]],
    ['a row is changed', `update audit set details = '{}' where seq = 3`, ['chain', 3]],
    ['a row is removed from the middle', 'delete from audit where seq = 3', ['chain', 3]],
  ])('does not hold when %s', async (_, sql, expected) => {
    await pool.query(sql);
    expect(await fault()).toEqual(expected);
  });

  test('does not hold when a sealed row is changed and everything after it chained anew', async () => {
    await pool.query(`update audit set details = '{"n":0}' where seq = 3`);
    await chainAnew(3);
    expect(await fault()).toEqual(['seal', 8]);
    await pool.query('delete from audit_seal');
    expect(await fault()).toEqual(['seal', 8]);
  });

  test('does not hold when that is done and sealed again by the installation itself', async () => {
    await pool.query(`update audit set details = '{"n":0}' where seq = 3`);
    await chainAnew(3);
    await pool.query('delete from audit_seal');
    await seals.sealHead();
    expect((await fault())[0]).toBe('seal');
  });

  test('does not hold when a row no longer follows the one before about the same object', async () => {
    await chainAnew(12, 12);
    expect(await fault()).toEqual(['chain', 12]);
  });

  test('does not hold when rows were cut off and others put in their place, up to the same length', async () => {
    await pool.query('delete from audit where seq > 6');
    for (let n = 7; n <= 12; n += 1) await act(n + 100);
    expect(await fault()).toEqual(['seal', 8]);
  });

  test('never holds without a row', async () => {
    const { pool: fresh } = await testDatabase();
    const other = await openAuditSeals(fresh, key, await mkdtemp(path.join(tmpdir(), 'waihu-seals-')));
    expect(await checkAuditChain({ ...ctx, pool: fresh, seals: other })).toMatchObject({
      holds: false,
      fault: 'empty',
    });
    expect(await checkAuditChain({ ...ctx, pool: fresh, seals: undefined as never })).toMatchObject({ fault: 'empty' });
  });

  test('does not hold when the file of seals is gone though seals were made', async () => {
    await rename(file(), `${file()}.gone`);
    expect(await fault()).toEqual(['seal-file', null]);
    await writeFile(file(), '');
    expect((await fault())[0]).toBe('seal-file');
    await rename(`${file()}.gone`, file());
    expect(await fault()).toEqual([null, null]);
  });

  test('is not misled by seals of a stranger’s key in the database', async () => {
    const thief = await openAuditSeals(pool, newKey(), await mkdtemp(path.join(tmpdir(), 'waihu-seals-')));
    await thief.sealHead();
    await pool.query(`update audit_seal set seq = 999 where public_key = $1`, [thief.key.publicKey]);
    expect(await fault()).toEqual([null, null]);
    await pool.query(`delete from audit where seq > 8`);
    expect(await fault()).toEqual([null, null]);
    await pool.query(`delete from audit where seq > 7`);
    expect(await fault()).toEqual(['cut-off', 8]);
  });

  test('does not hold when a row is missing that an archive cites', async () => {
    await pool.query('alter table archive drop constraint archive_campaign_id_fkey');
    const campaignId = randomUUIDv7();
    const { rows } = await pool.query('select seq::int, hash from audit where seq = 12');
    const stored = { campaignId, build: campaignId, digest: 'ab', bytes: 1, lastRow: rows[0] };
    await transaction(pool, (tx) => storeArchive(tx, stored));
    const done = {
      action: 'campaign.archive',
      objectKind: 'campaign',
      objectId: campaignId,
      details: { fileDigest: 'ab' },
    };
    expect((await fault())[0]).toBe('archive');
    await transaction(pool, (tx) => record(tx, { actor: 'system', ...done }));
    expect(await fault()).toEqual([null, null]);
    await pool.query('delete from audit where seq >= 12');
    await act(12);
    await transaction(pool, (tx) => record(tx, { actor: 'system', ...done }));
    expect(await fault()).toEqual(['archive', 12]);
  });
});

describe('sealing', () => {
  test('writes one line for one end, whoever asks and however often', async () => {
    const other = await openAuditSeals(pool, key, folder);
    await Promise.all([1, 2, 3].map(() => seals.sealHead()));
    await Promise.all([other.sealHead(), other.sealHead()]);
    const { seals: kept } = await seals.read();
    expect(kept.map(({ seq }) => seq).filter((seq) => seq === 12).length).toBeLessThanOrEqual(2);
    expect(await fault()).toEqual([null, null]);
  });

  test('goes on behind a line that a crash has cut short', async () => {
    await appendFile(file(), '{"kind":"head","seq":9');
    const again = await openAuditSeals(pool, key, folder);
    await again.sealHead();
    expect(await again.read()).toMatchObject({ there: true, unreadable: 1 });
    expect((await again.read()).seals.map(({ seq }) => seq)).toEqual([8, 12]);
    expect(await fault()).toEqual([null, null]);
  });

  test('takes no line that the key has not signed', async () => {
    const line = (await readFile(file(), 'utf8')).trim();
    await appendFile(file(), `${line.replace('"seq":8', '"seq":80')}\n`);
    expect(await seals.read()).toMatchObject({ unreadable: 1 });
    expect(await fault()).toEqual([null, null]);
  });

  test('is done at the start and at the stop, and a row that was sealed and is gone is told', async () => {
    const told: string[] = [];
    await act(13);
    const watch = watchAuditSeals(pool, seals, (sentence) => void told.push(sentence), 3_600_000);
    await act(14);
    await watch.stop();
    expect((await seals.read()).seals.map(({ seq }) => seq)).toContain(14);
    expect(told).toEqual([]);
    await pool.query('delete from audit where seq >= 14');
    await watchAuditSeals(pool, await openAuditSeals(pool, key, folder), (sentence) => void told.push(sentence)).stop();
    expect(told).toEqual(['The record no longer has the row that was sealed last: it was changed from outside.']);
  });
});
