import { beforeAll, expect, test } from 'vitest';
import { deepJson, nastyTexts, nastyValues } from '../../kit/nasty.ts';
import { createWalk, withAt, type Path, type Schema } from '../../kit/schema-walk.ts';
import { openWalkedHouse } from './house.ts';

/**
 * Every operation of the API's own description, with good inputs and with one bad thing at every place: nothing is answered with
 * a fault of ours, with a status or a content type that the description does not know, or after the database had to refuse it.
 * Nothing here is drawn at random; new routes are walked as soon as they are described.
 */
type Operation = {
  parameters?: { name: string; in: 'path' | 'query' | 'header'; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, unknown> }>;
};
type Document = { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } };

const walked = await openWalkedHouse();
const { house, ids, campaigns } = walked;
const document = (await house.call('GET', '/api/openapi.json', { as: null })).body as unknown as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

const nouns: Record<string, string> = {
  customers: ids.customer,
  imports: ids.import,
  audiences: ids.audience,
  suppressions: ids.suppression,
  templates: ids.template,
  staff: walked.other.id,
  scripts: ids.script,
  'call-lists': ids.list,
};
const byField: Record<string, unknown> = {
  phone: '13800138000',
  topic: 'offers',
  templateId: ids.template,
  audienceId: ids.audience,
  gatewayAccountId: ids.gateway,
  staffId: walked.other.id,
  source: 'phone-call',
  script: ids.script,
  accountId: ids.account,
  callerNumber: '+862188880000',
  callerNumbers: ['+862188880000'],
  url: 'http://127.0.0.1:9',
  dialString: 'PJSIP/{number}@carrier',
  fileName: 'walk.csv',
  endpoint: '127.0.0.1:9',
  protocol: 'http',
  variableSources: { name: { from: 'name' } },
  hours: { marketing: ['09:00', '12:00'], notice: ['09:00', '12:00'] },
  filter: { attributes: { 城市: { eq: '上海' } }, topic: 'offers' },
  days: {},
};
let fresh = 0;
const walk = createWalk(document.components.schemas, (name, { enum: closed, pattern }) => {
  if (closed) return undefined;
  if (name === 'name' && pattern) return `walk-${(fresh += 1)}`;
  return Object.hasOwn(byField, name) ? byField[name] : undefined;
});
const idIn = (path: string, name: string): string => {
  if (name === 'campaign') return campaigns.sending.number;
  if (name === 'name') return 'main';
  return nouns[path.split('/')[3] ?? ''] ?? '01980000-0000-7000-8000-000000000000';
};

type Call = {
  path: Record<string, string>;
  query: Record<string, unknown>;
  body?: unknown;
  raw?: string;
  headers?: Record<string, string>;
};
type Case = { what: string; call: Call };
const faults: string[] = [];
const answered = new Map<string, Set<number>>();

