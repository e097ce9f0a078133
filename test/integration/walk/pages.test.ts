import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { deepJson, nastyTexts, nastyValues } from '../../kit/nasty.ts';
import { createWalk, withAt, type Schema } from '../../kit/schema-walk.ts';
import { openWalkedHouse } from './house.ts';

/**
 * Every page and every form of the console, with one bad text at a time in every part of its address, every parameter and every
 * field, those that the pages' own forms name included: no page fails. What is odd is dropped or refused, in words.
 */
const walked = await openWalkedHouse();
const { house, ids, campaigns } = walked;
await house.app.ready();

type Route = {
  method: 'GET' | 'POST';
  url: string;
  schemas: Partial<Record<'params' | 'querystring' | 'body', Schema>>;
};
const schemaOf = (given: unknown): Schema | undefined =>
  given instanceof z.ZodType
    ? (z.toJSONSchema(given, { io: 'input', unrepresentable: 'any' }) as unknown as Schema)
    : undefined;
const routes: Route[] = house.app.guardedRoutes
  .filter(({ config, url }) => config?.page !== undefined && !url.endsWith('/events') && !url.includes('/live'))
  .flatMap(({ method, url, schema }) =>
    [method]
      .flat()
      .filter((each) => each === 'GET' || each === 'POST')
      .map((each) => {
        const { params, querystring, body } = (schema ?? {}) as Record<string, unknown>;
        const schemas = { params: schemaOf(params), querystring: schemaOf(querystring), body: schemaOf(body) };
        return { method: each as Route['method'], url, schemas: schemas as Route['schemas'] };
      }),
  );

const idFor: Record<string, string> = {
  customers: ids.customer,
  imports: ids.import,
  audiences: ids.audience,
  suppressions: ids.suppression,
  templates: ids.template,
  people: walked.other.id,
  drafts: ids.draft,
  scripts: ids.script,
  'call-lists': ids.list,
  floor: walked.as.id,
  desk: ids.task,
};
const nobody = '01980000-0000-7000-8000-000000000000';
const parameter = (url: string, name: string): string => {
  if (name === 'number' || name === 'campaign')
    return url.startsWith('/sign-off') ? campaigns.awaiting.number : campaigns.sending.number;
  if (name === 'name') return url.startsWith('/voice-accounts') ? `pbx-${ids.account}` : 'main';
  if (name === 'step') return 'audience';
  if (name === 'seq') return '1';
  if (name === 'code') return 'offers';
  if (name === 'token') return 'x'.repeat(32);
  return idFor[url.split('/')[1] ?? ''] ?? nobody;
};
const addressOf = (url: string, over: Record<string, string> = {}): string =>
  url
    .replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(over[name] ?? parameter(url, name)))
    .replace('*', over['*'] ?? 'sign-in.js');

const known: Record<string, unknown> = {
  phone: '13800138000',
  numbers: '13800138003',
  typed: '活动 1',
  templateId: ids.template,
  audienceId: ids.audience,
  language: 'en',
  back: '/campaigns',
  script: ids.script,
  accountId: ids.account,
  callerNumber: '+862188880000',
  extension: 'PJSIP/1001',
};
const walk = createWalk({}, (name, { enum: closed }) => (closed ? undefined : known[name]));

const faults: string[] = [];
let cases = 0;
const answered = new Map<string, Set<number>>();
async function ask(route: Route, what: string, url: string, form?: Record<string, unknown> | string, type?: string) {
  cases += 1;
  const payload = typeof form === 'string' ? form : form && encodeForm(form);
  const response = await house.app.inject({
    method: route.method,
    url,
    headers: {
      accept: 'text/html',
      authorization: `Bearer ${walked.as.key}`,
      'sec-fetch-site': 'same-origin',
      ...(payload !== undefined && { 'content-type': type ?? 'application/x-www-form-urlencoded' }),
    },
    ...(payload !== undefined && { payload }),
  });
  const name = `${route.method} ${route.url}`;
  answered.set(name, (answered.get(name) ?? new Set()).add(response.statusCode));
  // 503: what is away in this house (gateway, identity server) may be said to be away.
  const away = response.statusCode === 503 && !/data-refused|internal/.test(response.body);
  if (response.statusCode >= 500 && !away) faults.push(`${name}, ${what}: ${response.statusCode} ${lastError()}`);
  if (response.body.includes('request.data-refused')) faults.push(`${name}, ${what}: the database had to refuse it`);
  return response;
}
/** What the log says of the last fault: a status alone helps nobody. */
const lastError = (): string =>
  house
    .log()
    .split('\n')
    .findLast((line) => line.includes('"level":50'))
    ?.replace(/\\n.*/, '')
    .slice(0, 400) ?? '';
const encodeForm = (form: Record<string, unknown>): string =>
  Object.entries(form)
    .flatMap(([name, value]) =>
      [value]
        .flat()
        .map((each) => `${percent(name)}=${percent(typeof each === 'string' ? each : JSON.stringify(each))}`),
    )
    .join('&');
const percent = (text: string): string => (text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%BD%00');

/** What the pages themselves offer to be filled in: by the address that the form goes to. */
const offered = new Map<string, Set<string>>();
function noteForms(html: string): void {
  for (const [, attributes = '', inner = ''] of html.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)) {
    const action = /action="([^"]*)"/.exec(attributes)?.[1]?.split('?')[0] ?? '';
    const names = offered.get(action) ?? new Set<string>();
    for (const [, name = ''] of inner.matchAll(/<(?:input|textarea|select|button)[^>]*\sname="([^"]+)"/g))
      names.add(name);
    offered.set(action, names);
  }
}

