import { expect, test } from 'vitest';
import { houseRoles, permissionsOf, reachOf, roles, type Role } from '../../../src/kernel/permission.rule.ts';
import { openConsole } from '../kit/page/kit.ts';

const house = await openConsole();
await house.app.ready();

type Route = { method: 'GET' | 'POST'; url: string; needs: string; page: boolean };
const routes: Route[] = house.app.guardedRoutes
  .flatMap(({ method, url, config }) =>
    [method].flat().map((each) => ({
      method: each as Route['method'],
      url,
      needs: config?.needs ?? '',
      page: config?.page === true,
    })),
  )
  .filter(({ method }) => method !== ('HEAD' as Route['method']))
  .toSorted((a, b) => (a.url === b.url ? a.method.localeCompare(b.method) : a.url < b.url ? -1 : 1));
const guarded = routes.filter(({ needs }) => needs !== 'nobody-signed-in');

const allows = (role: Role, { needs }: Pick<Route, 'needs'>): boolean =>
  (permissionsOf([role]) as ReadonlySet<string>).has(needs);
const nobodys = '01980000-0000-7000-8000-000000000000';
const addressOf = (url: string): string => url.replaceAll(/:\w+/g, nobodys).replace('*', 'x');

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

test('docs/roles.md says who may do what', async () => {
  const open = routes
    .filter(({ needs }) => needs === 'nobody-signed-in')
    .map(({ method, url }) => `- \`${method} ${url}\``);
  const table = [
    line(['route', 'right', ...roles]),
    line(['---', '---', ...roles.map(() => ':-:')]),
    ...guarded.map((route) =>
      line([`\`${route.method} ${route.url}\``, route.needs, ...roles.map((role) => (allows(role, route) ? '●' : ''))]),
    ),
  ];
  const rights = [
    line(['right', 'reach', ...roles]),
    line(['---', '---', ...roles.map(() => ':-:')]),
    ...Object.entries(reachOf).map(([right, reach]) =>
      line([`\`${right}\``, reach, ...roles.map((role) => (allows(role, { needs: right }) ? '●' : ''))]),
    ),
  ];
  const text = `# Roles and routes

Made by test/integration/docs/roles.test.ts from the routes and src/kernel/permission.rule.ts; each cell is tried there. A route that
names no right does not start. ● may call it; an empty cell is refused with 403.

A role is held for every organisational unit or for some. How far a right then reaches:

- **unit**: campaigns, forms, archives, drafts and test messages of those units, frozen lists included; a whole number only of
  somebody whom those units have contacted.
- **shared**: one's own affairs, and what all units use together (customers with masked numbers, open audiences, templates,
  topics, suppressions, gateway accounts): held for one unit it is held. What they tell of another unit's campaigns is left out.
- **house**: what touches everybody. Only a role held for every unit gives it. These roles cannot be granted for one unit at all:
  ${[...houseRoles].join(', ')}.

${rights.join('\n')}

## Routes

${table.join('\n')}

## Open to everybody

${open.join('\n')}
`;
  await expect(text).toMatchFileSnapshot('../../../docs/roles.md');
});

// Nothing but the rights may decide: the same poor request comes from everybody.
const ask = (route: Route, role: Role | null) => {
  const as = role === null ? null : house.people[role];
  return route.method === 'GET'
    ? house.get(addressOf(route.url), { as })
    : house.post(addressOf(route.url), {}, { as });
};
const refusal = /permission\.denied(?!-)/;

test.each(guarded)('$method $url is for those with $needs and nobody else', async (route) => {
  for (const role of roles) {
    const { status, html } = await ask(route, role);
    if (allows(role, route))
      expect({ role, status, refused: refusal.test(html) }).toMatchObject({ role, refused: false });
    else expect({ role, status, refused: refusal.test(html) }).toEqual({ role, status: 403, refused: true });
    expect(status, html.slice(0, 500)).not.toBe(500);
  }
});

test.each(guarded)('$method $url wants somebody to be signed in', async (route) => {
  const { status, location } = await ask(route, null);
  if (route.page)
    expect({ status, location }).toMatchObject({ status: 303, location: expect.stringContaining('/sign-in') });
  else expect(status).toBe(401);
});