async function tryCase({ path, method, operation }: (typeof operations)[number], { what, call }: Case): Promise<void> {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(call.path[name] ?? ''));
  const query = Object.entries(call.query).flatMap(([name, value]) =>
    [value].flat().map((each) => `${encodeURIComponent(name)}=${encode(String(each))}`),
  );
  const type = Object.keys(operation.requestBody?.content ?? { 'application/json': 1 })[0] ?? 'application/json';
  const payload = call.raw ?? (call.body === undefined ? undefined : JSON.stringify(call.body));
  const response = await house.app.inject({
    method: method as 'GET',
    url: `${filled}${query.length > 0 ? `?${query.join('&')}` : ''}`,
    headers: {
      authorization: `Bearer ${walked.as.key}`,
      ...(payload !== undefined && { 'content-type': type }),
      ...call.headers,
    },
    ...(payload !== undefined && { payload }),
  });
  const status = response.statusCode;
  const name = `${method} ${path}`;
  answered.set(name, (answered.get(name) ?? new Set()).add(status));
  const said = response.headers['content-type']?.toString().split(';')[0] ?? '';
  const described = operation.responses[String(status)] ?? operation.responses[`${Math.floor(status / 100)}XX`];
  const fail = (why: string) => faults.push(`${name}, ${what}: ${why} (${status} ${response.body.slice(0, 160)})`);
  if (status >= 500) fail('a fault of ours');
  else if (!described) fail('a status that is not described');
  else if (response.body !== '' && described.content && !Object.hasOwn(described.content, said))
    fail(`${said} is not described`);
  else if (status >= 400 && said !== 'application/problem+json') fail('a refusal that is no problem document');
  else if (status >= 400 && response.json<{ code: string }>().code === 'request.data-refused')
    fail('the database had to refuse it');
}
/** Lone surrogates have no encoding: as bytes that are no UTF-8, which is what arrives in life. */
const encode = (text: string): string => (text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%BD');

/** Values for one place: texts where a text is wanted, and something of every other kind. */
function bad(schema: Schema): [string, unknown][] {
  const texts = [schema.type].flat().includes('string') || schema.type === undefined;
  return [
    ...Object.entries(nastyTexts).filter(([name]) => texts || name === 'nul' || name === 'exponent'),
    ...Object.entries(nastyValues),
  ];
}

function* casesOf({ path, operation }: (typeof operations)[number]): Generator<Case> {
  const parameters = operation.parameters ?? [];
  const inPath = Object.fromEntries(
    parameters.filter((each) => each.in === 'path').map(({ name }) => [name, idIn(path, name)]),
  );
  const queryOf = (all: boolean) =>
    Object.fromEntries(
      parameters
        .filter((each) => each.in === 'query' && (all || each.required))
        .map(({ name, schema }) => [name, walk.good(schema, name, all)]),
    );
  const content = operation.requestBody?.content ?? {};
  const json = content['application/json'];
  const body = (all: boolean) => (json ? walk.good(json.schema, '', all) : undefined);
  const file = json || !operation.requestBody ? {} : { raw: '手机号,姓名\n13800138002,王五\n' };
  const goodCall = (all: boolean): Call => ({ path: inPath, query: queryOf(all), body: body(all), ...file });
  yield { what: 'good, the least', call: goodCall(false) };
  yield { what: 'good, the most', call: goodCall(true) };
  for (const { name, in: where, schema } of parameters) {
    if (where === 'header') continue;
    for (const [what, value] of bad({ ...schema, type: 'string' })) {
      const call = goodCall(false);
      const text = String(value);
      if (where === 'path') {
        if (text === '' || text.length > 1_000 || !text.isWellFormed()) continue;
        yield { what: `${where} ${name} ${what}`, call: { ...call, path: { ...call.path, [name]: text } } };
      } else if (text.length < 10_000)
        yield { what: `${where} ${name} ${what}`, call: { ...call, query: { ...call.query, [name]: text } } };
    }
    if (where === 'query')
      yield { what: `${name} twice`, call: { ...goodCall(false), query: { ...queryOf(false), [name]: ['1', '2'] } } };
  }
  yield { what: 'unknown parameter', call: { ...goodCall(false), query: { ...queryOf(false), nobody: '1' } } };
  yield { what: 'key with a space', call: { ...goodCall(false), headers: { 'idempotency-key': 'a b' } } };
  if (!json) return;
  for (const { path: at, schema } of walk.places(json.schema))
    for (const [what, value] of bad(walk.whole(schema)))
      yield { what: `${at.join('.')} ${what}`, call: { ...goodCall(false), body: withAt(body(false), at, value) } };
  const made: Path = ['made-up'];
  yield { what: 'unknown field', call: { ...goodCall(false), body: withAt(body(false), made, 1) } };
  for (const levels of [40, 10_000])
    yield { what: `${levels} deep`, call: { ...goodCall(false), raw: deepJson(levels) } };
  yield { what: 'not JSON', call: { ...goodCall(false), raw: '{"a":' } };
  yield { what: 'nothing', call: { ...goodCall(false), raw: '' } };
  yield { what: 'NUL', call: { ...goodCall(false), raw: '\0' } };
  yield { what: 'prototype', call: { ...goodCall(false), raw: '{"__proto__":{"a":1}}' } };
  for (const type of [
    'text/plain',
    'application/xml',
    'multipart/form-data',
    'nonsense',
    'application/x-www-form-urlencoded',
  ])
    yield { what: `sent as ${type}`, call: { ...goodCall(false), headers: { 'content-type': type } } };
}

/** Whether a text of that schema has a greatest length. */
const bounded = ({ maxLength, enum: closed, const: only, format, pattern }: Schema) =>
  maxLength !== undefined ||
  closed !== undefined ||
  only !== undefined ||
  ['uuid', 'date', 'date-time'].includes(format ?? '') ||
  // What is anchored and counts is as long as it counts.
  (pattern !== undefined && /^\^.*\$$/.test(pattern) && !/[*+]|,\}/.test(pattern));

let cases = 0;
beforeAll(async () => {
  for (const operation of operations)
    for (const each of casesOf(operation)) {
      cases += 1;
      await tryCase(operation, each);
    }
}, 600_000);

test('nothing is answered with a fault of ours or against the description', () => {
  expect(cases).toBeGreaterThan(3_000);
  expect(faults).toEqual([]);
  expect(house.log()).not.toContain('A request failed for a reason that is ours');
});

test('the walk gets in: most operations are answered as asked at least once', () => {
  const open = [...answered].filter(([, statuses]) => [...statuses].some((status) => status < 300));
  const shut = [...answered].filter(([name]) => !open.some(([each]) => each === name)).map(([name]) => name);
  // A change that names the state it was made from is refused to whoever has not looked: the walk looks at nothing.
  const blind = operations.filter(
    ({ operation }) => !JSON.stringify(operation.requestBody ?? {}).includes('"updatedAt"'),
  );
  expect(open.length, `never let in: ${shut.join(', ')}`).toBeGreaterThan(0.6 * blind.length);
});

test('every text that is taken has a limit', () => {
  const parameters = operations.flatMap(({ path, method, operation }) =>
    (operation.parameters ?? []).map(({ name, schema }) => ({ at: `${method} ${path} ${name}`, schema })),
  );
  const bodies = operations.flatMap(({ path, method, operation }) =>
    Object.values(operation.requestBody?.content ?? {}).flatMap(({ schema }) =>
      walk.places(schema).map((each) => ({ at: `${method} ${path} ${each.path.join('.')}`, schema: each.schema })),
    ),
  );
  const without = [...parameters, ...bodies]
    .filter(({ schema }) => [walk.whole(schema).type].flat().includes('string') && !bounded(walk.whole(schema)))
    .map(({ at }) => at);
  // Words for true and false: a closed set, which OpenAPI is told of as a text.
  expect(without.filter((at) => !/\/(suppressions active|pushes all)$/.test(at))).toEqual([]);
});
