import { expect, test } from 'vitest';
import { AppError } from '../../../../src/kernel/app-error.rule.ts';
import { openHouse } from './kit.ts';

const faults: Record<string, () => unknown> = {
  invalid: () => new AppError('invalid', 'thing.wrong', 'It is wrong; mend it.', { field: 'colour' }),
  many: () =>
    new AppError('invalid', 'thing.faults', 'Two faults.', {
      faults: [
        { field: 'a', message: 'A is bad.' },
        { field: 'b.c', message: 'C is bad.' },
      ],
    }),
  denied: () => new AppError('denied', 'thing.denied', 'Not yours.'),
  missing: () => new AppError('missing', 'thing.missing', 'Not there.'),
  conflict: () => new AppError('conflict', 'thing.busy', 'Not now.'),
  unavailable: () => new AppError('unavailable', 'thing.away', 'Later.'),
  bug: () => Object.assign(new Error('Key (phone)=(+8613800138000) exists'), { detail: 'secret row 13800138001' }),
  thrown: () => 'a text with 13800138002',
};
const house = await openHouse({
  extraRoutes: (app) =>
    void app.get('/fault/:name', { config: { needs: 'nobody-signed-in' } }, (request) => {
      throw faults[(request.params as { name: string }).name]?.();
    }),
});

test.each([
  ['invalid', 422, 'thing.wrong'],
  ['many', 422, 'thing.faults'],
  ['denied', 403, 'thing.denied'],
  ['missing', 404, 'thing.missing'],
  ['conflict', 409, 'thing.busy'],
  ['unavailable', 503, 'thing.away'],
  ['bug', 500, 'internal'],
  ['thrown', 500, 'internal'],
])('a fault of kind %s is answered with %i %s', async (name, status, code) => {
  const answer = await house.call('GET', `/fault/${name}`);
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.body).toMatchObject({ type: `urn:waihu:problem:${code}`, status, code });
  expect(answer.body['title']).toBeTypeOf('string');
  expect(answer.body['detail']).toBeTypeOf('string');
  expect(answer.body['requestId']).toBe(answer.headers['x-request-id']);
});

test('each place at fault is named', async () => {
  expect((await house.call('GET', '/fault/many')).body['errors']).toEqual([
    { place: 'body.a', message: 'A is bad.' },
    { place: 'body.b.c', message: 'C is bad.' },
  ]);
  const { status, body } = await house.call('POST', '/v1/staff', { body: { name: '', roles: ['king'] } });
  expect(status).toBe(400);
  const places = (body['errors'] as { place: string }[]).map(({ place }) => place);
  expect(places.toSorted()).toEqual(['body.email', 'body.name', 'body.roles.0', 'body.unit']);
});

test('a fault of ours tells the caller nothing but the request id, and the log no number', async () => {
  for (const name of ['bug', 'thrown']) {
    const { text, body } = await house.call('GET', `/fault/${name}`);
    expect(text).not.toMatch(/1380013800|Key|secret|stack/);
    expect(house.log()).toContain(String(body['requestId']));
  }
  expect(house.log()).not.toMatch(/1380013800/);
});

test.each([
  ['not JSON', '{"name":', 'application/json', 400, 'request.not-json'],
  ['empty', '', 'application/json', 400, 'request.not-json'],
  ['a prototype', '{"__proto__":{"admin":true}}', 'application/json', 400, 'request.not-json'],
  ['another type', '<staff/>', 'application/xml', 415, 'request.media-type'],
  ['a list', '[]', 'application/json', 400, 'request.invalid'],
  ['too large', JSON.stringify({ name: 'x'.repeat(1_100_000) }), 'application/json', 413, 'request.too-large'],
])('a body that is %s is refused', async (_, payload, contentType, status, code) => {
  const response = await house.app.inject({
    method: 'POST',
    url: '/api/v1/staff',
    headers: { authorization: `Bearer ${house.people.administrator.key}`, 'content-type': contentType },
    payload,
  });
  expect({ status: response.statusCode, code: response.json<{ code: string }>().code }).toEqual({ status, code });
});

test.each([
  ['GET', '/nothing'],
  ['GET', '/v1/nothing'],
  ['POST', '/v1/me'],
  ['GET', '/v1/customers/13800138000/secrets'],
] as const)('%s %s is no route, for nobody', async (method, path) => {
  for (const as of [null, house.people.administrator]) {
    const { status, body } = await house.call(method, path, { as });
    expect({ status, code: body['code'] }).toEqual({ status: 404, code: 'route.missing' });
  }
});

test.each([
  '/v1/customers/not-an-id',
  '/v1/customers?limit=501',
  '/v1/customers?before=1',
  '/v1/suppressions?active=perhaps',
  '/v1/campaigns/WH-1',
  '/v1/campaigns?state=happy',
])('%s is refused with the place at fault', async (path) => {
  const person = path.includes('campaign') ? house.people.leader : house.people.operator;
  const { status, body } = await house.call('GET', path, { as: person });
  expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'request.invalid' });
  expect((body['errors'] as unknown[]).length).toBe(1);
});
