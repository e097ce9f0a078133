import { expect, test } from 'vitest';
import { permissionsOf, roles, type Permission } from '../../../../src/kernel/permission.rule.ts';
import { openHouse } from './kit.ts';

/** Who may call what: the specification. A route that is not here, or here and not there, fails. */
const table: Record<string, Permission> = {
  'GET /me': 'self:read',
  'GET /staff': 'staff:read',
  'POST /staff': 'staff:write',
  'POST /staff/invitations': 'staff:write',
  'POST /staff/{id}/link': 'staff:write',
  'POST /session/end': 'self:write',
  'POST /staff/{id}/roles': 'staff:write',
  'POST /staff/{id}/disable': 'staff:write',
  'POST /staff/{id}/enable': 'staff:write',
  'GET /keys': 'staff:read',
  'POST /keys': 'key:write',
  'POST /keys/{id}/revoke': 'key:write',
  'GET /credentials': 'self:read',
  'POST /credentials': 'credential:request',
  'POST /credentials/passkeys/begin': 'credential:request',
  'POST /credentials/passkeys': 'credential:request',
  'POST /credentials/{id}/approve': 'credential:decide',
  'POST /credentials/{id}/decline': 'credential:decide',
  'POST /credentials/{id}/revoke': 'credential:request',
  'GET /credentials/{id}/campaigns': 'credential:request',
  'POST /credentials/{id}/stop-campaigns': 'credential:request',
  'GET /customers': 'customer:read',
  'POST /customers/search': 'customer:read',
  'POST /customers/find': 'customer:read',
  'GET /customers/counts': 'customer:read',
  'GET /customers/{id}': 'customer:read',
  'GET /customers/{id}/contact': 'customer:read',
  'GET /customers/{id}/identity': 'customer:read',
  'POST /customers/{id}/identity': 'customer:write',
  'GET /customers/{id}/numbers': 'customer:read',
  'POST /customers/{id}/numbers': 'customer:write',
  'POST /customers/{id}/numbers/take-over': 'customer:write',
  'POST /customers/{id}/numbers/{place}': 'customer:write',
  'POST /customers/{id}/numbers/{place}/remove': 'customer:write',
  'POST /customers/{id}/numbers/{place}/dead': 'suppression:write',
  'POST /customers/{id}/numbers/{place}/alive': 'suppression:lift',
  'POST /customers/{id}/consents': 'customer:write',
  'POST /customers/{id}/subscriptions': 'customer:write',
  'POST /customers/{id}/time-zone': 'customer:write',
  'POST /imports': 'customer:write',
  'GET /imports': 'customer:read',
  'GET /imports/{id}': 'customer:read',
  'GET /imports/{id}/errors.csv': 'customer:read',
  'POST /imports/{id}/accept': 'customer:write',
  'POST /imports/{id}/discard': 'customer:write',
  'GET /audiences': 'audience:read',
  'POST /audiences': 'audience:write',
  'GET /audiences/{id}': 'audience:read',
  'GET /audiences/{id}/count': 'audience:read',
  'GET /suppressions': 'suppression:read',
  'POST /suppressions/search': 'suppression:read',
  'POST /suppressions': 'suppression:write',
  'POST /suppressions/{id}/lift': 'suppression:lift',
  'GET /replies': 'reply:read',
  'POST /replies/{id}/opt-out': 'reply:write',
  'POST /replies/{id}/handle': 'reply:write',
  'POST /replies/{id}/decide': 'reply:write',
  'GET /opt-out-words': 'self:read',
  'GET /opt-out-effect': 'self:read',
  'POST /opt-out-effect': 'setting:write',
  'POST /opt-out-words': 'setting:write',
  'POST /opt-out-words/try': 'self:read',
  'GET /pushes': 'gateway:read',
  'POST /pushes/{id}/retry': 'gateway:write',
  'POST /pushes/{id}/close': 'gateway:write',
  'GET /topics': 'topic:read',
  'POST /topics': 'topic:write',
  'GET /templates': 'template:read',
  'POST /templates': 'template:write',
  'POST /templates/check': 'template:read',
  'POST /templates/preview': 'customer:read',
  'GET /gateway-accounts': 'gateway:read',
  'POST /gateway-accounts': 'gateway:write',
  'POST /gateway-accounts/{name}/change': 'gateway:write',
  'POST /gateway-accounts/{name}/reopen': 'gateway:write',
  'GET /voice-accounts': 'voice:read',
  'POST /voice-accounts': 'voice:write',
  'POST /voice-accounts/{name}/change': 'voice:write',
  'POST /voice-accounts/{name}/stop': 'voice:write',
  'POST /voice-accounts/{name}/resume': 'voice:write',
  'POST /voice-accounts/{name}/check': 'voice:write',
  'GET /campaigns': 'campaign:read',
  'POST /campaigns': 'campaign:write',
  'GET /campaigns/{campaign}': 'campaign:read',
  'POST /campaigns/{campaign}/submit': 'campaign:submit',
  'POST /campaigns/{campaign}/sign': 'campaign:sign',
  'POST /campaigns/{campaign}/reject': 'campaign:sign',
  'POST /campaigns/{campaign}/withdraw': 'campaign:submit',
  'POST /campaigns/{campaign}/pause': 'campaign:stop',
  'POST /campaigns/{campaign}/cancel': 'campaign:run',
  'POST /campaigns/{campaign}/resume': 'campaign:run',
  'GET /campaigns/{campaign}/form': 'campaign:read',
  'GET /campaigns/{campaign}/ledger': 'campaign:read',
  'POST /campaigns/{campaign}/explain': 'campaign:explain',
  'GET /campaigns/{campaign}/ledger.csv': 'ledger:export',
  'GET /campaigns/{campaign}/audience': 'audience:write',
  'POST /campaigns/{campaign}/audience': 'audience:write',
  'GET /campaigns/{campaign}/archive': 'campaign:export',
  'GET /scripts': 'script:read',
  'GET /scripts/{script}': 'script:read',
  'POST /scripts': 'script:write',
  'POST /scripts/{script}': 'script:write',
  'POST /scripts/{script}/next-version': 'script:write',
  'POST /scripts/{script}/submit': 'script:write',
  'POST /scripts/{script}/withdraw': 'script:write',
  'GET /forms': 'campaign:read',
  'GET /forms/{form}': 'campaign:read',
  'GET /forms/{form}/archive': 'campaign:export',
  'POST /forms/{form}/sign': 'campaign:sign',
  'POST /forms/{form}/reject': 'campaign:sign',
  'POST /forms/{form}/withdraw': 'campaign:submit',
  'GET /call-lists': 'call-list:read',
  'GET /call-lists/{list}': 'call-list:read',
  'GET /call-lists/{list}/tasks': 'call-list:read',
  'POST /call-lists': 'call-list:write',
  'POST /call-lists/{list}': 'call-list:write',
  'POST /call-lists/{list}/clone': 'call-list:write',
  'POST /call-lists/{list}/fill': 'call-list:write',
  'POST /call-lists/{list}/cases': 'call-list:write',
  'POST /call-lists/{list}/open': 'call-list:run',
  'POST /call-lists/{list}/pause': 'call-list:run',
  'POST /call-lists/{list}/close': 'call-list:run',
  'GET /calendars/active': 'self:read',
  'GET /calendars/notice': 'self:read',
  'POST /calendars/notice': 'setting:write',
  'POST /calendars': 'calendar:write',
  'GET /contact-policy': 'self:read',
  'POST /contact-policy': 'setting:write',
  'GET /notice-channels': 'setting:write',
  'POST /notice-channels': 'setting:write',
  'POST /notice-channels/{id}': 'setting:write',
  'DELETE /notice-channels/{id}': 'setting:write',
  'POST /notice-channels/{id}/test': 'setting:write',
  'GET /notice-deliveries': 'setting:write',
  'GET /audit': 'audit:read',
  'GET /audit/verify': 'audit:read',
};