const texts = Object.entries(nastyTexts).filter(([name]) => name !== '100,000 characters');
// What breaks parsers and databases; the others are variations that fields are tried with.
const sharp = /^(?:nul|half an emoji|control character|prototype key|year 275760|big number|dashes)$/;
const few = texts.filter(([name]) => sharp.test(name));

async function walkRoute(route: Route): Promise<void> {
  const { params, querystring, body } = route.schemas;
  const url = addressOf(route.url);
  const good = body ? ((walk.good(body, '', true) ?? {}) as Record<string, unknown>) : {};
  const form = route.method === 'POST' ? good : undefined;
  await ask(route, 'good', url, form);
  for (const name of [...route.url.matchAll(/:(\w+)|\*/g)].map(([whole, id]) => id ?? whole))
    for (const [what, text] of few) {
      if (text.length > 1_000 || !text.isWellFormed()) continue;
      const placed = name === '*' ? encodeURIComponent(text) : text;
      await ask(route, `${name} ${what}`, addressOf(route.url, { [name]: placed }), form);
    }
  if (params) await ask(route, 'a % that begins nothing', url.replace(/[^/]*$/, '%zz'), form);
  for (const name of [...Object.keys(querystring?.properties ?? {}), 'nobody'])
    for (const [what, text] of name === 'nobody' ? few.slice(0, 1) : few)
      await ask(route, `?${name} ${what}`, `${url}?${name}=${percent(text)}`, form);
  if (querystring) {
    const [first = 'a'] = Object.keys(querystring.properties ?? {});
    await ask(route, 'a parameter twice', `${url}?${first}=1&${first}=2&__proto__=1`, form);
  }
  if (route.method !== 'POST') return;
  const names = new Set([
    ...(body ? walk.places(body).flatMap(({ path }) => (path.length === 1 ? [String(path[0])] : [])) : []),
    ...(offered.get(url) ?? []),
  ]);
  for (const name of names) {
    for (const [what, text] of Object.entries(nastyTexts))
      await ask(route, `${name} ${what}`, url, withAt(good, [name], text) as Record<string, unknown>);
    await ask(route, `${name} twice`, url, { ...good, [name]: ['1', '2'] });
    const { [name]: _, ...without } = good;
    await ask(route, `without ${name}`, url, without);
  }
  const json = 'application/json';
  for (const [what, value] of Object.entries(nastyValues))
    await ask(
      route,
      `JSON ${what}`,
      url,
      JSON.stringify(Object.fromEntries([...names].map((name) => [name, value]))),
      json,
    );
  await ask(route, 'deep JSON', url, deepJson(10_000), json);
  await ask(route, 'deep JSON in a field', url, `{"${[...names][0] ?? 'a'}":${deepJson(40)}}`, json);
  await ask(route, 'another type', url, '<a/>', 'application/xml');
  await ask(route, 'no form', url, '%%%=%zz&&&=&__proto__=1&a[b]=c');
}

beforeAll(async () => {
  for (const route of routes.filter(({ method }) => method === 'GET'))
    noteForms((await ask(route, 'first look', addressOf(route.url))).body);
  for (const route of routes) await walkRoute(route);
}, 900_000);

test('no page and no form fails, whatever is sent', () => {
  expect(cases).toBeGreaterThan(2_500);
  expect(faults).toEqual([]);
  expect(house.log()).not.toContain('A request failed for a reason that is ours');
});

test('the walk gets in: most pages open, most forms do something', () => {
  const shut = [...answered]
    .filter(([, statuses]) => ![...statuses].some((status) => status < 400))
    .map(([name]) => name);
  expect(shut.length, shut.join(', ')).toBeLessThan(0.45 * routes.length);
});

test.each([
  ['own', Buffer.from('{"key":"campaign.run.paused","params":{}}').toString('base64url')],
  ['no JSON', 'e30x'],
  ['a list', Buffer.from('[]').toString('base64url')],
  ['half a character', Buffer.from('{"key":"campaign.run.paused","params":{"names":"\\ud83d"}}').toString('base64url')],
  ['a key of nobody', Buffer.from('{"key":"__proto__","params":{"a":1}}').toString('base64url')],
  ['nothing', '%00'],
])('a cookie for the next page that is %s breaks no page', async (_, value) => {
  const response = await house.app.inject({
    method: 'GET',
    url: '/topics',
    headers: { authorization: `Bearer ${walked.as.key}`, cookie: `waihu-flash=${value}; waihu-language=%00` },
  });
  expect(response.statusCode).toBe(200);
});

test.each([
  '/webhooks/aliyun/%00/reports',
  '/webhooks/aliyun/aaaaaaaaaaaaaaaaaaaa%00/replies',
  '/assets/%00',
  '/assets/a%00.js',
])('%s leads nowhere', async (url) => {
  const method = url.startsWith('/webhooks') ? 'POST' : 'GET';
  const { statusCode } = await house.app.inject({ method, url, ...(method === 'POST' && { payload: 'x' }) });
  expect(statusCode).toBe(404);
});

test.each(Object.entries(nastyTexts))('a push that holds %s is taken or refused', async (_, text) => {
  for (const kind of ['reports', 'replies']) {
    const { statusCode } = await house.app.inject({
      method: 'POST',
      url: `/webhooks/aliyun/${await walked.token()}/${kind}`,
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify([{ phone_number: text, content: text, biz_id: text, sequence_id: text }]),
    });
    expect(statusCode).toBeLessThan(500);
  }
});
