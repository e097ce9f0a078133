import { expect, test } from 'vitest';
import { explainConnection, placeOf } from '../../../../src/app/run/database.ts';
import { explainPostgresLog } from '../../../../src/app/run/postgres-faults.ts';
import { explainTemporalLog } from '../../../../src/app/run/temporal.ts';

test.each([
  ['FATAL:  could not write to file "pg_wal/xlogtemp.7": No space left on device', 'run.disk-full'],
  ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', 'run.port-in-use'],
  ['PANIC:  could not locate a valid checkpoint record at 0/174B2C8', 'run.data-corrupt'],
  ['FATAL:  incorrect checksum in control file', 'run.data-corrupt'],
  ['FATAL:  could not open file "global/pg_filenode.map": No such file or directory', 'run.data-corrupt'],
  ['FATAL:  could not open directory "pg_notify": No such file or directory', 'run.data-corrupt'],
  ['FATAL:  data directory "/d" has wrong ownership', 'run.data-not-ours'],
  ['DETAIL:  The data directory was initialized by PostgreSQL version 17, which is not', 'run.database-version'],
  ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'run.no-memory'],
])('PostgreSQL saying "%s" means %s', (log, code) => {
  const fault = explainPostgresLog(`LOG:  starting PostgreSQL 18.4\n${log}\n`, 5433, '/d');
  expect(fault?.code).toBe(code);
  expect(fault?.message).not.toContain('\n');
});

test('a log that says nothing known is left to the caller', () => {
  expect(explainPostgresLog('LOG:  database system is ready to accept connections', 5433, '/d')).toBeNull();
  expect(explainTemporalLog('level=ERROR msg="something else"', 1, 2, '/d/temporal.db')).toBeNull();
});

test.each([
  ['listen tcp 127.0.0.1:7000: bind: address already in use', 'run.port-in-use', 'WAIHU_TEMPORAL_PORT'],
  ['listen tcp 127.0.0.1:7001: bind: address already in use', 'run.port-in-use', 'WAIHU_TEMPORAL_UI_PORT'],
  ['unable to open: file is not a database (26)', 'run.data-corrupt', 'temporal.db'],
  ['write temporal.db: no space left on device', 'run.disk-full', 'temporal.db'],
])('Temporal saying "%s" means %s and names %s', (log, code, named) => {
  const fault = explainTemporalLog(log, 7000, 7001, '/d/temporal.db');
  expect(fault?.code).toBe(code);
  expect(fault?.message).toContain(named);
});

test.each(['ECONNREFUSED', 'ENOTFOUND', '28P01', '28000', '3D000', '53300', 'EPIPE'])(
  'a connection that fails with %s is one sentence that names the place and not the password',
  (code) => {
    const url = 'postgresql://waihu:hunter2@db.example.com:6543/outbound';
    const fault = explainConnection(Object.assign(new Error('hunter2'), { code }), url);
    expect(fault.code).toBe('run.database-unreachable');
    expect(fault.message).toContain('db.example.com:6543/outbound');
    expect(fault.message).not.toMatch(/hunter2|\n/);
  },
);

test.each([
  ['postgres://db/waihu', 'db:5432/waihu'],
  ['postgres:///waihu?host=/var/run/postgresql', '/var/run/postgresql:5432/waihu'],
  ['postgres:///waihu', 'localhost:5432/waihu'],
])('the place of %s is %s', (url, place) => {
  expect(placeOf(url)).toBe(place);
});