/** What signs people in asks for nobody who is. */
const open = ['POST /session', 'POST /session/welcome'];

const house = await openHouse();
const nobodys = '01980000-0000-7000-8000-000000000000';
const cells = Object.entries(table).flatMap(([route, needs]) =>
  roles.map((role) => [route, role, permissionsOf([role]).has(needs)] as const),
);

test('the table names every route of the API and no other', async () => {
  const { paths } = (await house.call('GET', '/api/openapi.json', { as: null })).body as {
    paths: Record<string, object>;
  };
  const described = Object.entries(paths)
    .filter(([path]) => path.startsWith('/api/v1/'))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.slice('/api/v1'.length)}`),
    );
  expect(described.toSorted()).toEqual([...Object.keys(table), ...open].toSorted());
});

test.each(cells)('%s by %s: allowed is %s', async (route, role, allowed) => {
  const [method = '', path = ''] = route.split(' ');
  const url = `/v1${path.replace(/\{(\w+)\}/, nobodys)}`;
  // Nothing but the rights may decide: the same poor request comes from everybody.
  const { status, body } = await house.call(method as 'GET' | 'POST', url, {
    as: house.people[role],
    ...(method === 'POST' && { body: {} }),
  });
  // What a person does in a session of their own is refused to their API key, with a code of its own.
  if (allowed && body['code'] !== 'session.own-needed')
    expect([200, 201, 204, 400, 404, 409, 415, 422]).toContain(status);
  else if (allowed) expect(route).toMatch(/^POST \/credentials/);
  else expect({ status, code: body['code'] }).toEqual({ status: 403, code: 'permission.denied' });
});

test.each(Object.keys(table))('%s wants somebody to be signed in', async (route) => {
  const [method = '', path = ''] = route.split(' ');
  const { status, body } = await house.call(method as 'GET' | 'POST', `/v1${path.replace(/\{(\w+)\}/, nobodys)}`, {
    as: null,
  });
  expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'auth.required' });
});

test('somebody without any role is signed in and may do nothing', async () => {
  const nobody = await house.hire([]);
  expect((await house.call('GET', '/v1/me', { as: nobody })).status).toBe(403);
});

test('a server with a route that does not say who may call it does not start', async () => {
  const { app } = await openHouse({ extraRoutes: (api) => void api.get('/open', () => 'secret') });
  await expect(app.ready()).rejects.toThrow('GET /open');
});
