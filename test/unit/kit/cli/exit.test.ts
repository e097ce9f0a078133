import { expect, test } from 'vitest';
import { cli, stubServer } from './kit.ts';

let status = 200;
let body: unknown = {};
let hangUps = 0;
const server = await stubServer(() => {
  if (hangUps > 0) {
    hangUps -= 1;
    return 'hang-up';
  }
  return { status, body };
});
const problem = (code: string) => ({
  code,
  detail: 'A sentence that helps.',
  errors: [{ place: 'body.name', message: 'is missing' }],
  requestId: 'r-1',
});

test.each([
  [400, 2],
  [401, 4],
  [403, 4],
  [404, 1],
  [409, 1],
  [413, 1],
  [422, 1],
  [500, 1],
  [503, 3],
])('a server that answers %i makes exit code %i', async (answered, exit) => {
  [status, body] = [answered, problem('thing.wrong')];
  const answer = await cli(['topic', 'create', 'a', '--name', 'b'], server.env);
  expect(answer.exit).toBe(exit);
  expect(answer.stdout).toBe('');
  expect(answer.stderr).toContain('thing.wrong: A sentence that helps.');
  expect(answer.stderr).toContain('body.name: is missing');
});

test.each([
  ['nothing', [], 2],
  ['a noun alone', ['staff'], 2],
  ['an unknown command', ['campaing', 'list'], 2],
  ['an unknown flag', ['me', '--colour'], 2],
  ['a missing argument', ['key', 'create'], 2],
  ['a missing flag', ['staff', 'create', '--name', 'x'], 2],
  ['too many arguments', ['me', 'again'], 2],
  ['a number that is none', ['campaign', 'list', '--limit', 'many'], 2],
  ['a file that is not there', ['import', '/nowhere/customers.csv'], 2],
  ['a broken assignment', ['campaign', 'create', '--var', 'name'], 2],
  ['help', ['--help'], 0],
  ['help of a command', ['campaign', 'create', '--help'], 0],
])('%s ends with the right exit code', async (_, args, exit) => {
  [status, body] = [200, {}];
  expect((await cli(args, server.env)).exit).toBe(exit);
});

test('a server that is not there makes exit code 3 and says what to do', async () => {
  const { exit, stderr } = await cli(['me'], { WAIHU_URL: 'http://127.0.0.1:1', WAIHU_API_KEY: 'whk_x' });
  expect(exit).toBe(3);
  expect(stderr).toMatch(/server\.unreachable[\s\S]*waihu up/);
});

test('a server that is not Waihu is told apart', async () => {
  [status, body] = [200, '<html>'];
  expect(await cli(['me'], server.env)).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining('server.not-waihu') as string,
  });
});

test('without a key the way to one is named', async () => {
  const { exit, stderr } = await cli(['me'], { WAIHU_URL: server.url, WAIHU_DATA: '/nowhere' });
  expect(exit).toBe(4);
  expect(stderr).toMatch(/key\.none[\s\S]*WAIHU_API_KEY/);
});

test.each([
  ['done', 200, { code: 'a', name: 'b' }, ['topic', 'create', 'a', '--name', 'b'], 0],
  ['refused', 409, problem('topic.exists'), ['topic', 'create', 'a', '--name', 'b'], 1],
  ['wrong usage', 200, {}, ['topic', 'create', 'a'], 2],
  ['a download without a file', 200, {}, ['campaign', 'archive', 'WH-20261122-0001'], 2],
])('--json prints one JSON document when it is %s', async (_, answered, given, args, exit) => {
  [status, body] = [answered, given];
  const answer = await cli([...args, '--json'], server.env);
  expect(answer.exit).toBe(exit);
  expect(answer.stdout.trim().split('\n')).toHaveLength(1);
  expect(JSON.parse(answer.stdout)).toBeTypeOf('object');
});

test('a lost answer is asked for once more, with the same idempotency key', async () => {
  [status, body, hangUps] = [200, { code: 'a' }, 1];
  server.asked.length = 0;
  expect((await cli(['topic', 'create', 'a', '--name', 'b'], server.env)).exit).toBe(0);
  expect(server.asked).toHaveLength(2);
  const keys = server.asked.map(({ headers }) => headers['idempotency-key']);
  expect(keys[0]).toBeTypeOf('string');
  expect(keys[0]).toBe(keys[1]);
});

test('a number goes in the body, never in the address', async () => {
  [status, body] = [
    200,
    { why: 'w', phone: '138****8000', verdict: 'pending', items: [], next: null, suppression: { phone: 'x' } },
  ];
  server.asked.length = 0;
  await cli(['campaign', 'explain', 'WH-20261122-0001', '13800138000'], server.env);
  await cli(['customers', 'list', '--phone', '13800138000'], server.env);
  await cli(['suppression', 'list', '--phone', '13800138000'], server.env);
  await cli(['suppression', 'add', '13800138000', '--reason', 'r'], server.env);
  expect(server.asked).toHaveLength(4);
  for (const { path, body: sent } of server.asked) {
    expect(path).not.toContain('138');
    expect(sent).toContain('13800138000');
  }
});

test('every command has examples in its help', async () => {
  const { stdout } = await cli(['--help']);
  expect(stdout).toContain('Getting started:');
  expect(stdout).toContain('Exit codes:');
  for (const args of [
    ['up'],
    ['me'],
    ['import'],
    ['sign'],
    ['verify'],
    ['keygen'],
    ['campaign', 'create'],
    ['audience', 'count'],
    ['audit', 'verify'],
  ]) {
    expect((await cli([...args, '--help'])).stdout, args.join(' ')).toMatch(/Examples:\n {2}\$ waihu /);
  }
});

test('a key and an address in the environment do not keep the parts from starting', async () => {
  const { exit, stderr } = await cli(['demo'], { ...server.env, WAIHU_DATA: '/nowhere' });
  expect(exit).toBe(3);
  expect(stderr).toContain('run.not-running');
});
