import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { openHouse } from '../../kit/http/kit.ts';

const house = await openHouse();
const { applicant, operator } = house.people;
await house.app.listen({ port: 0, host: '127.0.0.1' });
const { port } = house.app.server.address() as AddressInfo;

const good = '手机号,姓名,客户号\n13800138000,李雷,c1\n13900139000,韩梅梅,c2\n';

type Reply = { status: number; body: Record<string, unknown> };
/** A real upload: what is tested is what happens on the wire. */
function upload(
  query: string,
  write: (send: (text: string) => boolean, end: () => void, hangUp: () => void) => void,
  as = applicant,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: `/api/v1/imports?${query}`,
        headers: { authorization: `Bearer ${as.key}`, 'content-type': 'text/csv' },
      },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }),
        );
      },
    );
    outgoing.on('error', reject);
    write(
      (text) => outgoing.write(text),
      () => outgoing.end(),
      () => outgoing.destroy(),
    );
  });
}
const whole = (text: string) => (send: (part: string) => boolean, end: () => void) => {
  send(text);
  end();
};

test('a file is read, shown, accepted, and is then there', async () => {
  const { status, body } = await upload('kind=customers&fileName=a.csv', whole(good));
  expect(status).toBe(201);
  expect(body).toMatchObject({ state: 'checked', totalRows: 2, goodRows: 2, badRows: 0, newRows: 2, fault: null });
  const find = () => house.call('POST', '/v1/customers/find', { as: operator, body: { phone: '138 0013 8000' } });
  expect((await find()).status).toBe(404);
  expect((await house.call('POST', `/v1/imports/${String(body['id'])}/accept`, { as: applicant })).body).toEqual({
    audienceId: null,
    goodRows: 2,
  });
  expect((await find()).body).toMatchObject({ phone: '138****8000', name: '李雷', externalId: 'c1', consents: [] });
});

test('bad rows come back as CSV with their values masked', async () => {
  const { body } = await upload('kind=customers&fileName=b.csv', whole('手机号,姓名\n1380013800,王\n13800138000,李\n'));
  expect(body).toMatchObject({ goodRows: 1, badRows: 1 });
  const csv = await house.call('GET', `/v1/imports/${String(body['id'])}/errors.csv?language=en`, { as: applicant });
  expect(csv.headers['content-type']).toContain('text/csv');
  expect(csv.text).toContain('too few or too many digits');
  expect(csv.text).not.toContain('1380013800');
  expect((await house.call('POST', `/v1/imports/${String(body['id'])}/discard`, { as: applicant })).status).toBe(200);
  expect((await house.call('POST', `/v1/imports/${String(body['id'])}/accept`, { as: applicant })).body['code']).toBe(
    'import.not-checked',
  );
});

test('an audience file becomes an audience of that name', async () => {
  const { body } = await upload('kind=audience&fileName=c.csv&name=Winners', whole('phone,prize\n13800138000,bike\n'));
  const accepted = await house.call('POST', `/v1/imports/${String(body['id'])}/accept`, { as: applicant });
  const audience = await house.call('GET', `/v1/audiences/${String(accepted.body['audienceId'])}`, { as: applicant });
  expect(audience.body).toMatchObject({ name: 'Winners', size: 1, state: 'open' });
  const count = await house.call('GET', `/v1/audiences/${String(accepted.body['audienceId'])}/count?kind=notice`, {
    as: applicant,
  });
  expect(count.body).toMatchObject({ total: 1, eligible: 1, sample: ['138****8000'] });
});

test('who may import customers may not for that reason make audiences', async () => {
  const { status, body } = await upload('kind=audience&fileName=c.csv&name=W', whole(good), operator);
  expect([status, body['code']]).toEqual([403, 'permission.denied']);
});

test('a file that is refused at its first line is answered although megabytes are still to come', async () => {
  const row = `${'x'.repeat(1000)}\n`;
  const { status, body } = await upload('kind=customers&fileName=d.csv', (send, end) => {
    send('name,city\n');
    for (let rows = 0; rows < 20_000; rows += 1) send(row);
    end();
  });
  expect([status, body['code']]).toEqual([422, 'import.phone-column-missing']);
});

/** Of the upload that is cut off. */
const stateOfCut = async () => {
  const { rows } = await house.pool.query<{ state: string }>("select state from import where file_name = 'cut.csv'");
  return rows[0]?.state;
};

test('an upload that is cut off is not taken for a whole file', async () => {
  const cut = upload('kind=customers&fileName=cut.csv', (send, _, hangUp) => {
    send(good);
    setTimeout(hangUp, 200);
  });
  await expect(cut).rejects.toThrow();
  await expect.poll(stateOfCut, { timeout: 20_000 }).toBe('failed');
});

test.each([
  ['no kind', 'fileName=a.csv', 'text/csv', 400, 'request.invalid'],
  ['no file name', 'kind=customers', 'text/csv', 400, 'request.invalid'],
  ['an unknown encoding', 'kind=customers&fileName=a.csv&encoding=utf-7', 'text/csv', 400, 'request.invalid'],
  ['JSON', 'kind=customers&fileName=a.csv', 'application/json', 422, 'import.no-file'],
])('an upload with %s is refused', async (_, query, contentType, status, code) => {
  const response = await house.app.inject({
    method: 'POST',
    url: `/api/v1/imports?${query}`,
    headers: { authorization: `Bearer ${applicant.key}`, 'content-type': contentType },
    payload: '{}',
  });
  expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([status, code]);
});

test('the log holds no number, whatever came in', async () => {
  await house.call('GET', '/v1/customers?tier=13800138000', { as: operator });
  await house.call('GET', '/v1/customers/13800138000', { as: operator });
  await house.call('GET', '/13800138000?phone=13900139000');
  await house.call('POST', '/v1/suppressions', {
    as: operator,
    body: { phone: '13800138000', kind: 'dnc', scope: 'all', reason: '13900139000 rang' },
  });
  const log = house.log();
  expect(log.split('\n').length).toBeGreaterThan(10);
  expect(log).not.toMatch(/138\D?0013\D?8000|139\D?0013\D?9000|李雷/);
});
